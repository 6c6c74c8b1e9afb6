"""Threads, instruction set and build: what the kernels run with."""

from __future__ import annotations

import operator
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cstark.errors import CstarkError, quoted

__all__ = [
    "checked_threads",
    "config",
    "get_num_threads",
    "set_num_threads",
    "show_config",
    "threads",
]


def get_num_threads() -> int:
    """Number of threads the kernels use when called from this Python thread.

    Returns
    -------
    int

    Examples
    --------
    >>> import cstark as cs
    >>> with cs.threads(2):
    ...     cs.get_num_threads()
    2
    """
    from cstark.kernels import _runtime

    return _runtime.threads()


def checked_threads(n: int) -> int:
    """`n` as an int, if it is a possible number of threads; `CstarkError` otherwise."""
    from cstark.kernels import _runtime

    most = _runtime.MAX_THREADS
    try:
        if isinstance(n, bool):
            raise TypeError
        number = operator.index(n)
    except TypeError:
        raise CstarkError(f"the number of threads must be an int, not {quoted(n)}") from None
    if not 1 <= number <= most:
        raise CstarkError(f"threads={quoted(number)}: must be between 1 and {most}")
    return number


def set_num_threads(n: int) -> None:
    """Set the number of threads of all kernels, for the whole process.

    The default is ``CSTARK_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the processors this
    process may keep busy: its affinity and its control groups (containers) count. Proofs do not
    depend on it.

    Python threads that call kernels at once share the number: each call starts as many threads as
    its share allows, so that a `concurrent.futures.ThreadPoolExecutor` does not oversubscribe the
    machine. Processes do not know of each other: give a `ProcessPoolExecutor` of k workers
    ``initializer=cstark.set_num_threads, initargs=(max(1, cstark.get_num_threads() // k),)``.

    Parameters
    ----------
    n : int
        1 to 1024.

    Raises
    ------
    CstarkError
        For anything else.

    See Also
    --------
    threads : for one Python thread, inside a ``with`` statement.
    cstark.prove_many : for each of many proofs on an executor.

    Examples
    --------
    >>> import cstark as cs
    >>> before = cs.get_num_threads()
    >>> cs.set_num_threads(1)
    >>> cs.get_num_threads()
    1
    >>> cs.set_num_threads(before)
    """
    from cstark.kernels import _runtime

    _runtime.set_threads(checked_threads(n))


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Use `n` threads inside a ``with`` statement, in the Python thread that runs it.

    It takes precedence over `set_num_threads` and is not shared with other Python threads: they
    neither see it nor take from it.

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
    >>> with cs.threads(1):
    ...     cs.get_num_threads()
    1
    """
    from cstark.kernels import _runtime

    before = _runtime.set_own_threads(checked_threads(n))
    try:
        yield
    finally:
        _runtime.set_own_threads(before)


def config() -> dict[str, Any]:
    """What `show_config` prints, as a dictionary."""
    import numpy

    from cstark import __version__
    from cstark.kernels import _runtime
    from cstark.kernels.processors import available

    return {
        "cstark": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "platform": f"{sys.platform} {platform.machine()}",
        "isa": _runtime.isa(),
        "isas": list(_runtime.isas()),
        "sha256": "SHA instructions" if _runtime.sha() else "lanes",
        "openmp": _runtime.openmp(),
        "threads": _runtime.threads(),
        "processors": available(),
        "fork": "threads are paused before a fork"
        if _runtime.can_pause_threads()
        else "after a proof, a forked child runs on one thread",
        "sources": _runtime.source_digest(),
    }


def show_config() -> None:
    """Print versions, instruction set, OpenMP and threads: what a bug report should hold.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.show_config()  # doctest: +ELLIPSIS
        cstark  ...
    """
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
    if kernels is not None:
        kernels.after_fork(kernels.can_pause_threads())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
