"""Finished proofs on disk: found, verified, and proved again when they do not verify."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import cstark as cs
from cstark.batch.folder import Folder
from cstark.files import write_whole
from tests.batch.workloads import QUICK, Count

JOBS = [Count(3), Count(6), (Count(6), cs.Options(queries=5, grinding=1)), Count(4)]


@pytest.fixture
def folder(tmp_path):
    """A folder of all proofs, and the proofs."""
    results = list(cs.prove_many(JOBS, folder=tmp_path / "a" / "b", options=QUICK))
    assert all(results) and not any(result.reused for result in results)
    return tmp_path / "a" / "b", results


def never(*_, **__):
    raise AssertionError("proved again")


def test_files_are_whole_proofs(folder):
    path, results = folder
    assert sorted(result.path for result in results) == sorted(path.iterdir())
    for result in results:
        assert result.path.name.startswith("Count-") and result.path.suffix == ".proof"
        assert result.path.read_bytes() == result.proof.to_bytes()
        Count.verify(result.path.read_bytes(), result.job.options, min_security=0)


def test_finished_proofs_are_not_made_again(folder, monkeypatch):
    path, first = folder
    monkeypatch.setattr(Count, "prove", never)
    again = list(cs.prove_many(JOBS, folder=str(path), options=QUICK))
    assert all(result.reused for result in again)
    assert [result.proof for result in again] == [result.proof for result in first]
    assert "found in" in repr(again[0])


def test_only_what_is_missing_is_proved(folder):
    path, first = folder
    first[1].path.unlink()
    with ThreadPoolExecutor(2) as pool:
        again = list(cs.prove_many([Count(7), *JOBS], pool, folder=path, options=QUICK))
    assert [result.reused for result in again] == [False, True, False, True, True]
    assert [result.proof for result in again[1:]] == [result.proof for result in first]
    assert len(list(path.iterdir())) == 5


def flipped(data: bytes, other: bytes) -> bytes:
    return data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]


SPOILS = {
    "one bit": flipped,
    "cut short": lambda data, other: data[:-1],
    "longer": lambda data, other: data + b"\0",
    "empty": lambda data, other: b"",
    "something else": lambda data, other: b"not a proof at all",
    "the proof of another job": lambda data, other: other,
    "other options": lambda data, other: JOBS[0].prove(cs.Options(queries=9)).to_bytes(),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_file_that_does_not_hold_is_proved_again(folder, spoil):
    path, first = folder
    good = first[0].path.read_bytes()
    first[0].path.write_bytes(SPOILS[spoil](good, first[3].path.read_bytes()))
    assert first[0].path.read_bytes() != good
    again = list(cs.prove_many(JOBS, folder=path, options=QUICK))
    assert [result.reused for result in again] == [False, True, True, True]
    assert first[0].path.read_bytes() == good == again[0].proof.to_bytes()


def test_a_file_that_claims_what_the_job_no_longer_does_is_proved_again(folder, monkeypatch):
    path, _ = folder
    monkeypatch.setattr(Count, "claim", lambda self: {"log_rows": self.log_rows, "edition": 2})
    again = list(cs.prove_many(JOBS, folder=path, options=QUICK))
    assert all(again) and not any(result.reused for result in again)
    assert all(b"edition" in result.path.read_bytes() for result in again)


def test_failed_jobs_leave_no_file(tmp_path):
    results = list(cs.prove_many([Count(mode="raise"), Count()], folder=tmp_path, options=QUICK))
    assert [bool(result) for result in results] == [False, True]
    assert results[0].path is None
    assert list(tmp_path.iterdir()) == [results[1].path]


def test_a_folder_that_cannot_be(tmp_path, monkeypatch):
    monkeypatch.setattr(Count, "prepare", never)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(FileExistsError):
        cs.prove_many(JOBS, folder=file)
    monkeypatch.setattr("cstark.batch.folder.os.access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="cannot be written to"):
        cs.prove_many(JOBS, folder=tmp_path)


@pytest.mark.parametrize("wrong", ["", b"folder", 5])
def test_what_is_no_path(wrong):
    with pytest.raises(cs.StatementError, match=r"folder is .*; it must be the path of a dir"):
        cs.prove_many(JOBS, folder=wrong)


def test_a_file_of_a_terabyte_is_not_read(folder, monkeypatch):
    monkeypatch.setattr("cstark.batch.folder.MAX_FILE_BYTES", 1 << 20)
    path, first = folder
    with open(first[0].path, "ab") as file:
        file.truncate(1 << 40)
    again = list(cs.prove_many(JOBS, folder=path, options=QUICK))
    assert [result.reused for result in again] == [False, True, True, True]


def test_what_cannot_be_written_is_named(tmp_path, monkeypatch):
    """The system does not say which file a full disk was too small for."""

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cstark.files.os.fsync", full)
    path = tmp_path / "proof"
    with pytest.raises(OSError, match=r"No space left on device: .*proof'$"):
        write_whole(path, b"data")
    with pytest.raises(OSError, match=r"No such file or directory: .*none.*proof'$"):
        write_whole(tmp_path / "none" / "proof", b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_proof_whose_writing_is_interrupted_is_written_after_all(tmp_path, monkeypatch):
    write, calls = Folder.write, []

    def interrupted(self, job, proof):
        calls.append(job)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(self, job, proof)

    monkeypatch.setattr(Folder, "write", interrupted)
    run = cs.prove_many([Count(3), Count(4), Count(5)], folder=tmp_path, options=QUICK)
    with pytest.raises(KeyboardInterrupt):
        list(run)
    monkeypatch.undo()
    again = cs.prove_many([Count(3), Count(4), Count(5)], folder=tmp_path, options=QUICK)
    assert [result.reused for result in again] == [True, True, False]


def test_a_full_disk_fails_the_job_alone(tmp_path, monkeypatch):
    write = Folder.write

    def full(self, job, proof):
        if job.workload.log_rows == 6:
            raise OSError(28, "No space left on device")
        return write(self, job, proof)

    monkeypatch.setattr(Folder, "write", full)
    with ThreadPoolExecutor(1) as pool:
        run = cs.prove_many([Count(3), Count(6), Count(4)], pool, folder=tmp_path, options=QUICK)
        results = list(run)
    assert [bool(result) for result in results] == [True, False, True]
    assert results[1].proof is not None and "No space left" in str(results[1].error)
    assert all(path.suffix == ".proof" for path in tmp_path.iterdir())
