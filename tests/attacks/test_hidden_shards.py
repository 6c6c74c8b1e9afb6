"""Forgeries of proofs in shards that hide: what `test_shards` does not try with masks as well."""

from __future__ import annotations

import json

import numpy as np
import pytest

import cstark as cs
from cstark import Reason, field, pure
from cstark.protocol.logup import build_lookups
from cstark.protocol.shards.proof import ShardProof
from cstark.protocol.shards.prover import ShardProver
from cstark.protocol.shards.verifier import sharded_security
from tests.attacks.toolkit import deaf_to, without
from tests.shards.shard_support import (
    COUNT,
    Told,
    hidden,
    machine,
    prove_anyway,
    sources,
    traces_of,
)

EXCESS = (1, 0, 0)


@pytest.fixture(scope="module")
def told():
    return hidden()


@pytest.fixture(scope="module")
def honest(told):
    proof = told.prove()
    told.verify(proof)
    assert not told.plain_refusal(proof)
    return proof


def all_traces():
    return [traces_of(index) for index in range(COUNT)]


class UnmaskedShard(ShardProver):
    """The first shard's masks of sums have another total than its neighbours take away."""

    def _draw_sum_masks(self):
        if self.place.index == 0:
            self.sum_of_masks = field.add(self.sum_of_masks, EXCESS)
        super()._draw_sum_masks()


@pytest.mark.holds("bus sum")
def test_masks_of_sums_that_do_not_cancel_over_shards(told, honest):
    """The total of all u of all shards is a term of the balance that no message makes up for."""
    forged = prove_anyway(told, all_traces(), UnmaskedShard)
    assert told.refused(forged) == told.plain_refusal(forged) == "bus sum"
    with without("bus sum"):
        told.verify(forged)


class StatedAnyway(UnmaskedShard):
    """The same, and a sum is stated that cancels."""

    def round_2_lookup(self):
        write = self.stream.write

        def lie(item, data):
            if item == "table sums" and self.place.index == 0:
                last = self.layout.hidden_sums[-1]
                self.sums[last] = field.sub(self.sums[last], EXCESS)
                data = np.array(list(self.sums.values()), dtype="<u8").tobytes()
            write(item, data)

        self.stream.write = lie
        super().round_2_lookup()
        self.stream.write = write


@pytest.mark.holds("constraints")
def test_sums_of_a_shard_that_are_not_those_of_its_masks(told, honest):
    forged = prove_anyway(told, all_traces(), StatedAnyway)
    assert told.refused(forged) == told.plain_refusal(forged) == "constraints"
    with without("constraints"):
        told.verify(forged)


class TakesWhatIsMissing(ShardProver):
    """A step is taken that no ledger knows of; the masks of sums are chosen to make up for it."""

    missing = None

    def _draw_sum_masks(self):
        if self.missing is not None and self.place.index == 1:
            self.sum_of_masks = field.sub(self.sum_of_masks, self.missing)
        super()._draw_sum_masks()


def with_a_step_too_many():
    shards = all_traces()
    shards[1]["step"][0][10] = 1, 3, 500
    return shards


def test_masks_of_sums_chosen_after_the_challenges_of_shards(told):
    """Heads are absorbed before z and alpha: who changes a main column has other challenges."""
    found = []

    class Looks(ShardProver):
        def round_2_lookup(self):
            _, sums = build_lookups(
                self.proving_key, self.instance, self.traces, self.z, self.alpha
            )
            found.extend(sums.values())
            super().round_2_lookup()

    def forged():
        found.clear()
        TakesWhatIsMissing.missing = None
        assert told.refusal(prove_anyway(told, with_a_step_too_many(), Looks)) == "bus sum"
        missing = field.ZERO
        for value in found:
            missing = field.add(missing, value)
        TakesWhatIsMissing.missing = missing
        try:
            return prove_anyway(told, with_a_step_too_many(), TakesWhatIsMissing)
        finally:
            TakesWhatIsMissing.missing = None

    assert told.refused(forged()) == "bus sum"
    with deaf_to("head"):
        proof = forged()
        told.verify(proof)
    told.refused(proof)


class WrongSalt(ShardProver):
    """A salt that is not that of its leaf."""

    tree = "main"

    def round_6_queries(self):
        write = self.stream.write

        def other(item, data):
            if item == f"salts of {self.tree}" and self.place.index == 0:
                data = bytes([data[0] ^ 1]) + data[1:]
            write(item, data)

        self.stream.write = other
        super().round_6_queries()


@pytest.mark.holds("Merkle root")
@pytest.mark.parametrize("tree", ["main", "lookup", "quotient"])
def test_salts_of_shards_belong_to_the_root(told, tree):
    forged = prove_anyway(told, all_traces(), type("Wrong", (WrongSalt,), {"tree": tree}))
    assert told.refused(forged) == told.plain_refusal(forged) == "merkle"
    with without("Merkle root"):
        told.verify(forged)


