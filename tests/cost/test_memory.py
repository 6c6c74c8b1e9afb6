"""Memory plans: the same proof from all of them, and memory as foretold."""

from __future__ import annotations

import errno
import gc
import json
import os
import pickle

import numpy as np
import pytest

import cstark as cs
from cstark.kernels import _runtime
from cstark.machines import load
from cstark.protocol.domain import Domain
from cstark.protocol.matrix import PLANS, Storage, make_matrix
from cstark.protocol.prover import Prover
from tests.oracles import zoo
from tests.oracles.forging import prover_for

NAMES = [plan.name for plan in PLANS]


def prove(machine, traces, publics, tokens, plan):
    """A proof by a plan of our choice."""
    return prover_for(machine, traces, publics, tokens, plan=plan).prove()


# ---- matrices ------------------------------------------------------------------------------------


@pytest.mark.parametrize("own_coset", [None, 0, 2])
@pytest.mark.parametrize("blowup", [4, 8])
def test_all_kinds_of_matrices_are_equal(blowup, own_coset):
    rng = np.random.default_rng(blowup)
    domain = Domain(6, blowup, 3)
    trace = rng.integers(0, cs.P, (64, 3), dtype=np.uint64)
    expected = np.array(domain.lde(trace))
    source, shift = trace, 1
    if own_coset is not None:
        source, shift = expected[own_coset].copy(), domain.shifts[own_coset]
    before = source.copy()
    # Not sorted and with repetitions, as rows and siblings may be.
    positions = rng.integers(0, 64 * blowup, 40)
    for storage in Storage:
        matrix = make_matrix(storage, domain, source, source_shift=shift, own_coset=own_coset)
        for q in [*range(blowup), 0, blowup - 1]:
            assert np.array_equal(matrix.coset(q), expected[q]), (storage, q)
        rows = matrix.take_rows(positions)
        assert np.array_equal(rows, expected.reshape(-1, 3)[positions]), storage
        assert matrix.take_rows(positions[:0]).shape == (0, 3)
    assert np.array_equal(source, before)


