"""A run: hands jobs out, takes results in as they come, gives them on in order."""

from __future__ import annotations

import os
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TypeAlias
from uuid import uuid4

from cstark.batch.executors import Here, workers
from cstark.batch.folder import Folder
from cstark.batch.job import Job
from cstark.batch.result import JobResult
from cstark.batch.worker import STOPPED, Failure, Outcome, Task, prove_job
from cstark.errors import CstarkError, OptionsError, is_integer, quoted
from cstark.protocol.proof import Proof
from cstark.report.progress import ProgressBar, ProgressCallback, listener

__all__ = ["Run", "Settings", "WorkerTraceback", "read_buffersize"]

BUFFER = 256  # results that may wait: some 60 MB of proofs
BUFFER_A_WORKER = 4


@dataclass(frozen=True)
class Settings:
    """What holds for every job of a run; see `prove_many`."""

    threads: int | None
    buffersize: int
    check: bool
    max_memory: int | None


def read_buffersize(buffersize: int | None, executor: Executor | None) -> int:
    """How many jobs are handed out ahead of the result taken last.

    Raises
    ------
    OptionsError
    """
    if buffersize is not None and (not is_integer(buffersize) or buffersize < 1):
        raise OptionsError(f"buffersize={quoted(buffersize)}: must be an int of at least 1")
    if executor is None:  # what is handed out is proved at once
        return 1
    return buffersize or max(BUFFER, BUFFER_A_WORKER * (workers(executor) or 0))


