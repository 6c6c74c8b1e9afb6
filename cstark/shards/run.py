"""Proving: the two maps over the shards of a statement, and the challenges between them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from typing import Any
from uuid import uuid4

from cstark import field
from cstark.air.tokens import Token
from cstark.batch.executors import Here, check_executor, default_threads
from cstark.cost.memory import check_max_memory
from cstark.errors import (
    CstarkError,
    OptionsError,
    StatementError,
    TraceError,
    is_integer,
    quoted,
)
from cstark.field import P
from cstark.files import made_directory, try_directory
from cstark.limits import MAX_SHARDS
from cstark.protocol.key import VerifyingKey
from cstark.protocol.proving_key import ProvingKey
from cstark.protocol.publics import Publics
from cstark.protocol.shards.challenges import Place, draw_shared
from cstark.protocol.shards.proof import ShardedProof, ShardProof
from cstark.protocol.shards.verifier import ShardVerifier
from cstark.protocol.statement import Instance, token_sum
from cstark.report.progress import ProgressCallback, check_progress, listener
from cstark.shards.common import Post
from cstark.shards.folder import LONGEST, ShardFolder, identity, opened
from cstark.shards.hidden import Hidden
from cstark.shards.imbalance import Question, answer, raise_imbalance
from cstark.shards.kept import KEPT
from cstark.shards.maps import Maps, Returned, naming
from cstark.shards.report import FOUND, ShardReport, ShardTimes
from cstark.shards.verify import ShardCheck, check_shard
from cstark.shards.worker import Done, OtherTraces, ShardTask, Source, commit, prove

__all__ = ["prove_shards"]


def prove_shards(
    key: ProvingKey,
    shards: Iterable[Source],
    publics: Publics | None,
    tokens: Sequence[Token],
    claim: bytes,
    *,
    padded: Callable[[Source], Source] | None = None,
    executor: Executor | None = None,
    folder: str | os.PathLike[str] | None = None,
    check: bool = True,
    progress: bool | ProgressCallback | None = None,
    max_memory: int | None = None,
    memory: int | None = None,
    keep: int | bool = 0,
    insecure_seed: bytes | None = None,
) -> ShardedProof:
    """What `Machine.prove_shards` does; `padded` fills a shard up, all else is as there."""
    # What is iterated over may be work by itself, such as executing a program: all else is first.
    check_executor(executor)
    check_max_memory(max_memory)
    check_max_memory(memory, "memory")
    check_progress(progress)
    kept_bytes = _bytes_to_keep(keep)
    if insecure_seed is not None and not key.description.options.zk:
        raise OptionsError("insecure_seed: of use only with Options(zk=True)")
    if insecure_seed is not None and folder is not None:
        raise OptionsError("insecure_seed: not with a folder, which keeps a secret of its own")
    if folder is not None:
        try_directory(made_directory(folder))
    key = key.for_shards()
    instance = Instance.build(key.description, publics, tokens, claim)
    sources = _sources(shards)
    if padded is not None:
        sources = [padded(source) for source in sources]
    verifying = key.verifying_key()
    places = [Place(index, len(sources)) for index in range(len(sources))]
    start = time.perf_counter()
    name = identity(verifying, instance, len(sources))
    with Post(executor) as post, listener(progress) as tell, opened(folder, name) as kept:
        sent_key = post.pack(key, "the machine")
        tasks = [
            ShardTask(
                sent_key,
                post.pack(source, str(place)),
                place,
                instance,
                check=check,
                threads=default_threads(executor, len(sources)),
                max_memory=max_memory,
                memory=memory,
                keep=kept_bytes,
            )
            for place, source in zip(places, sources, strict=True)
        ]
        hidden = None
        if key.description.options.zk:
            hidden = Hidden(bytes.fromhex(name.decode()), kept, insecure_seed)
        proving = _Proving(
            Here() if executor is None else executor,
            verifying,
            instance,
            tasks,
            post.contents,
            kept,
            hidden,
            tell,
        )
        parts = proving.parts()
        if hidden is not None:
            hidden.finish()
    proof = ShardedProof(verifying.options, instance.claim, parts)
    proof.report = ShardReport(
        proving.times(parts), time.perf_counter() - start, proving.barrier, len(proof)
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
    if keep is not False and (not is_integer(keep) or keep < 0):
        raise OptionsError(f"keep={quoted(keep)}: must be a number of bytes, or True for all")
    return int(keep)


class _Proving:
    """A proof on its way: what is known of its shards, from the folder or from workers.

    Attributes
    ----------
    barrier : float
        Seconds from the first result of the first map to the last.
    """

    def __init__(
        self,
        executor: Executor,
        key: VerifyingKey,
        instance: Instance,
        tasks: Sequence[ShardTask],
        contents: Mapping[bytes, bytes],
        folder: ShardFolder | None,
        hidden: Hidden | None,
        tell: ProgressCallback | None,
    ) -> None:
        self._executor, self._key, self._instance = executor, key, instance
        self._tasks, self._contents, self._folder, self._hidden = tasks, contents, folder, hidden
        self._tell = None if tell is None else _rising(tell)
        self._heads: dict[int, bytes] = {}
        self._found: set[int] = set()  # heads of the folder: of what traces nobody here knows
        self._first: dict[int, Returned] = {}
        self._second: dict[int, Returned] = {}
        self.barrier = 0.0
        if folder is not None:
            for task in tasks:
                self._find_head(folder, task.place)
        if hidden is not None and not hidden.admit(len(self._heads), len(tasks)):
            self._begin_again()

    def _find_head(self, folder: ShardFolder, place: Place) -> None:
        head = folder.head(place.index)
        if head is None:
            return
        try:
            _reader(self._key, self._instance, place, head)
        except CstarkError:
            folder.refuse(place.index, "what the folder holds of it is no commitment")
            return
        self._heads[place.index] = head
        self._found.add(place.index)

    def parts(self) -> list[bytes]:
        """All shards, whole, whose buses balance."""
        try:
            parts = self._both_maps()
        except _StaleHead as stale:
            # What the folder says of the other shards is as doubtful: it is as old.
            self._forget({stale.index})
            parts = self._both_maps()
        if self._balances(parts):
            return parts
        self._explain()
        if self._found:  # the traces balance, so that what was found is of others
            self._forget(self._found)
            parts = self._both_maps()
            if self._balances(parts):
                return parts
        raise TraceError(
            "the buses of all shards together do not balance: what is sent is not what is "
            "received; the traces do balance when they are made again: they are not the same "
            "each time"
        )

    def _forget(self, stale: Collection[int]) -> None:
        """Believe no commitment any more that was found in the folder."""
        if self._folder is not None:
            for index in stale:
                self._folder.refuse(index, "the folder's commitment is of other traces")
        if self._hidden is not None:
            self._hidden.begin()
            self._begin_again()
        for index in self._found:
            del self._heads[index]
        self._found = set()

    def _begin_again(self) -> None:
        """Another secret: all commitments that were made with the one of before are of no use."""
        if self._folder is not None:
            for index in self._found:
                self._folder.refuse(index, "it was made with masks that must not be used again")
        self._heads, self._found = {}, set()

    def _explain(self) -> None:
        """Raise an error that names messages which do not balance, if there are any."""
        key, tokens = self._key, self._instance.tokens

        def ask(question: Question) -> list[Any]:
            maps, tasks = self._maps(None)
            calls = {index: (answer, (task, question)) for index, task in enumerate(tasks)}
            found = maps.run("explain", calls, lambda index, done: None)
            return [found[index].done for index in range(len(tasks))]

        raise_imbalance(ask, {bus: width for bus, (_, width) in key.buses.items()}, tokens)

    def _maps(self, tell: ProgressCallback | None) -> tuple[Maps, list[ShardTask]]:
        """A run, which may be stopped without stopping others, and its tasks."""
        run, tasks = uuid4().hex, []
        for task in self._tasks:
            secret = None if self._hidden is None else self._hidden.of(task.place)
            tasks.append(replace(task, run=run, secret=secret))
        places = [task.place for task in tasks]
        return Maps(self._executor, run, places, tell, self._contents), tasks

    def _both_maps(self) -> list[bytes]:
        while True:
            maps, tasks = self._maps(self._tell)
            try:
                self._commit(maps, tasks)
                readers = self._read_heads()
                self._longest = LONGEST + max(reader.most for reader in readers)
                _refuse_wrapping(readers, self._instance)
                states = [reader.transcript.state for reader in readers]
                self.shared = draw_shared(self._key, self._instance, states)
                if self._hidden is None or self._settled(self._hidden, readers):
                    return self._prove(maps, tasks)
            finally:
                KEPT.forget(tasks[0].run)  # where shards were made by threads of this process
            self._begin_again()

    def _read_heads(self) -> list[ShardVerifier]:
        return [
            _reader(self._key, self._instance, task.place, self._heads[index])
            for index, task in enumerate(self._tasks)
        ]

    def _settled(self, hidden: Hidden, readers: Sequence[ShardVerifier]) -> bool:
        """Whether the second map may begin, with the masks of the first one."""
        silent = [n for n, reader in enumerate(readers) if not reader.layout.lookup_tables()]
        if len(readers) == 1 or len(silent) == len(readers):
            silent = []  # masks of sums concern nobody else, or nobody

        def finished() -> bool:
            return all(self._find_part(reader.place) is not None for reader in readers)

        return hidden.settle(silent, self.shared.state, finished)

    def _commit(self, maps: Maps, tasks: Sequence[ShardTask]) -> None:
        """The first map: what each shard says before it knows the challenges of all."""
        arrived: list[float] = []

        def take(index: int, done: Done) -> None:
            head = _brought(done)
            with _as_brought():
                _reader(self._key, self._instance, tasks[index].place, head)
            if self._folder is not None:
                self._folder.keep_head(index, head)
            self._heads[index] = head
            arrived.append(time.perf_counter())

        calls = {i: (commit, (task,)) for i, task in enumerate(tasks) if i not in self._heads}
        self._first |= maps.run("commit", calls, take)
        self.barrier += arrived[-1] - arrived[0] if arrived else 0.0

    def _prove(self, maps: Maps, tasks: Sequence[ShardTask]) -> list[bytes]:
        """The second map: whole shards."""
        parts: dict[int, bytes] = {}
        for index, task in enumerate(tasks):
            part = self._find_part(task.place)
            if part is not None:
                parts[index] = part

        def take(index: int, done: Done) -> None:
            part = _brought(done)
            if not part.startswith(self._heads[index]):
                raise CstarkError("what the executor brought back is not the shard that was begun")
            if self._folder is not None:
                self._folder.keep_shard(index, self.shared.state, part)
            parts[index] = part

        calls = {
            index: (prove, (task, self._heads[index], self.shared))
            for index, task in enumerate(tasks)
            if index not in parts
        }
        try:
            self._second |= maps.run("prove", calls, take)
        except OtherTraces as error:
            if error.index not in self._found:
                raise
            raise _StaleHead(error.index) from error
        return [parts[index] for index in range(len(tasks))]

    def _find_part(self, place: Place) -> bytes | None:
        """A whole shard that the folder holds, if it is one that a verifier accepts."""
        folder = self._folder
        if folder is None:
            return None
        part = folder.shard(place.index, self.shared.state, self._longest)
        if part is None:
            return None
        try:
            # That it is the head's own is not seen by a verifier of this shard alone.
            if part.startswith(self._heads[place.index]):
                check_shard(ShardCheck(self._key, part, place, self._instance, self.shared))
                return part
        except CstarkError:
            pass
        folder.refuse(place.index, "its proof in the folder does not hold")
        return None

    def _balances(self, parts: Sequence[bytes]) -> bool:
        """Whether the table sums of all shards and the tokens add up to 0."""
        key, instance, shared = self._key, self._instance, self.shared
        sums = [token_sum(key, instance, shared.z, shared.alpha)]
        if sums[0] is None:
            raise TraceError("a token meets the lookup challenge: prove again with another claim")
        for task, part in zip(self._tasks, parts, strict=True):
            with naming(task.place), _as_brought():
                reader = _reader(key, instance, task.place, part)
                reader.join(shared)
                reader.round_2_lookup()
            sums += reader.sums.values()
        return reduce(field.add, [value for value in sums if value], field.ZERO) == field.ZERO

    def times(self, parts: Sequence[bytes]) -> tuple[ShardTimes, ...]:
        """What is reported of each shard."""
        refused = {} if self._folder is None else self._folder.refused
        return tuple(
            _times(self._first.get(i), self._second.get(i), part, refused.get(i, ""))
            for i, part in enumerate(parts)
        )


def _rising(tell: ProgressCallback) -> ProgressCallback:
    """Told of what is done again as if it were not, until there is something new."""
    most = 0

    def rising(what: str, done: int, total: int) -> None:
        nonlocal most
        most = max(most, done)
        tell(what, most, total)

    return rising


class _StaleHead(Exception):
    """A commitment that was found in the folder is not of the traces that are given."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def _reader(key: VerifyingKey, instance: Instance, place: Place, data: bytes) -> ShardVerifier:
    """A shard's verifier that has read its head."""
    reader = ShardVerifier(key, ShardProof.parse(data, key.options), instance, place)
    reader.admit_shard()
    reader.round_0_statement()
    reader.round_1_main()
    return reader


