"""The instructions of RV64IM: encoding, format and the operation that each one is.

Source: The RISC-V Instruction Set Manual, volume I, chapters "RV32/64G Instruction Set Listings",
RV64I and "M". A word that is none of these has no meaning on this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["BY_NAME", "EBREAK", "ECALL", "INSTRUCTIONS", "Format", "Instruction"]


class Format(IntEnum):
    """Where the operands of an instruction stand in its word."""

    R = 0  # rd, rs1, rs2
    I = 1  # rd, rs1, 12-bit immediate  # noqa: E741
    S = 2  # rs1, rs2, 12-bit immediate
    B = 3  # rs1, rs2, offset of 13 bits, even
    U = 4  # rd, the upper 20 bits of 32
    J = 5  # rd, offset of 21 bits, even
    SHIFT = 6  # rd, rs1, amount of 6 bits
    SHIFT_WORD = 7  # rd, rs1, amount of 5 bits
    LOAD = 8  # as I, written as offset(rs1)
    FENCE = 9
    SYSTEM = 10  # the whole word is fixed


@dataclass(frozen=True)
class Instruction:
    """One instruction: its encoding and what it becomes.

    Attributes
    ----------
    number : int
        Its place in `INSTRUCTIONS`.
    name : str
        Its mnemonic.
    format : Format
        Where its operands stand.
    opcode, funct3, funct7 : int
        Fields of the word; -1 where the format has no such field. Of a shift by a 6-bit amount,
        `funct7` is given with the bit that belongs to the amount cleared.
    operation : str
        The operation of `cstark.vm.isa.operations`, or the sequence of
        `cstark.vm.isa.sequences`, that it becomes where no shorter form applies.
    """

    number: int
    name: str
    format: Format
    opcode: int
    funct3: int
    funct7: int
    operation: str


_LOAD, _FENCE, _IMM, _AUIPC, _IMM_WORD, _STORE = 0x03, 0x0F, 0x13, 0x17, 0x1B, 0x23
_REG, _LUI, _REG_WORD, _BRANCH, _JALR, _JAL, _SYSTEM = 0x33, 0x37, 0x3B, 0x63, 0x67, 0x6F, 0x73

F = Format
# name, format, opcode, funct3, funct7[, operation if not the name]
_TABLE: tuple[tuple[str, Format, int, int, int] | tuple[str, Format, int, int, int, str], ...] = (
    ("lui", F.U, _LUI, -1, -1, "li"),
    ("auipc", F.U, _AUIPC, -1, -1, "li"),
    ("jal", F.J, _JAL, -1, -1, "li"),
    ("jalr", F.I, _JALR, 0, -1),
    ("beq", F.B, _BRANCH, 0, -1, "bne"),
    ("bne", F.B, _BRANCH, 1, -1),
    ("blt", F.B, _BRANCH, 4, -1),
    ("bge", F.B, _BRANCH, 5, -1, "blt"),
    ("bltu", F.B, _BRANCH, 6, -1),
    ("bgeu", F.B, _BRANCH, 7, -1, "bltu"),
    ("lb", F.LOAD, _LOAD, 0, -1),
    ("lh", F.LOAD, _LOAD, 1, -1),
    ("lw", F.LOAD, _LOAD, 2, -1),
    ("ld", F.LOAD, _LOAD, 3, -1),
    ("lbu", F.LOAD, _LOAD, 4, -1),
    ("lhu", F.LOAD, _LOAD, 5, -1),
    ("lwu", F.LOAD, _LOAD, 6, -1),
    ("sb", F.S, _STORE, 0, -1),
    ("sh", F.S, _STORE, 1, -1),
    ("sw", F.S, _STORE, 2, -1),
    ("sd", F.S, _STORE, 3, -1),
    ("addi", F.I, _IMM, 0, -1),
    ("slti", F.I, _IMM, 2, -1),
    ("sltiu", F.I, _IMM, 3, -1),
    ("xori", F.I, _IMM, 4, -1),
    ("ori", F.I, _IMM, 6, -1),
    ("andi", F.I, _IMM, 7, -1),
    ("slli", F.SHIFT, _IMM, 1, 0x00),
    ("srli", F.SHIFT, _IMM, 5, 0x00),
    ("srai", F.SHIFT, _IMM, 5, 0x20),
    ("add", F.R, _REG, 0, 0x00),
    ("sub", F.R, _REG, 0, 0x20),
    ("sll", F.R, _REG, 1, 0x00),
    ("slt", F.R, _REG, 2, 0x00),
    ("sltu", F.R, _REG, 3, 0x00),
    ("xor", F.R, _REG, 4, 0x00),
    ("srl", F.R, _REG, 5, 0x00),
    ("sra", F.R, _REG, 5, 0x20),
    ("or", F.R, _REG, 6, 0x00),
    ("and", F.R, _REG, 7, 0x00),
    ("fence", F.FENCE, _FENCE, 0, -1, "jump"),
    ("ecall", F.SYSTEM, _SYSTEM, 0, 0x00),
    ("addiw", F.I, _IMM_WORD, 0, -1),
    ("slliw", F.SHIFT_WORD, _IMM_WORD, 1, 0x00),
    ("srliw", F.SHIFT_WORD, _IMM_WORD, 5, 0x00),
    ("sraiw", F.SHIFT_WORD, _IMM_WORD, 5, 0x20),
    ("addw", F.R, _REG_WORD, 0, 0x00),
    ("subw", F.R, _REG_WORD, 0, 0x20),
    ("sllw", F.R, _REG_WORD, 1, 0x00),
    ("srlw", F.R, _REG_WORD, 5, 0x00),
    ("sraw", F.R, _REG_WORD, 5, 0x20),
    ("mul", F.R, _REG, 0, 0x01),
    ("mulh", F.R, _REG, 1, 0x01),
    ("mulhsu", F.R, _REG, 2, 0x01),
    ("mulhu", F.R, _REG, 3, 0x01),
    ("div", F.R, _REG, 4, 0x01),
    ("divu", F.R, _REG, 5, 0x01),
    ("rem", F.R, _REG, 6, 0x01),
    ("remu", F.R, _REG, 7, 0x01),
    ("mulw", F.R, _REG_WORD, 0, 0x01),
    ("divw", F.R, _REG_WORD, 4, 0x01),
    ("divuw", F.R, _REG_WORD, 5, 0x01),
    ("remw", F.R, _REG_WORD, 6, 0x01),
    ("remuw", F.R, _REG_WORD, 7, 0x01),
)  # fmt: skip

INSTRUCTIONS: tuple[Instruction, ...] = tuple(
    Instruction(number, *row[:5], row[5] if len(row) > 5 else row[0])
    for number, row in enumerate(_TABLE)
)
"""Every instruction that the machine executes."""

BY_NAME: dict[str, Instruction] = {instruction.name: instruction for instruction in INSTRUCTIONS}
"""Every instruction by its name."""

ECALL = 0x0000_0073
EBREAK = 0x0010_0073  # known by name, and executed by nothing
