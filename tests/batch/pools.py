"""Executors: processes that start afresh, and one that works when it is told to."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context

from cstark.batch.worker import Task, prove_job


def spawned(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, get_context("spawn"))


class ByHand(Executor):
    """Does the calls when told to, in any order."""

    def __init__(self):
        self.calls: list[tuple[Future, Task]] = []

    def submit(self, fn, /, *args, **kwargs):
        assert fn is prove_job
        self.calls.append((Future(), args[0]))
        return self.calls[-1][0]

    def do(self, index):
        future, task = self.calls[index]
        future.set_running_or_notify_cancel()
        future.set_result(prove_job(task))
