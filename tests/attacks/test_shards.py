"""Proofs in shards: what must hold between the shards of one statement, and is refused without it.

Each forgery is refused by both verifiers; where one check or one absorbed item is all that holds
it, it is accepted without that.
"""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark import Reason
from cstark.limits import MAX_CLAIM_BYTES
from cstark.protocol.layout import Layout
from cstark.protocol.shards.challenges import Shared, draw_shared
from cstark.protocol.shards.proof import ShardProof
from cstark.protocol.shards.prover import ShardProver
from cstark.protocol.statement import Instance
from tests.attacks.test_several_traces import Bulk, Coin, Fixed, Single, Timed, coin
from tests.attacks.toolkit import changed, deaf_to, without
from tests.shards.shard_support import (
    COUNT,
    Told,
    hidden,
    machine,
    prove_anyway,
    sources,
    traces_of,
)

P = cs.P


@pytest.fixture(scope="module", params=["plain", "hidden"])
def told(request):
    return hidden() if request.param == "hidden" else Told(machine())


@pytest.fixture(scope="module")
def honest(told):
    proof = told.prove()
    told.verify(proof)
    assert not told.plain_refusal(proof)
    return proof


def of_shards(proof, shards):
    """The same file with other shards."""
    return cs.ShardedProof(proof.options, proof.claim, shards)


def rearranged(index):
    """The traces of a shard with its rows in another order: the same messages."""
    found = traces_of(index)
    found["step"] = [np.roll(found["step"][0], 3, axis=0)]
    return found


def test_a_shard_of_another_run(told, honest):
    """It says the same, but it has not met these other shards."""
    other = told.prove([lambda: rearranged(0), *sources()[1:]])
    assert not told.refusal(other) and not told.plain_refusal(other)
    for index in range(COUNT):
        mixed = [*honest.shards]
        mixed[index] = other.shards[index]
        told.refused(of_shards(honest, mixed))
    with deaf_to("head"):  # then the challenges of both runs are the same
        first = told.prove()
        other = told.prove([lambda: rearranged(0), *sources()[1:]])
        mixed = of_shards(first, [other.shards[0], *first.shards[1:]])
        told.verify(mixed)
    told.refused(mixed)


@pytest.mark.parametrize(
    "order", [(0, 0, 2), (0, 1, 1, 2), (0, 2), (1, 2), (2,), (1, 0, 2), (0, 2, 1), (0, 1)]
)
def test_a_shard_twice_missing_or_out_of_order(told, honest, order):
    told.refused(of_shards(honest, [honest.shards[index] for index in order]))


def test_shards_exchanged_where_nobody_counts_them(told):
    """Neither its number nor the order of the heads is in what a shard has seen."""
    with deaf_to("shard", "shards", "head"):
        made = told.prove()
        exchanged = of_shards(made, [made.shards[1], made.shards[0], made.shards[2]])
        told.verify(exchanged)
    told.refused(exchanged)


def test_a_shard_left_out_where_nobody_counts_them(told):
    """One that sends and receives nothing is missed by no bus."""
    idle = traces_of(1)
    idle["step"] = [np.zeros((8, 3), dtype=np.uint64)]
    shards = [traces_of(0, 2), idle, traces_of(1, 2)]
    made = prove_anyway(told, shards)
    told.verify(made)
    told.refused(of_shards(made, [made.shards[0], made.shards[2]]))
    if told.machine.resolved.zk:  # masks of sums that cancel over three do not over two
        return
    with deaf_to("shard", "shards", "head"):
        made = prove_anyway(told, shards)
        shorter = of_shards(made, [made.shards[0], made.shards[2]])
        told.verify(shorter)
    told.refused(shorter)


def test_a_head_changed(told, honest):
    """Any bit of heights, root and pins of any shard."""
    for index, data in enumerate(honest.shards):
        shard = honest.parts[index]
        body = len(shard.header())
        pins = 24 * len({h for item in shard.log_heights for h in np.atleast_1d(item).tolist()})
        for place in [2, 3, body - 1, body, body + 31, body + 32, body + 31 + pins]:
            wrong = bytearray(data)
            wrong[place] ^= 1
            shards = [*honest.shards]
            shards[index] = bytes(wrong)
            try:
                forged = of_shards(honest, shards)
            except cs.ProofFormatError:
                continue
            told.refused(forged)


class WrongPin(ShardProver):
    """States another combination of its columns than they have."""

    def round_1_main(self):
        write = self.stream.write

        def other(item, data):
            if item == "pins":
                values = np.frombuffer(data, dtype="<u8").copy()
                values[0] = (int(values[0]) + 1) % P
                data = values.tobytes()
                height = next(iter(self.pins.values))
                a, b, c = self.pins.values[height]
                self.pins.values[height] = ((a + 1) % P, b, c)
            write(item, data)

        self.stream.write = other
        super().round_1_main()


