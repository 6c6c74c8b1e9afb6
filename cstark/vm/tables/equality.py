"""Branches on equality.

A branch has two labels: `next` if the operands are equal and `imm0` if they are not. The program
holds ``beq`` with the two exchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import cstark as cs
from cstark.vm.tables.family import Family, Free

__all__ = ["NONRESIDUE", "BranchEq", "BranchZero"]

NONRESIDUE = 7
"""A generator of the field, so no square; nor is it one modulo 241 or 13."""


class BranchZero(Family):
    """``bnez``: to `imm0` if a is not 0, to `next` if it is.

    x = a0 + a1 lies in [0, 2X), which is shorter than p: it is 0 only for a = 0.

    * (to - imm0) x = 0: where a is not 0, the row goes to imm0.
    * to - next = x i: where a is 0, it goes to next; where it is not, some i exists.

    i is 1 / x times (to - next); where a = 0 it is multiplied by 0 and may be anything.
    """

    operations = "bnez"
    slots = "rs1 imm0"
    operands = {"a": 2}
    own = {"i": (), "to": ()}

    def target(self, n: Any) -> Any:
        return n.to

    def work(self, t: cs.Table, n: Any) -> None:
        x = n.a[0] + n.a[1]
        t.every_row.zero((n.to - n.imm0) * x, name="not zero: taken")
        t.every_row.equal(n.to - n.next, x * n.i, name="zero: not taken")

    def free(self, v: cs.View) -> Iterable[Free]:
        c: Any = v
        yield ("i",), (np.asarray(c.a) == 0).all(axis=1), "a = 0: i is multiplied by 0"


class BranchEq(Family):
    """``bne``: to `imm0` if a and b differ, to `next` if they are equal.

    x = a0 - b0 and y = a1 - b1 lie in (-X, X): they are 0 in the field only if the halves agree.

    * (to - imm0) x = 0 and (to - imm0) y = 0: operands that differ go to imm0.
    * to - next = (x^2 - 7 y^2) i: equal operands go to next. If they differ, i exists, because
      x^2 - 7 y^2 = 0 with y not 0 would make 7 the square of x / y, and it is none; and with
      y = 0 it is x^2. (x^2 + y^2 would not do: -1 is a square.)

    One inverse serves both halves. Where the operands are equal, i may be anything.
    """

    operations = "bne"
    slots = "rs1 rs2 imm0"
    operands = {"a": 2, "b": 2}
    own = {"i": (), "to": ()}

    def target(self, n: Any) -> Any:
        return n.to

    def work(self, t: cs.Table, n: Any) -> None:
        x, y = n.a[0] - n.b[0], n.a[1] - n.b[1]
        t.every_row.zero((n.to - n.imm0) * x, name="low halves differ: taken")
        t.every_row.zero((n.to - n.imm0) * y, name="high halves differ: taken")
        norm = x * x - NONRESIDUE * y * y
        t.every_row.equal(n.to - n.next, norm * n.i, name="equal: not taken")

    def free(self, v: cs.View) -> Iterable[Free]:
        c: Any = v
        same = (np.asarray(c.a) == np.asarray(c.b)).all(axis=1)
        yield ("i",), same, "the operands are equal: i is multiplied by 0"
