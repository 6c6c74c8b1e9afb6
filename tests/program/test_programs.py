"""Programs are compiled once: for a machine, for its copies, for the workers of a pool."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import cstark as cs
from cstark.machines.range_check import RangeCheck
from cstark.program import compile as lowering

OPTIONS = cs.Options(queries=4, grinding=0, max_log_height=10)


@pytest.fixture
def compilations(monkeypatch):
    """How often tables are lowered: once for a quotient, a lookup, and each part of a check."""
    made = []
    plain = lowering.Lowering.__init__

    def counted(self, description):
        made.append(description.name)
        plain(self, description)

    monkeypatch.setattr(lowering.Lowering, "__init__", counted)
    return made


def prepared():
    workload = RangeCheck()
    claim = workload.prepare()
    _, statement = workload.read_statement(claim.claim)
    traces = {name: t() if callable(t) else t for name, t in claim.traces.items()}
    return cs.Machine(statement.tables, OPTIONS), traces, statement


def phases(proof):
    return [phase.name for phase in proof.report.root.children]


def test_the_report_has_a_line_for_compiling_the_first_time(compilations):
    machine, traces, statement = prepared()
    first = machine.prove(traces, statement.publics, tokens=statement.tokens)
    count = len(compilations)
    assert count >= 4 and phases(first)[:2] == ["read traces", "compile"]
    second = machine.prove(traces, statement.publics, tokens=statement.tokens)
    assert "compile" not in phases(second) and len(compilations) == count
    assert "compile" in str(first.report) and "compile" not in str(second.report)


def test_without_a_check_its_programs_are_not_compiled(compilations):
    machine, traces, statement = prepared()
    machine.prove(traces, statement.publics, tokens=statement.tokens, check=False)
    unchecked = len(compilations)
    proof = machine.prove(traces, statement.publics, tokens=statement.tokens)
    assert "compile" in phases(proof) and len(compilations) > unchecked


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize("used", [False, True])
def test_copies_need_no_compilation(compilations, how, used):
    machine, traces, statement = prepared()
    if used:
        machine.prove(traces, statement.publics, tokens=statement.tokens)
    again = how(machine)
    count = len(compilations)
    proof = again.prove(traces, statement.publics, tokens=statement.tokens)
    machine.verify(proof, statement.publics, tokens=statement.tokens, min_security=0)
    assert len(compilations) == count and "compile" not in phases(proof)
    assert again.verifying_key() == machine.verifying_key()
    assert again.options == machine.options and list(again.tables) == list(machine.tables)


class Doubling(cs.Air):
    columns = ("x",)

    def constrain(self, t):
        t.transition.equal(t.next.x, 2 * t.now.x)


def prove_without_compiler(machine, start):
    """In a worker: a proof, where compiling anything fails."""

    def refuse(self, description):
        raise AssertionError(f"{description.name} is compiled in a worker")

    lowering.Lowering.__init__ = refuse
    trace = np.array([[start << k] for k in range(8)], dtype=np.uint64)
    return machine.prove({"doubling": trace})


def test_a_pool_compiles_once_and_its_workers_never(compilations):
    machine = cs.Machine({"doubling": Doubling()}, OPTIONS)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        waiting = [pool.submit(prove_without_compiler, machine, start) for start in (1, 2, 3)]
        proofs = [each.result() for each in waiting]
    assert compilations == ["doubling"] * 2  # quotient and check
    for proof in proofs:
        machine.verify(proof, min_security=0)
