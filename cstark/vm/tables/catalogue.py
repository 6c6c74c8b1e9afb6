"""All tables of the machine, by name.

A family's table holds one row an executed operation; the tables around them are the program,
memory, registers, and what is looked into.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cstark.vm.tables.add import (
    Add,
    Addi,
    AddiInplace,
    AddInplace,
    AddIW,
    AddW,
    Sub,
    SubInplace,
    SubW,
)
from cstark.vm.tables.bitwise import And, AndSmall, BitwiseI, Or, Xor
from cstark.vm.tables.copies import HalfDown, HalfUp, Jump, Li, Mv, ZextW
from cstark.vm.tables.divide import Divu, Remu
from cstark.vm.tables.divide_word import DivuW, DivW, RemuW, RemW
from cstark.vm.tables.ecall import Halt, Print
from cstark.vm.tables.equality import BranchEq, BranchZero
from cstark.vm.tables.family import Family
from cstark.vm.tables.fresh import Fresh
from cstark.vm.tables.image import ImageTable
from cstark.vm.tables.jump_register import Jalr, Jr
from cstark.vm.tables.load import Ld, Lw, SubLoad
from cstark.vm.tables.misaligned import MisLoad, MisStore
from cstark.vm.tables.multiply import Mul, Mulhu, MulW
from cstark.vm.tables.order import (
    BranchLt,
    BranchLtu,
    NearBranch,
    NearSet,
    SetLt,
    SetLtI,
    SetLtu,
    SetLtuI,
)
from cstark.vm.tables.program import ProgramTable
from cstark.vm.tables.ranges import Bytes, Range, Shifts
from cstark.vm.tables.registers import Refresh, Registers
from cstark.vm.tables.select import NegateIf, SelectNegative
from cstark.vm.tables.shift import ShiftI, ShiftR, SraI, SraR
from cstark.vm.tables.shift_word import ShiftWI, SraWI, SrlWI
from cstark.vm.tables.store import Sd, SubStore, Sw
from cstark.vm.tables.windows import Input, Output

__all__ = ["AROUND", "EVERY", "FAMILIES", "families_of"]

FAMILIES: dict[str, type[Family]] = {
    "jump": Jump,
    "li": Li,
    "mv": Mv,
    "addi": Addi,
    "addi_inplace": AddiInplace,
    "add": Add,
    "add_inplace": AddInplace,
    "sub": Sub,
    "sub_inplace": SubInplace,
    "addw": AddW,
    "subw": SubW,
    "addiw": AddIW,
    "branch_eq": BranchEq,
    "branch_zero": BranchZero,
    "branch_ltu": BranchLtu,
    "branch_lt": BranchLt,
    "near_branch": NearBranch,
    "set_ltu": SetLtu,
    "set_lt": SetLt,
    "set_ltu_i": SetLtuI,
    "set_lt_i": SetLtI,
    "near_set": NearSet,
    "and": And,
    "or": Or,
    "xor": Xor,
    "bitwise_i": BitwiseI,
    "and_small": AndSmall,
    "shift_i": ShiftI,
    "sra_i": SraI,
    "shift_r": ShiftR,
    "sra_r": SraR,
    "half_up": HalfUp,
    "half_down": HalfDown,
    "zext_w": ZextW,
    "shift_w_i": ShiftWI,
    "srl_w_i": SrlWI,
    "sra_w_i": SraWI,
    "mul": Mul,
    "mulhu": Mulhu,
    "mul_w": MulW,
    "divu": Divu,
    "remu": Remu,
    "divu_w": DivuW,
    "remu_w": RemuW,
    "div_w": DivW,
    "rem_w": RemW,
    "jalr": Jalr,
    "jr": Jr,
    "select_negative": SelectNegative,
    "negate_if": NegateIf,
    "ld": Ld,
    "lw": Lw,
    "sub_load": SubLoad,
    "sd": Sd,
    "sw": Sw,
    "sub_store": SubStore,
    "mis_load": MisLoad,
    "mis_store": MisStore,
    "halt": Halt,
    "print": Print,
}
"""Name of the table -> the family, in the order of the machine."""

AROUND: dict[str, Any] = {
    "program": ProgramTable,
    "image": ImageTable,
    "fresh": Fresh,
    "input": Input,
    "output": Output,
    "registers": Registers,
    "refresh": Refresh,
    "range": Range,
    "bytes": Bytes,
    "shifts": Shifts,
}
"""Name of the table -> its class, in the order of the machine, behind the families."""

EVERY = tuple(name for name, table in AROUND.items() if table.stands == "every")
"""Tables of which each shard of a run has one; those of memory and registers are in the last."""


def families_of(codes: Iterable[int]) -> list[str]:
    """The families that take one of these operations, in the order of the machine.

    Parameters
    ----------
    codes : iterable of int
        Codes of operations.

    Examples
    --------
    >>> families_of([96, 240])
    ['add', 'branch_ltu', 'near_branch']
    """
    wanted = frozenset(int(code) for code in codes)
    return [name for name, family in FAMILIES.items() if family.codes & wanted]
