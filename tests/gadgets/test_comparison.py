"""Comparison of limbs: small and wide numbers, and each check with a false comparison."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from attack import Case

import cstark as cs
from cstark.gadgets import LessThan, RangeTable

P = cs.P


class Pairs(cs.Air):
    """Two numbers a row, and in public whether those of the last row are in order."""

    publics = ("less",)

    def __init__(self, less: LessThan) -> None:
        self.less = less
        self.columns = dict.fromkeys(("a", "b", "borrow", "difference"), less.shape)

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        less = self.less.state(t, now.a, now.b, now.borrow, now.difference)
        for limb in [*now.a, *now.b]:
            t.send("range", [limb], name="operand")
        t.last_row.equal(less, t.publics.less)


def limbs_of(numbers: list[int], less: LessThan) -> np.ndarray:
    mask = (1 << less.bits) - 1
    return np.array(
        [[n >> less.bits * i & mask for i in range(less.limbs)] for n in numbers], dtype=np.uint64
    )


def case(less: LessThan, a: list[int], b: list[int]) -> Case:
    x, y = limbs_of(a, less), limbs_of(b, less)
    borrow, difference = less.fill(x, y)
    table = RangeTable(less.bits)
    return Case(
        {"pairs": Pairs(less), "range": table},
        {
            "pairs": np.concatenate([x, y, borrow, difference], axis=1),
            "range": table.trace(x, y, difference),
        },
        {"pairs": [int(a[-1] < b[-1])]},
    )


@pytest.mark.parametrize(("limbs", "bits"), [(1, 3), (2, 3), (4, 8), (32, 8), (3, 24)])
def test_fill_is_subtraction(limbs, bits):
    less = LessThan(limbs, bits)
    top = (1 << limbs * bits) - 1
    some = [0, 1, top, top - 1, top // 3, top // 2, 1 << bits * limbs // 2]
    a, b = zip(*itertools.product(some, some), strict=True)
    borrow, difference = less.fill(limbs_of(a, less), limbs_of(b, less))
    assert borrow[:, -1].tolist() == [int(x < y) for x, y in zip(a, b, strict=True)]
    assert (
        difference.tolist()
        == limbs_of([(x - y) % (top + 1) for x, y in zip(a, b, strict=True)], less).tolist()
    )


@pytest.mark.parametrize(("a", "b"), [(5, 6), (6, 5), (6, 6), (0, 2**24 - 1), (2**24 - 1, 0)])
def test_round_trip(a, b):
    assert case(LessThan(3), [a] * 8, [b] * 8)


def forged_difference(a: int, b: int, borrow: list[int], culprit: str) -> None:
    """The borrows are as given, the differences what the equations make of them."""
    less = LessThan(2, 4)
    honest = case(less, [a] * 8, [b] * 8)
    traces = honest.traces()
    cells = honest.tables["pairs"].view(traces["pairs"])
    cells.borrow[-1] = borrow
    before = 0
    for place in range(2):
        x, y = int(cells.a[-1, place]), int(cells.b[-1, place])
        cells.difference[-1, place] = (x - y - before + 16 * borrow[place]) % P
        before = borrow[place]
    all_sent = np.concatenate([cells.a, cells.b, cells.difference], axis=1)
    table = RangeTable(4)
    traces["range"] = table.trace(all_sent[all_sent < 16])
    is_bus = culprit.startswith("difference")
    others = np.concatenate([cells.a, cells.b], axis=1)
    honest.forged(
        traces,
        culprit,
        bus="range" if is_bus else "",
        publics={"pairs": [borrow[-1]]},
        repaired={"range": table.trace(others)} if is_bus else {},
    )


def test_a_smaller_number_said_not_to_be():
    forged_difference(3, 200, [0, 0], "difference")
    forged_difference(0x13, 0x33, [0, 0], "difference")


def test_a_larger_number_said_to_be_smaller():
    forged_difference(200, 3, [0, 1], "difference")
    forged_difference(7, 7, [1, 1], "difference")


def test_a_borrow_that_is_no_flag():
    """A borrow of -1/16 of the limb: the difference is in the range, the flag is none."""
    less = LessThan(1, 4)
    honest = case(less, [9] * 8, [4] * 8)
    traces = honest.traces()
    cells = honest.tables["pairs"].view(traces["pairs"])
    borrow = pow(16, -1, P)
    cells.borrow[-1, 0] = borrow
    cells.difference[-1, 0] = 6  # 9 - 4 + 1
    traces["range"] = RangeTable(4).trace(cells.a, cells.b, cells.difference)
    honest.forged(traces, "borrow", publics={"pairs": [borrow]})


def test_a_difference_of_other_numbers():
    less = LessThan(2, 4)
    honest = case(less, [9] * 8, [4] * 8)
    traces = honest.traces()
    cells = honest.tables["pairs"].view(traces["pairs"])
    cells.borrow[-1] = [1, 1]
    cells.difference[-1] = [3, 3]
    traces["range"] = RangeTable(4).trace(cells.a, cells.b, cells.difference)
    honest.forged(traces, "subtraction", publics={"pairs": [1]})


def test_operands_must_be_in_range():
    """Why the limbs of both numbers are looked up by the table that makes them."""
    less = LessThan(1, 4)
    honest = case(less, [9] * 8, [4] * 8)
    traces = honest.traces()
    cells = honest.tables["pairs"].view(traces["pairs"])
    cells.b[-1, 0] = 24  # 9 - 24 + 16 = 1; 9 - 4 = 5 with b = 4
    cells.borrow[-1, 0], cells.difference[-1, 0] = 1, 1
    sent = np.concatenate([cells.a, cells.b, cells.difference], axis=1)
    traces["range"] = RangeTable(4).trace(sent[sent < 16])
    honest.forged(
        traces, "operand", bus="range", publics={"pairs": [1]},
        repaired={"range": RangeTable(4).trace(cells.difference)},
    )  # fmt: skip


def test_bad_arguments_are_named():
    for limbs in (0, 1025, 2.0, True):
        with pytest.raises(cs.AirError, match="LessThan: limbs must be an integer from 1 to 1024"):
            LessThan(limbs)
    with pytest.raises(cs.AirError, match="LessThan: bits"):
        LessThan(2, 2)
    with pytest.raises(cs.AirError, match="b has 1 limbs, not 2"):
        LessThan(2).state(None, [0, 0], [0], [0, 0], [0, 0])
    with pytest.raises(cs.TraceError, match="both must end in 2"):
        LessThan(2).fill([[1, 2]], [[1]])
    with pytest.raises(cs.TraceError, match="b has a limb of 256"):
        LessThan(1).fill([[1]], [[256]])
