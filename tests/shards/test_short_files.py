"""A file sets off no work by what it says: neither layouts for its tables nor commitments."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark import pure
from cstark.protocol.proving_key import ProvingKey
from cstark.protocol.shards import verifier
from cstark.protocol.standing import encode_heights
from cstark.pure import shards as plain_shards
from tests.shards.shard_support import COUNT, Told, machine

SEVERAL = 300
"""Traces of a table in each shard of the files that are too short."""


@pytest.fixture(scope="module")
def proof():
    return Told(machine()).prove()


@pytest.fixture
def told():
    """A machine that has not committed to anything."""
    return Told(machine())


@pytest.fixture
def work(monkeypatch):
    """What has been begun, as a list that grows."""
    begun = []

    def noting(name, do):
        def noted(*arguments, **settings):
            begun.append(name)
            return do(*arguments, **settings)

        return noted

    monkeypatch.setattr(ProvingKey, "_commit", noting("commitment", ProvingKey._commit))
    monkeypatch.setattr(verifier, "Layout", noting("layout", verifier.Layout))
    monkeypatch.setattr(plain_shards, "shape_of", noting("shape", plain_shards.shape_of))
    return begun


def short(proof, body):
    """Many traces of `step`, and hardly anything about them."""
    shards = []
    for place, part in enumerate(proof.parts):
        heights = ((3,) * SEVERAL, *part.log_heights[1:])
        assert place == COUNT - 1 or part.log_heights[2] == ()
        named = len(heights).to_bytes(2, "little") + encode_heights(heights)
        shards.append(named + bytes(body))
    return cs.ShardedProof(proof.options, proof.claim, shards)


@pytest.mark.parametrize("body", [0, 24 * 3 * SEVERAL - 1])
def test_tables_whose_openings_are_not_there(told, proof, work, body):
    statement = pure.read_statement(
        told.machine.statement(told.publics, claim=told.claim, shards=True).to_json()
    )
    work.clear()
    file = short(proof, body)
    told.machine = machine()
    with pytest.raises(cs.ProofFormatError, match=r"are fewer than the openings of \d+ columns"):
        told.verify(file)
    with pytest.raises(pure.Refused, match=r"too few for the openings of \d+ columns"):
        pure.verify(statement, bytes(file), min_security=0)
    assert work == []
    with pytest.raises(cs.ProofFormatError):  # the first shard is long enough to be looked at
        told.verify(short(proof, 24 * (3 * SEVERAL + 20)))
    assert "layout" in work
    with pytest.raises(pure.Refused):
        pure.verify(statement, bytes(short(proof, 24 * (3 * SEVERAL + 20))), min_security=0)
    assert "shape" in work


@pytest.mark.parametrize("change", ["cut", "options", "heights"])
def test_nothing_is_committed_to_for_a_file_that_cannot_hold(told, proof, work, change):
    parts = list(proof.shards)
    options = proof.options
    if change == "cut":  # by less than the positions may make of it
        parts[-1] = parts[-1][: len(proof.parts[-1].header()) + 24 * 30]
    elif change == "options":
        told.machine = machine(queries=7)
    else:
        parts = parts[:-1]
    with pytest.raises(cs.VerificationError):
        told.verify(cs.ShardedProof(options, proof.claim, parts))
    assert "commitment" not in work
    told.machine = machine()
    told.verify(proof)
    assert "commitment" in work


def test_honest_shards_are_long_enough():
    """With one query as well, whose positions make a proof as short as it can be."""
    for queries in (1, 2, 6):
        told = Told(machine(queries=queries))
        proof = told.prove()
        told.machine = machine(queries=queries)  # with a key that is not committed
        told.verify(proof)