def test_a_wrong_pin(told):
    """DEEP holds the columns to it: without that, anything may be stated."""
    shards = [traces_of(index) for index in range(COUNT)]
    forged = prove_anyway(told, shards, WrongPin)
    assert told.refused(forged) in ("fri", "final polynomial")

    def openings_alone(self, log_height):
        return list(self.groups[log_height])

    again = hidden() if told.machine.resolved.zk else Told(machine())  # layouts are kept
    with changed(Layout, "combined", openings_alone):
        again.verify(prove_anyway(again, shards, WrongPin))


def coins(count, **options):
    """A machine with one coin, and the statement that so many have been received."""
    settings = {"queries": 6, "grinding": 0, "max_log_height": 8, **options}
    of_coin = cs.Machine({"coin": Coin(), "idle": Single()}, cs.Options(**settings))
    return Told(of_coin, {}, (cs.Receive("coin", [7], count=count),), b"")


def idle():
    return np.zeros((8, 2), dtype=np.uint64)


@pytest.mark.holds("presence")
def test_a_table_that_stands_once_in_two_shards():
    true, false = coins(1), coins(2)
    both = {"coin": coin(), "idle": idle()}
    true.verify(true.prove([both]))
    forged = prove_anyway(false, [both, both])
    assert false.refused(forged) == "heights"
    with without("presence"):
        false.verify(forged)


@pytest.mark.holds("presence")
@pytest.mark.parametrize("first", ["coin", "idle"])
def test_tables_that_stand_once_stand_in_the_last_shard(first):
    """Each of them, wherever the prover would rather have them."""
    true = coins(1)
    both = {"coin": coin(), "idle": idle()}
    forged = prove_anyway(true, [{first: both.pop(first)}, both])
    assert true.refused(forged) == "heights"
    with without("presence"):
        true.verify(forged)


@pytest.mark.holds("presence")
@pytest.mark.parametrize("index", [0, 1])  # the last shard's preprocessed tree holds more
def test_a_table_of_every_shard_is_missing_in_one(told, index):
    shards = [traces_of(number) for number in range(COUNT)]
    shards[index] = {**shards[index], "halves": []}
    del shards[index]["threes"]
    forged = prove_anyway(told, shards)
    assert told.refused(forged) == "heights"
    with without("presence"):
        told.verify(forged)


class AnySingle(Single):
    stands = "any"
    rows = None


@pytest.mark.holds("multiplicity")
def test_weights_wrap_over_all_shards():
    """Each of two shards sends (p - 1)/2 copies, one of them one more: p look like none."""
    options = cs.Options(queries=6, grinding=0, max_log_height=3)
    told = Told(cs.Machine({"bulk": Bulk(), "single": AnySingle()}, options), {}, (), b"")
    nothing, all_of_it = np.zeros((8, 1), dtype=np.uint64), np.ones((8, 1), dtype=np.uint64)
    few = idle()
    few[0] = 1
    one = few.copy()
    one[0, 1] = 0
    told.verify(told.prove([{"bulk": [nothing], "single": [few]}, {"single": [few]}]))
    forged = prove_anyway(told, [{"bulk": [all_of_it], "single": [one]}, {"bulk": [all_of_it]}])
    assert told.refused(forged) == "multiplicity"
    with without("multiplicity"):
        told.verify(forged)
    with pytest.raises(cs.StatementError, match="of all shards, could reach p"):
        told.prove([{"bulk": [nothing], "single": [few]}, {"bulk": [nothing]}])


def test_heights_of_a_shard_that_are_not_its_own(told, honest):
    for index, shard in enumerate(honest.parts):
        step, halves, ledger, threes = shard.log_heights
        for heights in (
            ((5,), halves, ledger, threes), (step, (5, 4), ledger, threes),
            (step, (5, 3, 3), ledger, threes), ((), halves, ledger, threes),
            (step, halves, ledger, 5), (step, halves, ledger),
            ((4, 4), halves, ledger, threes), honest.parts[index - 1].log_heights,
        ):  # fmt: skip
            if heights == shard.log_heights:
                continue
            shards = [*honest.shards]
            shards[index] = ShardProof(heights, shard.body).to_bytes()
            told.refused(of_shards(honest, shards))


