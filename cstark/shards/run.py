"""The two maps over the shards of a statement, and the challenges between them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import reduce
from queue import SimpleQueue
from typing import Any, TypeVar
from uuid import uuid4

from cstark import field
from cstark.air.tokens import Token
from cstark.batch.executors import Here, check_executor, default_threads, pickler, shares_memory
from cstark.batch.worker import STOPPED
from cstark.cost.memory import check_max_memory
from cstark.errors import CstarkError, OptionsError, StatementError, TraceError, quoted
from cstark.field import P
from cstark.limits import MAX_SHARDS
from cstark.protocol.key import VerifyingKey
from cstark.protocol.policy import Policy
from cstark.protocol.proof import Proof
from cstark.protocol.proving_key import ProvingKey
from cstark.protocol.publics import Publics
from cstark.protocol.shards.challenges import Place, Shared, draw_shared
from cstark.protocol.shards.proof import ShardedProof, ShardProof
from cstark.protocol.shards.verifier import ShardedVerifier, ShardVerifier, verify_sharded
from cstark.protocol.statement import Instance, token_sum
from cstark.report.progress import ProgressCallback, listener
from cstark.shards.folder import ShardFolder, identity
from cstark.shards.report import ShardReport, ShardTimes
from cstark.shards.worker import Done, ShardCheck, ShardTask, Source, check_shard, commit, prove

__all__ = ["prove_shards", "verify_shards"]

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Returned:
    """What came back of a call, and how long it took from handing it out."""

    done: Any
    seconds: float


def prove_shards(
    key: ProvingKey,
    shards: Iterable[Source],
    publics: Publics | None,
    tokens: Sequence[Token],
    claim: bytes,
    *,
    executor: Executor | None = None,
    folder: str | os.PathLike[str] | None = None,
    check: bool = True,
    progress: bool | ProgressCallback | None = None,
    max_memory: int | None = None,
    keep: int | bool = 0,
) -> ShardedProof:
    """What `Machine.prove_shards` does; the parameters are its own."""
    check_executor(executor)
    check_max_memory(max_memory)
    sources = _sources(shards)
    if key.description.options.zk:
        raise OptionsError(
            "zk=True: a proof in shards cannot hide its traces; prove it as one, or without zk"
        )
    verifying = key.sharded_key()
    instance = Instance.build(verifying, publics, tokens, claim)
    places = [Place(index, len(sources)) for index in range(len(sources))]
    kept = (
        None if folder is None else ShardFolder(folder, identity(verifying, instance, len(sources)))
    )
    pack = pickler(executor)
    sent_key = pack(key, "the machine")
    run = uuid4().hex
    tasks = [
        ShardTask(
            sent_key,
            pack(source, str(place)),
            place,
            instance,
            run,
            check=check,
            threads=default_threads(executor, len(sources)),
            max_memory=max_memory,
            keep=_bytes_to_keep(keep),
        )
        for place, source in zip(places, sources, strict=True)
    ]
    start = time.perf_counter()
    with listener(progress) as tell:
        maps = _Maps(Here() if executor is None else executor, run, places, tell)
        heads, first = _heads(maps, tasks, verifying, instance, kept)
        readers = [
            _reader(verifying, instance, place, head)
            for place, head in zip(places, heads, strict=True)
        ]
        _refuse_wrapping(readers, instance)
        shared = draw_shared(verifying, instance, [r.transcript.state for r in readers])
        parts, second = _parts(maps, tasks, heads, shared, kept)
    _check_balance(verifying, instance, places, parts, shared)
    proof = ShardedProof(verifying.options, instance.claim, parts)
    proof.report = ShardReport(
        tuple(map(_times, first, second, parts)),
        time.perf_counter() - start,
        maps.barrier,
        len(proof),
    )
    return proof


def _sources(shards: Iterable[Source]) -> list[Source]:
    if isinstance(shards, (Mapping, str, bytes)) or not isinstance(shards, Iterable):
        raise StatementError(
            f"shards are {quoted(shards)}; they must be a sequence, of mappings from table names "
            "to traces or of callables that return one"
        )
    sources = list(shards)
    if not 1 <= len(sources) <= MAX_SHARDS:
        raise StatementError(f"there are {len(sources)} shards; a proof has 1 to {MAX_SHARDS}")
    for number, source in enumerate(sources, 1):
        if not callable(source) and not isinstance(source, Mapping):
            raise TraceError(
                f"shard {number} of {len(sources)} is of type {type(source).__name__}; it must be "
                "a mapping from table names to traces, or a callable that returns one"
            )
    return sources


def _bytes_to_keep(keep: Any) -> int:
    if keep is True:
        return 1 << 62
    if not isinstance(keep, int) or keep < 0:
        raise OptionsError(f"keep={quoted(keep)}: must be a number of bytes, or True for all")
    return int(keep)


class _Maps:
    """Hands out calls for all shards and takes in what comes back.

    Attributes
    ----------
    barrier : float
        Seconds from the first result of the first map to the last.
    """

    def __init__(
        self, executor: Executor, run: str, places: Sequence[Place], tell: ProgressCallback | None
    ) -> None:
        self._executor, self._run, self._places, self._tell = executor, run, places, tell
        self._done = 0
        self.barrier = 0.0

    def run(
        self,
        what: str,
        calls: Mapping[int, tuple[Callable[..., Result], tuple[Any, ...]]],
        take: Callable[[int, Result], None],
    ) -> dict[int, _Returned]:
        """Make the calls, by shard; each result is taken as it comes."""
        found: dict[int, _Returned] = {}
        self._note(what, len(self._places) - len(calls))
        landed: SimpleQueue[tuple[int, Future[Result]]] = SimpleQueue()
        flying: list[Future[Result]] = []
        begun = {}
        try:
            for index, (function, arguments) in calls.items():
                begun[index] = time.perf_counter()
                with self._naming(index):  # without an executor the call is made now
                    future = self._executor.submit(function, *arguments)
                flying.append(future)
                future.add_done_callback(_lander(landed, index))
                while isinstance(self._executor, Here) and not landed.empty():
                    self._take(what, landed.get(), begun, found, take)
            while len(found) < len(calls):
                self._take(what, landed.get(), begun, found, take)
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
        found: dict[int, _Returned],
        take: Callable[[int, Any], None],
    ) -> None:
        index, future = arrival
        with self._naming(index):
            result = future.result()
        take(index, result)
        now = time.perf_counter()
        found[index] = _Returned(result, now - begun[index])
        self._note(what, 1)

    @contextmanager
    def _naming(self, index: int) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            error.add_note(f"in {self._places[index]}")
            raise

    def _note(self, what: str, count: int) -> None:
        self._done += count
        if self._tell is not None:
            self._tell(what, self._done, 2 * len(self._places))


def _lander(
    landed: SimpleQueue[tuple[int, Future[Result]]], index: int
) -> Callable[[Future[Result]], None]:
    """What an executor calls when a shard has come back, in a thread of its own."""
    return lambda future: landed.put((index, future))


def _heads(
    maps: _Maps,
    tasks: Sequence[ShardTask],
    key: VerifyingKey,
    instance: Instance,
    folder: ShardFolder | None,
) -> tuple[list[bytes], list[_Returned | None]]:
    """The first map: what each shard says before it knows the challenges of all."""
    heads: dict[int, bytes] = {}
    for index, task in enumerate(tasks):
        head = None if folder is None else folder.head(index)
        if head is not None:
            with suppress(CstarkError):  # what is no head is made again
                _reader(key, instance, task.place, head)
                heads[index] = head
    arrived: list[float] = []

    def take(index: int, done: Done) -> None:
        if folder is not None:
            folder.keep_head(index, done.data)
        heads[index] = done.data
        arrived.append(time.perf_counter())

    calls = {i: (commit, (task,)) for i, task in enumerate(tasks) if i not in heads}
    found = maps.run("commit", calls, take)
    maps.barrier = arrived[-1] - arrived[0] if arrived else 0.0
    return [heads[i] for i in range(len(tasks))], [found.get(i) for i in range(len(tasks))]


def _parts(
    maps: _Maps,
    tasks: Sequence[ShardTask],
    heads: Sequence[bytes],
    shared: Shared,
    folder: ShardFolder | None,
) -> tuple[list[bytes], list[_Returned | None]]:
    """The second map: whole shards."""
    parts: dict[int, bytes] = {}
    for index, head in enumerate(heads):
        part = None if folder is None else folder.shard(index, shared.state)
        if part is not None and part.startswith(head):
            parts[index] = part

    def take(index: int, done: Done) -> None:
        if folder is not None:
            folder.keep_shard(index, shared.state, done.data)
        parts[index] = done.data

    calls = {i: (prove, (task, heads[i], shared)) for i, task in enumerate(tasks) if i not in parts}
    found = maps.run("prove", calls, take)
    return [parts[i] for i in range(len(tasks))], [found.get(i) for i in range(len(tasks))]


def _reader(key: VerifyingKey, instance: Instance, place: Place, data: bytes) -> ShardVerifier:
    """A shard's verifier that has read its head."""
    reader = ShardVerifier(key, ShardProof.parse(data, key.options), instance, place)
    reader.admit_shard()
    reader.round_0_statement()
    reader.round_1_main()
    return reader


