"""A table on single rows: values of its nodes as integers, and their exact derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cstark.air.description import TableDescription
from cstark.air.free import Explanation
from cstark.air.nodes import NodeList, P

__all__ = ["Cell", "PointTable"]

Cell = tuple[int, int, int]
"""Table, row, column."""


class PointTable:
    """A table with a trace that satisfies it, to be looked at row by row.

    Parameters
    ----------
    number : int
        Position in the machine.
    description : TableDescription
    trace : ndarray
        ``(rows, width)`` uint64, canonical.
    publics : sequence of int
    explained : sequence of Explanation
        Cells that are free by design (`Air.free_cells`).
    """

    def __init__(
        self,
        number: int,
        description: TableDescription,
        trace: np.ndarray,
        publics: Sequence[int],
        explained: Sequence[Explanation],
    ) -> None:
        self.number = number
        self.description = description
        self.trace = trace
        self.height = len(trace)
        self.publics = publics
        self.explained = explained
        self.reads_next = NodeList.replay(description.nodes).reads_next
        self.has_next = any(self.reads_next)
        self._users: dict[int, list[int]] = {}

    def unknown(self, row: int) -> list[int]:
        """The columns of a row that something should determine: neither input nor explained."""
        fixed = set(self.description.inputs)
        for columns, rows, _ in self.explained:
            if rows[row]:
                fixed |= columns
        return [column for column in range(self.description.width) if column not in fixed]

    def values(self, row: int, changed: Mapping[Cell, int]) -> list[int]:
        """All nodes of a row, with some cells changed."""
        description = self.description
        rows = [row, (row + 1) % self.height]
        main = [self._main(r, changed) for r in rows]
        fixed: list[list[int]] = [[], []]
        if description.preprocessed is not None:
            fixed = [description.preprocessed[r].tolist() for r in rows]
        values: list[int] = []
        for node in description.nodes:
            kind = node[0]
            if kind == "mul":
                value = values[node[1]] * values[node[2]] % P
            elif kind == "add":
                value = (values[node[1]] + values[node[2]]) % P
            elif kind == "sub":
                value = (values[node[1]] - values[node[2]]) % P
            elif kind == "constant":
                value = node[1]
            elif kind == "public":
                value = int(self.publics[node[1]])
            elif node[1] == "periodic":
                period = description.periodic[node[2]]
                value = period[row % len(period)]
            else:
                value = (main if node[1] == "main" else fixed)[node[3]][node[2]]
            values.append(value)
        return values

    def _main(self, row: int, changed: Mapping[Cell, int]) -> list[int]:
        cells: list[int] = self.trace[row].tolist()
        if changed:
            for (table, where, column), value in changed.items():
                if table == self.number and where == row:
                    cells[column] = value
        return cells

    def derivative(self, node: int, values: Sequence[int]) -> dict[tuple[int, int], int]:
        """(column, 0 or 1 for the next row) -> partial derivative of a node, where not 0.

        From the node down to the columns, each node after all that use it: exact, in as many
        products as the expression has.
        """
        nodes = self.description.nodes
        weight = {node: 1}
        found: dict[tuple[int, int], int] = {}
        for index in self._below(node):
            factor = weight.pop(index, 0)
            if not factor:
                continue
            kind, *operands = nodes[index]
            if kind == "column":
                if operands[0] == "main":
                    found[operands[1], operands[2]] = factor
            elif kind == "mul":
                a, b = operands
                weight[a] = (weight.get(a, 0) + factor * values[b]) % P
                weight[b] = (weight.get(b, 0) + factor * values[a]) % P
            elif kind in ("add", "sub"):
                a, b = operands
                weight[a] = (weight.get(a, 0) + factor) % P
                weight[b] = (weight.get(b, 0) + (factor if kind == "add" else P - factor)) % P
        return found

    def definition(self, node: int, row: int) -> tuple[Cell, int] | None:
        """The cell that an equation reads as the definition of, and its coefficient there.

        ``x = f``, where `f` does not read x, defines x; of two columns, the one on the left.
        """
        nodes = self.description.nodes
        kind, *sides = nodes[node]
        if kind != "sub":
            return None
        for side, other, sign in ((sides[0], sides[1], 1), (sides[1], sides[0], -1)):
            if nodes[side][:2] == ("column", "main") and side not in self._below(other):
                _, _, column, shift = nodes[side]
                return (self.number, (row + shift) % self.height, column), sign
        return None

    def flag(self, node: int) -> int | None:
        """The expression of which an equation says that it is 0 or 1."""
        nodes = self.description.nodes
        kind, *factors = nodes[node]
        if kind != "mul":
            return None
        for one, other in (factors, factors[::-1]):
            if nodes[other][0] == "sub":
                sides = nodes[other][1:]
                for a, b in (sides, sides[::-1]):
                    if a == one and nodes[b] == ("constant", 1):
                        return int(one)
        return None

    def work(self) -> int:
        """How many nodes are gone through for all derivatives of a row."""
        description = self.description
        roots = [constraint.node for constraint in description.constraints]
        for interaction in description.interactions:
            roots += [*interaction.values, interaction.count]
        return sum(len(self._below(root)) for root in roots)

    def _below(self, node: int) -> list[int]:
        """The node and all that it is computed from, users before operands; kept."""
        order = self._users.get(node)
        if order is None:
            nodes = self.description.nodes
            seen = {node}
            stack = [node]
            while stack:
                kind, *operands = nodes[stack.pop()]
                if kind in ("add", "sub", "mul"):
                    for operand in operands:
                        if operand not in seen:
                            seen.add(operand)
                            stack.append(operand)
            order = self._users[node] = sorted(seen, reverse=True)
        return order
