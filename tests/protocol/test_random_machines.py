"""Random machines: what holds is proved and accepted, what does not is refused twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cstark as cs
from cstark.check.mutate import ChangedTable
from tests.oracles import plain_check
from tests.oracles.forging import prove_anyway
from tests.oracles.random_machines import machines, make

HASHES = ("blake3", "keccak256", "sha256")


def prove_by_force(machine, case, traces):
    """A proof of whatever the traces are, made by the prover's own rounds."""
    return prove_anyway(machine, traces, case.publics, case.tokens, b"")


def is_valid(machine, case, traces):
    """By the slow oracle."""
    named = {d.name: d for d in machine.descriptions}
    return not plain_check.imbalances(named, traces, case.publics, case.tokens) and not any(
        plain_check.violations(d, traces[n], case.publics.get(n, ())) for n, d in named.items()
    )


def try_machine(sizes, seed, changes, slowly):
    rng = np.random.default_rng(seed)
    case = make(sizes)
    zk = seed % 11 % 2 == 1
    machine = case.machine(
        blowup=sizes.blowup,
        queries=4,
        hash=HASHES[seed % 3],
        fri_arity=(2, 4, 8)[seed % 7 % 3],
        final_length=(16 if zk else 1, 16, 128)[seed % 5 % 3],
        zk=zk,
        tall=zk and seed % 13 % 2 == 1,
    )
    report = machine.check(case.traces, case.publics, tokens=case.tokens)
    assert report, str(report)
    data = case.prove(machine).to_bytes()
    case.verify(machine, data)
    key = cs.VerifyingKey.from_json(machine.verifying_key().to_json())
    key.verify(data, case.publics, tokens=case.tokens, min_security=0)

    outcomes = []
    for _ in range(changes):
        table = int(rng.integers(len(case.tables)))
        name = list(case.tables)[table]
        traces = {**case.traces, name: case.traces[name].copy()}
        row, column = (int(rng.integers(size)) for size in traces[name].shape)
        old = traces[name][row, column]
        new = old ^ np.uint64(1) if rng.random() < 0.5 else rng.integers(0, cs.P, dtype=np.uint64)
        if new == old or new >= cs.P:
            continue
        traces[name][row, column] = new
        found = machine.check(traces, case.publics, tokens=case.tokens)
        outcomes.append(bool(found))
        judge = ChangedTable(
            machine.descriptions[table], case.traces[name], case.publics.get(name, ())
        )
        noticed = len(judge.unnoticed(column, np.array([row]), np.array([new]))) == 0
        assert noticed != bool(found)
        if slowly:
            assert bool(found) == is_valid(machine, case, traces)
        proof = prove_by_force(machine, case, traces)
        if found:
            case.verify(machine, proof)
            continue
        with pytest.raises(cs.TraceError):
            machine.prove(traces, case.publics, tokens=case.tokens)
        with pytest.raises(cs.VerificationError) as refused:
            case.verify(machine, proof)
        assert refused.value.reason in (cs.Reason.CONSTRAINTS, cs.Reason.BUS_SUM)
    return outcomes


@settings(max_examples=25)
@given(machines(tables=4, width=8, log_rows=5, buses=3), st.integers(0, 2**32 - 1))
def test_small_machines(sizes, seed):
    try_machine(sizes, seed, changes=3, slowly=True)


@pytest.mark.nightly
@settings(max_examples=150)
@given(machines(tables=30, width=64, log_rows=10, buses=8), st.integers(0, 2**32 - 1))
def test_large_machines(sizes, seed):
    try_machine(sizes, seed, changes=2, slowly=False)


def test_the_machines_are_of_both_kinds():
    """Some changes are noticed and some are not, and every feature occurs."""
    from tests.oracles.random_machines import KINDS, Sizes

    outcomes, seen = [], set()
    for seed in range(12):
        sizes = Sizes(((8, 3), (6, 4)), (1, 3), 2, seed)
        outcomes += try_machine(sizes, seed, changes=6, slowly=False)
        case = make(sizes)
        for description in case.machine(blowup=2).descriptions:
            seen |= {constraint.selector for constraint in description.constraints}
            for node in description.nodes:
                seen.add(node[0] if node[0] != "column" else (node[1], node[3]))
        for air in list(case.tables.values())[:2]:
            seen |= {statement[0] for statement in air.spec.statements}
        seen |= {type(token).__name__ for token in case.tokens}
    assert min(outcomes.count(True), outcomes.count(False)) >= 5
    places = {(s, n) for s in ("main", "preprocessed") for n in (0, 1)} | {("periodic", 0)}
    wanted = {*KINDS, "first", "last", "transition", "every", "cyclic", "public", "Send", "Receive"}
    assert seen >= wanted | places
