"""The lookup benchmark: its shape, its truth, and that every cell of it is bound."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark.air import describe
from cstark.errors import Reason
from cstark.machines.lookup_bench import LOG_ROWS, MAX_SCALE, LookupBench
from tests.oracles.forging import prove_anyway
from tests.oracles.plain_check import P, imbalances, violations

#: Few queries: what is tested here does not hide in a small part of a codeword.
OPTIONS = cs.Options(queries=12, grinding=0)
SMALL = LookupBench(scale=MAX_SCALE, seed=5)


@pytest.fixture(scope="module")
def small():
    """Statement, descriptions and traces of the smallest one: 512, 128, 64 and 8 rows."""
    prepared = SMALL.prepare()
    _, statement = SMALL.read_statement(prepared.claim)
    descriptions = {name: describe(name, air) for name, air in statement.tables.items()}
    return statement, descriptions, prepared.traces


def test_the_published_shape():
    statement = LookupBench.statement({"scale": 0})
    assert LOG_ROWS == (18, 16, 15, 12)
    assert [air.rows for air in statement.tables.values()] == [1 << log for log in LOG_ROWS]
    for name, air in statement.tables.items():
        description = describe(name, air)
        assert description.width == 34
        assert len(description.interactions) == 16
        assert {len(interaction.values) for interaction in description.interactions} == {3}
        assert description.degree == 3


def test_the_exact_oracle_agrees(small):
    _, descriptions, traces = small
    for name, description in descriptions.items():
        assert not violations(description, traces[name])
    assert not imbalances(descriptions, traces)


def test_tables_exchange(small):
    """No table balances by itself, so no table sum is zero."""
    _, descriptions, traces = small
    for name, description in descriptions.items():
        assert imbalances([description], traces), name


def test_every_kind_of_changed_cell_is_noticed(small):
    statement, _, traces = small
    machine = cs.Machine(statement.tables, OPTIONS)
    random = np.random.default_rng(1)
    posted, taken = (traces["table_2"][:, column] != 0 for column in (1, 18))
    # posting and not, taking and not, first and last
    rows = {0, len(posted) - 1}
    for group in (posted, ~posted, taken, ~taken):
        rows.add(int(random.choice(np.flatnonzero(group))))
    for column in range(34):
        for row in rows:
            trace = traces["table_2"].copy()
            trace[row, column] = (int(trace[row, column]) + 1) % P
            assert not machine.check({**traces, "table_2": trace}), (row, column)


def test_pairs_of_different_rows_are_noticed(small):
    """Two rows taken swap one value, on the two buses that carry it: the numbers tell."""
    statement, _, traces = small
    trace = traces["table_0"].copy()
    first, second = np.flatnonzero(trace[:, 18])[:2]
    trace[[first, second], 21] = trace[[second, first], 21]
    assert not cs.Machine(statement.tables, OPTIONS).check({**traces, "table_0": trace})


def test_round_trip_and_refusals(small):
    statement, _, traces = small
    proof = SMALL.prove(OPTIONS)
    assert LookupBench.verify(proof.to_bytes(), OPTIONS, min_security=0) == {"scale": MAX_SCALE}
    machine = cs.Machine(statement.tables, OPTIONS)
    trace = traces["table_3"].copy()
    row = np.flatnonzero(trace[:, 1])[0]
    trace[row, 4] = (int(trace[row, 4]) + 1) % P
    forged = prove_anyway(machine, {**traces, "table_3": trace}, None, (), proof.claim)
    with pytest.raises(cs.VerificationError) as refusal:
        LookupBench.verify(forged.to_bytes(), OPTIONS, min_security=0)
    assert refusal.value.reason is Reason.BUS_SUM


def test_seeds_matter():
    other = LookupBench(scale=MAX_SCALE, seed=6).prepare().traces["table_3"]
    assert not np.array_equal(other, SMALL.prepare().traces["table_3"])


@pytest.mark.parametrize("claim", [{}, {"scale": -1}, {"scale": MAX_SCALE + 1}, {"scale": "0"}])
def test_senseless_claims_are_refused(claim):
    with pytest.raises(cs.StatementError):
        LookupBench.read_statement(claim)
