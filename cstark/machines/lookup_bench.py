"""Four tables that do little but exchange messages: a benchmark of lookups.

It has the shape of a published measurement of Plonky3's ``batch-stark`` (main branch of August
2026; Goldilocks, cubic extension, Keccak, blowup 2, 219 queries, no grinding): tables of 2^18,
2^16, 2^15 and 2^12 rows, each of 34 columns and 16 interactions of 3 values, constraints of
degree 3.  On one thread of a Zen 3 core that took 4.7 to 5.2 s and made 1.21 MB of proof, 36 % of
the time in the quotient.  The shape is the same; what the columns mean there is not known, and
what they mean here is this.

Every table posts and takes rows of 15 values.  A row that is `posted` has a `number`, different
for all rows of all tables, and sends eight messages, one on each bus::

    bus "pair 0"   number   post[0]    post[1]
    bus "pair 1"   number   post[2]    post[3]
    ...
    bus "pair 7"   number   post[14]   post[0]

A row that is `taken`, of the same or of another table, has a `place` and receives eight messages
(place, take[0], take[1]), ... from the same buses.  What is proved: *the rows taken are the rows
posted, in another order, each one once*.  All pairs of a taken row come from one posted row,
because numbers are all different: a row's number is its table's start plus its height in it.

Rows that are not posted or not taken hold zeros.  Counts are columns, as they are in real
machines, and the values of a row are random: no cell is free, none is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs

__all__ = ["Exchange", "LookupBench"]

#: log2 of the heights at scale 0.
LOG_ROWS = (18, 16, 15, 12)
#: Shortens the last table to 8 rows.
MAX_SCALE = LOG_ROWS[-1] - 3
VALUES = 15
#: The values of each message: (0, 1), (2, 3), ..., (14, 0).
PAIRS = (np.arange(VALUES + 1) % VALUES).reshape(-1, 2)


class Exchange(cs.Air):
    """A table that posts rows and takes rows: 34 columns, 16 messages in each row, degree 3.

    Parameters
    ----------
    rows : int
        Height.
    start : int
        Number of the first row.
    """

    columns = {
        "number": (),  # start, start + 1, ...
        "posted": (),  # 1: this row sends `post`
        "post": (VALUES,),
        "place": (),  # number of the row that `take` was posted in
        "taken": (),  # 1: this row receives `take`
        "take": (VALUES,),
    }
    inputs = ("post",)

    def __init__(self, rows: int, start: int) -> None:
        self.rows = rows
        self.start = start

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        t.first_row.equal(now.number, self.start)
        t.transition.equal(t.next.number, now.number + 1)
        t.every_row.boolean(now.posted, now.taken)
        # What no bus binds is tied to zero.
        t.every_row.zero((1 - now.posted) * now.post, name="zeros where nothing is posted")
        t.every_row.zero((1 - now.taken) * now.take, name="zeros where nothing is taken")
        t.every_row.zero((1 - now.taken) * now.place, name="no place where nothing is taken")
        for pair, values in enumerate(PAIRS):
            t.send(f"pair {pair}", [now.number, *now.post[values]], count=now.posted)
            # weight: a flag, constrained above, where a received count could be anything
            t.receive(f"pair {pair}", [now.place, *now.take[values]], count=now.taken, weight=1)


def _starts(log_rows: list[int]) -> list[int]:
    """Number of each table's first row: the tables are numbered through."""
    return [sum(1 << log for log in log_rows[:table]) for table in range(len(log_rows))]


def exchange_traces(log_rows: list[int], seed: int) -> list[np.ndarray]:
    """Traces of tables that exchange random rows.

    Parameters
    ----------
    log_rows : list of int
        log2 of the height of each table.
    seed : int
        Of the values, and of who posts and takes what.

    Returns
    -------
    list of ndarray, shape (rows, 34), uint64
    """
    random = np.random.default_rng(seed)
    total = sum(1 << log for log in log_rows)
    # One table of all rows, cut into four in the end.  One row in eight posts nothing, and as
    # many take nothing.
    trace = np.zeros((total, 2 * VALUES + 4), dtype=np.uint64)
    busy = total - total // 8
    posting = np.sort(random.permutation(total)[:busy])
    taking = random.permutation(total)[:busy]
    values = random.integers(0, cs.P, size=(busy, VALUES), dtype=np.uint64)
    trace[:, 0] = np.arange(total, dtype=np.uint64)
    trace[posting, 1] = 1
    trace[posting, 2 : 2 + VALUES] = values
    trace[taking, 2 + VALUES] = posting
    trace[taking, 3 + VALUES] = 1
    trace[taking, 4 + VALUES :] = values
    return np.split(trace, _starts(log_rows)[1:])


@dataclass(frozen=True)
class LookupBench(cs.Workload):
    """Four tables of 34 columns and 16 messages per row: a published benchmark of lookups."""

    scale: int = cs.argument(
        0,
        help="halve the tables of 2^18, 2^16, 2^15 and 2^12 rows so many times",
        minimum=0,
        maximum=MAX_SCALE,
    )
    seed: int = cs.argument(0, help="seed of the random rows", minimum=0)

    def prepare(self) -> cs.Prepared:
        log_rows = [log - self.scale for log in LOG_ROWS]
        traces = exchange_traces(log_rows, self.seed)
        names = [f"table_{table}" for table in range(len(traces))]
        return cs.Prepared({"scale": self.scale}, dict(zip(names, traces, strict=True)))

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        (scale,) = cs.read_claim(claim, scale=int)
        if not 0 <= scale <= MAX_SCALE:
            raise cs.StatementError(f"claim.scale is {scale}, not from 0 to {MAX_SCALE}")
        log_rows = [log - scale for log in LOG_ROWS]
        tables = [
            Exchange(1 << log, start)
            for log, start in zip(log_rows, _starts(log_rows), strict=True)
        ]
        return cs.Statement({f"table_{i}": table for i, table in enumerate(tables)})
