"""Read-only memory: one table that looks itself up.

Two lists stand side by side in the table.  The *accesses*, in the order in which a program made
them: an address and the value read there.  And the *memory*: the same cells sorted by address,
each with the number of times it is read.  A bus on which every access is sent, and every memory
row received as often as it says, makes the accesses a list of memory cells, in any order and
number.  What is left to show is that the memory is one, that is, that no address has two values:

* **continuity**: from row to row the sorted address stays or grows by one;
* **single value**: where it stays, the value stays.

The address moves by at most one per row, and there are fewer rows than field elements, so it cannot
come back to a cell that it has left.  Without continuity it could: a cell 5, then a cell 6 with
another value, then a step back to a cell 5 that keeps the value of 6, and every read of 5 may
choose.  Steps of one are cheaper than to range-check steps of any size, as
`cstark.machines.read_write_memory` does; the price is a row for every cell in between, read or not.

The count of a memory row is bound by the balance of the bus alone, also in the rows that repeat the
last cell to fill the table: whatever it is, the row holds a cell of the memory.  That is what makes
a column of counts right here, where in a memory that is written it would be wrong: there a row is
not a fact that may be used any number of times, but an event that happened once.

Cells that are never read are free: their values, and how many there are.  The first access and
the first memory row are public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.machines.common import check_rows, is_element

__all__ = ["ReadOnlyMemory", "ReadOnlyMemoryTable"]

MAX_ACCESSES = 1 << 24


class ReadOnlyMemoryTable(cs.Air):
    """Accesses in program order beside the memory in address order."""

    columns = ("address", "value", "sorted_address", "sorted_value", "count")
    publics = ("address0", "value0", "sorted_address0", "sorted_value0", "count0")

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def constrain(self, t: cs.Table) -> None:
        now, nxt, pub = t.now, t.next, t.publics
        for column in self.columns:
            t.first_row.equal(now[column], pub[column + "0"])

        step = nxt.sorted_address - now.sorted_address
        t.transition.zero(step * (step - 1), name="continuity")
        t.transition.zero((nxt.sorted_value - now.sorted_value) * (step - 1), name="single value")

        t.send("memory", [now.address, now.value])
        t.receive("memory", [now.sorted_address, now.sorted_value], count=now.count)

    def free_cells(self, cells: cs.View) -> list[cs.FreeCells]:
        first = np.arange(len(cells.count)) == 0  # public
        begins = np.ones(len(cells.count), dtype=bool)
        begins[1:] = cells.sorted_address[1:] != cells.sorted_address[:-1]
        # from the last cell on that is read, the addresses may go on growing as they like
        after = np.arange(len(cells.count)) > np.flatnonzero(cells.count).max(initial=0)
        return [
            cs.FreeCells(
                ("sorted_value",),
                (begins | after) & ~first,
                "what a cell holds is the prover's to choose",
            ),
            cs.FreeCells(("sorted_address",), after, "one more cell that is never read"),
        ]


@dataclass(frozen=True)
class ReadOnlyMemory(cs.Workload):
    """Random reads of a read-only memory, proved by a lookup of the table in itself."""

    accesses: int = cs.argument(1000, help="number of reads", minimum=1, maximum=MAX_ACCESSES)
    seed: int = cs.argument(0, help="seed of the memory and the reads", minimum=0)

    def prepare(self) -> cs.Prepared:
        random = np.random.default_rng(self.seed)
        rows = cs.padded_rows(self.accesses)
        # A quarter as many cells as accesses, some of them never read, at addresses of 32 bits.
        cells = max(1, self.accesses // 4)
        base = random.integers(0, 1 << 32, dtype=np.uint64)
        memory = random.integers(0, cs.P, size=cells, dtype=np.uint64)
        cell = random.integers(0, cells, size=rows)
        cell[self.accesses :] = cell[self.accesses - 1]  # fill up with the last access

        address_order = np.minimum(np.arange(rows), cells - 1)  # fill up with the last cell
        trace = np.empty((rows, 5), dtype=np.uint64)
        trace[:, 0] = base + cell.astype(np.uint64)
        trace[:, 1] = memory[cell]
        trace[:, 2] = base + address_order.astype(np.uint64)
        trace[:, 3] = memory[address_order]
        trace[:, 4] = 0
        trace[:cells, 4] = np.bincount(cell, minlength=cells)
        first = [int(value) for value in trace[0]]
        claim = {"rows": rows, "first_access": first[:2], "first_cell": first[2:]}
        return cs.Prepared(claim, {"memory": trace})

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        rows, access, cell = cs.read_claim(claim, rows=int, first_access=list, first_cell=list)
        check_rows("claim.rows", rows, MAX_ACCESSES)
        first = access + cell
        if len(access) != 2 or len(cell) != 3 or not all(map(is_element, first)):
            raise cs.StatementError(
                "claim.first_access is two and claim.first_cell three integers below p"
            )
        return cs.Statement({"memory": ReadOnlyMemoryTable(rows)}, {"memory": first})
