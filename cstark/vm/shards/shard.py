"""`Shard`: a part of a run, which makes its traces where it is proved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cstark.vm import abi
from cstark.vm.executor import COUNT, start, watch, watched
from cstark.vm.shards.cutting import Piece
from cstark.vm.trace.planning import TracePlan
from cstark.vm.trace.record import Traces, traces
from cstark.vm.trace.snapshot import Snapshot

if TYPE_CHECKING:
    from cstark.vm.program import Program

__all__ = ["Shard", "shards_of"]


@dataclass(frozen=True, eq=False)
class Shard:
    """A part of a run that is proved alone, in any process.

    Called, it executes its rows again, beginning with its snapshot, and gives their traces: so
    what travels to a worker is the program and the snapshot, not the traces.

    Attributes
    ----------
    program : Program
    plan : TracePlan
        The rows of its tables.
    snapshot : Snapshot
        Where it begins.
    input : bytes
        The input of the run, in the last shard; empty in the others, whose snapshots hold what
        they read of it.
    counted : bool
        Whether the statement says how many operations were executed: see `Program.tables`.

    Examples
    --------
    >>> from cstark import vm
    >>> run = vm.Program(vm.Image.from_text([0x05D00893, 0x00000073])).run()
    >>> [shard] = run.shards()
    >>> shard.plan.total, shard.snapshot.rows, len(shard()["li"])
    (2, 0, 1)
    """

    program: Program
    plan: TracePlan
    snapshot: Snapshot
    input: bytes = b""
    counted: bool = True

    def __call__(self) -> Traces:
        """Give the traces of the shard, for `Machine.prove_shards`."""
        program = self.program
        return traces(
            program.code, program.image, self.input, self.plan, snapshot=self.snapshot,
            rares=program.rares(counted=self.counted),
        )  # fmt: skip

    def __repr__(self) -> str:
        first = self.snapshot.rows
        return f"<vm.Shard: rows {first:,} to {first + self.plan.total:,}>"


def shards_of(
    program: Program,
    input: bytes,
    pieces: Sequence[Piece],
    progress: Callable[[int], object] | None = None,
    *,
    counted: bool = True,
) -> list[Shard]:
    """The shards of a run that is cut at known places; the run is executed once more.

    Parameters
    ----------
    program : Program
    input : bytes
        What the run was started with.
    pieces : sequence of Piece
        From `cstark.vm.shards.cutting.cut`.
    progress : callable, optional
        Called with the number of rows executed after each shard.
    counted : bool
        Whether the statement says how many operations were executed: see `Program.tables`.

    Returns
    -------
    list of Shard
    """
    hart = start(program.code, program.image, input, COUNT, max_rows=pieces[-1].end)
    found: list[Shard] = []
    for piece in pieces[:-1]:
        beginning = Snapshot.of(hart)
        watch(hart)
        hart.run(piece.plan.total)
        beginning = beginning.holding(*watched(hart))
        found.append(Shard(program, piece.plan, beginning, counted=counted))
        if progress is not None:
            progress(hart.rows)
    # The last one has the tables of memory, which hold all words that were ever accessed.
    every = hart.touched(program.image.low, abi.END)
    end = Snapshot.of(hart).holding(*every)
    found.append(Shard(program, pieces[-1].plan, end, input, counted))
    return found
