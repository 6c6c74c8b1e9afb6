"""How long a thread of the kernels that has nothing to do waits awake, before it sleeps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["SPINS", "short_waits"]

SPINS = 3000
"""Turns of GCC's waiting loop, some 75 microseconds: about what waking a thread takes.

Its own default is 300,000. Between two parallel regions a proof is serial for less time than that,
so that the other threads never slept: that is what processor seconds rose by on several threads.
And on a machine that is busy with other work a thread that waits for one that is not running took
the processor away from it. A proof of fib_pair 2^14 x 32 on two threads beside ten other processes
on two processors took 1.2 s of wall time and 0.25 s of processor time by the default, and 0.13 s
and 0.032 s with this number.
"""


@contextmanager
def short_waits() -> Iterator[None]:
    """Have GCC's OpenMP, if it is loaded within, wait awake for a short time only.

    It reads its settings once. What the user has set stays; the environment, which is handed on to
    other processes, is afterwards as it was before.
    """
    if any(os.environ.get(name) for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")):
        yield
        return
    before = os.environ.get("GOMP_SPINCOUNT")
    os.environ["GOMP_SPINCOUNT"] = str(SPINS)
    try:
        yield
    finally:
        if before is None:
            del os.environ["GOMP_SPINCOUNT"]
        else:
            os.environ["GOMP_SPINCOUNT"] = before
