"""What runs where a shard is proved: in a thread, a process or on another machine."""

from __future__ import annotations

import os
import pickle
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from cstark.batch.worker import STOPPED, refuse_stopped
from cstark.cost.memory import (
    choose_plan,
    footprint,
    plan_of_process,
    process_bytes,
)
from cstark.errors import CstarkError, OptionsError, TraceError
from cstark.protocol.matrix import PLANS
from cstark.protocol.proving_key import ProvingKey
from cstark.protocol.shards.challenges import Place, Shared
from cstark.protocol.shards.prover import ShardKey, ShardProver, absent_tables
from cstark.protocol.shards.secrets import ShardSecret
from cstark.protocol.statement import Instance
from cstark.protocol.traces import Traces, read_standing
from cstark.proving import check_constraints
from cstark.report import Report
from cstark.report.progress import stepped
from cstark.runtime import threads
from cstark.shards.common import Lacking, unpack
from cstark.shards.kept import KEPT
from cstark.unwind import releasing_memory

if TYPE_CHECKING:
    import numpy as np

    from cstark.protocol.layout import Layout
    from cstark.protocol.matrix import StoragePlan
    from cstark.protocol.standing import Heights

__all__ = [
    "Done",
    "OtherTraces",
    "ShardTask",
    "Source",
    "commit",
    "here",
    "prove",
    "read_shard",
]

T = TypeVar("T")

Source: TypeAlias = Mapping[str, Traces] | Callable[[], Mapping[str, Traces]]
"""The traces of a shard, or what makes them where it is proved."""

_keys: dict[bytes, ProvingKey] = {}  # unpickled ones: a worker has many shards of one machine
_guard = threading.Lock()  # of what the threads of a worker share


@dataclass(frozen=True)
class ShardTask:
    """A shard on its way to a worker.

    Attributes
    ----------
    key : ProvingKey or bytes
        For another process packed by `cstark.shards.common.Post`.
    source : Source or bytes
        Likewise.
    place : Place
    instance : Instance
        Of the whole.
    run : str
        Names the run; see `cstark.batch.worker.STOPPED`.
    check : bool
    threads, max_memory, memory : int or None
    keep : int
        Bytes of commitments that a process may keep between the two parts.
    contents : mapping of bytes to bytes
        Of the files that the worker lacks, by digest.
    secret : ShardSecret or None
        What the masks of the shard are made from, where its traces are hidden.
    """

    key: ProvingKey | bytes
    source: Source | bytes
    place: Place
    instance: Instance
    run: str = ""
    check: bool = True
    threads: int | None = None
    max_memory: int | None = None
    memory: int | None = None
    keep: int = 0
    contents: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    secret: ShardSecret | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Done:
    """What comes back: the head of a shard, or all of it."""

    data: bytes
    seconds: float
    worker: str


class OtherTraces(TraceError):
    """The second call of a shard gave other traces than were committed to.

    Attributes
    ----------
    index : int
        Which shard, from 0.
    """

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index

    def __reduce__(self) -> tuple[type[OtherTraces], tuple[str, int]]:
        return (type(self), (self.args[0], self.index))


def commit(task: ShardTask) -> Done:
    """The first part of a shard."""
    return _timed(task, lambda: _commit(task))


def prove(task: ShardTask, head: bytes, shared: Shared) -> Done:
    """The second part of a shard, whose first part gave this head."""
    return _timed(task, lambda: _prove(task, head, shared))


def _timed(task: ShardTask, do: Callable[[], bytes]) -> Done:
    start = time.perf_counter()
    data = here(task, do)
    return Done(data, time.perf_counter() - start, f"{socket.gethostname()}:{os.getpid()}")


def here(task: ShardTask, do: Callable[[], T]) -> T:
    """Do something with the task's threads; what it raises can travel if the task did."""
    try:
        with nullcontext() if task.threads is None else threads(task.threads):
            return do()
    except KeyboardInterrupt:  # a terminal sends it to all: what is in the pool's queue stays there
        STOPPED.add(task.run)
        raise
    except Exception as error:
        if isinstance(task.key, bytes):
            raise _travelling(error) from None
        raise


