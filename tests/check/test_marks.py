"""Rows are shown with what marks them."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs


class Steps(cs.Air):
    """A program counter, a flag of two kinds of rows, and a message."""

    columns = {"pc": (), "kind": (2,), "x": ()}
    marks = ("kind", "pc")

    def constrain(self, t):
        t.every_row.boolean(t.now.kind)
        t.every_row.zero(t.now.x * (t.now.x - 1) * (t.now.x - 2), name="x is small")
        t.send("x", [t.now.x])


class Plain(Steps):
    """The same without marks."""

    marks = ()


def report_of(air, **cells):
    trace = air.zeros(8)
    view = air.view(trace)
    view.x = 1
    for column, value in cells.items():
        getattr(view, column)[5] = value
    tokens = [cs.Receive("x", [1], 8)]
    return cs.Machine({"steps": air}).check({"steps": trace}, tokens=tokens)


def test_marks_that_are_not_zero_are_shown():
    report = report_of(Steps(), x=3, pc=0x1_0008, kind=[0, 1])
    mark = "pc = 65544 (0x10008), kind[1] = 1"
    (violation,) = report.violations
    assert violation.mark == mark and violation.to_dict()["mark"] == mark
    assert f"table 'steps', row 5 [{mark}]: 'x is small'" in str(report)
    touches = [touch for one in report.imbalances for touch in one.touches]
    assert mark in {touch.mark for touch in touches if touch.row == 5}
    assert f"table 'steps', row 5 [{mark}] (" in str(report)


def test_a_small_number_is_shown_once():
    report = report_of(Steps(), x=3, pc=4095)
    assert report.violations[0].mark == "pc = 4095"
    assert report_of(Steps(), x=3, pc=4096).violations[0].mark == "pc = 4096 (0x1000)"


@pytest.mark.parametrize(("air", "cells"), [(Plain(), {"pc": 7}), (Steps(), {})])
def test_rows_without_marks(air, cells):
    report = report_of(air, x=3, **cells)
    assert report.violations[0].mark == ""
    assert "table 'steps', row 5: 'x is small'" in str(report)


def test_several_traces_of_a_table():
    """Each row is that of its own trace."""

    class Several(Steps):
        stands = "any"

    air = Several()
    good, bad = air.zeros(8), air.zeros(8)
    air.view(bad).x[2], air.view(bad).pc[2] = 9, 11
    tokens = [cs.Receive("x", [0], 15)]
    report = cs.Machine({"steps": air}).check({"steps": [good, bad]}, tokens=tokens)
    assert [one.mark for one in report.violations] == ["pc = 11"]


@pytest.mark.parametrize(
    ("marks", "match"),
    [("pc", "`marks` is 'pc'; it must be a tuple of names"),
     (("p",), "`marks` names 'p', which is no column"), ((3,), "`marks` names 3")],
)  # fmt: skip
def test_marks_that_are_none(marks, match):
    air = Steps()
    air.marks = marks
    with pytest.raises(cs.AirError, match=match):
        cs.Machine({"steps": air})


def test_proofs_do_not_depend_on_it():
    keys = [cs.Machine({"steps": air}).verifying_key().digest for air in (Steps(), Plain())]
    assert keys[0] == keys[1]
    assert np.array_equal(Steps().zeros(8), Plain().zeros(8))
