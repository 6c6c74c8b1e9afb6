"""The tables: what a line does, and the lines that are executed.

An instruction is all of this, the cells of `OPERATION`, one row for each line of the program::

                target  source  constant  set  add  mul  jump  halt
    set r1 5       r1      -        5      1    0    0    0     0
    add r1 r2      r1      r2       0      0    1    0    0     0
    mul r1 -3      r1      -       -3      0    0    1    0     0
    jnz r1 7       -       r1       0      0    0    0    *     0      * 7 less the next line
    halt           -       -        0      0    0    0    0     1

`target` and `source` are four flags each, one for each register, at most one of them 1: with them
"the register named" is a sum of products, and degree 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

import cstark as cs
from cstark.gadgets import inverse_or_zero
from cstark.machines.register_machine.language import HALT, REGISTERS, Instruction, Step

__all__ = ["OPERATION", "Processor", "ProgramTable", "processor_trace"]

#: The columns of an instruction; the message on the bus "fetch" is a line number and these.
OPERATION: dict[str, tuple[int, ...]] = {
    "target": (REGISTERS,),
    "source": (REGISTERS,),
    "constant": (),
    "set": (),
    "add": (),
    "mul": (),
    "jump": (),
    "halt": (),
}


def operations(program: Sequence[Instruction]) -> np.ndarray:
    """Line numbers and cells of `OPERATION`: (rows, 15) uint64, filled up with `halt`.

    There is at least one `halt` more than the program has lines: running on past the last one
    ends it.
    """
    rows = cs.padded_rows(len(program) + 1)
    cells = []
    for line, it in enumerate([*program, *[HALT] * (rows - len(program))]):
        jump, constant = 0, it.number
        if it.name == "jnz":
            jump, constant = it.number - (line + 1), 0
        flags = [int(it.name == name) for name in ("set", "add", "mul")]
        target, source = (
            [int(k == one) for k in range(REGISTERS)] for one in (it.target, it.source)
        )
        cells.append(
            [line, *target, *source, constant % cs.P, *flags, jump % cs.P, int(it.name == "halt")]
        )
    return np.array(cells, dtype=np.uint64)


class ProgramTable(cs.Air):
    """The program, fixed when the machine is made; `count` says how often a line was executed.

    The cells are preprocessed, so the verifying key holds them: a proof is about this program.
    The counts are the prover's, and nothing bounds them, so every row must be true whatever its
    count.  Hence the table is filled up with lines that say `halt`, which is what these lines
    do.  Rows of zeros would say that line 0, besides what it does, also does nothing at all: and
    a prover could choose, each time it gets there.
    """

    columns = ("count",)
    preprocessed = {"line": (), **OPERATION}

    def __init__(self, program: Sequence[Instruction]) -> None:
        self.operations = operations(program)

    def preprocessed_trace(self) -> np.ndarray:
        """Line and cells of each row."""
        return self.operations

    def constrain(self, t: cs.Table) -> None:
        fixed = t.preprocessed
        t.receive("fetch", [fixed.line, *(fixed[name] for name in OPERATION)], count=t.now.count)


class Processor(cs.Air):
    """One row for each executed instruction; then rows that do nothing, to fill up the table."""

    columns: dict[str, tuple[int, ...]] = {
        "line": (),
        **OPERATION,
        "busy": (),  # 1: an instruction is executed, 0: it is over
        "clock": (),  # number of the row
        "registers": (REGISTERS,),  # before the instruction
        "x": (),  # the target register
        "y": (),  # the source register, or the constant
        "inverse": (),  # of y, or 0 for 0
        "result": (),  # what the target register becomes
    }
    publics = ("input", "output", "steps")

    def constrain(self, t: cs.Table) -> None:
        now, nxt, publics = t.now, t.next, t.publics

        # Fetch: what is done is what the program says.  Only where `busy` is 1, so where it is
        # 0 nobody says what these cells are, and without the next line the rows after the end
        # could go on computing: with a `set r0` of the prover's choice.
        t.send("fetch", [now.line, *(now[name] for name in OPERATION)], count=now.busy)
        for name in OPERATION:
            t.every_row.zero((1 - now.busy) * now[name], name=f"{name} is 0 when it is over")

        # Start and end.  `busy` goes from 1 to 0 after a halt and at no other place, never back.
        # The last row is idle or halts: else a run that the table cuts off could pass for ended.
        t.every_row.boolean(now.busy, name="busy is a flag")
        t.first_row.equal(now.busy, 1, name="it begins")
        t.first_row.zero(now.line, name="with line 0")
        t.first_row.equal(now.registers, [publics.input, 0, 0, 0], name="and these registers")
        t.transition.equal(nxt.busy, now.busy - now.halt, name="it goes on until it halts")
        t.last_row.equal(now.busy, now.halt, name="it halts in the end")
        t.last_row.equal(now.registers[0], publics.output, name="with this result")
        t.first_row.zero(now.clock, name="the clock starts at 0")
        t.transition.equal(nxt.clock, now.clock + 1, name="the clock counts")
        t.every_row.zero(now.halt * (now.clock + 1 - publics.steps), name="steps as claimed")

        # The operands and the result.  They have columns to keep the degree at 3.
        t.every_row.equal(now.x, (now.target * now.registers).sum(), name="x")
        t.every_row.equal(now.y, (now.source * now.registers).sum() + now.constant, name="y")
        t.every_row.equal(
            now.result,
            now.set * now.y + now.add * (now.x + now.y) + now.mul * now.x * now.y,
            name="result",
        )
        # All registers keep their value but the target.  What is not said to stay may change.
        t.transition.equal(
            nxt.registers,
            now.registers + now.target * (now.result - now.registers),
            name="registers after",
        )

        # The next line: `jump` further if y is not 0.  It is 0 for everything but jnz, so that no
        # flag is needed for that.  y times its inverse is 1 or, for y = 0, 0: see
        # `cstark.machines.read_write_memory`, which needs the same.
        nonzero = now.y * now.inverse
        t.every_row.zero(now.y * (1 - nonzero), name="not 0: has an inverse")
        t.every_row.zero(now.inverse * (1 - nonzero), name="0: has none")
        t.transition.equal(nxt.line, now.line + 1 + nonzero * now.jump, name="next line")


    def fill(self, trace: np.ndarray, rows: int) -> np.ndarray:
        """The trace with more rows behind it that do nothing."""
        filled = np.zeros((rows, trace.shape[1]), dtype=np.uint64)
        filled[: len(trace)] = trace
        cells, used = self.view(filled), len(trace)
        last = self.view(filled[used - 1 : used])
        cells.line[used:] = last.line + 1 + np.arange(rows - used)  # goes on, and means nothing
        cells.clock[used:] = np.arange(used, rows)
        cells.registers[used:] = last.registers + last.target * (last.result - last.registers)
        return filled


def processor_trace(lines: np.ndarray, steps: Sequence[Step]) -> np.ndarray:
    """The trace of `Processor` for a run of a program with these `operations`."""
    fetched = lines[[step.line for step in steps]]
    width = sum(math.prod(shape) for shape in Processor.columns.values())
    trace = np.zeros((len(steps), width), dtype=np.uint64)
    trace[:, : fetched.shape[1]] = fetched
    cells = Processor().view(trace)
    cells.busy[:] = 1
    cells.clock[:] = np.arange(len(steps))
    cells.registers[:] = [step.registers for step in steps]
    cells.x[:] = [step.x for step in steps]
    cells.y[:] = [step.y for step in steps]
    cells.result[:] = [step.result for step in steps]
    cells.inverse[:] = inverse_or_zero(cells.y)
    return Processor().fill(trace, cs.padded_rows(len(steps)))
