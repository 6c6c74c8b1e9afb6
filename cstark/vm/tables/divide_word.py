"""Division of 32 bits, unsigned and signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.tables.family import Family

__all__ = ["DivW", "DivuW", "RemW", "RemuW"]


class DivuW(Family):
    """``divuw``: q b0 + r = a0, writes q, sign-extended.

    q and r are two limbs each, looked up. Left at most f^2 + f = p - 1 and right below X: the
    equation holds over the integers. (1 - z)(b0 - r - 1) = m in [0, X): an integer in [-X, X),
    so r < b0, or z = 1, which asks for b0 = 0 and q = f; then r = a0. For b0 = 0,
    r < b0 fails, so z = 1. s is the top bit of the result's upper limb.
    """

    operations = "divuw"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    writes = True
    own = {"q": (2,), "r": (2,), "m": (2,), "z": (), "s": ()}

    def outcome(self, n: Any) -> tuple[Any, Any]:
        """The limbs of what is written, and of the other."""
        return n.q, n.r

    def result(self, n: Any) -> Sequence[Any]:
        return self.extended(self.two(self.outcome(n)[0]), n.s)

    def work(self, t: cs.Table, n: Any) -> None:
        q, r, b = self.two(n.q), self.two(n.r), n.b[0]
        t.every_row.equal(q * b + r, n.a[0], name="q b + r = a")
        t.every_row.boolean(n.z, name="z is a bit")
        t.every_row.zero(n.z * b, name="z: b is 0")
        t.every_row.zero(n.z * (q - (self.X - 1)), name="z: q is f")
        t.every_row.equal((1 - n.z) * (b - r - n.real), self.two(n.m), name="r is below b")
        written, other = self.outcome(n)
        self.range(t, n, written[0], name="lower limb of the result")
        self.top(t, n, written[1], n.s, name="upper limb of the result")
        self.range(t, n, *other, name="limb of the other")
        self.range(t, n, *n.m, name="limb of m")


class RemuW(DivuW):
    """``remuw``: writes r, sign-extended."""

    operations = "remuw"

    def outcome(self, n: Any) -> tuple[Any, Any]:
        return n.r, n.q


class DivW(Family):
    """``divw``: quotient of signed words, rounded towards 0.

    A = |a0|, B = |b0|, from the top bits of a0 and b0: integers in [0, X / 2]. Q B + R = A with
    R < B, or z (b0 = 0). c is two limbs, looked up; big = X - c if n and c if not, so big lies in
    [0, X].

    * Q = big, R = o: Q B + R is at most X X / 2 + X < p: the equation holds over the integers.
    * (1 - z)(B - R - 1) = m in [0, X), so R < B, or z = 1, which asks for b0 = 0 and c = f.
    * (n - (sa xor sb)) Q = 0: a quotient that is not 0 has the sign of the operands. Q = 0 needs
      no flag: with n = 1 it would mean c = X, which c cannot be, so n = 0 and c = 0.
    * -2^31 / -1: A = X / 2, B = 1, Q = X / 2, n = 0, so c = X / 2: the overflow RISC-V defines.

    The result is c, sign-extended by its top bit s.
    """

    operations = "divw"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    writes = True
    own = {"ua": (), "sa": (), "ub": (), "sb": (), "c": (2,), "s": (), "big": (), "n": (),
           "o": (2,), "m": (2,), "z": ()}  # fmt: skip

    def result(self, n: Any) -> Sequence[Any]:
        return self.extended(self.two(n.c), n.s)

    def parts(self, n: Any) -> tuple[Any, Any, Any]:
        """Q, R, and the sign of the result unless it is 0."""
        return n.big, self.two(n.o), n.sa + n.sb - 2 * n.sa * n.sb

    def by_zero(self, n: Any) -> Any:
        """What z = 1 makes 0."""
        return self.two(n.c) - (self.X - 1)

    def work(self, t: cs.Table, n: Any) -> None:
        c, (q, r, sign) = self.two(n.c), self.parts(n)
        self.sign(t, n, n.a[0], n.ua, n.sa, name="a")
        self.sign(t, n, n.b[0], n.ub, n.sb, name="b")
        size_a = n.a[0] + n.sa * (self.X - 2 * n.a[0])
        size_b = n.b[0] + n.sb * (self.X - 2 * n.b[0])
        t.every_row.boolean(n.z, name="z is a bit")
        t.every_row.boolean(n.n, name="n is a bit")
        t.every_row.zero(n.z * n.b[0], name="z: b is 0")
        t.every_row.equal(n.big, c + n.n * (self.X - 2 * c), name="size of the result")
        t.every_row.zero((n.n - sign) * n.big, name="sign of the result")
        t.every_row.equal(q * size_b + r, size_a, name="Q B + R = A")
        t.every_row.equal((1 - n.z) * (size_b - r - n.real), self.two(n.m), name="R is below B")
        t.every_row.zero(n.z * self.by_zero(n), name="z: the result")
        self.range(t, n, n.c[0], name="lower limb of the result")
        self.top(t, n, n.c[1], n.s, name="upper limb of the result")
        self.range(t, n, *n.o, name="limb of the other")
        self.range(t, n, *n.m, name="limb of m")


class RemW(DivW):
    """``remw``: R = big has the sign of a; o is the quotient.

    R = X, that is n = 1 with c = 0, is neither below B nor |a0|, so a remainder of 0 leaves
    n = 0. z = 1 asks for Q = 0, so R = A and the result is a0.
    """

    operations = "remw"

    def parts(self, n: Any) -> tuple[Any, Any, Any]:
        return self.two(n.o), n.big, n.sa

    def by_zero(self, n: Any) -> Any:
        return self.two(n.o)
