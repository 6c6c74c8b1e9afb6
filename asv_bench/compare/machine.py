"""What the runs had: the machine, and who else used it meanwhile."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare.runs import SIDES, Results

__all__ = ["Load", "Watch", "busy_warnings", "describe", "waiting"]

#: Shares beyond which the report warns: of the machine used by others, of it stolen by the
#: hypervisor, and of the runs' time spent waiting for a processor.
OTHERS, STOLEN, WAITING = 0.05, 0.01, 0.02


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """The machine as plain data."""
    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return {
        "processor": name,
        "processors": processors(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


@dataclass(frozen=True)
class Load:
    """Who used the machine while the runs ran.

    Attributes
    ----------
    average : float
        Load average over a minute when the report began.
    others : float or None
        Share of all processors' time that other processes used; None where it is not known.
    stolen : float or None
        Share that the hypervisor gave to other machines.
    """

    average: float
    others: float | None
    stolen: float | None

    def __str__(self) -> str:
        parts = [f"average {self.average:.2f} at the start"]
        if self.others is not None and self.stolen is not None:
            parts.append(f"{self.others:.0%} of the processors used by others meanwhile")
            parts.append(f"{self.stolen:.1%} stolen by the hypervisor")
        return ", ".join(parts)


class Watch:
    """Measures `Load` from its making to `stop`."""

    def __init__(self, average: float | None = None) -> None:
        self.average = os.getloadavg()[0] if average is None else average
        self._begin = _ticks(), _own_seconds(), time.monotonic()

    def stop(self) -> Load:
        """The load since the start."""
        before, own_before, start = self._begin
        after, own = _ticks(), _own_seconds() - own_before
        if before is None or after is None:
            return Load(self.average, None, None)
        hertz = os.sysconf("SC_CLK_TCK")
        whole = (time.monotonic() - start) * (os.cpu_count() or 1)
        used, stolen = ((b - a) / hertz for a, b in zip(before, after, strict=True))
        return Load(self.average, *shares(used, own, stolen, whole))


def shares(
    used: float, own: float, stolen: float, whole: float
) -> tuple[float, float] | tuple[None, None]:
    """Shares of `whole`, all processors' seconds, that others used and that was stolen.

    Unknown where the system does not count, or for less than half a second: it counts in ticks of
    some hundredths of one.

    Examples
    --------
    >>> shares(used=15.0, own=9.0, stolen=0.2, whole=20.0)
    (0.3, 0.01)
    """
    if whole < 0.5 or used <= 0:
        return None, None
    return min(max(used - own, 0.0) / whole, 1.0), min(stolen / whole, 1.0)


def _ticks() -> tuple[int, int] | None:
    """(used, stolen) ticks of all processors since the start of the system; Linux only."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        user, nice, system, _, _, irq, softirq, steal = map(int, fields[:8])
    except (OSError, ValueError):
        return None
    return user + nice + system + irq + softirq, steal


def _own_seconds() -> float:
    """Processor seconds of this process and of its children that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def waiting(results: Sequence[Results], threads: int) -> float | None:
    """Largest share of a run's proving time that a thread, on average, waited for a processor."""
    shares = [
        run["waited_seconds"] / run["prove_seconds"] / threads
        for result in results
        for side in SIDES
        for run in result[side]
        if run["waited_seconds"] is not None and run["prove_seconds"] > 0
    ]
    return max(shares, default=None)


def busy_warnings(load: Load, waited: float | None, threads: int, cores: int) -> list[str]:
    """What makes the times doubtful.

    Parameters
    ----------
    load : Load
    waited : float or None
        As `waiting` gives it.
    threads : int
        Of each run.
    cores : int
        Processors that the runs could use.
    """
    lines = []
    if threads > cores:
        lines.append(f"{threads} threads on {cores} processors: they take turns")
    if load.others is not None and load.others > OTHERS:
        lines.append(
            f"the machine is busy: other processes used {load.others:.0%} of its processors"
        )
    if load.others is None and load.average > cores / 4:
        lines.append(
            f"the machine may be busy: the load average was {load.average:.1f} at the start"
        )
    if load.stolen is not None and load.stolen > STOLEN:
        lines.append(f"the hypervisor took {load.stolen:.0%} of the processors' time")
    if waited is not None and waited > WAITING:
        lines.append(
            f"a proof waited for a processor for {waited:.0%} of its time; compare CPU times"
        )
    return lines
