"""Pairs of cells of a row that can be changed together, tried one by one in small tables.

The rank test sees directions, not flags that could as well be the other way round. In a table
with few cells all pairs of flags of a row are turned over, and all pairs of cells exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from cstark.air.description import TableDescription
from cstark.air.free import Explanation
from cstark.check.mutate import ChangedTable

__all__ = ["MOST_CHANGES", "MOST_PAIRS", "FreePair", "column_pairs", "find_free_pairs"]

MOST_CHANGES = 1 << 13
"""Pairs of cells, at most: a table with more is not gone through."""

MOST_PAIRS = 256
"""Pairs of columns of a machine; the tables with the fewest are gone through first."""


class FreePair(NamedTuple):
    """Two cells of a row that can be changed together, though neither can alone.

    Attributes
    ----------
    columns : (int, int)
    row : int
    old, new : (int, int)
    """

    columns: tuple[int, int]
    row: int
    old: tuple[int, int]
    new: tuple[int, int]


def find_free_pairs(
    description: TableDescription,
    trace: np.ndarray,
    publics: Sequence[int],
    explained: Sequence[Explanation],
) -> list[FreePair]:
    """All pairs that nothing notices, of cells that are not declared to be free.

    Parameters
    ----------
    description : TableDescription
    trace : ndarray
        ``(rows, width)`` uint64, canonical; it belongs to a valid machine.
    publics : sequence of int
    explained : sequence of Explanation
        What `Air.free_cells` says.

    Returns
    -------
    list of FreePair
        By columns and rows; none of a table that is too large.
    """
    if column_pairs(description) * len(trace) > MOST_CHANGES:
        return []
    columns = _columns(description)
    table = ChangedTable(description, trace, publics)
    known = np.zeros(trace.shape, dtype=bool)
    for declared, rows, _ in explained:
        for column in declared:
            known[rows, column] = True
    found = []
    for first, second in combinations(columns, 2):
        for rows, one, two in _changes(trace, known, first, second):
            together = table.unnoticed_together(rows, {first: one, second: two})
            if len(together) == 0:
                continue
            alone = set(table.unnoticed(first, rows[together], one[together]).tolist())
            alone |= set(table.unnoticed(second, rows[together], two[together]).tolist())
            for place, k in enumerate(together.tolist()):
                if place not in alone:
                    row = int(rows[k])
                    old = int(trace[row, first]), int(trace[row, second])
                    found.append(FreePair((first, second), row, old, (int(one[k]), int(two[k]))))
    return found


def column_pairs(description: TableDescription) -> int:
    """How many pairs of columns a table has that are not declared to be free."""
    columns = len(_columns(description))
    return columns * (columns - 1) // 2


def _columns(description: TableDescription) -> list[int]:
    return [column for column in range(description.width) if column not in description.inputs]


def _changes(
    trace: np.ndarray, known: np.ndarray, first: int, second: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows, and new values of the two columns there: flags turned over, cells exchanged."""
    a, b = trace[:, first], trace[:, second]
    open_ = ~(known[:, first] | known[:, second])
    flags = open_ & (a <= 1) & (b <= 1)
    if a.max() <= 1 and b.max() <= 1 and flags.any():
        rows = np.flatnonzero(flags)
        yield rows, np.uint64(1) - a[rows], np.uint64(1) - b[rows]
    different = np.flatnonzero(open_ & (a != b) & ~(flags & (a + b == 1)))
    if len(different):
        yield different, b[different], a[different]
