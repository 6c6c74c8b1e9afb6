"""What the second verifier refuses of shards before it reads a proof, one rule at a time."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark import pure
from cstark.pure import shards as pure_shards
from tests.attacks.toolkit import changed, without
from tests.shards.shard_support import COUNT, Told, machine, prove_anyway, traces_of


@pytest.fixture(scope="module")
def told():
    return Told(machine())


@pytest.fixture(scope="module")
def honest(told):
    return told.prove()


def statement_of(told, shards=True):
    file = told.machine.statement(
        told.publics, tokens=told.tokens, claim=told.claim, shards=shards
    )
    return pure.read_statement(file.to_json())


def test_heights_are_not_expected_of_shards(told, honest):
    statement = statement_of(told)
    pure.verify(statement, honest.to_bytes(), min_security=0)
    with pytest.raises(pure.Refused, match="heights are expected") as no:
        pure.verify(statement, honest.to_bytes(), min_security=0, heights={"ledger": 8})
    assert no.value.reason == "heights"


def test_statements_of_the_other_kind(told, honest):
    with pytest.raises(pure.Refused) as no:
        pure.verify(statement_of(told, shards=False), honest.to_bytes(), min_security=0)
    assert no.value.reason == "statement" and "in shards" in str(no.value)
    with pytest.raises(pure.Refused, match="the key is of other proofs"):
        pure_shards.verify_shards(
            statement_of(told, shards=False), honest.to_bytes(), 0, {}, "best", None
        )
    whole = traces_of(0, 1)
    single = told.machine.prove(whole, told.publics, claim=told.claim)
    with pytest.raises(pure.Refused) as no:
        pure.verify(statement_of(told), single.to_bytes(), min_security=0)
    assert no.value.reason == "statement"


def test_no_shard_at_all(told, honest):
    """Nothing that could be wrong: no table, no message, no constraint."""
    start = 8 + 2 + 18
    length = len(told.claim).to_bytes(4, "little")
    none = honest.to_bytes()[:start] + bytes(4) + length + told.claim
    with pytest.raises(pure.Refused, match="0 shards") as no:
        pure.verify(statement_of(told), none, min_security=0)
    assert no.value.reason == "format"
    assert told.refusal(none) == "format"


def test_too_many_shards(told, honest):
    start = 8 + 2 + 18
    data = honest.to_bytes()
    head = data[:start] + (4097).to_bytes(4, "little") + len(told.claim).to_bytes(4, "little")
    one = len(honest.shards[0]).to_bytes(8, "little") + honest.shards[0]
    with pytest.raises(pure.Refused, match="4097 shards"):
        pure.verify(statement_of(told), head + told.claim + one * 4097, min_security=0)


def test_each_shard_is_worth_as_many_bits(told, honest):
    """By the messages of all shards and the tokens."""
    tokens = (cs.Send("cell", [1, 1]), cs.Receive("cell", [1, 1]))
    told = told.but(tokens=tokens)
    statement, data = statement_of(told), told.prove().to_bytes()
    asked, weakest = [], []

    def bits(about, shape, regime, elsewhere):
        asked.append((shape.messages, elsewhere))
        return 50.0 if [len(asked)] == weakest else 100.0

    for weak in range(1, COUNT + 1):
        weakest[:] = [weak]
        asked.clear()
        with changed(pure_shards, "proven_bits", bits):
            pure.verify(statement, data, min_security=50)
            assert len(asked) == COUNT and {sum(pair) for pair in asked} == {
                sum(messages for messages, _ in asked) + len(tokens)
            }
            asked.clear()
            with pytest.raises(pure.Refused, match=r"50\.0 proven bits"):
                pure.verify(statement, data, min_security=51)
    for nonsense in (-1, float("nan")):
        with pytest.raises(pure.Refused):
            pure.verify(statement, data, min_security=nonsense)


@pytest.mark.holds("multiplicity")
@pytest.mark.parametrize("counts", [(1 << 63, 1 << 63), (cs.P - 1, cs.P - 1)])
def test_tokens_wrap_together(told, counts):
    """None of them alone is too many."""
    send, receive = cs.Send("cell", [1, 1], counts[0]), cs.Receive("cell", [1, 1], counts[1])
    for tokens in ((send, receive), (receive, send)):
        false = told.but(tokens=tokens)
        forged = prove_anyway(false, [traces_of(index) for index in range(COUNT)])
        assert false.refusal(forged) == false.plain_refusal(forged) == "multiplicity"
        with without("multiplicity"):
            false.verify(forged)


class Given(cs.Air):
    """Sends and receives as often as it is told to."""

    columns = ("x",)
    publics = ("often",)

    def constrain(self, t):
        t.send("b", [t.now.x], count=t.publics.often, weight=3)
        t.receive("b", [t.now.x], count=t.publics.often, weight=3)


@pytest.mark.holds("multiplicity")
def test_a_public_value_above_a_weight():
    of_given = cs.Machine({"first": Given(), "given": Given()}, machine().options)
    zeros = np.zeros((8, 1), dtype=np.uint64)
    true = Told(of_given, {"first": [3], "given": [3]}, (), b"")
    true.verify(true.prove([{"first": zeros, "given": zeros}]))
    for often in ([4, 3], [3, 4]):
        false = true.but(publics={"first": often[:1], "given": often[1:]})
        forged = prove_anyway(false, [{"first": zeros, "given": zeros}])
        assert false.refusal(forged) == false.plain_refusal(forged) == "multiplicity"
        with without("multiplicity"):
            false.verify(forged)
