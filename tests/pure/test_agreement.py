"""Two verifiers, one verdict: on honest proofs, on changed ones, on noise."""

from __future__ import annotations

import dataclasses
import random
import tracemalloc

import pytest

import cstark as cs
from cstark.protocol.layout import Layout, security_shape
from cstark.pure import Refused, proof, security, shape
from cstark.pure.constraints import fingerprint
from cstark.pure.field import ZERO, Ext
from cstark.pure.verify import check_bus_sum, standing
from cstark.security import security_report
from tests.pure.pure_support import SMALL, ZOO, pair_of_case, pair_of_workload


def agree(pair, data):
    """Both verdicts, which are one."""
    verdicts = pair.compiled(data), pair.plain(data)
    assert bool(verdicts[0]) == bool(verdicts[1]), verdicts
    return verdicts


def check_honest(pair):
    """Accepted by both, with the same transcript, the same security and the same threshold."""
    first, second = [], []
    assert pair.compiled(pair.proof, first) == ""
    assert pair.plain(pair.proof, second) == ""
    assert len(first) >= 18
    assert first == second
    header = proof.read_header(proof.Reader(pair.proof))
    statement, heights = standing(pair.statement, header, {})
    options = pair.file.key.options
    theirs = security_report(
        security_shape(Layout(pair.file.key, header.heights), len(pair.file.tokens)),
        queries=options.queries,
        grinding=options.grinding,
    ).bits
    ours = security.proven_bits(statement, shape.shape_of(statement, heights))
    assert ours == pytest.approx(theirs, abs=1e-9)
    if ours < 127:
        assert pair.compiled(pair.proof, bits=int(ours) + 1) == "security"
        assert pair.plain(pair.proof, bits=int(ours) + 1) == "security"


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("blowup", [2, 4, 8])
def test_honest(name, blowup):
    hash_name = {2: "blake3", 4: "sha256", 8: "keccak256"}[blowup]
    check_honest(pair_of_case(ZOO[name](), blowup=blowup, hash=hash_name, grinding=3))


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("blowup", [2, 4])
def test_honest_and_hidden(name, blowup):
    hash_name = {2: "blake3", 4: "sha256"}[blowup]
    pair = pair_of_case(ZOO[name](), blowup=blowup, hash=hash_name, grinding=3, zk=True)
    assert pair.file.key.options.zk
    check_honest(pair)


@pytest.mark.parametrize("arity", [2, 4, 8])
@pytest.mark.parametrize("final_length", [1, 8, 1024])
def test_fold_schedules(arity, final_length):
    options = {"fri_arity": arity, "final_length": final_length, "hash": "sha256"}
    pair = pair_of_case(ZOO["many tables"](), **options)
    check_honest(pair)
    pair = pair_of_case(ZOO["taller"](), **options)
    check_honest(pair)
    if final_length == 1024:
        heights = shape.shape_of(pair.statement, (512,))
        assert heights.folds == ()


@pytest.mark.parametrize("final_length", [1, 8])
def test_more_queries_than_positions(final_length):
    check_honest(
        pair_of_case(ZOO["one table"](), queries=100, hash="sha256", final_length=final_length)
    )


@pytest.mark.parametrize("count", [cs.P - 1, cs.P - 2, cs.P - 7])
def test_counts_that_could_wrap(count):
    """A count of p - 1 is that many copies, for both: it does not stand for -1."""
    pair = pair_of_case(ZOO["tokens"](), hash="sha256")
    first = pair.statement.tokens[0]
    for tokens in ((first, dataclasses.replace(first, count=count), first), (first, first)):
        other = pair_of_statement(pair, {"tokens": tokens})
        kinds = {1: cs.Send, -1: cs.Receive}
        other.file = dataclasses.replace(
            pair.file, tokens=tuple(kinds[t.sign](t.bus, t.values, t.count) for t in tokens)
        )
        said = other.compiled(pair.proof), other.plain(pair.proof)
        assert (said == ("multiplicity", "multiplicity")) == (len(tokens) == 3), said


def test_a_token_whose_fingerprint_is_zero():
    """It has no inverse: no fault of the verifier, but a refusal, as the other one has it."""
    statement = pair_of_case(ZOO["tokens"](), hash="sha256").statement
    token, alpha = statement.tokens[-1], Ext(3, 1, 4)
    values = [Ext(value) for value in token.values]
    z = ZERO - fingerprint(statement.buses[token.bus][0], values, ZERO, alpha)
    with pytest.raises(Refused, match="fingerprint is zero") as refusal:
        check_bus_sum(statement, [], z, alpha)
    assert refusal.value.reason == "bus sum"


def test_another_coset():
    check_honest(pair_of_case(ZOO["ring"](), hash="sha256", coset_offset=7**5))


@pytest.mark.parametrize("name", sorted(SMALL))
def test_built_in_machines(name):
    check_honest(pair_of_workload(name, hash="sha256"))


