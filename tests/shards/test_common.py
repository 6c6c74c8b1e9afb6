"""What all shards have in common travels once, and reaches every worker all the same."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import cstark as cs
from cstark.shards import common
from cstark.shards.common import LARGE, Lacking, Parcel, Post, unpack
from cstark.shards.worker import ShardTask
from tests.attacks.toolkit import changed
from tests.oracles import zoo
from tests.shards.shard_support import Told, machine

COUNT = 3


class Library:
    """Something large that makers of traces share."""

    travels_once = True
    loaded = 0

    def __init__(self, words=LARGE):
        self.content = np.arange(words, dtype=np.uint64)

    def __reduce__(self):
        return _library, (self.content,)


def _library(content):
    Library.loaded += 1
    found = Library.__new__(Library)
    found.content = content
    return found


class Maker:
    def __init__(self, library, index):
        self.library, self.index = library, index

    def __call__(self):
        seed = int(self.library.content[self.index])
        halves = [zoo.halves(8, seed)]
        return {"halves": halves, "threes": zoo.used_threes(*halves)}


@pytest.fixture
def told():
    common._arrived.clear()
    return Told(cs.Machine({"halves": zoo.Halves(), "threes": zoo.Threes()}, machine().options), {})


@pytest.fixture
def makers():
    library = Library()
    return [Maker(library, index) for index in range(COUNT)]


class Far(Executor):
    """Calls after pickling, and says how many bytes each call took."""

    def __init__(self, before=lambda: None):
        self.sizes, self.before = [], before

    def submit(self, fn, /, *args, **kwargs):
        self.before()
        data = pickle.dumps((fn, args, kwargs))
        self.sizes.append(len(data))
        future = Future()
        try:
            function, given, named = pickle.loads(data)
            future.set_result(pickle.loads(pickle.dumps(function(*given, **named))))
        except Exception as error:
            future.set_exception(pickle.loads(pickle.dumps(error)))
        return future


def test_tasks_hold_none_of_it(told, makers):
    honest = told.prove(makers)
    far, before = Far(), Library.loaded
    assert told.prove(makers, executor=far) == honest
    assert max(far.sizes) < LARGE < 8 * len(makers[0].library.content)
    assert Library.loaded == before + 1, "once for all tasks of a process"


def test_a_machine_travels_once(told, makers):
    told.prove(makers)

    class Listed(cs.Air):
        """A table of many preprocessed cells, as that of a memory image is."""

        columns = ("count",)
        preprocessed = ("value",)
        stands = "every"

        def preprocessed_trace(self):
            return np.arange(1 << 14, dtype=np.uint64)

        def constrain(self, t):
            t.receive("listed", [t.preprocessed.value], count=t.now.count)
            t.send("listed", [t.preprocessed.value], count=t.now.count, weight=1 << 20)

    options = cs.Options(queries=4, grinding=0, max_log_height=14)
    listed = Told(cs.Machine({"listed": Listed()}, options), {})
    shards = [partial(_zeros, 1 << 14)] * 2
    key = listed.machine.proving_key.for_shards()
    assert len(pickle.dumps(key)) > 1 << 17
    far = Far()
    assert listed.prove(shards, executor=far) == listed.prove(shards)
    assert max(far.sizes) < LARGE


def _zeros(rows):
    return {"listed": np.zeros((rows, 1), dtype=np.uint64)}


def test_the_files_are_gone_afterwards(told, makers, tmp_path, monkeypatch):
    monkeypatch.setattr(common.TemporaryDirectory, "__init__", _in(tmp_path))
    seen = []

    def look():
        [folder] = tmp_path.iterdir()
        seen.append((len([*folder.iterdir()]), os.stat(folder).st_mode & 0o77))

    told.prove(makers, executor=Far(look))
    assert set(seen) == {(1, 0)}, "one file, for its owner alone"
    assert not [*tmp_path.iterdir()]
    makers[1] = Maker(makers[0].library, 10**9)  # fails where it is called
    with pytest.raises(IndexError):
        told.prove(makers, executor=Far())
    assert not [*tmp_path.iterdir()]


def _in(folder):
    before = common.TemporaryDirectory.__init__

    def made(self, *arguments, **settings):
        before(self, *arguments, dir=folder, **settings)

    return made


def test_a_worker_that_does_not_see_the_files(told, makers):
    """On another host: the bytes are sent with the tasks that ask for them."""
    honest = told.prove(makers)

    def elsewhere(path):
        raise FileNotFoundError(2, "no such file", str(path))

    far = Far()
    with changed(Path, "read_bytes", elsewhere):
        assert told.prove(makers, executor=far) == honest
    large = [size for size in far.sizes if size > LARGE]
    assert len(large) == COUNT, "once more for the first half of each shard; then it has them"
    assert len(far.sizes) == 3 * COUNT


def test_a_file_that_was_changed(told, makers):
    honest = told.prove(makers)
    before = Post._stored

    def spoiled(self, data):
        parcel = before(self, data)
        Path(parcel.path).write_bytes(b"something else")
        return parcel

    with changed(Post, "_stored", spoiled):
        assert told.prove(makers, executor=Far()) == honest


def test_a_worker_that_lacks_it_for_ever(told, makers):
    def never(parcel, contents):
        raise Lacking(parcel.path)

    with changed(common, "_fetched", never), pytest.raises(Lacking) as error:
        told.prove(makers, executor=Far())
    assert error.value.__notes__[-1] == "in shard 1 of 3"


def test_processes(told, makers):
    honest = told.prove(makers)
    with ProcessPoolExecutor(2) as pool:
        assert told.prove(makers, executor=pool) == honest


def test_what_is_small_goes_itself():
    with Post(Far()) as post:
        data = post.pack(Maker(Library(10), 1), "it")
        assert not post.contents and unpack(data, {}).library.content.tolist() == [*range(10)]
        large = Library()
        first, second = (post.pack(Maker(large, index), "it") for index in (0, 1))
        [digest] = post.contents
        assert len(first) < 1000
        common._arrived.clear()
        one, other = unpack(first, {}), unpack(second, {})
        assert one.library is other.library and other.index == 1
    common._arrived.clear()
    with pytest.raises(Lacking):
        unpack(first, {})
    assert unpack(first, post.contents).index == 0
    with pytest.raises(Lacking, match="something else"):
        common._arrived.clear()
        common._fetched(Parcel(digest, ""), {digest: b"no"})


def test_a_process_keeps_few(monkeypatch):
    common._arrived.clear()
    with Post(Far()) as post:
        for size in range(8):
            unpack(post.pack(Library(LARGE + size), "it"), {})
            assert len(common._arrived) <= common._KEPT
    common._arrived.clear()


def test_threads_are_sent_nothing(makers):
    with Post(None) as post:
        assert post.pack(makers[0], "it") is makers[0] and not post.contents


def test_tasks_do_not_show_what_they_carry():
    task = ShardTask(b"", b"", None, None, contents={b"": b"a secret"})
    assert "secret" not in repr(task)
