"""Zero-knowledge: the unmodified verifiers accept proofs that were made without any trace."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from tests.oracles import zoo
from tests.oracles.programmed import programmed
from tests.oracles.simulator import Simulator

CASES = {
    "next rows and publics": (zoo.fibonacci(4), {}),
    "preprocessed and periodic": (zoo.cubic(4), {"blowup": 4}),
    "one bus, one table": (zoo.ring(3), {}),
    "sums and tokens": (zoo.lookup(3, 5, 4, tokens=True), {}),
    "many heights": (
        zoo.together(
            zoo.fibonacci(7), zoo.ring(3), zoo.lookup(2, 6, 4), zoo.cubic(4), zoo.fibonacci(3)
        ),
        {"fri_arity": 4, "final_length": 8},
    ),
}  # fmt: skip
CASES.update(
    {
        "tall": (
            zoo.together(zoo.fibonacci(7), zoo.lookup(2, 8, 6), zoo.cubic(7), zoo.fibonacci(3)),
            {"tall": True, "final_length": 8},
        ),
        "tall, one table": (zoo.cubic(9), {"tall": True, "blowup": 4, "final_length": 2}),
    }
)


def simulated(case, machine):
    heights = [len(trace).bit_length() - 1 for trace in case.traces.values()]
    return Simulator(machine, heights, case.publics, case.tokens).prove()


@pytest.mark.parametrize("name", CASES)
def test_a_proof_without_a_witness_is_accepted(name):
    case, options = CASES[name]
    machine = case.machine(zk=True, queries=5, **options)
    with programmed():
        for _ in range(3):
            case.verify(machine, simulated(case, machine))
    with pytest.raises(cs.VerificationError):  # nobody programs the oracle of a hash function
        case.verify(machine, simulated(case, machine))


def test_of_a_false_statement_as_well():
    """It proves nothing, then: zero-knowledge needs the programmed answers, soundness has none."""
    case = zoo.fibonacci(4)
    machine = case.machine(zk=True, queries=5)
    publics = {"fib": [value + 1 for value in case.publics["fib"]]}
    with programmed():
        proof = Simulator(machine, [4], publics, ()).prove()
        machine.verify(proof, publics, min_security=0)
        with pytest.raises(cs.VerificationError):
            machine.verify(proof, case.publics, min_security=0)


@pytest.mark.parametrize("name", CASES)
def test_it_looks_like_an_honest_one(name):
    """The same items of the same lengths; the words of both are spread over all of the field."""
    case, options = CASES[name]
    machine = case.machine(zk=True, queries=5, **options)
    with programmed():
        proofs = [case.prove(machine), simulated(case, machine)]
        for proof in proofs:
            case.verify(machine, proof)
    honest, made = proofs
    assert len(honest) == len(made)
    assert honest.log_heights == made.log_heights
    for proof in proofs:
        words = np.frombuffer(bytes(proof.body)[: len(proof.body) // 8 * 8], dtype="<u8")
        share = np.count_nonzero(words > np.uint64(cs.P // 2)) / len(words)
        assert 0.3 < share < 0.7
