"""Executors: threads, processes that are interrupted, and what brings back rubbish."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import cstark as cs
from cstark.batch.worker import STOPPED
from cstark.shards import kept as kept_module
from cstark.shards.kept import KEPT, Kept
from cstark.shards.worker import Done
from tests.shards.shard_support import COUNT, Told, machine, sources, traces_of
from tests.shards.test_prove_shards import Crash, crashing


@pytest.fixture(scope="module")
def told():
    return Told(machine())


@pytest.fixture(scope="module")
def honest(told):
    return told.prove()


# ---- what comes back -----------------------------------------------------------------------


class Between(Executor):
    """Makes the calls, and returns of one of them what `change` makes of its result."""

    def __init__(self, call, change):
        self.left, self.change = call, change

    def submit(self, fn, /, *args, **kwargs):
        future: Future = Future()
        done = fn(*args, **kwargs)
        future.set_result(done if self.left else self.change(done))
        self.left -= 1
        return future


def cut(at):
    return lambda done: Done(done.data[:at], done.seconds, done.worker)


FIRST, SECOND = range(COUNT), range(COUNT, 2 * COUNT)


@pytest.mark.parametrize(
    ("calls", "change", "message"),
    [
        ((*FIRST, *SECOND), lambda done: None, "is of type NoneType, not what a shard's call"),
        ((*FIRST, *SECOND), lambda done: done.data, "is of type bytes, not what a shard's call"),
        (FIRST, cut(0), "is no shard: the proof ends inside number of tables"),
        (FIRST, cut(-1), "is no shard: the proof ends inside"),
        (FIRST, lambda done: Done(b"\xff" * 99, 0.0, ""), "is no shard: a proof has 1 to 4096"),
        (SECOND, cut(0), "is not the shard that was begun"),
        (SECOND, lambda done: Done(b"\xff" * 99, 0.0, ""), "is not the shard that was begun"),
    ],
)
def test_what_an_executor_brings_back_is_looked_at(told, calls, change, message):
    """It may be anybody's: the error says that, and which shard, and is no error of the proof."""
    for call in calls:
        with pytest.raises(cs.CstarkError, match=message) as caught:
            told.prove(executor=Between(call, change))
        assert not isinstance(caught.value, cs.VerificationError)
        assert caught.value.__notes__ == [f"in shard {call % COUNT + 1} of {COUNT}"]


def test_a_shard_that_ends_too_soon(told):
    """After its head; the sums of all shards are read to see whether they balance."""
    heads = []
    told.prove(executor=Between(1, lambda done: heads.append(len(done.data)) or done))
    with pytest.raises(cs.CstarkError, match="is no shard: the proof ends inside") as caught:
        told.prove(executor=Between(COUNT + 1, cut(heads[0])))
    assert caught.value.__notes__ == ["in shard 2 of 3"]


def test_what_returns_no_futures(told):
    class Calls(Executor):
        def submit(self, fn, /, *args, **kwargs):
            return fn(*args, **kwargs)

    with pytest.raises(cs.CstarkError, match="submit returned an object of type Done") as caught:
        told.prove(executor=Calls())
    assert caught.value.__notes__ == ["in shard 1 of 3"]


# ---- what is kept --------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [0, 2])
@pytest.mark.parametrize("at", [2, COUNT, COUNT + 1])
def test_a_run_that_fails_keeps_nothing(told, threads, at):
    """Its commitments may be gigabytes, and nobody will come back for them."""
    pool = ThreadPoolExecutor(threads) if threads else None
    with pytest.raises(Crash):
        told.prove(keep=True, progress=crashing(at), executor=pool)
    if pool:
        pool.shutdown()  # a call that was on its way has ended as well
    assert len(KEPT) == 0


def test_what_the_folder_has_is_not_kept(told, honest, tmp_path):
    """A shard that is finished is not asked for again, though its head was made again."""
    told.prove(folder=tmp_path)
    for path in tmp_path.glob("*.head"):
        path.unlink()
    assert told.prove(folder=tmp_path, keep=True) == honest
    assert len(KEPT) == 0


