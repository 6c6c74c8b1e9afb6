"""Both verifiers on proofs in shards: one verdict, one transcript, whatever is changed."""

from __future__ import annotations

import random

import pytest

import cstark as cs
from cstark import pure
from cstark.protocol.policy import Policy
from cstark.protocol.shards.verifier import ShardedVerifier, sharded_security
from cstark.protocol.statement import Instance
from tests.shards.shard_support import COUNT, Told, machine, sources


@pytest.fixture(scope="module", params=["blake3", "sha256", "keccak256"])
def told(request):
    return Told(machine(hash=request.param, blowup=4, fri_arity=4, final_length=8))


@pytest.fixture(scope="module")
def honest(told):
    return told.prove()


def test_one_transcript(told, honest):
    """All that is absorbed and drawn, in every transcript, is the same."""
    key = told.machine.proving_key.sharded_key()
    instance = Instance.build(key, told.publics, told.tokens, told.claim)
    verifier, first, second = ShardedVerifier(key, honest, instance), [], []
    verifier.admit(Policy.of(key, 0))
    for shard in verifier.shards:
        shard.stream.listen(lambda *event: first.append(event) if event[0] != "item" else None)
    verifier.begin()
    for shard in verifier.shards:
        shard.finish()
    file = told.machine.statement(told.publics, claim=told.claim, shards=True)
    pure.verify(
        pure.read_statement(file.to_json()), honest.to_bytes(), min_security=0,
        trace=second.append,
    )  # fmt: skip
    labels = ("shards", "head", "tokens", "claim")
    joint = [event for event in second if event[1] in labels]
    assert len(joint) == COUNT + 3
    assert {("draw", "z"), ("draw", "alpha")} <= {event[:2] for event in second}
    protocols = [data for _, label, data in first if label == "protocol"]
    assert len(protocols) == COUNT and len(set(protocols)) == 1
    rest = [event for event in second if event not in joint and event[1] not in ("z", "alpha")]
    extra = [e for e in rest if e[1] == "protocol" and e[2] not in protocols]
    assert len(extra) == 1
    ours = sorted(first + [e for e in rest if e[1] in ("key", "options")][:2])
    assert ours == sorted(event for event in rest if event not in extra)


def test_one_estimate(told, honest):
    key = told.machine.proving_key.sharded_key()
    bits = sharded_security(key, honest).bits
    file = told.machine.statement(told.publics, claim=told.claim, shards=True)
    statement = pure.read_statement(file.to_json())
    for demanded, accepted in ((bits - 1e-6, True), (bits + 1e-6, False)):
        for verify in (
            lambda bits: told.verify(honest, min_security=bits),
            lambda bits: pure.verify(statement, honest.to_bytes(), min_security=bits),
        ):
            if accepted:
                verify(demanded)
                continue
            with pytest.raises((cs.VerificationError, pure.Refused), match="proven bits"):
                verify(demanded)
    assert "3 shards together" in str(sharded_security(key, honest))


def test_the_estimate_counts_the_messages_of_all_shards(told):
    key = told.machine.proving_key.sharded_key()
    few, many = (sharded_security(key, told.prove(sources(count))) for count in (2, 8))
    assert few.shards[0].regime.terms["lookup"] > many.shards[0].regime.terms["lookup"]
    assert "pin" in few.shards[0].regime.terms
    with_tokens = sharded_security(key, told.prove(), tokens=1 << 20)
    assert with_tokens.shards[0].regime.terms["lookup"] < many.shards[0].regime.terms["lookup"]


def test_changed_bytes(told, honest):
    """Every byte of the header and of the heads, and bytes drawn from the rest."""
    data, random_place = honest.to_bytes(), random.Random(1)
    start = 8 + 2 + 18 + 4 + 4 + len(told.claim)
    places = [*range(start)]
    for shard in honest.shards:
        places += range(start, start + 60)
        places += [random_place.randrange(start, start + 8 + len(shard)) for _ in range(40)]
        start += 8 + len(shard)
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << random_place.randrange(8)
        told.refused(bytes(changed))


def test_noise(told, honest):
    data, chance = honest.to_bytes(), random.Random(2)
    for _ in range(60):
        cut = chance.randrange(len(data))
        more = chance.randbytes(chance.randrange(200))
        told.refused(data[:cut] + more)


@pytest.mark.parametrize("field", ["shard_root", "preprocessed_root"])
def test_roots_of_a_key(told, honest, field):
    file = told.machine.statement(told.publics, claim=told.claim, shards=True)
    root = getattr(file.key, field).hex()
    other = file.to_json().replace(root, "00" * 32)
    assert other != file.to_json()
    with pytest.raises(pure.Refused):
        pure.verify(pure.read_statement(other), honest.to_bytes(), min_security=0)
    with pytest.raises(cs.VerificationError):
        cs.StatementFile.from_json(other).verify(honest, min_security=0)
    for wrong in ("null", '"zz"', "7", f'"{root.upper()}"'):
        text = file.to_json().replace(f'"{root}"', wrong)
        if text == file.to_json():
            continue
        with pytest.raises(pure.BadKey):
            pure.read_statement(text)
        with pytest.raises(cs.CstarkError):
            cs.StatementFile.from_json(text)