def test_no_room_to_spill(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    source = np.zeros((8, 3), dtype=np.uint64)
    with pytest.raises(MemoryError, match=r"cannot spill 384 bytes .*No space left.*TMPDIR"):
        make_matrix(Storage.SPILLED, Domain(3, 2, 3), source)


# ---- the same bytes ------------------------------------------------------------------------------


@pytest.mark.parametrize("blowup", [2, 4])
def test_bytes_do_not_depend_on_the_plan(blowup):
    case = zoo.together(
        zoo.fibonacci(10),
        zoo.cubic(9),
        zoo.ring(7),
        zoo.fibonacci(3),
        zoo.lookup(3, 10, 4, tokens=True),
        zoo.fibonacci(10),
        zoo.cubic(3),
    )
    machine = case.machine(blowup=blowup, grinding=2)
    copies = {name: trace.copy() for name, trace in case.traces.items()}
    reference = case.prove(machine).to_bytes()
    for threads in (1, 3):
        with cs.threads(threads):
            for plan in PLANS:
                proof = prove(machine, case.traces, case.publics, case.tokens, plan)
                assert proof.to_bytes() == reference, (plan.name, threads)
    case.verify(machine, reference)
    assert all(np.array_equal(case.traces[name], copies[name]) for name in copies)


def test_tables_that_share_leaves():
    """Their cosets are needed at once."""
    case = zoo.together(zoo.fibonacci(8), zoo.ring(8), zoo.lookup(4, 8, 8))
    machine = case.machine()
    proofs = {
        prove(machine, case.traces, case.publics, case.tokens, plan).to_bytes() for plan in PLANS
    }
    assert len(proofs) == 1


# ---- memory as foretold --------------------------------------------------------------------------

WORKLOADS = {
    "fib_pair, tall": ("fib_pair", {"log_rows": 15, "sequences": 2}),
    "fib_pair, wide": ("fib_pair", {"log_rows": 12, "sequences": 40}),
    "add_mul": ("add_mul", {"operations": 5000}),
    "fib_iterative": ("fib_iterative", {"iterations": 700}),
    "lookup_bench": ("lookup_bench", {"scale": 4}),
    "read_only_memory": ("read_only_memory", {"accesses": 5000}),
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("blowup", [2, 4])
@pytest.mark.parametrize("name", WORKLOADS)
def test_the_peak_is_as_estimated(name, blowup, threads):
    workload, arguments = WORKLOADS[name]
    prepared = load(workload)(**arguments).prepare()
    _, statement = load(workload).read_statement(prepared.claim)
    traces = {
        k: [read() for read in v] if isinstance(v, list) else v() if callable(v) else v
        for k, v in prepared.traces.items()
    }
    heights = {
        k: [len(one) for one in v] if isinstance(v, list) else len(v) for k, v in traces.items()
    }
    machine = cs.Machine(statement.tables, cs.Options(queries=60, grinding=0, blowup=blowup))
    with cs.threads(threads):
        estimate = machine.estimate(heights)
        gc.collect()
        before = _runtime.live_bytes()
        for plan, foretold in zip(PLANS, estimate.plans, strict=True):
            proof = prove(machine, traces, statement.publics, statement.tokens, plan)
            measured = proof.report.peak_bytes - before
            # An upper bound, and a close one: this is what `max_memory` is compared with.
            assert measured <= foretold.peak_bytes <= 1.1 * measured, plan.name
            for phase in foretold.phases:
                found = proof.report.root.find(phase.name).peak_bytes - before
                assert found <= phase.peak_bytes, (plan.name, phase.name)
            assert abs(estimate.proof_bytes / len(proof) - 1) < 0.06
    tables = [v if isinstance(v, list) else [v] for v in traces.values()]
    assert estimate.cells == sum(trace.size for some in tables for trace in some)


def test_preprocessed_columns_count():
    case = zoo.cubic(12)
    machine = case.machine()
    before = _runtime.live_bytes()
    estimate = machine.estimate()
    proof = case.prove(machine, check=False)
    measured = proof.report.peak_bytes - before
    assert measured <= estimate.peak_bytes <= 1.1 * measured
    assert {"preprocessed LDE", "preprocessed tree"} <= set(estimate.plans[0].phases[0].buffers)


def test_buffers_are_freed():
    case = zoo.lookup(4, 10, 8)
    machine = case.machine()
    case.prove(machine)
    gc.collect()
    before = _runtime.live_bytes()
    gc.disable()
    try:
        for plan in PLANS:
            prove(machine, case.traces, case.publics, case.tokens, plan)
            # no reference cycle keeps a prover's arrays
            assert _runtime.live_bytes() == before, plan.name
    finally:
        gc.enable()


def test_traces_that_nobody_else_holds_are_freed():
    """A trace from a callable lives as long as the plan needs it."""
    import weakref

    case = zoo.lookup(3, 8, 4)
    held = []

    def trace():
        array = case.traces["sender"].copy()
        held.append(weakref.ref(array))
        return array

    class Watching(Prover):
        def _commit(self, name, sources):
            alive.append(held[-1]() is not None)
            super()._commit(name, sources)

    alive = []
    machine = case.machine()
    traces = {**case.traces, "sender": trace}
    prover = prover_for(machine, traces, case.publics, case.tokens, kind=Watching)
    proof = prover.prove()
    # Needed until the messages have been read; then their memory is that of the extended columns.
    assert alive == [True, False]
    assert proof == case.prove(machine)


# ---- max_memory ----------------------------------------------------------------------------------


def test_the_fastest_plan_that_fits_is_taken():
    case = zoo.lookup(6, 14, 8)
    machine = case.machine(blowup=4)
    reference = case.prove(machine)
    assert reference.report.facts["plan"] == "full"
    estimate = machine.estimate({"sender": 1 << 14})
    kept = ("preprocessed LDE", "preprocessed tree")  # from proof to proof
    before = _runtime.live_bytes() - sum(estimate.plans[0].phases[0].buffers[k] for k in kept)
    taken = []
    for plan in estimate.plans:
        proof = case.prove(machine, max_memory=plan.peak_bytes)
        assert proof == reference
        assert proof.report.peak_bytes - before <= plan.peak_bytes
        taken.append(NAMES.index(proof.report.facts["plan"]))
    assert taken == list(range(len(PLANS)))
    # Nothing larger waits for reuse either, as it might after an earlier, larger proof.
    assert _runtime.release_memory() <= estimate.least_bytes
    assert case.prove(machine, max_memory=1 << 40).report.facts["plan"] == "full"


@pytest.mark.parametrize("check", [False, True])
def test_too_little_memory(check):
    case = zoo.fibonacci(9)
    machine = case.machine()
    least = machine.estimate({"fib": 512}).least_bytes
    steps = []
    with pytest.raises(cs.OptionsError, match=f"max_memory={least - 1}: .* needs {least} bytes"):
        case.prove(
            machine, max_memory=least - 1, check=check, progress=lambda *step: steps.append(step)
        )
    assert not steps
    case.verify(machine, case.prove(machine, max_memory=least))


@pytest.mark.parametrize("value", [0, -5, True, 1e9, "600M"])
def test_a_limit_that_is_none(value):
    case = zoo.fibonacci(4)
    with pytest.raises(cs.OptionsError, match=r"max_memory=.*positive int"):
        case.prove(case.machine(), max_memory=value)


# ---- presentation --------------------------------------------------------------------------------


def test_estimate_reads_well():
    machine = zoo.lookup(4, 10, 8).machine()
    estimate = machine.estimate({"sender": 1024})
    assert estimate.heights == {"sender": 1024, "range": 256}
    text = str(estimate)
    for words in (*NAMES, "peak memory", "main LDE", "commit quotient", "about", "committed"):
        assert words in text
    data = json.loads(json.dumps(estimate.to_dict()))
    assert [plan["name"] for plan in data["plans"]] == NAMES
    assert pickle.loads(pickle.dumps(estimate)) == estimate
    assert estimate.least_bytes < estimate.peak_bytes == estimate.plans[0].peak_bytes
    with pytest.raises(cs.StatementError, match="sender"):
        machine.estimate()


def test_the_report_lists_the_buffers():
    case = zoo.lookup(4, 12, 8)
    report = case.prove(case.machine()).report
    for _, phase in report.root.walk():
        assert sum(phase.buffers.values()) == phase.peak_bytes, phase.name
    assert report.root.find("commit lookup").buffers["main LDE"] == 2 * 8 * (5 * 4096 + 256)
    data = report.to_dict()["phases"]
    assert data["buffers"] == report.buffers
    assert "main LDE" in str(report) and "plan" in str(report)


def test_labels_beyond_the_limit_are_other():
    before = _runtime.live_bytes()
    arrays = [_runtime.aligned(8, f"label {k}") for k in range(100)]
    _runtime.reset_peak()
    buffers = _runtime.peak_buffers()
    assert sum(buffers.values()) == _runtime.peak_bytes() == before + 6400
    assert buffers["label 0"] == 64 and "label 99" not in buffers
    del arrays
    _runtime.reset_peak()
    assert "label 0" not in _runtime.peak_buffers()
