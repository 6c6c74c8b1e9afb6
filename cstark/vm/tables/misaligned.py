"""Loads and stores at any address.

The access begins at place k = 4 h + j of the word at W, j = 0..3 one-hot in f (f0 = 1 - f1 - f2
- f3), and has 8, 4 or 2 bytes, one-hot in s8, s4, s2 = real - s8 - s4. If it crosses into the
word at W + 8, that word is accessed, too; if not, the row sends and receives nothing for it. All
flags are bits on every row: s8, s4 and s2 all three, because a row that is not real, in which no
code pins them, then has s8 = s4 = s2 = 0, no crossing and no second word.

Whatever it is, the bytes lie in three halves that begin at half h of (m0, m1, w0, w1): twelve
bytes c, whose weighted sums are the halves. Bytes are looked up in pairs (c + Y c', c) on
``low``, so the sums are below X < p and the bytes are the only ones. The bytes of the access
are c[j], c[j + 1], ...

Where nothing crosses, w is a half of no word: the bytes beyond the access have no influence.

These families take aligned accesses too, with the same meaning: which family a row goes to is
the prover's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

import cstark as cs
from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.tables.family import Free
from cstark.vm.tables.memory import Load, MemoryRow, Store, Version

__all__ = ["MisLoad", "MisStore"]

SECOND = {"w": (2,), "w_time": (), "w_gap": (), "h": (), "f": (3,), "s8": (), "s4": ()}


class Misaligned(MemoryRow):
    """The flags and the twelve bytes."""

    def place(self, n: Any) -> Any:
        return 4 * n.h + n.f[0] + 2 * n.f[1] + 3 * n.f[2]

    def total(self, c: Iterable[Any]) -> Any:
        """The number whose bytes these are."""
        return sum(self.Y**i * byte for i, byte in enumerate(c))

    def choose(self, t: cs.Table, n: Any) -> tuple[list[Any], Any]:
        """States all of the above; gives the flags f0..f3 and s2."""
        t.every_row.boolean(n.h, name="h is a bit")
        shifted = n.f[0] + n.f[1] + n.f[2]
        for flag in (*n.f, shifted):
            t.every_row.boolean(flag, name="one place")
        s2 = n.real - n.s8 - n.s4
        t.every_row.boolean(n.s8, name="s8 is a bit")
        t.every_row.boolean(n.s4, name="s4 is a bit")
        t.every_row.boolean(s2, name="s2 is a bit")
        halves = (
            n.m[0] + n.h * (n.m[1] - n.m[0]),
            n.m[1] + n.h * (n.w[0] - n.m[1]),
            n.w[0] + n.h * (n.w[1] - n.w[0]),
        )
        for k in range(3):
            t.every_row.equal(self.total(n.c[4 * k : 4 * k + 4]), halves[k],
                              name=f"bytes of half {k}")  # fmt: skip
        for k in range(0, 12, 2):
            t.send("low", [n.c[k] + self.Y * n.c[k + 1], n.c[k]], count=n.real,
                   name=f"bytes {k} and {k + 1}")  # fmt: skip
        return [1 - shifted, *n.f], s2

    def crosses(self, cells: Any) -> Any:
        """Where a valid trace accesses a second word."""
        raise NotImplementedError

    def free(self, v: cs.View) -> Iterable[Free]:
        c: Any = v
        alone, upper = self.crosses(c) == 0, np.asarray(c.h) == 1
        reason = "there is no second word, and no byte of it is used"
        yield ("w", "w_time", "w_gap", *self.halves_behind(2)), alone, reason
        yield self.halves_behind(1), alone & upper, reason

    def halves_behind(self, k: int) -> tuple[str, ...]:
        """The cells of the half k of the three that are there."""
        return tuple(f"c[{i}]" for i in range(4 * k, 4 * k + 4))


class MisLoad(Misaligned, Load):
    """``ld lw lwu lh lhu``; code = 752 s8 + 768 s4 + 786 s2 + signed.

    `signed` with s8 would be 753, which is no operation. ``cross`` is

        s8 (h or any) + s4 h any + s2 h f3      any = f1 + f2 + f3

    a bit. The result is the first 2 or 4 bytes and the next 4, filled with the top bit of the
    last byte if signed: (256 top, fill) is looked up on ``top``.
    """

    operations = "ld lwu lw lhu lh"
    own = SECOND | {"signed": (), "cross": (), "c": (12,), "top": (), "fill": (), "r": (2,)}

    def operation(self, n: Any) -> Any:
        s2 = n.real - n.s8 - n.s4
        ld, lwu, lhu = (OPERATIONS[name].code for name in ("ld", "lwu", "lhu"))
        return ld * n.s8 + lwu * n.s4 + lhu * s2 + n.signed

    def result(self, n: Any) -> Sequence[Any]:
        return [n.r[0], n.r[1]]

    def work(self, t: cs.Table, n: Any) -> None:
        f, s2 = self.choose(t, n)
        shifted = n.f[0] + n.f[1] + n.f[2]
        t.every_row.boolean(n.signed, name="signed is a bit")
        t.every_row.zero(n.fill * (1 - n.signed), name="unsigned is filled with 0")
        eight = n.s8 * (n.h + shifted - n.h * shifted)
        cross = eight + n.s4 * n.h * shifted + s2 * n.h * n.f[2]
        t.every_row.equal(n.cross, cross, name="crosses")
        self.word(t, n, self.address(n) + 8, n.w, [(n.w, n.cross)], n.w_time, n.w_gap, n.cross,
                  "second word")  # fmt: skip

        def at(first: int, count: int) -> Any:
            return sum(f[j] * self.total(n.c[j + first : j + first + count]) for j in range(4))

        fill_word, fill_half = (self.X - 1) * n.fill, (self.X - self.L) * n.fill
        low = (n.s8 + n.s4) * at(0, 4) + s2 * (at(0, 2) + fill_half)
        t.every_row.equal(n.r[0], low, name="result: low half")
        t.every_row.equal(n.r[1], n.s8 * at(4, 4) + fill_word, name="result: high half")
        t.every_row.equal(n.top, n.s4 * at(3, 1) + s2 * at(1, 1), name="top byte")
        t.send("top", [self.Y * n.top, n.fill], count=n.real * n.signed, weight=1, name="sign")

    def crosses(self, cells: Any) -> Any:
        return np.asarray(cells.cross)


class MisStore(Misaligned, Store):
    """``sd sw sh``; code = 800 s8 + 816 s4 + 833 s2.

    Byte i of the twelve becomes byte i - j of b where that is among the 2, 4 or 8 that are
    stored. v holds the bytes 0, 1, 2 and 4, 5, 6 of b: with u = (half - v0 - Y v1) / L, (v0 +
    Y v1, v0) and (u, v2) are looked up on ``low``, and byte 3 is (u - v2) / Y. d are the new
    halves, sums of bytes.

    With h = 0 the new words are (d0, d1) and, if x0 = 1, (d2, w1); with h = 1 they are (m0, d0)
    and, if x1 = 1, (d1, d2). x0 and x1, bits of which one at most is 1, say that the access
    crosses:

        x0 = (1 - h) s8 any      x1 = h (s8 + s4 any + s2 f3)      any = f1 + f2 + f3
    """

    operations = "sd sw sh"
    own = SECOND | {"x": (2,), "c": (12,), "v": (6,), "d": (3,)}

    def operation(self, n: Any) -> Any:
        s2 = n.real - n.s8 - n.s4
        sd, sw, sh = (OPERATIONS[name].code for name in ("sd", "sw", "sh"))
        return sd * n.s8 + sw * n.s4 + sh * s2

    def versions(self, n: Any) -> list[Version]:
        low = ([n.d[0], n.d[1]], n.real * (1 - n.h))
        return [low, ([n.m[0], n.d[0]], n.real * n.h)]

    def value(self, t: cs.Table, n: Any) -> list[Any]:
        """The eight bytes of b."""
        v: list[Any] = []
        for k in range(2):
            first, second, third = (n.v[3 * k + i] for i in range(3))
            upper = (n.b[k] - first - self.Y * second) / self.L
            t.send("low", [first + self.Y * second, first], count=n.real,
                   name=f"value: bytes {4 * k} and {4 * k + 1}")  # fmt: skip
            t.send("low", [upper, third], count=n.real,
                   name=f"value: bytes {4 * k + 2} and {4 * k + 3}")  # fmt: skip
            v += [first, second, third, (upper - third) / self.Y]
        return v

    def work(self, t: cs.Table, n: Any) -> None:
        f, s2 = self.choose(t, n)
        shifted = n.f[0] + n.f[1] + n.f[2]
        t.every_row.equal(n.x[0], (1 - n.h) * n.s8 * shifted, name="crosses with h = 0")
        t.every_row.equal(n.x[1], n.h * (n.s8 + n.s4 * shifted + s2 * n.f[2]),
                          name="crosses with h = 1")  # fmt: skip
        versions: list[Version] = [([n.d[2], n.w[1]], n.x[0]), ([n.d[1], n.d[2]], n.x[1])]
        self.word(t, n, self.address(n) + 8, n.w, versions, n.w_time, n.w_gap, n.x[0] + n.x[1],
                  "second word")  # fmt: skip
        v, new = self.value(t, n), []
        for i in range(12):
            changes: Any = 0
            for j in range(4):
                k = i - j
                if 0 <= k < 8:
                    stored = n.real if k < 2 else n.s8 + n.s4 if k < 4 else n.s8
                    changes = changes + f[j] * stored * (v[k] - n.c[i])
            new.append(n.c[i] + changes)
        for k in range(3):
            t.every_row.equal(n.d[k], self.total(new[4 * k : 4 * k + 4]), name=f"new half {k}")

    def crosses(self, cells: Any) -> Any:
        return np.asarray(cells.x).sum(axis=1)

    def halves_behind(self, k: int) -> tuple[str, ...]:
        return (*super().halves_behind(k), f"d[{k}]")
