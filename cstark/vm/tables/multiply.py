"""Products.

No operand is split into limbs. With f = X - 1, f^2 = p - X, so a product of two halves is below
p, and the product of 64 by 64 bits is made of four equations between halves:

    E0   a0 b0           = c0 + X h      left at most f^2 = p - X
    E1   h + a0 b1       = x + X y       left at most (f - 1) + f^2 = p - 2
    E2   x + a1 b0       = c1 + X v      left at most f + f^2 = p - 1
    E3   a1 b1 + y + v   = d0 + X d1     for the high half of the product

Every half on the right is two limbs that are looked up, so a right side is an integer in
[0, X^2), and X^2 = p + f. Left sides of E0, E1, E2 are integers below p. A right side reaches p
exactly if its upper half is f and its lower half is not 0 (X f = p - 1). So for the equations to
hold over the integers, which determines h, c0, x, y, c1 and v, one has to refuse

* h = f and y = f, which no integer solution has: (h - f)(y - f) i = real, one inverse for both;
* v = f unless c1 = 0 (a legal solution: x + a1 b0 = p - 1 = X f): c1 ((v - f) j - 1) = 0.

E3: the left side is at most f^2 + (f - 1) + f = p - 2 + f, and reaches p only for a1 = b1 = f,
for otherwise it is at most f (f - 1) + 2 f - 1 < p. q says whether a1 = b1 = f:

    q (a1 - f) = 0,    q (b1 - f) = 0,    (d1 - f)(a1 + b1 - 2 f) j2 = real - q

* Unless both are f, q = 0, and in a real row d1 is not f, so the right side is below p, as the
  left side is.
* If both are f, the last equation says q = real. q (d1 - f)(d1 - f + 1) = 0 then leaves f - 1
  and f for d1, so both sides lie in [f^2 - 1, f^2 + 2 f], an interval shorter than p.

Either way E3 holds over the integers, and d is determined. q needs no equation to be a bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

import cstark as cs
from cstark.vm.tables.family import Family, Free

__all__ = ["Mul", "MulW", "Mulhu"]


class Mul(Family):
    """``mul``: the low 64 bits, E0 to E2."""

    operations = "mul"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    writes = True
    own = {"c": (4,), "h": (2,), "x": (2,), "y": (2,), "v": (2,), "i": (), "j": ()}

    def result(self, n: Any) -> Sequence[Any]:
        return self.four(n.c)

    def low(self, t: cs.Table, n: Any) -> None:
        """E0 to E2."""
        c, f = self.four(n.c), self.X - 1
        h, x, y, v = self.two(n.h), self.two(n.x), self.two(n.y), self.two(n.v)
        t.every_row.equal(n.a[0] * n.b[0], c[0] + self.X * h, name="E0")
        t.every_row.equal(h + n.a[0] * n.b[1], x + self.X * y, name="E1")
        t.every_row.equal(x + n.a[1] * n.b[0], c[1] + self.X * v, name="E2")
        t.every_row.equal((h - f) * (y - f) * n.i, n.real, name="h and y are not f")
        t.every_row.zero(c[1] * ((v - f) * n.j - 1), name="v is not f unless c1 is 0")
        self.range(t, n, *n.c, name="limb of c")
        for name, half in (("h", n.h), ("x", n.x), ("y", n.y), ("v", n.v)):
            self.range(t, n, *half, name=f"limb of {name}")

    def work(self, t: cs.Table, n: Any) -> None:
        self.low(t, n)

    def free(self, v: cs.View) -> Iterable[Free]:
        c: Any = v
        yield ("j",), (np.asarray(c.c)[:, 2:] == 0).all(axis=1), "c1 = 0: j is multiplied by 0"


class Mulhu(Mul):
    """``mulhu``: the high 64 bits, E3 added."""

    operations = "mulhu"
    own = Mul.own | {"d": (4,), "q": (), "j2": ()}

    def result(self, n: Any) -> Sequence[Any]:
        return self.four(n.d)

    def work(self, t: cs.Table, n: Any) -> None:
        self.low(t, n)
        d, f = self.four(n.d), self.X - 1
        left = n.a[1] * n.b[1] + self.two(n.y) + self.two(n.v)
        t.every_row.equal(left, d[0] + self.X * d[1], name="E3")
        t.every_row.zero(n.q * (n.a[1] - f), name="q: a1 is f")
        t.every_row.zero(n.q * (n.b[1] - f), name="q: b1 is f")
        t.every_row.zero(n.q * (d[1] - f) * (d[1] - f + 1), name="q: d1 is f or f - 1")
        t.every_row.equal((d[1] - f) * (n.a[1] + n.b[1] - 2 * f) * n.j2, n.real - n.q,
                          name="not q: d1 is not f, nor both operands")  # fmt: skip
        self.range(t, n, *n.d, name="limb of d")

    def free(self, v: cs.View) -> Iterable[Free]:
        c: Any = v
        yield from super().free(v)
        yield ("j2",), np.asarray(c.q) == 1, "a1 = b1 = f: j2 is multiplied by 0"


class MulW(Family):
    """``mulw``: E0 alone; c0 is sign-extended by its top bit s.

    (h - f) i = real refuses h = f.
    """

    operations = "mulw"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    writes = True
    own = {"c": (2,), "h": (2,), "s": (), "i": ()}

    def result(self, n: Any) -> Sequence[Any]:
        return self.extended(self.two(n.c), n.s)

    def work(self, t: cs.Table, n: Any) -> None:
        h = self.two(n.h)
        t.every_row.equal(n.a[0] * n.b[0], self.two(n.c) + self.X * h, name="E0")
        t.every_row.equal((h - (self.X - 1)) * n.i, n.real, name="h is not f")
        self.range(t, n, n.c[0], n.h[0], n.h[1], name="limb")
        self.top(t, n, n.c[1], n.s, name="sign of the result")
