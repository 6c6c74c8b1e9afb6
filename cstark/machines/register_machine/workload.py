"""Claim, public values and arguments of ``register_machine``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.machines.common import is_element
from cstark.machines.register_machine.language import Instruction, parse, run
from cstark.machines.register_machine.tables import Processor, ProgramTable, processor_trace

__all__ = ["FACTORIAL", "RegisterMachine"]

#: Longest run: a million steps.
MAX_STEPS = 1 << 20
#: Longest program text, in bytes: what `parse` accepts is shorter.
MAX_TEXT = 1 << 18

FACTORIAL = """\
set r1 1
jnz r0 3
jnz r1 6       # 0! = 1
mul r1 r0      # r1 = n (n - 1) (n - 2) ...
add r0 -1
jnz r0 3
set r0 r1
"""


def text_of(path: str) -> str:
    """The text of a program file."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(MAX_TEXT + 1)
    except OSError as error:
        raise cs.StatementError(f"the program {path!r}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise cs.StatementError(f"the program {path!r} is no text in UTF-8") from None
    if len(text) > MAX_TEXT:
        raise cs.StatementError(f"the program {path!r} is longer than {MAX_TEXT} characters")
    return text


def program_of(lines: list[Any]) -> tuple[Instruction, ...]:
    """The program in a claim, where comments, blanks and leading zeros have no place."""
    if not all(isinstance(line, str) for line in lines):
        raise cs.StatementError("claim.program is a list of strings")
    program = parse(lines)
    if [str(instruction) for instruction in program] != lines:
        raise cs.StatementError("claim.program is not spelt as `parse` prints it")
    return program


@dataclass(frozen=True)
class RegisterMachine(cs.Workload):
    """A program for a machine with four registers and five instructions."""

    program: str | None = cs.argument(
        None, help="file with a program; the factorial of the input if not given"
    )
    input: int = cs.argument(10, help="r0 in the beginning", minimum=0, maximum=cs.P - 1)

    def prepare(self) -> cs.Prepared:
        """Execute the program.

        Raises
        ------
        StatementError
            If it cannot be read, is none, or does not halt.
        """
        text = FACTORIAL if self.program is None else text_of(self.program)
        program = parse(text.splitlines())
        steps = run(program, self.input, MAX_STEPS)
        table = ProgramTable(program)
        executed = np.bincount([step.line for step in steps], minlength=len(table.operations))
        claim = {
            "program": [str(instruction) for instruction in program],
            "input": self.input,
            "steps": len(steps),
            "output": steps[-1].registers[0],
        }
        traces = {
            "processor": processor_trace(table.operations, steps),
            "program": executed.astype(np.uint64).reshape(-1, 1),
        }
        return cs.Prepared(claim, traces)

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        lines, start, steps, output = cs.read_claim(
            claim, program=list, input=int, steps=int, output=int
        )
        if not (is_element(start) and is_element(output)):
            raise cs.StatementError("claim.input and claim.output are integers below p")
        if not 1 <= steps <= MAX_STEPS:
            raise cs.StatementError(f"claim.steps is {steps}, not from 1 to {MAX_STEPS}")
        return cs.Statement(
            {"processor": Processor(), "program": ProgramTable(program_of(lines))},
            {"processor": [start, output, steps]},
        )
