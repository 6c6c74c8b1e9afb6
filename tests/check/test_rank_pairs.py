"""Pairs of flags that can be turned over together, and cells that can be exchanged."""

from __future__ import annotations

import numpy as np

import cstark as cs
from cstark.check import pairs


class OneOfTwo(cs.Air):
    """Exactly one flag is 1: which, nobody says."""

    columns = ("left", "right", "x", "y")
    preprocessed = ("sum",)

    def preprocessed_trace(self):
        return np.full((8, 1), 30, dtype=np.uint64)

    def constrain(self, t):
        now = t.now
        t.every_row.boolean(now.left, now.right)
        t.every_row.equal(now.left + now.right, 1)
        t.every_row.equal(now.x + now.y, t.preprocessed.sum)
        t.every_row.equal(now.x * now.y, 200)


def test_flags_and_exchanges():
    trace = np.array([[1, 0, 10, 20]] * 8, dtype=np.uint64)
    report = cs.Machine({"table": OneOfTwo()}).check({"table": trace}, mutate=1)
    assert report.valid and not report and not report.mutations.free
    found = {one.columns: one for one in report.rank.undetermined}
    assert {("left", "right"), ("x", "y")} <= set(found)
    for columns, old, new in (
        (("left", "right"), (1, 0), (0, 1)),
        (("x", "y"), (10, 20), (20, 10)),
    ):
        one = found[columns]
        assert (one.old, one.new) == (old, new) and one.rows >= 4
        changed = trace.copy()
        changed[one.row, [OneOfTwo.columns.index(c) for c in columns]] = new
        assert cs.Machine({"table": OneOfTwo()}).check({"table": changed}).valid


def test_what_is_declared_is_left_alone():
    class Declared(OneOfTwo):
        inputs = ("left", "x")

    trace = np.array([[1, 0, 10, 20]] * 8, dtype=np.uint64)
    assert cs.Machine({"table": Declared()}).check({"table": trace}, mutate=1)

    class Explained(OneOfTwo):
        def free_cells(self, cells):
            return [cs.FreeCells(("left", "x"), cells.left == 1, "either")]

    assert cs.Machine({"table": Explained()}).check({"table": trace}, mutate=1)


def test_large_tables_are_not_gone_through():
    description = cs.Machine({"table": OneOfTwo()}).descriptions[0]
    rows = 2 * pairs.MOST_CHANGES // 6
    trace = np.tile(np.array([[1, 0, 10, 20]], dtype=np.uint64), (rows, 1))
    assert pairs.find_free_pairs(description, trace, (), ()) == []
