"""The language: five instructions on four registers, in plain Python.

===============  ==============================================================
``set r1 5``     r1 = 5
``add r1 r2``    r1 = r1 + r2
``mul r1 -3``    r1 = -3 r1
``jnz r1 7``     goes on at line 7 if r1 is not 0
``halt``         ends; so does what comes after the last line
===============  ==============================================================

The second operand of `set`, `add` and `mul` is a register or a number.  Registers hold numbers
modulo p.  Lines are counted from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cstark as cs

__all__ = ["HALT", "REGISTERS", "Instruction", "Step", "parse", "run"]

REGISTERS = 4
MAX_LINES = 4096

_FORM = re.compile(
    r"(set|add|mul) r([0-3]) (?:r([0-3])|(-?[0-9]{1,20}))|jnz r([0-3]) ([0-9]{1,20})|halt"
)


@dataclass(frozen=True)
class Instruction:
    """One line of a program.

    Attributes
    ----------
    name : str
        ``"set"``, ``"add"``, ``"mul"``, ``"jnz"`` or ``"halt"``.
    target : int or None
        The register that is written, in all but `jnz` and `halt`.
    source : int or None
        The register that is read as second operand, or tested by `jnz`.
    number : int
        The second operand if it is no register, below p in size; for `jnz`, the line.
    """

    name: str
    target: int | None = None
    source: int | None = None
    number: int = 0

    def __str__(self) -> str:
        if self.name == "halt":
            return "halt"
        if self.name == "jnz":
            return f"jnz r{self.source} {self.number}"
        operand = self.number if self.source is None else f"r{self.source}"
        return f"{self.name} r{self.target} {operand}"


HALT = Instruction("halt")


def parse(lines: Iterable[str]) -> tuple[Instruction, ...]:
    """The program in these lines; blank ones and what follows a ``#`` are left out.

    Raises
    ------
    StatementError
        Naming the line, counted as in the text from 1.

    Examples
    --------
    >>> for line in parse(["set r1 1", "", "mul  r1 r0   # r1 = r1 r0", "add r0 -1", "jnz r0 1"]):
    ...     print(line)
    set r1 1
    mul r1 r0
    add r0 -1
    jnz r0 1
    """
    program = []
    for place, text in enumerate(lines, start=1):
        words = " ".join(text.partition("#")[0].split())
        if not words:
            continue
        match = _FORM.fullmatch(words)
        if match is None:
            raise cs.StatementError(
                f"line {place} of the text, {words!r:.60}, is none of: set|add|mul rN rN, "
                "set|add|mul rN NUMBER, jnz rN LINE, halt (with N from 0 to 3)"
            )
        name, target, source, number, tested, line = match.groups()
        value = int(number or line or 0)
        if abs(value) >= cs.P:
            raise cs.StatementError(f"line {place} of the text: {value} is not below p in size")
        if name:
            register = None if source is None else int(source)
            program.append(Instruction(name, int(target), register, value))
        else:
            program.append(Instruction("jnz", None, int(tested), value) if line else HALT)
    if not 1 <= len(program) <= MAX_LINES:
        raise cs.StatementError(
            f"the program has {len(program)} instructions, not 1 to {MAX_LINES}"
        )
    for instruction in program:
        if instruction.name == "jnz" and instruction.number > len(program):
            raise cs.StatementError(
                f"{instruction}: the program has the lines 0 to {len(program) - 1}, and ends at "
                f"{len(program)}"
            )
    return tuple(program)


@dataclass(frozen=True)
class Step:
    """An executed instruction: its line, the registers before it, operands and result."""

    line: int
    registers: tuple[int, ...]
    x: int
    y: int
    result: int


def run(program: Sequence[Instruction], start: int, most: int) -> list[Step]:
    """Execute a program, r0 = `start` and the other registers 0.

    Parameters
    ----------
    program : sequence of Instruction
    start : int
        Below p.
    most : int
        Steps after which it is given up.

    Returns
    -------
    list of Step
        The last one halts.

    Raises
    ------
    StatementError
        If it does not halt in time.

    Examples
    --------
    >>> steps = run(parse(["add r0 2", "mul r0 r0"]), start=3, most=10)
    >>> [(step.line, step.registers[0]) for step in steps]
    [(0, 3), (1, 5), (2, 25)]
    """
    registers, line = [start, *[0] * (REGISTERS - 1)], 0
    steps: list[Step] = []
    while len(steps) < most:
        instruction = program[line] if line < len(program) else HALT
        target, source = instruction.target, instruction.source
        constant = 0 if instruction.name == "jnz" else instruction.number
        x = 0 if target is None else registers[target]
        y = (constant if source is None else registers[source]) % cs.P
        result = {"set": y, "add": (x + y) % cs.P, "mul": x * y % cs.P}.get(instruction.name, 0)
        steps.append(Step(line, tuple(registers), x, y, result))
        if instruction.name == "halt":
            return steps
        if target is not None:
            registers[target] = result
        line = instruction.number if instruction.name == "jnz" and y else line + 1
    raise cs.StatementError(f"the program does not halt within {most} steps")
