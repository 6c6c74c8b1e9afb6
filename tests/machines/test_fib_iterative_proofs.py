"""Proofs of runs: true ones verify, and provers that skip the check convince nobody."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark.errors import Reason
from cstark.machines import rv64
from cstark.machines.fib_iterative import FibIterative
from cstark.machines.rv64 import Program, addi, bne, ecall
from cstark.workload.claim import encode_claim
from tests.oracles.forging import prove_anyway
from tests.oracles.plain_check import P
from tests.oracles.plain_rv64 import PlainCpu

#: Few queries: what is tested here does not hide in a small part of a codeword.
OPTIONS = cs.Options(queries=12, grinding=0)


def prove(claim, traces, statement):
    """A proof made without looking at whether the statement is true, or the buses balance."""
    machine = cs.Machine(statement.tables, OPTIONS)
    proof = prove_anyway(machine, traces, statement.publics, (), encode_claim(claim))
    return proof.to_bytes()


def verify(blob):
    return FibIterative.verify(blob, OPTIONS, min_security=0)


@pytest.mark.parametrize("n", [0, 1, 2, 94, 2000])
def test_true_runs(n):
    proof = FibIterative(iterations=n).prove(OPTIONS)
    claim = verify(proof.to_bytes())
    assert claim["steps"] == 5 * n + 6
    assert claim == FibIterative(iterations=n).prepare().claim
    assert FibIterative(iterations=n).check(OPTIONS)


def test_the_expected_claim_is_compared():
    proof = FibIterative(iterations=1).prove(OPTIONS).to_bytes()
    other = FibIterative(iterations=2).prepare().claim
    with pytest.raises(cs.VerificationError, match="another claim"):
        FibIterative.verify(proof, OPTIONS, claim=other, min_security=0)


RUN = FibIterative(iterations=4).prepare()


def claimed(**changes):
    """The claim of `RUN` with other values, and its statement."""
    claim = {**RUN.claim, **changes}
    return claim, FibIterative.statement(claim)


def test_the_true_claim():
    claim, statement = claimed()
    assert verify(prove(claim, RUN.traces, statement)) == claim


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 25},
        {"steps": 27},
        {"a0": f"{3 + 1:#018x}"},
        {"a0": f"{3 + P:#018x}"},
        {"a0": f"{3 + 2**63:#018x}"},
    ],
    ids=str,
)
def test_false_claims(changes):
    claim, statement = claimed(**changes)
    with pytest.raises(cs.VerificationError) as refusal:
        verify(prove(claim, RUN.traces, statement))
    assert refusal.value.reason is Reason.CONSTRAINTS
    assert not cs.Machine(statement.tables, OPTIONS).check(RUN.traces, statement.publics)


@pytest.mark.parametrize("column", range(36))
def test_a_changed_cell(column):
    """In a used row, in the last one, in padding: the check fails; and so does verification."""
    claim, statement = claimed()
    machine = cs.Machine(statement.tables, OPTIONS)
    for row in (0, 25, 26, 31, 10):
        traces = {**RUN.traces, "cpu": RUN.traces["cpu"].copy()}
        traces["cpu"][row, column] ^= np.uint64(1)
        assert not machine.check(traces, statement.publics)
    with pytest.raises(cs.VerificationError):
        verify(prove(claim, traces, statement))


def test_nothing_but_padding():
    claim, statement = claimed(a0=f"{12345:#018x}")
    cpu = PlainCpu(statement.tables["program"].program)
    traces = {
        "cpu": cpu.trace(32),
        "program": np.zeros((16, 1), dtype=np.uint64),
        "register": np.zeros((32, 5), dtype=np.uint64),
        "range": np.zeros((65536, 1), dtype=np.uint64),
    }
    with pytest.raises(cs.VerificationError) as refusal:
        verify(prove(claim, traces, statement))
    assert refusal.value.reason is Reason.CONSTRAINTS


def test_another_program():
    """The rows of one program do not prove another: its instructions are not in PROGRAM."""
    run = rv64.execute(Program([addi(10, 0, 1), addi(17, 0, 93), ecall()]))
    claimed = Program([addi(10, 0, 2), addi(17, 0, 93), ecall()])
    claim = {**rv64.claim_of(run), "program": claimed.digest}
    claim["words"] = [f"{word:#010x}" for word in claimed.words]
    statement = rv64.statement(claim)
    machine = cs.Machine(statement.tables, OPTIONS)
    proof = prove(claim, run.traces(), statement)
    with pytest.raises(cs.VerificationError) as refusal:
        machine.verify(proof, statement.publics, claim=encode_claim(claim), min_security=0)
    assert refusal.value.reason is Reason.BUS_SUM


def test_any_program_of_the_five_instructions():
    program = Program(
        [
            addi(5, 0, 9),
            addi(6, 0, 2),
            addi(7, 0, 4),
            bne(5, 7, 8),
            addi(10, 10, 100),
            addi(10, 10, 1),
            addi(5, 5, -1),
            bne(5, 6, -16),
            addi(0, 10, 3),
            addi(17, 0, 93),
            ecall(),
        ]
    )
    run = rv64.execute(program)
    assert run.a0 == 7 + 100
    statement = rv64.statement(rv64.claim_of(run))
    machine = cs.Machine(statement.tables, OPTIONS)
    proof = machine.prove(run.traces(), statement.publics)
    machine.verify(proof, statement.publics, min_security=0)
    wrong = {"cpu": [*statement.publics["cpu"][:2], 108, 0, 0, 0]}
    with pytest.raises(cs.VerificationError):
        machine.verify(proof, wrong, min_security=0)
