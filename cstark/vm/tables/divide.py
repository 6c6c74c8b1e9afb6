"""Unsigned division of 64 bits.

q b + r = a with r < b, or b = 0 (z = 1). In halves:

    E0   q0 b0 + r0               = a0 + X h
    E1   q0 b1 + q1 b0 + h + r1   = a1
    E2   q1 b1                    = 0

q, r, h and m are limbs that are looked up; f = X - 1, f^2 = p - X. E2 says that q1 = 0 or
b1 = 0, as a field has no zero divisors. (h - f)(q0 + b1 - 2 f) j = real: h is not f, and q0, b1
are not both f.

* E0: left at most f^2 + f = p - 1; right at most f + X (f - 1) = p - 2. Integers.
* E1 with q1 = 0: left at most f (f - 1) + (f - 1) + f = p - 1 - X < p. With b1 = 0 and z = 0, r < b
  gives r1 = 0, and left is at most f^2 + f - 1 = p - 2. With z = 1, b = 0, and left is h + r1.
  Integers. (q0 = b1 = f is possible in no true row, as q b would pass 2^64; without its refusal
  the left side could be p + a1.)
* So q b + r = a over the integers, as q1 b1 = 0 leaves nothing above.

r < b: far = [r1 differs from b1]; b0 - r0 - 1 for far = 0 or b1 - r1 - 1 for far = 1 equals
m0 + L m1 and so lies in [0, X). It is an integer in [-X, X) that is negative if b <= r, whatever
far: (1 - far)(b1 - r1) = 0 allows far = 0 only for equal high halves.

b = 0: then r < b fails, so z = 1, which asks for b0 = 0 and for q = X^2 - 1, the result that
RISC-V defines; by E2 it asks for b1 = 0, too. E0 and E1 give r = a.

Some equations only keep the row unique, so that every change of a cell is noticed: those that
make z a bit, far = 1 where z = 1, and, for ``remu``, the quotient where z = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.tables.family import Family

__all__ = ["Divu", "Remu"]


class Divu(Family):
    """``divu``: writes the quotient."""

    operations = "divu"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    writes = True
    own = {"q": (4,), "r": (4,), "h": (2,), "m": (2,), "z": (), "far": (), "j": ()}

    def result(self, n: Any) -> Sequence[Any]:
        return self.four(n.q)

    def work(self, t: cs.Table, n: Any) -> None:
        (q0, q1), (r0, r1), h = self.four(n.q), self.four(n.r), self.two(n.h)
        (a0, a1), (b0, b1), f = n.a, n.b, self.X - 1
        t.every_row.equal(q0 * b0 + r0, a0 + self.X * h, name="E0")
        t.every_row.equal(q0 * b1 + q1 * b0 + h + r1, a1, name="E1")
        t.every_row.zero(q1 * b1, name="E2")
        t.every_row.equal((h - f) * (q0 + b1 - 2 * f) * n.j, n.real,
                          name="h is not f, nor both q0 and b1")  # fmt: skip
        t.every_row.boolean(n.z, name="z is a bit")
        t.every_row.boolean(n.far, name="far is a bit")
        t.every_row.zero(n.z * b0, name="z: b0 is 0")
        t.every_row.zero(n.z * (q0 - f), name="z: q0 is f")
        t.every_row.zero(n.z * (q1 - f), name="z: q1 is f")
        t.every_row.zero(n.z * (1 - n.far), name="z: far")
        t.every_row.zero((1 - n.far) * (b1 - r1), name="near: the high halves are equal")
        difference = (1 - n.far) * (b0 - r0) + n.far * (b1 - r1) - n.real
        t.every_row.equal((1 - n.z) * difference, self.two(n.m), name="r is below b")
        for name, limbs in (("q", n.q), ("r", n.r), ("h", n.h), ("m", n.m)):
            self.range(t, n, *limbs, name=f"limb of {name}")


class Remu(Divu):
    """``remu``: writes the remainder."""

    operations = "remu"

    def result(self, n: Any) -> Sequence[Any]:
        return self.four(n.r)
