"""PROGRAM: which instruction lies at which address.

The table is preprocessed: its cells are a function of the program's words, the verifier computes
them itself, and their commitment is part of the verifying key.  So whatever the decoder below
does to an instruction is trusted, and the CPU never looks at an instruction word: it receives ten
cells that say what to do.

All five instructions are cases of one operation on two registers that are read, a constant, and
one register that may be written::

    a, b   = rs1, rs2
    result = a + b + constant            (modulo 2^64)
    if writes:  rd = result
    if a != b:  pc = pc + 4 + jump       else pc = pc + 4

=======  =======  =======  ===  ======  ==========  ==========  =====
         rs1      rs2      rd   writes  constant    jump        halts
=======  =======  =======  ===  ======  ==========  ==========  =====
lui      x0       x0       rd   rd > 0  immediate   0           0
addi     rs1      x0       rd   rd > 0  immediate   0           0
add      rs1      rs2      rd   rd > 0  0           0           0
bne      rs1      rs2      x0   0       0           offset - 4  0
ecall    x17, a7  x10, a0  x0   0       0           0           1
=======  =======  =======  ===  ======  ==========  ==========  =====

`writes` is 0 for rd = x0, which keeps x0 zero without any constraint: its first value is 0 (see
`cstark.machines.rv64.register`) and nothing ever writes it.  The constant is sign-extended, so of
its four 16-bit limbs the upper two are equal: `low`, `high`, and 65535 times `sign` twice.
"""

from __future__ import annotations

import numpy as np

from cstark.air import Air, P, Table
from cstark.machines.common import padded_rows
from cstark.machines.rv64.isa import Instruction
from cstark.machines.rv64.program import BASE, Program

__all__ = ["OPERATION", "ProgramTable", "operation"]

_A0, _A7 = 10, 17

#: What the CPU learns about an instruction: the message on the bus "program", in this order.
OPERATION = ("pc", "rs1", "rs2", "rd", "writes", "low", "high", "sign", "jump", "halts")


def operation(instruction: Instruction, pc: int) -> tuple[int, ...]:
    """The cells of an instruction at address `pc`, in the order of `OPERATION`.

    Examples
    --------
    >>> from cstark.machines.rv64.isa import addi, bne, decode
    >>> operation(decode(addi(5, 5, -1)), 0x10000)
    (65536, 5, 0, 5, 1, 65535, 65535, 1, 0, 0)
    >>> operation(decode(bne(5, 0, -16)), 0x10004)[8] - P
    -20
    """
    rs1, rs2, rd, constant, jump, halts = instruction.rs1, instruction.rs2, instruction.rd, 0, 0, 0
    match instruction.name:
        case "lui" | "addi":
            constant = instruction.immediate
        case "bne":
            jump = instruction.immediate - 4
        case "ecall":
            rs1, rs2, halts = _A7, _A0, 1
    low, high = constant & 0xFFFF, constant >> 16 & 0xFFFF
    return pc, rs1, rs2, rd, int(rd > 0), low, high, int(constant < 0), jump % P, halts


class ProgramTable(Air):
    """One row an instruction; `count` says how often it was executed.

    The table says "this instruction is at this address" as often as the CPU asks: `count` is not
    bounded by anything, so each of its rows must be true for any count.  Rows that only fill
    the table up to a power of two are not true (all zeros would be ``addi x0, x0, 0`` at
    address 0), hence `used`.

    No cell of `count` is free: 0 on unused rows, fixed by the bus on used ones.

    Parameters
    ----------
    program : Program
    """

    columns = ("count",)
    preprocessed = ("used", *OPERATION)

    def __init__(self, program: Program) -> None:
        self.program = program
        self.rows = padded_rows(len(program.words))

    def preprocessed_trace(self) -> np.ndarray:
        """The (rows, 11) uint64 array of `used` and the cells of every instruction."""
        trace = np.zeros((self.rows, 1 + len(OPERATION)), dtype=np.uint64)
        for i, instruction in enumerate(self.program.instructions):
            trace[i] = (1, *operation(instruction, BASE + 4 * i))
        return trace

    def constrain(self, t: Table) -> None:
        count, fixed = t.now.count, t.preprocessed
        t.every_row.zero((1 - fixed.used) * count, name="unused rows are no instructions")
        t.receive("program", [fixed[name] for name in OPERATION], count=count)
