"""From words to instructions and their operands, a whole text at a time.

The opcode (without its low two bits, which are always 1), funct3 and funct7 of a word together are
15 bits, which a table turns into the number of the instruction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cstark.vm.isa.instructions import BY_NAME, ECALL, INSTRUCTIONS, Format

__all__ = ["NONE", "Decoded", "decode"]

NONE = 255  # the number of no instruction

U32 = np.uint32


@dataclass(frozen=True)
class Decoded:
    """The instructions of a text.

    Attributes
    ----------
    number : ndarray of uint8, shape (words,)
        Place in `cstark.vm.isa.instructions.INSTRUCTIONS`; `NONE` for a word that is no
        instruction.
    rd, rs1, rs2 : ndarray of uint8, shape (words,)
        The fields of these names, whether or not the format has them.
    imm : ndarray of uint64, shape (words,)
        The immediate, sign-extended to 64 bits; the amount of a shift; 0 where there is none.
    """

    number: NDArray[np.uint8]
    rd: NDArray[np.uint8]
    rs1: NDArray[np.uint8]
    rs2: NDArray[np.uint8]
    imm: NDArray[np.uint64]


@lru_cache(maxsize=1)
def _numbers() -> NDArray[np.uint8]:
    """The number of the instruction by funct7, funct3 and the upper five bits of the opcode."""
    table = np.full((128, 8, 32), NONE, dtype=np.uint8)
    for instruction in INSTRUCTIONS:
        opcode = instruction.opcode >> 2
        funct3 = slice(None) if instruction.funct3 < 0 else instruction.funct3
        funct7: slice | int = slice(None) if instruction.funct7 < 0 else instruction.funct7
        if instruction.format is Format.SHIFT:  # the lowest bit is the amount's highest
            funct7 = slice(instruction.funct7, instruction.funct7 + 2)
        table[funct7, funct3, opcode] = instruction.number
    return table.reshape(-1)


@lru_cache(maxsize=1)
def _formats() -> NDArray[np.uint8]:
    """The format by the number of the instruction; that of `NONE` has no immediate."""
    formats = np.full(256, Format.R, dtype=np.uint8)
    for instruction in INSTRUCTIONS:
        formats[instruction.number] = instruction.format
    return formats


def _immediates(words: NDArray[np.uint32], form: Format) -> NDArray[np.int32]:
    """The immediates of words of one format, with their signs."""
    signed = words.view(np.int32)
    if form in (Format.I, Format.LOAD):
        return signed >> 20
    if form is Format.S:
        return (signed >> 25 << 5) | (signed >> 7 & 0x1F)
    if form is Format.B:
        return (
            (signed >> 31 << 12)
            | (signed << 4 & 0x800)
            | (signed >> 20 & 0x7E0)
            | (signed >> 7 & 0x1E)
        )
    if form is Format.U:
        return signed & ~0xFFF
    if form is Format.J:
        return (
            (signed >> 31 << 20) | (signed & 0xFF000) | (signed >> 9 & 0x800)
            | (signed >> 20 & 0x7FE)
        )  # fmt: skip
    return signed >> 20 & (0x3F if form is Format.SHIFT else 0x1F)


_WITH_IMMEDIATE = (Format.I, Format.LOAD, Format.S, Format.B, Format.U, Format.J, Format.SHIFT,
                   Format.SHIFT_WORD)  # fmt: skip


def decode(words: NDArray[Any]) -> Decoded:
    """Decode the words of a text.

    Parameters
    ----------
    words : array_like of uint32, shape (words,)
        The words, in any order.

    Returns
    -------
    Decoded
        The instruction and the operands of each.

    Examples
    --------
    >>> from cstark.vm.isa.instructions import INSTRUCTIONS
    >>> decoded = decode([0xFFF50513, 0x00000000])     # addi a0, a0, -1, and no instruction
    >>> INSTRUCTIONS[decoded.number[0]].name, bool(decoded.number[1] == NONE)
    ('addi', True)
    >>> int(decoded.rd[0]), int(decoded.rs1[0]), int(decoded.imm[0]) - 2**64
    (10, 10, -1)
    """
    words = np.ascontiguousarray(words, dtype=U32)
    key = words >> U32(2) & U32(31) | words >> U32(7) & U32(7 << 5)
    key |= words >> U32(25) << U32(8)
    number = _numbers()[key]
    number[words & U32(3) != U32(3)] = NONE
    system = number == BY_NAME["ecall"].number
    number[system & (words != U32(ECALL))] = NONE
    formats = _formats()[number]
    imm = np.zeros(len(words), dtype=np.int64)
    for form in _WITH_IMMEDIATE:
        (where,) = np.nonzero(formats == form)
        imm[where] = _immediates(words[where], form)

    def register(shift: int) -> NDArray[np.uint8]:
        return (words >> U32(shift) & U32(31)).astype(np.uint8)

    return Decoded(number, register(7), register(15), register(20), imm.view(np.uint64))
