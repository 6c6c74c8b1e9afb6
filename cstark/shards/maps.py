"""Calls for all shards, handed to an executor, and what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Any, TypeVar

from cstark.batch.executors import Here
from cstark.batch.worker import STOPPED
from cstark.errors import CstarkError
from cstark.protocol.shards.challenges import Place
from cstark.report.progress import ProgressCallback
from cstark.shards.common import Lacking

__all__ = ["Maps", "Returned", "naming"]

Result = TypeVar("Result")


@dataclass(frozen=True)
class Returned:
    """What came back of a call, and how long it took from handing it out."""

    done: Any
    seconds: float


class Maps:
    """Hands out calls for all shards and takes in what comes back.

    Parameters
    ----------
    executor : Executor
    run : str
        Named in the tasks, so that they end with it.
    places : sequence of Place
    tell : callable or None
        Of how much is done.
    contents : mapping of bytes to bytes, optional
        From `cstark.shards.common.Post`: sent with a task whose worker lacks it. The first argument
        of such calls is a task.

    Attributes
    ----------
    barrier : float
        Seconds from the first result of the first map to the last.
    """

    def __init__(
        self,
        executor: Executor,
        run: str,
        places: Sequence[Place],
        tell: ProgressCallback | None,
        contents: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self._executor, self._run, self._places, self._tell = executor, run, places, tell
        self._contents = {} if contents is None else contents
        self._done = 0
        self.barrier = 0.0

    def run(
        self,
        what: str,
        calls: Mapping[int, tuple[Callable[..., Result], tuple[Any, ...]]],
        take: Callable[[int, Result], None],
    ) -> dict[int, Returned]:
        """Make the calls, by shard; each result is taken as it comes."""
        found: dict[int, Returned] = {}
        self._note(what, len(self._places) - len(calls))
        landed: SimpleQueue[tuple[int, Future[Result]]] = SimpleQueue()
        flying: list[Future[Result]] = []
        begun: dict[int, float] = {}
        lacking: set[int] = set()

        def submit(index: int, function: Callable[..., Result], arguments: tuple[Any, ...]) -> None:
            with naming(self._places[index]):  # without an executor the call is made now
                future = self._executor.submit(function, *arguments)
                if not isinstance(future, Future):
                    raise CstarkError(
                        f"executor.submit returned an object of type {type(future).__name__}, "
                        "not a Future"
                    )
            flying.append(future)
            future.add_done_callback(_lander(landed, index))

        def take_next() -> None:
            index, future = landed.get()
            try:
                self._take(what, (index, future), begun, found, take)
            except Lacking:
                if index in lacking:
                    raise
                lacking.add(index)
                function, (task, *others) = calls[index]
                submit(index, function, (replace(task, contents=self._contents), *others))

        try:
            for index, (function, arguments) in calls.items():
                begun[index] = time.perf_counter()
                submit(index, function, arguments)
                while isinstance(self._executor, Here) and not landed.empty():
                    take_next()
            while len(found) < len(calls):
                take_next()
        except BaseException:
            STOPPED.add(self._run)
            for future in flying:
                future.cancel()
            raise
        return found

    def _take(
        self,
        what: str,
        arrival: tuple[int, Future[Any]],
        begun: Mapping[int, float],
        found: dict[int, Returned],
        take: Callable[[int, Any], None],
    ) -> None:
        index, future = arrival
        with naming(self._places[index]):
            result = future.result()
            take(index, result)
        now = time.perf_counter()
        found[index] = Returned(result, now - begun[index])
        self._note(what, 1)

    def _note(self, what: str, count: int) -> None:
        self._done += count
        if self._tell is not None:
            self._tell(what, self._done, 2 * len(self._places))


@contextmanager
def naming(place: Place) -> Iterator[None]:
    """Note at an error which shard it is about."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in {place}")
        raise


def _lander(
    landed: SimpleQueue[tuple[int, Future[Result]]], index: int
) -> Callable[[Future[Result]], None]:
    """What an executor calls when a shard has come back, in a thread of its own."""
    return lambda future: landed.put((index, future))
