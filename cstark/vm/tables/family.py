"""`Family`: what the tables of instructions have in common.

One executed operation is one row in the table of its family, and nothing else: fetch, operands,
result and the next label are all in that row.

The base of a row
-----------------
``real`` is 1 in a row that executes something and 0 in the rows that fill up the table. It is
the count of every message of the row, or the count is `real` times a flag that is a bit on
every row, so a filling row sends and receives nothing, whatever its other cells hold.

* *State.* A token (time, pc) on the bus ``state`` says where the machine is. The row receives it
  and sends (time + 4, next label). With one token sent by the verifier at the start and one
  received at the end, this leaves exactly one real row at each time 4, 8, ..., 4 T.
* *Fetch.* The row sends what it believes about the operation at pc on the bus ``fetch``: (pc,
  code, rs1, rs2, rd, imm0, imm1, next). The table of the program receives only what the
  verifier's own decoder made of it, so every one of these cells is pinned in a real row.
* *Registers.* A token (number, low half, high half, time) on ``register`` holds each register.
  An access receives the token and sends it again with its own time: rs1 at time, rs2 at
  time + 1, rd at time + 2. That the token is older is the lookup of (new - old - 1) in
  [0, 2^16) on ``range``: between two times of an honest run, and no wrap modulo p is near.
* *Halves.* Values are two halves, each in [0, 2^32), by induction over time: whoever writes a
  register proves its halves (limbs that are looked up, or a copy of what was proved before, or
  cells of the program), so whoever reads them trusts them.

How often a family stands
-------------------------
No constraint reads another row, and the buses see rows, not tables. So a family may stand in a
proof several times, or not at all, and in any shard; and its rows may lie among those of other
families, in the table of `cstark.vm.tables.rare`.

Numbers
-------
X = 2^32, L = 2^16 and Y = 2^8 are the sizes of half, limb and byte; f = X - 1. The field has
p = X^2 - X + 1 elements. The sizes are attributes, because L = 4 gives p = 241 and L = 2 gives
p = 13, primes of the same form: with them the same constraints can be searched exhaustively.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

import cstark as cs
from cstark.vm.isa.operations import OPERATIONS

__all__ = ["SLOTS", "Family", "Free", "Shape"]

SLOTS = ("rs1", "rs2", "rd", "imm0", "imm1")
"""The decoded slots of an operation, in the order of the message on ``fetch``."""

SOURCES = {"a": "rs1", "b": "rs2"}
"""Operand -> the slot that names its register."""

Shape = tuple[int, ...]
Free = tuple[tuple[str, ...], np.ndarray, str]
"""Columns, the rows where any value will do, and why."""


class Family(cs.Air):
    """A table of instructions; see the module for what a row is.

    A subclass declares what it uses; its columns follow from that, in this order: real, time,
    pc, next, the slots, each operand with the time of its token, the old value of the target
    with its time, the word of memory with its time and the low limb of its age, then `own`.

    Attributes
    ----------
    operations : str
        Names of the operations whose rows the family takes, separated by spaces.
    codes : frozenset of int
        All their codes.
    slots : str
        The slots that are columns; the message on ``fetch`` holds 0 for the others.
    operands : dict of str to int
        ``a`` is read from rs1 (from rd, if `in_place`), ``b`` from rs2; the number says how many
        of the two halves are columns.
    writes : bool
        Whether rd is written.
    in_place : bool
        Whether the operand ``a`` is the register rd itself: one access instead of two.
    memory : bool
        Whether a word of memory is read or written.
    follows : bool
        Whether there is a column for the label that comes next in the program.
    own : dict of str to shape
        Further columns.
    """

    stands = "any"
    marks = ("pc",)
    L, X, Y = 1 << 16, 1 << 32, 1 << 8
    operations: ClassVar[str] = ""
    slots: ClassVar[str] = ""
    operands: ClassVar[dict[str, int]] = {}
    writes: ClassVar[bool] = False
    in_place: ClassVar[bool] = False
    memory: ClassVar[bool] = False
    follows: ClassVar[bool] = True
    own: ClassVar[dict[str, Shape]] = {}
    codes: ClassVar[frozenset[int]] = frozenset()
    columns: dict[str, Shape] = {}

    def __init_subclass__(cls) -> None:
        columns: dict[str, Shape] = {"real": (), "time": (), "pc": ()}
        if cls.follows:
            columns["next"] = ()
        columns |= {slot: () for slot in SLOTS if slot in cls.slots.split()}
        for name, halves in cls.operands.items():
            columns |= {name: (2,) if halves == 2 else (), f"{name}_time": ()}
        if cls.writes and not cls.in_place:
            columns |= {"old": (2,), "old_time": ()}
        if cls.memory:
            columns |= {"m": (2,), "m_time": (), "gap": ()}
        cls.columns = columns | cls.own
        cls.codes = frozenset(
            code for name in cls.operations.split() for code in OPERATIONS[name].rows
        )

    @property
    def code(self) -> int:
        """The code of the first operation."""
        return OPERATIONS[self.operations.split()[0]].code

    # ---- what a subclass says ---------------------------------------------------------------

    def operation(self, n: Any) -> Any:
        """The code of the row's operation."""
        return self.code

    def decoded(self, n: Any) -> list[Any]:
        """The slots as the row sends them on ``fetch``."""
        return [n[slot] if slot in self.columns else 0 for slot in SLOTS]

    def halves(self, n: Any, name: str) -> list[Any]:
        """The two halves of an operand; one that has a single column is below X."""
        return [n[name][0], n[name][1]] if self.operands[name] == 2 else [n[name], 0]

    def result(self, n: Any) -> Sequence[Any]:
        """The two halves of what is written."""
        raise NotImplementedError

    def target(self, n: Any) -> Any:
        """The label of the next row."""
        return n.next

    def work(self, t: cs.Table, n: Any) -> None:
        """The equations and lookups of the family itself."""

    def free(self, v: cs.View) -> Iterable[Free]:
        """What is free in real rows."""
        return ()

    # ---- what all of them do ----------------------------------------------------------------

    def constrain(self, t: cs.Table) -> None:
        n: Any = t.now
        t.every_row.boolean(n.real, name="real is a bit")
        follow = n.next if self.follows else 0
        t.send("fetch", [n.pc, self.operation(n), *self.decoded(n), follow], count=n.real,
               name="fetch")  # fmt: skip
        t.receive("state", [n.time, n.pc], count=n.real, weight=1, name="state taken")
        self.leave(t, n)
        self.registers(t, n)
        self.work(t, n)

    def leave(self, t: cs.Table, n: Any) -> None:
        """The token that says where the machine goes from here."""
        t.send("state", [n.time + 4, self.target(n)], count=n.real, name="state left")

    def registers(self, t: cs.Table, n: Any) -> None:
        """The accesses to registers."""
        for k, name in enumerate(("a", "b")):
            if name in self.operands and not (self.in_place and name == "a"):
                value = self.halves(n, name)
                register = n[SOURCES[name]]
                access(t, n, register, value, value, n[f"{name}_time"], n.time + k, SOURCES[name])
        if self.writes:
            old, before = (self.halves(n, "a"), n.a_time) if self.in_place else (n.old, n.old_time)
            access(t, n, n.rd, old, self.result(n), before, n.time + 2, "rd")

    def free_cells(self, cells: cs.View) -> Iterable[cs.FreeCells]:
        """Rows that execute nothing, and what `free` names."""
        v: Any = cells
        filling = np.asarray(v.real) == 0
        names = tuple(name for name in self.columns if name != "real")
        yield cs.FreeCells(names, filling, "no operation: nothing is sent")
        for columns, where, reason in self.free(cells):
            yield cs.FreeCells(columns, np.asarray(where) & ~filling, reason)

    # ---- words for the equations ------------------------------------------------------------

    def two(self, limbs: Any) -> Any:
        """A half from its two limbs."""
        return limbs[0] + self.L * limbs[1]

    def four(self, limbs: Any) -> list[Any]:
        """Two halves from their four limbs."""
        return [limbs[0] + self.L * limbs[1], limbs[2] + self.L * limbs[3]]

    def extended(self, half: Any, sign: Any) -> list[Any]:
        """A half and its sign as a value of 64 bits."""
        return [half, (self.X - 1) * sign]

    def range(self, t: cs.Table, n: Any, *limbs: Any, name: str) -> None:
        """Each is looked up in [0, L)."""
        for k, limb in enumerate(limbs):
            t.send("range", [limb], count=n.real, name=f"{name} {k}" if len(limbs) > 1 else name)

    def top(self, t: cs.Table, n: Any, limb: Any, bit: Any, name: str) -> None:
        """`limb` is in [0, L), and `bit` its top bit."""
        t.send("top", [limb, bit], count=n.real, name=name)

    def sign(self, t: cs.Table, n: Any, half: Any, upper: Any, sign: Any, name: str) -> None:
        """`sign` is the top bit of a half in [0, X).

        ``upper`` and ``half - L upper`` are looked up in [0, L), so ``half = (half - L upper) +
        L upper`` is a sum below X on both sides and `upper` its upper limb.
        """
        self.top(t, n, upper, sign, name=f"{name}: sign")
        self.range(t, n, half - self.L * upper, name=f"{name}: lower limb")


def access(
    t: cs.Table, n: Any, register: Any, old: Sequence[Any], new: Sequence[Any], before: Any,
    now: Any, name: str,
) -> None:  # fmt: skip
    """One access to a register: its token is received, and sent again with the time `now`."""
    t.receive("register", [register, *old, before], count=n.real, weight=1, name=f"{name} taken")
    t.send("register", [register, *new, now], count=n.real, name=f"{name} put back")
    t.send("range", [now - before - 1], count=n.real, name=f"{name} is older")
