"""The table of zero-filled memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import cstark as cs
from cstark.vm import abi

__all__ = ["Fresh"]


class Fresh(cs.Air):
    """The words from the image's end to the stack's top that the run touches, each at most once.

    w is the address over 8, E and S those of the image's end and of the stack's top. Real rows
    come first, then at least one that only fills up the table, whose w is 0. On *every* row,
    cyclically (the row after the last is the first), gap is looked up in [0, 2^32) by two limbs:

        gap = w' + (1 - real') S - w - (1 - real)(E - 1) - 1

    * real, then real: w' - w - 1 >= 0: strictly increasing, so no word is there twice;
    * real, then filling: S - w - 1 >= 0: the last word is below S;
    * filling, then real: w' - E >= 0: the first word is not below E. This happens from the last
      row to the first alone, as filling rows are a suffix;
    * filling, then filling: the constant S - E.

    Proof. Begin at the filling row before the first real one: as integers w = E + gap, then w' =
    w + 1 + gap. With at most 2^31 rows and gaps below 2^32 every number is below 2^63 + 2^29 <
    p, so equal in the field is equal, and the last equation S = w + 1 + gap says w < S. Without
    a filling row the gaps around the cycle would add up to minus the number of rows, but they
    lie in [0, 2^63): impossible. All of it is linear, without a selector, so it costs one
    column.

    Each real row sends its word's first token, 0 with time 0, and receives the last one, both
    with the count real, a bit.

    Parameters
    ----------
    first : int
        Address of the first word: the image's end.
    limit : int
        Address behind the last one.

    Raises
    ------
    AirError
        The addresses are no multiples of 8, or not in this order.
    """

    columns = {"real": (), "w": (), "value": (2,), "time": (), "low": ()}

    def __init__(self, first: int, limit: int = abi.STACK_TOP) -> None:
        if first % abi.WORD or limit % abi.WORD or not 0 < first < limit:
            raise cs.AirError(f"zero-filled memory cannot lie from {first:#x} to {limit:#x}")
        self.first = first // abi.WORD
        self.limit = limit // abi.WORD

    def constrain(self, t: cs.Table) -> None:
        n: Any = t.now
        x: Any = t.next
        t.every_row.boolean(n.real, name="real is a bit")
        t.transition.zero(x.real * (1 - n.real), name="filling rows are a suffix")
        t.every_row.zero((1 - n.real) * n.w, name="filling rows have w = 0")
        gap = x.w + (1 - x.real) * self.limit - n.w - (1 - n.real) * (self.first - 1) - 1
        t.send("range", [n.low], name="order: lower limb")
        t.send("range", [(gap - n.low) / 2**16], name="order: upper limb")
        address = abi.WORD * n.w
        t.send("memory", [address, 0, 0, 0], count=n.real, name="first token")
        t.receive("memory", [address, *n.value, n.time], count=n.real, weight=1,
                  name="last token")  # fmt: skip

    def free_cells(self, cells: cs.View) -> Iterable[cs.FreeCells]:
        """Value and time of the rows that fill up the table."""
        v: Any = cells
        yield cs.FreeCells(("value", "time"), np.asarray(v.real) == 0, "no word: nothing is sent")
