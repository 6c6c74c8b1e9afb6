"""Two operations of sequences, for signed products and quotients of 64 bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.tables.family import Family

__all__ = ["NegateIf", "SelectNegative"]


class SelectNegative(Family):
    """rd = b if a is negative, else 0 (``seln``); b if it is not, else 0 (``selp``).

    s is the top bit of a1 and kind a bit, so on = s xor kind is a bit: the result is b's halves
    or 0, and needs no lookup.
    """

    operations = "seln selp"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    writes = True
    own = {"kind": (), "u": (), "s": (), "c": (2,)}

    def operation(self, n: Any) -> Any:
        return OPERATIONS["seln"].code + n.kind

    def result(self, n: Any) -> Sequence[Any]:
        return [n.c[0], n.c[1]]

    def work(self, t: cs.Table, n: Any) -> None:
        t.every_row.boolean(n.kind, name="kind is a bit")
        self.sign(t, n, n.a[1], n.u, n.s, name="a")
        on = n.s + n.kind - 2 * n.s * n.kind
        for h in (0, 1):
            t.every_row.equal(n.c[h], on * n.b[h], name=f"half {h}")


class NegateIf(Family):
    """rd = -a if b is negative, else a.

    s is the top bit of b1. s = 1: c + a = 0 modulo X^2 by the carries k0 = (c0 + a0) / X and
    k1 = (c1 + a1 + k0) / X, both bits; sums of halves are below 2 X, far below p. s = 0: c = a.
    c is four limbs, looked up.
    """

    operations = "cneg"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    writes = True
    own = {"u": (), "s": (), "c": (4,)}

    def result(self, n: Any) -> Sequence[Any]:
        return self.four(n.c)

    def work(self, t: cs.Table, n: Any) -> None:
        self.sign(t, n, n.b[1], n.u, n.s, name="b")
        c0, c1 = self.four(n.c)
        k0 = (c0 + n.a[0]) / self.X
        k1 = (c1 + n.a[1] + k0) / self.X
        t.every_row.zero(n.s * k0 * (k0 - 1), name="carry of the low half")
        t.every_row.zero(n.s * k1 * (k1 - 1), name="carry of the high half")
        t.every_row.zero((1 - n.s) * (c0 - n.a[0]), name="same low half")
        t.every_row.zero((1 - n.s) * (c1 - n.a[1]), name="same high half")
        self.range(t, n, *n.c, name="limb of the result")
