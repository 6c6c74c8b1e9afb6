"""Sorting: the same numbers in another order, and one of them shown to the verifier.

What is proved:

    Among the first `rows` states of the generator started at `seed`, the one of rank `rank`,
    counted from 0 for the smallest, is `value`.

With rank = rows / 2 that is their median.  Nobody sorts anything in a proof: the prover sorts,
and the tables show that the outcome is sorted and that nothing was lost or added on the way.

* SOURCE is the generator of `cstark.machines.range_check`, which here also sends each of its
  states on the bus ``numbers``.  (A table is a class: what `Generator` states, `Source` states
  too.)
* RANKED receives as many numbers from this bus, each once.  That is all there is to a
  permutation: two tables hold the same multiset if what one sends is what the other receives.
* From row to row the number, `key`, grows by `step`, which four bytes of the list hold to 0 to
  2^32 - 1.  Without this a smaller number could follow, with a step of p minus something.  It
  takes as well that the numbers are below 2^32, as the states are by the range checks of SOURCE.
  In the field alone "larger" has no meaning: by steps of less than 2^32, a list of any numbers
  below p could come around to where it began.  So far, RANKED is `cs.gadgets.Sorted`; what follows
  is this machine's own.
* A row has a `rank`, and one of them sends (rank, x) on the bus ``shown``.  No table receives it:
  the verifier does.  A *token* is a message that the verifier itself adds, here "received:
  (`rank`, `value`)", and it takes both from the claim.

What the counts must be
-----------------------
RANKED receives with the constant count 1.  Let it be a column, as in a list to look things up in,
and as soon as a number occurs twice, one row may stand for both with count 2; the other row, with
count 0, is then the prover's to fill with a number that nobody sent.

`shown` needs no more than the bus, which makes it 1 in the verifier's row and 0 in all others, as
no two rows have the same rank.  That it is a flag is stated for `send`: it takes the columns of a
count to be 0 or 1 when it bounds the sum of all counts, which must stay below p.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.errors import quoted
from cstark.gadgets import Limbs, RangeTable, Sorted
from cstark.machines.generator import (
    MAX_LOG_ROWS,
    MODULUS,
    Generator,
    check_generator,
    generator_trace,
    states,
)

__all__ = ["Ranked", "Sorting", "Source"]


class Source(Generator):
    """The generator, which sends its states."""

    def use(self, t: cs.Table, x: cs.Expression) -> None:
        t.send("numbers", [x])


class Ranked(Sorted):
    """The numbers received, the smallest first, with their ranks."""

    def __init__(self) -> None:
        super().__init__(Limbs(32), bus="numbers")
        self.columns["rank"] = ()  # number of the row
        self.columns["shown"] = ()  # 1: this row is the verifier's

    def constrain(self, t: cs.Table) -> None:
        super().constrain(t)
        now, nxt = t.now, t.next
        t.first_row.zero(now.rank, name="the smallest has rank 0")
        t.transition.equal(nxt.rank, now.rank + 1, name="ranks are counted")
        t.every_row.boolean(now.shown, name="shown is a flag")
        t.send("shown", [now.rank, now.key], count=now.shown)


def ranked_trace(numbers: np.ndarray, rank: int) -> np.ndarray:
    """The trace of `Ranked` for (rows,) numbers, of which one is shown."""
    table = Ranked()
    cells = table.view(trace := table.trace(numbers))
    cells.rank = np.arange(len(trace))
    cells.shown[rank] = 1
    return trace


def tables(rows: int) -> dict[str, cs.Air]:
    return {"source": Source(rows), "sorted": Ranked(), "range": RangeTable(8)}


@dataclass(frozen=True)
class Sorting(cs.Workload):
    """Sorted random numbers: a permutation on a bus, the median shown to the verifier."""

    log_rows: int = cs.argument(
        10, help="log2 of how many numbers there are", minimum=3, maximum=MAX_LOG_ROWS
    )
    seed: int = cs.argument(0, help="first state of the generator", minimum=0, maximum=MODULUS - 1)
    rank: int | None = cs.argument(
        None, help="rank of the number shown, 0 for the smallest; the median if not given"
    )

    def prepare(self) -> cs.Prepared:
        rows = 1 << self.log_rows
        rank = rows // 2 if self.rank is None else self.rank
        if not 0 <= rank < rows:
            raise cs.StatementError(f"rank is {rank}, but the {rows} numbers have 0 to {rows - 1}")
        numbers = states(self.seed, rows)
        traces = {"source": generator_trace(numbers), "sorted": ranked_trace(numbers, rank)}
        traces["range"] = cs.Machine(tables(rows)).count(traces, "range")
        value = int(traces["sorted"][rank, 0])
        return cs.Prepared({"rows": rows, "seed": self.seed, "rank": rank, "value": value}, traces)

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        rows, seed, rank, value = cs.read_claim(claim, rows=int, seed=int, rank=int, value=int)
        check_generator(rows, seed=seed, value=value)
        if not 0 <= rank < rows:
            raise cs.StatementError(f"claim.rank is {quoted(rank)}, not from 0 to {rows - 1}")
        return cs.Statement(
            tables(rows),
            {"source": {"seed": seed}},
            tokens=(cs.Receive("shown", (rank, value)),),
        )