def test_full_security():
    pair = pair_of_workload("fib_iterative", queries=None, security=128, grinding=8, hash="sha256")
    assert pair.compiled(pair.proof, bits=127) == pair.plain(pair.proof, bits=127) == ""


# --- changed proofs -----------------------------------------------------------------------------


def mutations(data, count, rng):
    """Changed files: every kind of change, spread evenly over the file."""
    length = len(data)
    for number in range(count):
        at = min(length - 1, int((number + rng.random()) * length / count))
        changed = bytearray(data)
        kind = rng.randrange(7)
        if kind == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            changed[at] = (changed[at] + 1) % 256
        elif kind == 2:
            del changed[at : at + rng.choice([1, 8, 24, 32])]
        elif kind == 3:
            changed[at:at] = changed[at : at + rng.choice([1, 8, 24, 32])]
        elif kind == 4:
            changed[at : at + 8] = (2**64 - 2**32 + 1 + rng.randrange(2)).to_bytes(8, "little")
        elif kind == 5:
            size = rng.choice([8, 24, 32])
            a, b = changed[at : at + size], changed[at + size : at + 2 * size]
            changed[at : at + 2 * size] = b + a
        else:
            changed = changed[:at] if rng.random() < 0.5 else changed + changed[at : at + 8]
        yield bytes(changed)


def check_mutations(pair, count):
    rng = random.Random(pair.proof[-8:])
    reasons = set()
    for data in mutations(pair.proof, count, rng):
        compiled, plain = agree(pair, data)
        assert bool(compiled) == (data != pair.proof)
        # The compiled verifier reads to the end before it checks the constraints, the other one
        # goes round by round: where both are wrong they may name different ones.
        if "format" not in (compiled, plain) and "constraints" not in (compiled, plain):
            assert compiled == plain
        reasons.update((compiled, plain))
    return reasons


@pytest.mark.parametrize("name", sorted(SMALL))
def test_mutated_built_ins(name, request):
    nightly = request.config.getoption("--nightly")
    count = (10 if name == "keccak" else 40) * (20 if nightly else 1)  # its proofs are large
    reasons = check_mutations(pair_of_workload(name, hash="sha256", queries=3), count)
    assert "format" in reasons
    assert "merkle" in reasons or not nightly


@pytest.mark.parametrize("name", ["tokens", "many tables", "preprocessed and periodic"])
def test_mutated_zoo(name, request):
    count = 2000 if request.config.getoption("--nightly") else 80
    pair = pair_of_case(ZOO[name](), hash="sha256", queries=4, final_length=8, grinding=4)
    assert {"merkle", "format", "grinding"} <= check_mutations(pair, count)


def test_every_header_byte():
    pair = pair_of_case(ZOO["tokens"](), hash="sha256", queries=3)
    for at in range(60):
        for value in (0xFF, pair.proof[at] ^ 1):
            changed = bytearray(pair.proof)
            changed[at] = value
            _, plain = agree(pair, bytes(changed))
            assert bool(plain) == (changed != pair.proof)


def test_nothing_is_allocated_on_a_claim():
    """A header that claims much is refused within memory that does not depend on the claim."""
    pair = pair_of_case(ZOO["tokens"](), hash="sha256", queries=3)
    for at in range(60):
        changed = pair.proof[:at] + b"\xff" * 4 + pair.proof[at + 4 :]
        tracemalloc.start()
        assert pair.plain(changed)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1_000_000, at


def test_noise():
    pair = pair_of_case(ZOO["one table"](), hash="sha256", queries=3)
    rng = random.Random(1)
    for number in range(200):
        noise = rng.randbytes(rng.randrange(3000))
        head = pair.proof[: rng.randrange(100)] if number % 2 else b""
        assert all(agree(pair, head + noise))


def test_other_statement():
    """Each verifier refuses an honest proof of another statement."""
    pair = pair_of_case(ZOO["tokens"](), hash="sha256", queries=3)
    statement = pair.statement
    for changes in (
        {"tokens": statement.tokens[:-1]},
        {"tokens": statement.tokens[::-1]},
        {"claim": b'{"a":1}'},
        {"digest": bytes(32)},
        {"preprocessed_root": bytes(32)},
    ):
        other = pair_of_statement(pair, changes)
        assert other.plain(pair.proof) != "", changes
    publics = pair_of_case(ZOO["one table"](), hash="sha256", queries=3)
    ((a, b, c),) = publics.statement.publics
    other = pair_of_statement(publics, {"publics": ((a, b, c ^ 1),)})
    assert other.plain(publics.proof) == "constraints"


def pair_of_statement(pair, changes):
    """The same proof with a changed statement on the pure side."""
    other = type(pair)(pair.file, pair.proof)
    other.statement = dataclasses.replace(pair.statement, **changes)
    return other
