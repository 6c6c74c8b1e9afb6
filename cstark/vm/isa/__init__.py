"""The instruction set: decoding, the operations that instructions become, and text.

* `cstark.vm.isa.instructions`: RV64IM, as one table
* `cstark.vm.isa.operations`: what the machine executes, one row of a table each
* `cstark.vm.isa.sequences`: rare instructions as several operations
* `cstark.vm.isa.decode`, `cstark.vm.isa.lower`, `cstark.vm.isa.expand`: from words to operations
* `cstark.vm.isa.code`: the result
* `cstark.vm.isa.disassembly`: instructions as text
"""

from __future__ import annotations

from cstark.vm.isa.code import NOWHERE, OPERATION, PROGRAM_COLUMNS, Code
from cstark.vm.isa.disassembly import text, texts, why_none
from cstark.vm.isa.expand import expand
from cstark.vm.isa.instructions import INSTRUCTIONS, Instruction
from cstark.vm.isa.operations import BY_CODE, OPERATIONS, Operation
from cstark.vm.isa.sequences import SEQUENCES

__all__ = [
    "BY_CODE",
    "INSTRUCTIONS",
    "NOWHERE",
    "OPERATION",
    "OPERATIONS",
    "PROGRAM_COLUMNS",
    "SEQUENCES",
    "Code",
    "Instruction",
    "Operation",
    "expand",
    "text",
    "texts",
    "why_none",
]
