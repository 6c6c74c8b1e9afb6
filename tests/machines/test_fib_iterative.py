"""The workload: arguments, claim, statement."""

from __future__ import annotations

import copy
import pickle

import pytest

from cstark.air.describe import describe
from cstark.errors import StatementError
from cstark.machines import rv64
from cstark.machines.fib_iterative import FibIterative, fibonacci_program
from cstark.machines.rv64 import Program, addi, ecall
from cstark.workload.claim import decode_claim, encode_claim
from tests.oracles.plain_check import P, imbalances, violations


@pytest.mark.parametrize("n", [0, 1, 3, 94, 4000])
def test_prepared_traces_satisfy_the_statement(n):
    prepared = FibIterative(iterations=n).prepare()
    encoded, statement = FibIterative.read_statement(prepared.claim)
    assert decode_claim(encoded)["steps"] == 5 * n + 6
    descriptions = {name: describe(name, air) for name, air in statement.tables.items()}
    assert list(prepared.traces) == list(descriptions)
    if n > 100:  # the exact checker is slow
        return
    for name, description in descriptions.items():
        publics = statement.publics.get(name, ())
        assert violations(description, prepared.traces[name], publics) == []
    assert imbalances(descriptions, prepared.traces, statement.publics) == {}


def test_the_claim():
    claim = FibIterative(iterations=10).prepare().claim
    assert claim == {
        "a0": "0x0000000000000037",
        "entry": "0x00010000",
        "iterations": 10,
        "program": fibonacci_program(10).digest,
        "steps": 56,
        "words": [f"{word:#010x}" for word in fibonacci_program(10).words],
    }


def test_the_statement_holds_what_is_claimed():
    prepared = FibIterative(iterations=94).prepare()
    statement = FibIterative.statement(dict(prepared.claim))
    a0 = int(prepared.claim["a0"], 16)
    limbs = [a0 >> 16 * i & 0xFFFF for i in range(4)]
    assert statement.publics == {"cpu": [rv64.BASE, 476, *limbs]}
    assert statement.tokens == ()
    assert statement.tables["program"].program == fibonacci_program(94)
    pickle.dumps(statement)


def test_programs_of_large_counts():
    assert len(fibonacci_program(2**31 - 2049).words) == 11
    assert len(fibonacci_program(2**31 - 2048).words) == 13
    for n in (2**31 - 2049, 2**31 - 2048, 2**31, 2**32 - 1):
        loads = fibonacci_program(n).words[:-9]
        halt = [addi(10, 5, 0), addi(17, 0, 93), ecall()]
        assert rv64.execute(Program([*loads, *halt])).a0 == n


@pytest.mark.parametrize("n", [-1, 2**32, 2**64])
def test_counts_beyond_32_bits(n):
    with pytest.raises(StatementError, match=f"iterations is {n}"):
        FibIterative(iterations=n)
    with pytest.raises(StatementError, match=f"iterations is {n}"):
        fibonacci_program(n)


def test_runs_longer_than_the_machine():
    assert 5 * 214748363 + 6 <= rv64.MAX_STEPS < 5 * 214748364 + 6
    with pytest.raises(StatementError, match="take 1073741826 steps; the machine proves up to"):
        FibIterative(iterations=214748364).prepare()


CLAIM = FibIterative(iterations=4).prepare().claim


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("a0", 3, "a0 is int"),
        ("a0", "0x3", "claim.a0"),
        ("a0", "0x0000000000000003 ", "claim.a0"),
        ("a0", "0x000000000000000A", "claim.a0"),
        ("a0", "0x00000000_0000003", "claim.a0"),
        ("a0", "+x0000000000000003", "claim.a0"),
        ("a0", "0x00000000000000٠3", "claim.a0"),
        ("a0", "0x10000000000000003", "claim.a0"),
        ("steps", 0, "claim.steps is 0"),
        ("steps", -1, "claim.steps is -1"),
        ("steps", 1 << 30, "claim.steps is 1073741824"),
        ("steps", P + 26, "claim.steps"),
        ("steps", True, "steps is bool"),
        ("steps", "26", "steps is str"),
        ("entry", "0x00010004", "digest"),
        ("entry", "0x00010002", "entry 0x10002"),
        ("entry", "0x00020000", "entry 0x20000"),
        ("entry", 65536, "entry is int"),
        ("program", "00" * 32, "claim.program"),
        ("words", [], "1 to 65536 words"),
        ("words", ["0x00000073"] * 65537, "not 65537"),
        ("words", [115], r"words\[0\] is 115"),
        ("words", ["0x00000000"], "0x00000000 at 0x00010000"),
        ("words", None, "words is NoneType"),
        ("iterations", 5, "not the fib_iterative program for 5"),
        ("iterations", -1, "iterations is -1"),
        ("iterations", 2**40, "iterations is 1099511627776"),
        ("iterations", "4", "no integer 'iterations'"),
        ("iterations", True, "no integer 'iterations'"),
        ("more", 1, "unknown field 'more'"),
    ],
)
def test_claims_that_are_refused(field, value, message):
    FibIterative.statement(dict(CLAIM))
    with pytest.raises(StatementError, match=message):
        FibIterative.statement({**CLAIM, field: value})


@pytest.mark.parametrize("field", sorted(CLAIM))
def test_fields_that_are_missing(field):
    claim = dict(CLAIM)
    del claim[field]
    with pytest.raises(StatementError, match=field):
        FibIterative.statement(claim)


@pytest.mark.parametrize("index", range(11))
def test_another_program(index):
    """Refused for its digest; and with the digest put right, for not being fib_iterative."""
    claim = copy.deepcopy(CLAIM)
    claim["words"][index] = "0x00130313"
    with pytest.raises(StatementError, match="digest"):
        FibIterative.statement(claim)
    program = Program([int(word, 16) for word in claim["words"]])
    claim["program"] = program.digest
    with pytest.raises(StatementError, match="not the fib_iterative program"):
        FibIterative.statement(claim)
    general = {name: value for name, value in claim.items() if name != "iterations"}
    assert rv64.statement(general).tables["program"].program == program


def test_the_largest_program_fits_a_claim():
    program = Program([*[addi(10, 10, 1)] * (rv64.MAX_WORDS - 2), addi(17, 0, 93), ecall()])
    claim = rv64.claim_of(rv64.execute(program))
    assert len(encode_claim(claim)) < 1 << 20
    assert rv64.statement(claim).tables["program"].rows == rv64.MAX_WORDS
