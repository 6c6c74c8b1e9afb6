"""How fast the memory is: copies by several threads at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

__all__ = ["copy_rate"]

#: Bytes that each thread copies at a time: more than its share of any cache.
PIECE = 64 << 20
#: Rounds, of which the fastest counts: others were disturbed.
ROUNDS = 5


def copy_rate(threads: int, piece: int = PIECE) -> float:
    """Bytes read and written per second when so many threads copy.

    Parameters
    ----------
    threads : int
    piece : int
        Bytes for each thread.

    Returns
    -------
    float
    """
    sources = [np.ones(piece // 8, dtype=np.uint64) for _ in range(threads)]
    targets = [np.empty_like(source) for source in sources]
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:  # NumPy copies without the interpreter's lock
        for _ in range(ROUNDS):
            start = time.perf_counter()
            list(pool.map(np.copyto, targets, sources))
            best = min(best, time.perf_counter() - start)
    return 2 * threads * piece / best
