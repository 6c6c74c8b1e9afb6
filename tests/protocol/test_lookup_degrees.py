"""Proofs whose lookup columns take any number of messages that the blowup carries."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark import pure
from cstark.protocol import proving_key
from cstark.protocol.layout import Layout
from tests.oracles import zoo
from tests.oracles.forging import prove_anyway


@pytest.mark.parametrize("zk", [False, True])
@pytest.mark.parametrize(
    ("blowup", "degree"), [(2, 3), (4, 3), (4, 4), (4, 5), (8, 3), (8, 7), (8, 9), (16, 10)]
)
def test_every_degree(blowup, degree, zk, monkeypatch):
    """Whichever the key has: the machine's own choice is about size alone."""
    monkeypatch.setattr(proving_key, "best_degree", lambda tables, blowup: degree)
    case = zoo.together(zoo.lookup(9, 4, 5), zoo.lookup(2, 5, 3, tokens=True), zoo.fibonacci(4))
    machine = case.machine(blowup=blowup, queries=4, zk=zk)
    tables = machine.verifying_key().tables
    assert max(table.degree for table in tables) == degree
    assert tables[0].lookup_columns == -(-len(tables[0].interactions) // (degree - 1))
    proof = case.prove(machine)
    case.verify(machine, proof)
    statement = machine.statement(case.publics, tokens=case.tokens)
    pure.verify(pure.read_statement(statement.to_json()), proof.to_bytes(), min_security=0)
    monkeypatch.undo()
    if degree != 3:  # the same tables with pairs are another key
        other = case.machine(blowup=2, queries=4, zk=zk)
        with pytest.raises(cs.VerificationError):
            case.verify(other, proof)


@pytest.mark.parametrize(("blowup", "degree"), [(2, 3), (4, 5), (8, 9)])
def test_masks_in_codes_that_are_no_taller(blowup, degree, monkeypatch):
    """All cosets of the code hold a chunk then, so that the remainder is found off the code."""
    monkeypatch.setattr(proving_key, "best_degree", lambda tables, blowup: degree)
    case = zoo.lookup(9, 11, 5)
    machine = case.machine(blowup=blowup, queries=2, zk=True)
    layout = Layout(machine.verifying_key(), (11, 5))
    assert layout.code_heights[0] == 11 and layout.quotients[0].chunks == blowup
    proof = case.prove(machine)
    case.verify(machine, proof)
    statement = machine.statement(case.publics, tokens=case.tokens)
    pure.verify(pure.read_statement(statement.to_json()), proof.to_bytes(), min_security=0)
    case.traces["sender"][3, 0] += 1
    forged = prove_anyway(machine, case.traces, case.publics, tokens=case.tokens)
    with pytest.raises(cs.VerificationError):
        case.verify(machine, forged)


@pytest.mark.parametrize("blowup", [4, 8])
def test_a_false_trace_is_refused_for_every_degree(blowup, monkeypatch):
    for degree in range(3, blowup + 2):
        monkeypatch.setattr(proving_key, "best_degree", lambda tables, blowup, d=degree: d)
        case = zoo.lookup(9, 4, 5)
        machine = case.machine(blowup=blowup, queries=4)
        case.traces["sender"][3, 0] += 1
        proof = prove_anyway(machine, case.traces, case.publics, tokens=case.tokens)
        with pytest.raises(cs.VerificationError):
            case.verify(machine, proof)
