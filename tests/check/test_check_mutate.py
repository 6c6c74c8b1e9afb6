"""Free cells: the local judgement of a change is that of a full check."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.check.mutate import find_free_cells
from tests.oracles import plain_check, zoo


def is_valid(machine, traces, publics, tokens):
    """By the slow oracle, from scratch."""
    named = dict(zip(machine.tables, machine.descriptions, strict=True))
    return not plain_check.imbalances(named, traces, publics, tokens) and not any(
        plain_check.violations(d, traces[n], publics.get(n, ())) for n, d in named.items()
    )


@pytest.mark.parametrize(
    "case",
    [
        zoo.fibonacci(3),
        zoo.cubic(3),
        zoo.ring(3),
        zoo.lookup(2, 3, 3, tokens=True),
    ],
    ids=["fibonacci", "cubic", "ring", "lookup"],
)
def test_reports_exactly_the_changes_that_stay_valid(case):
    import cstark.check.mutate as mutate

    machine = case.machine()
    traces = [case.traces[name] for name in case.tables]
    publics = [case.publics.get(name, ()) for name in case.tables]
    assert is_valid(machine, case.traces, case.publics, case.tokens)
    rng = np.random.default_rng(3)
    for table, name in enumerate(case.tables):
        description, trace = machine.descriptions[table], traces[table]
        rows = np.arange(len(trace))
        for column in range(description.width):
            old = trace[:, column].copy()
            for new in mutate._changes(old, old, rng):
                found = mutate.unnoticed(description, trace, publics[table], column, rows, new)
                expected = []
                for row in rows:
                    changed = trace.copy()
                    changed[row, column] = new[row]
                    if is_valid(machine, {**case.traces, name: changed}, case.publics, case.tokens):
                        expected.append(row)
                assert found.tolist() == expected, (name, column)


def test_free_cells_are_named():
    case = zoo.cubic(3)
    case.traces["cubic"][-1, 0] = case.traces["cubic"][-1, 0]
    machine = case.machine()
    free, changed = find_free_cells(machine.descriptions, [case.traces["cubic"]], [()], 1)
    assert changed == 24
    # x where the flag is 0 is bound by the transitions; the first x is tied to nothing but these
    again, _ = find_free_cells(machine.descriptions, [case.traces["cubic"]], [()], 1)
    assert free == again