@pytest.mark.holds("options")
def test_shards_of_the_other_kind(told, honest):
    """A plain proof for the key of one that hides, and the reverse; also shard by shard."""
    plain = Told(machine())
    other = plain.prove()
    plain.verify(other)
    assert told.refused(other) == told.plain_refusal(other) == "options"
    assert plain.refused(honest) == plain.plain_refusal(honest) == "options"
    for index in range(COUNT):
        shards = [*honest.shards]
        shards[index] = other.shards[index]
        told.refused(cs.ShardedProof(honest.options, honest.claim, shards))
        shards = [*other.shards]
        shards[index] = honest.shards[index]
        plain.refused(cs.ShardedProof(other.options, other.claim, shards))
    told.refused(cs.ShardedProof(honest.options, honest.claim, other.shards))
    plain.refused(cs.ShardedProof(other.options, other.claim, honest.shards))


def test_keys_of_hidden_shards_and_single_proofs(told, honest):
    """Neither kind of key takes a proof of the other kind, though both hide."""
    with pytest.raises(cs.VerificationError, match="key is of proofs that are not in shards") as no:
        told.machine.verifying_key().verify(honest, told.publics, claim=told.claim, min_security=0)
    assert no.value.reason is Reason.STATEMENT
    [shard] = told.prove(sources(1)).parts
    single = cs.Proof(honest.options, shard.log_heights, told.claim, bytes(shard.body))
    with pytest.raises(cs.VerificationError):
        told.machine.verify(single, told.publics, claim=told.claim, min_security=0)


def test_one_shard_is_not_the_first_of_several(told, honest):
    """Which tables have columns of sums depends on how many shards there are."""
    alone = told.prove(sources(1))
    told.verify(alone)
    for shards in ([honest.shards[-1]], [*honest.shards[:-1], alone.shards[0]]):
        told.refused(cs.ShardedProof(honest.options, honest.claim, shards))


@pytest.mark.parametrize("index", range(COUNT))
def test_more_or_fewer_bytes_of_a_hidden_shard(told, honest, index):
    shard = honest.parts[index]
    for body in (shard.body[:-1], shard.body[:-8], bytes(shard.body) + bytes(8), b""):
        shards = [*honest.shards]
        shards[index] = ShardProof(shard.log_heights, bytes(body)).to_bytes()
        assert told.refused(cs.ShardedProof(honest.options, honest.claim, shards)) == "format"


@pytest.mark.holds("security")
def test_both_verifiers_count_the_bits_of_hidden_shards():
    """With the pins of columns of sums, at the heights of codes."""
    for options, rows in (({}, 16), ({"tall": True, "final_length": 16}, 64)):
        told = hidden(queries=60, grinding=3, **options)
        proof = told.prove(sources(2, rows))
        bits = sharded_security(told.machine.proving_key.sharded_key(), proof).bits
        file = told.machine.statement(told.publics, claim=told.claim, shards=True)
        statement = pure.read_statement(file.to_json())
        told.verify(proof, min_security=bits - 1e-6)
        pure.verify(statement, proof.to_bytes(), min_security=bits - 1e-6)
        with pytest.raises(cs.VerificationError, match="proven bits"):
            told.verify(proof, min_security=bits + 1e-6)
        with pytest.raises(pure.Refused, match="proven bits"):
            pure.verify(statement, proof.to_bytes(), min_security=bits + 1e-6)


@pytest.mark.parametrize("zk", [5, 3, 33, True, 0, "6"])
def test_keys_of_shards_that_leave_no_room_for_masks(zk):
    """What is room enough for the masks of a single proof may be too little for those of shards."""
    told = hidden(tall=True)
    file = json.loads(told.machine.statement(told.publics, shards=True).to_json())
    assert file["key"]["options"]["zk"] == 6
    file["key"]["options"]["zk"] = zk
    with pytest.raises(pure.BadKey):
        pure.read_statement(json.dumps(file))
    text = json.dumps(file["key"], sort_keys=True, separators=(",", ":"))
    with pytest.raises(cs.CstarkError, match=r"zk|masks"):
        cs.VerifyingKey.from_json(text)


def test_room_for_three_more_coefficients():
    """z that is enough in the key of single proofs, and not in that of shards."""
    # degree 3: 3 (2 s + 5) + 3 is at most 2^z, and 3 (2 s + 8) + 3 is not
    queries = next(s for s in range(2, 99) if 3 * (2 * s + 5) + 3 <= 256 < 3 * (2 * s + 8) + 3)
    made = hidden(queries=queries, tall=True).machine
    single, sharded = made.verifying_key(), made.proving_key.sharded_key()
    assert (single.options.zk, sharded.options.zk) == (8, 9)
    single_text = json.loads(single.to_json())
    sharded_text = json.loads(sharded.to_json())
    sharded_text["options"]["zk"] = 8
    text = json.dumps(sharded_text, sort_keys=True, separators=(",", ":"))
    with pytest.raises(cs.CstarkError, match="need codes of height 2\\^9"):
        cs.VerifyingKey.from_json(text)
    assert single_text["options"]["zk"] == 8
    told = hidden(queries=queries, tall=True)
    proof = told.prove(sources(2))
    told.verify(proof)
    assert not told.plain_refusal(proof)
