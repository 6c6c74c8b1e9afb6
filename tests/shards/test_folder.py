"""The folder of a run: what is found there is believed only when a verifier would, one run each."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import cstark as cs
from cstark.shards.folder import DIGEST, ShardFolder
from cstark.shards.lock import LOCK, locked
from tests.shards.shard_support import COUNT, Told, machine, traces_of
from tests.shards.test_prove_shards import Crash, calls, counted, crashing

HEADS, SHARDS = "*.head", "*.shard"


@pytest.fixture(scope="module")
def told():
    return Told(machine())


@pytest.fixture(scope="module")
def honest(told):
    return told.prove()


@pytest.fixture
def run(told, honest, tmp_path):
    """A folder in which everything is finished; proving there again makes marks."""
    folder, marks = tmp_path / "run", tmp_path / "marks"
    shards = [partial(counted, marks, index) for index in range(COUNT)]

    def prove(**settings):
        marks.unlink(missing_ok=True)
        proof = told.prove(settings.pop("shards", shards), folder=folder, **settings)
        return proof, sorted(calls(marks))

    proof, made = prove()
    assert proof == honest and made == sorted([0, 1, 2] * 2)
    again, made = prove()
    assert made == [] and again.report.workers == 0 and "3 shards by 0 workers" in str(again.report)
    return folder, prove


def remade(proof):
    """Shard, counted from 0, and why it was made again."""
    found = {k: shard.remade for k, shard in enumerate(proof.report.shards) if shard.remade}
    for number, why in found.items():
        assert f"shard {number + 1} was made again: {why}" in str(proof.report)
        assert proof.report.to_dict()["shards"][number]["remade"] == why
    return found


def bit_flips(data):
    for place in (0, DIGEST - 1, DIGEST, DIGEST + 40, len(data) // 2, len(data) - 1):
        wrong = bytearray(data)
        wrong[place] ^= 1
        yield bytes(wrong)


@pytest.mark.parametrize("kind", [HEADS, SHARDS])
def test_what_is_damaged_is_made_again(run, honest, kind):
    folder, prove = run
    path = sorted(folder.glob(kind))[1]
    data = path.read_bytes()
    for wrong in [b"", data[:1], data[:DIGEST], data[:-1], data + b"\0", *bit_flips(data)]:
        path.write_bytes(wrong)
        proof, made = prove()
        assert proof == honest and made == [1], "that half of that shard, and nothing else"
        assert remade(proof) == {1: "what the folder holds of it is damaged or of another run"}
        assert path.read_bytes() == data
    assert prove()[1] == [] and not remade(prove()[0])


@pytest.mark.parametrize("kind", [HEADS, SHARDS])
def test_a_file_of_a_terabyte_is_not_read(run, honest, kind):
    folder, prove = run
    path = sorted(folder.glob(kind))[1]
    data = path.read_bytes()
    with open(path, "ab") as file:
        file.truncate(1 << 40)
    proof, made = prove()
    assert proof == honest and made == [1] and path.read_bytes() == data
    assert remade(proof) == {1: "what the folder holds of it is damaged or of another run"}


@pytest.mark.parametrize("name", ["statement", "secret", "drawn"])
def test_nor_are_others(run, name):
    folder, prove = run
    with open(folder / name, "ab") as file:
        file.truncate(1 << 40)
    if name == "statement":
        with pytest.raises(cs.StatementError, match="holds shards of another statement"):
            prove()
    else:  # a run that does not hide has none, and does not look for it
        assert not prove()[1]
        found = ShardFolder(folder, (folder / "statement").read_bytes())
        assert found.secret() is None or name != "secret"
        assert found.drawn() == ("", b"") or name != "drawn"


@pytest.mark.parametrize("wrong", ["", b"folder", 5, True])
def test_what_is_no_path(told, wrong):
    """The empty one would fill the working directory."""
    with pytest.raises(cs.StatementError, match=r"folder is .*; it must be the path of a dir"):
        told.prove(folder=wrong)


@pytest.mark.parametrize("kind", [HEADS, SHARDS])
def test_files_that_change_places(run, honest, kind):
    folder, prove = run
    first, second, _ = sorted(folder.glob(kind))
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    proof, made = prove()
    assert proof == honest and made == [0, 1] and set(remade(proof)) == {0, 1}


def test_files_of_another_run(told, run, honest, tmp_path):
    """One with another claim, whose shards stand in the same places."""
    folder, prove = run
    told.but(claim=b'{"a":1}').prove(folder=tmp_path / "other")
    for path in [*folder.glob(HEADS), *folder.glob(SHARDS)]:
        path.write_bytes((tmp_path / "other" / path.name).read_bytes())
    proof, made = prove()
    assert proof == honest and made == sorted([0, 1, 2] * 2) and set(remade(proof)) == {0, 1, 2}


def test_a_proof_that_does_not_hold(told, run, honest):
    """The digest is right: nothing but verifying it tells."""
    folder, prove = run
    paths = sorted(folder.glob(SHARDS))
    state = paths[0].read_bytes()[DIGEST : DIGEST + 32]
    name = (folder / "statement").read_bytes()
    head = sorted(folder.glob(HEADS))[1].read_bytes()[DIGEST:]
    for place in (len(head), len(honest.shards[1]) - 1, 0):
        wrong = bytearray(honest.shards[1])
        wrong[place] ^= 1
        ShardFolder(folder, name).keep_shard(1, state, bytes(wrong))
        proof, made = prove()
        assert proof == honest and made == [1]
        assert remade(proof) == {1: "its proof in the folder does not hold"}
    ShardFolder(folder, name).keep_shard(1, bytes(32), honest.shards[1])
    proof, made = prove()
    assert proof == honest and made == [1]
    assert remade(proof) == {1: "its proof in the folder has met other shards"}


def test_a_proof_under_another_head(told, run, honest):
    """It is one of these very shards, but another one than the place asks for."""
    folder, prove = run
    name = (folder / "statement").read_bytes()
    state = sorted(folder.glob(SHARDS))[0].read_bytes()[DIGEST : DIGEST + 32]
    ShardFolder(folder, name).keep_shard(1, state, honest.shards[0])
    proof, made = prove()
    assert proof == honest and made == [1]
    assert remade(proof) == {1: "its proof in the folder does not hold"}


def test_a_commitment_that_is_none(told, run, honest):
    folder, prove = run
    name = (folder / "statement").read_bytes()
    for head in (b"", honest.shards[1][:20], b"\xff" * 100):
        ShardFolder(folder, name).keep_head(1, head)
        proof, made = prove()
        assert proof == honest and made == [1]
        assert remade(proof) == {1: "what the folder holds of it is no commitment"}


def other_steps(index, marks):
    """The traces of a shard with the rows of its steps in another order."""
    found = counted(marks, index)
    found["step"] = [found["step"][0][::-1].copy()]
    return found


def test_commitments_of_other_traces(told, honest, tmp_path):
    """The run stopped between the maps, and its traces are made otherwise now."""
    folder, marks = tmp_path / "run", tmp_path / "marks"
    with pytest.raises(Crash):
        told.prove(
            [partial(other_steps, index, marks) for index in range(COUNT)],
            folder=folder, progress=crashing(COUNT + 1),
        )  # fmt: skip
    assert len([*folder.glob(HEADS)]) == COUNT and len([*folder.glob(SHARDS)]) == 1
    shards = [partial(counted, marks, index) for index in range(COUNT)]
    proof = told.prove(shards, folder=folder)
    assert proof == honest
    why = remade(proof)
    assert why[1] == "the folder's commitment is of other traces"
    assert not remade(told.prove(shards, folder=folder))


def test_traces_that_change_all_the_time(told, tmp_path):
    """They are made again once, not for ever."""
    folder, marks = tmp_path / "run", tmp_path / "marks"

    def changing():
        found = counted(marks, 0)
        found["step"][0][:10] = found["step"][0][:10].take(
            [(k + len(calls(marks))) % 10 for k in range(10)], axis=0
        )
        return found

    shards = [changing, partial(traces_of, 1), partial(traces_of, 2)]
    with pytest.raises(Crash):
        told.prove(shards, folder=folder, progress=crashing(COUNT))
    with pytest.raises(cs.TraceError, match="shard 1 of 3: its traces are others") as error:
        told.prove(shards, folder=folder)
    assert error.value.__notes__ == ["in shard 1 of 3"]
    assert len(calls(marks)) == 4, "committed; found to be others; committed, others again"


def test_what_is_no_file(told, run):
    folder, prove = run
    path = next(folder.glob(SHARDS))
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match="no file"):
        prove()


# ---- one run at a time -------------------------------------------------------------------


def test_two_runs_in_one_folder(told, honest, tmp_path):
    """The second is refused whenever it comes, and the first does not notice."""
    refused = []

    def second(what, done, total):
        with pytest.raises(cs.StatementError, match="in use by another run of this process"):
            told.prove(folder=tmp_path)
        refused.append(done)

    assert told.prove(folder=tmp_path, progress=second) == honest
    assert len(refused) >= 2 * COUNT
    assert told.prove(folder=tmp_path / ".." / tmp_path.name) == honest  # and is free again


HOLDER = """
import sys
from pathlib import Path
from cstark.shards.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_run_of_another_process(told, honest, tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(cs.__file__).parent.parent)},
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "held\n"
        in_use = rf"{tmp_path.name} is in use by process {holder.pid} on "
        for _ in range(2):  # being refused takes nothing from the other
            with pytest.raises(cs.StatementError, match=in_use):
                told.prove(folder=tmp_path)
        assert not [*tmp_path.glob(HEADS)]
    finally:
        holder.kill()
        holder.communicate()
    assert told.prove(folder=tmp_path) == honest  # however it ended


