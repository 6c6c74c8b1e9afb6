"""Stores to an aligned address."""

from __future__ import annotations

from typing import Any

import cstark as cs
from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.tables.load import limbs_of_half
from cstark.vm.tables.memory import Store, Version

__all__ = ["Sd", "SubStore", "Sw"]


class Sd(Store):
    """``sd`` to a multiple of 8: the word becomes b."""

    operations = "sd"

    def versions(self, n: Any) -> list[Version]:
        return [(n.b, n.real)]


class Sw(Store):
    """``sw`` to a multiple of 4: the half that h names becomes b0.

    The new word is one of two messages, with the counts real (1 - h) and real h.
    """

    operations = "sw"
    own = {"h": ()}

    def place(self, n: Any) -> Any:
        return 4 * n.h

    def versions(self, n: Any) -> list[Version]:
        low = ([n.b[0], n.m[1]], n.real * (1 - n.h))
        return [low, ([n.m[0], n.b[0]], n.real * n.h)]

    def work(self, t: cs.Table, n: Any) -> None:
        t.every_row.boolean(n.h, name="h is a bit")


class SubStore(Store):
    """``sb`` and ``sh`` (two_bytes = 1, to an even address); code = 832 + two_bytes.

    The half that h names is a limb and another one, the limb on top if g. The limb has the byte
    r at place e and k beside it, (r + Y k, r) looked up on ``low``: r and k are bytes, so r (and
    k) are the bytes of the old word. y and y2 are the low bytes of the value: (y + Y y2, y) is
    looked up, and the rest of the low half of b over L is a limb.

    The half grows by d, the difference of new and old byte (of both bytes, if two) at its place.
    So new halves differ from old ones in these bytes alone, and are halves. Two bytes: e = 0, so
    that r is the lower byte and k the upper one.
    """

    operations = "sb sh"
    own = {"h": (), "g": (), "e": (), "k": (), "r": (), "other": (), "y": (), "y2": (),
           "two_bytes": (), "d": ()}  # fmt: skip

    def operation(self, n: Any) -> Any:
        return OPERATIONS["sb"].code + n.two_bytes

    def place(self, n: Any) -> Any:
        return 4 * n.h + 2 * n.g + n.e

    def versions(self, n: Any) -> list[Version]:
        low = ([n.m[0] + n.d, n.m[1]], n.real * (1 - n.h))
        return [low, ([n.m[0], n.m[1] + n.d], n.real * n.h)]

    def work(self, t: cs.Table, n: Any) -> None:
        limb = n.r + self.Y * n.k + n.e * (self.Y - 1) * (n.r - n.k)
        limbs_of_half(self, t, n, limb, n.other)
        t.every_row.boolean(n.two_bytes, name="two bytes is a bit")
        t.every_row.zero(n.two_bytes * n.e, name="two bytes are a limb")
        place = 1 + (self.L - 1) * n.g
        byte = (n.y - n.r) * (1 + (self.Y - 1) * n.e)
        second = self.Y * n.two_bytes * (n.y2 - n.k)
        t.every_row.equal(n.d, (byte + second) * place, name="difference")
        value = n.y + self.Y * n.y2
        self.range(t, n, n.other, name="the other limb")
        t.send("low", [n.r + self.Y * n.k, n.r], count=n.real, name="bytes of the limb")
        t.send("low", [value, n.y], count=n.real, name="bytes of the value")
        self.range(t, n, (n.b[0] - value) / self.L, name="upper limb of the value")
