"""And, or, exclusive or: bytes looked up in a table of (x, y, x and y).

A half is the sum of its four bytes times powers of Y. The bytes are looked up, hence in [0, Y),
so the sum is below X < p: the bytes are the only ones, and the equation holds over the integers.
The lowest byte of a half needs no column: it is the half less the rest, and the lookup says that
it is a byte.

The table is asked for (x, y, w) with w = x and y. The result z is a column or a byte of one, and
w an expression of it: w = z for `and`, w = x + y - z for `or`, w = (x + y - z) / 2 for `xor`. So
z is determined, and a byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.tables.family import Family

__all__ = ["And", "AndSmall", "BitwiseI", "Or", "Xor"]


class And(Family):
    """``and`` of registers: upper three bytes of each half of a and b, all bytes of the result."""

    operations = "and"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    writes = True
    own = {"x": (6,), "y": (6,), "z": (8,)}

    def both(self, x: Any, y: Any, z: Any) -> Any:
        """``x and y`` from the bytes of operands and result."""
        return z

    def result(self, n: Any) -> Sequence[Any]:
        return [sum(self.Y**k * n.z[4 * h + k] for k in range(4)) for h in (0, 1)]

    def digits(self, half: Any, rest: Sequence[Any]) -> list[Any]:
        """The four bytes of a half, of which the three upper ones are given."""
        return [half - sum(self.Y ** (k + 1) * rest[k] for k in range(3)), *rest]

    def work(self, t: cs.Table, n: Any) -> None:
        for h in (0, 1):
            x = self.digits(n.a[h], [n.x[3 * h + k] for k in range(3)])
            y = self.digits(n.b[h], [n.y[3 * h + k] for k in range(3)])
            for k in range(4):
                z = n.z[4 * h + k]
                t.send("bytes", [x[k], y[k], self.both(x[k], y[k], z)], count=n.real,
                       name=f"byte {4 * h + k}")  # fmt: skip


class Or(And):
    """``or`` of registers."""

    operations = "or"

    def both(self, x: Any, y: Any, z: Any) -> Any:
        return x + y - z


class Xor(And):
    """``xor`` of registers."""

    operations = "xor"

    def both(self, x: Any, y: Any, z: Any) -> Any:
        return (x + y - z) / 2


class BitwiseI(Family):
    """``andi``, ``ori`` and ``xori``: an immediate of 12 bits, sign-extended.

    The program holds the two low bytes of the immediate (imm0, imm1) and its sign s (slot rs2).
    All its bits from 16 on are s, so a bit r of a above the low limb becomes alpha (r + s) +
    beta r s, the same linear form for all of them: only the low limb needs bytes.

    a0 = x0 + Y x1 + L rest with x looked up as bytes and rest in [0, L), the only digits of a0.
    (x, imm, z) are looked up on ``bytes``, so z = x and imm. Then, with imm = alpha (a + imm) +
    beta (a and imm) for (alpha, beta) = (0, 1), (1, -1), (1, -2), in halves:

        c0 = alpha (a0 + imm0 + Y imm1 + (X - L) s) + beta (z0 + Y z1 + L rest s)
        c1 = alpha (a1 + f s) + beta a1 s

    which are halves, being the and, or, xor of halves.

    `o` and `e` say which operation it is: code = 352 + o + 2 e, alpha = o + e and beta = 1 - 2 o
    - 3 e. They are bits by constraint: the fetch, which pins o + 2 e, would alone leave other
    solutions. Both together would be 355, which is no operation.
    """

    operations = "andi ori xori"
    slots = "rs1 rs2 rd imm0 imm1"
    operands = {"a": 2}
    writes = True
    own = {"o": (), "e": (), "x": (2,), "z": (2,), "c": (2,)}

    def operation(self, n: Any) -> Any:
        return OPERATIONS["andi"].code + n.o + 2 * n.e

    def result(self, n: Any) -> Sequence[Any]:
        return [n.c[0], n.c[1]]

    def work(self, t: cs.Table, n: Any) -> None:
        t.every_row.boolean(n.o, name="o is a bit")
        t.every_row.boolean(n.e, name="e is a bit")
        alpha, beta, sign = n.o + n.e, 1 - 2 * n.o - 3 * n.e, n.rs2
        t.send("bytes", [n.x[0], n.imm0, n.z[0]], count=n.real, name="byte 0")
        t.send("bytes", [n.x[1], n.imm1, n.z[1]], count=n.real, name="byte 1")
        rest = (n.a[0] - n.x[0] - self.Y * n.x[1]) / self.L
        self.range(t, n, rest, name="upper limb of the low half")
        low = n.imm0 + self.Y * n.imm1 + (self.X - self.L) * sign
        both = n.z[0] + self.Y * n.z[1] + self.L * rest * sign
        t.every_row.equal(n.c[0], alpha * (n.a[0] + low) + beta * both, name="low half")
        high = alpha * (n.a[1] + (self.X - 1) * sign) + beta * n.a[1] * sign
        t.every_row.equal(n.c[1], high, name="high half")


class AndSmall(Family):
    """``andi`` with an immediate that is not negative: everything above the low limb is 0."""

    operations = "andi_small"
    slots = "rs1 rd imm0 imm1"
    operands = {"a": 2}
    writes = True
    own = {"x": (2,), "z": (2,)}

    def result(self, n: Any) -> Sequence[Any]:
        return [n.z[0] + self.Y * n.z[1], 0]

    def work(self, t: cs.Table, n: Any) -> None:
        t.send("bytes", [n.x[0], n.imm0, n.z[0]], count=n.real, name="byte 0")
        t.send("bytes", [n.x[1], n.imm1, n.z[1]], count=n.real, name="byte 1")
        rest = (n.a[0] - n.x[0] - self.Y * n.x[1]) / self.L
        self.range(t, n, rest, name="upper limb of the low half")
