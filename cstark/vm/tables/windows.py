"""The tables of the two windows: the input of the run, and its output.

The address of a row is fixed by the row, so each has one first token. The windows hold 2^26
words each: a taller table would send a second first token for words of the next window. So
`max_rows` is 2^26, and a machine whose options allow taller tables is refused.
"""

from __future__ import annotations

from typing import Any

import cstark as cs
from cstark.vm import abi

__all__ = ["Input", "Output"]


class Input(cs.Air):
    """The words of the input window from its start; their first values are the prover's.

    What is proved of them is that they are *some* content of the window: halves below X, by four
    limbs that are looked up. Neither the number of words nor that the first of them is the
    length of the rest is proved, so a program trusts its input no further than what it reads.
    """

    max_rows = abi.WINDOW_ROWS
    inputs = ("first",)
    columns = {"address": (), "first": (4,), "value": (2,), "time": ()}

    def constrain(self, t: cs.Table) -> None:
        n: Any = t.now
        t.first_row.equal(n.address, abi.INPUT, name="start of the window")
        t.transition.equal(t.next.address, n.address + abi.WORD, name="next word")
        f = n.first
        for k in range(4):
            t.send("range", [f[k]], name=f"limb {k}")
        t.send("memory", [n.address, f[0] + 2**16 * f[1], f[2] + 2**16 * f[3], 0],
               name="first token")  # fmt: skip
        t.receive("memory", [n.address, *n.value, n.time], count=1, weight=1, name="last token")


class Output(cs.Air):
    """The words of the output window from its start, 0 at first.

    Where `shown`, a bit, the last value is sent on the bus ``output`` as (index, low, high). The
    verifier receives each word of the output that is claimed once, so these words are shown,
    once each, and have these values; the others are the program's own.
    """

    max_rows = abi.WINDOW_ROWS
    columns = {"index": (), "shown": (), "value": (2,), "time": ()}

    def constrain(self, t: cs.Table) -> None:
        n: Any = t.now
        t.every_row.boolean(n.shown, name="shown is a bit")
        t.first_row.zero(n.index, name="start of the window")
        t.transition.equal(t.next.index, n.index + 1, name="next word")
        address = abi.OUTPUT + abi.WORD * n.index
        t.send("memory", [address, 0, 0, 0], name="first token")
        t.receive("memory", [address, *n.value, n.time], count=1, weight=1, name="last token")
        t.send("output", [n.index, *n.value], count=n.shown, name="shown")
