"""Seconds on this machine, extrapolated from short runs of the prover.

The same tables are proven at a fraction of their heights, on random traces: the prover's work does
not depend on the values, and the proofs, of false statements, are thrown away. The heights double
until a run has taken long enough. Each phase is then a constant and a part in proportion to the
committed words, fitted to the first and the last run; its stated error is how far the same line,
through the runs before, misses the last run.

What only the first proof of a process does is told apart: programs are compiled, preprocessed
columns committed to, and the system provides the memory, which may take as long as the proof.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cstark.cost.estimate import Timing
from cstark.cost.memory import footprint, peak
from cstark.field import Element, P
from cstark.kernels import _chunks
from cstark.protocol.layout import Layout, hidden_sums
from cstark.protocol.matrix import FULL
from cstark.protocol.prover import Prover
from cstark.protocol.standing import Heights
from cstark.protocol.statement import Instance
from cstark.protocol.traces import read_traces
from cstark.protocol.transcript import Transcript
from cstark.report import Report
from cstark.unwind import releasing_memory

if TYPE_CHECKING:
    from cstark.air.description import TableDescription
    from cstark.protocol.proving_key import ProvingKey

__all__ = ["measure"]

FIRST_WORDS = 1 << 15  # committed in the first run, at most, but that no table is lower than:
LEAST_LOG_HEIGHT = 3
LEAST_RUNS = 3  # two for the line, one to see how good it is
REPEATS = 2  # of each run: the least seconds of each phase are taken, others were disturbed
GRINDING_BITS = 10  # of the sample runs
# What extrapolation misses in the best case: levels of the cache, a busy machine.
LEAST_ERROR = 0.25
ONCE = ("commit preprocessed",)  # phases of the first proof only

TOUCHED_SECONDS = 0.5  # that the sample of fresh memory may take, and more until a piece is done
TOUCHED_PIECE, MOST_TOUCHED = 8 << 20, 512 << 20  # bytes


def measure(machine: ProvingKey, heights: Heights, *, budget: float = 0.5) -> Timing:
    """Time a proof of these heights without making it.

    Parameters
    ----------
    machine : ProvingKey
    heights : sequence of (int or tuple of int)
        Log heights by table, see `cstark.protocol.standing`.
    budget : float
        Seconds that the last run may be expected to take.

    Returns
    -------
    Timing

    Examples
    --------
    >>> import cstark as cs
    >>> from cstark.cost.seconds import measure
    >>> from cstark.machines import load
    >>> workload = load("fib_pair")
    >>> _, statement = workload.read_statement(workload(log_rows=16).prepare().claim)
    >>> machine = cs.Machine(statement.tables, cs.Options(queries=50))
    >>> timing = measure(machine.proving_key, [16], budget=0.05)
    >>> timing.seconds > 0 and list(timing.phases)[:3]
    ['read traces', 'check', 'commit main']
    >>> list(timing.once)
    ['compile', 'first touch']
    """
    start = time.perf_counter()
    key = machine.standing(heights)
    log_heights = key.description.log_heights
    key.programs.compile(hidden=hidden_sums(key.description))
    once = {"compile": time.perf_counter() - start}
    # Before the runs, lest it is given the memory that they have just given back.
    layout = Layout(key.description, log_heights)
    touching = touching_seconds(peak(footprint(key, layout, FULL)))
    top = max(log_heights)
    shifts = range(top - LEAST_LOG_HEIGHT + 1)
    shift = next(
        (s for s in shifts if _words(key, _lowered(log_heights, s)) <= FIRST_WORDS), shifts[-1]
    )
    _run(key, _lowered(log_heights, top))  # what is made once: code, twiddles, threads
    runs = [_run(key, _lowered(log_heights, shift))]
    while shift and (len(runs) < LEAST_RUNS or 2 * runs[-1].seconds < budget):
        shift -= 1
        runs.append(_run(key, _lowered(log_heights, shift)))
    phases = extrapolate(runs, _words(key, log_heights))
    error = stated_error(runs)
    once |= {name: phases.pop(name) for name in ONCE if name in phases}
    once["first touch"] = touching
    grinding = _grinding_seconds(key)
    if grinding:
        phases["grinding"] = grinding
        # Exponentially distributed: as large a deviation as the mean.
        total = sum(phases.values())
        error = max(error, ((error * (total - grinding)) ** 2 + grinding**2) ** 0.5 / total)
    return Timing(
        seconds=sum(phases.values()),
        error=error,
        phases=phases,
        runs=tuple((run.rows, run.seconds) for run in runs),
        once=once,
    )


def touching_seconds(size: int) -> float:
    """Seconds that the system takes to provide so much memory, on the threads now set.

    Measured, since it differs by a factor of twenty: a virtual machine gives its free memory back
    to the host, and then each page is one for the host as well. What was freed only just now comes
    first and costs little, so that the last pieces of the sample speak for what follows.

    Parameters
    ----------
    size : int
        Bytes.
    """
    sample = -(-max(1, min(size, MOST_TOUCHED)) // TOUCHED_PIECE) * TOUCHED_PIECE
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # what is shared comes in small pages
    memory = mmap.mmap(-1, sample + TOUCHED_PIECE, flags=private)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    words = np.frombuffer(memory, dtype=np.uint64)
    aligned = words[-words.ctypes.data % TOUCHED_PIECE // 8 :]
    times = [time.perf_counter()]
    while len(times) <= sample // TOUCHED_PIECE and times[-1] - times[0] <= TOUCHED_SECONDS:
        start = (len(times) - 1) * TOUCHED_PIECE // 8
        _chunks.touch(aligned[start : start + TOUCHED_PIECE // 8].data)
        times.append(time.perf_counter())
    return touching_line(times, size / TOUCHED_PIECE)


def touching_line(times: Sequence[float], pieces: float) -> float:
    """Seconds for so many pieces, from the times before and after each of the first ones."""
    touched = len(times) - 1
    last = -(-touched // 4)
    rate = (times[-1] - times[-1 - last]) / last
    return max(0.0, times[-1] - times[0] + (pieces - touched) * rate)


@dataclass(frozen=True)
class TrialRun:
    """One proof: rows of the tallest table, words committed, seconds by phase."""

    rows: int
    words: int
    phases: dict[str, float]

    @property
    def seconds(self) -> float:
        return sum(self.phases.values())


class _Trial(Prover):
    """Proves what is false: how long it takes does not depend on the values."""

    def check_balance(self, total: Element) -> None:
        """Go on where the buses do not balance."""


@releasing_memory
def _run(key: ProvingKey, log_heights: Sequence[int]) -> TrialRun:
    options = replace(key.description.options, grinding=0)
    tables = [lowered(d, h) for d, h in zip(key.description.tables, log_heights, strict=True)]
    small = key.at_heights(tables, options)
    random = np.random.default_rng(0)
    traces = {
        d.name: random.integers(0, P, (1 << log_height, d.width), dtype=np.uint64)
        for d, log_height in zip(tables, log_heights, strict=True)
    }
    publics = {d.name: [1] * d.publics for d in tables if d.publics}
    instance = Instance.build(small.description, publics, (), b"")
    checks = [small.programs.check(table) for table in range(len(tables))]
    phases: dict[str, float] = {}
    for _ in range(REPEATS):
        report = Report()
        with report.phase("read traces"):
            arrays = read_traces(small.description, traces)
        small.verifying_key(report)  # commits to the preprocessed columns, in the first repeat
        with report.phase("check"):
            for check, array, values in zip(checks, arrays, instance.publics, strict=True):
                check.violations(array, check.description.preprocessed, values)
        _Trial(small, instance, arrays, report).prove()
        for phase in report.root.children:
            phases[phase.name] = min(phase.seconds, phases.get(phase.name, phase.seconds))
    phases.pop("grinding", None)
    return TrialRun(1 << max(log_heights), _words(small, log_heights), phases)


def lowered(description: TableDescription, log_height: int) -> TableDescription:
    """The same table, if its height is fixed, with fewer rows."""
    rows = 1 << log_height
    changes: dict[str, Any] = {"periodic": tuple(v[:rows] for v in description.periodic)}
    if description.rows is not None:
        changes["rows"] = rows
    if description.preprocessed is not None:
        changes["preprocessed"] = description.preprocessed[:rows]
    _ = description.lookup_degrees  # once, not for each of the copies
    other = copy(description)
    for name, value in changes.items():
        object.__setattr__(other, name, value)  # frozen for its users; this one is still made
    return other


def _lowered(log_heights: Sequence[int], shift: int) -> list[int]:
    return [max(h - shift, min(h, LEAST_LOG_HEIGHT)) for h in log_heights]


def _words(key: ProvingKey, log_heights: Sequence[int]) -> int:
    layout = Layout(key.description, log_heights)
    return sum(m.width << m.log_height for tree in layout.trees for m in tree.matrices)


def extrapolate(runs: Sequence[TrialRun], words: int) -> dict[str, float]:
    """Seconds of each phase at a size, from the first and the last run.

    Where these are of one size, as codes of short tables with masks are however few the rows, they
    do not tell what is constant, and all of it is taken to grow.
    """
    first, last = runs[0], runs[-1]
    if words == last.words or first.words == last.words:
        scale = words / last.words
        return {name: seconds * scale for name, seconds in last.phases.items()}
    result = {}
    for name, seconds in last.phases.items():
        before = first.phases.get(name, 0.0)
        slope = (seconds - before) / (last.words - first.words)
        slope = min(max(slope, 0.0), seconds / last.words)  # the constant part is not negative
        result[name] = seconds + slope * (words - last.words)
    return result


def stated_error(runs: Sequence[TrialRun]) -> float:
    """A share of the seconds: how far the runs before the last would have missed it."""
    if len(runs) < LEAST_RUNS:  # as tall as the tables themselves, or nearly
        return LEAST_ERROR
    expected = sum(extrapolate(runs[:-1], runs[-1].words).values())
    return max(LEAST_ERROR, abs(expected / runs[-1].seconds - 1))


def _grinding_seconds(key: ProvingKey) -> float:
    """Expected seconds of the proof of work, from runs with fewer bits."""
    bits = key.description.options.grinding
    if not bits:
        return 0.0
    sample, tried = min(bits, GRINDING_BITS), 32
    transcript = Transcript(key.description.options.hash)
    start = time.perf_counter()
    hashes = 0
    for _ in range(tried):
        nonce = transcript.proof_of_work(sample).solve()
        transcript.absorb("sample", nonce.to_bytes(8, "little"))  # so that the next one differs
        hashes += 1 + nonce
    return (time.perf_counter() - start) / hashes * 2.0**bits
