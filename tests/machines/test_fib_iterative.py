"""The workload `fib_iterative`: a guest of the RISC-V machine, pinned by its iterations."""

from __future__ import annotations

import pickle

import pytest

import cstark as cs
from cstark import vm
from cstark.machines.fib_iterative import LOOP, MOST, OUTSIDE, FibIterative, fibonacci_program
from cstark.vm import abi

OPTIONS = cs.Options(queries=12, grinding=0, max_log_height=20)
M64 = (1 << 64) - 1


def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) & M64
    return a


@pytest.mark.parametrize("n", [0, 1, 2, 94, 2000])
def test_true_runs_are_proved(n):
    proof = FibIterative(iterations=n).prove(OPTIONS)
    claim = FibIterative.verify(proof.to_bytes(), OPTIONS, min_security=0)
    assert claim == {
        "exit_code": fibonacci(n),
        "iterations": n,
        "output": "",
        "program": fibonacci_program(n).id,
        "rows": LOOP * n + OUTSIDE,
    }
    assert FibIterative(iterations=n).check(OPTIONS)


@pytest.mark.parametrize("n", [2047, 2048, 4095, 4096, 1 << 20, MOST])
def test_the_counter_is_loaded_whatever_it_is(n):
    """Without the loop: the two instructions that load it, then exit with it."""
    words = fibonacci_program(n).image.text_words.tolist()
    move = 5 << 15 | 10 << 7 | 0x13  # mv a0, t0
    program = vm.Program(vm.Image.from_text([*words[:2], move, words[4], words[-1]]))
    assert program.run().exit_code == n


@pytest.mark.parametrize("n", [-1, MOST + 1, 2**64])
def test_counts_beyond_a_run(n):
    assert LOOP * MOST + OUTSIDE <= abi.MAX_ROWS < LOOP * (MOST + 1) + OUTSIDE
    with pytest.raises(cs.StatementError, match=f"iterations is {n}"):
        FibIterative(iterations=n)
    with pytest.raises(cs.StatementError, match=f"iterations is {n}"):
        fibonacci_program(n)


def test_a_proof_is_of_its_iterations():
    proof = FibIterative(iterations=3).prove(OPTIONS)
    other = FibIterative(iterations=4).prepare().claim
    with pytest.raises(cs.VerificationError, match="another claim"):
        FibIterative.verify(proof, OPTIONS, claim=other, min_security=0)


CLAIM = dict(FibIterative(iterations=4).prepare().claim)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("exit_code", -1, "claim.exit_code"),
        ("exit_code", "3", "exit_code is str"),
        ("rows", 0, "claim.rows is 0"),
        ("rows", True, "rows is bool"),
        ("output", "0g", "claim.output"),
        ("program", "00" * 32, "about another program"),
        ("iterations", 5, "about another program"),
        ("iterations", -1, "iterations is -1"),
        ("iterations", 2**40, "iterations is 1099511627776"),
        ("iterations", "4", "no integer 'iterations'"),
        ("iterations", True, "no integer 'iterations'"),
        ("more", 1, "unknown field 'more'"),
    ],
)
def test_claims_that_are_refused(field, value, message):
    FibIterative.statement(dict(CLAIM))
    with pytest.raises(cs.StatementError, match=message):
        FibIterative.statement({**CLAIM, field: value})


@pytest.mark.parametrize("field", sorted(CLAIM.keys() - {"rows"}))
def test_fields_that_are_missing(field):
    with pytest.raises(cs.StatementError, match=field):
        FibIterative.statement({name: value for name, value in CLAIM.items() if name != field})


def test_a_claim_without_rows_is_of_a_run_that_hides_them():
    told = FibIterative.statement(dict(CLAIM))
    hidden = FibIterative.statement({k: v for k, v in CLAIM.items() if k != "rows"})
    assert len(hidden.tokens) == len(told.tokens) - 1
    keys = [
        cs.Machine(s.tables, FibIterative.default_options()).verifying_key() for s in (told, hidden)
    ]
    assert keys[0] != keys[1]


def test_the_statement_travels():
    statement = FibIterative.statement(dict(CLAIM))
    arrived = pickle.loads(pickle.dumps(statement))
    assert arrived.tokens == statement.tokens
    options = FibIterative.default_options()
    keys = [cs.Machine(s.tables, options).verifying_key() for s in (statement, arrived)]
    assert keys[0] == keys[1]
