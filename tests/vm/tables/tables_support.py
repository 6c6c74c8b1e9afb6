"""What several tests of the tables need."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable

from cstark.air import P, describe
from cstark.air.description import TableDescription
from cstark.air.flags import Flags
from cstark.air.nodes import subtree
from cstark.vm.tables import AROUND, FAMILIES

__all__ = ["ARGUMENTS", "TABLES", "assignments", "circles", "columns_of", "described", "evaluate",
           "flags_of", "table"]  # fmt: skip

TABLES = (*FAMILIES, *AROUND)
"""The names of all tables."""

ARGUMENTS = {
    "program": ([[16, *[0] * 7]],),
    "image": (0x1000, [0] * 8, [False] * 8),
    "fresh": (0x2000,),
}


def table(name):
    """A table of the machine, around a program that does nothing."""
    return {**FAMILIES, **AROUND}[name](*ARGUMENTS.get(name, ()))


@functools.cache
def described(name) -> TableDescription:
    return describe(name, table(name))


def circles(descriptions: Iterable[TableDescription]) -> set[str]:
    """Tables of facts that rest on themselves.

    A table that receives with a free count says that its rows are facts. What it sends to others
    of that kind it rests on; where that leads back to it, its rows prove nothing.
    """
    tables = list(descriptions)
    givers = {
        (one.bus, d.name) for d in tables for one in d.interactions
        if one.sign == -1 and one.weight == 0
    }  # fmt: skip
    rests = {
        d.name: {name for bus, name in givers for one in d.interactions
                 if one.sign == +1 and one.bus == bus}
        for d in tables if any(d.name == name for _, name in givers)
    }  # fmt: skip
    while bottom := {name for name, others in rests.items() if not others & rests.keys()}:
        rests = {name: others for name, others in rests.items() if name not in bottom}
    return set(rests)


def columns_of(description: TableDescription, node: int) -> set[str]:
    """Names of the main columns in an expression."""
    members = subtree(description.nodes, node)
    return {
        description.column_names[description.nodes[index][2]]
        for index in members
        if description.nodes[index][:2] == ("column", "main")
    }


def flags_of(description: TableDescription) -> set[str]:
    """Names of the columns that are 0 or 1 on every row.

    Those that the package recognises, and columns that an equation gives as a polynomial of such
    columns, with the values 0 and 1 on all assignments that satisfy the other equations.
    """
    flags = {
        description.column_names[number]
        for number in Flags(description.nodes, description.constraints).columns
    }
    for constraint in description.constraints:
        columns = columns_of(description, constraint.node)
        new = columns - flags
        if constraint.selector == "every" and len(new) == 1 and len(columns) > 1:
            (column,) = new
            values = set()
            for cells in assignments(description, columns - new, flags):
                at = [evaluate(description, constraint.node, {**cells, column: x}) for x in (0, 1)]
                slope = (at[1] - at[0]) % P
                values.add(-at[0] * pow(slope, -1, P) % P if slope else None)
            if values <= {0, 1}:
                flags.add(column)
    return flags


def assignments(description: TableDescription, names, flags: set[str]):
    """Values of flags that satisfy the equations between flags, as far as these are tied."""
    closed = set(names)
    equations = []
    for constraint in description.constraints:
        columns = columns_of(description, constraint.node)
        if columns <= flags:
            equations.append((constraint, columns))
    for _ in equations:
        for _, columns in equations:
            if columns & closed:
                closed |= columns
    relevant = [constraint for constraint, columns in equations if columns <= closed]
    order = sorted(closed)
    for values in itertools.product((0, 1), repeat=len(order)):
        cells = dict(zip(order, values, strict=True))
        if all(evaluate(description, c.node, cells) == 0 for c in relevant):
            yield cells


_MEMBERS: dict[tuple[str, int], list[int]] = {}


def _members(description: TableDescription, node: int) -> list[int]:
    key = (description.name, node)
    if key not in _MEMBERS:
        _MEMBERS[key] = sorted(subtree(description.nodes, node))
    return _MEMBERS[key]


def evaluate(description: TableDescription, node: int, cells: dict[str, int]) -> int:
    """An expression in main columns of one row, modulo p; columns that are not given are 0."""
    values = {}
    for index in _members(description, node):
        kind, *rest = description.nodes[index]
        if kind == "constant":
            values[index] = rest[0]
        elif kind == "column":
            values[index] = cells.get(description.column_names[rest[1]], 0)
        else:
            a, b = (values[k] for k in rest)
            values[index] = {"add": a + b, "sub": a - b, "mul": a * b}[kind] % P
    return values[node]