def _brought(done: object) -> bytes:
    """The bytes of what an executor has brought back; it may be anybody's."""
    if not isinstance(done, Done) or not isinstance(done.data, bytes):
        raise CstarkError(
            f"what the executor brought back is of type {type(done).__name__}, not what a shard's "
            "call returns"
        )
    return done.data


@contextmanager
def _as_brought() -> Iterator[None]:
    """Say of what cannot be read that it is no fault of the traces."""
    try:
        yield
    except CstarkError as error:
        raise CstarkError(f"what the executor brought back is no shard: {error}") from error


def _refuse_wrapping(readers: Sequence[ShardVerifier], instance: Instance) -> None:
    for reader in readers:
        reader.instance.refuse_wrapping(reader.standing)
    total = sum(reader.standing.weight for reader in readers) + instance.token_weight
    if total >= P:
        raise StatementError(
            "the counts of the interactions, times the heights of all shards, could reach p and "
            "wrap around; state smaller weights, or prove less"
        )


def _times(first: Returned | None, second: Returned | None, part: bytes, remade: str) -> ShardTimes:
    seconds = [0.0 if returned is None else returned.done.seconds for returned in (first, second)]
    whole = sum(returned.seconds for returned in (first, second) if returned is not None)
    last = second or first
    return ShardTimes(
        worker=FOUND if last is None else last.done.worker,
        commit_seconds=seconds[0],
        prove_seconds=seconds[1],
        waiting_seconds=max(0.0, whole - sum(seconds)),
        shard_bytes=len(part),
        remade=remade,
    )
