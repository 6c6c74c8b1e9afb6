"""What runs where a proof is made: in a thread, a process or on another machine.

Nothing here raises for a job that fails: a pool cannot tell an exception of the job, which may not
even survive pickling, from a failure of its own.
"""

from __future__ import annotations

import pickle
import sys
import traceback
from contextlib import nullcontext
from dataclasses import dataclass

from cstark.batch.job import Job
from cstark.errors import CstarkError, VerificationError
from cstark.protocol.proof import Proof
from cstark.runtime import threads
from cstark.unwind import release_memory

__all__ = ["STOPPED", "Failure", "Outcome", "Stopped", "Task", "prove_job", "refuse_stopped"]


#: Runs that are over, as far as this process knows: the caller's knows when it closes one, another
#: when a Ctrl-C that the terminal sends to all processes ends a job. What a pool has in its queue
#: already cannot be cancelled, and is not begun then.
STOPPED: set[str] = set()


class Stopped(CstarkError):
    """The run was closed before the proof was finished."""


def refuse_stopped(run: str) -> None:
    """Go no further with a proof, or a shard of one, of a run that is over."""
    if run in STOPPED:
        raise Stopped("the run was closed")


@dataclass(frozen=True)
class Task:
    """A job on its way to a worker.

    Attributes
    ----------
    job : Job or bytes
        Pickled for another process. We pickle it, not the pool: a class that the worker cannot
        import then fails its job, where the pool would lose the worker.
    threads : int or None
        Of the proof; None for those of the thread it runs in.
    found : bytes or None
        The job's file as it was found in the folder.
    check, max_memory
        As for `Machine.prove`.
    run : str
        Names the run; see `STOPPED`.
    """

    job: Job | bytes
    threads: int | None = None
    found: bytes | None = None
    check: bool = True
    max_memory: int | None = None
    run: str = ""


@dataclass(frozen=True)
class Failure:
    """An exception that can travel.

    Attributes
    ----------
    error : Exception or bytes
        Pickled for another process; empty if it cannot be.
    text : str
        Its type and message.
    traceback : str
    """

    error: Exception | bytes
    text: str
    traceback: str


@dataclass(frozen=True)
class Outcome:
    """What comes back: a new proof; a failure; neither when the file that was found holds."""

    proof: Proof | None = None
    failure: Failure | None = None


def prove_job(task: Task) -> Outcome:
    """Do one job."""

    def step(phase: str = "", done: int = 0, total: int = 0) -> None:
        refuse_stopped(task.run)

    outer = sys.exception()  # without an executor, what our caller is handling
    try:
        step()
        job = task.job if isinstance(task.job, Job) else _unpack(task.job)
        with nullcontext() if task.threads is None else threads(task.threads):
            if task.found is not None and holds(job, task.found):
                return Outcome()
            return Outcome(
                proof=job.workload.prove(
                    job.options,
                    pad_to=job.pad_to,
                    check=task.check,
                    max_memory=task.max_memory,
                    progress=step,
                )
            )
    except KeyboardInterrupt:
        STOPPED.add(task.run)
        raise
    except Exception as error:
        return Outcome(failure=_failure(error, outer, travels=isinstance(task.job, bytes)))


def holds(job: Job, proof: bytes) -> bool:
    """Whether a file's bytes prove what the job claims, with the options of the job.

    The claim is the one that `prepare_for` makes now: a file that was renamed, or made by other
    code, proves something else.
    """
    claim = job.workload.prepare_for(job.options).claim
    try:
        # The options are the job's own, however few bits they are worth.
        type(job.workload).verify(
            proof, job.options, claim=claim, min_security=0, **job.workload.held()
        )
    except VerificationError:
        return False
    return True


def _unpack(data: bytes) -> Job:
    try:
        job = pickle.loads(data)
    except Exception as error:
        raise CstarkError(
            f"the worker cannot load the job: {type(error).__name__}: {error}; define the workload "
            "in a module that workers can import"
        ) from error
    assert isinstance(job, Job)
    return job


def _failure(error: Exception, outer: BaseException | None, *, travels: bool) -> Failure:
    packed: Exception | bytes = error
    text = "".join(traceback.format_exception_only(error)).strip()
    trace = "".join(traceback.format_exception(error))
    if not travels:
        # of ten thousand traces that failed, none is kept
        release_memory(error, outer, everywhere=True)
    else:
        try:
            packed = pickle.dumps(error)
        except Exception:  # whatever an exception's own __reduce__ raises
            packed = b""
    return Failure(packed, text, trace)
