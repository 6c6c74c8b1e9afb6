"""Every kernel and whole proofs as ratios to one LDE, measured in the same run.

A time in milliseconds is worth little on a machine that others use, or beside a time taken on
another one; the ratio of two kernels that ran in turn is worth more.  The unit is the LDE of
2^19 x 32, on one thread, by process CPU time.
"""

from __future__ import annotations

import argparse
import inspect
import statistics
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from benchmarks import kernels, proofs
from benchmarks.common import Threaded, seconds, shapes

from cstark.runtime import config
from cstark.text import table

REFERENCE = (kernels.Lde, "time_lde", (shapes((19, 32))[0], 1))


def benchmarks() -> Iterator[tuple[type[Threaded], str, tuple[Any, ...]]]:
    """(class, method, parameters) of everything that runs on one thread."""
    for module in (kernels, proofs):
        owners = [c for _, c in inspect.getmembers(module, inspect.isclass)]
        owners = [c for c in owners if c.__module__ == module.__name__ and issubclass(c, Threaded)]
        for owner in sorted(owners, key=lambda c: inspect.getsourcelines(c)[1]):
            names = [n for n, _ in inspect.getmembers(owner, inspect.isfunction)]
            for name in names:
                if name.startswith("time_"):
                    for parameters in product(*owner.params[:-1]):
                        yield owner, name, (*parameters, 1)


def prepared(owner: type[Threaded], name: str, parameters: tuple[Any, ...]) -> tuple[Any, Callable]:
    """The benchmark set up, and what to call to run it once."""
    benchmark = owner()
    benchmark.setup(*parameters)
    method = getattr(benchmark, name)
    return benchmark, lambda: method(*parameters)


def title(name: str, parameters: tuple[Any, ...]) -> str:
    """Name of a row: the kernel and its parameters, without the number of threads."""
    return " ".join([name.removeprefix("time_"), *map(str, parameters[:-1])])


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools/ratios", description=__doc__.split("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--no-proofs", action="store_true", help="kernels only")
    arguments = parser.parse_args()
    if arguments.count < 1:
        parser.error("count must be at least 1")

    wanted = [
        row
        for row in benchmarks()
        if arguments.only in title(row[1], row[2])
        and not (arguments.no_proofs and row[0].__module__ == proofs.__name__)
    ]
    if not wanted:
        parser.error(f"no row contains {arguments.only!r}")
    facts = config()
    print(f"cstark {facts['cstark']}, {facts['isa']}, {facts['platform']}, one thread, CPU time")
    unit_benchmark, unit = prepared(*REFERENCE)
    unit_elements = unit_benchmark.elements(*REFERENCE[2])
    unit()
    units: list[float] = []
    rows = []
    for owner, name, parameters in wanted:
        label = title(name, parameters)
        if sys.stderr.isatty():
            print(f"\r\033[K{label}", end="", file=sys.stderr, flush=True)
        benchmark, call = prepared(owner, name, parameters)
        call()
        pairs = []
        for _ in range(arguments.count):
            # in turn, so that both meet the same neighbours
            pairs.append((seconds(call), seconds(unit)))
        units += [theirs for _, theirs in pairs]
        ours = statistics.median(mine for mine, _ in pairs)
        ratio = statistics.median(mine / theirs for mine, theirs in pairs)
        elements = benchmark.elements(*parameters)
        benchmark.teardown(*parameters)
        benchmark.use_threads(1)
        per_element = ratio * unit_elements / elements
        rows.append(
            [
                label,
                f"{ours * 1e3:.3f}",
                f"{ours / elements * 1e9:.3f}" if elements > 1 else "",
                f"{per_element:.3f}" if elements > 1 else "",
                f"{ratio:.3f}",
            ]
        )
        del benchmark, call
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    spread = (max(units) - min(units)) / statistics.median(units)
    print(
        f"unit: LDE {REFERENCE[2][0]}, {statistics.median(units) * 1e3:.1f} ms, "
        f"{statistics.median(units) / unit_elements * 1e9:.2f} ns an element, "
        f"spread {spread:.0%} over {len(units)} runs; medians of {arguments.count}\n"
    )
    head = ["kernel", "ms", "ns/element", "x LDE's ns/element", "x LDE's time"]
    print(table(head, rows))


if __name__ == "__main__":
    main()
