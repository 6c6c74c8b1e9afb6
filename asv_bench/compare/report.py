"""What a comparison found, put together: Markdown or JSON, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from compare.comparison import THRESHOLD, Row, compare, spread_warnings, verdict
from compare.growth import THRESHOLD as GROWTH_THRESHOLD
from compare.growth import Growth, grow
from compare.machine import Load, busy_warnings, waiting
from compare.numbers import CONFIDENCE
from compare.revisions import Revision
from compare.runs import BASE, HEAD, SIDES, Results, Task
from compare.show import (
    ICONS,
    MEANING,
    amount,
    growth_data,
    growth_markdown,
    machine_text,
    row_data,
    rows_markdown,
)

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """One comparison.

    Attributes
    ----------
    tasks : sequence of Task
        More than one: sizes of a growth.
    results : sequence of Results
        One for each task.
    base, head : Revision
    notes : sequence of str
        About the choice of revisions.
    load : Load
    machine : dict
        As `machine.describe` gives it, with ``compiler``.
    growth : bool
        Whether slopes are compared instead of numbers.
    """

    tasks: Sequence[Task]
    results: Sequence[Results]
    base: Revision
    head: Revision
    notes: Sequence[str]
    load: Load
    machine: dict[str, Any]
    growth: bool = False

    @cached_property
    def grown(self) -> tuple[str, list[Growth]]:
        """The unit of growth, and the growths."""
        return grow(self.results)

    @cached_property
    def rows(self) -> list[Row]:
        """What is judged."""
        if self.growth:
            return [growth.row for growth in self.grown[1]]
        return compare(self.results[0])

    @property
    def verdict(self) -> str:
        """ "regression", "improvement", "unsettled" or "same"."""
        return verdict(self.rows)

    @property
    def exit_code(self) -> int:
        """1 for a regression."""
        return int(self.verdict == "regression")

    @property
    def threshold(self) -> float:
        """Smallest relative change that gets a mark."""
        return GROWTH_THRESHOLD if self.growth else THRESHOLD

    @cached_property
    def warnings(self) -> list[str]:
        """What makes the numbers doubtful."""
        lines = list(self.notes)
        task = self.tasks[0]
        pairs = len(self.results[0][BASE])
        if pairs == 1:
            lines.append(
                "one pair of runs has no interval, so no time or memory can be a regression"
            )
        for result, sized in zip(self.results, self.tasks, strict=True):
            judged = {row.metric for row in self.rows}
            measured = [row for row in compare(result) if row.metric in judged]
            found = spread_warnings(measured, _show)
            lines += [f"{sized}: {line}" if self.growth else line for line in found]
        waited = waiting(self.results, task.threads)
        lines += busy_warnings(self.load, waited, task.threads, self.machine["processors"])
        for name, title in (("numpy", "NumPy"), ("isa", "instruction set")):
            old, new = (self.results[0][side][0][name] for side in SIDES)
            if old != new:
                lines.append(f"base and head ran with another {title}: {old} and {new}")
        return lines

    @property
    def same_proofs(self) -> bool:
        """Whether both revisions made the same bytes."""
        return all(
            len({run["proof_sha256"] for side in SIDES for run in result[side]}) == 1
            for result in self.results
        )

    def markdown(self) -> str:
        """The report for a reader."""
        task = self.tasks[0]
        pairs = len(self.results[0][BASE])
        threads = "1 thread" if task.threads == 1 else f"{task.threads} threads"
        if self.growth:
            title = f"Growth: {task.workload} (medians of {pairs}, {threads})"
            body = growth_markdown(*self.grown)
        else:
            title = f"Benchmark: {task} (median of {pairs}, {threads})"
            body = rows_markdown(self.rows)
        said = f"{ICONS[self.verdict]} {MEANING[self.verdict].format(self.threshold)}"
        widths = [width for row in self.rows if row.metric.judged for width in row.spreads]
        calm = (
            [f"Low variance: no spread above {max(widths):.1%}."]
            if max(widths) <= THRESHOLD
            else []
        )
        first = self.results[0][HEAD][0]
        facts = [
            f"base: {_revision(self.base)}",
            f"head: {_revision(self.head)}",
            f"the proofs of both are {'the same bytes' if self.same_proofs else 'different bytes'}",
            f"{pairs} pairs, base and head in turn (A B B A), each run in a fresh process; ratio: "
            f"geometric mean of the pairs, {CONFIDENCE:.0%} t interval on the logarithms; spread: "
            "(max - min) / median, base / head",
            f"machine: {machine_text(self.machine)}; {first['isa']}, NumPy {first['numpy']}, "
            f"{self.machine['compiler']}",
            f"load: {self.load}",
        ]
        parts = [f"### {title}", body, said, *calm]
        parts += ["\n".join(f"- ⚠️ {line}" for line in self.warnings)] if self.warnings else []
        parts.append("\n".join(f"- {line}" for line in facts))
        return "\n\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """The report for a program: every run, and what was made of them."""
        task = self.tasks[0]
        data: dict[str, Any] = {
            "workload": task.workload,
            "threads": task.threads,
            "pairs": len(self.results[0][BASE]),
            "base": {"commit": self.base.commit, "subject": self.base.subject},
            "head": {"commit": self.head.commit, "subject": self.head.subject},
            "verdict": self.verdict,
            "threshold": self.threshold,
            "confidence": CONFIDENCE,
            "same_proofs": self.same_proofs,
            "warnings": self.warnings,
            "machine": self.machine,
            "load": vars(self.load),
            "runs": [
                {"arguments": dict(sized.arguments), **result}
                for sized, result in zip(self.tasks, self.results, strict=True)
            ],
        }
        if self.growth:
            unit, growths = self.grown
            return {**data, "per": f"million {unit}", "growth": [growth_data(g) for g in growths]}
        return {**data, "metrics": [row_data(row) for row in self.rows]}


def _show(row: Row, value: float) -> str:
    return amount(row.metric.unit, value, row.medians[0])


def _revision(revision: Revision) -> str:
    return f"`{revision.short}` {revision.subject}"
