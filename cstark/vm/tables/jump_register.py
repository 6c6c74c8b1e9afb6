"""Jumps to an address in a register.

to = a0 + imm - bit, where a1 is the constant 0 of the token, imm a cell of the program (a signed
number in [-2^11, 2^11) as a field element) and `bit` a bit: RISC-V clears the lowest bit of the
sum. Nothing is looked up. The row that takes the token (time + 4, to) fetches at to, and the
program has only labels:

* to is an integer in [-2^11 - 1, 2^32 + 2^11). The labels are addresses of instructions, even
  numbers in [0x1000, 2^32 - 0x1000); operations inside sequences, at 2^32 + 0x1000 or above; and
  2^48, where a run ends, at which nothing is fetched. In that interval there are only
  instructions: no jump enters a sequence or ends a run.
* Labels are even, so of the two values of `bit` one gives no label: `bit` is pinned.
* A high half that is not 0 would make the sum 2^32 - 2048 or more, or wrap around to 2046 or
  less: no instruction either. So the constant 0 loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.tables.family import Family

__all__ = ["Jalr", "Jr"]


class Jr(Family):
    """``jalr`` with rd = x0, such as ``ret``: nothing is written.

    The address of the instruction after it is of no use, so the program holds 0 in its place and
    there is no column for it.
    """

    operations = "jr"
    slots = "rs1 imm0"
    operands = {"a": 1}
    follows = False
    own = {"bit": ()}

    def target(self, n: Any) -> Any:
        return n.a + n.imm0 - n.bit

    def work(self, t: cs.Table, n: Any) -> None:
        t.every_row.boolean(n.bit, name="bit is a bit")


class Jalr(Jr):
    """``jalr``: writes the address of the instruction after it, a cell of the program below X."""

    operations = "jalr"
    slots = "rs1 rd imm0"
    writes = True
    follows = True

    def result(self, n: Any) -> Sequence[Any]:
        return [n.next, 0]
