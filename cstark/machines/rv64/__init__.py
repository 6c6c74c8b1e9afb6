"""A machine that proves the execution of RV64I programs made of five instructions.

* `cstark.machines.rv64.isa`: the instructions, as words
* `cstark.machines.rv64.program`: programs
* `cstark.machines.rv64.cpu`, `program_table`, `register`: one table each; the fourth, of the
  numbers 0 to 65535, is that of `cstark.machines.range_check`
* `cstark.machines.rv64.trace`: execution and traces
* `cstark.machines.rv64.statement`: what is proved

`cstark.machines.fib_iterative` is a program for it.
"""

from __future__ import annotations

from cstark.machines.rv64.cpu import MAX_STEPS
from cstark.machines.rv64.isa import Instruction, add, addi, bne, decode, ecall, lui
from cstark.machines.rv64.program import BASE, MAX_WORDS, Program, load_immediate
from cstark.machines.rv64.statement import claim_of, machine_tables, program_of, statement
from cstark.machines.rv64.trace import Execution, execute

__all__ = [
    "BASE",
    "MAX_STEPS",
    "MAX_WORDS",
    "Execution",
    "Instruction",
    "Program",
    "add",
    "addi",
    "bne",
    "claim_of",
    "decode",
    "ecall",
    "execute",
    "load_immediate",
    "lui",
    "machine_tables",
    "program_of",
    "statement",
]
