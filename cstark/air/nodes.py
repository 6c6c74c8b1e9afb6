"""The arithmetic of a table as a list of nodes: folding, degrees, order and text.

A node is a tuple; operands are the indices of earlier nodes:

================================= ===========================================================
``("constant", value)``           a field element, ``0 <= value < P``
``("column", source, index, n)``  source ``"main"``, ``"preprocessed"`` or ``"periodic"``;
                                  ``n`` is 1 for the next row, else 0 (always 0 if periodic)
``("public", index)``             a public value
``("add", a, b)``                 and ``("sub", a, b)``, ``("mul", a, b)``
================================= ===========================================================

Both sides build such lists through `NodeList`: `constrain` through operators, a key file node
by node.  A list that is in canonical form therefore has exactly one spelling, which is what
lets the digest of a key stand for the table.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from cstark.errors import AirError
from cstark.field import P
from cstark.limits import MAX_DEGREE

__all__ = [
    "Node",
    "NodeList",
    "P",
    "canonical_order",
    "evaluate",
    "is_name",
    "operate",
    "random_elements",
    "render",
    "subtree",
]

"""The Goldilocks prime."""

Node = tuple[Any, ...]
"""One of the tuples above: the first entry says which, and with it what the others are."""

_COMMUTATIVE = ("add", "mul")
_OPERATIONS = frozenset(("add", "sub", "mul"))


class NodeList:
    """A growing list of nodes without duplicates, constants folded.

    Attributes
    ----------
    nodes : list of tuple
        The nodes, operands first.
    degrees : list of int
        Degree of each node in the columns: constants and publics 0, columns 1.
    reads_next : list of bool
        Whether the node reads the next row.
    """

    __slots__ = ("_index", "degrees", "nodes", "reads_next")

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.degrees: list[int] = []
        self.reads_next: list[bool] = []
        self._index: dict[Node, int] = {}

    @classmethod
    def replay(cls, nodes: Sequence[Node]) -> NodeList:
        """Build a list again from its nodes.

        Raises
        ------
        AirError
            If building gives other nodes: one is doubled, could be folded, or has too high a
            degree.
        """
        result = cls()
        build: dict[str, Callable[..., int]] = {
            "constant": result.constant,
            "column": result.column,
            "public": result.public,
            "add": partial(result.operation, "add"),
            "sub": partial(result.operation, "sub"),
            "mul": partial(result.operation, "mul"),
        }
        for place, node in enumerate(nodes):
            index = build[node[0]](*node[1:])
            if index != place or result.nodes[index] != node:
                raise AirError(f"node {place}, {node!r}, is not in canonical form")
        return result

    def error(self, message: str) -> AirError:
        """The error for a refused node."""
        return AirError(message)

    def constant(self, value: int) -> int:
        """Index of a constant; `value` is reduced modulo `P`."""
        return self._add(("constant", value % P), 0, False)

    def column(self, source: str, index: int, next_row: int) -> int:
        """Index of the node that reads a column."""
        return self._add(("column", source, index, next_row), 1, next_row == 1)

    def public(self, index: int) -> int:
        """Index of a public value."""
        return self._add(("public", index), 0, False)

    def operation(self, kind: str, a: int, b: int) -> int:
        """Index of ``a kind b`` after folding.

        Raises
        ------
        AirError
            If the degree exceeds `MAX_DEGREE`.
        """
        nodes = self.nodes
        if nodes[a][0] == "constant" or nodes[b][0] == "constant" or a == b:
            folded = self._fold(kind, a, b)
            if folded is not None:
                return folded
        index = self._index
        node = (kind, a, b)
        found = index.get(node)
        # a + b and b + a are one node, kept in the order in which it was written first
        if found is None and kind in _COMMUTATIVE:
            found = index.get((kind, b, a))
        if found is not None:
            return found
        if kind == "mul":
            degree = self.degrees[a] + self.degrees[b]
            if degree > MAX_DEGREE:
                raise self.error(f"an expression has degree {degree}; the limit is {MAX_DEGREE}")
        else:
            degree = max(self.degrees[a], self.degrees[b])
        return self._append(node, degree, self.reads_next[a] or self.reads_next[b])

    def value(self, index: int) -> int | None:
        """The value of a constant node, None for any other."""
        node = self.nodes[index]
        return node[1] if node[0] == "constant" else None

    def _add(self, node: Node, degree: int, reads_next: bool) -> int:
        index = self._index.get(node)
        return self._append(node, degree, reads_next) if index is None else index

    def _append(self, node: Node, degree: int, reads_next: bool) -> int:
        index = self._index[node] = len(self.nodes)
        self.nodes.append(node)
        self.degrees.append(degree)
        self.reads_next.append(reads_next)
        return index

    def _fold(self, kind: str, a: int, b: int) -> int | None:
        left, right = self.value(a), self.value(b)
        if left is not None and right is not None:
            if kind == "add":
                return self.constant(left + right)
            return self.constant(left - right if kind == "sub" else left * right)
        if kind == "mul":
            if left == 0 or right == 0:
                return self.constant(0)
            if left == 1:
                return b
            return a if right == 1 else None
        if right == 0:
            return a
        if kind == "add":
            return b if left == 0 else None
        return self.constant(0) if a == b else None


def canonical_order(
    nodes: Sequence[Node], roots: Sequence[int]
) -> tuple[tuple[Node, ...], list[int]]:
    """Keep what `roots` need, in the order a depth-first walk finishes it.

    The result depends on the roots and on the shape of their expressions only, not on when a
    table touched which column.

    Parameters
    ----------
    nodes : sequence of tuple
        Nodes, operands before users.
    roots : sequence of int
        The nodes that are used from outside, in order.

    Returns
    -------
    nodes : tuple of tuple
        The live nodes, renumbered.
    roots : list of int
        The new index of each root.
    """
    if _is_canonical(nodes, roots):
        return tuple(nodes), list(roots)
    ordered: list[Node] = []
    place: dict[int, int] = {}
    for root in roots:
        stack = [root]
        while stack:
            index = stack[-1]
            if index in place:
                stack.pop()
                continue
            node = nodes[index]
            if node[0] in _OPERATIONS:
                _, a, b = node
                if a not in place:
                    stack.append(a)
                    continue
                if b not in place:
                    stack.append(b)
                    continue
                node = (node[0], place[a], place[b])
            stack.pop()
            place[index] = len(ordered)
            ordered.append(node)
    return tuple(ordered), [place[root] for root in roots]


def _is_canonical(nodes: Sequence[Node], roots: Sequence[int]) -> bool:
    """Whether a depth-first walk from the roots finishes the nodes in the order they are in."""
    done = 0  # nodes 0 .. done - 1 are finished
    for root in roots:
        stack = [root]
        while stack:
            index = stack[-1]
            if index < done:
                stack.pop()
                continue
            node = nodes[index]
            if node[0] in _OPERATIONS:
                _, a, b = node
                if a >= done:
                    stack.append(a)
                    continue
                if b >= done:
                    stack.append(b)
                    continue
            if index != done:
                return False
            stack.pop()
            done += 1
    return done == len(nodes)


def subtree(
    nodes: Sequence[Node], root: int, stop: Collection[int] = (), limit: int | None = None
) -> list[int] | None:
    """Indices of the nodes that a node consists of, operands first, itself last.

    Parameters
    ----------
    nodes : sequence of tuple
        Nodes, operands before users.
    root : int
        The node.
    stop : collection of int
        Nodes whose operands are not visited.
    limit : int, optional
        None is returned when there are more nodes than this.
    """
    found = {root}
    stack = [root]
    while stack:
        index = stack.pop()
        if index in stop or nodes[index][0] not in ("add", "sub", "mul"):
            continue
        for operand in nodes[index][1:]:
            if operand not in found:
                found.add(operand)
                stack.append(operand)
        if limit is not None and len(found) > limit:
            return None
    return sorted(found)


def evaluate(nodes: Sequence[Node], root: int, known: Mapping[int, int]) -> int:
    """The value of a node modulo `P`.

    Parameters
    ----------
    nodes : sequence of tuple
        Nodes, operands before users.
    root : int
        The node to evaluate.
    known : mapping of int to int
        Values of all columns and public values below it; those of operations count as well, their
        operands are then not looked at.
    """
    values: dict[int, int] = {}
    for index in subtree(nodes, root, stop=known) or ():
        kind, *rest = nodes[index]
        if index in known:
            values[index] = known[index]
        elif kind == "constant":
            values[index] = rest[0]
        else:
            values[index] = operate(kind, values[rest[0]], values[rest[1]])
    return values[root]


def random_elements() -> Iterator[int]:
    """Field elements that look random, always the same ones.

    The module `random` would do, but takes longer to load than a small table to describe.
    """
    for number in itertools.count():
        yield int.from_bytes(hashlib.sha256(number.to_bytes(8, "little")).digest(), "little") % P


def operate(kind: str, a: int, b: int) -> int:
    """``a kind b`` modulo `P`, of numbers."""
    return (a + b if kind == "add" else a - b if kind == "sub" else a * b) % P


_SUM, _PRODUCT, _ATOM = 1, 2, 3
_SMALL = 2**32
_LOG_EXPONENT = 7
"""Powers are made of so many squares and products, at most."""


def render(
    nodes: Sequence[Node],
    index: int,
    leaf: Callable[[Node], str],
    limit: int = 60,
) -> str:
    """Text of an expression, close to how it was written.

    Parameters
    ----------
    nodes : sequence of tuple
        The nodes.
    index : int
        The node to show.
    leaf : callable
        Gives the text of a column or public node.
    limit : int, default 60
        Number of leaves shown; what lies beyond becomes an ellipsis.  Shared nodes are written
        out at each use, so without a limit the text could grow exponentially.
    """
    budget = [limit]

    def walk(index: int, depth: int) -> tuple[str, int]:
        node = nodes[index]
        kind = node[0]
        if budget[0] <= 0 or depth > limit:
            return "…", _ATOM
        if kind in ("add", "sub", "mul"):
            return operation(kind, node[1], node[2], depth)
        budget[0] -= 1
        if kind == "constant":
            text = _signed(node[1])
            return text, _SUM if text.startswith("-") else _ATOM
        return leaf(node), _ATOM

    def operation(kind: str, a: int, b: int, depth: int) -> tuple[str, int]:
        if kind == "mul":
            (base, exponent), (other, more) = _power(nodes, a), _power(nodes, b)
            if base == other:
                return f"{bracket(walk(base, depth + 1), _ATOM)}**{exponent + more}", _PRODUCT
            for constant, other in ((b, a), (a, b)):
                divisor = _divisor(nodes[constant])
                if divisor:
                    return f"{bracket(walk(other, depth + 1), _PRODUCT)} / {divisor}", _PRODUCT
            left = walk(a, depth + 1)
            text, _ = left if nodes[a][0] == "constant" else (bracket(left, _PRODUCT), _PRODUCT)
            return f"{text} * {bracket(walk(b, depth + 1), _ATOM)}", _PRODUCT
        if kind == "sub" and nodes[a] == ("constant", 0):
            return "-" + bracket(walk(b, depth + 1), _PRODUCT), _SUM
        text = walk(a, depth + 1)[0]
        if nodes[b][0] == "constant" and _signed(nodes[b][1]).startswith("-"):
            kind = "sub" if kind == "add" else "add"
            budget[0] -= 1
            return f"{text} {'+' if kind == 'add' else '-'} {P - nodes[b][1]}", _SUM
        right = bracket(walk(b, depth + 1), _SUM if kind == "add" else _PRODUCT)
        return f"{text} {'+' if kind == 'add' else '-'} {right}", _SUM

    return walk(index, 0)[0]


def _power(nodes: Sequence[Node], index: int, depth: int = 0) -> tuple[int, int]:
    """Base and exponent of a node: (itself, 1) if it is not a product of equal factors."""
    node = nodes[index]
    if node[0] == "mul" and depth < _LOG_EXPONENT:
        (a, exponent), (b, more) = (_power(nodes, factor, depth + 1) for factor in node[1:])
        if a == b:
            return a, exponent + more
    return index, 1


def bracket(part: tuple[str, int], needed: int) -> str:
    """Put brackets around a part that binds less than `needed`."""
    text, strength = part
    return text if strength >= needed else f"({text})"


def _signed(value: int) -> str:
    """A constant as a person would write it: small negatives as such."""
    return str(value - P) if P - value < _SMALL else str(value)


def _divisor(node: Node) -> int:
    """The small integer of which a large constant is the inverse, or 0."""
    # p / 2**24 is about 2**40: nothing smaller has so small an inverse
    if node[0] != "constant" or node[1] < 2**40:
        return 0
    inverse = pow(node[1], -1, P)
    if 1 < P - inverse < 2**24:
        return inverse - P
    return inverse if inverse < 2**24 else 0


def is_name(text: object) -> bool:
    """Whether `text` can name a table or a bus: a printable string that is not empty."""
    return isinstance(text, str) and text != "" and text.isprintable()
