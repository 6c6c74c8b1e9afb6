"""What a proof will cost, before it is made: memory of each plan, bytes, cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cstark.text import bytes_text, pairs, table

from .footprint import PhaseMemory, footprint, peak
from .layout import Layout
from .plan import PLANS

if TYPE_CHECKING:
    from cstark.machine import Machine

__all__ = ["Estimate", "PlanMemory", "estimate"]

DIGEST, WORD, EXTENSION = 32, 8, 24


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
class Estimate:
    """What a proof of tables of some heights will cost.

    Bytes are those of the prover's own buffers, which `Machine.prove` limits by ``max_memory``
    and its report measures: extended columns, trees, words, scratch. Neither the traces are
    counted, nor Python with its modules (some 50 MB), nor the pages of a spilled file.

    Attributes
    ----------
    heights : dict of str to int
        Rows of each table.
    threads : int
        The number of threads assumed: each has scratch memory.
    plans : tuple of PlanMemory
        Fastest first. Without a limit the first is taken.
    proof_bytes : int
        Expected; two proofs differ by a few per cent in how many digests their queries share.
    cells : int
        Of all main traces.
    committed_cells : int
        Base field elements committed, before the blowup: main, preprocessed, lookup, quotient.
    """

    heights: dict[str, int]
    threads: int
    plans: tuple[PlanMemory, ...]
    proof_bytes: int
    cells: int
    committed_cells: int

    @property
    def peak_bytes(self) -> int:
        """Of the fastest plan."""
        return self.plans[0].peak_bytes

    @property
    def least_bytes(self) -> int:
        """Of the leanest plan: the smallest ``max_memory`` that is accepted."""
        return min(plan.peak_bytes for plan in self.plans)

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
            "cells": self.cells,
            "committed_cells": self.committed_cells,
        }

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
                pairs(
                    [
                        ("proof", f"about {bytes_text(self.proof_bytes)}"),
                        ("cells", f"{self.cells:,} ({self.committed_cells:,} committed)"),
                        ("threads", self.threads),
                    ]
                ),
            ]
        )


def _largest(buffers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {bytes_text(size)}" for name, size in list(buffers.items())[:3])


def estimate(machine: Machine, layout: Layout) -> Estimate:
    """See `Estimate`."""
    from cstark.kernels import _runtime

    tables = layout.key.tables
    return Estimate(
        heights={
            t.name: 1 << log_height
            for t, log_height in zip(tables, layout.log_heights, strict=True)
        },
        threads=_runtime.threads(),
        plans=tuple(
            PlanMemory(plan.name, tuple(footprint(machine, layout, plan))) for plan in PLANS
        ),
        proof_bytes=round(proof_bytes(layout)),
        cells=sum(
            t.width << log_height for t, log_height in zip(tables, layout.log_heights, strict=True)
        ),
        committed_cells=sum(
            m.width << m.log_height for tree in layout.trees for m in tree.matrices
        ),
    )


def proof_bytes(layout: Layout) -> float:
    """Expected length of a proof file, without its claim."""
    queries, blowup, schedule = layout.key.options.queries, layout.blowup, layout.schedule
    header = 36 + len(layout.log_heights)
    roots = DIGEST * sum(tree.name != "preprocessed" for tree in layout.trees)
    elements = len(layout.lookup_tables()) + layout.openings + schedule.final_length
    total = header + roots + EXTENSION * elements + DIGEST * schedule.folds + 8
    for tree in layout.trees:
        for log_height in tree.log_heights:
            rows = _distinct(blowup << log_height, queries)
            total += WORD * tree.row_words(log_height) * rows
        total += DIGEST * _siblings(blowup << tree.log_heights[0], queries)
    for log_height, log_arity in zip(schedule.layers, schedule.log_arities, strict=False):
        leaves = blowup << log_height - log_arity
        members = _distinct(leaves, queries) * (1 << log_arity)
        total += EXTENSION * (members - _distinct(blowup << log_height, queries))
        total += DIGEST * _siblings(leaves, queries)
    return total


def _distinct(places: int, draws: int) -> float:
    """Expected number of different places among uniform draws."""
    return places * (1 - (1 - 1 / places) ** draws)


def _siblings(leaves: int, draws: int) -> float:
    """Expected number of digests of a multiproof: nodes with no draw below, but their sibling's."""
    total, nodes = 0.0, leaves
    while nodes > 1:
        total += nodes * ((1 - 1 / nodes) ** draws - (1 - 2 / nodes) ** draws)
        nodes //= 2
    return total
