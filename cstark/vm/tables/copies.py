"""Operations that only copy: jumps to a fixed label, constants, moves, halves.

What they write is a cell of the program, 0, or a half that a token already held, all of which
are halves in [0, X): nothing is looked up but the age of the tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cstark.vm.tables.family import Family

__all__ = ["HalfDown", "HalfUp", "Jump", "Li", "Mv", "ZextW"]


class Jump(Family):
    """Goes to the label that the program names, and does nothing else.

    ``j``, ``fence``, ``nop``, and every computation whose result nothing can read (rd = x0): a
    computation has no effect but its result, so the decoder leaves the rest out.
    """

    operations = "jump"


class Li(Family):
    """A constant of the program: ``li``, ``lui``, ``auipc``, and ``jal`` with its return address.

    The halves are cells of the program, made below X by the decoder.
    """

    operations = "li"
    slots = "rd imm0 imm1"
    writes = True

    def result(self, n: Any) -> Sequence[Any]:
        return [n.imm0, n.imm1]


class Mv(Family):
    """Copies a register."""

    operations = "mv"
    slots = "rs1 rd"
    operands = {"a": 2}
    writes = True

    def result(self, n: Any) -> Sequence[Any]:
        return self.halves(n, "a")


class HalfUp(Mv):
    """``slli`` by 32: the low half moves up."""

    operations = "slli32"

    def result(self, n: Any) -> Sequence[Any]:
        return [0, n.a[0]]


class HalfDown(Mv):
    """``srli`` by 32: the high half moves down."""

    operations = "srli32"

    def result(self, n: Any) -> Sequence[Any]:
        return [n.a[1], 0]


class ZextW(Mv):
    """The low half alone, an operation of sequences."""

    operations = "zext"

    def result(self, n: Any) -> Sequence[Any]:
        return [n.a[0], 0]
