"""Permutations and sorted rows, and rows that were lost, made up or out of order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from attack import Case

import cstark as cs
from cstark.gadgets import Limbs, RangeTable, Sorted, permutation

P = cs.P
SIZE = Limbs(6, 3)


class Shuffled(cs.Air):
    columns = {"before": (2,), "after": (2,)}
    publics = ("last",)

    def constrain(self, t: cs.Table) -> None:
        permutation(t, "shuffle", t.now.before, t.now.after)
        t.last_row.equal(t.now.after[0], t.publics.last)


@pytest.mark.parametrize("false", [[5, 6], [0, 2], [3, 1], [2, 2], [0, 0]])
def test_rows_that_are_not_those_before(false):
    """Made up, with cells exchanged between rows or in a row, twice, or lost."""
    rows = np.array([[1, 3], [0, 1], [0, 1], [4, 4], [7, 0], [1, 2], [1, 1], [2, 2]], np.uint64)
    trace = np.concatenate([rows, rows[np.argsort(rows[:, 1], kind="stable")]], axis=1)
    honest = Case({"shuffled": Shuffled()}, {"shuffled": trace}, {"shuffled": [int(trace[-1, 2])]})
    traces = honest.traces()
    traces["shuffled"][-1, 2:] = false

    honest.forged(traces, "before", "after", bus="shuffle", publics={"shuffled": [false[0]]})


class Numbers(cs.Air):
    columns = {"x": (), "limbs": SIZE.shape, "extra": ()}

    def constrain(self, t: cs.Table) -> None:
        SIZE.state(t, t.now.x, t.now.limbs)
        t.send("sorted", [t.now.x, t.now.extra], name="before")


X = np.array([9, 60, 3, 3, 0, 63, 17, 18], dtype=np.uint64)


def case() -> Case:
    table = Sorted(SIZE, values=1)
    extra = np.arange(8, dtype=np.uint64)
    ordered = table.trace(X, extra[:, None])
    limbs = SIZE.split(X)
    sent = SIZE.sent(limbs), SIZE.sent(table.view(ordered).gap)
    assert table.view(ordered).key.tolist() == sorted(X.tolist())
    return Case(
        {"numbers": Numbers(), "sorted": table, "range": RangeTable(3)},
        {
            "numbers": np.column_stack([X, limbs, extra]),
            "sorted": ordered,
            "range": RangeTable(3).trace(*sent),
        },
    )


def test_rows_out_of_order():
    """A step down is p minus something, which is no sum of limbs in the range."""
    honest = case()
    traces = honest.traces()
    cells = honest.tables["sorted"].view(traces["sorted"])
    for name in ("key", "values"):
        cells[name] = cells[name][[0, 1, 2, 4, 3, 5, 6, 7]].copy()
    keys = [int(k) for k in cells.key]
    steps = [0, *((b - a) % P for a, b in pairwise(keys))]
    cells.step = np.array(steps, dtype=np.uint64)
    cells.gap[:, 0], cells.gap[:, 1] = cells.step % 8, cells.step // 8
    cells.gap[4] = [steps[4], 0]
    sent = np.concatenate([cells.gap.reshape(-1), SIZE.split(X).reshape(-1)])
    traces["range"] = RangeTable(3).trace(sent[sent < 8])
    none = {"range": RangeTable(3).trace([])}
    honest.forged(traces, "limb", bus="range", repaired=none)
    cells.gap[4] = 0
    sent = np.concatenate([cells.gap.reshape(-1), SIZE.split(X).reshape(-1)])
    traces["range"] = RangeTable(3).trace(sent)
    honest.forged(traces, "sum of limbs")
    cells.step[4] = 0
    honest.forged(traces, "keys grow")


def test_other_rows():
    honest = case()
    for place, value in ((0, 1), (7, 62)):
        traces = honest.traces()
        cells = honest.tables["sorted"].view(traces["sorted"])
        cells.key[place] = value
        cells.step[1:] = np.diff(cells.key)
        cells.gap = SIZE.split(cells.step)
        sent = SIZE.sent(SIZE.split(X)), SIZE.sent(cells.gap)
        traces["range"] = RangeTable(3).trace(*sent)
        honest.forged(traces, "before", "after", bus="sorted")


def test_a_value_that_went_with_another_key():
    honest = case()
    traces = honest.traces()
    cells = honest.tables["sorted"].view(traces["sorted"])
    cells["values"][:2] = cells["values"][1::-1].copy()
    honest.forged(traces, "before", "after", bus="sorted")


def test_the_first_row_has_no_step():
    honest = case()
    traces = honest.traces()
    cells = honest.tables["sorted"].view(traces["sorted"])
    cells.step[0], cells.gap[0] = 5, [5, 0]
    sent = SIZE.sent(SIZE.split(X)), SIZE.sent(cells.gap)
    traces["range"] = RangeTable(3).trace(*sent)
    honest.forged(traces, "no step above the first row")


def test_a_table_has_no_other_rows_than_are_sent():
    """So it cannot be filled up, which is said before any work."""
    honest = case()
    machine = cs.Machine(honest.tables, cs.Options(queries=6, grinding=0))
    with pytest.raises(cs.TraceError, match=r"'sorted': .* they send 8") as refused:
        machine.prove(honest.honest, pad_to={"sorted": 32})
    assert refused.value.table == "sorted"


def test_bad_arguments_are_named():
    with pytest.raises(cs.AirError, match="2 columns before and 1 after"):
        permutation(None, "x", [0, 0], [0])
    with pytest.raises(cs.AirError, match="gap must be Limbs"):
        Sorted(16)
    with pytest.raises(cs.AirError, match="gap has 33 bits"):
        Sorted(Limbs(33))
    with pytest.raises(cs.AirError, match="values must be an integer from 0"):
        Sorted(SIZE, values=-1)
    with pytest.raises(cs.TraceError, match="64 has more than 6 bits"):
        Sorted(SIZE).trace([64, 0, 0, 0, 0, 0, 0, 0])
    with pytest.raises(cs.TraceError, match=r"values of shape \(8, 0\), not \(8, 1\)"):
        Sorted(SIZE, values=1).trace([0] * 8)
