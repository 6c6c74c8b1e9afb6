"""What is known of an executor: how many workers it has, and what travels to them."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from cstark.batch.job import Job
from cstark.errors import CstarkError, StatementError
from cstark.runtime import get_num_threads

__all__ = [
    "Here",
    "check_executor",
    "default_threads",
    "packer",
    "pickler",
    "pickler_class",
    "shares_memory",
    "workers",
]

T = TypeVar("T")
Arguments = ParamSpec("Arguments")


class Here(Executor):
    """Runs each call at once, in the caller's thread."""

    def submit(
        self, fn: Callable[Arguments, T], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        future.set_result(fn(*args, **kwargs))
        return future


def check_executor(executor: Any) -> None:
    """Refuse what is no executor, saying what is.

    Raises
    ------
    CstarkError
    """
    if executor is None or isinstance(executor, Executor):
        return
    if callable(getattr(executor, "get_executor", None)):  # a client of dask
        hint = "call its get_executor()"
    else:
        hint = "for example concurrent.futures.ProcessPoolExecutor(4)"
    raise CstarkError(
        f"executor must be a concurrent.futures.Executor, not {type(executor).__name__}: {hint}"
    )


def workers(executor: Executor) -> int | None:
    """Number of workers; None where the executor does not say.

    The pools of `concurrent.futures`, of loky and of mpi4py keep it under this name, dask none.
    """
    count = getattr(executor, "_max_workers", None)
    return count if isinstance(count, int) and count >= 1 else None


def shares_memory(executor: Executor | None) -> bool:
    """Whether the workers are threads of this interpreter, which nothing needs to be pickled for.

    A subclass of `ThreadPoolExecutor` may have interpreters of its own (Python 3.14).
    """
    return executor is None or type(executor) in (Here, ThreadPoolExecutor)


def default_threads(executor: Executor | None, jobs: int) -> int | None:
    """Threads of each proof, so that all together are no more than one proof alone would use.

    Where the number of workers is unknown they are slots of a cluster, a processor each.
    """
    if executor is None:
        return None
    count = workers(executor)
    return 1 if count is None else max(1, get_num_threads() // max(1, min(count, jobs)))


def pickler_class(executor: Executor | None) -> type[pickle.Pickler] | None:
    """What pickles for the workers; None where nothing needs to be pickled."""
    if shares_memory(executor):
        return None
    cloudpickle = sys.modules.get("cloudpickle")
    if isinstance(executor, ProcessPoolExecutor) or cloudpickle is None:
        return pickle.Pickler
    # loky and dask send classes of notebooks and functions by value
    kind: type[pickle.Pickler] = cloudpickle.Pickler
    return kind


def packer(executor: Executor | None) -> Callable[[int, Job], Job | bytes]:
    """What turns (index, job) into what is sent: the job, or bytes that `pickle.loads` reads.

    Raises
    ------
    StatementError
        From the function returned: the job cannot be pickled.
    """
    pack = pickler(executor)
    return lambda index, job: pack(job, f"job {index}: {job.workload!r}")


def pickler(executor: Executor | None) -> Callable[[Any, str], Any]:
    """What turns (object, its name in messages) into what is sent: the object, or its bytes.

    Raises
    ------
    StatementError
        From the function returned: the object cannot be pickled.
    """
    kind = pickler_class(executor)
    if kind is None:
        return lambda item, name: item

    def pack(item: Any, name: str) -> bytes:
        buffer = io.BytesIO()
        try:
            kind(buffer).dump(item)
            return buffer.getvalue()
        except Exception as error:
            raise StatementError(
                f"{name} cannot be sent to another process: {type(error).__name__}: {error}; "
                "define its class at the top of a module"
            ) from error

    return pack
