"""Shifts of 64 bits.

The amount is s + 16 w. m = 2^s for a left shift and 2^(16 - s) for a right one: from 1 to L.

    a0 m     = r0 + L r1 + X k
    a1 m + k = r2 + L r3 + X r4        r0, ..., r4 and k looked up in [0, L)

Both sides are at most X L - 1 < p, so the equations hold over the integers, and r0, ..., r4 are
the limbs of a m, which has no others. The result is a window of four of them, zeros outside:
r0, r1, ... moved up by w for a left shift, r1, r2, ... moved down by w for a right one. Its
halves are pairs of limbs, below X.

An arithmetic right shift works on the complement where a is negative, and takes the complement
of the result: ``flip(h) = h + g (f - 2 h)``, g the top bit of a1. Both are halves again.

w is three flags, of which one at most is 1. The narrow widths of the exhaustive search have
fewer amounts; nothing else depends on 16.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.tables.family import Family

__all__ = ["ShiftI", "ShiftR", "SraI", "SraR"]


class Spread(Family):
    """The limbs of a m, and the windows."""

    operands = {"a": 2}
    writes = True

    def result(self, n: Any) -> Sequence[Any]:
        return [n.c[0], n.c[1]]

    def windows(self, r: Any, w: Any, right: bool) -> list[Any]:
        """The halves of the window as expressions of degree 2."""
        flags = [1 - w[0] - w[1] - w[2], w[0], w[1], w[2]]
        c: list[Any] = [0, 0, 0, 0]
        for moved, flag in enumerate(flags):
            for j in range(4):
                source = j + 1 + moved if right else j - moved
                if 0 <= source <= (4 if right else 3):
                    c[j] = c[j] + flag * r[source]
        return self.four(c)

    def spread(self, t: cs.Table, n: Any, low: Any, high: Any, factor: Any) -> None:
        """r and k are the limbs of (low, high) times the factor, and what is carried."""
        t.every_row.equal(low * factor, self.two(n.r) + self.X * n.k, name="low product")
        t.every_row.equal(high * factor + n.k, n.r[2] + self.L * n.r[3] + self.X * n.r[4],
                          name="high product")  # fmt: skip
        self.range(t, n, *n.r, name="limb of the product")
        self.range(t, n, n.k, name="carried")

    def one_window(self, t: cs.Table, n: Any) -> None:
        """w is one-hot or 0, on every row: the fetch pins only w1 + 2 w2 + 3 w3."""
        for flag in (n.w[0], n.w[1], n.w[2], n.w[0] + n.w[1] + n.w[2]):
            t.every_row.boolean(flag, name="one window")

    def chosen(self, t: cs.Table, n: Any) -> None:
        """c is the left window, or the right one where d is 1."""
        t.every_row.boolean(n.d, name="d is a bit")
        left, right = self.windows(n.r, n.w, False), self.windows(n.r, n.w, True)
        for h in (0, 1):
            t.every_row.equal(n.c[h], left[h] + n.d * (right[h] - left[h]), name=f"half {h}")

    def arithmetic(self, t: cs.Table, n: Any, factor: Any) -> None:
        """c is the right window, with the complement twice where a is negative."""

        def flip(half: Any) -> Any:
            return half + n.g * (self.X - 1 - 2 * half)

        self.sign(t, n, n.a[1], n.u, n.g, name="a")
        self.spread(t, n, flip(n.a[0]), flip(n.a[1]), factor)
        window = self.windows(n.r, n.w, True)
        for h in (0, 1):
            t.every_row.equal(n.c[h], flip(window[h]), name=f"half {h}")

    def amount(self, t: cs.Table, n: Any) -> None:
        """The amount in a register.

        b0 = low + L rest, both looked up in [0, L), the only ones; the table of shifts gives 2^s,
        2^(16 - s) and the flags of w for the low limb, so these need no constraints in a real
        row, where alone they matter.
        """
        entry = [n.low, n.left, n.right, n.w[0], n.w[1], n.w[2]]
        t.send("shift", entry, count=n.real, name="the amount")
        self.range(t, n, (n.b[0] - n.low) / self.L, name="upper limb of the amount")


class ShiftI(Spread):
    """``slli`` and ``srli``: the program holds m; code = 384 + d + 2 w, d = 1 to the right.

    d and the flags are bits by constraint, so the code pins them.
    """

    operations = "slli srli"
    slots = "rs1 rd imm0"
    own = {"r": (5,), "k": (), "c": (2,), "w": (3,), "d": ()}

    def operation(self, n: Any) -> Any:
        return OPERATIONS["slli"].code + n.d + 2 * (n.w[0] + 2 * n.w[1] + 3 * n.w[2])

    def work(self, t: cs.Table, n: Any) -> None:
        self.one_window(t, n)
        self.spread(t, n, n.a[0], n.a[1], n.imm0)
        self.chosen(t, n)


class SraI(Spread):
    """``srai``: the program holds m; code = 400 + w."""

    operations = "srai"
    slots = "rs1 rd imm0"
    own = {"r": (5,), "k": (), "c": (2,), "w": (3,), "u": (), "g": ()}

    def operation(self, n: Any) -> Any:
        return OPERATIONS["srai"].code + n.w[0] + 2 * n.w[1] + 3 * n.w[2]

    def work(self, t: cs.Table, n: Any) -> None:
        self.one_window(t, n)
        self.arithmetic(t, n, n.imm0)


class ShiftR(Spread):
    """``sll`` and ``srl``: the amount is the low six bits of b; code = 416 + d."""

    operations = "sll srl"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    own = {"low": (), "left": (), "right": (), "w": (3,), "r": (5,), "k": (), "c": (2,), "d": ()}

    def operation(self, n: Any) -> Any:
        return OPERATIONS["sll"].code + n.d

    def work(self, t: cs.Table, n: Any) -> None:
        self.amount(t, n)
        self.spread(t, n, n.a[0], n.a[1], n.left + n.d * (n.right - n.left))
        self.chosen(t, n)


class SraR(Spread):
    """``sra``: the amount is the low six bits of b."""

    operations = "sra"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    own = {"low": (), "left": (), "right": (), "w": (3,), "r": (5,), "k": (), "c": (2,),
           "u": (), "g": ()}  # fmt: skip

    def work(self, t: cs.Table, n: Any) -> None:
        self.amount(t, n)
        self.arithmetic(t, n, n.right)
