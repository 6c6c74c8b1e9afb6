"""`Options.small` and `Options.fast`."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark import pure
from cstark.protocol.options import PRESETS
from tests.oracles import zoo

MAKERS = {"small": cs.Options.small, "fast": cs.Options.fast}


def test_every_preset_has_a_maker():
    assert set(MAKERS) == set(PRESETS)
    for name, make in MAKERS.items():
        assert make() == cs.Options(**PRESETS[name])


@pytest.mark.parametrize("name", MAKERS)
def test_changes_come_last(name):
    assert MAKERS[name](grinding=3, hash="sha256") == cs.Options(
        **{**PRESETS[name], "grinding": 3, "hash": "sha256"}
    )
    with pytest.raises(cs.OptionsError, match="blowup=3: must be a power of two"):
        MAKERS[name](blowup=3)
    with pytest.raises(TypeError, match="blowups"):
        MAKERS[name](blowups=4)


@pytest.mark.parametrize("zk", [False, True])
@pytest.mark.parametrize("name", MAKERS)
def test_as_many_proven_bits_as_ever(name, zk):
    """Both verifiers accept, at 128 bits for tables of any height that is allowed."""
    case = zoo.lookup(12, 4, 5)
    options = MAKERS[name](grinding=4, zk=zk)  # the nonce of 20 bits would take a second
    machine = cs.Machine(case.tables, options)
    assert machine.security().bits >= 128
    proof = case.prove(machine)
    case.verify(machine, proof, min_security=128)
    statement = machine.statement(case.publics, tokens=case.tokens)
    pure.verify(pure.read_statement(statement.to_json()), proof.to_bytes(), min_security=128)


def test_small_proofs_are_small_and_fast_ones_little_larger():
    case = zoo.lookup(12, 10, 8)
    heights = {name: len(trace) for name, trace in case.traces.items()}

    def size(options):
        return cs.Machine(case.tables, options).estimate(heights).proof_bytes

    usual = size(cs.Options())
    assert size(cs.Options.small()) < 0.7 * usual
    assert usual < size(cs.Options.fast()) < 1.08 * usual
