"""A fixed list: what is in it, what is not, and that the list is not the prover's."""

from __future__ import annotations

import numpy as np
import pytest
from attack import Case

import cstark as cs
from cstark.gadgets import LookupTable

P = cs.P
CUBES = [[x, x**3] for x in range(-4, 5)]


class Asks(cs.Air):
    columns = ("x", "cube")
    publics = ("last",)

    def constrain(self, t: cs.Table) -> None:
        t.last_row.equal(t.now.cube, t.publics.last)
        t.send("lookup", [t.now.x, t.now.cube], name="asked")


def case(numbers: list[int], listed: list[list[int]] = CUBES) -> Case:
    table = LookupTable(listed)
    asked = np.array([[x % P, x**3 % P] for x in numbers], dtype=np.uint64)
    return Case(
        {"asks": Asks(), "list": table},
        {"asks": asked, "list": table.trace(asked)},
        {"asks": [int(asked[-1, 1])]},
    )


def test_what_is_in_the_list():
    honest = case([1, 2, -3, 4, -4, 1, 1, 0])
    assert honest.honest["list"].sum() == 8
    machine = cs.Machine(honest.tables)
    counted = machine.count({"asks": honest.honest["asks"]}, "lookup")
    assert np.array_equal(counted, honest.honest["list"][:, 0])


@pytest.mark.parametrize(("x", "cube"), [(2, 9), (5, 125), (0, 1), (P - 2, 8)])
def test_what_is_not_in_the_list(x, cube):
    honest = case([1, 2, -3, 4, -4, 1, 1, 0])
    traces = honest.traces()
    traces["asks"][3] = x, cube
    honest.forged(traces, "asked", bus="lookup", repaired={"list": np.zeros_like(traces["list"])})


def test_padding_repeats_the_last_row_and_allows_nothing_else():
    table = LookupTable(CUBES)
    assert table.rows == 16 and table.zeros().shape == (16, 1)
    rows = table.preprocessed_trace()
    assert rows[:9].tolist() == [[x % P, y % P] for x, y in CUBES]
    assert (rows[9:] == rows[8]).all()
    assert not rows.flags.writeable
    counts = table.trace([CUBES[8], CUBES[8]])
    assert counts[8] == 2 and counts.sum() == 2, "the first of equals"


def test_a_row_of_the_list_may_be_counted_as_any_of_its_equals():
    """Whatever count a row has, it is a row of the list."""
    honest = case([4] * 8)
    traces = honest.traces()
    assert traces["list"][8, 0] == 8
    traces["list"][:, 0] = 0
    traces["list"][[8, 15], 0] = 3, 5
    assert cs.Machine(honest.tables).check(traces, honest.publics)


def test_another_list_is_another_key():
    keys = {
        cs.Machine({"asks": Asks(), "list": LookupTable(rows)}).verifying_key().to_json()
        for rows in (CUBES, CUBES[:-1], CUBES[::-1])
    }
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "shape"),
        ([1, 2], "shape"),
        (np.zeros((3, 0), dtype=int), "shape"),
        ([[1], [1, 2]], "different lengths"),
        ([[0.5]], "0.5, which is no integer"),
        ([[P]], "no integer from 1 - p"),
        ([[-P]], "no integer from 1 - p"),
        pytest.param([[10**5000]], "no integer from 1 - p", id="long"),
        ([[None]], "no integer from 1 - p"),
    ],
)
def test_what_is_no_list(rows, message):
    with pytest.raises(cs.AirError, match=message):
        LookupTable(rows)


def test_bad_messages_are_named():
    table = LookupTable(CUBES)
    with pytest.raises(cs.TraceError, match=r"\(2, 9\) is not in the list"):
        table.trace([[2, 9]])
    with pytest.raises(cs.TraceError, match=r"shape \(1, 3\), not \(n, 2\)"):
        table.trace([[2, 8, 1]])