@pytest.mark.parametrize("table", [Timed(), Fixed()])
@pytest.mark.parametrize("heights", [(4, 3), (3, 4), (4, 8)])
def test_heights_that_no_traces_of_a_shard_have(table, heights):
    """They are checked trace by trace, not by the tallest; and in their order."""
    options = cs.Options(queries=6, grinding=0, max_log_height=8)
    told = Told(cs.Machine({"t": table}, options), {})
    proof = told.prove([{"t": [np.zeros((16, 1), dtype=np.uint64)] * 2}] * 2)
    told.verify(proof)
    for index in (0, 1):
        shards = [*proof.shards]
        shards[index] = ShardProof((heights,), proof.parts[index].body).to_bytes()
        assert told.refused(of_shards(proof, shards)) == "heights"


@pytest.mark.holds("bus sum")
def test_buses_that_do_not_balance_over_all_shards(told):
    """A step is taken that no ledger knows of."""
    shards = [traces_of(index) for index in range(COUNT)]
    shards[1]["step"][0][10] = 1, 3, 500
    forged = prove_anyway(told, shards)
    assert told.refused(forged) == "bus sum"
    with without("bus sum"):
        told.verify(forged)
    with pytest.raises(cs.TraceError, match=r"bus 'cell': \(3, 500\) is received once more"):
        told.prove(shards)


def test_a_state_between_shards_changed(told):
    """The second shard begins with another value than the first one left."""
    shards = [traces_of(index) for index in range(COUNT)]
    shards[1]["step"][0][:10, 2] += np.uint64(1)
    assert told.refused(prove_anyway(told, shards)) == "bus sum"


def test_the_second_half_for_other_heads(told):
    """A shard that has met other shards, or says it has met none."""
    shards = [traces_of(index) for index in range(COUNT)]
    key = told.machine.proving_key
    instance = Instance.build(key.description, told.publics, told.tokens, told.claim)
    for shared in (
        draw_shared(key.sharded_key(), instance, [bytes(32)] * COUNT),
        draw_shared(key.sharded_key(), instance, [bytes(32)]),
        Shared((1, 2, 3), (4, 5, 6), bytes(32)),
    ):
        told.refused(prove_anyway(told, shards, shared=shared))


@pytest.mark.parametrize("index", [0, 2])
def test_a_key_looks_at_every_shard(told, honest, index):
    """Whoever has the key and no machine, in a file or not, verifies all of them as well."""
    file = told.machine.statement(told.publics, claim=told.claim, shards=True)
    key = told.machine.proving_key.sharded_key()
    ways = (
        lambda proof: key.verify(proof, told.publics, claim=told.claim, min_security=0),
        lambda proof: cs.StatementFile.from_json(file.to_json()).verify(proof, min_security=0),
    )
    shards = [traces_of(number) for number in range(COUNT)]
    wrong = [trace.copy() for trace in shards[index]["halves"]]
    wrong[0][1, 0] ^= np.uint64(1)
    shards[index]["halves"] = wrong
    forged = prove_anyway(told, shards)
    for verify in ways:
        verify(honest)
        with pytest.raises(cs.VerificationError) as no:
            verify(forged)
        assert no.value.reason is Reason.CONSTRAINTS


def test_one_shard_is_forged(told):
    """A constraint of the last trace of any shard."""
    for index in (0, 2):
        shards = [traces_of(number) for number in range(COUNT)]
        wrong = [trace.copy() for trace in shards[index]["halves"]]
        wrong[-1][2, 0] ^= np.uint64(1)
        shards[index]["halves"] = wrong
        assert told.refused(prove_anyway(told, shards)) == "constraints"
        with pytest.raises(cs.TraceError, match="halves") as error:
            told.prove(shards)
        assert error.value.__notes__ == [f"in shard {index + 1} of {COUNT}"]


@pytest.mark.parametrize("change", ["publics", "tokens", "claim", "options", "machine"])
def test_another_statement(told, honest, change):
    if change == "publics":
        false = told.but(publics={"ledger": [8]})
    elif change == "tokens":
        both = cs.Send("cell", [1, 1]), cs.Receive("cell", [1, 1])
        false = told.but(tokens=both)
    elif change == "claim":
        false = told.but(claim=b'{"a":1}')
    elif change == "options":
        false = told.but(machine=machine(queries=7, zk=told.machine.options.zk))
    else:
        tables = {**told.machine.tables}
        tables["step"] = type("Other", (type(tables["step"]),), {"rows": 16})()
        false = told.but(machine=cs.Machine(tables, told.machine.options))
    false.refused(honest)


