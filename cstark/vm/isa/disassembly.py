"""Instructions as text, the way GNU objdump writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from cstark.vm.isa.decode import NONE, decode
from cstark.vm.isa.instructions import EBREAK, INSTRUCTIONS, Format

__all__ = ["NAMES", "text", "texts", "why_none"]

NAMES = (
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4",
    "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4",
    "t5", "t6",
)  # fmt: skip
"""Registers by their names in the calling convention."""


class Names(Protocol):
    """What can name an address: `cstark.vm.symbols.Symbols`."""

    def show(self, address: int) -> str: ...


class _Operands:
    """The operands of one instruction, as text."""

    def __init__(self, rd: int, rs1: int, rs2: int, imm: int, target: str, word: int) -> None:
        self.rd, self.rs1, self.rs2 = rd, rs1, rs2
        self.imm = imm
        self.d, self.s, self.t = NAMES[rd], NAMES[rs1], NAMES[rs2]
        self.target = target
        self.word = word
        self.memory = f"{imm}({self.s})"


Rule = Callable[[_Operands], str | None]


def _jalr(o: _Operands) -> str:
    where = o.memory if o.imm else o.s
    if o.rd == 0:
        return "ret" if o.rs1 == 1 and not o.imm else f"jr {where}"
    return f"jalr {where}" if o.rd == 1 else f"jalr {o.d},{where}"


def _jal(o: _Operands) -> str:
    if o.rd == 0:
        return f"j {o.target}"
    return f"jal {o.target}" if o.rd == 1 else f"jal {o.d},{o.target}"


def _addi(o: _Operands) -> str | None:
    if o.rd == o.rs1 == o.imm == 0:
        return "nop"
    if o.rs1 == 0:
        return f"li {o.d},{o.imm}"
    return f"mv {o.d},{o.s}" if o.imm == 0 else None


def _fence(o: _Operands) -> str:
    if o.word == 0x8330000F:
        return "fence.tso"
    if o.word == 0x0100000F:
        return "pause"

    def letters(bits: int) -> str:
        return "".join(c for c, bit in zip("iorw", (8, 4, 2, 1), strict=True) if bits & bit)

    before, after = letters(o.word >> 24 & 15), letters(o.word >> 20 & 15)
    if before == after == "iorw":
        return "fence"
    return f"fence {before or 'unknown'},{after or 'unknown'}"


def _with_zero(left: str, right: str) -> Rule:
    """A branch on x0 on the left or on the right."""

    def rule(o: _Operands) -> str | None:
        if o.rs1 == 0 and left and (o.rs2 or left == "blez"):
            return f"{left} {o.t},{o.target}"
        return f"{right} {o.s},{o.target}" if o.rs2 == 0 else None

    return rule


_ALIASES: dict[str, Rule] = {
    "jalr": _jalr,
    "jal": _jal,
    "addi": _addi,
    "fence": _fence,
    "addiw": lambda o: f"sext.w {o.d},{o.s}" if o.imm == 0 else None,
    "xori": lambda o: f"not {o.d},{o.s}" if o.imm == -1 else None,
    "andi": lambda o: f"zext.b {o.d},{o.s}" if o.imm == 255 else None,
    "sub": lambda o: f"neg {o.d},{o.t}" if o.rs1 == 0 else None,
    "subw": lambda o: f"negw {o.d},{o.t}" if o.rs1 == 0 else None,
    "sltiu": lambda o: f"seqz {o.d},{o.s}" if o.imm == 1 else None,
    "sltu": lambda o: f"snez {o.d},{o.t}" if o.rs1 == 0 else None,
    "slt": lambda o: (
        f"sltz {o.d},{o.s}" if o.rs2 == 0 else f"sgtz {o.d},{o.t}" if o.rs1 == 0 else None
    ),
    "beq": _with_zero("", "beqz"),
    "bne": _with_zero("", "bnez"),
    "blt": _with_zero("bgtz", "bltz"),
    "bge": _with_zero("blez", "bgez"),
}


def _plain(form: Format, o: _Operands) -> str:
    """The operands of an instruction that has no shorter name."""
    if form is Format.R:
        return f"{o.d},{o.s},{o.t}"
    if form is Format.I:
        return f"{o.d},{o.s},{o.imm}"
    if form is Format.LOAD:
        return f"{o.d},{o.memory}"
    if form is Format.S:
        return f"{o.t},{o.memory}"
    if form is Format.B:
        return f"{o.s},{o.t},{o.target}"
    if form is Format.U:
        return f"{o.d},{o.imm >> 12 & 0xFFFFF:#x}"
    if form in (Format.SHIFT, Format.SHIFT_WORD):
        return f"{o.d},{o.s},{o.imm:#x}"
    return ""


def text(word: int, pc: int, symbols: Names | None = None) -> str:
    """One instruction as text.

    Parameters
    ----------
    word : int
        The instruction.
    pc : int
        Its address, from which jumps and branches count.
    symbols : Symbols, optional
        Names the targets of jumps and branches.

    Returns
    -------
    str
        The mnemonic and the operands; ``.word 0x...`` for what is no instruction.

    Examples
    --------
    >>> text(0x00150513, 0x1000), text(0x00008067, 0x1000), text(0xFE0518E3, 0x1010)
    ('addi a0,a0,1', 'ret', 'bnez a0,1000')
    >>> from cstark.vm.symbols import Symbols
    >>> text(0x010000EF, 0x1000, Symbols.named({0x1000: "_start", 0x100C: "f"}, high=0x2000))
    'jal 1010 <f+0x4>'
    """
    return texts([word], pc, symbols)[0]


def texts(words: ArrayLike, low: int, symbols: Names | None = None) -> list[str]:
    """A whole text, as `text` writes each of its words.

    Parameters
    ----------
    words : array_like of uint32, shape (words,)
        The text.
    low : int
        Address of the first word.
    symbols : Symbols, optional
        Names the targets of jumps and branches.

    Returns
    -------
    list of str

    Examples
    --------
    >>> texts([0x00150513, 0x0000006F], 0x1000)
    ['addi a0,a0,1', 'j 1004']
    """
    array = np.ascontiguousarray(words, dtype=np.uint32)
    decoded = decode(array)
    rows = zip(
        array.tolist(), decoded.number.tolist(), decoded.rd.tolist(), decoded.rs1.tolist(),
        decoded.rs2.tolist(), decoded.imm.view(np.int64).tolist(), strict=True,
    )  # fmt: skip
    return [
        _line(word, number, rd, rs1, rs2, imm, low + 4 * k, symbols)
        for k, (word, number, rd, rs1, rs2, imm) in enumerate(rows)
    ]


def _line(
    word: int, number: int, rd: int, rs1: int, rs2: int, imm: int, pc: int, symbols: Names | None
) -> str:
    if number == NONE:
        return "ebreak" if word == EBREAK else f".word {word:#010x}"
    instruction = INSTRUCTIONS[number]
    target = ""
    if instruction.format in (Format.B, Format.J):
        address = (pc + imm) % (1 << 64)
        name = symbols.show(address) if symbols is not None else ""
        target = f"{address:x}" + (f" <{name}>" if name else "")
    operands = _Operands(rd, rs1, rs2, imm, target, word)
    alias = _ALIASES.get(instruction.name)
    short = alias(operands) if alias else None
    if short is not None:
        return short
    return f"{instruction.name} {_plain(instruction.format, operands)}".strip()


_OTHERS = {
    0x07: "a floating-point or vector load", 0x27: "a floating-point or vector store",
    0x2F: "an atomic instruction (A)", 0x43: "a floating-point instruction",
    0x47: "a floating-point instruction", 0x4B: "a floating-point instruction",
    0x4F: "a floating-point instruction", 0x53: "a floating-point instruction",
    0x57: "a vector instruction (V)", 0x73: "a control register or privileged instruction",
}  # fmt: skip


def why_none(word: int) -> str:
    """What a word is that this machine does not execute, as far as its opcode tells.

    Examples
    --------
    >>> why_none(0), why_none(0x4501)
    ('zero', 'a compressed instruction (C), or data')
    >>> why_none(0x00C5_8573), why_none(0x0010_0073)
    ('a control register or privileged instruction', 'ebreak')
    """
    if word == 0:
        return "zero"
    if word == EBREAK:
        return "ebreak"
    if word & 3 != 3:
        return "a compressed instruction (C), or data"
    if word & 0x707F == 0x100F:
        return "fence.i (Zifencei)"
    return _OTHERS.get(word & 0x7F, "no instruction of RV64IM")
