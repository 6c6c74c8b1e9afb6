"""What a proof will cost, before it is made: memory of each plan, time, bytes, cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cstark.cost.memory import PhaseMemory, footprint, peak, process_bytes
from cstark.protocol.length import expected_bytes, most_bytes
from cstark.protocol.matrix import PLANS
from cstark.protocol.proving_key import StandingKey
from cstark.protocol.standing import Heights
from cstark.protocol.statement import checked_log_heights
from cstark.text import bytes_text, html_table, pairs, seconds_text, table

if TYPE_CHECKING:
    from cstark.protocol.key import MachineDescription
    from cstark.protocol.layout import Layout
    from cstark.protocol.proving_key import ProvingKey

__all__ = ["Estimate", "PlanMemory", "Timing", "estimate", "rows_by_name", "shard_bytes"]


@dataclass(frozen=True)
class PlanMemory:
    """The memory of one plan.

    Attributes
    ----------
    name : str
    phases : tuple of PhaseMemory
        In order of time.
    """

    name: str
    phases: tuple[PhaseMemory, ...]

    @property
    def peak_bytes(self) -> int:
        """Most bytes in the prover's buffers at any moment."""
        return peak(self.phases)

    @property
    def largest(self) -> PhaseMemory:
        """The phase where that is."""
        return max(self.phases, key=lambda phase: phase.peak_bytes)


@dataclass(frozen=True)
class Timing:
    """Seconds on this machine, extrapolated from short runs of the prover itself.

    Attributes
    ----------
    seconds : float
        Of `Machine.prove`, at the number of threads now set, where others have been made in the
        same process.
    error : float
        How far off that may well be, as a share of it: 0.25 means a quarter more or less.
    phases : dict of str to float
        Seconds by phase, in order of time.
    runs : tuple of (int, float)
        What was measured: rows of the tallest table and seconds of each run.
    once : dict of str to float
        Seconds of what only the first proof of a process does: compile, commit to preprocessed
        columns, touch memory for the first time.
    """

    seconds: float
    error: float
    phases: dict[str, float]
    runs: tuple[tuple[int, float], ...]
    once: dict[str, float] = field(default_factory=dict)

    @property
    def first_seconds(self) -> float:
        """Of the first proof of a process."""
        return self.seconds + sum(self.once.values())

    def short(self) -> str:
        """Seconds in two digits, and their error: ``"1.2 s ± 25%"``."""
        return _short(self.seconds, self.error)

    def first_short(self) -> str:
        """The same of the first proof of a process."""
        return _short(self.first_seconds, self.error)

    def __str__(self) -> str:
        rows, seconds = self.runs[-1]
        sample = f"{rows:,} rows in {seconds_text(seconds)}"
        return f"{self.short()}, the first proof {self.first_short()}, extrapolated from {sample}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for `json.dumps`."""
        return {
            "seconds": self.seconds,
            "first_seconds": self.first_seconds,
            "error": self.error,
            "phases": dict(self.phases),
            "runs": [list(run) for run in self.runs],
            "once": dict(self.once),
        }


def _short(seconds: float, error: float) -> str:
    return f"{float(f'{seconds:.2g}'):g} s ± {error:.0%}"


