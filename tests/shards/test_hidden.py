"""Proofs in shards that hide their traces: what is random, and where secrets go."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

import cstark as cs
from cstark import field
from cstark.protocol.policy import Policy
from cstark.protocol.shards.challenges import Place
from cstark.protocol.shards.secrets import RunSecret
from cstark.protocol.shards.verifier import ShardedVerifier
from cstark.protocol.statement import Instance
from cstark.shards.hidden import Hidden
from cstark.shards.worker import ShardTask
from tests.oracles import zoo
from tests.oracles.shown import shown_by
from tests.shards.shard_support import COUNT, Told, hidden, machine, sources, traces_of
from tests.shards.test_prove_shards import Backwards

SEED = bytes(range(32))


@pytest.fixture(scope="module")
def told():
    return hidden()


@pytest.fixture(scope="module")
def honest(told):
    return told.prove()


def accepted(told, proof):
    told.verify(proof)
    told.verify(cs.ShardedProof.from_bytes(proof.to_bytes()))
    assert not told.plain_refusal(proof)
    return proof


# ---- what is proved ------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 5])
def test_numbers_of_hidden_shards(told, count):
    proof = accepted(told, told.prove(sources(count)))
    assert len(proof.shards) == count and proof.options.zk


@pytest.mark.parametrize("rows", [32, 64, 128])
def test_tall_and_short_tables(rows):
    """Codes as tall as their tables have masks above their degree; pins have them, too."""
    told = hidden(tall=True, final_length=16)
    proof = accepted(told, told.prove(sources(2, rows)))
    z = proof.options.zk
    assert any(h >= z for h in proof.log_heights[0][0] + proof.log_heights[0][1]) == (rows > 16)


@pytest.mark.parametrize("hash", ["sha256", "keccak256"])
def test_other_options(hash):
    told = hidden(hash=hash, blowup=4, fri_arity=4, final_length=8, grinding=2)
    accepted(told, told.prove())


def test_tokens_and_claims():
    of_ring = cs.Machine({"halves": zoo.Halves(), "threes": zoo.Threes()}, machine(zk=True).options)
    tokens = (cs.Send("three bits", [1, 0], count=5),)
    shards = [{"halves": [zoo.halves(8, k)], "threes": zoo.used_threes(zoo.halves(8, k))}
              for k in range(3)]  # fmt: skip
    shards[1]["threes"][1, 0] += np.uint64(5)
    told = Told(of_ring, {}, tokens, b'{"a":1}')
    accepted(told, told.prove(shards))
    assert told.but(tokens=tokens * 2).refused(told.prove(shards))


def test_bytes_do_not_depend_on_who_makes_them(told, honest):
    accepted(told, honest)
    assert told.prove([traces_of(index) for index in range(COUNT)]) == honest
    assert told.prove(executor=Backwards()) == honest
    assert told.prove(keep=True) == honest
    assert told.prove(max_memory=1 << 26) == honest
    with ThreadPoolExecutor(2) as pool:
        assert told.prove(executor=pool, keep=True) == honest
    with ProcessPoolExecutor(2) as pool:
        assert told.prove(executor=pool) == honest
        told.verify(honest, executor=pool)


class Squares(cs.Air):
    """No messages."""

    columns = ("x", "square")
    stands = "any"

    def constrain(self, t):
        t.every_row.equal(t.now.square, t.now.x**2)


class Pairs(cs.Air):
    """Sends and receives one message a row."""

    columns = ("given", "taken")
    stands = "any"

    def constrain(self, t):
        t.send("pair", [t.now.given])
        t.receive("pair", [t.now.taken], weight=1)


def squares(first):
    x = np.arange(first, first + 8, dtype=np.uint64)
    return np.stack([x, x * x], axis=1)


def pairs(given, taken):
    return np.array([[given, taken]] * 8, dtype=np.uint64)


@pytest.mark.parametrize("speaking", [(), (1,), (0, 2), (1, 2), (0, 1, 2)])
def test_shards_without_messages(speaking, tmp_path):
    """They have no sum whose mask could cancel another one's: then the others' cancel alone."""
    options = cs.Options(queries=4, grinding=0, max_log_height=8, zk=True)
    told = Told(cs.Machine({"squares": Squares(), "pairs": Pairs()}, options), {}, (), b"")
    shards = []
    for index in range(3):
        shards.append({"squares": [squares(index)]})
        if index in speaking:
            place = speaking.index(index)
            shards[-1]["pairs"] = [pairs(place, (place + 1) % len(speaking))]
    seen = []
    proof = accepted(told, told.prove(shards, progress=lambda *now: seen.append(now[1:])))
    assert seen == sorted(seen) and seen[-1] == (6, 6)
    assert told.prove(shards, insecure_seed=SEED) == told.prove(shards, insecure_seed=SEED)
    assert told.prove(shards, insecure_seed=SEED) != proof
    accepted(told, told.prove(shards, folder=tmp_path))
    sums = [len(verifier.sums) for verifier in verified(told, proof).shards]
    assert sums == [int(index in speaking) for index in range(3)]


def test_messages_that_come_and_go():
    """A shard that has messages at every other call."""
    options = cs.Options(queries=4, grinding=0, max_log_height=8, zk=True)
    told = Told(cs.Machine({"squares": Squares(), "pairs": Pairs()}, options), {}, (), b"")
    found = []

    def changing():
        found.append(1)
        more = {} if len(found) % 2 else {"pairs": [pairs(1, 1)]}
        return {"squares": [squares(0)], **more}

    with pytest.raises(cs.TraceError, match="messages at one call and none at another"):
        told.prove([changing, {"squares": [squares(1)], "pairs": [pairs(2, 2)]}])


# ---- nothing twice -------------------------------------------------------------------------


def verified(told, proof):
    """A verifier that has accepted the proof: it knows all that is shown."""
    key = told.machine.proving_key.sharded_key()
    instance = Instance.build(key, told.publics, told.tokens, told.claim)
    verifier = ShardedVerifier(key, proof, instance)
    verifier.admit(Policy.of(key, 0))
    verifier.begin()
    for shard in verifier.shards:
        shard.finish()
    return verifier


def alone(told, proofs):
    """No shard shows anything that another one shows, of whatever proof."""
    found = [shown_by(shard) for proof in proofs for shard in verified(told, proof).shards]
    assert len(set().union(*found)) == sum(map(len, found))


def test_shards_and_runs_have_nothing_in_common(told):
    fresh = told.but(seed=None)
    same = [partial(traces_of, 0, 2), partial(traces_of, 1, 2)]
    alone(fresh, [fresh.prove(same), fresh.prove(same)])


def test_other_challenges_other_masks(told, honest):
    """Even of an equal seed: the masks of a shard are its statement's, and its place's."""
    other = told.but(claim=b'{"a":1}')
    one = set().union(*map(shown_by, verified(told, honest).shards))
    two = set().union(*map(shown_by, verified(other, other.prove()).shards))
    assert not one & two
    longer = told.prove(sources(COUNT + 1))
    assert not one & set().union(*map(shown_by, verified(told, longer).shards))


@pytest.mark.parametrize("silent", [(), (1,), (0, 3), (1, 2, 3)])
def test_masks_of_sums_cancel(silent):
    run, total = RunSecret(None, silent), field.ZERO
    shares = [run.of(Place(index, 4), bytes(32)).total for index in range(4)]
    for index, share in enumerate(shares):
        total = field.add(total, share)
        assert (share == field.ZERO) == (index in silent or len(silent) == 3)
    assert total == field.ZERO
    assert len({run.of(Place(index, 4), bytes(32)).secret for index in range(4)}) == 4
    other = [run.of(Place(index, 4), bytes(31) + b"1").total for index in range(4)]
    assert len(silent) == 3 or set(other) & set(shares) <= {field.ZERO}


# ---- where the secret goes -----------------------------------------------------------------


def test_secrets_are_in_nothing_that_is_shown(honest):
    run = RunSecret(SEED)
    mine = run.of(Place(0, 2), bytes(32))
    with pytest.raises(TypeError, match="not to be copied"):
        pickle.dumps(run)
    assert repr(run) == "<RunSecret>" and repr(mine) == "<ShardSecret>"
    assert pickle.loads(pickle.dumps(mine)) == mine  # it travels to the worker
    task = ShardTask(b"", b"", Place(0, 2), None, "", secret=mine)  # type: ignore[arg-type]
    shown = repr(task) + repr(honest.report) + str(honest.report) + repr(Hidden(SEED, None, SEED))
    for secret in (mine.secret, SEED):
        assert secret.hex() not in shown and repr(secret)[2:-1] not in shown
        assert secret not in honest.to_bytes() + pickle.dumps(honest)


def failing(index):
    if index == 1:
        raise RuntimeError("no traces today")
    return traces_of(index)


def test_secrets_are_in_no_error(told):
    secrets = {RunSecret(SEED).of(Place(index, COUNT), bytes(32)).secret for index in range(COUNT)}
    shards = [partial(failing, index) for index in range(COUNT)]
    with ProcessPoolExecutor(1) as pool, pytest.raises(RuntimeError) as error:
        told.prove(shards, executor=pool)
    text = repr(error.value) + str(error.value.__cause__) + str(error.value.__notes__)
    assert not any(repr(secret) in text or secret.hex() in text for secret in secrets)


@pytest.mark.parametrize("seed", [b"", b"short", "0" * 32, 7, bytes(33)])
def test_seeds_of_shards_that_are_none(told, seed):
    with pytest.raises(cs.OptionsError, match="insecure_seed: must be 32 bytes"):
        told.prove(insecure_seed=seed)


def test_seeds_where_they_are_of_no_use(told, tmp_path):
    with pytest.raises(cs.OptionsError, match=r"insecure_seed: of use only with Options\(zk=True"):
        Told(machine()).prove(insecure_seed=SEED)
    with pytest.raises(cs.OptionsError, match="insecure_seed: not with a folder"):
        told.prove(insecure_seed=SEED, folder=tmp_path)
