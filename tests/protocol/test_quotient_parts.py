"""Constraints of tables that share a code with taller ones: on no more points than they need."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack

import numpy as np
import pytest

from cstark.protocol import hidden_quotients, quotients
from cstark.protocol.hidden_quotients import quotient_parts
from cstark.protocol.layout import Layout
from cstark.protocol.masked import added, values_on
from tests.attacks.toolkit import changed
from tests.oracles import zoo


def rows_by_program(machine, case):
    """How many rows each program of constraints is run on, by the rows of its code's points."""
    found = Counter()
    before = quotients.evaluate_quotients

    def counting(calls):
        for together in calls:
            for call in together:
                found[len(call[3])] += len(call[3])
        before(calls)

    with ExitStack() as stack:
        for module in (quotients, hidden_quotients):
            stack.enter_context(changed(module, "evaluate_quotients", counting))
        case.verify(machine, case.prove(machine, insecure_seed=bytes(32)))
    return found


# Of Cubic, whose degree is 3: tall ones, and such as are encoded as high as these.
@pytest.mark.parametrize("heights", [(6, 5), (6, 5, 5), (6, 5, 4)])
def test_half_as_tall_half_the_work(heights):
    case = zoo.together(*(zoo.cubic(log_rows) for log_rows in heights))
    machine = case.machine(zk=True, queries=6, tall=True)
    layout = Layout(machine.verifying_key(), heights)
    [quotient] = layout.quotients
    assert quotient.tall and quotient.tables == tuple(range(len(heights)))
    key = machine.proving_key
    length = key.fold_length(quotient)
    found = rows_by_program(machine, case)
    expected = Counter()
    for log_rows in heights:
        expected[1 << log_rows] += quotient.chunks << log_rows
        expected[2 * length] += 2 * length
    assert found == expected


def test_tables_of_a_few_rows_need_only_the_points_of_the_remainder():
    heights = (5, 4, 3)
    case = zoo.together(*(zoo.cubic(log_rows) for log_rows in heights))
    machine = case.machine(zk=True, queries=6)
    layout = Layout(machine.verifying_key(), heights)
    [quotient] = layout.quotients
    assert not quotient.tall
    length = machine.proving_key.fold_length(quotient)
    assert length == 64  # 3 (18 - 1) + 3 coefficients, and 2 N more
    parts = quotient_parts(layout, quotient, length)
    assert [(part.log_rows, part.chunks) for part in parts] == [(5, 2), (4, 2), (3, 2)]
    longer = quotient_parts(layout, quotient, 2 * length)
    assert [(part.log_rows, part.chunks) for part in longer] == [(5, 0), (4, 0), (3, 0)]
    found = rows_by_program(machine, case)
    assert found == {32: 64, 16: 32, 8: 16, 2 * length: 3 * 2 * length}


def test_parts_of_a_plain_proof_are_none():
    case = zoo.together(zoo.cubic(5), zoo.cubic(4))
    layout = Layout(case.machine().verifying_key(), (5, 4))
    for quotient in layout.quotients:
        assert quotient_parts(layout, quotient, 1 << 10) == [quotient]


def test_polynomials_of_any_length_are_added_and_evaluated():
    random = np.random.default_rng(0)
    a, b = (random.integers(0, 2**63, (n, 3), dtype=np.uint64) for n in (21, 13))
    for one, other in ((a, b), (b, a), (a, b[:0]), (a.T.copy().T, b)):
        total = values_on(added(one, other), 7, 8).astype(object)
        parts = values_on(np.ascontiguousarray(one), 7, 8), values_on(other, 7, 8)
        assert not ((parts[0].astype(object) + parts[1] - total) % quotients.field.P).any()