def _travelling(error: Exception) -> Exception:
    """An exception that another process can read."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever an exception's own __reduce__ raises
        return CstarkError(f"{type(error).__name__}: {error}")
    return error


def _commit(task: ShardTask) -> bytes:
    prover = _begin(task, check=task.check)
    with _watched(task):
        head = prover.commit()
    KEPT.add(task.run, task.place.index, head, prover, task.keep)
    return head


@releasing_memory
def _prove(task: ShardTask, head: bytes, shared: Shared) -> bytes:
    kept, prover = KEPT.take(task.run, task.place.index)
    if prover is not None:
        _make_room(task, prover)
    if prover is None or kept != head:
        prover = _begin(task, check=False)
        with _watched(task):
            again = prover.commit(head)
        if again != head:
            raise OtherTraces(
                f"{task.place}: its traces are others than those that were committed to; what "
                "makes the traces of a shard must make the same ones each time it is called",
                task.place.index,
            )
    with _watched(task):
        return prover.finish(shared)


def read_shard(task: ShardTask) -> tuple[ShardKey, Heights, list[np.ndarray], Instance]:
    """Make the traces of a shard: the key of what stands there, heights, arrays, statement."""
    refuse_stopped(task.run)
    machine, source = _key(task), task.source
    if isinstance(source, bytes):
        source = _unpacked(source, "the shard", task.contents)
    traces = source() if callable(source) else source
    heights, arrays = read_standing(machine.description, traces, absent_tables(machine, task.place))
    key = ShardKey(machine, heights, task.place)
    return key, heights, arrays, replace(task.instance, tokens=()).at(key.description)


def _begin(task: ShardTask, *, check: bool) -> ShardProver:
    """A prover at its start."""
    key, heights, arrays, instance = read_shard(task)
    key.programs.compile(check=check, hidden=key.layout(heights).hidden_sums)
    if check:
        check_constraints(key, arrays, instance)
    plan = _plan(task, key, key.layout(heights), sum(array.nbytes for array in arrays))
    return ShardProver(key, instance, arrays, Report(), plan=plan, secret=task.secret)


def _plan(task: ShardTask, key: ShardKey, layout: Layout, trace_bytes: int) -> StoragePlan:
    """The fastest plan within both limits; for `memory`, what is kept here may have to go."""
    plan = choose_plan(key, layout, task.max_memory)
    if task.memory is None:
        return plan
    kept = KEPT.bytes
    if kept:
        with suppress(OptionsError):
            return _leaner(plan, plan_of_process(key, layout, task.memory, trace_bytes, kept))
        KEPT.clear()
    return _leaner(plan, plan_of_process(key, layout, task.memory, trace_bytes))


def _make_room(task: ShardTask, prover: ShardProver) -> None:
    """Keep no other commitments where the second part would take too much beside them."""
    kept = KEPT.bytes
    if task.memory is None or not kept:
        return
    trace_bytes = sum(array.nbytes for array in prover.traces)
    phases = footprint(prover.proving_key, prover.layout, prover.plan)
    if kept + process_bytes(trace_bytes, phases) > task.memory:
        KEPT.clear()


def _leaner(first: StoragePlan, second: StoragePlan) -> StoragePlan:
    return max(first, second, key=PLANS.index)


def _watched(task: ShardTask) -> AbstractContextManager[None]:
    """Stops the kernels when the run is closed."""
    return stepped(lambda: refuse_stopped(task.run))


def _key(task: ShardTask) -> ProvingKey:
    key = task.key
    if isinstance(key, ProvingKey):
        return key
    name = sha256(key).digest()
    with _guard:
        if name in _keys:
            return _keys[name]
    found: ProvingKey = _unpacked(key, "the machine", task.contents)
    with _guard:
        while len(_keys) > 1:
            del _keys[next(iter(_keys))]
        return _keys.setdefault(name, found)


def _unpacked(data: bytes, what: str, contents: Mapping[bytes, bytes]) -> Any:
    try:
        return unpack(data, contents)
    except Lacking:
        raise
    except Exception as error:
        raise CstarkError(
            f"the worker cannot load {what}: {type(error).__name__}: {error}; define its class or "
            "function in a module that workers can import"
        ) from error
