"""Violations against the plain reading of a description."""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import program_support as support
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.kernels import _runtime
from cstark.program import check_program

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracles"))
import plain_check


def expected(description, trace, publics):
    found = plain_check.violations(description, trace, publics)
    counts = Counter(index for index, _ in found)
    first = {index: row for index, row in reversed(found)}
    return [(index, counts[index], first[index]) for index in sorted(counts)]


def small_values(rng, shape):
    """Words for which random constraints often hold."""
    return rng.choice(np.array([0, 0, 1, support.P - 1], dtype=np.uint64), size=shape)


@pytest.mark.parametrize("isa", _runtime.isas())
@given(
    seed=st.integers(0, 2**32),
    log_rows=st.integers(3, 8),
    threads=st.sampled_from([1, 2, 3, 7]),
    dense=st.booleans(),
)
def test_random_tables(isa, seed, log_rows, threads, dense):
    rng = np.random.default_rng(seed)
    rows = 1 << log_rows
    description = support.random_table(rng, rows=rows, constraints=20, interactions=1)
    make = support.words if dense else small_values
    trace = make(rng, (rows, description.width))
    publics = make(rng, description.publics).tolist()
    program = check_program(description)
    with support.settings(isa, threads):
        found = program.violations(trace, description.preprocessed, publics)
        again = pickle.loads(pickle.dumps(program)).violations(
            trace, description.preprocessed, publics
        )
    assert found == expected(description, trace, publics) == again


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_few_failures_in_many_rows(threads):
    rng = np.random.default_rng(1)
    from cstark.air.description import Constraint, assemble
    from cstark.air.nodes import NodeList

    nodes = NodeList()
    now, following = nodes.column("main", 0, 0), nodes.column("main", 0, 1)
    step = nodes.operation("sub", following, nodes.operation("add", now, nodes.constant(1)))
    description = assemble(
        name="counter",
        column_names=("n",),
        preprocessed_names=(),
        public_names=(),
        periodic_names=(),
        periodic=(),
        rows=None,
        source=nodes,
        interactions=[],
        constraints=[Constraint(s, step, 1) for s in ("transition", "cyclic")],
        preprocessed=None,
    )
    rows = 1 << 14
    trace = np.arange(rows, dtype=np.uint64).reshape(rows, 1)
    program = check_program(description)
    with support.settings(threads=threads):
        assert program.violations(trace, None, ()) == [(1, 1, rows - 1)]
        bad = sorted(rng.choice(np.arange(1, rows - 1), 5, replace=False).tolist())
        trace[bad, 0] = 5 * rows
        found = program.violations(trace, None, ())
    failing = {row - d for row in bad for d in (0, 1)}
    assert found == [
        (0, len(failing), min(failing)),
        (1, len(failing) + 1, min(failing)),
    ]
