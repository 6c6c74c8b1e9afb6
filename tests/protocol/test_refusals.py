"""Changed bytes: always `VerificationError`, never anything else."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import cstark as cs
from tests.oracles import zoo


@pytest.fixture(scope="module")
def proved():
    case = zoo.together(zoo.fibonacci(7), zoo.lookup(3, 5, 4, tokens=True), zoo.cubic(4))
    machine = case.machine(queries=5, grinding=2, final_length=8)
    return case, machine, case.prove(machine, claim=b"claim").to_bytes()


def refuse(case, machine, data):
    with pytest.raises(cs.VerificationError) as refused:
        case.verify(machine, data, claim=b"claim")
    return refused.value


def test_every_byte_counts(proved, request):
    case, machine, data = proved
    rng = np.random.default_rng(7)
    step = 1 if request.config.getoption("--nightly") else 5
    head = len(data) - len(cs.Proof.from_bytes(data).body)
    for position in [*range(head), *range(head, len(data), step)]:
        changed = bytearray(data)
        changed[position] ^= 1 << int(rng.integers(8))
        refuse(case, machine, bytes(changed))


def test_every_truncation_is_refused(proved):
    case, machine, data = proved
    for length in [*range(80), *range(80, len(data), 41)]:
        assert isinstance(refuse(case, machine, data[:length]), cs.ProofFormatError)


def test_extensions_are_refused(proved):
    case, machine, data = proved
    for extra in (b"\0", b"\0" * 32, data):
        assert isinstance(refuse(case, machine, data + extra), cs.ProofFormatError)


def test_words_not_below_p_are_refused(proved):
    case, machine, data = proved
    proof = cs.Proof.from_bytes(data)
    start = len(data) - len(proof.body) + 3 * 32  # after three digests at the most
    found = 0
    for position in range(start, len(data) - 8, 24):
        changed = bytearray(data)
        changed[position : position + 8] = cs.P.to_bytes(8, "little")
        found += isinstance(refuse(case, machine, bytes(changed)), cs.ProofFormatError)
    assert found > 10


def test_the_header_never_allocates_what_it_claims(proved):
    case, machine, data = proved
    for position in range(0, 60):
        changed = bytearray(data)
        changed[position] = 0xFF
        tracemalloc.start()
        refuse(case, machine, bytes(changed))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000, position


def test_not_a_proof(proved):
    case, machine, _ = proved
    for data in (b"", b"x", b"\0" * 1000, b"cstark\r\n", np.random.default_rng(0).bytes(5000)):
        assert isinstance(refuse(case, machine, data), cs.ProofFormatError)
    for data in (None, 5, "text", [1, 2]):
        with pytest.raises(cs.ProofFormatError):
            case.verify(machine, data)


def test_heights_are_the_statements(proved):
    case, machine, data = proved
    proof = cs.Proof.from_bytes(data)
    count = len(proof.log_heights)
    for table in range(count):
        for change in (-1, 1):
            heights = list(proof.log_heights)
            heights[table] += change
            with pytest.raises(cs.VerificationError):  # some heights no proof can even state
                case.verify(machine, cs.Proof(proof.options, heights, proof.claim, proof.body))
    for heights in (proof.log_heights[:-1], (*proof.log_heights, 4)):
        other = cs.Proof(proof.options, heights, proof.claim, proof.body)
        assert refuse(case, machine, other).reason is cs.Reason.HEIGHTS