def _refuse_wrapping(readers: Sequence[ShardVerifier], instance: Instance) -> None:
    for reader in readers:
        reader.instance.refuse_wrapping(reader.standing)
    total = sum(reader.standing.weight for reader in readers) + instance.token_weight
    if total >= P:
        raise StatementError(
            "the counts of the interactions, times the heights of all shards, could reach p and "
            "wrap around; state smaller weights, or prove less"
        )


def _check_balance(
    key: VerifyingKey,
    instance: Instance,
    places: Sequence[Place],
    parts: Sequence[bytes],
    shared: Shared,
) -> None:
    sums = [token_sum(key, instance, shared.z, shared.alpha)]
    if sums[0] is None:
        raise TraceError("a token meets the lookup challenge: prove again with another claim")
    for place, part in zip(places, parts, strict=True):
        reader = _reader(key, instance, place, part)
        reader.join(shared)
        reader.round_2_lookup()
        sums += reader.sums.values()
    if reduce(field.add, [value for value in sums if value], field.ZERO) != field.ZERO:
        raise TraceError(
            "the buses of all shards together do not balance: what is sent is not what is "
            "received; machine.check of all their traces in one statement names the messages"
        )


def _times(first: _Returned | None, second: _Returned | None, part: bytes) -> ShardTimes:
    seconds = [0.0 if returned is None else returned.done.seconds for returned in (first, second)]
    whole = sum(returned.seconds for returned in (first, second) if returned is not None)
    last = second or first
    return ShardTimes(
        worker="found in the folder" if last is None else last.done.worker,
        commit_seconds=seconds[0],
        prove_seconds=seconds[1],
        waiting_seconds=max(0.0, whole - sum(seconds)),
        shard_bytes=len(part),
    )


