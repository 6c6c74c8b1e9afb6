"""The five RV64I instructions of the machine: words to instructions and back.

=========  ==================================  ===========================================
lui        ``rd = immediate``                  20 bits, shifted left by 12, sign-extended
addi       ``rd = rs1 + immediate``            12 bits, sign-extended; wraps modulo 2^64
add        ``rd = rs1 + rs2``                  wraps modulo 2^64
bne        ``if rs1 != rs2: pc += immediate``  13 bits, even, sign-extended
ecall      call the environment                the machine knows one call, exit: a7 = 93
=========  ==================================  ===========================================

Encodings: *The RISC-V Instruction Set Manual, Volume I: Unprivileged ISA*, chapter "RV32/64G
Instruction Set Listings".  Every other word is refused by `decode`, with its address.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass

from cstark.errors import StatementError

__all__ = ["Instruction", "add", "addi", "bne", "decode", "ecall", "lui"]

_LUI, _OP_IMM, _OP, _BRANCH = 0x37, 0x13, 0x33, 0x63
_ECALL = 0x00000073


@dataclass(frozen=True)
class Instruction:
    """One decoded instruction.

    Attributes
    ----------
    name : str
        ``"lui"``, ``"addi"``, ``"add"``, ``"bne"`` or ``"ecall"``.
    rd, rs1, rs2 : int
        Register numbers; 0 where the instruction has no such operand.
    immediate : int
        Signed and ready to add: for lui the 20 bits are already shifted, for bne it is the
        distance in bytes.
    """

    name: str
    rd: int = 0
    rs1: int = 0
    rs2: int = 0
    immediate: int = 0

    def __str__(self) -> str:
        match self.name:
            case "lui":
                return f"lui x{self.rd}, {(self.immediate >> 12) & 0xFFFFF:#x}"
            case "addi":
                return f"addi x{self.rd}, x{self.rs1}, {self.immediate}"
            case "add":
                return f"add x{self.rd}, x{self.rs1}, x{self.rs2}"
            case "bne":
                return f"bne x{self.rs1}, x{self.rs2}, {self.immediate:+d}"
        return self.name


def _signed(value: int, bits: int) -> int:
    """The low `bits` bits of `value`, read as two's complement."""
    value &= (1 << bits) - 1
    return value - (value >> (bits - 1) << bits)


def _register(name: str, number: int) -> int:
    number = operator.index(number)
    if not 0 <= number < 32:
        raise StatementError(f"{name} is x{number}, but the registers are x0 to x31")
    return number


def _immediate(instruction: str, value: int, low: int, high: int) -> int:
    value = operator.index(value)
    if not low <= value <= high:
        raise StatementError(f"{instruction}: the immediate {value} is not in {low}..{high}")
    return value


def lui(rd: int, upper: int) -> int:
    """The word of ``lui rd, upper``.

    Parameters
    ----------
    rd : int
        Register number, 0 to 31.
    upper : int
        The upper 20 bits, 0 to 0xfffff.

    Returns
    -------
    int

    Raises
    ------
    StatementError
        For an operand out of range.

    Examples
    --------
    >>> hex(lui(5, 0x80000))
    '0x800002b7'
    >>> hex(decode(lui(5, 0x80000)).immediate & 0xFFFFFFFFFFFFFFFF)   # sign-extended in RV64
    '0xffffffff80000000'
    """
    return _immediate("lui", upper, 0, 0xFFFFF) << 12 | _register("rd", rd) << 7 | _LUI


def addi(rd: int, rs1: int, immediate: int) -> int:
    """The word of ``addi rd, rs1, immediate``; `immediate` from -2048 to 2047.

    ``mv rd, rs`` is ``addi rd, rs, 0`` and ``nop`` is ``addi x0, x0, 0``.

    Raises
    ------
    StatementError
        For an operand out of range.

    Examples
    --------
    >>> hex(addi(1, 0, 5)), hex(addi(5, 5, -1)), hex(addi(0, 0, 0))
    ('0x500093', '0xfff28293', '0x13')
    """
    value = _immediate("addi", immediate, -2048, 2047) & 0xFFF
    return value << 20 | _register("rs1", rs1) << 15 | _register("rd", rd) << 7 | _OP_IMM


def add(rd: int, rs1: int, rs2: int) -> int:
    """The word of ``add rd, rs1, rs2``.

    Raises
    ------
    StatementError
        For a register out of range.

    Examples
    --------
    >>> hex(add(3, 1, 2))
    '0x2081b3'
    """
    sources = _register("rs2", rs2) << 20 | _register("rs1", rs1) << 15
    return sources | _register("rd", rd) << 7 | _OP


def bne(rs1: int, rs2: int, offset: int) -> int:
    """The word of ``bne rs1, rs2, offset``; `offset` in bytes, even, from -4096 to 4094.

    Raises
    ------
    StatementError
        For an operand out of range, or an odd offset.

    Examples
    --------
    >>> hex(bne(5, 0, -16))
    '0xfe0298e3'
    """
    value = _immediate("bne", offset, -4096, 4094)
    if value % 2:
        raise StatementError(f"bne: the offset {value} is odd")
    high = (value >> 12 & 1) << 31 | (value >> 5 & 0x3F) << 25
    low = (value >> 1 & 0xF) << 8 | (value >> 11 & 1) << 7
    sources = _register("rs2", rs2) << 20 | _register("rs1", rs1) << 15
    return high | sources | 1 << 12 | low | _BRANCH


def ecall() -> int:
    """The word of ``ecall``.

    Examples
    --------
    >>> hex(ecall())
    '0x73'
    """
    return _ECALL


def decode(word: int, address: int = 0) -> Instruction:
    """Decode one 32-bit word.

    Parameters
    ----------
    word : int
        The instruction word, 0 to 2^32 - 1.
    address : int
        Where it lies: for the message only.

    Returns
    -------
    Instruction

    Raises
    ------
    StatementError
        If the word is none of the five instructions; the message names word and address.

    Examples
    --------
    >>> print(decode(0x00500093))
    addi x1, x0, 5
    >>> decode(0x02208033, address=0x10004)     # mul
    Traceback (most recent call last):
    cstark.errors.StatementError: the word 0x02208033 at 0x00010004 is no instruction of the machine
    """
    word = operator.index(word)
    if not 0 <= word < 1 << 32:
        raise StatementError(f"the word {word} at {address:#010x} is not a 32-bit word")
    opcode, funct3, funct7 = word & 0x7F, word >> 12 & 7, word >> 25
    rd, rs1, rs2 = word >> 7 & 31, word >> 15 & 31, word >> 20 & 31
    if opcode == _LUI:
        return Instruction("lui", rd=rd, immediate=_signed(word & 0xFFFFF000, 32))
    if opcode == _OP_IMM and funct3 == 0:
        return Instruction("addi", rd=rd, rs1=rs1, immediate=_signed(word >> 20, 12))
    if opcode == _OP and funct3 == 0 and funct7 == 0:
        return Instruction("add", rd=rd, rs1=rs1, rs2=rs2)
    if opcode == _BRANCH and funct3 == 1:
        offset = (word >> 31) << 12 | (word >> 7 & 1) << 11
        offset |= (word >> 25 & 0x3F) << 5 | (word >> 8 & 0xF) << 1
        return Instruction("bne", rs1=rs1, rs2=rs2, immediate=_signed(offset, 13))
    if word == _ECALL:
        return Instruction("ecall")
    raise StatementError(
        f"the word {word:#010x} at {address:#010x} is no instruction of the machine"
    )
