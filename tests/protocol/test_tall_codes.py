"""Codes as high as their tables: from which height on, and what their rate leaves to prove."""

from __future__ import annotations

import json

import pytest

import cstark as cs
from cstark import pure
from cstark.protocol.hiding import mask_length
from cstark.protocol.layout import Layout
from cstark.security import Shape
from tests.oracles import zoo


def test_a_prover_takes_a_height_at_which_masks_are_a_small_share():
    """h is 18 for 6 queries: 2^10 is the least power of two above 32 h."""
    assert zoo.fibonacci(5).machine(zk=True, queries=6).resolved.zk == 10


@pytest.mark.parametrize("final_length", [1, 2])
def test_a_rate_of_1(final_length):
    """Two coefficients of masks in a last layer of one row: keys and estimator refuse it."""
    case = zoo.fibonacci(7)
    options = {"zk": True, "queries": 6, "final_length": final_length, "fri_arity": 2}
    if final_length == 1:
        with pytest.raises(cs.OptionsError, match=r"final_length.* rate of 1"):
            case.machine(**options)
        case.machine(**options, blowup=4)
    machine = case.machine(**{**options, "final_length": 2})
    data = json.loads(machine.verifying_key().to_json())
    data["options"].update(final_length=final_length, zk=6)
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    file = json.loads(machine.statement(case.publics).to_json())
    file["key"] = data
    if final_length == 2:  # three coefficients on four points
        assert cs.VerifyingKey.from_json(text).options.final_length == 2
        pure.read_statement(json.dumps(file))
        return
    with pytest.raises(cs.CstarkError, match="final_length=1"):
        cs.VerifyingKey.from_json(text)
    with pytest.raises(pure.BadKey, match="final length"):
        pure.read_statement(json.dumps(file))


def test_security_of_a_rate_of_1():
    shape = {"log_heights": (7,), "blowup": 2, "deep_terms": 9, "constraints": 4, "degree": 2}
    arities = (2,) * 7
    with pytest.raises(cs.OptionsError, match="final_length=2 coefficients on the 2 points"):
        Shape(**shape, fold_arities=arities, final_length=2)
    assert Shape(**shape, fold_arities=arities[1:], final_length=3).rate == 0.75
    with pytest.raises(cs.OptionsError, match="final_length"):
        Shape(**shape, fold_arities=arities[1:], final_length=1)


@pytest.mark.parametrize("log_rows", [9, 10, 13, 16])
def test_heights_dimensions_and_coefficients(log_rows):
    """Against the sentences of the page, with numbers."""
    machine = zoo.fibonacci(4).machine(zk=True, queries=6, final_length=64)
    h, layout = mask_length(6), Layout(machine.verifying_key(), [log_rows])
    assert h == 18
    tall = log_rows >= 10
    assert layout.code_heights == (log_rows + (not tall),)
    code = 1 << layout.code_heights[0]
    assert layout.dimensions == {layout.code_heights[0]: code + tall * h}
    last = layout.schedule.final_length
    assert last <= 64
    assert layout.final_length == last + tall  # ceil(h last / M) is 1


def test_a_solver_pays_for_masks_at_the_worst_heights():
    """128 bits at every height, with the masks' share of the rate."""
    machine = zoo.fibonacci(4).machine(zk=True, queries=None, grinding=16, max_log_height=20)
    plain = zoo.fibonacci(4).machine(queries=None, grinding=16, max_log_height=20)
    assert 0 < machine.resolved.queries - plain.resolved.queries <= 10
    for log_rows in (3, 10, 13, 14, 15, 17, 20):
        assert machine.security({"fib": 1 << log_rows}).bits >= 128
