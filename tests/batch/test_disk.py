"""Proofs that cannot be read from the folder, or not be written there: that job's error alone."""

from __future__ import annotations

import errno
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

import cstark as cs
from cstark.batch.folder import Folder
from cstark.machines.fib_pair import FibPair

OPTIONS = cs.Options(queries=5, grinding=0)
JOBS = [FibPair(log_rows=log_rows, sequences=1) for log_rows in (3, 4, 5)]


def place(folder, index):
    return Folder(folder).path(cs.Job(JOBS[index], OPTIONS))


def obstacle(path, kind):
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path)


@pytest.mark.parametrize("kind", ["directory", "pipe", "loop"])
@pytest.mark.parametrize("pool", [None, 2])
def test_what_is_no_file_in_a_proofs_place(kind, pool, tmp_path):
    obstacle(place(tmp_path, 1), kind)
    executor = ThreadPoolExecutor(pool) if pool else None
    results = list(cs.prove_many(JOBS, executor, options=OPTIONS, folder=tmp_path))
    assert [bool(result) for result in results] == [True, False, True]
    assert isinstance(results[1].error, OSError) and results[1].proof is None
    assert all(place(tmp_path, index).is_file() for index in (0, 2))
    with pytest.raises(OSError):
        results[1].raise_for_failure()
    again = cs.prove_many(JOBS, options=OPTIONS, folder=tmp_path)
    assert [(bool(r), r.reused) for r in again] == [(True, True), (False, False), (True, True)]
    assert (again.done, again.failed) == (3, 1)


@pytest.fixture
def full(monkeypatch):
    """The disk is full when the second proof is written."""
    plain = Folder.write

    def write(self, job, proof):
        if job.workload == JOBS[1]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(self, job, proof)

    monkeypatch.setattr(Folder, "write", write)


@pytest.mark.parametrize("pool", [None, 2])
def test_a_full_disk_fails_the_job_and_keeps_the_proof(pool, tmp_path, full):
    executor = ThreadPoolExecutor(pool) if pool else None
    run = cs.prove_many(JOBS, executor, options=OPTIONS, folder=tmp_path)
    results = list(run)
    assert [bool(result) for result in results] == [True, False, True]
    assert run.failed == 1
    lost = results[1]
    assert lost.error.errno == errno.ENOSPC and lost.path is None and "ENOSPC" not in repr(lost)
    assert "failed: OSError: " in repr(lost)
    assert lost.proof == JOBS[1].prove(OPTIONS), "what was proved is in the result"


def test_closing_keeps_the_other_proofs(tmp_path, full):
    with ThreadPoolExecutor(2) as pool:
        run = cs.prove_many(JOBS, pool, options=OPTIONS, folder=tmp_path)
        pool.shutdown(wait=True)  # all are finished, none has been taken
        with pytest.warns(UserWarning, match="the proof of FibPair.* is lost"):
            run.close()
    assert [place(tmp_path, index).exists() for index in range(3)] == [True, False, True]


def test_the_longest_class_name(tmp_path):
    kind = dataclass(frozen=True)(type("É" * 200, (FibPair,), {"__module__": __name__}))
    job = cs.Job(kind(log_rows=3, sequences=1), OPTIONS)
    name = Folder(tmp_path).path(job).name
    assert len(name.encode()) <= 255
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Folder(tmp_path).read(job) is None
