"""Where a run is cut into shards.

A shard takes a stretch of the run's rows. It has the tables of the families whose rows these are,
and its own tables of the program and of what is looked into; the last one has the tables of
memory and registers as well, because a word has one first token in all.

A shard is cut where its tables are fullest: among the places near the greatest that fits, the one
where the fewest cells only fill up tables. Shards are made about equally large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cstark.errors import StatementError, TraceError
from cstark.vm.executor.marks import Marks
from cstark.vm.tables import EVERY, RARE, Rare
from cstark.vm.trace.gathering import Prices
from cstark.vm.trace.planning import RECORDED, TracePlan, plan_rows

__all__ = ["Cutter", "Piece", "cut"]

NEAR = 0.1
"""A shard is cut within this share of its greatest length."""
TRIED = 24
"""Places at which the tables are compared."""
BALANCED = 0.04
"""How exactly the size of equal shards is sought."""


@dataclass(frozen=True)
class Piece:
    """A part of a run.

    Attributes
    ----------
    first : int
        Rows executed before it.
    plan : TracePlan
        The rows of its tables.
    """

    first: int
    plan: TracePlan

    @property
    def end(self) -> int:
        """Rows executed after it."""
        return self.first + self.plan.total


def cut(
    marks: Marks,
    plan: TracePlan,
    cells: Mapping[str, int],
    most: int,
    max_log_height: int = 32,
    rares: Mapping[str, Rare] | None = None,
    prices: Prices | None = None,
    pad_to: Mapping[str, tuple[int, ...]] | None = None,
) -> list[Piece]:
    """Cut a run into shards of at most so many committed cells.

    Parameters
    ----------
    marks : Marks
        Where the run may be cut.
    plan : TracePlan
        That of the whole run.
    cells : mapping of str to int
        Table of the machine -> committed cells of a row.
    most : int
        The most cells of a shard, counted over the rows of its tables when they are filled up.
    max_log_height : int
        Log2 of the most rows of a table, as for `cstark.vm.trace.planning.plan_rows`.
    rares, prices : optional
        The tables in which families with few rows in a shard have them, and what tables cost; as
        for `plan_rows`.
    pad_to : mapping of str to tuple of int, optional
        Rows that tables are to have in every shard where they may stand, as for `plan_rows`. A
        shard ends before a table would need more.

    Returns
    -------
    list of Piece
        In the order of the run; as few as possible.

    Raises
    ------
    StatementError
        A shard needs more cells than that, because of the tables that every shard has, or those
        of memory in the last one.
    TraceError
        A table needs more rows than `pad_to` gives it, however short the shard is.
    """
    return Cutter(marks, plan, cells, max_log_height, rares, prices, pad_to).balanced(most)


class Cutter:
    """Cuts a run, for any number of cells; see `cut`.

    Places are named by their index in the marks. What lies between two places is planned once.
    """

    def __init__(
        self, marks: Marks, plan: TracePlan, cells: Mapping[str, int], max_log_height: int = 32,
        rares: Mapping[str, Rare] | None = None, prices: Prices | None = None,
        pad_to: Mapping[str, tuple[int, ...]] | None = None,
    ) -> None:  # fmt: skip
        self.max_log_height, self.rares, self.prices = max_log_height, rares, prices
        self.rows, self.tables = marks.rows, marks.tables
        self.end = len(self.rows) - 1
        self.cells, self.pad_to = cells, pad_to or {}
        widths = [cells.get(name, 0) for name in RECORDED]
        self.used = self.tables @ np.array(widths, dtype=np.int64)
        self.every = {name: plan.rows[name] for name in EVERY if name in plan.rows}
        self.once = {
            name: count
            for name, count in plan.rows.items()
            if name not in RECORDED and name not in EVERY
        }

        self.planned: dict[tuple[int, int], TracePlan] = {}

    def balanced(self, most: int) -> list[Piece]:
        """Shards of at most so many cells, about equally large."""
        pieces = self.cut(most)
        low, high = 0, most
        if (whole := self.size(0, self.end)) is not None:
            low = whole // len(pieces)
        while len(pieces) > 1 and high - low > BALANCED * most:
            middle = (low + high) // 2
            try:
                found = self.cut(middle, len(pieces))
            except StatementError:
                found = []
            if found:
                pieces, high = found, middle
            else:
                low = middle
        return pieces

    def plan(self, start: int, end: int) -> TracePlan:
        """Of the rows between two places; the last ones with the tables of memory."""
        if (start, end) not in self.planned:
            self.planned[start, end] = self._plan(start, end)
        return self.planned[start, end]

    def _plan(self, start: int, end: int) -> TracePlan:
        found = (self.tables[end] - self.tables[start]).tolist()
        rows = {**dict(zip(RECORDED, found, strict=True)), **self.every}
        if end == self.end:
            rows |= self.once
        total = int(self.rows[end] - self.rows[start])
        own = {name: self.pad_to[name] for name in self.pad_to if name in {*rows, *RARE}}
        return plan_rows(
            total, rows, self.cells, max_log_height=self.max_log_height,
            rares=self.rares, prices=self.prices, pad_to=own,
        )  # fmt: skip

    def size(self, start: int, end: int) -> int | None:
        """Cells of the shard between two places; None if it has more rows than `pad_to` says."""
        try:
            return self.plan(start, end).committed(self.cells)
        except TraceError as error:
            if error.table not in self.pad_to:
                raise
            return None

    def fits(self, start: int, end: int, most: int) -> bool:
        size = self.size(start, end)
        return size is not None and size <= most

    def fullness(self, start: int, end: int) -> float:
        found = self.plan(start, end)
        return found.used(self.cells) / found.committed(self.cells)

    def cut(self, most: int, count: int | None = None) -> list[Piece]:
        """Shards of at most so many cells; none if there are more than `count` of them."""
        pieces: list[Piece] = []
        at = 0
        while at < self.end:
            if count is not None and len(pieces) == count:
                return []
            to = self.next(at, most)
            pieces.append(Piece(int(self.rows[at]), self.plan(at, to)))
            at = to
        return pieces

    def next(self, at: int, most: int) -> int:
        """The end of a shard that begins at a place."""
        if self.used[self.end] - self.used[at] <= most and self.fits(at, self.end, most):
            return self.end
        # The shard to `low` fits, that to `high` does not: its rows alone have more cells.
        low = at
        high = min(self.end, int(np.searchsorted(self.used, self.used[at] + most)) + 1)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.fits(at, middle, most) else (low, middle)
        if low == at:
            try:
                least = self.plan(at, at + 1)
            except TraceError as error:
                error.add_note(f"in the shard that begins at row {self.rows[at]:,} of the run")
                raise
            what = "the last shard, with the tables of memory," if high == self.end else "a shard"
            raise StatementError(
                f"{what} has at least {least.committed(self.cells):,} cells, for {least.total:,} "
                f"rows of the run; at most {most:,} cells a shard are allowed"
            )
        near = max(at + 1, low - int(NEAR * (low - at)))
        tried = np.unique(np.linspace(low, near, TRIED).astype(np.int64)).tolist()
        # Of places that are equally full the later one.
        best: int = max(tried, key=lambda to: (self.fullness(at, to), to))
        return best
