"""Addition and subtraction of 64 and of 32 bits.

With a, b and c in halves, a + b = c modulo X^2 exactly if the two carries

    k0 = (a0 + b0 - c0) / X,    k1 = (a1 + b1 + k0 - c1) / X

are bits. They need no columns: a0 + b0 - c0 lies in (-X, 2X), an interval shorter than p, so the
quotient in the field is 0 or 1 only if the integer is 0 or X; the same for k1, whose numerator
lies in (-X, 2X] as k0 is a bit. For given a and b each c0 in [0, X) fits one k0 at most, so c is
determined. c is four limbs, each looked up in [0, L): the halves of the result are below X.

Subtraction is the same equation with the result in the place of an operand: c + b = a.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.tables.family import Family

__all__ = [
    "Add",
    "AddIW",
    "AddInplace",
    "AddW",
    "Addi",
    "AddiInplace",
    "Sub",
    "SubInplace",
    "SubW",
]  # fmt: skip


class Sum(Family):
    """The two carries of a sum whose result is in the limbs ``c``."""

    own = {"c": (4,)}
    writes = True

    def result(self, n: Any) -> Sequence[Any]:
        return self.four(n.c)

    def carries(self, t: cs.Table, a: Sequence[Any], b: Sequence[Any], c: Sequence[Any]) -> None:
        """States a + b = c modulo X^2."""
        low = (a[0] + b[0] - c[0]) / self.X
        t.every_row.boolean(low, name="carry of the low half")
        t.every_row.boolean((a[1] + b[1] + low - c[1]) / self.X, name="carry of the high half")


class Add(Sum):
    """``add``: c = a + b."""

    operations = "add"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}

    def work(self, t: cs.Table, n: Any) -> None:
        self.carries(t, n.a, n.b, self.four(n.c))
        self.range(t, n, *n.c, name="limb of the sum")


class AddInplace(Add):
    """``add`` with rd = rs1: rd is received with a and sent with the sum, one access for two.

    rs2 is read at time + 1, before rd is taken at time + 2, so rs2 = rd reads the old value.
    """

    operations = "add_inplace"
    slots = "rs2 rd"
    in_place = True


class Addi(Sum):
    """``addi``: c = a + the immediate, whose halves are cells of the program."""

    operations = "addi"
    slots = "rs1 rd imm0 imm1"
    operands = {"a": 2}

    def work(self, t: cs.Table, n: Any) -> None:
        self.carries(t, n.a, [n.imm0, n.imm1], self.four(n.c))
        self.range(t, n, *n.c, name="limb of the sum")


class AddiInplace(Addi):
    """``addi`` with rd = rs1: one access."""

    operations = "addi_inplace"
    slots = "rd imm0 imm1"
    in_place = True


class Sub(Add):
    """``sub``: c + b = a."""

    operations = "sub"

    def work(self, t: cs.Table, n: Any) -> None:
        self.carries(t, self.four(n.c), n.b, n.a)
        self.range(t, n, *n.c, name="limb of the difference")


class SubInplace(Sub):
    """``sub`` with rd = rs1: one access; rs2 = rd reads the old value, as in `AddInplace`."""

    operations = "sub_inplace"
    slots = "rs2 rd"
    in_place = True


class AddW(Family):
    """``addw``: c = the low half of a0 + b0, sign-extended.

    (a0 + b0 - c) / X is a bit and c two limbs; s is the top bit of the upper one, looked up with
    it on ``top``. The high half of the result is f s.
    """

    operations = "addw"
    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    writes = True
    own = {"c": (2,), "s": ()}

    def result(self, n: Any) -> Sequence[Any]:
        return self.extended(self.two(n.c), n.s)

    def word(self, t: cs.Table, n: Any, a: Any, b: Any, c: Any) -> None:
        """States a + b = c modulo X, for halves."""
        t.every_row.boolean((a + b - c) / self.X, name="carry")
        self.range(t, n, n.c[0], name="lower limb of the result")
        self.top(t, n, n.c[1], n.s, name="upper limb of the result")

    def work(self, t: cs.Table, n: Any) -> None:
        self.word(t, n, n.a[0], n.b[0], self.two(n.c))


class SubW(AddW):
    """``subw``: c + b0 = a0 modulo X, sign-extended."""

    operations = "subw"

    def work(self, t: cs.Table, n: Any) -> None:
        self.word(t, n, self.two(n.c), n.b[0], n.a[0])


class AddIW(AddW):
    """``addiw``: the immediate modulo X is one cell of the program."""

    operations = "addiw"
    slots = "rs1 rd imm0"
    operands = {"a": 2}

    def work(self, t: cs.Table, n: Any) -> None:
        self.word(t, n, n.a[0], n.imm0, self.two(n.c))
