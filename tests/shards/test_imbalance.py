"""Buses that do not balance over all shards: the error names message, tables, rows and shards."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pytest

import cstark as cs
from cstark.shards import imbalance, run
from tests.attacks.toolkit import changed, swapped
from tests.oracles import zoo
from tests.shards.shard_support import COUNT, Told, machine, sources, traces_of
from tests.shards.test_prove_shards import Crash, calls, counted, crashing


@pytest.fixture(scope="module")
def told():
    return Told(machine())


@pytest.fixture(scope="module")
def honest(told):
    return told.prove()


def refused(told, shards, **settings):
    with pytest.raises(cs.TraceError) as error:
        told.prove(shards, **settings)
    return error.value


def one_too_many(index):
    """A step of cell 3 that no state leads to, in the second of three shards."""
    found = traces_of(index)
    if index == 1:
        found["step"][0][12] = 1, 3, 500
    return found


def broken(made=one_too_many):
    return [partial(made, index) for index in range(COUNT)]


def test_a_message_too_many_in_one_shard(told):
    error = refused(told, broken())
    assert str(error).splitlines() == [
        "bus 'cell': (3, 500) is received once more than sent, over all shards",
        "    shard 2 of 3, table 'step', row 12 (receive on 'cell') receives it",
        "bus 'cell': (3, 501) is sent once more than received",
    ]
    assert (error.table, error.row, error.constraint) == ("step", 12, "bus 'cell'")


@pytest.mark.parametrize("workers", [1, 2])
def test_on_workers(told, workers):
    with ProcessPoolExecutor(workers) as pool:
        assert str(refused(told, broken(), executor=pool)) == str(refused(told, broken()))


def test_it_does_not_matter_what_was_checked_or_kept(told):
    for settings in ({"check": False}, {"keep": True}, {"max_memory": 1 << 26}):
        assert str(refused(told, broken(), **settings)) == str(refused(told, broken()))


def test_where_traces_are_hidden(told, tmp_path):
    """The error is the prover's own; the run that failed leaves nothing to go on with."""
    hidden = Told(machine(zk=True))
    assert str(refused(hidden, broken())) == str(refused(told, broken()))
    assert str(refused(hidden, broken(), folder=tmp_path)) == str(refused(told, broken()))
    proof = hidden.prove(folder=tmp_path)
    hidden.verify(proof)
    assert not hidden.plain_refusal(proof)


def shifted(index):
    """The second shard begins with another value than the first one left."""
    found = traces_of(index)
    if index == 1:
        found["step"][0][:10, 2] += np.uint64(1)
    return found


def test_both_sides_of_a_break_are_named(told):
    """What the first shard leaves nobody takes; what the third one takes is left twice."""
    text = str(refused(told, broken(shifted)))
    assert "bus 'cell': (3, 310) is sent once more than received, over all shards" in text
    assert "shard 1 of 3, table 'step', row 9 (send on 'cell') sends it" in text
    assert "bus 'cell': (3, 321) is sent once more than received" in text or "(3, 321)" in text


def wrong_count(index):
    """A provider says that its message has been looked up once more."""
    found = traces_of(index)
    if index == 2:
        found["threes"][5, 0] += np.uint64(1)
    return found


def test_a_wrong_count_of_a_provider(told):
    error = refused(told, broken(wrong_count))
    text = str(error)
    assert "bus 'three bits': (5, " in text and "is received once more than sent" in text
    assert "shard 3 of 3, table 'threes', row 5" in text
    # the shards whose senders touch it are named as well
    assert "table 'halves" in text and "sends it" in text
    assert (error.table, error.row) == ("threes", 5)


def test_tokens(told):
    """They are the caller's, and counted once."""
    of_ring = cs.Machine({"halves": zoo.Halves(), "threes": zoo.Threes()}, machine().options)
    shards = [{"halves": [zoo.halves(8, k)], "threes": zoo.used_threes(zoo.halves(8, k))}
              for k in range(3)]  # fmt: skip
    tokens = (cs.Send("three bits", [1, 0], count=5), cs.Send("three bits", [6, 0], count=0))
    text = str(refused(Told(of_ring, {}, tokens, b""), shards))
    assert "bus 'three bits': (1, 0) is sent 5 times more than received, over all shards" in text
    assert "token 0, Send sends it 5 times" in text and "token 1" not in text
    shards[1]["threes"][1, 0] += np.uint64(5)
    proof = Told(of_ring, {}, tokens, b"").prove(shards)
    Told(of_ring, {}, tokens, b"").verify(proof)


def many_wrong(index):
    found = traces_of(index)
    for row in range(10, 16):
        found["step"][0][row] = 1, 100 * index + row, 7
    return found


def test_many_messages_are_counted(told):
    lines = str(refused(told, broken(many_wrong))).splitlines()
    named = [line for line in lines if line.startswith("bus 'cell': (")]
    assert len(named) == imbalance._MESSAGES
    assert lines[-1].startswith("bus 'cell': about ") and "other messages" in lines[-1]


def test_a_balanced_proof_asks_nothing(told, honest):
    def never(*arguments):
        raise AssertionError("asked")

    with swapped(imbalance.raise_imbalance, never):
        assert told.prove() == honest


# ---- with a folder -----------------------------------------------------------------------


def test_the_traces_are_mended_and_the_folder_is_not(told, honest, tmp_path):
    """What is finished holds shard by shard, but is of the traces that did not balance."""
    folder, marks = tmp_path / "run", tmp_path / "marks"
    first = str(refused(told, broken(), folder=folder))
    assert str(refused(told, broken(), folder=folder)) == first
    shards = [partial(counted, marks, index) for index in range(COUNT)]
    proof = told.prove(shards, folder=folder)
    assert proof == honest
    reasons = {shard.remade for shard in proof.report.shards}
    assert reasons == {"the folder's commitment is of other traces"}
    assert sorted(calls(marks)) == sorted([0, 1, 2] * 3), "asked once, then both maps"
    assert told.prove(folder=folder) == honest


def test_a_commitment_of_wrong_traces_is_found_first(told, honest, tmp_path):
    with pytest.raises(Crash):
        told.prove(broken(), folder=tmp_path, progress=crashing(COUNT))
    proof = told.prove(sources(), folder=tmp_path)
    assert proof == honest
    assert "shard 2 was made again: the folder's commitment" in str(proof.report)


def unsteady(path, index):
    """Wrong traces the first two times; right ones from then on."""
    found = counted(path, index)
    if index == 1 and calls(path).count(1) <= 2:
        found["step"][0][12] = 1, 3, 500
    return found


def test_traces_that_balance_when_they_are_looked_at(told, tmp_path):
    shards = [partial(unsteady, tmp_path / "marks", index) for index in range(COUNT)]
    error = refused(told, shards)
    assert "the traces do balance when they are made again" in str(error)


def test_traces_that_change_between_the_questions(told):
    """The sums name a bucket, in which there is nothing then."""
    before = imbalance.answer
    asked = []

    def other(task, question):
        asked.append(question)
        source = one_too_many if not question.buckets else traces_of
        return before(run.replace(task, source=partial(source, task.place.index)), question)

    with swapped(before, other), changed(imbalance, "answer", other):
        error = refused(told, broken())
    assert "'cell'" in str(error) and "not the same each time they are made" in str(error)
    assert len(asked) == 2 * COUNT
