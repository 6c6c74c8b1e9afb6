"""What all benchmarks share: sizes, random inputs, threads, the clock."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import numpy as np

import cstark as cs
from cstark.kernels import _field, _runtime

__all__ = [
    "HASHES",
    "PROFILE",
    "THREADS",
    "Threaded",
    "challenge",
    "clock",
    "empty_words",
    "height",
    "parse",
    "random_words",
    "seconds",
    "shapes",
    "timer",
]

PROFILE = os.environ.get("CSTARK_BENCH_PROFILE", "regular")
#: Most rows, as a power of two. 2^16 is the least that says something: smaller inputs stay in a
#: cache, and a branch predictor learns them by heart.
CAPS = {"tiny": 9, "quick": 16, "regular": 32}
if PROFILE not in CAPS:
    sys.exit(f"CSTARK_BENCH_PROFILE is {PROFILE!r}, not one of {', '.join(CAPS)}")
HASHES = ["keccak256", "blake3", "sha256"]
THREADS = [1, "all"]


def height(log_rows: int) -> int:
    """log2 of the rows that the profile has in place of 2^log_rows."""
    return min(log_rows, CAPS[PROFILE])


def shapes(*wanted: tuple[int, int]) -> list[str]:
    """Parameters ``"2^19x32"`` from pairs (log rows, columns), none twice."""
    return list(dict.fromkeys(f"2^{height(log_rows)}x{columns}" for log_rows, columns in wanted))


def parse(shape: str) -> tuple[int, int]:
    """(rows, columns) of a parameter ``"2^19x32"``."""
    log_rows, columns = shape.removeprefix("2^").split("x")
    return 1 << int(log_rows), int(columns)


def random_words(*shape: int, seed: int = 1) -> np.ndarray:
    """Random field elements in a buffer like the prover's: aligned, on huge pages."""
    out = _runtime.aligned(shape)
    flat = out.reshape(-1)
    rng = np.random.default_rng(seed)
    for start in range(0, flat.size, 1 << 20):  # without a second copy of a large matrix
        part = flat[start : start + (1 << 20)]
        part[:] = rng.integers(0, cs.P, part.size, dtype=np.uint64)
    return out


def empty_words(*shape: int) -> np.ndarray:
    """A buffer whose pages exist: the first touch of memory is not what is measured."""
    out = _runtime.aligned(shape)
    out[...] = 0
    return out


def challenge(seed: int = 2) -> tuple[int, int, int]:
    """A random extension element."""
    rng = np.random.default_rng(seed)
    return tuple(int(x) for x in rng.integers(1, cs.P, 3, dtype=np.uint64))


def timer() -> Callable[[], float]:
    """Process CPU time on one thread, which other processes disturb least; wall time on more."""
    return time.process_time if cs.get_num_threads() == 1 else time.perf_counter


def clock() -> float:
    """The time by `timer`."""
    return timer()()


def seconds(call: Callable[[], object], least: float = 0.002) -> float:
    """Seconds of one call by `timer`; short ones are repeated until they fill `least` seconds."""
    now = timer()
    calls, spent = 0, 0.0
    start = now()
    while calls == 0 or spent < least:
        call()
        calls += 1
        spent = now() - start
    return spent / calls


class Threaded:
    """Base of benchmarks whose last parameter is the number of threads."""

    timer = staticmethod(clock)
    warmup_time = 0.05
    repeat = (3, 9, 10.0)
    rounds = 2

    def use_threads(self, threads: int | str) -> None:
        """Give the kernels 1 thread, or all there are."""
        cs.set_num_threads(_runtime.default_threads() if threads == "all" else threads)
        if threads == "all":  # start them: the first parallel region takes milliseconds
            words = _runtime.aligned(1 << 18)
            words[:] = 0
            _field.add(words, words, words)

    def teardown(self, *parameters: object) -> None:
        self.use_threads("all")
