"""`InShards`: what an execution can do in shards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cstark as cs
from cstark.air.fill import PadTo, read_pad_to
from cstark.cost.sharded import in_shards
from cstark.errors import is_integer, quoted
from cstark.vm.shards.cutting import Piece, cut
from cstark.vm.shards.fitting import DEFAULT_MEMORY, fit, memory_of, rows_of
from cstark.vm.shards.shard import Shard, shards_of
from cstark.vm.trace.gathering import prices_of

if TYPE_CHECKING:
    from cstark.cost.estimate import Timing
    from cstark.vm.executor.marks import Marks
    from cstark.vm.program import Program
    from cstark.vm.trace.planning import TracePlan

__all__ = ["InShards"]


class InShards:
    """The part of `cstark.vm.Execution` that is about shards."""

    program: Program
    input: bytes
    plan: TracePlan
    marks: Marks

    if TYPE_CHECKING:

        def claim_for(self, options: cs.Options | None) -> dict[str, Any]: ...

        def plan_for(self, options: cs.Options | None = None) -> TracePlan: ...

    def shards(
        self,
        options: cs.Options | None = None,
        *,
        memory: int | None = None,
        cells: int | None = None,
        pad_to: PadTo | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> tuple[Shard, ...]:
        """Cut the run into parts, each of which a process of its own can prove.

        The run is executed once more. A part is a callable that pickles: it holds where it begins
        and the words of memory that it reads, and makes its traces where it is called.

        Parameters
        ----------
        options : Options, optional
            As for `prove`; what memory a shard takes depends on them.
        memory : int, optional
            Bytes of a process that proves one shard, with everything that it holds. By default
            3 GiB.
        cells : int, optional
            Instead of `memory`: the most committed cells of a shard, before the blowup.
        pad_to : mapping of str to (int or sequence of int), optional
            Rows that tables are to have in every shard where they may stand: families, the program
            and those for any family in each, those of memory in the last one. As for `plan_for`; a
            shard ends before a table would need more.
        progress : callable, optional
            Called with the number of operations executed, after each shard.

        Returns
        -------
        tuple of Shard
            For `Machine.prove_shards`, in the order of the run.

        Raises
        ------
        StatementError
            `memory` or `cells` are too few for any shard, or both are given.
        TraceError
            `pad_to` names a table that does not exist or has a fixed height, or fewer rows than the
            shortest shard needs.

        Examples
        --------
        >>> from cstark import vm
        >>> run = vm.Program(vm.Image.from_text([0x05D00893, 0x00000073])).run()
        >>> run.shards()  # short enough for one
        (<vm.Shard: rows 0 to 2>,)
        """
        pieces = self._pieces(options, memory, cells, pad_to)
        counted = options is None or not options.zk
        return tuple(shards_of(self.program, self.input, pieces, progress, counted=counted))

    def cut(
        self,
        options: cs.Options | None = None,
        *,
        memory: int | None = None,
        cells: int | None = None,
        pad_to: PadTo | None = None,
    ) -> tuple[TracePlan, ...]:
        """Say what shards the run would be proved in; nothing is executed.

        Parameters
        ----------
        options, memory, cells, pad_to : optional
            As for `shards`.

        Returns
        -------
        tuple of TracePlan
            Rows and heights of the tables of each shard.

        Raises
        ------
        StatementError, TraceError
            As of `shards`.

        Examples
        --------
        >>> from cstark import vm
        >>> run = vm.Program(vm.Image.from_text([0x05D00893, 0x00000073])).run()
        >>> [plan.total for plan in run.cut()]
        [2]
        """
        return tuple(piece.plan for piece in self._pieces(options, memory, cells, pad_to))

    def timing_in_shards(
        self, timing: Timing, plans: Sequence[TracePlan], options: cs.Options | None = None
    ) -> Timing:
        """Say how long a proof in shards will take, one after another in one process.

        Nothing is kept between the halves of a shard. With several workers it is as much work.

        Parameters
        ----------
        timing : Timing
            Of one proof of the run: that of `Execution.estimate` with ``time=True``.
        plans : sequence of TracePlan
            From `cut`.
        options : Options, optional
            As for `cut`.

        Returns
        -------
        Timing
            As far off, as a share of it, as that of one proof.
        """
        machine, whole = self.program.machine(options), self.plan_for(options)
        rows = [rows_of(machine, plan) for plan in plans]
        largest = max(memory_of(machine, plan) for plan in plans)
        share = largest / memory_of(machine, whole)
        found = in_shards(machine.proving_key, timing, whole.heights, rows, share)
        # The run is executed once more where it is cut.
        once = {**found.once, "cut": found.once.get("execute", 0.0)}
        return replace(found, once=once)

    @staticmethod
    def _check_size(memory: int | None, cells: int | None) -> None:
        if memory is not None and cells is not None:
            raise cs.StatementError("give the memory of a shard or its cells, not both")
        for name, given in (("memory", memory), ("cells", cells)):
            if given is not None and not is_integer(given):
                raise cs.StatementError(f"{name} is {quoted(given)}; it must be an int")

    def _pieces(
        self,
        options: cs.Options | None,
        memory: int | None,
        cells: int | None,
        pad_to: PadTo | None,
    ) -> list[Piece]:
        self._check_size(memory, cells)
        counted = options is None or not options.zk
        machine = self.program.machine(options)
        widths, rares = self.program.row_cells(counted=counted), self.program.rares(counted=counted)
        prices = None if options is None else prices_of(machine, sharded=True)
        wanted = read_pad_to(machine.descriptions, pad_to, machine.resolved.max_log_height)
        if cells is not None:
            tallest = 32 if options is None else options.max_log_height
            return cut(self.marks, self.plan, widths, cells, tallest, rares, prices, wanted)
        memory = DEFAULT_MEMORY if memory is None else memory
        return fit(machine, self.marks, self.plan, widths, memory, rares, prices, wanted)

    def prove_shards(
        self,
        options: cs.Options | None = None,
        *,
        memory: int | None = None,
        cells: int | None = None,
        pad_to: PadTo | None = None,
        **settings: Any,
    ) -> cs.ShardedProof:
        """Prove the run in shards, on this machine or several.

        Parameters
        ----------
        options : Options, optional
        memory, cells : int, optional
            How large a shard may be: as for `shards`. A process that would take more than `memory`
            proves its shard by a leaner plan.
        pad_to : mapping of str to (int or sequence of int), optional
            As for `shards`.
        **settings
            `executor`, `folder`, `keep`, `check`, `progress`, `max_memory`: as for
            `Machine.prove_shards`.

        Returns
        -------
        ShardedProof
            `Program.verify` takes it as it takes a proof.

        Raises
        ------
        StatementError
            `memory` or `cells` are too few for any shard.
        TraceError
            `pad_to` makes no sense, as of `shards`.
        CstarkError
            As for `Machine.prove_shards`.

        Examples
        --------
        >>> from cstark import vm
        >>> program = vm.Program(vm.Image.from_text([0x00700513, 0x05D00893, 0x00000073]))
        >>> proof = program.run().prove_shards()
        >>> len(proof.shards), program.verify(proof).exit_code
        (1, 7)
        """
        self._check_size(memory, cells)

        def parts() -> Iterator[Shard]:  # executes the run: when all else has been looked at
            yield from self.shards(options, memory=memory, cells=cells, pad_to=pad_to)

        claim = self.claim_for(options)
        said = self.program.statement(claim)
        most = DEFAULT_MEMORY if cells is None and memory is None else memory
        return self.program.machine(options).prove_shards(
            parts(), tokens=said.tokens, claim=cs.encode_claim(claim), memory=most, **settings
        )
