"""Comparisons: branches, and operations that write the outcome.

a < b is decided by the high halves if they differ (far = 1) and by the low ones if not (far = 0):

* far = 0 forces a1 = b1, and D = a0 - b0 + X lt;
* far = 1: D = a1 - b1 - 1 + (X + 1) lt, that is a1 - b1 - 1 if lt = 0 and a1 - b1 + X if lt = 1;
* D = m0 + L m1 with both limbs looked up, so D lies in [0, X).

All the differences are integers in (-X, X), so D is an integer in (-X - 2, 2X + 1), far shorter
than p, and equality in the field is equality. For far = 0, D in [0, X) holds for lt = 1 exactly
if a0 < b0. For far = 1 and a1 > b1 only lt = 0 fits, for a1 < b1 only lt = 1, and for a1 = b1
neither: D would be -1 or X. So far, lt and m are functions of the operands.

Signed comparisons take a1 - X sa for a1, where sa is the top bit of a1: two halves in
[-X/2, X/2), whose difference again lies in (-X, X).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.tables.family import Family

__all__ = ["BranchLt", "BranchLtu", "NearBranch", "NearSet", "SetLt", "SetLtI", "SetLtu",
           "SetLtuI"]  # fmt: skip

ORDER = {"lt": (), "far": (), "m": (2,)}
SIGN_A = {"ua": (), "sa": ()}
SIGN_B = {"ub": (), "sb": ()}


class Order(Family):
    """The comparison of two operands; see the module."""

    slots = "rs1 rs2 rd"
    operands = {"a": 2, "b": 2}
    own = ORDER

    def compared(self, n: Any) -> tuple[Sequence[Any], Sequence[Any]]:
        """The operands in halves, the high ones signed if the comparison is."""
        a, b = [n.a[0], n.a[1]], self.second(n)
        if "sa" in self.own:
            a[1] = a[1] - self.X * n.sa
        if "sb" in self.own:
            b[1] = b[1] - self.X * n.sb
        return a, b

    def second(self, n: Any) -> list[Any]:
        """The second operand."""
        return [n.b[0], n.b[1]]

    def work(self, t: cs.Table, n: Any) -> None:
        a, b = self.compared(n)
        t.every_row.boolean(n.lt, name="lt is a bit")
        t.every_row.boolean(n.far, name="far is a bit")
        low, high = a[0] - b[0], a[1] - b[1]
        t.every_row.zero((1 - n.far) * high, name="near: the high halves are equal")
        difference = (1 - n.far) * low + n.far * high + self.X * n.lt - n.far * (1 - n.lt)
        t.every_row.equal(difference, self.two(n.m), name="difference")
        self.range(t, n, *n.m, name="limb of the difference")
        if "sa" in self.own:
            self.sign(t, n, n.a[1], n.ua, n.sa, name="a")
        if "sb" in self.own:
            self.sign(t, n, n.b[1], n.ub, n.sb, name="b")


class BranchLtu(Order):
    """``bltu``: to `imm0` if a < b, else to `next`; ``bgeu`` has the two labels exchanged.

    Two messages leave on ``state``, one with count real (1 - lt) to next and one with count
    real lt to imm0. lt is a bit on every row, so together they are one token of a real row and
    none of another.
    """

    operations = "bltu"
    slots = "rs1 rs2 imm0"

    def leave(self, t: cs.Table, n: Any) -> None:
        later = n.time + 4
        t.send("state", [later, n.next], count=n.real * (1 - n.lt), weight=1, name="not taken")
        t.send("state", [later, n.imm0], count=n.real * n.lt, weight=1, name="taken")


class BranchLt(BranchLtu):
    """``blt``: the same for signed operands."""

    operations = "blt"
    own = ORDER | SIGN_A | SIGN_B


class SetLtu(Order):
    """``sltu``: writes lt, a bit, which needs no lookup."""

    operations = "sltu"
    writes = True

    def result(self, n: Any) -> Sequence[Any]:
        return [n.lt, 0]


class SetLt(SetLtu):
    """``slt``: the same for signed operands."""

    operations = "slt"
    own = ORDER | SIGN_A | SIGN_B


class SetLtuI(SetLtu):
    """``sltiu``: the second operand is two halves of the program."""

    operations = "sltiu"
    slots = "rs1 rd imm0 imm1"
    operands = {"a": 2}

    def second(self, n: Any) -> list[Any]:
        return [n.imm0, n.imm1]


class SetLtI(SetLtuI):
    """``slti``: the program holds the high half as a signed number, 0 or p - 1.

    An immediate of 12 bits has a high half of -1 or 0, so its sign needs no column.
    """

    operations = "slti"
    own = ORDER | SIGN_A


class NearBranch(BranchLtu):
    """Branches of either signedness on operands whose high halves are equal: fewer cells.

    b has one column: its high half in the token is a1. Signs are then equal, too, and the low
    halves decide: m and (a0 - b0 + X lt - m) / L are looked up in [0, L), so a0 - b0 + X lt lies
    in [0, X), which for a bit lt holds exactly if lt = [a0 < b0]. `kind` is 1 for ``blt``; it is
    a bit by constraint, although the fetch pins it, so that no other code can be reached.

    Which family a row goes to is the prover's choice: `BranchLtu` and `BranchLt` take all
    operands.
    """

    operations = "bltu blt"
    operands = {"a": 2, "b": 1}
    own = {"lt": (), "m": (), "kind": ()}

    def operation(self, n: Any) -> Any:
        return self.code + n.kind

    def halves(self, n: Any, name: str) -> list[Any]:
        return [n.b, n.a[1]] if name == "b" else [n.a[0], n.a[1]]

    def work(self, t: cs.Table, n: Any) -> None:
        t.every_row.boolean(n.lt, name="lt is a bit")
        t.every_row.boolean(n.kind, name="kind is a bit")
        difference = n.a[0] - n.b + self.X * n.lt
        self.range(t, n, n.m, (difference - n.m) / self.L, name="limb of the difference")


class NearSet(NearBranch):
    """``sltu`` and ``slt`` of operands whose high halves are equal."""

    operations = "sltu slt"
    slots = "rs1 rs2 rd"
    writes = True

    def leave(self, t: cs.Table, n: Any) -> None:
        Family.leave(self, t, n)

    def result(self, n: Any) -> Sequence[Any]:
        return [n.lt, 0]