@dataclass(frozen=True)
class Estimate:
    """What a proof of tables of some heights will cost.

    Bytes are those of the prover's own buffers, which `Machine.prove` limits by ``max_memory``
    and its report measures: extended columns, trees, words, scratch. Neither the traces are
    counted, nor Python with its modules (some 50 MB), nor the pages of a spilled file.

    Attributes
    ----------
    heights : dict of str to (int or tuple of int)
        Rows of each table.
    threads : int
        The number of threads assumed: each has scratch memory.
    plans : tuple of PlanMemory
        Fastest first. Without a limit the first is taken.
    proof_bytes : int
        Expected; two proofs differ by about a hundredth in how many digests their queries share.
        The claim, if there is one, comes on top.
    most_proof_bytes : int
        No proof is longer, but for its claim.
    cells : int
        Cells of all main traces.
    committed_cells : int
        Base field elements committed, before the blowup: main, preprocessed, lookup, quotient.
    timing : Timing or None
        If it was asked for.
    """

    heights: dict[str, int | tuple[int, ...]]
    threads: int
    plans: tuple[PlanMemory, ...]
    proof_bytes: int
    most_proof_bytes: int
    cells: int
    committed_cells: int
    timing: Timing | None = None

    @property
    def peak_bytes(self) -> int:
        """Most bytes held at once under the fastest plan."""
        return self.plans[0].peak_bytes

    @property
    def least_bytes(self) -> int:
        """Most bytes held at once under the leanest plan: the smallest ``max_memory`` accepted."""
        return min(plan.peak_bytes for plan in self.plans)

    def __repr__(self) -> str:
        memory, proof = bytes_text(self.peak_bytes), bytes_text(self.proof_bytes)
        return f"<Estimate: {memory} of memory, a proof of {proof}; print it for more>"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for `json.dumps`."""
        return {
            "heights": dict(self.heights),
            "threads": self.threads,
            "plans": [
                {
                    "name": plan.name,
                    "peak_bytes": plan.peak_bytes,
                    "phases": [
                        {"name": p.name, "peak_bytes": p.peak_bytes, "buffers": dict(p.buffers)}
                        for p in plan.phases
                    ],
                }
                for plan in self.plans
            ],
            "proof_bytes": self.proof_bytes,
            "most_proof_bytes": self.most_proof_bytes,
            "cells": self.cells,
            "committed_cells": self.committed_cells,
            "timing": None if self.timing is None else self.timing.to_dict(),
        }

    def _summary(self) -> list[tuple[str, object]]:
        most = bytes_text(self.most_proof_bytes)
        items: list[tuple[str, object]] = [
            ("proof", f"about {bytes_text(self.proof_bytes)}, at most {most}"),
            ("cells", f"{self.cells:,} ({self.committed_cells:,} committed)"),
            ("threads", self.threads),
        ]
        if self.timing is not None:
            items.insert(1, ("time", self.timing))
        return items

    def _repr_html_(self) -> str:
        """Plans and summary for a notebook."""
        plans = [[p.name, bytes_text(p.peak_bytes), p.largest.name] for p in self.plans]
        summary = [[name, str(value)] for name, value in self._summary()]
        return html_table(["plan", "peak memory", "in phase"], plans) + html_table([], summary)

    def __str__(self) -> str:
        plans = [[p.name, bytes_text(p.peak_bytes), p.largest.name] for p in self.plans]
        phases = [
            [phase.name, bytes_text(phase.peak_bytes), _largest(phase.buffers)]
            for phase in self.plans[0].phases
        ]
        return "\n\n".join(
            [
                table(["plan", "peak memory", "in phase"], plans, left=(0, 2)),
                table(
                    [f"phase ({self.plans[0].name})", "peak memory", "largest buffers"],
                    phases,
                    left=(0, 2),
                ),
                pairs(self._summary()),
            ]
        )


def _largest(buffers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {bytes_text(size)}" for name, size in list(buffers.items())[:3])


def rows_by_name(key: MachineDescription, heights: Heights) -> dict[str, int | tuple[int, ...]]:
    """Rows of each table; of one that may stand any number of times, of all its traces."""
    return {
        name: 1 << item if isinstance(item, int) else tuple(1 << h for h in item)
        for name, item in zip(key.names, heights, strict=True)
    }


def shard_bytes(
    key: ProvingKey, heights: Mapping[str, int | Sequence[int]], trace_bytes: int
) -> int:
    """Most bytes of a process that proves a shard of tables of some heights by the fastest plan.

    Parameters
    ----------
    key : ProvingKey
        Of the machine.
    heights : mapping of str to (int or sequence of int)
        As for `Machine.estimate`.
    trace_bytes : int
        Of the traces, which are in memory meanwhile.
    """
    log_heights = checked_log_heights(key.description, heights)
    # as one of several, which may have more masks of sums than one alone
    standing = StandingKey(key.for_shards(), log_heights, shards=2)
    return process_bytes(trace_bytes, footprint(standing, standing.layout(log_heights), PLANS[0]))


def estimate(key: ProvingKey, layout: Layout) -> Estimate:
    """See `Estimate`."""
    from cstark.kernels import _runtime

    tables = layout.key.tables
    return Estimate(
        heights=rows_by_name(layout.key.key, layout.key.heights),
        threads=_runtime.threads(),
        plans=tuple(PlanMemory(plan.name, tuple(footprint(key, layout, plan))) for plan in PLANS),
        proof_bytes=expected_bytes(layout),
        most_proof_bytes=most_bytes(layout),
        cells=sum(
            t.width << log_height for t, log_height in zip(tables, layout.log_heights, strict=True)
        ),
        committed_cells=sum(
            m.width << m.log_height for tree in layout.trees for m in tree.matrices
        ),
    )
