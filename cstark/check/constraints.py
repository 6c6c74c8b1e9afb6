"""Violated constraints, with what is needed to see why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from cstark.air.description import Constraint, TableDescription
from cstark.check.values import RowValues, reachable
from cstark.program import CheckProgram

__all__ = ["Violation", "find_violations"]


@dataclass(frozen=True)
class Violation:
    """A constraint that does not hold, at the first row where it fails.

    Attributes
    ----------
    table : str
        Name of the table.
    index : int
        Position of the constraint in ``description.constraints``.
    name : str
        The author's name for it, or "".
    selector : str
        ``"first"``, ``"last"``, ``"transition"``, ``"every"`` or ``"cyclic"``.
    row : int
        The first failing row.
    failing_rows : int
        How many rows fail.
    expression : str
        The equation as written.
    values : dict of str to int
        What the constraint reads at that row: text of a column, a public or a periodic value,
        such as ``"next.left"``, to its canonical value.
    left, right : int or None
        Values of the two sides.  "x is 0 or 1" has the left side x and no right side.
    left_text, right_text : str
        The two sides as written, or "".
    column : str or None
        The column that looks guilty: a side of the equation that is a column by itself, else the
        first column that is read.
    location : str
        File and line of the constraint.
    mark : str
        What marks the row, by the columns that the table names in `Air.marks`, or "".
    """

    table: str
    index: int
    name: str
    selector: str
    row: int
    failing_rows: int
    expression: str
    values: dict[str, int]
    left: int | None
    right: int | None
    left_text: str
    right_text: str
    column: str | None
    location: str
    mark: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The violation as plain data."""
        return {**self.__dict__, "values": dict(self.values)}


def find_violations(
    description: TableDescription,
    trace: np.ndarray,
    publics: Sequence[int],
    program: CheckProgram,
) -> list[Violation]:
    """The violated constraints of a table, ordered by row.

    Parameters
    ----------
    description : TableDescription
        The table.
    trace : ndarray
        ``(rows, width)`` uint64, canonical.
    publics : sequence of int
        Its public values.
    program : CheckProgram
        Finds, for each violated constraint, the number of failing rows and the first one.

    Returns
    -------
    list of Violation
        One for each violated constraint.
    """
    preprocessed = description.preprocessed
    at_row: dict[int, RowValues] = {}
    result = []
    for index, failing, row in program.violations(trace, preprocessed, publics):
        if row not in at_row:
            at_row[row] = RowValues(description, trace, preprocessed, publics, row)
        result.append(_explain(description, int(index), int(failing), int(row), at_row[row]))
    return sorted(result, key=lambda violation: (violation.row, violation.index))


def _explain(
    description: TableDescription, index: int, failing: int, row: int, at_row: RowValues
) -> Violation:
    constraint = description.constraints[index]
    leaves = [
        node
        for node in reachable(description.nodes, [constraint.node])
        if description.nodes[node][0] in ("column", "public")
    ]
    sides = _sides(description, constraint)
    return Violation(
        table=description.name,
        index=index,
        name=constraint.name,
        selector=constraint.selector,
        row=row,
        failing_rows=failing,
        expression=constraint.expression or f"{description.render(constraint.node)} = 0",
        values={description.leaf_text(description.nodes[node]): at_row[node] for node in leaves},
        left=None if sides.left is None else at_row[sides.left],
        right=0 if sides.vanishes else None if sides.right is None else at_row[sides.right],
        left_text="" if sides.left is None else description.render(sides.left),
        right_text="0"
        if sides.vanishes
        else ""
        if sides.right is None
        else description.render(sides.right),
        column=_guilty(description, [sides.left, sides.right, *leaves]),
        location=constraint.location,
    )


class _Sides(NamedTuple):
    """Nodes of the sides of an equation; `vanishes` when the right side is the constant 0."""

    left: int | None = None
    right: int | None = None
    vanishes: bool = False


def _sides(description: TableDescription, constraint: Constraint) -> _Sides:
    """The two sides of the equation as written.

    A description keeps ``left - right``, times the conditions of `when`: somewhere below the
    products there is a node that reads like the equation.
    """
    nodes = description.nodes
    equation = constraint.expression
    if equation.startswith("when "):
        equation = equation.partition(": ")[2]
    pending = [constraint.node]
    seen = set()
    while pending:
        index = pending.pop()
        if index in seen:
            continue
        seen.add(index)
        node = nodes[index]
        text = description.render(index)
        if equation == f"{text} = 0":
            return _Sides(index, None, True)
        if equation == f"{text} is 0 or 1":
            return _Sides(index)
        if node[0] == "sub":
            left, right = node[1], node[2]
            if equation == f"{description.render(left)} = {description.render(right)}":
                return _Sides(left, right)
        if node[0] == "mul":
            pending.extend(node[1:])
    # folding changed a side, or there is no text: the whole should vanish
    return _Sides(constraint.node, None, True)


def _guilty(description: TableDescription, candidates: Sequence[int | None]) -> str | None:
    for index in candidates:
        if index is not None:
            node = description.nodes[index]
            if node[:2] == ("column", "main"):
                return description.column_names[node[2]]
    return None
