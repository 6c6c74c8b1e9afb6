"""Shards for so much memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cstark.cost.estimate import shard_bytes
from cstark.cost.memory import BESIDE
from cstark.errors import StatementError
from cstark.text import bytes_text
from cstark.vm.shards.cutting import Cutter, Piece
from cstark.vm.trace.planning import TracePlan

if TYPE_CHECKING:
    import cstark as cs
    from cstark.vm.executor.marks import Marks
    from cstark.vm.tables import Rare
    from cstark.vm.trace.gathering import Prices

__all__ = ["DEFAULT_MEMORY", "fit", "memory_of", "rows_of"]

DEFAULT_MEMORY = 3 << 30
"""Bytes that a process which proves one shard takes, unless the caller says otherwise."""
FULL = 0.94
"""Share of the memory with which a shard is full."""
TRIES = 16


def memory_of(machine: cs.Machine, plan: TracePlan) -> int:
    """Bytes of a process that proves a shard: its traces, the prover's buffers, and what is beside.

    Parameters
    ----------
    machine : Machine
    plan : TracePlan
        That of the shard.
    """
    return shard_bytes(machine.proving_key, rows_of(machine, plan), 8 * plan.words)


def rows_of(machine: cs.Machine, plan: TracePlan) -> dict[str, int | tuple[int, ...]]:
    """Rows of all tables of a shard; those of memory that it does not have count with the fewest.

    Parameters
    ----------
    machine : Machine
    plan : TracePlan
        That of the shard.
    """
    least: dict[str, int | tuple[int, ...]] = {
        name: 8
        for name, table in machine.tables.items()
        if table.rows is None and name not in plan.heights
    }
    return least | plan.heights


def fit(
    machine: cs.Machine,
    marks: Marks,
    plan: TracePlan,
    cells: Mapping[str, int],
    memory: int,
    rares: Mapping[str, Rare] | None = None,
    prices: Prices | None = None,
    pad_to: Mapping[str, tuple[int, ...]] | None = None,
) -> list[Piece]:
    """Cut a run into shards each of which a process with so much memory can prove.

    Parameters
    ----------
    machine : Machine
    marks, plan, cells
        As for `cstark.vm.shards.cutting.cut`.
    memory : int
        Bytes, of everything that the process holds: `memory_of`.
    rares, prices, pad_to : optional
        As for `cstark.vm.shards.cutting.cut`.

    Returns
    -------
    list of Piece

    Raises
    ------
    StatementError
        No shard is so small.
    TraceError
        As of `cut`.
    """
    # Bytes grow with cells nearly in proportion, so few steps find the most cells that fit.
    most = _scaled(plan.committed(cells), memory_of(machine, plan), memory)
    padding = sum(cells.get(name, 0) * sum(rows) for name, rows in (pad_to or {}).items())
    # That many fit, or no shard is so small; too many.
    low, high = 0, 2 * (plan.committed(cells) + padding)
    tallest = machine.options.max_log_height
    cutter = Cutter(marks, plan, cells, tallest, rares, prices, pad_to)
    best: list[Piece] = []
    refusal: StatementError | None = None
    for _ in range(TRIES):
        try:
            pieces = cutter.balanced(most)
        except StatementError as error:
            low, refusal = most, error
            most = min(2 * most, (most + high) // 2)
        else:
            largest = max(memory_of(machine, piece.plan) for piece in pieces)
            if largest <= memory:
                low, best = most, pieces
                if largest > FULL * memory or len(pieces) == 1:
                    break
            else:
                high = most
            most = _scaled(most, largest, memory)
        if not low < most < high:
            most = (low + high) // 2
        if high - low < (1 - FULL) * high:
            break
    if not best:
        reason = f": {refusal}" if refusal else ""
        raise StatementError(f"{bytes_text(memory)} of memory are too few for a shard{reason}")
    return best


def _scaled(cells: int, taken: int, memory: int) -> int:
    """How many cells take so much memory, if some take what they take."""
    return max(1, int(cells * max(0, memory - BESIDE) / (taken - BESIDE)))
