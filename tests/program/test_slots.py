"""Slots: little room changes what is loaded when, never what a program computes."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.kernels import _program
from cstark.kernels._program import OPERATIONS, Bound
from cstark.program._lowering import NodeLowering
from cstark.program._operations import PERIODIC, Operations
from cstark.program._slots import schedule
from cstark.program.builder import SOURCES, Builder

ROWS = 8
WIDTH = 37
LOADS = (OPERATIONS["load"], OPERATIONS["load4"])


def sums_of_columns(order):
    """Each column, and its product with the first, is tested once, in the order given."""
    operations = Operations()
    columns = [operations.new_column(0, k, 1) for k in range(WIDTH)]
    for test, k in enumerate(order):
        inputs = [(columns[0], 0, 0), (columns[k], 1, 0)]
        product = operations.record(OPERATIONS["mul"], 1, inputs, [])
        operations.record(OPERATIONS["test"], 0, [(product, 0, 0)], [test, 0])
    return operations


def failing(operations, budget, trace, tests):
    code, terms, slots = schedule(operations, [WIDTH, 0, 0], budget)
    nothing = np.empty((0, 3), dtype=np.uint64)
    none = np.empty(0, dtype=np.uint64)
    matrices = [trace, None, None]
    bound = Bound(code, terms, slots, none, nothing, nothing, none, matrices, [], ROWS, tests, 0)
    loads = int(np.isin(code[:, 0], LOADS).sum())
    return _program.test_rows(bound, 0, ROWS), slots, loads


@pytest.mark.parametrize("seed", range(5))
def test_any_budget_computes_the_same(seed):
    rng = np.random.default_rng(seed)
    order = rng.integers(0, WIDTH, 150)
    trace = rng.integers(0, 3, (ROWS, WIDTH), dtype=np.uint64)
    operations = sums_of_columns(order)
    expected = [int(np.count_nonzero(trace[:, 0] * np.roll(trace[:, k], -1))) for k in order]
    found = {}
    for budget in (1, 2, 3, 6, 7, 12, 20, 64, 256):
        results, slots, found[budget] = failing(operations, budget, trace, len(order))
        assert [failures for failures, _ in results] == expected
        assert slots <= max(budget, 6)  # a load of four beside two operands
    assert found[256] < found[12] < found[6]


def test_the_column_used_last_is_dropped_first():
    """Not the one used last before, nor the one loaded first: 15 is read again after 5 and 10."""
    operations = sums_of_columns([5, 10, 15, 20, 5, 10, 15, 20])
    code, _, _ = schedule(operations, [WIDTH, 0, 0], 5)
    loaded = [int(line[3]) for line in code if line[0] == OPERATIONS["load"]]
    assert loaded == [0, 5, 10, 15, 20, 15]


def test_more_than_the_budget_is_used_where_nothing_can_be_dropped():
    operations = Operations()
    column = (operations.new_column(0, 0, 1), 0, 0)
    made = [operations.record(OPERATIONS["square"], 1, [column], []) for _ in range(100)]
    for test, value in enumerate(made):
        operations.record(OPERATIONS["test"], 0, [(value, 0, 0)], [test, 0])
    trace = np.arange(ROWS * WIDTH, dtype=np.uint64).reshape(ROWS, WIDTH)
    results, slots, loads = failing(operations, 10, trace, 100)
    assert results == [(ROWS - 1, 1)] * 100
    assert (slots, loads) == (100, 1)  # the last square takes the slot of the column


def test_operations_that_make_no_sense_are_refused():
    operations = Operations()
    with pytest.raises(ValueError, match="source 4"):
        operations.new_column(PERIODIC + 1, 0, 1)
    with pytest.raises(ValueError, match="width 2"):
        operations.new_column(0, 0, 2)
    with pytest.raises(ValueError, match="value 0, which is not made"):
        operations.record(OPERATIONS["square"], 1, [(0, 0, 0)], [])
    operations.new_column(0, 3, 3)
    with pytest.raises(ValueError, match="word 3 and its width of 3"):
        schedule(operations, [5, 0, 0], 10)
    with pytest.raises(ValueError, match="budget"):
        schedule(operations, [6, 0, 0], 0)


def test_nodes_that_do_not_come_before_their_reader_are_refused():
    nodes = [("column", "main", 0, 0), ("add", 0, 1)]
    with pytest.raises(ValueError, match="node 1 reads nodes 0 and 1"):
        NodeLowering(nodes, [1], Builder(), SOURCES)
    with pytest.raises(IndexError, match="no node 7"):
        NodeLowering(nodes[:1], [7], Builder(), SOURCES)
