"""A stack machine: four gadgets and a processor.

What is proved:

    `program`, started with `argument` in cell 0, halts within `rows` steps with `result` in cell 1.

Programs have eight instructions. Cells 0 to 15 of the memory are local variables, and the stack
grows upwards from cell 16::

    push 5    puts a number on the stack              add, sub, mul   take two, put the result
    get 1     puts a local variable there             jnz 2           takes one, goes to line 2 if
    set 1     takes one into a local variable                         it is not 0
    halt      stays where it is

It does what `cstark.machines.register_machine` does, and is written with what is ready-made:

* the program is a `LookupTable` of (line, operation, number): the processor sends what it executes;
* the operation is eight flags, one of them 1: `one_hot`;
* the stack and the variables are a `Memory`: each access is sent with its time, and what was
  written last is what is read;
* whether a jump is taken is `is_zero`.

What is left is what the operations mean. An instruction has up to three accesses to the memory, at
the times 4 clock, 4 clock + 1 and 4 clock + 2. The verifier makes two accesses himself, with
tokens: he writes the argument at time 0 and reads the result when all is over. The first row has
clock 1, so that nothing comes before the argument.

The last row must halt: else a run that the table cuts off could pass for one that ended. After
`halt` the machine stays on its line, so that the rest of the table needs no rules of its own. What
an instruction does not read is 0 (``a``, ``b``): otherwise it would be the prover's to choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.errors import quoted
from cstark.gadgets import (
    Limbs,
    LookupTable,
    Memory,
    RangeTable,
    inverse_or_zero,
    is_zero,
    one_hot,
    one_hot_of,
)
from cstark.machines.common import check_rows, counted_again, is_element

__all__ = ["Processor", "StackMachine", "execute", "parse"]

OPERATIONS = ("push", "get", "set", "add", "sub", "mul", "jnz", "halt")
NUMBERED = ("push", "get", "set", "jnz")
STACK = 16
GAP = Limbs(24)
MAX_LOG_ROWS = 20  # times stay below 2^24
MAX_LINES = 1 << 10

FACTORIAL = """push 1; set 1;
get 0; get 1; mul; set 1;
get 0; push 1; sub; set 0;
get 0; jnz 2; halt"""

Instruction = tuple[str, int]


class Processor(cs.Air):
    """An executed instruction in each row."""

    columns = {
        "clock": (),
        "line": (),
        "top": (),  # of the stack: the first cell that is free
        "flags": (len(OPERATIONS),),
        "number": (),
        "a": (),  # what is read: a variable, or what lies on the stack
        "b": (),  # what lies below it
        "result": (),  # what is written
        "inverse": (),
        "zero": (),  # 1: a is 0
    }

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def constrain(self, t: cs.Table) -> None:
        now, nxt, time = t.now, t.next, 4 * t.now.clock
        push, get, put, add, sub, mul, jnz, halt = now.flags
        two = add + sub + mul
        a, b = now.a, now.b

        t.send("program", [now.line, one_hot(t, now.flags), now.number])
        is_zero(t, a, now.inverse, now.zero)
        t.every_row.equal(
            now.result,
            push * now.number + (get + put) * a + add * (a + b) + sub * (b - a) + mul * a * b,
            name="result",
        )
        t.every_row.zero((push + halt) * a, name="no operand")
        t.every_row.zero((1 - two) * b, name="no second operand")

        t.send("memory", [now.number, time, a, 0], count=get, name="variable")
        t.send("memory", [now.top - 1, time, a, 0], count=put + two + jnz, name="top")
        t.send("memory", [now.top - 2, time + 1, b, 0], count=two, name="below")
        t.send("memory", [now.number, time + 2, now.result, 1], count=put, name="into variable")
        t.send("memory", [now.top, time + 2, now.result, 1], count=push + get, name="on top")
        t.send("memory", [now.top - 2, time + 2, now.result, 1], count=two, name="instead of two")

        t.first_row.equal([now.clock, now.line, now.top], [1, 0, STACK], name="start")
        t.transition.equal(nxt.clock, now.clock + 1, name="the clock counts")
        t.transition.equal(nxt.top, now.top + push + get - put - two - jnz, name="the stack")
        jump = jnz * (1 - now.zero) * (now.number - now.line - 1)
        t.transition.equal(nxt.line, now.line + 1 - halt + jump, name="next line")
        t.last_row.equal(halt, 1, name="it halts")


def parse(text: str) -> list[Instruction]:
    """A program as a list: instructions are set apart by semicolons or new lines.

    Raises
    ------
    StatementError
        If something is no instruction.

    Examples
    --------
    >>> parse("push 3; mul")
    [('push', 3), ('mul', 0)]
    """
    program = []
    for line in filter(str.strip, text.replace("\n", ";").split(";")):
        name, *number = line.split()
        if name not in OPERATIONS or len(number) != (name in NUMBERED):
            raise cs.StatementError(f"{quoted(line.strip())} is no instruction")
        if not all(d.removeprefix("-").isdecimal() and len(d) < 25 for d in number):
            raise cs.StatementError(f"{quoted(line.strip())}: {quoted(number[0])} is no number")
        program.append((name, int(*number)))
    return program


def execute(
    program: Sequence[Instruction], argument: int, most: int
) -> tuple[list[Any], list[Any]]:
    """The steps of a run, (line, top, a, b, result) each, and its accesses to the memory.

    Raises
    ------
    StatementError
        If it does not halt within `most` steps.
    """
    cells, line, top = {0: argument}, 0, STACK
    steps: list[Any] = []
    accesses: list[Any] = [(0, 0, argument, 1)]

    def read(at: int, time: int) -> int:
        accesses.append((at, time, cells.get(at, 0), 0))
        return cells.get(at, 0)

    while len(steps) < most and line < len(program):
        name, number = program[line]
        time, two = 4 * (len(steps) + 1), name in ("add", "sub", "mul")
        a = 0 if name in ("push", "halt") else read(number if name == "get" else top - 1, time)
        b = read(top - 2, time + 1) if two else 0
        results = {"push": number, "get": a, "set": a, "add": a + b, "sub": b - a, "mul": a * b}
        result = results.get(name, 0) % cs.P
        steps.append((line, top, a, b, result))
        if name in results:
            at = number if name == "set" else top - 2 if two else top
            cells[at] = result
            accesses.append((at, time + 2, result, 1))
        if name == "halt":
            return steps, accesses
        top += 1 if name in ("push", "get") else -1
        line = number if name == "jnz" and a else line + 1
    raise cs.StatementError(f"the program does not halt within {most} steps")


def tables(program: Sequence[Instruction], rows: int) -> dict[str, cs.Air]:
    lines = [(line, OPERATIONS.index(name), k) for line, (name, k) in enumerate(program)]
    return {
        "processor": Processor(rows),
        "program": LookupTable(lines, bus="program"),
        "memory": Memory(GAP),
        "range": RangeTable(8),
    }


@dataclass(frozen=True)
class StackMachine(cs.Workload):
    """A program for a machine with a stack, which is kept in a memory."""

    program: str = cs.argument(FACTORIAL, help="instructions, set apart by semicolons")
    argument: int = cs.argument(20, help="cell 0 in the beginning", minimum=0, maximum=cs.P - 1)

    def prepare(self) -> cs.Prepared:
        program = parse(self.program)
        steps, accesses = execute(program, self.argument, 1 << MAX_LOG_ROWS)
        rows = cs.padded_rows(len(steps))
        result = next((v for at, _, v, write in accesses[::-1] if (at, write) == (1, 1)), 0)
        accesses.append((1, 4 * (rows + 1), result, 0))

        claim = {"program": [list(one) for one in program], "argument": self.argument,
                 "rows": rows, "result": result}  # fmt: skip
        statement = self.statement(claim)
        air, memory = Processor(rows), Memory(GAP)
        cells = air.view(trace := air.zeros())
        steps += steps[-1:] * (rows - len(steps))
        cells.line, cells.top, cells.a, cells.b, cells.result = np.array(steps, dtype=np.uint64).T
        cells.clock = np.arange(1, rows + 1)
        executed = [program[line] for line, *_ in steps]
        cells.flags = one_hot_of([OPERATIONS.index(name) for name, _ in executed], len(OPERATIONS))
        cells.number = [number % cs.P for _, number in executed]
        cells.inverse, cells.zero = inverse_or_zero(cells.a), cells.a == 0
        traces = {"processor": trace, "memory": memory.trace(*zip(*accesses, strict=True))}
        machine = cs.Machine(statement.tables)
        traces |= {bus: machine.count(traces, bus) for bus in ("program", "range")}
        return cs.Prepared(claim, traces, counted_again(machine, traces, "program", "range"))

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        program, argument, rows, result = cs.read_claim(
            claim, program=list, argument=int, rows=int, result=int
        )
        if not 1 <= len(program) <= MAX_LINES:
            raise cs.StatementError(f"claim.program has {len(program)} lines, not 1 to {MAX_LINES}")
        for line in program:
            known = isinstance(line, list) and len(line) == 2 and line[0] in OPERATIONS
            if not (known and type(line[1]) is int and abs(line[1]) < cs.P):
                raise cs.StatementError("claim.program is not a list of instructions with numbers")
        if not (is_element(argument) and is_element(result)):
            raise cs.StatementError("claim.argument and claim.result are integers below p")
        check_rows("claim.rows", rows, 1 << MAX_LOG_ROWS)
        return cs.Statement(
            tables(program, rows),
            tokens=[
                cs.Send("memory", [0, 0, argument, 1]),
                cs.Send("memory", [1, 4 * (rows + 1), result, 0]),
            ],
        )
