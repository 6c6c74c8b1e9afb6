"""Read-write memory: what was written last is what is read, for a program that needs it.

The program computes Van Eck's sequence, 0 0 1 0 2 0 2 2 1 6 ...: it starts with 0, and after a
term comes the number of steps since that term was seen before, or 0 if it is new.  A memory
holds, for each term a, one more than the place where it was seen last; all of it is 0 in the
beginning.  What is proved:

    The last of the first `rows` terms of Van Eck's sequence is `last`.

Two tables
----------
SEQUENCE is the program, one term in each row, in the order of time.  Row n reads the memory at
address a(n), at time 2 n, and writes n + 1 there, at time 2 n + 1.  What it reads it takes
for granted. Every access is a message on the bus ``memory``: (address, time, value, is it a write).

MEMORY receives the same messages, each once, in another order: by address and, within an address,
by time.  There all that happened to a cell stands in successive rows, so that being right is a
matter of neighbours::

    address  time  value  write
          0     0      0      0     the first access is a read: 0
          0     1      1      1
          0     2      1      0     a read: the value of the row above
          0     3      2      1
          1     4      0      0     another address
        ...

Why that is a memory
--------------------
MEMORY is `cs.gadgets.Memory`, ready-made.  The bus makes its rows the accesses of SEQUENCE, none
left out, none twice, none invented: each row in use is received exactly once, whatever the prover
would like to count.  So addresses, times, values and write flags need no constraints there;
SEQUENCE has made them.  Left to show is the order.  That is what `step` is for, three bytes of a
list, so a number from 0 to 2^24 - 1:

* *One address* (`same` is 1): time' - time - 1 = step.  Times are below 2^24, so a step back in
  time would be a difference below 0, and p minus something below 2^24 is not three bytes.  So
  times go up, and a read meets the access just before it.  Without the range check, the prover
  would sort a read before the write that it should have seen.
* *Another address* (`same` is 0): address' - address - 1 = step.  A step up is at most 2^24, and
  there are no more rows than accesses, 2^22, so all steps together stay below p: addresses never
  come around, and an address that is left is left for good.  Without this, a cell could have two
  lives: begin again as "another address", with 0.
* The prover chooses `same`, and cannot choose wrongly: with 1 at a new address the equation "the
  same address" fails, with 0 at the old one the step is -1.

And the values: a read in the middle of a cell's life has the value of the row above, a read that
begins it has 0.  A write has any value, as SEQUENCE says.  What SEQUENCE owes to the gadget is that
times are right, each later than those before: they are made of `step`, which counts its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.errors import quoted
from cstark.gadgets import Limbs, Memory, RangeTable, inverse_or_zero
from cstark.machines.common import check_rows, counted_again, is_element

__all__ = ["ReadWriteMemory", "Sequence", "van_eck"]

#: Accesses are twice as many as rows, so that all times are below 2^22.
MAX_LOG_ROWS = 21
GAP = Limbs(24)


class Sequence(cs.Air):
    """Van Eck's sequence, one term in each row, with two accesses to the memory."""

    columns = ("step", "term", "seen", "inverse")
    publics = ("last",)

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def constrain(self, t: cs.Table) -> None:
        now, nxt = t.now, t.next
        t.first_row.zero(now.step, name="the first step is 0")
        t.transition.equal(nxt.step, now.step + 1, name="steps are counted")

        # Whether `seen`, which was read, is not 0.  A value and its inverse multiply to 1; for
        # 0 nothing does.  The first line makes `known` 1 for every other value, the second one
        # makes it 0 for 0, as there it leaves no inverse but 0.
        known = now.seen * now.inverse
        t.every_row.zero(now.seen * (1 - known), name="a term seen before is known")
        t.every_row.zero(now.inverse * (1 - known), name="a new term is not")

        # The memory says one more than the place, so that 0 can say "never".
        t.first_row.zero(now.term, name="the first term is 0")
        t.transition.equal(nxt.term, known * (now.step + 1 - now.seen), name="next term")
        t.last_row.equal(now.term, t.publics.last, name="ends as claimed")

        t.send("memory", [now.term, 2 * now.step, now.seen, 0], name="read")
        t.send("memory", [now.term, 2 * now.step + 1, now.step + 1, 1], name="write")


def van_eck(terms: int) -> tuple[list[int], list[int]]:
    """The first terms, and for each one more than the place where it was seen before, or 0.

    Examples
    --------
    >>> van_eck(10)[0]
    [0, 0, 1, 0, 2, 0, 2, 2, 1, 6]
    """
    memory: dict[int, int] = {}
    term, sequence, seen = 0, [], []
    for step in range(terms):
        sequence.append(term)
        seen.append(memory.get(term, 0))
        memory[term] = step + 1
        term = step + 1 - seen[-1] if seen[-1] else 0
    return sequence, seen


def sequence_trace(rows: int) -> np.ndarray:
    """The trace of `Sequence`."""
    term, seen = (np.array(values, dtype=np.uint64) for values in van_eck(rows))
    return np.stack([np.arange(rows, dtype=np.uint64), term, seen, inverse_or_zero(seen)], axis=1)


def memory_trace(sequence: np.ndarray) -> np.ndarray:
    """The trace of the memory for a trace of `Sequence`: a read and a write in each row."""
    step, term, seen, _ = sequence.T
    read = np.stack([term, 2 * step, seen, np.zeros_like(step)])
    write = np.stack([term, 2 * step + 1, step + 1, np.ones_like(step)])
    return Memory(GAP).trace(*np.concatenate([read, write], axis=1))


def tables(rows: int) -> dict[str, cs.Air]:
    return {"sequence": Sequence(rows), "memory": Memory(GAP), "range": RangeTable(8)}


@dataclass(frozen=True)
class ReadWriteMemory(cs.Workload):
    """Van Eck's sequence, whose every step reads and writes a memory."""

    log_rows: int = cs.argument(
        10, help="log2 of the number of terms", minimum=3, maximum=MAX_LOG_ROWS
    )

    def prepare(self) -> cs.Prepared:
        rows = 1 << self.log_rows
        sequence = sequence_trace(rows)
        traces = {"sequence": sequence, "memory": memory_trace(sequence)}
        machine = cs.Machine(tables(rows))
        traces["range"] = machine.count(traces, "range")
        claim = {"rows": rows, "last": int(sequence[-1, 1])}
        return cs.Prepared(claim, traces, counted_again(machine, traces, "range"))

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        rows, last = cs.read_claim(claim, rows=int, last=int)
        check_rows("claim.rows", rows, 1 << MAX_LOG_ROWS)
        if not is_element(last):
            raise cs.StatementError(f"claim.last is {quoted(last)}, not a number below p")
        return cs.Statement(tables(rows), {"sequence": {"last": last}})
