"""Words of instructions, built field by field: an encoder for tests, from the manual alone."""

from __future__ import annotations

R = {
    "add": (0x33, 0, 0x00), "sub": (0x33, 0, 0x20), "sll": (0x33, 1, 0x00), "slt": (0x33, 2, 0x00),
    "sltu": (0x33, 3, 0x00), "xor": (0x33, 4, 0x00), "srl": (0x33, 5, 0x00),
    "sra": (0x33, 5, 0x20), "or": (0x33, 6, 0x00), "and": (0x33, 7, 0x00),
    "addw": (0x3B, 0, 0x00), "subw": (0x3B, 0, 0x20), "sllw": (0x3B, 1, 0x00),
    "srlw": (0x3B, 5, 0x00), "sraw": (0x3B, 5, 0x20),
    "mul": (0x33, 0, 1), "mulh": (0x33, 1, 1), "mulhsu": (0x33, 2, 1), "mulhu": (0x33, 3, 1),
    "div": (0x33, 4, 1), "divu": (0x33, 5, 1), "rem": (0x33, 6, 1), "remu": (0x33, 7, 1),
    "mulw": (0x3B, 0, 1), "divw": (0x3B, 4, 1), "divuw": (0x3B, 5, 1), "remw": (0x3B, 6, 1),
    "remuw": (0x3B, 7, 1),
}  # fmt: skip
I = {  # noqa: E741
    "addi": (0x13, 0), "slti": (0x13, 2), "sltiu": (0x13, 3), "xori": (0x13, 4), "ori": (0x13, 6),
    "andi": (0x13, 7), "addiw": (0x1B, 0), "jalr": (0x67, 0),
}  # fmt: skip
LOADS = {"lb": 0, "lh": 1, "lw": 2, "ld": 3, "lbu": 4, "lhu": 5, "lwu": 6}
STORES = {"sb": 0, "sh": 1, "sw": 2, "sd": 3}
SHIFTS = {"slli": (1, 0), "srli": (5, 0), "srai": (5, 0x10)}
WORD_SHIFTS = {"slliw": (1, 0), "srliw": (5, 0), "sraiw": (5, 0x20)}
BRANCHES = {"beq": 0, "bne": 1, "blt": 4, "bge": 5, "bltu": 6, "bgeu": 7}
UPPER = {"lui": 0x37, "auipc": 0x17}
NAMES = (*R, *I, *LOADS, *STORES, *SHIFTS, *WORD_SHIFTS, *BRANCHES, *UPPER, "jal", "fence", "ecall")
"""The instructions of RV64IM but `ebreak`."""

ECALL, EBREAK, NOP = 0x73, 0x100073, 0x13


def r(name: str, rd: int, rs1: int, rs2: int) -> int:
    opcode, funct3, funct7 = R[name]
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def i(name: str, rd: int, rs1: int, imm: int) -> int:
    opcode, funct3 = I[name] if name in I else (0x03, LOADS[name])
    return (imm & 0xFFF) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def s(name: str, rs2: int, rs1: int, imm: int) -> int:
    high, low = imm >> 5 & 0x7F, imm & 0x1F
    return high << 25 | rs2 << 20 | rs1 << 15 | STORES[name] << 12 | low << 7 | 0x23


def b(name: str, rs1: int, rs2: int, imm: int) -> int:
    high = (imm >> 12 & 1) << 6 | imm >> 5 & 0x3F
    low = (imm >> 1 & 0xF) << 1 | imm >> 11 & 1
    return high << 25 | rs2 << 20 | rs1 << 15 | BRANCHES[name] << 12 | low << 7 | 0x63


def u(name: str, rd: int, imm: int) -> int:
    """`imm`: the 20 bits that the instruction puts at 31:12."""
    return (imm & 0xFFFFF) << 12 | rd << 7 | UPPER[name]


def j(rd: int, imm: int) -> int:
    fields = (imm >> 20 & 1) << 19 | (imm >> 1 & 0x3FF) << 9 | (imm >> 11 & 1) << 8
    return (fields | imm >> 12 & 0xFF) << 12 | rd << 7 | 0x6F


def shift(name: str, rd: int, rs1: int, amount: int) -> int:
    if name in SHIFTS:
        funct3, kind = SHIFTS[name]
        return kind << 26 | amount << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x13
    funct3, kind = WORD_SHIFTS[name]
    return kind << 25 | amount << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x1B


def word(name: str, rd: int = 0, rs1: int = 0, rs2: int = 0, imm: int = 0) -> int:
    """The word of any instruction from its operands; unused ones are ignored."""
    if name in R:
        return r(name, rd, rs1, rs2)
    if name in I or name in LOADS:
        return i(name, rd, rs1, imm)
    if name in STORES:
        return s(name, rs2, rs1, imm)
    if name in BRANCHES:
        return b(name, rs1, rs2, imm)
    if name in UPPER:
        return u(name, rd, imm)
    if name in SHIFTS or name in WORD_SHIFTS:
        return shift(name, rd, rs1, imm)
    return {"jal": j(rd, imm), "fence": 0x0FF0000F, "ecall": ECALL}[name]
