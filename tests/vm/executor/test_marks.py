"""Rows of every table at places along a run."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.vm.executor import COUNT, run
from cstark.vm.executor.marks import Marks
from tests.vm import encode
from tests.vm.guests import Guest, exit_with, li

LOOP = [*li(5, 3000), encode.i("addi", 5, 5, -1), encode.b("bne", 5, 0, -4), *exit_with()]


@pytest.mark.parametrize(("step", "most"), [(7, 4096), (16, 10), (1, 2), (4096, 3), (10**6, 5)])
def test_marks_are_what_a_run_of_so_many_rows_counts(step, most):
    guest = Guest(LOOP)
    marks = Marks(step, most)
    hart = guest.start(mode=COUNT)
    run(hart, guest.code, marks=marks)
    rows, tables = marks.rows, marks.tables
    assert rows[0] == 0 and rows[-1] == hart.rows and len(rows) == len(tables) <= most + 2
    assert np.array_equal(tables[-1], hart.table_rows) and not tables[0].any()
    assert (np.diff(rows[:-1]) == marks.step).all()
    assert marks.step >= step and len(rows) - 2 == (hart.rows - 1) // marks.step
    for k in range(1, len(rows) - 1, max(1, len(rows) // 8)):
        other = guest.start(mode=COUNT)
        other.run(int(rows[k]))
        assert np.array_equal(other.table_rows, tables[k])


def test_progress_is_told_as_without_marks(monkeypatch):
    from cstark.vm.executor import start

    monkeypatch.setattr(start_module(start), "STEP", 1000)
    told: dict[bool, list[int]] = {True: [], False: []}
    for marked in told:
        guest = Guest(LOOP)
        run(guest.start(mode=COUNT), guest.code, progress=told[marked].append,
            marks=Marks(64) if marked else None)  # fmt: skip
    assert told[True] == told[False] and told[True][0] == 1000


def start_module(function):
    import sys

    return sys.modules[function.__module__]
