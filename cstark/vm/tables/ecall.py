"""System calls.

Both families answer the one operation ``ecall``, (code, rs1 = 17, rs2 = 10). Register 17 (a7)
holds the number of the call, and its value is a constant of the token that the row receives: so
the number decides the family, and a call with another number has no row.
"""

from __future__ import annotations

from typing import Any

import cstark as cs
from cstark.vm import abi
from cstark.vm.tables.family import Family, access

__all__ = ["Halt", "LastHalt", "Print"]

NUMBER, ARGUMENT = 17, 10
"""The registers a7 and a0."""


class Call(Family):
    """A system call with a fixed number: a7 is read, and is that number."""

    operations = "ecall"
    number = 0
    own = {"a_time": ()}

    def decoded(self, n: Any) -> list[Any]:
        return [NUMBER, ARGUMENT, 0, 0, 0]

    def registers(self, t: cs.Table, n: Any) -> None:
        value = [self.number, 0]
        access(t, n, NUMBER, value, value, n.a_time, n.time, "a7")


class Halt(Call):
    """``exit``: the run ends, with the exit code in a0.

    The row sends (low, high) of a0 on the bus ``halt``, which the verifier takes once, and goes
    to the label HALT, at which there is no operation: the token (time + 4, HALT) can only be
    taken by the verifier.
    """

    number = abi.EXIT
    own = {"a_time": (), "b": (2,), "b_time": ()}

    def target(self, n: Any) -> Any:
        return abi.HALT

    def registers(self, t: cs.Table, n: Any) -> None:
        super().registers(t, n)
        access(t, n, ARGUMENT, n.b, n.b, n.b_time, n.time + 1, "a0")
        t.send("halt", [n.b[0], n.b[1]], count=n.real, name="exit code")


class LastHalt(Halt):
    """`Halt` of a statement that does not say how many operations were executed.

    The row leaves no token ``state``: the run that the verifier begins ends with it. It still sends
    its exit code, which the verifier takes once. Every other real row sends as many of these tokens
    as it takes, the times of a run only grow, and so there is one run, and one row that halts.
    """

    def leave(self, t: cs.Table, n: Any) -> None:
        """Nothing is left."""


class Print(Call):
    """``write``: prints while the program is executed, and changes nothing that is proved."""

    number = abi.WRITE
