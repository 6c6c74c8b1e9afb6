"""Free cells: changes of a valid trace that no constraint and no bus notices.

A changed cell concerns its own row and, where constraints or messages read the next row, the row
before. So a change is judged by the constraints that read its column, on at most two rows, and by
the messages of these rows: as the unchanged buses balance, the changed ones do if and only if
what the change adds to every message comes to zero. Nothing else depends on the cell, so the
outcome is that of a full check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cstark.air.air import Air
from cstark.air.description import TableDescription
from cstark.air.free import Explanation, explanations
from cstark.air.nodes import P
from cstark.check.values import NodeEvaluator, reachable
from cstark.kernels import _field

__all__ = [
    "ALL_CELLS",
    "CHANGES",
    "ChangedTable",
    "FreeCell",
    "FreeColumn",
    "Mutations",
    "find_free_cells",
]

ALL_CELLS = 1 << 14
"""Machines with at most this many cells have all of them changed."""

CHANGES = ("one more", "a bit", "negated", "random", "of another row")
"""The changes that each chosen cell undergoes, one at a time.

A square root is noticed by all of them but the negated one.
"""

_BLOCK = 1 << 14
_EXAMPLES = 3


@dataclass(frozen=True)
class FreeCell:
    """A change that nothing notices.

    Attributes
    ----------
    table, column : str
    row : int
    change : str
        One of `CHANGES`.
    old, new : int
        The value in the trace, and the one that does as well.
    reason : str
        Why that is right, as the table explains it (`Air.free_cells`), or "".
    """

    table: str
    column: str
    row: int
    change: str
    old: int
    new: int
    reason: str = ""


@dataclass(frozen=True)
class FreeColumn:
    """The free cells of a column, those of one reason.

    Attributes
    ----------
    table, column, reason : str
        The reason is "" where the table gives none: then the table is under-constrained.
    rows : int
        In how many of the rows that were tried.
    changes : int
        How many changes went unnoticed.
    examples : tuple of FreeCell
        The first few.
    """

    table: str
    column: str
    reason: str
    rows: int
    changes: int
    examples: tuple[FreeCell, ...]


@dataclass(frozen=True)
class Mutations:
    """What `Machine.check` with `mutate` found; true if every free cell is explained.

    Attributes
    ----------
    cells : int
        How many cells were changed, each in all the ways of `CHANGES`, one at a time.
    seed : int
    free : tuple of FreeColumn
        Changes that no constraint and no bus noticed, unexplained ones first.
    """

    cells: int
    seed: int
    free: tuple[FreeColumn, ...]

    def __bool__(self) -> bool:
        return not self.unexplained

    @property
    def unexplained(self) -> tuple[FreeColumn, ...]:
        """The entries without a reason."""
        return tuple(column for column in self.free if not column.reason)

    @classmethod
    def of(cls, free: Sequence[FreeCell], cells: int, seed: int) -> Mutations:
        """Group free cells by column and reason."""
        groups: dict[tuple[str, str, str], list[FreeCell]] = defaultdict(list)
        for cell in free:
            groups[cell.table, cell.column, cell.reason].append(cell)
        columns = [
            FreeColumn(*key, len({c.row for c in found}), len(found), tuple(found[:_EXAMPLES]))
            for key, found in groups.items()
        ]
        return cls(cells, seed, tuple(sorted(columns, key=lambda column: bool(column.reason))))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, of JSON types only."""
        columns = [
            {**column.__dict__, "examples": [dict(cell.__dict__) for cell in column.examples]}
            for column in self.free
        ]
        return {"ok": bool(self), "cells": self.cells, "seed": self.seed, "free": columns}


