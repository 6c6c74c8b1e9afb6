"""Bytes of a proof: counted from the positions, expected, and at most."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.protocol.layout import Layout
from cstark.protocol.length import expected_bytes, most_bytes, proof_bytes
from cstark.protocol.transcript import Transcript
from tests.oracles import zoo

CASES = {
    "one table": (zoo.fibonacci(9), {}),
    "preprocessed": (zoo.cubic(7), {"blowup": 4}),
    "no fold": (zoo.fibonacci(3), {"final_length": 8}),
    "more queries than places": (zoo.fibonacci(3), {"queries": 300, "final_length": 1}),
    "three heights": (
        zoo.together(zoo.fibonacci(4), zoo.lookup(3, 9, 8), zoo.ring(5)),
        {"fri_arity": 2, "final_length": 4, "blowup": 8},
    ),
    "tokens": (zoo.lookup(2, 6, 8, tokens=True), {"fri_arity": 4}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_count_is_exact(name, monkeypatch):
    case, options = CASES[name]
    machine = case.machine(**options)
    drawn = []

    def positions(self, *arguments):
        drawn.append(original(self, *arguments))
        return drawn[-1]

    original = Transcript.positions
    monkeypatch.setattr(Transcript, "positions", positions)
    claim = b"x" * 37
    proof = case.prove(machine, claim=claim, check=False)
    layout = Layout(machine.verifying_key(), proof.log_heights)
    (opened,) = drawn
    at = np.unique(np.array(opened, dtype=np.int64))
    assert proof_bytes(layout, at, len(claim)) == len(proof.to_bytes())
    assert len(proof.to_bytes()) - len(claim) <= most_bytes(layout)
    assert expected_bytes(layout) <= most_bytes(layout)
    # Deviations between draws are small, so the mean of some is near any of them.
    assert expected_bytes(layout) == pytest.approx(len(proof.to_bytes()) - len(claim), rel=0.15)


def test_the_most_is_reached_nearly():
    """Positions as far apart as they can be share hardly a node."""
    machine = zoo.fibonacci(12).machine(queries=16)
    layout = Layout(machine.verifying_key(), [12])
    places = np.arange(16, dtype=np.int64) * (2 * 4096 // 16) + np.arange(16) * 7 % 13
    assert 0.85 * most_bytes(layout) <= proof_bytes(layout, places) <= most_bytes(layout)
