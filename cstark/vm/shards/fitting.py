"""Shards for so much memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cstark.errors import StatementError
from cstark.text import bytes_text
from cstark.vm.shards.cutting import Piece, cut
from cstark.vm.trace.planning import Plan

if TYPE_CHECKING:
    from cstark.machine import Machine
    from cstark.vm.executor.marks import Marks

__all__ = ["BESIDE", "DEFAULT_MEMORY", "fit", "memory_of"]

DEFAULT_MEMORY = 3 << 30
"""Bytes that a process which proves one shard takes, unless the caller says otherwise."""
BESIDE = 160 << 20
"""Bytes of a process beside traces and buffers: Python, NumPy, the programs of the machine."""
TRIES = 8


def memory_of(machine: Machine, plan: Plan) -> int:
    """Bytes of a process that proves a shard: its traces, the prover's buffers, and what is beside.

    Parameters
    ----------
    machine : Machine
    plan : Plan
        That of the shard.
    """
    # Tables of memory that the shard does not have are counted with their fewest rows.
    least = {
        name: 8
        for name, table in machine.tables.items()
        if table.rows is None and name not in plan.heights
    }
    return BESIDE + 8 * plan.words + machine.estimate({**least, **plan.heights}).peak_bytes


def fit(
    machine: Machine, marks: Marks, plan: Plan, cells: Mapping[str, int], memory: int
) -> list[Piece]:
    """Cut a run into shards each of which a process with so much memory can prove.

    Parameters
    ----------
    machine : Machine
    marks, plan, cells
        As for `cstark.vm.shards.cutting.cut`.
    memory : int
        Bytes, of everything that the process holds: `memory_of`.

    Returns
    -------
    list of Piece

    Raises
    ------
    StatementError
        No shard is so small.
    """
    # Bytes grow with cells nearly in proportion, so a few steps find the most cells that fit.
    most = max(1, (memory - BESIDE) // 64)
    best: tuple[int, list[Piece]] | None = None
    for _ in range(TRIES):
        try:
            pieces = cut(marks, plan, cells, most)
        except StatementError as error:
            raise StatementError(f"{bytes_text(memory)} of memory are too few: {error}") from error
        largest = max(memory_of(machine, piece.plan) for piece in pieces)
        if largest <= memory:
            best = (most, pieces)
            if largest > 0.94 * memory or len(pieces) == 1:
                break
            most = int(most * 0.98 * (memory - BESIDE) / max(1, largest - BESIDE))
        else:
            most = int(most * 0.98 * (memory - BESIDE) / max(1, largest - BESIDE))
        if best and most <= best[0]:
            break
    if best is None:
        raise StatementError(f"{bytes_text(memory)} of memory are too few for a shard of the run")
    return best[1]
