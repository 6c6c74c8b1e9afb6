"""`Form`: what a family states of its real rows."""

from __future__ import annotations

from dataclasses import dataclass

from cstark.air import describe
from cstark.air.nodes import NodeList, subtree
from cstark.errors import AirError
from cstark.field import P
from cstark.vm.tables.family import Family

__all__ = ["Form", "Linear", "Message", "form_of"]

Linear = dict[int, int]
"""A linear expression: column -> coefficient, and -1 -> the constant."""


@dataclass(frozen=True)
class Message:
    """A message of a real row of a family: values and count are nodes of its form."""

    bus: str
    sign: int
    name: str
    values: tuple[int, ...]
    count: int


@dataclass(frozen=True)
class Form:
    """What a family states of its real rows: its description with 1 for ``real``.

    Attributes
    ----------
    name : str
    air : Family
    labels : tuple of str
        Its columns; a node of a column has the place in here.
    real : int
        The place of ``real``, which no node reads.
    nodes : NodeList
    constraints : tuple of (str, int)
        Name and node of what is zero.
    messages : tuple of Message
    """

    name: str
    air: Family
    labels: tuple[str, ...]
    real: int
    nodes: NodeList
    constraints: tuple[tuple[str, int], ...]
    messages: tuple[Message, ...]

    @property
    def cells(self) -> int:
        """Committed cells of a row in the family's own table."""
        return len(self.labels) + 3 * -(-len(self.messages) // 2)

    def linear(self, node: int) -> Linear:
        """A node of degree 1 as coefficients; those that are 0 are left out."""
        found: dict[int, Linear] = {}
        for index in subtree(self.nodes.nodes, node) or ():
            kind, *rest = self.nodes.nodes[index]
            if kind == "constant":
                found[index] = {-1: rest[0]}
            elif kind == "column":
                found[index] = {rest[1]: 1}
            else:
                left, right = (found[k] for k in rest)
                if kind == "mul":
                    factor, left = (left, right) if left.keys() <= {-1} else (right, left)
                    scale = factor.get(-1, 0)
                    found[index] = {k: c * scale % P for k, c in left.items()}
                else:
                    sign = 1 if kind == "add" else -1
                    found[index] = {
                        k: (left.get(k, 0) + sign * right.get(k, 0)) % P for k in left | right
                    }
        return {k: c for k, c in found[node].items() if c}


def form_of(name: str, air: Family) -> Form:
    """What a family states of its real rows.

    Parameters
    ----------
    name : str
    air : Family

    Returns
    -------
    Form

    Raises
    ------
    AirError
        The family reads another row, or states something of some rows alone.
    """
    known = _known.get((name, type(air)))
    if known is None:
        known = _known[name, type(air)] = _form_of(name, air)
    return known


_known: dict[tuple[str, type[Family]], Form] = {}


def _form_of(name: str, air: Family) -> Form:
    found = describe(name, air)
    real = found.column_names.index("real")
    nodes, places = NodeList(), []
    for kind, *rest in found.nodes:
        if kind == "constant":
            places.append(nodes.constant(rest[0]))
        elif kind == "column" and rest[0] == "main" and not rest[2]:
            number = rest[1]
            places.append(nodes.constant(1) if number == real else nodes.column("main", number, 0))
        elif kind in ("add", "sub", "mul"):
            places.append(nodes.operation(kind, places[rest[0]], places[rest[1]]))
        else:
            raise AirError(f"family {name!r} reads {kind} {rest}; rows of a family stand alone")
    constraints = []
    for one in found.constraints:
        if one.selector != "every":
            raise AirError(f"family {name!r}: {one.label} holds on some rows alone")
        if nodes.value(places[one.node]) != 0:  # that `real` is a bit
            constraints.append((one.label, places[one.node]))
    messages = tuple(
        Message(one.bus, one.sign, one.label, tuple(places[v] for v in one.values),
                places[one.count])
        for one in found.interactions
    )  # fmt: skip
    return Form(name, air, tuple(found.column_names), real, nodes, tuple(constraints), messages)