def find_free_cells(
    tables: Sequence[tuple[Air, TableDescription, np.ndarray, Sequence[int]]],
    cells: int,
    seed: int = 0,
) -> Mutations:
    """Change cells of a valid trace one at a time.

    Parameters
    ----------
    tables : sequence
        For each table of a machine: itself, its description, its trace and its public values. The
        traces satisfy the tables and balance all buses.
    cells : int
        How many cells to change, dealt evenly to the columns; all, if there are at most
        `ALL_CELLS` of them.
    seed : int
        Of the choice of cells and values.

    Returns
    -------
    Mutations
    """
    random = np.random.default_rng(seed)
    explained = [explanations(air, description, trace) for air, description, trace, _ in tables]
    heights = [len(trace) for _, _, trace, _ in tables for _ in range(trace.shape[1])]
    total = sum(heights)
    shares = heights if total <= max(ALL_CELLS, cells) else _deal(heights, cells, random)
    share = iter(shares)
    free: list[FreeCell] = []
    for (_, description, trace, publics), reasons in zip(tables, explained, strict=True):
        table = ChangedTable(description, trace, publics)
        for column in range(description.width):
            rows = np.sort(random.choice(len(trace), next(share), replace=False, shuffle=False))
            old = trace[rows, column]
            new = np.concatenate([*_changes(trace[:, column], old, random)])
            found = []
            # all ways at once: a wide equation has many operations, each of which costs a call
            for place in table.unnoticed(column, np.tile(rows, len(CHANGES)), new).tolist():
                way, k = divmod(place, len(rows))
                row, was, now = int(rows[k]), int(old[k]), int(new[place])
                name, reason = description.column_names[column], _reason(reasons, column, row)
                found.append(FreeCell(description.name, name, row, CHANGES[way], was, now, reason))
            free += sorted(found, key=lambda cell: cell.row)
    return Mutations.of(free, sum(shares), seed)


def _reason(explained: Sequence[Explanation], column: int, row: int) -> str:
    return next((why for columns, rows, why in explained if column in columns and rows[row]), "")


def _deal(heights: Sequence[int], cells: int, random: np.random.Generator) -> list[int]:
    """Shares of the columns, as even as their heights allow; chance decides who gets one more."""
    shares = [0] * len(heights)
    left = cells
    # from the shortest on, so that what these cannot take goes to the taller ones
    order = np.lexsort((random.random(len(heights)), np.array(heights)))
    for number, column in enumerate(order.tolist()):
        even, more = divmod(left, len(heights) - number)
        extra = int(random.random() * (len(heights) - number) < more)
        shares[column] = min(heights[column], even + extra)
        left -= shares[column]
    return shares


def _changes(
    column: np.ndarray, old: np.ndarray, random: np.random.Generator
) -> Iterator[np.ndarray]:
    """New values, all different from the old ones, in the order of `CHANGES`."""
    p = np.uint64(P)
    one_more = np.where(old == p - np.uint64(1), np.uint64(0), old + np.uint64(1))
    yield one_more
    # a bit that the column uses: a limb stays a limb, a flag a flag
    bits = random.integers(0, max(1, int(column.max()).bit_length()), size=len(old))
    flipped = old ^ (np.uint64(1) << bits.astype(np.uint64))
    yield np.where(flipped >= p, flipped - p, flipped)
    yield np.where(old == 0, one_more, p - old)
    for other in (
        random.integers(0, P, size=len(old), dtype=np.uint64),
        column[random.integers(0, len(column), size=len(old))],
    ):
        yield np.where(other == old, one_more, other)


