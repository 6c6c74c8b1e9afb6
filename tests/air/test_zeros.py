"""`Air.width` and `Air.zeros`."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs


class Groups(cs.Air):
    columns = {"pc": (), "state": (5, 5), "limb": 4}

    def constrain(self, t):
        t.every_row.boolean(t.now.pc)


class Listed(cs.Air):
    columns = ("used",)
    preprocessed = ("value",)

    def preprocessed_trace(self):
        return np.arange(16).reshape(16, 1)

    def constrain(self, t):
        t.receive("value", [t.preprocessed.value], count=t.now.used)


@pytest.mark.parametrize(
    ("columns", "width"),
    [(3, 3), (np.int64(2), 2), (("a", "b"), 2), (["a"], 1), ({"a": (), "b": (2, 3)}, 7), ((), 0)],
)
def test_width_is_what_is_declared(columns, width):
    air = cs.Air()
    air.columns = columns
    assert air.width == width


def test_width_is_what_a_machine_reads():
    air = Groups()
    assert air.width == cs.Machine({"groups": air}).descriptions[0].width == 30


def test_a_table_may_use_the_name_for_something_else():
    class Range(cs.Air):
        columns = ("a", "b")

        def __init__(self, width):
            self.width = width

        def constrain(self, t):
            t.every_row.zero(t.now.a * self.width + t.now.b)

    assert Range(5).width == 5
    assert Range(5).zeros(8).shape == (8, 2)
    assert cs.Machine({"range": Range(5)}).check({"range": Range(5).zeros(8)})


def test_zeros_are_a_trace():
    air = Groups()
    trace = air.zeros(16)
    assert trace.shape == (16, 30) and trace.dtype == np.uint64
    assert trace.flags.c_contiguous and trace.flags.writeable and not trace.any()
    air.view(trace).state[:, 2, 3] = 9
    assert trace[7, 1 + 13] == 9
    assert air.zeros(np.int64(8)).shape == (8, 30)


def test_a_fixed_height_need_not_be_said():
    air = Groups()
    air.rows = 32
    assert air.zeros().shape == air.zeros(32).shape == (32, 30)
    assert Listed().zeros().shape == (16, 1)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (None, "'Groups' has no fixed height: say the number of rows"),
        (7, "'Groups': 7 rows; the number of rows is a power of two, from 8"),
        (4, "4 rows; the number"),
        (0, "0 rows; the number"),
        (-8, "-8 rows; the number"),
        (1 << 40, "1099511627776 rows"),
        (8.0, "8.0 rows; it must be an int"),
        (True, "True rows; it must be an int"),
        ((8, 2), r"\(8, 2\) rows; it must be an int"),
    ],
)
def test_impossible_heights(rows, message):
    with pytest.raises(cs.TraceError, match=message) as caught:
        Groups().zeros(rows)
    assert caught.value.table == "Groups"


def test_another_height_than_the_only_one():
    air = Groups()
    air.rows = 32
    with pytest.raises(cs.TraceError, match="'Groups' always has 32 rows, not 16"):
        air.zeros(16)


def test_a_wrong_declaration_is_said_as_elsewhere():
    air = cs.Air()
    air.columns = "a b"
    for ask in (lambda: air.width, lambda: air.zeros(8)):
        with pytest.raises(cs.AirError, match="write"):
            ask()
