"""The operations that a program becomes: one row of a family's table each.

Most instructions are one operation; a rare one is a sequence of several
(`cstark.vm.isa.sequences`). What a row says about the operation it executes is the message
(label, code, rs1, rs2, rd, imm0, imm1, next) on the bus ``fetch``; the table ``program`` holds
every such message, and `Operation` says which of its cells an operation uses and what they mean.
A cell that is not used is 0.

The code names the operation. Codes of one family lie in a block of 16 of their own: a family that
builds its code from flags, each of them a bit, stays within its block, so that no flag turns a row
into an operation of another family.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BLOCK", "BY_CODE", "OPERATIONS", "SLOTS", "Operation"]

BLOCK = 16  # codes of a family lie in [BLOCK k, BLOCK (k + 1))
SLOTS = ("rs1", "rs2", "rd", "imm0", "imm1", "next")


@dataclass(frozen=True)
class Operation:
    """One operation of the machine.

    Attributes
    ----------
    name : str
        Its name; the instruction's, where there is one of that meaning.
    code : int
        Its number in the table ``program``. Of a shift by a constant amount: the code of amounts
        below 16; amounts from 16 w on have the code ``code + w * step``.
    slots : tuple of str
        The cells of the message that it uses, in the order of `SLOTS`.
    meaning : str
        What it does, and what its immediates hold.
    step : int
        Distance of the codes of a shift by a constant amount; 0 for all others.
    rows : tuple of int
        All its codes.
    """

    name: str
    code: int
    slots: tuple[str, ...]
    meaning: str
    step: int = 0

    @property
    def rows(self) -> tuple[int, ...]:
        if not self.step:
            return (self.code,)
        return tuple(self.code + self.step * w for w in range(4))


_HALVES = "imm0, imm1: the halves of the immediate as a 64-bit number"
_BYTES = "imm0, imm1: the lower two bytes of the immediate"
_SIGNED = "imm0: the immediate as a field element"
_OTHER = "goes to next if the condition fails, to imm0 if it holds"

# name, code, slots, meaning
_TABLE: tuple[tuple[str, int, str, str], ...] = (
    ("jump", 16, "next", "goes to next"),
    ("li", 32, "rd imm0 imm1 next", "rd = constant; imm0, imm1: its halves"),
    ("mv", 48, "rs1 rd next", "rd = rs1"),
    ("addi", 64, "rs1 rd imm0 imm1 next", f"rd = rs1 + immediate; {_HALVES}"),
    ("addi_inplace", 80, "rd imm0 imm1 next", f"rd = rd + immediate; {_HALVES}"),
    ("add", 96, "rs1 rs2 rd next", "rd = rs1 + rs2"),
    ("add_inplace", 112, "rs2 rd next", "rd = rd + rs2"),
    ("sub", 128, "rs1 rs2 rd next", "rd = rs1 - rs2"),
    ("sub_inplace", 144, "rs2 rd next", "rd = rd - rs2"),
    ("addw", 160, "rs1 rs2 rd next", "rd = sign-extended low half of rs1 + rs2"),
    ("subw", 176, "rs1 rs2 rd next", "rd = sign-extended low half of rs1 - rs2"),
    ("addiw", 192, "rs1 rd imm0 next",
     "rd = sign-extended low half of rs1 + immediate; imm0: the immediate modulo 2^32"),
    ("bne", 208, "rs1 rs2 imm0 next", f"rs1 differs from rs2: {_OTHER}"),
    ("bnez", 224, "rs1 imm0 next", f"rs1 is not 0: {_OTHER}"),
    ("bltu", 240, "rs1 rs2 imm0 next", f"rs1 < rs2 without sign: {_OTHER}"),
    ("blt", 241, "rs1 rs2 imm0 next", f"rs1 < rs2 with sign: {_OTHER}"),
    ("sltu", 256, "rs1 rs2 rd next", "rd = 1 if rs1 < rs2 without sign, else 0"),
    ("slt", 257, "rs1 rs2 rd next", "rd = 1 if rs1 < rs2 with sign, else 0"),
    ("sltiu", 272, "rs1 rd imm0 imm1 next",
     f"rd = 1 if rs1 < immediate without sign, else 0; {_HALVES}"),
    ("slti", 288, "rs1 rd imm0 imm1 next",
     "rd = 1 if rs1 < immediate with sign, else 0; imm0: the immediate's low half, "
     "imm1: its high half with sign, as a field element (0 or p - 1)"),
    ("and", 304, "rs1 rs2 rd next", "rd = rs1 and rs2"),
    ("or", 320, "rs1 rs2 rd next", "rd = rs1 or rs2"),
    ("xor", 336, "rs1 rs2 rd next", "rd = rs1 xor rs2"),
    ("andi", 352, "rs1 rs2 rd imm0 imm1 next",
     f"rd = rs1 and immediate; slot rs2: 1 if the immediate is negative; {_BYTES}"),
    ("ori", 353, "rs1 rs2 rd imm0 imm1 next",
     f"rd = rs1 or immediate; slot rs2: 1 if the immediate is negative; {_BYTES}"),
    ("xori", 354, "rs1 rs2 rd imm0 imm1 next",
     f"rd = rs1 xor immediate; slot rs2: 1 if the immediate is negative; {_BYTES}"),
    ("andi_small", 368, "rs1 rd imm0 imm1 next",
     f"rd = rs1 and immediate, which is not negative; {_BYTES}"),
    ("slli", 384, "rs1 rd imm0 next", "rd = rs1 shifted left; imm0: 2^(amount mod 16)"),
    ("srli", 385, "rs1 rd imm0 next", "rd = rs1 shifted right; imm0: 2^(16 - amount mod 16)"),
    ("srai", 400, "rs1 rd imm0 next",
     "rd = rs1 shifted right with its sign; imm0: 2^(16 - amount mod 16)"),
    ("sll", 416, "rs1 rs2 rd next", "rd = rs1 shifted left by rs2 mod 64"),
    ("srl", 417, "rs1 rs2 rd next", "rd = rs1 shifted right by rs2 mod 64"),
    ("sra", 432, "rs1 rs2 rd next", "rd = rs1 shifted right with its sign by rs2 mod 64"),
    ("slli32", 448, "rs1 rd next", "rd = rs1 shifted left by 32"),
    ("srli32", 464, "rs1 rd next", "rd = rs1 shifted right by 32"),
    ("zext", 480, "rs1 rd next", "rd = low half of rs1"),
    ("slliw", 496, "rs1 rd imm0 next",
     "rd = sign-extended low half of rs1 shifted left; imm0: 2^amount"),
    ("srliw", 512, "rs1 rd imm0 next",
     "rd = sign-extended, low half of rs1 shifted right; imm0: 2^(32 - amount), amount not 0"),
    ("sraiw", 528, "rs1 rd imm0 next",
     "rd = low half of rs1 shifted right with its sign; imm0: 2^(32 - amount), amount not 0"),
    ("mul", 544, "rs1 rs2 rd next", "rd = lower 64 bits of rs1 times rs2"),
    ("mulhu", 560, "rs1 rs2 rd next", "rd = upper 64 bits of rs1 times rs2, without signs"),
    ("mulw", 576, "rs1 rs2 rd next", "rd = sign-extended low half of rs1 times rs2"),
    ("divu", 592, "rs1 rs2 rd next", "rd = rs1 / rs2 without signs; all ones if rs2 is 0"),
    ("remu", 608, "rs1 rs2 rd next", "rd = rs1 mod rs2 without signs; rs1 if rs2 is 0"),
    ("divuw", 624, "rs1 rs2 rd next", "divu of the low halves, result sign-extended"),
    ("remuw", 640, "rs1 rs2 rd next", "remu of the low halves, result sign-extended"),
    ("divw", 656, "rs1 rs2 rd next", "quotient of the low halves with signs, towards 0"),
    ("remw", 672, "rs1 rs2 rd next", "remainder of the low halves with signs, of rs1's sign"),
    ("jalr", 688, "rs1 rd imm0 next",
     f"goes to rs1 + immediate, made even; rd = next; {_SIGNED}"),
    ("jr", 704, "rs1 imm0", f"goes to rs1 + immediate, made even; {_SIGNED}"),
    ("seln", 720, "rs1 rs2 rd next", "rd = rs2 if rs1 is negative, else 0"),
    ("selp", 721, "rs1 rs2 rd next", "rd = 0 if rs1 is negative, else rs2"),
    ("cneg", 736, "rs1 rs2 rd next", "rd = -rs1 if rs2 is negative, else rs1"),
    ("ld", 752, "rs1 rd imm0 next", f"rd = 8 bytes at rs1 + immediate; {_SIGNED}"),
    ("lwu", 768, "rs1 rd imm0 next", f"rd = 4 bytes at rs1 + immediate; {_SIGNED}"),
    ("lw", 769, "rs1 rd imm0 next", f"rd = 4 bytes at rs1 + immediate, with sign; {_SIGNED}"),
    ("lbu", 784, "rs1 rd imm0 next", f"rd = byte at rs1 + immediate; {_SIGNED}"),
    ("lb", 785, "rs1 rd imm0 next", f"rd = byte at rs1 + immediate, with sign; {_SIGNED}"),
    ("lhu", 786, "rs1 rd imm0 next", f"rd = 2 bytes at rs1 + immediate; {_SIGNED}"),
    ("lh", 787, "rs1 rd imm0 next", f"rd = 2 bytes at rs1 + immediate, with sign; {_SIGNED}"),
    ("sd", 800, "rs1 rs2 imm0 next", f"8 bytes at rs1 + immediate = rs2; {_SIGNED}"),
    ("sw", 816, "rs1 rs2 imm0 next", f"4 bytes at rs1 + immediate = rs2; {_SIGNED}"),
    ("sb", 832, "rs1 rs2 imm0 next", f"byte at rs1 + immediate = rs2; {_SIGNED}"),
    ("sh", 833, "rs1 rs2 imm0 next", f"2 bytes at rs1 + immediate = rs2; {_SIGNED}"),
    ("ecall", 848, "rs1 rs2 next", "calls the system: rs1 is register 17, rs2 register 10"),
)  # fmt: skip

_STEPS = {"slli": 2, "srli": 2, "srai": 1}

OPERATIONS: dict[str, Operation] = {
    name: Operation(name, code, tuple(slots.split()), meaning, _STEPS.get(name, 0))
    for name, code, slots, meaning in _TABLE
}
"""Every operation by its name, in the order of the codes."""

BY_CODE: dict[int, Operation] = {
    code: operation for operation in OPERATIONS.values() for code in operation.rows
}
"""Every operation by each of its codes."""
