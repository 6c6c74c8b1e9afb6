"""The tables of the registers: their first and last tokens, and tokens made younger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import cstark as cs
from cstark.vm import abi

__all__ = ["STEP", "WEIGHT", "Refresh", "Registers"]

STEP = 1 << 16
"""By how much a row of `Refresh` makes a token younger."""
WEIGHT = 1 << 33
"""Weight of the message that a row of `Refresh` receives: it bounds their number."""


class Registers(cs.Air):
    """The registers x0 to x31, 32 that takes what is written to x0, and temporaries.

    Each sends its first token, 0 with time 0, and receives its last one. The numbers are
    preprocessed, so each has one first token. No operation of the program writes x0, whose
    token stays (0, 0, 0, time).
    """

    rows = 64
    columns = {"value": (2,), "time": ()}
    preprocessed = ("register", "used")

    def preprocessed_trace(self) -> np.ndarray:
        """Numbers, and whether there is such a register."""
        numbers = np.arange(self.rows)
        return np.stack([numbers, numbers < abi.REGISTERS], axis=1).astype(np.uint64)

    def constrain(self, t: cs.Table) -> None:
        p: Any = t.preprocessed
        n: Any = t.now
        t.send("register", [p.register, 0, 0, 0], count=p.used, name="first token")
        t.receive("register", [p.register, *n.value, n.time], count=p.used, weight=1,
                  name="last token")  # fmt: skip

    def free_cells(self, cells: cs.View) -> Iterable[cs.FreeCells]:
        """Rows without a register."""
        unused = np.arange(self.rows) >= abi.REGISTERS
        yield cs.FreeCells(("value", "time"), unused, "no register: nothing is sent")


class Refresh(cs.Air):
    """A register's token made younger by 2^16, with the value it has.

    A row of an instruction can only take a token that is less than 2^16 older. Where more time
    went by since the last access, rows of this table come between. The step is fixed, so nothing
    is looked up. A chain of them all around the field would need p / 2^16 > 2^47 rows, so no
    token becomes older this way; one that becomes younger than the run can be received by
    nothing but the last token of its register, with the value it had.

    That there are fewer rows, in all tables of all shards together, follows from the weight of
    the message: the sum of weights times heights stays below p, so there are fewer than 2^31.
    """

    stands = "any"
    columns = {"real": (), "register": (), "value": (2,), "time": ()}

    def constrain(self, t: cs.Table) -> None:
        n: Any = t.now
        t.every_row.boolean(n.real, name="real is a bit")
        t.receive("register", [n.register, *n.value, n.time], count=n.real, weight=WEIGHT,
                  name="taken")  # fmt: skip
        t.send("register", [n.register, *n.value, n.time + STEP], count=n.real, name="put back")

    def free_cells(self, cells: cs.View) -> Iterable[cs.FreeCells]:
        """Rows that fill up the table."""
        v: Any = cells
        names = ("register", "value", "time")
        yield cs.FreeCells(names, np.asarray(v.real) == 0, "no token: nothing is sent")
