"""register_machine: a processor that executes a program, with its registers as columns.

What is proved, and the whole claim:

    This `program`, started with r0 = `input` and the other registers 0, halts after `steps`
    executed instructions, and then r0 is `output`.

It is the skeleton of a virtual machine, in two tables and one bus:

* PROCESSOR executes one instruction in each row.  What to do it *fetches*: it sends its line and
  what it takes for the instruction there.
* PROGRAM has one row for each line, preprocessed, and receives each as often as it was executed.

`cstark.vm` has 32 registers of 64 bits, and all of RISC-V.  These do not fit the columns of a row,
and become a memory; a number does not fit one field element, and becomes limbs; and there is no
table of the processor any more, but one for each kind of instruction.

Pages:

* `cstark.machines.register_machine.language`: the instructions, and what they do
* `cstark.machines.register_machine.tables`: the two tables, and why each constraint is there
* `cstark.machines.register_machine.workload`: claim, public values, arguments

Examples
--------
The factorial of 5 is the program that comes with it:

>>> from cstark.machines.register_machine import RegisterMachine
>>> claim = RegisterMachine(input=5).prepare().claim
>>> claim["output"], claim["steps"]
(120, 19)
"""

from __future__ import annotations

from cstark.machines.register_machine.language import Instruction, parse, run
from cstark.machines.register_machine.tables import Processor, ProgramTable
from cstark.machines.register_machine.workload import FACTORIAL, RegisterMachine

__all__ = [
    "FACTORIAL",
    "Instruction",
    "Processor",
    "ProgramTable",
    "RegisterMachine",
    "parse",
    "run",
]