class ChangedTable:
    """A table of a valid machine, ready to judge changes of single cells.

    Parameters
    ----------
    description : TableDescription
    trace : ndarray
        ``(rows, width)`` uint64, canonical; it satisfies the table.
    publics : sequence of int
    """

    def __init__(
        self, description: TableDescription, trace: np.ndarray, publics: Sequence[int]
    ) -> None:
        self._description, self._trace, self._publics = description, trace, publics
        # (column, 0 or 1 for the next row) -> what reads it there
        self._tests: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        self._messages: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, constraint in enumerate(description.constraints):
            cone = reachable(description.nodes, [constraint.node])
            for place in _cells_read(description, cone):
                self._tests[place].append((len(cone), index))
        for index, interaction in enumerate(description.interactions):
            cone = reachable(description.nodes, [*interaction.values, interaction.count])
            for place in _cells_read(description, cone):
                self._messages[place].append(index)

    def unnoticed(self, column: int, rows: np.ndarray, new: np.ndarray) -> np.ndarray:
        """Which single changes of a column keep the machine valid.

        Parameters
        ----------
        column : int
        rows : ndarray
            ``(n,)`` int64.
        new : ndarray
            ``(n,)`` uint64, canonical: change k puts ``new[k]`` into row ``rows[k]``.

        Returns
        -------
        ndarray
            The k that nothing notices, ascending.
        """
        return self.unnoticed_together(rows, {column: new})

    def unnoticed_together(self, rows: np.ndarray, new: Mapping[int, np.ndarray]) -> np.ndarray:
        """Which changes of cells of one row keep the machine valid: column -> ``(n,)`` values."""
        alive = [np.empty(0, dtype=np.int64)]
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            changes = {column: values[block] for column, values in new.items()}
            alive.append(start + self._unnoticed(rows[block], changes))
        return np.concatenate(alive)

    def _unnoticed(self, rows: np.ndarray, new: Mapping[int, np.ndarray]) -> np.ndarray:
        alive = np.arange(len(rows))
        # the cheapest constraints first: most changes are noticed by the first one
        tests = sorted(
            {
                (cost, index, shift)
                for shift in (0, 1)
                for column in new
                for cost, index in self._tests[column, shift]
            }
        )
        for _, index, shift in tests:
            if len(alive) == 0:
                return alive
            constraint = self._description.constraints[index]
            where = (rows[alive] - shift) % len(self._trace)
            selected = _selected(constraint.selector, where, len(self._trace))
            if selected.any():
                changed = {(column, shift): values[alive] for column, values in new.items()}
                [values] = self._evaluator([constraint.node]).at(where, changed)
                alive = alive[~(selected & (values != 0))]
        balanced = np.ones(len(alive), dtype=bool)
        if len(alive):
            changes = {column: values[alive] for column, values in new.items()}
            for messages in self.message_changes(rows[alive], changes).values():
                balanced &= _come_to_zero(messages)
        return alive[balanced]

    def message_changes(
        self, rows: np.ndarray, new: Mapping[int, np.ndarray]
    ) -> dict[str, list[tuple[list[np.ndarray], np.ndarray]]]:
        """Bus -> (values, counts) of what the changes add: new messages, and old ones negated."""
        found = defaultdict(list)
        for shift in (0, 1):
            where = (rows - shift) % len(self._trace)
            touched = {index for column in new for index in self._messages[column, shift]}
            together = {(column, shift): values for column, values in new.items()}
            for index in sorted(touched):
                interaction = self._description.interactions[index]
                evaluator = self._evaluator([*interaction.values, interaction.count])
                for sign, changed in ((1, together), (-1, None)):
                    *values, count = evaluator.at(where, changed)
                    if sign * interaction.sign < 0:
                        negated = np.empty_like(count)
                        _field.neg(np.ascontiguousarray(count), negated)
                        count = negated
                    found[interaction.bus].append((values, count))
        return found

    def _evaluator(self, wanted: Sequence[int]) -> NodeEvaluator:
        fixed = self._description.preprocessed
        return NodeEvaluator(self._description, wanted, self._trace, fixed, self._publics)


def _cells_read(description: TableDescription, cone: Sequence[int]) -> list[tuple[int, int]]:
    """(main column, 0 or 1 for the next row) of all that a set of nodes reads."""
    nodes = (description.nodes[index] for index in cone)
    return [(n[2], n[3]) for n in nodes if n[:2] == ("column", "main")]


def _selected(selector: str, rows: np.ndarray, height: int) -> np.ndarray:
    selected: np.ndarray = np.ones(len(rows), dtype=bool)
    if selector == "first":
        selected = rows == 0
    elif selector == "last":
        selected = rows == height - 1
    elif selector == "transition":
        selected = rows != height - 1
    return selected


def _come_to_zero(messages: Sequence[tuple[list[np.ndarray], np.ndarray]]) -> np.ndarray:
    """Whether, for each change, the counts of equal messages add up to zero."""
    result = np.ones(len(messages[0][1]), dtype=bool)
    for values, _ in messages:
        total = np.zeros(len(result), dtype=np.uint64)
        for others, count in messages:
            equal = np.ones(len(result), dtype=bool)
            for a, b in zip(values, others, strict=True):
                equal &= a == b
            _field.add(total, np.where(equal, count, np.uint64(0)), total)
        result &= total == 0
    return result
