"""How time and memory grow: a straight line through the medians of several sizes.

The slope, seconds and bytes per million steps, says more about large proofs than one size does:
what is paid once, an interpreter for example, is in the intercept.  Slopes are compared in the
same way as single numbers: each pair of runs of all sizes gives a slope on each side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compare.comparison import METRICS, Metric, Row
from compare.errors import BenchError
from compare.numbers import Fit, linear_fit, median
from compare.runs import SIDES, Results, Task

__all__ = ["DEFAULT_SIZES", "THRESHOLD", "Growth", "grow", "sized"]

#: Slopes that changed by more than this get a mark.
THRESHOLD = 0.10
#: fib_iterative: one, two, four and eight million steps, each filling 76 % of the rows.
DEFAULT_SIZES = {"fib_iterative": "iterations=200000,400000,800000,1600000"}
GROWING = ("peak_bytes", "buffer_bytes", "prove_seconds")


@dataclass(frozen=True)
class Growth:
    """The growth of one metric.

    Attributes
    ----------
    row : Row
        Slopes per million, one a pair.
    points : list of (float, float, float)
        For each size: millions of steps, medians of base and head.
    fits : tuple of Fit
        Of the medians, base and head.
    """

    row: Row
    points: list[tuple[float, float, float]]
    fits: tuple[Fit, Fit]


def sized(task: Task) -> list[Task]:
    """One task a size: the argument that lists integers, ``name=1000,2000,4000``, is the size.

    Raises
    ------
    BenchError
        If there is no such argument, or more than one, or fewer than three sizes.
    """
    arguments = dict(task.arguments)
    lists = {}
    for name, text in arguments.items():
        try:
            numbers = [int(part, 0) for part in text.split(",")]
        except ValueError:
            continue
        if len(numbers) > 1:
            lists[name] = numbers
    if not lists and task.workload in DEFAULT_SIZES:
        name, _, text = DEFAULT_SIZES[task.workload].partition("=")
        lists = {name: [int(part) for part in text.split(",")]}
    if len(lists) != 1:
        raise BenchError(
            "--growth needs one argument of the workload with several sizes, for example "
            f"log_rows=12,13,14,15; {len(lists) or 'none'} given"
        )
    ((name, sizes),) = lists.items()
    if len(set(sizes)) < 3:
        raise BenchError(
            f"--growth needs at least three different sizes, not {name}={arguments[name]}"
        )
    return [
        Task(task.workload, {**arguments, name: str(size)}, task.threads)
        for size in sorted(set(sizes))
    ]


def grow(results: Sequence[Results]) -> tuple[str, list[Growth]]:
    """The growth over the sizes.

    Parameters
    ----------
    results : sequence of Results
        One for each size.

    Returns
    -------
    unit : str
        What is counted: "steps" if every claim has them, else "rows" of all tables.
    growths : list of Growth
    """
    runs = [run for result in results for side in SIDES for run in result[side]]
    unit = "rows" if any(run["steps"] is None for run in runs) else "steps"
    growths = []
    for metric in METRICS:
        if metric.key in GROWING and not any(run[metric.key] is None for run in runs):
            growths.append(_growth(metric, unit, results))
    return unit, growths


def _growth(metric: Metric, unit: str, results: Sequence[Results]) -> Growth:
    x = {side: [result[side][0][unit] / 1e6 for result in results] for side in SIDES}
    y = {side: [[run[metric.key] for run in result[side]] for result in results] for side in SIDES}
    slopes, middles = [], []
    for side in SIDES:
        slopes.append([linear_fit(x[side], size).slope for size in zip(*y[side], strict=True)])
        middles.append([median(size) for size in y[side]])
    fits = tuple(linear_fit(x[side], middle) for side, middle in zip(SIDES, middles, strict=True))
    return Growth(
        Row(metric, slopes[0], slopes[1], THRESHOLD),
        list(zip(x[SIDES[0]], *middles, strict=True)),
        (fits[0], fits[1]),
    )
