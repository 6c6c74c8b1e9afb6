"""Loads from an aligned address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

import cstark as cs
from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.tables.family import Free
from cstark.vm.tables.memory import Load

__all__ = ["Ld", "Lw", "SubLoad", "half_of_word"]


def half_of_word(n: Any) -> Any:
    """The half of the word m that the flag `h` names."""
    return n.m[0] + n.h * (n.m[1] - n.m[0])


def limbs_of_half(row: Any, t: cs.Table, n: Any, limb: Any, other: Any) -> None:
    """States that the half that `h` names is `limb` and `other`, `limb` on top if `g`.

    Both are below L and the half is below X, so for given h and g they are the only ones. The
    degree is 3 if `limb` has degree 2.
    """
    t.every_row.boolean(n.h, name="h is a bit")
    t.every_row.boolean(n.g, name="g is a bit")
    t.every_row.boolean(n.e, name="e is a bit")
    joined = limb + row.L * other + n.g * (row.L - 1) * (limb - other)
    t.every_row.equal(half_of_word(n), joined, name="limbs of the half")


class Ld(Load):
    """``ld`` from a multiple of 8: a word is copied."""

    operations = "ld"

    def result(self, n: Any) -> Sequence[Any]:
        return [n.m[0], n.m[1]]


class Lw(Load):
    """``lw`` and ``lwu`` from a multiple of 4: the half that h names; code = 768 + signed.

    Unsigned, a half is copied, and any low and high do that have it as ``low + L high``. Signed,
    both are looked up as limbs, which makes them the half's, and `fill` as the top bit of the
    upper one. fill (1 - signed) = 0: unsigned is filled with 0.
    """

    operations = "lwu lw"
    own = {"h": (), "low": (), "high": (), "fill": (), "signed": ()}

    def operation(self, n: Any) -> Any:
        return OPERATIONS["lwu"].code + n.signed

    def place(self, n: Any) -> Any:
        return 4 * n.h

    def result(self, n: Any) -> Sequence[Any]:
        return self.extended(self.two((n.low, n.high)), n.fill)

    def work(self, t: cs.Table, n: Any) -> None:
        t.every_row.boolean(n.h, name="h is a bit")
        t.every_row.boolean(n.signed, name="signed is a bit")
        t.every_row.equal(self.two((n.low, n.high)), half_of_word(n), name="the half")
        t.every_row.zero(n.fill * (1 - n.signed), name="unsigned is filled with 0")
        count = n.real * n.signed
        t.send("range", [n.low], count=count, weight=1, name="lower limb")
        t.send("top", [n.high, n.fill], count=count, weight=1, name="sign")

    def free(self, v: cs.View) -> Iterable[Free]:
        c: Any = v
        unsigned = np.asarray(c.signed) == 0
        yield ("low", "high"), unsigned, "unsigned: any two cells with the half as their sum"


class SubLoad(Load):
    """``lbu lb lhu lh`` (two = 1: two bytes, from an even address); code = 784 + signed + 2 two.

    The half that h names is a limb and another one, the limb on top if g. z = p + Y q is looked
    up on ``low`` as (z, p): p and q are bytes. The limb is z if e = 1 and (q, p) exchanged if
    e = 0, so q is its byte at place e. A byte is q at place 4 h + 2 g + e. Two bytes are z with
    e = 1, at place 4 h + 2 g, which the term - two makes up for. So q is the top byte of the
    value either way, and `fill` its top bit, looked up on ``top``.
    """

    operations = "lbu lb lhu lh"
    own = {"h": (), "g": (), "e": (), "p": (), "q": (), "other": (), "fill": (), "signed": (),
           "two_bytes": (), "r": ()}  # fmt: skip

    def operation(self, n: Any) -> Any:
        return OPERATIONS["lbu"].code + n.signed + 2 * n.two_bytes

    def place(self, n: Any) -> Any:
        return 4 * n.h + 2 * n.g + n.e - n.two_bytes

    def result(self, n: Any) -> Sequence[Any]:
        return self.extended(n.r, n.fill)

    def work(self, t: cs.Table, n: Any) -> None:
        z = n.p + self.Y * n.q
        limb = n.q + self.Y * n.p + n.e * (self.Y - 1) * (n.q - n.p)
        limbs_of_half(self, t, n, limb, n.other)
        t.every_row.boolean(n.signed, name="signed is a bit")
        t.every_row.boolean(n.two_bytes, name="two bytes is a bit")
        t.every_row.zero(n.two_bytes * (1 - n.e), name="two bytes are a limb")
        t.every_row.zero(n.fill * (1 - n.signed), name="unsigned is filled with 0")
        byte_fill = (self.X - self.Y) * n.fill
        value = n.q + byte_fill + n.two_bytes * (z - n.q - (self.L - self.Y) * n.fill)
        t.every_row.equal(n.r, value, name="result")
        self.range(t, n, n.other, name="the other limb")
        t.send("low", [z, n.p], count=n.real, name="bytes of the limb")
        t.send("top", [z, n.fill], count=n.real * n.signed, weight=1, name="sign")