def verify_shards(
    key: VerifyingKey,
    proof: Proof | ShardedProof | bytes,
    publics: Publics | None,
    tokens: Sequence[Token],
    claim: bytes | None,
    policy: Policy,
    *,
    executor: Executor | None = None,
    progress: bool | ProgressCallback | None = None,
) -> None:
    """What `Machine.verify` does with a proof in shards; the parameters are its own."""
    check_executor(executor)
    with listener(progress) as tell:

        def finish(verifier: ShardedVerifier) -> None:
            places = [shard.place for shard in verifier.shards]
            maps = _Maps(Here() if executor is None else executor, uuid4().hex, places, tell)
            maps.run("heads", {}, lambda index, done: None)
            if executor is None or shares_memory(executor):
                calls = {i: (shard.finish, ()) for i, shard in enumerate(verifier.shards)}
                maps.run("verify", calls, lambda index, done: None)
                return
            remote = {i: (check_shard, (_check(verifier, i),)) for i in range(len(verifier.shards))}
            maps.run("verify", remote, lambda index, done: None)

        verify_sharded(key, proof, publics, tokens, claim, policy, finish)  # type: ignore[arg-type]


def _check(verifier: ShardedVerifier, index: int) -> ShardCheck:
    place = verifier.shards[index].place
    part = verifier.proof.shards[index]
    return ShardCheck(verifier.key, part, place, verifier.instance, verifier.shared)
