"""Free cells: changes of a valid trace that no constraint and no bus notices.

A changed cell concerns its own row and, where constraints or messages read the next row, the row
before. So a change is judged by the constraints that read its column, on at most two rows, and by
the messages of these rows: as the unchanged buses balance, the changed ones do if and only if
what the change adds to every message comes to zero. Nothing else depends on the cell, so the
outcome is that of a full check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cstark.air.description import TableDescription
from cstark.air.nodes import P
from cstark.check.values import NodeEvaluator, reachable
from cstark.kernels import _field

__all__ = ["ALL_CELLS", "CHANGES", "FreeCell", "find_free_cells", "unnoticed"]

ALL_CELLS = 1 << 14
"""Machines with at most this many cells have all of them changed."""

CHANGES = ("one more", "a bit", "random", "of another row")
"""The changes that each chosen cell undergoes, one at a time."""

_BLOCK = 1 << 14


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
    """

    table: str
    column: str
    row: int
    change: str
    old: int
    new: int


def find_free_cells(
    descriptions: Sequence[TableDescription],
    traces: Sequence[np.ndarray],
    publics: Sequence[Sequence[int]],
    cells: int,
    seed: int = 0,
) -> tuple[list[FreeCell], int]:
    """Change cells of a valid trace one at a time.

    Parameters
    ----------
    descriptions, traces, publics : sequence
        The tables; the traces satisfy them and balance all buses.
    cells : int
        How many cells to change, dealt evenly to the columns; all, if there are at most
        `ALL_CELLS` of them.
    seed : int
        Of the choice of cells and values.

    Returns
    -------
    free : list of FreeCell
        In order of tables, columns and rows.
    changed : int
        How many cells were changed, each in all ways of `CHANGES`.
    """
    random = np.random.default_rng(seed)
    total = sum(trace.size for trace in traces)
    heights = [len(t) for d, t in zip(descriptions, traces, strict=True) for _ in range(d.width)]
    shares = heights if total <= max(ALL_CELLS, cells) else _deal(heights, cells)
    share = iter(shares)
    free: list[FreeCell] = []
    for description, trace, values in zip(descriptions, traces, publics, strict=True):
        for column in range(description.width):
            rows = np.sort(random.permutation(len(trace))[: next(share)])
            old = trace[rows, column]
            found = []
            for change, new in zip(CHANGES, _changes(trace[:, column], old, random), strict=True):
                for place in unnoticed(description, trace, values, column, rows, new):
                    row, was, now = (int(x[place]) for x in (rows, old, new))
                    name = description.column_names[column]
                    found.append(FreeCell(description.name, name, row, change, was, now))
            free += sorted(found, key=lambda cell: cell.row)
    return free, sum(shares)


def _deal(heights: Sequence[int], cells: int) -> list[int]:
    """Shares of the columns, as even as their heights allow."""
    shares = [0] * len(heights)
    left, open_columns = cells, sorted(range(len(heights)), key=lambda c: heights[c])
    for number, column in enumerate(open_columns):
        rest = len(heights) - number
        shares[column] = min(heights[column], -(-left // rest))
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
    for other in (
        random.integers(0, P, size=len(old), dtype=np.uint64),
        column[random.integers(0, len(column), size=len(old))],
    ):
        yield np.where(other == old, one_more, other)


def unnoticed(
    description: TableDescription,
    trace: np.ndarray,
    publics: Sequence[int],
    column: int,
    rows: np.ndarray,
    new: np.ndarray,
) -> np.ndarray:
    """Which single changes of a column of a valid trace keep it valid.

    Parameters
    ----------
    description, trace, publics
        The table.
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
    alive = [
        _unnoticed(description, trace, publics, column, rows[s : s + _BLOCK], new[s : s + _BLOCK])
        + s
        for s in range(0, len(rows), _BLOCK)
    ]
    return np.concatenate(alive) if alive else np.empty(0, dtype=np.int64)


def _unnoticed(description, trace, publics, column, rows, new) -> np.ndarray:
    alive = np.arange(len(rows))

    def evaluator(wanted: Sequence[int]) -> NodeEvaluator:
        return NodeEvaluator(description, wanted, trace, description.preprocessed, publics)

    # constraints, the cheapest first: most changes are noticed by the first one
    tests = []
    for constraint in description.constraints:
        cone = reachable(description.nodes, [constraint.node])
        for shift in (0, 1):
            if _reads(description, cone, column, shift):
                tests.append((len(cone), constraint, shift))
    for _, constraint, shift in sorted(tests, key=lambda test: test[0]):
        if len(alive) == 0:
            return alive
        where = (rows[alive] - shift) % len(trace)
        values = evaluator([constraint.node]).at(where, (column, shift, new[alive]))[0]
        failing = (values != 0) & _selected(constraint.selector, where, len(trace))
        alive = alive[~failing]
    # messages: bus -> (values, signed counts) before and after
    entries = defaultdict(list)
    for interaction in description.interactions:
        wanted = [*interaction.values, interaction.count]
        cone = reachable(description.nodes, wanted)
        for shift in (0, 1):
            if len(alive) and _reads(description, cone, column, shift):
                where = (rows[alive] - shift) % len(trace)
                nodes = evaluator(wanted)
                for sign, changed in ((1, (column, shift, new[alive])), (-1, None)):
                    *values, count = nodes.at(where, changed)
                    if sign * interaction.sign < 0:
                        negated = np.empty_like(count)
                        _field.neg(np.ascontiguousarray(count), negated)
                        count = negated
                    entries[interaction.bus].append((values, count))
    balanced = np.ones(len(alive), dtype=bool)
    for messages in entries.values():
        balanced &= _come_to_zero(messages)
    return alive[balanced]


def _reads(description: TableDescription, cone: Sequence[int], column: int, shift: int) -> bool:
    wanted = ("column", "main", column, shift)
    return any(description.nodes[index] == wanted for index in cone)


def _selected(selector: str, rows: np.ndarray, height: int) -> np.ndarray:
    if selector == "first":
        return rows == 0
    if selector == "last":
        return rows == height - 1
    if selector == "transition":
        return rows != height - 1
    return np.ones(len(rows), dtype=bool)


def _come_to_zero(messages: Sequence[tuple[list[np.ndarray], Any]]) -> np.ndarray:
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
