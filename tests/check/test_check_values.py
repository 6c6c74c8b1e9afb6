"""Values of nodes against the oracle."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.check import evaluate_nodes, values
from cstark.check.values import NodeEvaluator, RowValues
from tests.check.check_support import elements, random_table, table
from tests.oracles import plain_check


@pytest.mark.parametrize("seed", range(25))
def test_nodes_agree_with_the_oracle(seed):
    generator = np.random.default_rng(seed)
    rows = 2 ** int(generator.integers(3, 6))
    description = random_table(generator, buses=[("x", 2)], rows=rows)
    trace = elements(generator, (rows, description.width))
    publics = elements(generator, description.publics).tolist()
    expected = plain_check.node_values(description, trace, publics)
    everything = list(range(len(description.nodes)))
    first = int(generator.integers(0, rows - 1))
    last = int(generator.integers(first + 1, rows + 1))
    for a, b in ((0, rows), (first, last), (rows - 1, rows)):
        found = evaluate_nodes(
            description, everything, trace, description.preprocessed, publics, a, b
        )
        for node in everything:
            assert found[node].dtype == np.uint64
            assert found[node].tolist() == expected[node][a:b].tolist()
    at_row = RowValues(description, trace, description.preprocessed, publics, last - 1)
    assert [at_row[node] for node in everything] == [column[last - 1] for column in expected]


def test_intermediate_values_are_not_confused_with_wanted_ones():
    generator = np.random.default_rng(5)
    description = random_table(generator)
    trace = elements(generator, (16, description.width))
    publics = elements(generator, description.publics).tolist()
    expected = plain_check.node_values(description, trace, publics)
    for _ in range(20):
        wanted = generator.choice(len(description.nodes), size=3).tolist()
        found = evaluate_nodes(
            description, wanted, trace, description.preprocessed, publics, 0, 16
        )
        assert [f.tolist() for f in found] == [expected[node].tolist() for node in wanted]


def test_blocks_cover_the_trace_and_leave_it_alone(monkeypatch):
    monkeypatch.setattr(values, "_BLOCK_WORDS", 1)
    rows = 1024

    def constrain(t):
        t.cyclic.zero(t.next.x - t.now.x * t.now.y)

    description = table("demo", ("x", "y"), constrain)
    trace = elements(np.random.default_rng(0), (rows, 2))
    trace.flags.writeable = False
    evaluator = NodeEvaluator(description, [description.constraints[0].node] * 2, trace, None, ())
    firsts, blocks = zip(*evaluator.blocks(), strict=True)
    assert firsts == tuple(range(0, rows, 256))
    expected = plain_check.node_values(description, trace)[description.constraints[0].node]
    for place in range(2):
        assert np.concatenate([block[place] for block in blocks]).tolist() == expected.tolist()
