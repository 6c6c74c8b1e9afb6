"""From runs to rows: what changed, by how much, and whether that is a regression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from compare.numbers import Ratio, median, paired_ratio, spread
from compare.runs import BASE, HEAD, SIDES, Results

__all__ = ["METRICS", "THRESHOLD", "Metric", "Row", "compare", "spread_warnings", "verdict"]

#: Changes beyond this get a mark, spreads beyond it a warning.
THRESHOLD = 0.05


@dataclass(frozen=True)
class Metric:
    """Something that a run measures; less of it is better.

    Attributes
    ----------
    key : str
        Its name in what `runner` prints.
    title : str
    unit : str
        "memory", "seconds" or "bytes".
    exact : bool
        Whether a revision always gives the same number.
    judged : bool
        Whether it can be a regression; others are there to explain.
    """

    key: str
    title: str
    unit: str
    exact: bool = False
    judged: bool = True


METRICS = (
    Metric("peak_bytes", "Peak memory", "memory"),
    Metric("buffer_bytes", "Prover's buffers", "memory"),
    Metric("prove_seconds", "Prove time", "seconds"),
    Metric("prove_cpu_seconds", "Prove CPU time", "seconds", judged=False),
    Metric("verify_seconds", "Verify time", "seconds"),
    Metric("proof_bytes", "Proof size", "bytes", exact=True),
)


@dataclass(frozen=True)
class Row:
    """One metric of two revisions.

    Attributes
    ----------
    metric : Metric
    base, head : sequence of float
        Measurements; those with the same index ran next to each other.
    threshold : float
        Smallest relative change that gets a mark.
    """

    metric: Metric
    base: Sequence[float]
    head: Sequence[float]
    threshold: float = THRESHOLD

    @property
    def medians(self) -> tuple[float, float]:
        """Of base and head."""
        return median(self.base), median(self.head)

    @property
    def spreads(self) -> tuple[float, float]:
        """Of base and head, see `numbers.spread`."""
        return spread(self.base), spread(self.head)

    @property
    def change(self) -> float:
        """Relative change of the median; 0.05 is 5 % more."""
        old, new = self.medians
        return new / old - 1.0 if old else 0.0

    @cached_property
    def ratio(self) -> Ratio | None:
        """Head to base, by pairs."""
        return paired_ratio(self.base, self.head, exact=self.metric.exact)

    @property
    def mark(self) -> str:
        """What became of the metric.

        "regression" or "improvement" for a change beyond the threshold that the interval
        confirms, "unsettled" for one that it does not, "same" for a smaller one.
        """
        if abs(self.change) <= self.threshold:
            return "same"
        ratio = self.ratio
        if ratio is None or not ratio.excludes_one or (ratio.value > 1) != (self.change > 0):
            return "unsettled"
        return "regression" if self.change > 0 else "improvement"


def compare(results: Results) -> list[Row]:
    """The rows of a task's runs, in the order of `METRICS`.

    A metric that one of the revisions does not have is left out.
    """
    rows = []
    for metric in METRICS:
        base, head = ([run[metric.key] for run in results[side]] for side in (BASE, HEAD))
        if None not in base and None not in head:
            rows.append(Row(metric, base, head))
    return rows


def verdict(rows: Iterable[Row]) -> str:
    """What became of all of them.

    "regression" if a judged row is one, else "improvement" if one is that, else in the same way
    "unsettled" and "same".
    """
    marks = {row.mark for row in rows if row.metric.judged}
    order = ("regression", "improvement", "unsettled", "same")
    return next((mark for mark in order if mark in marks), "same")


def spread_warnings(rows: Iterable[Row], show: Any) -> list[str]:
    """A line for every judged metric and side whose runs scatter by more than the threshold.

    Parameters
    ----------
    rows : iterable of Row
    show : callable
        ``show(row, value)`` gives a measurement as text.
    """
    advice = {BASE: "comparison may be less reliable", HEAD: "run it again"}
    lines = []
    for row in rows:
        for side, values, width in zip(SIDES, (row.base, row.head), row.spreads, strict=True):
            if row.metric.judged and width > THRESHOLD:
                listed = " / ".join(show(row, value) for value in values)
                name = f"{side} {row.metric.title.lower()}"
                lines.append(f"{name} spread: {width:.1%} ({listed}): {advice[side]}")
    return lines
