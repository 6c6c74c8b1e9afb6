"""Expressions without columns: constants and public values, evaluated once for each proof.

A program names its scalars by number; their values are found when publics are known, and enter
the kernel as constants or as factors of the weights.
"""

from __future__ import annotations

from typing import NamedTuple

from cstark.field import P

__all__ = ["Scalars"]


class ScalarNode(NamedTuple):
    """A node as in a table description, without columns.

    ``("constant", value)``, ``("public", index)``, ``("add" | "sub" | "mul", a, b)`` with earlier
    a and b.
    """

    kind: str
    a: int
    b: int = 0


class Scalars:
    """A growing list of scalar expressions, no two equal."""

    def __init__(self) -> None:
        self.nodes: list[ScalarNode] = []
        self._numbers: dict[ScalarNode, int] = {}
        self.zero = self.constant(0)
        self.one = self.constant(1)

    def node(self, kind: str, a: int, b: int = 0) -> int:
        """Number of a node, appended if it is new; operations on constants are carried out."""
        if kind in ("add", "sub", "mul"):
            left, right = self.literal(a), self.literal(b)
            if left is not None and right is not None:
                return self.constant(_apply(kind, left, right))
        node = ScalarNode(kind, a, b)
        number = self._numbers.setdefault(node, len(self.nodes))
        if number == len(self.nodes):
            self.nodes.append(node)
        return number

    def constant(self, value: int) -> int:
        """Number of a constant."""
        return self.node("constant", value % P)

    def negative(self, number: int) -> int:
        """Number of the negative of a scalar."""
        return self.node("sub", self.zero, number)

    def product(self, a: int, b: int) -> int:
        """Number of the product of two scalars."""
        if self.literal(a) == 1:
            return b
        if self.literal(b) == 1:
            return a
        return self.node("mul", a, b)

    def sum(self, a: int, b: int) -> int:
        """Number of the sum of two scalars."""
        if self.literal(a) == 0:
            return b
        if self.literal(b) == 0:
            return a
        return self.node("add", a, b)

    def literal(self, number: int) -> int | None:
        """The value of a scalar that is a constant, else None."""
        node = self.nodes[number]
        return node.a if node.kind == "constant" else None

    def is_sign(self, number: int) -> bool:
        """Whether a scalar is the constant 1 or -1."""
        return self.literal(number) in (1, P - 1)


def _apply(kind: str, a: int, b: int) -> int:
    if kind == "add":
        return (a + b) % P
    if kind == "sub":
        return (a - b) % P
    return a * b % P
