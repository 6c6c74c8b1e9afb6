"""`Execution`: a run of a program, what it took, and what a proof of it would take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

import cstark as cs
from cstark.air.fill import PadTo, read_pad_to
from cstark.text import bytes_text, pairs, table
from cstark.vm.executor import COUNT, run, start
from cstark.vm.executor.marks import Marks
from cstark.vm.profile import Profile
from cstark.vm.shards.runs import InShards
from cstark.vm.statement import claim_of
from cstark.vm.tables import FAMILIES
from cstark.vm.trace.gathering import SMALL, prices_of
from cstark.vm.trace.planning import TracePlan, plan, plan_rows
from cstark.vm.trace.record import Trace, Traces, recording_rate, traces
from cstark.vm.trace.splitting import PADDING

if TYPE_CHECKING:
    from cstark.cost.estimate import Estimate
    from cstark.vm.program import Program

__all__ = ["Execution", "execute"]

#: Tables around the families whose rows a run makes; the others have the same rows in every run.
MADE = ("fresh", "input", "output", "refresh")


def execute(
    program: Program, input: bytes, max_steps: int, progress: Callable[[int], object] | None
) -> Execution:
    """Run a program and count what a proof needs; see `Program.run`."""
    if not isinstance(input, (bytes, bytearray, memoryview)):
        raise cs.StatementError(f"input is {type(input).__name__}; it must be bytes")
    input = bytes(input)  # proving executes once more: the caller may change his own by then
    hart = start(program.code, program.image, input, COUNT, max_rows=max_steps)
    began = perf_counter()
    marks = Marks()
    run(hart, program.code, symbols=program.image.symbols, progress=progress, marks=marks)
    seconds = perf_counter() - began
    planned = plan(hart, program.code, program.image, input, program.row_cells())
    return Execution(
        program=program,
        input=input,
        steps=hart.rows,
        instructions=hart.instructions,
        exit_code=hart.exit_code or 0,  # None only before the end
        output=hart.output(),
        log=hart.log,
        plan=planned,
        marks=marks,
        seconds=seconds,
    )


@dataclass(frozen=True, eq=False)
class Execution(InShards):
    """A run of a program that halted.

    Made by `Program.run`. The run is not kept: it depends on nothing but program and input, so
    `prove` executes it again and writes down every row.

    Attributes
    ----------
    program : Program
    input : bytes
    steps : int
        Executed operations, the rows of the families together; T in the statement.
    instructions : int
        Executed instructions; a rare one is several operations.
    exit_code : int
        The value of a0 at the end, from 0 to 2^64 - 1.
    output : bytes
        What the program wrote to the output window.
    log : bytes
        What it printed. No part of the statement.
    plan : TracePlan
        Rows and heights of every table.
    marks : Marks
        Rows of every table at places along the run: where it may be cut into shards.
    seconds : float
        How long it took to execute and count it.

    Examples
    --------
    Five instructions: a0 = 6 * 7, then the call that halts with it.

    >>> from cstark import vm
    >>> words = [0x00600513, 0x00700593, 0x02B50533, 0x05D00893, 0x00000073]
    >>> run = vm.Program(vm.Image.from_text(words)).run()
    >>> run.exit_code, run.instructions, run.rows
    (42, 5, {'li': 3, 'mul': 1, 'halt': 1})
    """

    program: Program
    input: bytes
    steps: int
    instructions: int
    exit_code: int
    output: bytes
    log: bytes
    plan: TracePlan
    marks: Marks
    seconds: float = 0.0

    # ---- what it took -------------------------------------------------------------------------

    @property
    def rows(self) -> dict[str, int]:
        """Name of a family -> how many operations it executed, most first; none are left out.

        The numbers add up to `steps`. They are rows before tables are filled up to a power of two.
        """
        used = {name: self.plan.rows[name] for name in self.plan.rows if name in FAMILIES}
        return dict(sorted(((n, k) for n, k in used.items() if k), key=lambda item: -item[1]))

    @cached_property
    def cells(self) -> int:
        """Committed cells of the rows that the run makes, before tables are filled up.

        Cells of a row are its columns and three for every two messages. The families count, and
        the tables of memory and registers that grow with the run; not the program, its image and
        the tables that are looked into, which are the same in every run.
        """
        widths = self.program.row_cells()
        return sum(
            rows * widths[name]
            for name, rows in self.plan.rows.items()
            if name in FAMILIES or name in MADE
        )

    @property
    def trace_bytes(self) -> int:
        """Memory of the traces in bytes: 8 for each cell, tables filled up to their heights."""
        return 8 * self.plan.words

    def profile(self) -> Profile:
        """Where the cells of the families went, by function and call stack.

        The run is executed once more, with its calls and returns followed.

        Returns
        -------
        Profile
            Cells, as `cells` counts them, of the families alone.
        """
        from cstark.vm.executor.profile import profile_stacks

        program = self.program
        return Profile(
            profile_stacks(program.code, program.image, self.input, self.steps, program.row_cells())
        )

    def estimate(
        self,
        options: cs.Options | None = None,
        *,
        time: bool = False,
        pad_to: PadTo | None = None,
    ) -> Estimate:
        """What a proof of the run will cost, as `Machine.estimate` says it.

        Parameters
        ----------
        options : Options, optional
        time : bool
            Whether to estimate seconds, from runs of the prover at lower heights and of the program
            over its first rows. What only the first proof takes includes executing the program to
            count its rows.
        pad_to : mapping of str to (int or sequence of int), optional
            As for `prove`.

        Returns
        -------
        Estimate
        """
        planned = self.plan_for(options, pad_to)
        found = self.program.machine(options).estimate(planned.heights, time=time)
        timing = found.timing
        if timing is None:
            return found
        once, phases = dict(timing.once), dict(timing.phases)
        once["execute"] = self.seconds
        once["first touch"] *= 1 + 8 * planned.words / found.peak_bytes
        program = self.program
        rate = recording_rate(program.code, program.image, self.input, planned)
        phases["read traces"] += rate * self.steps  # they are recorded when they are read
        return replace(
            found,
            timing=replace(timing, seconds=sum(phases.values()), phases=phases, once=once),
        )

    # ---- proving ------------------------------------------------------------------------------

    @property
    def claim(self) -> dict[str, Any]:
        """What a proof of the run claims, if it hides nothing."""
        return self.claim_for(None)

    def claim_for(self, options: cs.Options | None) -> dict[str, Any]:
        """What a proof of the run with some options claims.

        With ``zk=True`` the claim does not say how many operations were executed. The heights of
        the tables are public all the same.

        Parameters
        ----------
        options : Options or None

        Returns
        -------
        dict
        """
        hidden = options is not None and options.zk
        return claim_of(self.program, None if hidden else self.steps, self.exit_code, self.output)

    def traces(self, progress: Callable[[int], object] | None = None) -> Traces:
        """The rows of every table; the run is executed once more, and written down.

        Parameters
        ----------
        progress : callable, optional
            Called with the number of operations so far, some ten times a second.

        Returns
        -------
        dict of str to ndarray of uint64, shape (height, columns), or list of them
            For `Machine.prove`, `Machine.check`, or to look at. A family has a list of tables,
            the tallest first, without any where it executes nothing. Rows of a table that
            execute nothing have 0 in the column ``real``.

        Examples
        --------
        >>> from cstark import vm
        >>> run = vm.Program(vm.Image.from_text([0x05D00893, 0x00000073])).run()
        >>> found = run.traces()
        >>> [table] = found["li"]
        >>> table.shape, table[:2, 0]  # one instruction in 8 rows
        ((8, 10), array([1, 0], dtype=uint64))
        """
        return traces(
            self.program.code, self.program.image, self.input, self.plan, progress=progress
        )

    def plan_for(self, options: cs.Options | None = None, pad_to: PadTo | None = None) -> TracePlan:
        """The tables of a proof with some options.

        Parameters
        ----------
        options : Options, optional
            With a blowup of 8 or more, as in `Options.small`, bytes count and not time: each
            family has one table, if any. No table is taller than `max_log_height` says. From a
            blowup of 4 on, and with ``zk=True``, families of few rows, and what is left of others,
            are gathered in the tables ``rare`` and ``rare_narrow``
            (`cstark.vm.trace.gathering`). Without options it is `plan`.
        pad_to : mapping of str to (int or sequence of int), optional
            Table -> rows that it is to have, of a family those of each of its traces. Such a family
            is not gathered, and its rows are not split but as is said here.

        Returns
        -------
        TracePlan

        Raises
        ------
        TraceError
            `pad_to` names a table that does not exist or has a fixed height, or fewer rows than the
            run needs.
        """
        if options is None and not pad_to:
            return self.plan
        machine = self.program.machine(options)
        wanted = read_pad_to(machine.descriptions, pad_to, machine.resolved.max_log_height)
        options = machine.options
        padding = PADDING if options.blowup < SMALL else float("inf")
        counted = not options.zk
        return plan_rows(
            self.steps, self.plan.rows, self.program.row_cells(counted=counted), padding,
            options.max_log_height, self.program.rares(counted=counted), prices_of(machine), wanted,
        )  # fmt: skip

    def prepared(
        self, options: cs.Options | None = None, pad_to: PadTo | None = None
    ) -> cs.Prepared:
        """Claim and traces, as a workload prepares them; the traces are made when first read.

        Parameters
        ----------
        options : Options, optional
            What the proof will be made with: see `plan_for`.
        pad_to : mapping of str to (int or sequence of int), optional
            Likewise.

        Returns
        -------
        Prepared
        """
        program, planned = self.program, self.plan_for(options, pad_to)
        rares = program.rares(counted=options is None or not options.zk)
        made: dict[tuple[str, int], Trace] = {}

        def take(key: tuple[str, int]) -> Trace:
            if key not in made:  # the first is read, or one is read again
                recorded = traces(program.code, program.image, self.input, planned, rares=rares)
                for name, found in recorded.items():
                    tables = found if isinstance(found, list) else [found]
                    made.update({(name, k): trace for k, trace in enumerate(tables)})
            return made.pop(key)

        def later(*key: Any) -> Callable[[], Trace]:
            return lambda: take(key)

        found: dict[str, Any] = {}
        for name, heights in planned.heights.items():
            if isinstance(heights, int):
                found[name] = later(name, 0)
            else:
                found[name] = [later(name, k) for k in range(len(heights))]
        return cs.Prepared(
            self.claim_for(options), found, lambda rows: self.prepared(options, rows).traces
        )

    def prove(
        self,
        options: cs.Options | None = None,
        *,
        pad_to: PadTo | None = None,
        **settings: Any,
    ) -> cs.Proof:
        """Prove the run.

        Parameters
        ----------
        options : Options, optional
            Default: the usual ones, up to the tallest tables that are sound.
        pad_to : mapping of str to (int or sequence of int), optional
            Rows that tables are to have, see `plan_for`. Heights are public, also with ``zk=True``:
            they tell how much of which kind the run executed, and how long its input is.
        **settings
            `check`, `progress`, `max_memory`: as for `Machine.prove`.

        Returns
        -------
        Proof
            Its claim is that of `claim_for`: program, rows, exit code and output.

        Raises
        ------
        AirError
            The options allow taller tables than are sound.
        TraceError
            As of `plan_for`.
        CstarkError
            The proof needs more memory than `max_memory`.

        Examples
        --------
        >>> from cstark import vm
        >>> run = vm.Program(vm.Image.from_text([0x05D00893, 0x00000073])).run()
        >>> padded = run.plan_for(pad_to={"li": (16, 8), "input": 32})
        >>> padded.heights["li"], padded.heights["input"]
        ((16, 8), 32)
        >>> proof = run.prove(pad_to={"li": (16, 8), "input": 32})
        >>> run.program.verify(proof).exit_code
        0
        """
        prepared, claim = self.prepared(options, pad_to), self.claim_for(options)
        said = self.program.statement(claim)
        return self.program.machine(options).prove(
            prepared.traces, tokens=said.tokens, claim=cs.encode_claim(claim), **settings
        )

    def check(self, options: cs.Options | None = None, **settings: Any) -> cs.CheckReport:
        """Check the traces against the tables without proving.

        Parameters
        ----------
        options : Options, optional
        **settings
            `mutate`, `seed`: as for `Machine.check`.

        Returns
        -------
        CheckReport
        """
        said = self.program.statement(self.claim)
        return self.program.machine(options).check(self.traces(), tokens=said.tokens, **settings)

    # ---- showing ------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for `json.dumps`.

        ``rows`` is the number of operations, ``families`` the rows of each family, ``heights``
        those of all tables filled up, ``cells`` and ``trace_bytes`` as here, ``output`` in
        hexadecimal digits, ``log`` as text.
        """
        return {
            "program": self.program.id,
            "instructions": self.instructions,
            "rows": self.steps,
            "cells": self.cells,
            "exit_code": self.exit_code,
            "output": self.output.hex(),
            "log": self.log.decode("utf-8", "replace"),
            "families": self.rows,
            "heights": {
                name: heights if isinstance(heights, int) else list(heights)
                for name, heights in self.plan.heights.items()
            },
            "trace_bytes": self.trace_bytes,
        }

    def __str__(self) -> str:
        widths = self.program.row_cells()
        lines: list[list[object]] = []
        for name, count in self.rows.items():
            share = count * widths[name] / max(1, self.cells)
            lines.append([name, count, widths[name], count * widths[name], f"{share:.1%}"])
        for name in MADE:
            count = self.plan.rows[name]
            if count:
                share = count * widths[name] / max(1, self.cells)
                lines.append([name, count, widths[name], count * widths[name], f"{share:.1%}"])
        per = self.cells / max(1, self.instructions)
        code = str(self.exit_code)
        if self.exit_code >> 63:  # a C program returned a negative number
            code += f" ({self.exit_code - (1 << 64)})"
        text = ascii(self.output.decode("latin-1"))[1:-1]
        shown = text if len(text) <= 60 else text[:57] + "..."
        return "\n\n".join(
            [
                table(["family", "rows", "cells a row", "cells", "share"], lines),
                pairs(
                    [
                        ("instructions", f"{self.instructions:,} in {self.steps:,} rows"),
                        ("cells", f"{self.cells:,}, {per:.1f} per instruction"),
                        ("exit code", code),
                        ("output", f"{len(self.output):,} bytes: {shown}" if shown else "none"),
                        ("traces", bytes_text(self.trace_bytes)),
                    ]
                ),
            ]
        )

    def __repr__(self) -> str:
        return (
            f"<vm.Execution: {self.instructions:,} instructions, exit code {self.exit_code}, "
            f"{len(self.output):,} bytes of output>"
        )
