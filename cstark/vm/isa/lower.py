"""From decoded instructions to the cheapest operation that means the same.

Every rule keeps what the instruction does to registers, memory and the program counter; it may
only change which table proves it, and at what cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cstark.vm.abi import SINK, ZERO
from cstark.vm.isa.decode import NONE, Decoded
from cstark.vm.isa.instructions import INSTRUCTIONS, Format
from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.isa.sequences import SEQUENCES

__all__ = ["NUMBER", "Lowered", "lower"]

NUMBER: dict[str, int] = {name: k for k, name in enumerate((*OPERATIONS, *SEQUENCES))}
"""A number for every operation and, above those, for every sequence that is no operation."""

U64 = np.uint64
Mask = NDArray[np.bool_]

_BRANCHES = ("beq", "bne", "blt", "bge", "bltu", "bgeu")
_EXCHANGED = ("beq", "bge", "bgeu")  # goes to `next` where the operation's condition fails


@dataclass
class Lowered:
    """One operation, or one sequence, for each word.

    Attributes
    ----------
    op : ndarray of uint8
        In `NUMBER`; `NONE` for a word that is no instruction.
    rd, rs1, rs2 : ndarray of uint8
        Registers; whatever the word holds where the operation has no such slot.
    imm : ndarray of uint64
        The immediate; the offset of a jump or a branch.
    next, other : ndarray of uint64
        Where to go, modulo 2^64; of a branch: if its condition fails, and if it holds.
    """

    op: NDArray[np.uint8]
    rd: NDArray[np.uint8]
    rs1: NDArray[np.uint8]
    rs2: NDArray[np.uint8]
    imm: NDArray[np.uint64]
    next: NDArray[np.uint64]
    other: NDArray[np.uint64]

    def become(self, where: Mask, name: str, **slots: Any) -> None:
        """Turn the words of a mask into another operation; `slots` are numbers or arrays."""
        self.op[where] = NUMBER[name]
        for slot, value in slots.items():
            array = getattr(self, slot)
            array[where] = value[where] if isinstance(value, np.ndarray) else value

    def has(self, *names: str) -> Mask:
        """Mask of the words that are now one of these operations."""
        table = np.zeros(256, dtype=np.bool_)
        table[[NUMBER[name] for name in names]] = True
        return np.asarray(table[self.op])


@lru_cache(maxsize=1)
def _operations() -> NDArray[np.uint8]:
    """The operation or sequence by the number of the instruction."""
    table = np.full(256, NONE, dtype=np.uint8)
    for instruction in INSTRUCTIONS:
        table[instruction.number] = NUMBER[instruction.operation]
    return table


@lru_cache(maxsize=1)
def _computing() -> NDArray[np.bool_]:
    """Of each instruction: whether writing rd is all that it does but to go on."""
    table = np.zeros(256, dtype=np.bool_)
    computing = (Format.R, Format.I, Format.SHIFT, Format.SHIFT_WORD, Format.U, Format.J)
    for instruction in INSTRUCTIONS:
        table[instruction.number] = (
            instruction.format in computing and instruction.operation != "jalr"
        )
    return table


def _instructions(*names: str) -> NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    for instruction in INSTRUCTIONS:
        table[instruction.number] = instruction.name in names
    return table


def lower(decoded: Decoded, labels: NDArray[np.uint64]) -> Lowered:
    """The operation of every word.

    Parameters
    ----------
    decoded : Decoded
        The instructions.
    labels : ndarray of uint64, shape (words,)
        Their addresses.

    Returns
    -------
    Lowered
        The operations, after all the rules of this module.
    """
    number = decoded.number
    after = labels + U64(4)
    rows = Lowered(
        op=_operations()[number],
        rd=decoded.rd.copy(),
        rs1=decoded.rs1.copy(),
        rs2=decoded.rs2.copy(),
        imm=decoded.imm.copy(),
        next=after.copy(),
        other=np.zeros_like(labels),
    )
    _jumps(rows, number, labels, after)
    _branches(rows, number, labels, after)
    _discarded(rows, number)
    _shifts(rows)
    _words(rows)
    _constants_and_moves(rows)
    _in_place(rows)
    rows.become(rows.has("jump"), "jump", imm=rows.next - labels)
    return rows


def _jumps(
    rows: Lowered, number: NDArray[np.uint8], labels: NDArray[np.uint64], after: NDArray[np.uint64]
) -> None:
    auipc, jal = _instructions("auipc")[number], _instructions("jal")[number]
    rows.become(auipc, "li", imm=labels + rows.imm)
    rows.become(jal, "li", next=labels + rows.imm, imm=after)
    rows.become(rows.has("ecall"), "ecall", rs1=17, rs2=10, imm=0)


def _branches(
    rows: Lowered, number: NDArray[np.uint8], labels: NDArray[np.uint64], after: NDArray[np.uint64]
) -> None:
    """beq, bge, bgeu exchange the two ways; x0 and equal registers make a cheaper operation."""
    branch = _instructions(*_BRANCHES)[number]
    exchanged = branch & _instructions(*_EXCHANGED)[number]
    there = labels + rows.imm
    rows.other[branch] = np.where(exchanged, after, there)[branch]
    rows.next[exchanged] = there[exchanged]
    equality, unsigned = rows.has("bne"), rows.has("bltu")
    left, right = rows.rs1 == ZERO, rows.rs2 == ZERO
    # Nothing is below 0 or below itself, and nothing differs from itself.
    never = branch & ((rows.rs1 == rows.rs2) | (unsigned & right))
    taken = never & exchanged  # beq, bge, bgeu: the condition of the operation fails, so it goes
    # Against x0, "differs" and "less than, without sign" (x0 on the left) ask for not zero.
    rows.become(equality & right, "bnez")
    rows.become((equality | unsigned) & left & ~right, "bnez", rs1=rows.rs2)
    rows.become(never, "jump", next=np.where(taken, there, after))


def _discarded(rows: Lowered, number: NDArray[np.uint8]) -> None:
    """rd = x0: the result goes nowhere. A load still has to find its address in memory."""
    nowhere = rows.rd == ZERO
    rows.become(nowhere & _computing()[number], "jump")
    rows.rd[nowhere & rows.has("lb", "lh", "lw", "ld", "lbu", "lhu", "lwu")] = SINK
    rows.become(nowhere & rows.has("jalr"), "jr", next=0)


def _shifts(rows: Lowered) -> None:
    none = rows.imm == 0
    rows.become(rows.has("slli", "srli", "srai") & none, "mv")
    rows.become(rows.has("slliw", "srliw", "sraiw") & none, "addiw")
    rows.become(rows.has("slli") & (rows.imm == 1), "add", rs2=rows.rs1)
    rows.become(rows.has("slli") & (rows.imm == 32), "slli32")
    rows.become(rows.has("srli") & (rows.imm == 32), "srli32")
    by_zero = rows.rs2 == ZERO
    rows.become(rows.has("sll", "srl", "sra") & by_zero, "mv")
    rows.become(rows.has("sllw", "srlw", "sraw") & by_zero, "addiw", imm=0)


def _words(rows: Lowered) -> None:
    """addw and subw with x0 only sign-extend."""
    rows.become(rows.has("addw", "subw") & (rows.rs2 == ZERO), "addiw", imm=0)
    rows.become(rows.has("addw") & (rows.rs1 == ZERO), "addiw", rs1=rows.rs2, imm=0)


def _constants_and_moves(rows: Lowered) -> None:
    left = rows.rs1 == ZERO
    rows.become(rows.has("addi", "addiw", "ori", "xori") & left, "li")
    rows.become(rows.has("andi") & left, "li", imm=0)
    rows.become(rows.has("addi", "ori", "xori") & (rows.imm == 0), "mv")
    right = rows.rs2 == ZERO
    rows.become(rows.has("add", "sub", "or", "xor") & right, "mv")
    rows.become(rows.has("add", "or", "xor") & left, "mv", rs1=rows.rs2)
    rows.become(rows.has("and") & (left | right), "li", imm=0)
    rows.become(rows.has("mv") & (rows.rs1 == ZERO), "li", imm=0)
    rows.become(rows.has("andi") & (rows.imm >> U64(63) == 0), "andi_small")


def _in_place(rows: Lowered) -> None:
    """rd = rs1: one access to the register instead of two. A sum may exchange its operands."""
    first = rows.rd == rows.rs1
    rows.become(rows.has("addi") & first, "addi_inplace")
    rows.become(rows.has("sub") & first, "sub_inplace")
    rows.become(rows.has("add") & first, "add_inplace")
    rows.become(rows.has("add") & (rows.rd == rows.rs2), "add_inplace", rs2=rows.rs1)
