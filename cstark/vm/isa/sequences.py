"""Rare instructions as sequences of operations.

Operation k of a sequence stands at the label of its instruction plus k * 2^32, which no computed
jump reaches: a sequence is entered at its first operation only. What passes between its operations
lies in the temporaries t0, t1, ... (registers from 33 on): each is written before it is read, and
rd is written by the last operation alone, so that rd may be rs1 or rs2 or both.
"""

from __future__ import annotations

from dataclasses import dataclass

from cstark.vm.abi import TEMPORARIES
from cstark.vm.isa.operations import OPERATIONS

__all__ = ["SEQUENCES", "Step"]

RD, RS1, RS2 = "rd", "rs1", "rs2"


@dataclass(frozen=True)
class Step:
    """One operation of a sequence.

    Attributes
    ----------
    operation : str
        Its name in `cstark.vm.isa.operations.OPERATIONS`.
    rd, rs1, rs2 : int or str or None
        A register's number, or "rd", "rs1", "rs2": that of the instruction; None if the operation
        has no such slot.
    imm : int
        Its immediate.
    """

    operation: str
    rd: int | str | None
    rs1: int | str | None
    rs2: int | str | None
    imm: int = 0


def _register(name: str) -> int | str:
    return TEMPORARIES[int(name[1:])] if name.startswith("t") else name


def _step(text: str) -> Step:
    """One step from its text: the operation, rd, then what it reads, then the immediate."""
    name, *operands = text.replace(",", " ").split()
    slots = OPERATIONS[name].slots
    rd, rs1, rs2 = (
        _register(operands.pop(0)) if slot in slots else None for slot in (RD, RS1, RS2)
    )
    imm = int(operands.pop(0)) if operands else 0
    return Step(name, rd, rs1, rs2, imm)


def _sequence(text: str) -> tuple[Step, ...]:
    return tuple(_step(part.strip()) for part in text.split(";"))


SEQUENCES: dict[str, tuple[Step, ...]] = {
    # The signed upper half is the unsigned one, less b where a < 0, less a where b < 0.
    "mulh": _sequence(
        "mulhu t0, rs1, rs2; seln t1, rs1, rs2; sub_inplace t0, t1; seln t1, rs2, rs1;"
        "sub rd, t0, t1"
    ),
    "mulhsu": _sequence("mulhu t0, rs1, rs2; seln t1, rs1, rs2; sub rd, t0, t1"),
    # |a| / |b|, negated by the sign of a and by the sign of b. Where b = 0 the quotient is all
    # ones and stays: only then is |b| - 1 negative, which keeps the sign of a out. The least
    # number by -1: |a| / 1 = 2^63, negated twice.
    "div": _sequence(
        "cneg t0, rs1, rs1; cneg t1, rs2, rs2; divu t0, t0, t1; addi_inplace t1, -1;"
        "selp t1, t1, rs1; cneg t0, t0, t1; cneg rd, t0, rs2"
    ),
    # |a| mod |b| with the sign of a; b = 0 leaves |a|, hence a.
    "rem": _sequence("cneg t0, rs1, rs1; cneg t1, rs2, rs2; remu t0, t0, t1; cneg rd, t0, rs1"),
    "sllw": _sequence("andi_small t0, rs2, 31; sll t0, rs1, t0; addiw rd, t0, 0"),
    "srlw": _sequence("andi_small t0, rs2, 31; zext t1, rs1; srl t0, t1, t0; addiw rd, t0, 0"),
    "sraw": _sequence("andi_small t0, rs2, 31; addiw t1, rs1, 0; sra rd, t1, t0"),
}
"""The instructions that are sequences, by name."""
