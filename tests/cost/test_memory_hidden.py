"""Memory of proofs that hide: the same proof from all plans, and memory as foretold."""

from __future__ import annotations

import gc

import pytest

from cstark.cost.memory import footprint, peak
from cstark.kernels import _runtime
from cstark.protocol.layout import Layout
from cstark.protocol.length import proof_bytes
from cstark.protocol.matrix import PLANS
from cstark.protocol.policy import Policy
from cstark.protocol.verifier import Verifier
from tests.oracles import zoo
from tests.oracles.forging import prover_for

SEED = bytes(range(32))


def everything() -> zoo.Case:
    """Several heights in one code height, tall tables, buses, preprocessed columns."""
    return zoo.together(
        zoo.fibonacci(12), zoo.ring(3), zoo.lookup(3, 11, 4, tokens=True), zoo.cubic(9),
        zoo.fibonacci(5),
    )  # fmt: skip


@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("blowup", [2, 4])
def test_plans_give_one_proof_and_take_what_was_foretold(blowup, tall):
    case = everything()
    machine = case.machine(zk=True, blowup=blowup, queries=20, tall=tall)
    key = machine.proving_key
    case.prove(machine, check=False, insecure_seed=SEED)  # caches are warm
    layout = Layout(key.description, [len(t).bit_length() - 1 for t in case.traces.values()])
    reference = None
    for plan in PLANS:
        gc.collect()
        before = _runtime.live_bytes()
        buffers = footprint(key, layout, plan)[0].buffers
        before -= buffers["preprocessed LDE"] + buffers["preprocessed tree"]  # which are held
        proof = prover_for(
            machine, case.traces, case.publics, case.tokens, plan=plan, insecure_seed=SEED
        ).prove()
        reference = reference or proof
        assert proof == reference, plan.name
        measured = proof.report.peak_bytes - before
        assert measured <= peak(footprint(key, layout, plan)) <= 1.12 * measured, plan.name
        for phase in footprint(key, layout, plan):
            found = proof.report.root.find(phase.name).peak_bytes - before
            assert found <= phase.peak_bytes, (plan.name, phase.name)
    verifier = Verifier.begin(machine.verifying_key(), proof, case.publics, case.tokens, None)
    verifier.verify(Policy.of(machine.verifying_key(), 0, "best", None))
    assert len(proof) == proof_bytes(layout, verifier.positions)


def test_nothing_is_kept():
    """Neither masks nor salts outlive the proof."""
    case = everything()
    machine = case.machine(zk=True, queries=5)
    case.prove(machine)
    gc.collect()
    before = _runtime.live_bytes()
    case.prove(machine)
    gc.collect()
    assert _runtime.live_bytes() == before
