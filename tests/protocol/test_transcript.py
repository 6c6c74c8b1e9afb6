"""The transcript binds lengths and labels, moves on, and is the same on both sides."""

from __future__ import annotations

import hashlib

import pytest

import cstark as cs
from cstark.protocol.proof import Proof
from cstark.protocol.statement import Instance
from cstark.protocol.transcript import Transcript
from cstark.pure.hashes import HASHES as HASHERS
from cstark.pure.transcript import Transcript as PlainTranscript
from tests.oracles import zoo
from tests.oracles.forging import prover_for, verify_aloud

HASHES = ["blake3", "keccak256", "sha256"]


def drawn(*absorbed: tuple[str, bytes], hash_name: str = "sha256"):
    transcript = Transcript(hash_name)
    for label, data in absorbed:
        transcript.absorb(label, data)
    return transcript.extension("x")


@pytest.mark.parametrize("hash_name", HASHES)
def test_everything_absorbed_matters(hash_name):
    variants = [
        (("a", b"bc"),),
        (("ab", b"c"),),
        (("a", b"b"), ("a", b"c")),
        (("a", b"bc\0"),),
        (("a", b"bd"),),
        (("a", b""), ("a", b"bc")),
        (("a", b"bc"), ("a", b"")),
        (),
    ]
    values = [drawn(*variant, hash_name=hash_name) for variant in variants]
    assert len(set(values)) == len(values)


def test_draws_differ_and_depend_on_labels():
    transcript = Transcript("sha256")
    values = [transcript.extension("x") for _ in range(50)]
    assert len(set(values)) == 50
    assert Transcript("sha256").extension("x") != Transcript("sha256").extension("y")


def test_construction_is_as_documented():
    def h(data):
        return hashlib.sha256(data).digest()

    def n(k):
        return k.to_bytes(8, "little")

    state = h(b"absorb\0\0" + bytes(32) + n(5) + b"label" + n(4) + b"data")
    transcript = Transcript("sha256")
    transcript.absorb("label", b"data")
    block = h(b"squeeze\0" + state + n(1) + b"x" + n(0))
    words = [int.from_bytes(block[i : i + 8], "little") for i in range(0, 24, 8)]
    assert all(word < cs.P for word in words)
    assert transcript.extension("x") == tuple(words)
    state = h(b"advance\0" + state + n(1) + b"x" + n(1))
    block = h(b"squeeze\0" + state + n(9) + b"positions" + n(0))
    words = [int.from_bytes(block[i : i + 8], "little") & 1023 for i in range(0, 16, 8)]
    assert transcript.positions("positions", 2, 10) == words


@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("count", [1, 3, 4, 5, 8, 9, 31])
def test_draws_of_any_length_are_those_of_the_second_verifier(hash_name, count):
    """Four words of each block, as many blocks as are needed, and all of it is told."""
    ours, told, traced = Transcript(hash_name), [], []
    ours.listener = lambda *event: told.append(event)
    theirs = PlainTranscript(HASHERS[hash_name], traced.append)
    for transcript in (ours, theirs):
        transcript.absorb("data", bytes(range(count)))
    assert ours.positions("positions", count, 63) == theirs.positions("positions", count, 63)
    drawn_there = theirs.extension("x")
    assert ours.extension("x") == (drawn_there.c0, drawn_there.c1, drawn_there.c2)
    for transcript in (ours, theirs):
        transcript.absorb("more", b"")
    assert any(ours.extension_outside_base("y")) and theirs.extension_outside_base("y")
    assert told == traced
    assert [len(data) for kind, _, data in told if kind == "draw"] == [8 * count, 24, 24]


BLOCKS = {
    "none": [(1, 2, 3, 4)],
    "the first": [(cs.P, 1, 2, 3)],
    "the third": [(1, 2, cs.P, 3)],
    "the last": [(1, 2, 3, cs.P)],
    "two": [(cs.P, 1, 2**64 - 1, 2), (3, 4, 5, 6)],
    "all": [(cs.P,) * 4, (cs.P + 1, 1, 2, 3)],
    "the largest is one": [(cs.P - 1, 0, cs.P - 1, cs.P)],
}


@pytest.mark.parametrize("rejected", BLOCKS)
def test_words_that_are_no_elements_are_passed_over(rejected):
    """Once in 2^32 draws: the words that follow take their place, the fourth of a block too."""
    blocks = [b"".join(w.to_bytes(8, "little") for w in block) for block in BLOCKS[rejected]]
    asked = []

    def scripted(data):
        if not data.startswith(b"squeeze\0"):
            return hashlib.sha256(data).digest()
        asked.append(data[-8:])
        return blocks[int.from_bytes(data[-8:], "little")]

    ours, theirs = Transcript("sha256"), PlainTranscript(HASHERS["sha256"])

    def counted(prefix, first, count):
        numbers = range(first, first + count)
        return b"".join(scripted(prefix + n.to_bytes(8, "little")) for n in numbers)

    ours._hash = theirs._hash = scripted
    ours._counted = counted
    expected = [w for block in BLOCKS[rejected] for w in block if w < cs.P][:3]
    there = theirs.extension("x")
    assert list(ours.extension("x")) == expected == [there.c0, there.c1, there.c2]
    assert len(asked) == 2 * len(blocks)
    del ours._hash, ours._counted, theirs._hash
    theirs._hash = HASHERS["sha256"].plain
    assert ours.positions("after", 4, 60) == theirs.positions("after", 4, 60)


