"""The phases of one proof, as its report tells them."""

from __future__ import annotations

from typing import Any

import cstark as cs

from .common import HASHES, height
from .machines import make

REPEATS = 3

CASES = [
    f"fib_pair 2^{height(18)}x32",
    f"fib_iterative {min(20_000, 1 << height(19))}",
    f"lookup_bench {18 - height(18)}",
]
PHASES = [
    "check",
    "commit main/extend",
    "commit main/hash",
    "lookup columns",
    "commit lookup/extend",
    "commit lookup/hash",
    "constraints",
    "commit quotient/extend",
    "commit quotient/hash",
    "openings",
    "DEEP",
    "FRI",
    "grinding",
    "queries",
]


def measure(case: str, hash: str) -> dict[str, dict[str, float]]:
    """Of each phase, by path: least seconds on one thread, most bytes, and how many buffers."""
    made = make(case, hash)
    found: dict[str, dict[str, float]] = {}
    with cs.threads(1):
        for _ in range(REPEATS):
            report = made.prove(check=True).report
            for path, phase in walk(report.root):
                here = found.setdefault(path, {"seconds": phase.seconds, "bytes": 0})
                here["seconds"] = min(here["seconds"], phase.seconds)
                here["bytes"] = max(here["bytes"], phase.peak_bytes)
                here["allocations"] = phase.total("allocations")
    return found


def walk(phase: Any, above: tuple[str, ...] = ()) -> Any:
    """(path, phase) of all phases inside one."""
    for child in phase.children:
        path = (*above, child.name)
        yield "/".join(path), child
        yield from walk(child, path)


class Phases:
    """Seconds on one thread, most bytes in the kernels' buffers, and their number, of each phase.

    A phase that a workload does not have counts nothing.
    """

    params = [CASES, HASHES[:2], PHASES]
    param_names = ["workload", "hash", "phase"]
    timeout = 900

    def setup_cache(self) -> dict[tuple[str, str], dict[str, dict[str, float]]]:
        return {(case, hash): measure(case, hash) for case in CASES for hash in HASHES[:2]}

    def track_phase_seconds(self, found: Any, workload: str, hash: str, phase: str) -> float:
        return found[workload, hash].get(phase, {"seconds": 0.0})["seconds"]

    def track_phase_bytes(self, found: Any, workload: str, hash: str, phase: str) -> float:
        return found[workload, hash].get(phase, {"bytes": 0})["bytes"]

    def track_phase_allocations(self, found: Any, workload: str, hash: str, phase: str) -> float:
        return found[workload, hash].get(phase, {"allocations": 0})["allocations"]

    track_phase_seconds.unit = "seconds"
    track_phase_bytes.unit = "bytes"
    track_phase_allocations.unit = "buffers"
