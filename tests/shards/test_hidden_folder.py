"""The folder of a run that hides its traces: no masks are used twice, whenever a program dies."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import cstark as cs
from cstark.protocol.shards.secrets import RunSecret
from cstark.shards.folder import ShardFolder
from tests.shards.shard_support import COUNT, hidden, traces_of
from tests.shards.test_hidden import SEED, accepted, alone
from tests.shards.test_prove_shards import Crash, calls, counted, crashing, killing


@pytest.fixture(scope="module")
def told():
    return hidden()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def heads_in(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.head")}


def marked(tmp_path):
    marks = tmp_path / "marks"
    return marks, [partial(counted, marks, index) for index in range(COUNT)]


@pytest.mark.parametrize("at", range(1, 2 * COUNT + 1))
def test_a_hidden_run_goes_on_where_it_stopped(told, tmp_path, at):
    """With the same secret: no shard is made a second time, nor with other masks."""
    folder, (marks, shards) = tmp_path / "run", marked(tmp_path)
    with pytest.raises(Crash):
        told.prove(shards, folder=folder, progress=crashing(at))
    assert (folder / "drawn").exists() == (at > COUNT)
    before, secret = heads_in(folder), (folder / "secret").read_bytes()
    assert len(before) == min(at, COUNT)
    done = {path: path.read_bytes() for path in folder.glob("*.shard")}
    seen = []

    def tell(*now):
        if (folder / "secret").exists():
            assert (folder / "secret").read_bytes() == secret
        seen.append(now[1:])

    proof = accepted(told, told.prove(shards, folder=folder, progress=tell))
    assert seen[-1] == (2 * COUNT, 2 * COUNT)
    assert len(calls(marks)) == 2 * COUNT, "what was finished is not made again"
    for name, data in before.items():
        assert (folder / name).read_bytes() == data
    for path, data in done.items():
        assert path.read_bytes() == data and data.endswith(proof.shards[int(path.stem)])
    assert not (folder / "secret").exists()
    assert told.prove(shards, folder=folder) == proof  # all of it is there
    assert len(calls(marks)) == 2 * COUNT
    assert not (folder / "secret").exists()


def test_the_secret_is_its_owners(told, tmp_path):
    modes, before = [], os.umask(0)

    def tell(*now):
        path = tmp_path / "secret"
        if path.exists():
            modes.append(stat.S_IMODE(path.stat().st_mode))

    try:
        told.prove(folder=tmp_path, progress=tell)
    finally:
        os.umask(before)
    assert len(modes) > COUNT and set(modes) == {0o600}
    for path in tmp_path.iterdir():
        assert SEED not in path.read_bytes()


def stopped(told, tmp_path, at):
    """A folder of a run that died when so much was done."""
    folder, (marks, shards) = tmp_path / "run", marked(tmp_path)
    with pytest.raises(Crash):
        told.prove(shards, folder=folder, progress=crashing(at))
    marks.unlink()
    return folder, marks, shards


def begun_again(told, folder, marks, shards, made=COUNT):
    """The run is made with another secret, every shard from its beginning."""
    old = (folder / "secret").read_bytes() if (folder / "secret").exists() else b""
    shown = heads_in(folder)
    proof = accepted(told, told.prove(shards, folder=folder))
    assert calls(marks)[-2 * COUNT :] == [*range(COUNT)] * 2
    assert len(calls(marks)) == made + COUNT
    assert not set(shown.values()) & set(heads_in(folder).values())
    assert not old or not (folder / "secret").exists()
    assert sorted(path.suffix for path in folder.iterdir()).count(".shard") == COUNT
    return proof


HARMS = ["a head is gone", "a head is cut", "a head is changed", "another head", "heads exchanged",
         "the secret is gone", "the secret is no secret", "what was drawn is unreadable",
         "what was drawn is gone", "what was drawn is other heads"]  # fmt: skip


@pytest.mark.parametrize("at", [COUNT + 1, 2 * COUNT])
@pytest.mark.parametrize("harm", HARMS)
def test_heads_that_challenges_were_drawn_from_are_lost(told, tmp_path, at, harm):
    """Another head means other challenges: never with the masks of before."""
    folder, marks, shards = stopped(told, tmp_path, at)
    heads = sorted(folder.glob("*.head"))
    data = heads[1].read_bytes()
    if harm == "a head is gone":
        heads[1].unlink()
    elif harm == "a head is cut":
        heads[1].write_bytes(data[:20])
    elif harm == "a head is changed":
        heads[1].write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif harm == "another head":  # whose digest is right, and which is a head
        name = (folder / "drawn").read_text().split()[0]
        kept = ShardFolder(folder, (folder / "statement").read_bytes())
        kept.use(name)
        found = kept.head(1)
        kept.keep_head(1, found[:-8] + bytes(8))
    elif harm == "heads exchanged":
        heads[1].write_bytes(heads[0].read_bytes())
    elif harm == "the secret is gone":
        (folder / "secret").unlink()
    elif harm == "the secret is no secret":
        (folder / "secret").write_bytes(b"secret\n")
    elif harm == "what was drawn is unreadable":
        (folder / "drawn").write_bytes(b"\0" * 20)
    elif harm == "what was drawn is gone":
        (folder / "drawn").unlink()
    else:
        name = (folder / "drawn").read_text().split()[0]
        (folder / "drawn").write_text(f"{name} {'00' * 32}\n")
    if at == 2 * COUNT and harm in ("the secret is gone", "the secret is no secret"):
        told.verify(told.prove(shards, folder=folder))  # the run is finished: nothing is made
        assert not calls(marks)
        return
    begun_again(told, folder, marks, shards)


def test_a_shard_is_lost_when_the_secret_is(told, tmp_path):
    """A finished run of which a part has gone: it cannot be made again alone."""
    folder, (marks, shards) = tmp_path / "run", marked(tmp_path)
    told.prove(shards, folder=folder)
    marks.unlink()
    next(folder.glob("*.shard")).unlink()
    begun_again(told, folder, marks, shards)


def test_a_shard_is_lost_while_the_secret_is_there(told, tmp_path):
    """Equal inputs, equal bytes: one second half is made again, and nothing else."""
    folder, marks, shards = stopped(told, tmp_path, 2 * COUNT)
    lost = sorted(folder.glob("*.shard"))[1]
    data = lost.read_bytes()
    lost.unlink()
    proof = accepted(told, told.prove(shards, folder=folder))
    assert calls(marks) == [1] and lost.read_bytes() == data
    assert data.endswith(proof.shards[1])


def test_before_anything_is_drawn_heads_may_change(told, tmp_path):
    folder, marks, shards = stopped(told, tmp_path, COUNT)
    assert not (folder / "drawn").exists()
    lost = sorted(folder.glob("*.head"))[0]
    data = lost.read_bytes()
    lost.unlink()
    accepted(told, told.prove(shards, folder=folder))
    assert calls(marks) == [0, 0, 1, 2] and lost.read_bytes() == data


def test_a_crash_between_the_secret_and_the_first_head(told, tmp_path):
    folder, (marks, shards) = tmp_path / "run", marked(tmp_path)

    def stop(*now):
        raise Crash

    with pytest.raises(Crash):
        told.prove(shards, folder=folder, progress=stop)
    assert names(folder) == ["lock", "secret", "statement"]
    accepted(told, told.prove(shards, folder=folder))
    assert len(calls(marks)) == 2 * COUNT


@pytest.mark.parametrize("unreadable", [False, True])
def test_a_crash_between_what_was_drawn_and_the_second_map(told, tmp_path, unreadable):
    folder, (marks, shards) = tmp_path / "run", marked(tmp_path)

    def stop(what, done, total):
        if what == "prove":
            raise Crash

    with pytest.raises(Crash):
        told.prove(shards, folder=folder, progress=stop)
    assert (folder / "drawn").exists() and not [*folder.glob("*.shard")]
    before, secret = heads_in(folder), (folder / "secret").read_bytes()
    if unreadable:
        (folder / "drawn").write_bytes(b"\0")
        marks.unlink()
        begun_again(told, folder, marks, shards)
        return
    accepted(told, told.prove(shards, folder=folder))
    assert heads_in(folder) == before and secret and len(calls(marks)) == 2 * COUNT


COORDINATOR = """
import sys
from functools import partial
from tests.shards.shard_support import COUNT, hidden
from tests.shards.test_prove_shards import killing
shards = [partial(killing, sys.argv[2], index) for index in range(COUNT)]
hidden().prove(shards, folder=sys.argv[1])
"""


def test_a_coordinator_dies(told, tmp_path):
    """The process ends in the second half of a shard, with the lock and the secret in its hands."""
    folder, marks = tmp_path / "run", tmp_path / "marks"
    root = Path(cs.__file__).parent.parent
    ended = subprocess.run(
        [sys.executable, "-c", COORDINATOR, str(folder), str(marks)],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 9, ended.stderr
    assert (folder / "secret").exists() and (folder / "drawn").exists()
    before, done = heads_in(folder), len([*folder.glob("*.shard")])
    assert len(before) == COUNT and done == 1
    shards = [partial(counted, marks, index) for index in range(COUNT)]
    marks.unlink()
    accepted(told, told.prove(shards, folder=folder))
    assert heads_in(folder) == before and calls(marks) == [1, 2]


def test_leftovers_of_another_secret_are_removed_and_never_used(told, tmp_path):
    """A program that died between writing its new secret and removing what the old one made."""
    folder, marks, shards = stopped(told, tmp_path, COUNT + 1)
    old = {path: path.read_bytes() for path in folder.iterdir()}
    accepted(told, told.prove(shards, folder=folder))
    for path, data in old.items():
        if path.suffix in (".head", ".shard") or path.name == "drawn":
            path.write_bytes(data)
    (folder / "secret").write_text(RunSecret().to_text())
    marks.unlink()
    begun_again(told, folder, marks, shards)


def test_heads_of_another_secret_are_none(told, tmp_path):
    """A program that died when it had a new secret, and nothing had been drawn with the old one."""
    folder, marks, shards = stopped(told, tmp_path, COUNT)
    (folder / "secret").write_text(RunSecret().to_text())
    begun_again(told, folder, marks, shards)


def test_a_worker_dies_while_shards_are_hidden(told, tmp_path):
    folder, marks = tmp_path / "run", tmp_path / "marks"
    shards = [partial(killing, marks, index) for index in range(COUNT)]
    with ProcessPoolExecutor(1) as pool, pytest.raises(Exception, match="terminated abruptly"):
        told.prove(shards, folder=folder, executor=pool)
    with ProcessPoolExecutor(1) as pool:
        accepted(told, told.prove(shards, folder=folder, executor=pool))


def reordered(path, index):
    """The traces of a shard with the rows of its steps in another order."""
    found = counted(path, index)
    found["step"] = [np.roll(found["step"][0], 3, axis=0)]
    return found


@pytest.mark.parametrize("at", [COUNT, COUNT + 1])
def test_heads_of_other_traces(told, tmp_path, at):
    """They are noticed in the second map, whose challenges must not be drawn from others then."""
    folder, marks = tmp_path / "run", tmp_path / "marks"
    old = [partial(reordered, marks, index) for index in range(COUNT)]
    with pytest.raises(Crash):
        told.prove(old, folder=folder, progress=crashing(at))
    secret = (folder / "secret").read_bytes()
    marks.unlink()
    _, shards = marked(tmp_path)
    seen, secrets = [], set()

    def tell(*now):
        secrets.add((folder / "secret").read_bytes())
        seen.append(now[1:])

    before = heads_in(folder)
    proof = accepted(told, told.prove(shards, folder=folder, progress=tell))
    assert seen == sorted(seen) and seen[-1] == (2 * COUNT, 2 * COUNT)
    assert len(secrets - {secret}) == 1
    assert calls(marks) == [at - COUNT, *range(COUNT), *range(COUNT)], "one sees it, all begin"
    assert not set(before.values()) & set(heads_in(folder).values())
    assert any(shard.remade for shard in proof.report.shards)
    alone(told, [proof])


def test_a_run_that_does_not_balance_keeps_its_secret_until_it_does(told, tmp_path):
    """The traces are mended; the challenges of before must not meet the same masks again."""
    folder, (_, shards) = tmp_path / "run", marked(tmp_path)

    def wrong():
        found = traces_of(1)
        found["step"][0][10] = 1, 3, 500
        return found

    with pytest.raises(cs.TraceError, match="'cell'"):
        told.prove([shards[0], wrong, shards[2]], folder=folder)
    secret, before = (folder / "secret").read_bytes(), heads_in(folder)
    proof = accepted(told, told.prove(shards, folder=folder))
    assert not (folder / "secret").exists() and secret
    assert not set(before.values()) & set(heads_in(folder).values())
    assert len(proof.shards) == COUNT


def test_texts_of_secrets():
    run = RunSecret(SEED, (1, 300))
    again = RunSecret.from_text(run.to_text())
    assert again is not None and again.silent == (1, 300) and again.name == run.name
    assert SEED.hex() not in run.name
    odd = ("x", "-1", "4096", "9" * 5000, "1  2", "+1", "1_0")
    texts = [SEED.hex() + f"\n{silent}\n" for silent in odd]
    texts += ["", "00", "\n\n", run.to_text()[1:], run.to_text() + "1", "x" * 64 + "\n\n"]
    for text in texts:
        assert RunSecret.from_text(text) is None