@pytest.mark.holds("kind of key")
def test_keys_of_the_other_kind(told, honest):
    """A shard proves nothing by itself, and a key for one kind verifies nothing of the other."""
    key = told.machine.verifying_key()
    settings = {"claim": told.claim, "min_security": 0}
    with pytest.raises(cs.VerificationError, match="key is of proofs that are not in shards") as no:
        key.verify(honest, told.publics, **settings)
    assert no.value.reason is Reason.STATEMENT
    single = cs.Machine({"halves": Bulk(), "single": AnySingle()}, told.machine.options)
    proof = single.prove({"single": [idle()]})
    with pytest.raises(cs.VerificationError, match="key is of proofs in shards") as no:
        single.proving_key.sharded_key().verify(proof, min_security=0)
    assert no.value.reason is Reason.STATEMENT


@pytest.mark.holds("magic")
def test_files_of_the_other_kind(told, honest):
    with pytest.raises(cs.ProofFormatError, match=r"in shards; cs\.ShardedProof reads it"):
        cs.Proof.from_bytes(honest.to_bytes())
    single = cs.Machine({"single": AnySingle()}, told.machine.options).prove({"single": [idle()]})
    with pytest.raises(cs.ProofFormatError, match=r"not in shards; cs\.Proof reads it"):
        cs.ShardedProof.from_bytes(single.to_bytes())
    for shard in honest.shards:
        assert told.refusal(shard) == "format"
        with pytest.raises(cs.ProofFormatError):
            cs.Proof.from_bytes(shard)


@pytest.mark.holds("number of shards")
def test_impossible_number_of_shards(told, honest):
    data = honest.to_bytes()
    start = 8 + 2 + 18
    assert int.from_bytes(data[start : start + 4], "little") == COUNT
    for count in (0, 1, COUNT - 1, COUNT + 1, 4097, 0xFFFFFFFF):
        forged = data[:start] + count.to_bytes(4, "little") + data[start + 4 :]
        assert told.refused(forged) == "format"
        if not 1 <= count <= 4096:  # said before anything of it is read
            with pytest.raises(cs.ProofFormatError, match=f"1 to 4096 shards, not {count}"):
                cs.ShardedProof.from_bytes(forged)
    with pytest.raises(cs.ProofFormatError, match="1 to 4096 shards, not 0"):
        of_shards(honest, [])
    with pytest.raises(cs.ProofFormatError, match="1 to 4096 shards, not 4097"):
        of_shards(honest, [honest.shards[0]] * 4097)


WRONG_FIELDS = {
    "no options": {"options": None},
    "options as data": {"options": {}},
    "claim": {"claim": "{}"},
    "no claim": {"claim": None},
    "shards": {"shards": b"shards"},
    "no shards": {"shards": None},
    "first shard": {"shards": ["", b""]},
    "last shard": {"shards": [b"", b"", 3]},
}


@pytest.mark.holds("fields")
@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_fields_that_no_file_of_shards_could_hold(honest, name):
    """A proof that is an object: what is wrong with it is said when it is made."""
    fields = {"options": honest.options, "claim": honest.claim, "shards": honest.shards}
    assert cs.ShardedProof(**fields) == honest
    with pytest.raises(cs.ProofFormatError, match="no proof has such"):
        cs.ShardedProof(**{**fields, **WRONG_FIELDS[name]})


@pytest.mark.holds("claim length")
def test_a_claim_of_shards_that_is_too_long(told, honest):
    """Refused before it is read, and where it is an object's."""
    data, start = honest.to_bytes(), 8 + 2 + 18 + 4
    length = (MAX_CLAIM_BYTES + 1).to_bytes(4, "little")
    with pytest.raises(cs.ProofFormatError, match="longer than allowed"):
        told.verify(data[:start] + length)  # there is nothing of it
    with pytest.raises(cs.ProofFormatError, match="longer than allowed"):
        cs.ShardedProof(honest.options, bytes(MAX_CLAIM_BYTES + 1), honest.shards)


@pytest.mark.holds("end")
def test_bytes_after_the_end_of_shards(told, honest):
    assert told.refused(honest.to_bytes() + b"\0") == "format"
    for index in range(COUNT):
        shards = [*honest.shards]
        shards[index] += b"\0"
        assert told.refused(of_shards(honest, shards)) == "format"
        with without("end"):
            told.verify(of_shards(honest, shards))


def test_a_shard_out_of_proportion_is_not_kept(told, honest):
    """Its length is judged by its heights before anything of it is read."""
    for index in range(COUNT):
        shards = [*honest.shards]
        shards[index] += bytes(1 << 22)
        with pytest.raises(cs.ProofFormatError, match="the most that a proof of this statement"):
            told.verify(of_shards(honest, shards))


def test_every_truncation_of_shards(told, honest):
    data = honest.to_bytes()
    for length in [*range(0, 200), *range(200, len(data), 997), len(data) - 1]:
        assert told.refused(data[:length])
