"""Threads, instruction set and build: what the kernels run with."""

from __future__ import annotations

import operator
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cstark.errors import CstarkError

__all__ = ["config", "get_num_threads", "set_num_threads", "show_config", "threads"]


def _kernels() -> Any:
    from cstark.kernels import _runtime

    return _runtime


def get_num_threads() -> int:
    """Number of threads the kernels use."""
    return _kernels().threads()


def set_num_threads(n: int) -> None:
    """Set the number of threads of all kernels, for the whole process.

    The default is ``CSTARK_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the processors this
    process may run on. Proofs do not depend on it.

    Parameters
    ----------
    n : int
        1 to 1024.

    Raises
    ------
    CstarkError
        For anything else.

    Examples
    --------
    >>> import cstark as cs
    >>> before = cs.get_num_threads()
    >>> cs.set_num_threads(1)
    >>> cs.get_num_threads()
    1
    >>> cs.set_num_threads(before)
    """
    kernels = _kernels()
    try:
        if isinstance(n, bool):
            raise TypeError
        number = operator.index(n)
    except TypeError:
        raise CstarkError(f"the number of threads must be an int, not {n!r}") from None
    if not 1 <= number <= kernels.MAX_THREADS:
        raise CstarkError(f"threads={number}: must be between 1 and {kernels.MAX_THREADS}")
    kernels.set_threads(number)


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Use `n` threads inside a ``with`` statement; process-wide, like `set_num_threads`.

    Examples
    --------
    >>> import cstark as cs
    >>> with cs.threads(1):
    ...     cs.get_num_threads()
    1
    """
    before = get_num_threads()
    set_num_threads(n)
    try:
        yield
    finally:
        set_num_threads(before)


def config() -> dict[str, Any]:
    """What `show_config` prints, as a dictionary."""
    import numpy

    from cstark import __version__

    kernels = _kernels()
    return {
        "cstark": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "platform": f"{sys.platform} {platform.machine()}",
        "isa": kernels.isa(),
        "isas": list(kernels.isas()),
        "openmp": kernels.openmp(),
        "threads": kernels.threads(),
        "processors": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "fork": "threads are paused before a fork"
        if kernels.can_pause_threads()
        else "a forked child runs on one thread",
        "sources": kernels.source_digest(),
    }


def show_config() -> None:
    """Print versions, instruction set, OpenMP and threads: what a bug report should hold."""
    for name, value in config().items():
        print(f"{name:>10}  {value}")


def _before_fork() -> None:
    # OpenMP's idle threads do not exist in a forked child, which would wait for them for ever.
    # Dismissed before the fork, they are started anew where they are needed (64 us).
    kernels = sys.modules.get("cstark.kernels._runtime")
    if kernels is not None and kernels.openmp():
        kernels.pause_threads()


def _after_fork_in_child() -> None:
    kernels = sys.modules.get("cstark.kernels._runtime")
    if kernels is not None and kernels.openmp() and not kernels.can_pause_threads():
        kernels.set_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