def test_a_child_does_not_hold_what_its_parent_held(tmp_path):
    """Workers that a run has forked may outlive it."""
    reading, writing = os.pipe()
    with locked(tmp_path):
        child = os.fork()
        if not child:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
    try:
        again = subprocess.run(
            [sys.executable, "-c", HOLDER, str(tmp_path)], input="", capture_output=True,
            text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(Path(cs.__file__).parent.parent)},
        )  # fmt: skip
        assert again.stdout == "held\n"
    finally:
        os.close(writing)
        os.waitpid(child, 0)


@pytest.mark.parametrize("error", ["ENOLCK", "EOPNOTSUPP"])
def test_a_file_system_without_locks(told, honest, tmp_path, monkeypatch, error):
    from cstark.shards import lock

    def none(*arguments):
        raise OSError(getattr(lock.errno, error), "no locks")

    monkeypatch.setattr(lock.fcntl, "lockf", none)
    assert told.prove(folder=tmp_path) == honest


def test_a_folder_that_fails_is_free_again(told, honest, tmp_path):
    told.prove(folder=tmp_path)
    with pytest.raises(cs.StatementError, match="another statement"):
        told.but(claim=b"{ }").prove(folder=tmp_path)
    assert told.prove(folder=tmp_path) == honest
    assert (tmp_path / LOCK).is_file()