def test_positions_are_spread():
    positions = Transcript("blake3").positions("positions", 4000, 6)
    assert set(positions) == set(range(64))
    counts = [positions.count(value) for value in range(64)]
    chi_square = sum((count - 62.5) ** 2 / 62.5 for count in counts)
    assert chi_square < 120  # 63 degrees of freedom: beyond 1 in 10^5


@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("bits", [0, 1, 7, 12])
def test_grinding(hash_name, bits):
    prover, verifier = Transcript(hash_name), Transcript(hash_name)
    nonce = prover.proof_of_work(bits).solve()
    work = verifier.proof_of_work(bits)
    assert work.accepts(nonce)
    assert not any(work.accepts(smaller) for smaller in range(nonce))
    if bits == 0:
        assert nonce == 0 and not work.accepts(1)
    for transcript in (prover, verifier):
        transcript.absorb("nonce", nonce.to_bytes(8, "little"))
    assert work.accepts(nonce), "the work of an earlier state"
    assert prover.extension("after") == verifier.extension("after")


def test_prover_and_verifier_keep_the_same_ledger():
    case = zoo.together(zoo.fibonacci(9), zoo.lookup(3, 5, 4, tokens=True), zoo.cubic(4))
    machine = case.machine(final_length=8, grinding=4)
    proved, checked = [], []
    proof = prover_for(
        machine, case.traces, case.publics, case.tokens, b"claim",
        listener=lambda *entry: proved.append(entry),
    ).prove()  # fmt: skip
    verify_aloud(
        machine.verifying_key(), proof.to_bytes(), case.publics,
        lambda *entry: checked.append(entry), tokens=case.tokens,
    )  # fmt: skip
    for kinds in ({"item"}, {"absorb", "draw"}):
        said, heard = ([e for e in entries if e[0] in kinds] for entries in (proved, checked))
        assert said == heard
    labels = [label for kind, label, _ in proved if kind != "item"]
    assert labels[:7] == [
        "protocol", "key", "options", "log heights", "publics", "tokens", "claim",
    ]  # fmt: skip
    assert labels[-3:] == ["final polynomial", "nonce", "positions"]


def test_every_byte_before_the_queries_is_absorbed():
    """What the proof says before positions are drawn stands in the ledger, byte for byte."""
    case = zoo.together(zoo.fibonacci(9), zoo.lookup(3, 5, 4))
    machine = case.machine(final_length=8, grinding=4)
    ledger = []
    proof = prover_for(
        machine, case.traces, case.publics, case.tokens,
        listener=lambda *entry: ledger.append(entry),
    ).prove()  # fmt: skip
    transcript = [entry for entry in ledger if entry[0] != "item"]
    said = b"".join(data for kind, _, data in transcript[7:] if kind == "absorb")
    assert proof.body.startswith(said)


def test_every_part_of_the_statement_changes_the_challenges():
    case = zoo.together(zoo.fibonacci(4), zoo.lookup(2, 3, 5, tokens=True))
    machine = case.machine()
    key = machine.verifying_key()

    def first_draw(key, publics, tokens, claim, log_heights):
        transcript = Transcript(key.options.hash)
        Instance.build(key, publics, tokens, claim).absorb(transcript, key, log_heights)
        return transcript.extension("z")

    heights = (4, 3, 5)
    other_publics = {"fib0": [1, 1, 5]}
    other_key = case.machine(queries=21).verifying_key()
    values = [
        first_draw(key, case.publics, case.tokens, b"", heights),
        first_draw(key, other_publics, case.tokens, b"", heights),
        first_draw(key, case.publics, case.tokens[:1], b"", heights),
        first_draw(key, case.publics, case.tokens[::-1], b"", heights),
        first_draw(key, case.publics, (), b"", heights),
        first_draw(key, case.publics, case.tokens, b"\0", heights),
        first_draw(key, case.publics, case.tokens, b"", (5, 3, 5)),
        first_draw(other_key, case.publics, case.tokens, b"", heights),
    ]
    assert len(set(values)) == len(values)


def test_proof_header_round_trip():
    case = zoo.fibonacci(4)
    proof = case.prove(case.machine(), claim=b"\x00\xff")
    again = Proof.from_bytes(proof.to_bytes())
    assert again == proof and hash(again) == hash(proof)
    assert (again.options, again.log_heights, again.claim) == (
        proof.options, proof.log_heights, proof.claim,
    )  # fmt: skip
    assert len(again) == len(proof.to_bytes())


def test_zeta_is_drawn_again_while_in_the_base_field():
    """All domains lie in the base field, where zeta would divide by zero."""

    class Scripted(Transcript):
        draws = iter([(5, 0, 0), (0, 0, 0), (cs.P - 1, 0, 0), (5, 0, 1), (1, 1, 0)])

        def extension(self, label):
            return next(self.draws)

    transcript = Scripted("sha256")
    assert transcript.extension_outside_base("zeta") == (5, 0, 1)
    assert transcript.extension_outside_base("zeta") == (1, 1, 0)