class WorkerTraceback(Exception):
    """The cause of an error that was raised in another process: its traceback there, as text."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


class Run(Iterator[JobResult]):
    """The results of `prove_many`, in the order of the jobs.

    Attributes
    ----------
    total, done, failed : int
        Jobs; those proved, found or failed so far; those that failed.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        cargo: Sequence[Job | bytes],
        executor: Executor | None,
        settings: Settings,
        folder: str | os.PathLike[str] | None,
        progress: bool | ProgressCallback | None,
    ) -> None:
        self.total = len(jobs)
        self.done = self.failed = 0
        self._jobs = jobs
        self._cargo = cargo
        self._executor = Here() if executor is None else executor
        self._settings = settings
        self._bar = ExitStack()
        self._tell = self._bar.enter_context(listener(progress))
        self._counts = progress is True
        self._shown = self._tell if isinstance(self._tell, ProgressBar) else None
        self._folder = None if folder is None else Folder(folder)
        self._name = uuid4().hex
        # By the job's index: what is out, and the file that was found for it.
        self._flying: dict[int, tuple[Future[Outcome], bytes | None]] = {}
        self._arrivals: Arrivals = SimpleQueue()
        self._ready: dict[int, JobResult] = {}
        self._sent = self._given = 0
        if self._tell is not None and self._counts:  # the bar's clock starts with the first job
            self._tell(self._count_text(), 0, self.total)
        if executor is not None:
            try:
                self._hand_out()
            except BaseException:
                self.close()
                raise

    # ---- for the caller -----------------------------------------------------------------

    def __next__(self) -> JobResult:
        if self._given == self.total:
            self.close()
            raise StopIteration
        try:
            if self._shown is not None and self._given not in self._ready:
                self._shown.show()
            self._hand_out()
            # All that is there, so that it is kept in the folder before the caller goes away with
            # the first.
            while self._given not in self._ready or not self._arrivals.empty():
                self._take_in()
            if self._shown is not None:
                self._shown.hide()  # the caller may print the result
        except BaseException:
            self.close()
            raise
        result = self._ready.pop(self._given)
        self._given += 1
        return result

    def close(self) -> None:
        """Cancel what has not begun and keep what is finished; the iterator is at its end then."""
        flying, self._flying = self._flying, {}
        if flying:
            STOPPED.add(self._name)
        self._sent = self._given = self.total
        self._ready.clear()
        self._bar.close()
        for future, _ in flying.values():
            future.cancel()
        while self._folder is not None:
            try:
                index, outcome = self._arrivals.get_nowait()
            except Empty:
                break
            if isinstance(outcome, Outcome) and outcome.proof is not None:
                try:
                    self._folder.write(self._jobs[index], outcome.proof)
                except OSError as error:  # the others shall be kept all the same
                    warnings.warn(
                        f"the proof of {self._jobs[index]} is lost: {error}", stacklevel=2
                    )

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_flying", None):
            self.close()

    def __repr__(self) -> str:
        return f"<Run: {self.done} of {self.total} jobs done, {self.failed} failed>"

    # ---- out and in ---------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Submit jobs while fewer than `buffersize` results are out."""
        settings = self._settings
        while self._sent < self.total and self._sent - self._given < settings.buffersize:
            index = self._sent
            try:
                found = None if self._folder is None else self._folder.read(self._jobs[index])
            except OSError as error:  # it could not be kept either: nothing is proved
                self._sent += 1
                self._note(self._failed(index, error, _text(error)))
                continue
            task = Task(
                self._cargo[index],
                threads=settings.threads,
                found=found,
                check=settings.check,
                max_memory=settings.max_memory,
                run=self._name,
            )
            self._sent += 1
            try:
                future = self._executor.submit(prove_job, task)
            except BrokenExecutor as error:  # by an earlier job: what is left cannot be proved
                self._note(self._failed(index, error, _text(error)))
                continue
            self._flying[index] = future, found
            future.add_done_callback(_lander(self._arrivals, index))

    def _take_in(self) -> None:
        """Wait for the next job to be finished, and take it in."""
        index, outcome = self._arrivals.get()
        try:
            result = self._result(index, outcome)
        except BaseException:  # perhaps while the proof was written: `close` writes it
            self._arrivals.put((index, outcome))
            raise
        del self._flying[index]
        self._note(result)

    def _result(self, index: int, outcome: Outcome | BaseException) -> JobResult:
        job = self._jobs[index]
        if isinstance(outcome, Outcome):
            if outcome.failure is not None:
                return self._failed(index, _error(outcome.failure), outcome.failure.traceback)
            if outcome.proof is not None:
                proof, path = outcome.proof, None
                try:
                    path = None if self._folder is None else self._folder.write(job, proof)
                except OSError as error:  # a full disk: the caller gets the proof nevertheless
                    return JobResult(index, job, proof, error, _text(error))
                return JobResult(index, job, proof, path=path)
            _, found = self._flying[index]
            assert found is not None and self._folder is not None
            path = self._folder.path(job)
            return JobResult(index, job, Proof.from_bytes(found), path=path, reused=True)
        if isinstance(outcome, CancelledError):
            outcome = CancelledError("the executor cancelled the job")
        if isinstance(outcome, Exception):  # the worker died, or cannot import cstark
            return self._failed(index, outcome, _text(outcome))
        raise outcome  # the worker was interrupted, and so are we

    def _failed(self, index: int, error: Exception, trace: str) -> JobResult:
        return JobResult(index, self._jobs[index], error=error, traceback=trace)

    def _note(self, result: JobResult) -> None:
        """A job is done, one way or the other."""
        self._ready[result.index] = result
        self.done += 1
        self.failed += not result
        if self._tell is not None:
            what = self._count_text() if self._counts else str(result.job)
            self._tell(what, self.done, self.total)

    def _count_text(self) -> str:
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f"{self.done:,} of {self.total:,} proofs{failed}"


#: What comes back from the executor: the job's index, and an outcome or what the executor raised.
Arrivals: TypeAlias = "SimpleQueue[tuple[int, Outcome | BaseException]]"


def _lander(arrivals: Arrivals, index: int) -> Callable[[Future[Outcome]], None]:
    """What an executor calls when a job is finished, in a thread of its own.

    `concurrent.futures.wait` would hold the locks of all futures again and again, and a Ctrl-C at
    that moment leaves them locked, so that workers hang. And the run must not be held here: it
    closes itself when nobody else holds it.
    """

    def land(future: Future[Outcome]) -> None:
        outcome: Outcome | BaseException
        try:
            outcome = future.result()
        except BaseException as error:
            outcome = error
        arrivals.put((index, outcome))

    return land


def _error(failure: Failure) -> Exception:
    """The exception itself, with its traceback in the worker as the cause."""
    if isinstance(failure.error, Exception):
        return failure.error
    error: Exception = CstarkError(failure.text)
    # One of a class that is not here, or that does not pickle, leaves its text.
    with suppress(Exception):
        error = pickle.loads(failure.error)
    error.__cause__ = WorkerTraceback(failure.traceback)
    return error


def _text(error: Exception) -> str:
    return "".join(traceback.format_exception(error))