def test_only_one_run_is_kept(monkeypatch):
    monkeypatch.setattr(kept_module, "size_of", len)
    kept = Kept()
    for index, prover in enumerate(["aa", "bbb", "c"]):
        kept.add("one", index, b"head", prover, 5)
    assert kept.bytes == 5 and len(kept) == 2, "the third would be too much"
    assert kept.take("one", 0) == (b"head", "aa") and kept.take("one", 0) == (b"", None)
    kept.add("two", 0, b"other", "d", 5)
    assert kept.take("one", 1) == (b"", None) and kept.take("two", 0) == (b"other", "d")
    kept.add("two", 0, b"other", "d", 5)
    kept.forget("one")
    assert len(kept) == 1
    kept.forget("two")
    assert len(kept) == 0 == kept.bytes
    STOPPED.add("closed")
    kept.add("closed", 0, b"head", "a", 5)
    assert len(kept) == 0
    STOPPED.remove("closed")


def test_runs_in_threads_do_not_meet(monkeypatch):
    """Several runs in the threads of a process, each of which gives up what others keep."""
    monkeypatch.setattr(kept_module, "size_of", len)
    kept, errors, before = Kept(), [], sys.getswitchinterval()

    def many(run):
        try:
            for index in range(1000):
                kept.add(run, index % 7, b"", "a", 1 << 20)
                assert kept.bytes >= 0
                kept.take(run, index % 5)
        except Exception as error:
            errors.append(error)

    runners = [threading.Thread(target=many, args=(name,)) for name in "abcdef"]
    sys.setswitchinterval(1e-6)
    try:
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join()
    finally:
        sys.setswitchinterval(before)
    assert not errors


def test_numbers_of_numpy(told, honest):
    many = np.int64(1 << 40)
    assert told.prove(memory=many, max_memory=many, keep=many) == honest
    assert told.prove(keep=False) == honest
    for wrong in (np.True_, None, "1", 1.5, -1):
        with pytest.raises(cs.OptionsError, match="keep="):
            told.prove(keep=wrong)


# ---- what is wrong before any work -----------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"executor": 5}, {"max_memory": 0}, {"memory": "3G"}, {"keep": -1}, {"folder": ""},
        {"insecure_seed": bytes(32)}, {"pad_to": {"none": 8}}, {"progress": 5},
        {"tokens": [5]}, {"claim": "{}"}, {"publics": {"ledger": [1, 2]}},
    ],
)  # fmt: skip
def test_nothing_is_asked_of_the_shards(told, wrong):
    """What makes them may be long work by itself: a run of a program is cut there."""
    asked = []

    def shards():
        asked.append(True)
        yield from sources()

    name = next(iter(wrong))
    told = told.but(**wrong) if hasattr(told, name) else told
    settings = {} if hasattr(told, name) else wrong
    with pytest.raises(cs.CstarkError, match=name.rstrip("s")):
        told.prove(shards(), **settings)
    assert not asked


@pytest.mark.parametrize("wrong", [5, "shards", {"step": []}, [5]])
def test_shards_that_are_none_are_not_filled_up(told, wrong):
    with pytest.raises(cs.CstarkError, match=r"shards are|shard 1 of 1 is of type int"):
        told.prove(wrong, pad_to={"step": 64})


# ---- Ctrl-C --------------------------------------------------------------------------------


def interrupted(path, index):
    """What a worker meets when a terminal interrupts all processes during the first shard."""
    with Path(path).open("a") as file:
        file.write(f"{index}\n")
    if index == 0:
        raise KeyboardInterrupt
    return traces_of(index)


def test_an_interrupted_process_does_not_begin_what_its_pool_has_queued(told, tmp_path):
    """A process pool has handed out more than it works at, which nobody can cancel."""
    marks = tmp_path / "begun"
    shards = [partial(interrupted, marks, index) for index in range(COUNT)]
    with (
        ProcessPoolExecutor(1, get_context("spawn")) as pool,
        pytest.raises(KeyboardInterrupt),
    ):
        told.prove(shards, executor=pool)
    assert marks.read_text().split() == ["0"]
    assert told.prove(sources()).shards
