"""The table of the nine optimisations in Markdown, measured with and without in one process.

Times are ratios with / without: medians of pairs measured in the order A B B A, with the interval
that holds the true median with 95 % confidence. One thread by process CPU time, all threads by wall
time. Bytes are the most that the kernels' buffers held beyond inputs and outputs. A path pays when
the interval stays below 0.97 somewhere and above 1.03 nowhere; it pays in memory alone when that is
all it saves, a MiB or more.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

from benchmarks.build import build, load
from benchmarks.common import PROFILE, random_words, seconds
from benchmarks.optimisations import ALL, BLAKE3, _Optimisation, tree_levels

import cstark as cs
from cstark.kernels import _runtime
from cstark.runtime import config

ROOT = Path(__file__).resolve().parents[1]
MIB = 1 << 20
#: Changes that the verdict takes for noise.
MARGIN = 0.03


class Ratio(NamedTuple):
    """A median, and an interval for it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


def interval(values: Sequence[float]) -> Ratio:
    """Median, and order statistics between which it lies with 95 % confidence.

    With too few values (below six) all of them.
    """
    ordered = sorted(values)
    n = len(ordered)
    rank, below = 0, 0.0
    while rank < n // 2:
        below += math.comb(n, rank) / 2**n  # that at most `rank` values are below the median
        if 2 * below > 0.05:
            break
        rank += 1
    rank = max(rank - 1, 0)
    return Ratio(statistics.median(ordered), ordered[rank], ordered[n - 1 - rank])


def compare(first: Callable[[], object], second: Callable[[], object], count: int) -> Ratio:
    """Times of `first` divided by those of `second`."""
    ratios = []
    first(), second()
    for k in range(count):
        if k % 2:
            below, above = seconds(second), seconds(first)
        else:
            above, below = seconds(first), seconds(second)
        ratios.append(above / below)
    return interval(ratios)


def verdict(ratios: Sequence[Ratio], saved: int) -> str:
    """Whether it pays."""
    faster = any(ratio.high < 1 - MARGIN for ratio in ratios)
    slower = any(ratio.low > 1 + MARGIN for ratio in ratios)
    if faster and slower:
        return "depends on threads"
    if slower:
        return "no: time for memory" if saved >= MIB else "no"
    if faster:
        return "yes: time, memory" if saved >= MIB else "yes: time"
    return "yes: memory" if saved >= MIB else "no"


def bytes_saved(saved: int) -> str:
    """In MiB, without a small remainder."""
    if abs(saved) < MIB // 16:
        return "0"
    return f"{saved / MIB:,.3g} MiB" if abs(saved) < 1000 * MIB else f"{saved / MIB:,.0f} MiB"


def cells(owner: type[_Optimisation], folder: str, count: int) -> list[str]:
    """One row of the table."""
    found: dict[int | str, Ratio] = {}
    saved = 0
    for threads in owner.params[1]:
        benchmark = owner()
        benchmark.setup(folder, "with", threads)
        saved = benchmark.peak("without") - benchmark.peak("with")
        notes = benchmark.notes()
        if threads == 1 or cs.get_num_threads() > 1:
            paths = benchmark.paths
            found[threads] = compare(paths["with"], paths["without"], count)
        benchmark.teardown()
    return [
        owner.label,
        owner.idea,
        owner.rule,
        owner.claim,
        str(found.get(1, "")),
        str(found.get("all", "")),
        ", ".join(filter(None, [bytes_saved(saved), notes])),
        verdict(list(found.values()), saved),
    ]


def sweep(folder: str, count: int) -> Iterator[list[str]]:
    """Levels of so many nodes on one thread and on all: where the cutoff of trees lies."""
    node_digests = load(folder, "hashing").node_digests
    threads = cs.get_num_threads()
    for log_nodes in range(3, 18):
        below = random_words(2 << log_nodes, 4).view("u1")
        out = tree_levels(log_nodes)[0]

        def level(team: int, below=below, out=out) -> None:
            node_digests(BLAKE3, below, out, team)

        level(threads)
        serial = statistics.median(seconds(lambda: level(1)) for _ in range(count))
        ratio = compare(lambda: level(threads), lambda: level(1), count)
        yield [f"{1 << log_nodes:,}", f"{serial * 1e6:,.1f}", str(ratio)]


def print_table(head: Sequence[str], rows: Iterator[list[str]]) -> None:
    """Row by row, as they are measured."""
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head), flush=True)
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools/optimisations", description=__doc__.split("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=11, help="pairs (default 11)")
    parser.add_argument("--only", default="", help="rows whose label begins with this")
    parser.add_argument("--sweep", action="store_true", help="the cutoff of small trees instead")
    arguments = parser.parse_args()
    if arguments.count < 1:
        parser.error("count must be at least 1")
    wanted = [owner for owner in ALL if owner.label.startswith(arguments.only)]
    if not wanted:
        parser.error(f"no row begins with {arguments.only!r}")
    folder = build(ROOT / "build")
    threads = _runtime.default_threads()
    cs.set_num_threads(threads)
    facts = config()
    policy = os.environ.get("OMP_WAIT_POLICY", "default")
    print(
        f"cstark {facts['cstark']}, {facts['isa']}, {facts['platform']}, {threads} threads "
        f"(OMP_WAIT_POLICY {policy}), profile {PROFILE}, {arguments.count} pairs\n"
    )
    if arguments.sweep:
        if threads == 1:
            parser.error("the sweep needs two threads")
        head = ["nodes of a level", "one thread, us", f"{threads} threads / one thread"]
        print_table(head, sweep(folder, arguments.count))
        return
    times = ["1 thread", f"{threads} threads"]
    head = ["", "with / without", "rule", "claimed", *times, "saves", "pays"]
    print_table(head, (cells(owner, folder, arguments.count) for owner in wanted))


if __name__ == "__main__":
    main()
