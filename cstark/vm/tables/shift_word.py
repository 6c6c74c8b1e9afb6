"""Shifts of 32 bits by a constant.

The program holds m = 2^amount for a left shift and 2^(32 - amount) for a right one: a power of
two from 1 to X / 2 (a right shift by 0 is sign extension and has no row here).

    a0 m = x + X y,    x = x0 + L x1,    y = y0 + L y1

The limbs are looked up, and the upper one of y with the top bit 0, so y < X / 2. Both sides are
below X^2 / 2 < p: the equation holds over the integers, and x and y are its low and high half.
With y only below X there would be a second solution, y = f and x = a0 m + 1, as X f + 1 = p.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.tables.family import Family

__all__ = ["ShiftWI", "SraWI", "SrlWI"]


class ShiftWI(Family):
    """``slliw``: the result is x, sign-extended by its top bit s."""

    operations = "slliw"
    slots = "rs1 rd imm0"
    operands = {"a": 2}
    writes = True
    own = {"x": (2,), "y": (2,), "s": ()}

    def result(self, n: Any) -> Sequence[Any]:
        return self.extended(self.two(n.x), n.s)

    def product(self, t: cs.Table, n: Any, half: Any) -> None:
        """States half m = x + X y."""
        right = self.two(n.x) + self.X * self.two(n.y)
        t.every_row.equal(half * n.imm0, right, name="product")

    def work(self, t: cs.Table, n: Any) -> None:
        self.product(t, n, n.a[0])
        self.range(t, n, n.x[0], n.y[0], name="lower limb")
        self.top(t, n, n.x[1], n.s, name="sign of the result")
        self.top(t, n, n.y[1], 0, name="y is below X / 2")


class SrlWI(ShiftWI):
    """``srliw``: the result is y, below X / 2, so nothing is extended."""

    operations = "srliw"
    own = {"x": (2,), "y": (2,)}

    def result(self, n: Any) -> Sequence[Any]:
        return [self.two(n.y), 0]

    def work(self, t: cs.Table, n: Any) -> None:
        self.product(t, n, n.a[0])
        self.range(t, n, n.x[0], n.x[1], n.y[0], name="limb")
        self.top(t, n, n.y[1], 0, name="y is below X / 2")


class SraWI(ShiftWI):
    """``sraiw``: as `SrlWI` on the complement where a0 is negative (g its top bit).

    flip(h) = h + g (f - 2 h) is a half for each half h; the result is flip(y), and f g above it.
    """

    operations = "sraiw"
    own = {"x": (2,), "y": (2,), "u": (), "g": (), "c": ()}

    def result(self, n: Any) -> Sequence[Any]:
        return self.extended(n.c, n.g)

    def work(self, t: cs.Table, n: Any) -> None:
        def flip(half: Any) -> Any:
            return half + n.g * (self.X - 1 - 2 * half)

        self.sign(t, n, n.a[0], n.u, n.g, name="a")
        self.product(t, n, flip(n.a[0]))
        self.range(t, n, n.x[0], n.x[1], n.y[0], name="limb")
        self.top(t, n, n.y[1], 0, name="y is below X / 2")
        t.every_row.equal(n.c, flip(self.two(n.y)), name="result")
