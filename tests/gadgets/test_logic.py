"""Zero and not, and one flag of several: each equation with what it stands against."""

from __future__ import annotations

import numpy as np
import pytest
from attack import Case

import cstark as cs
from cstark.gadgets import inverse_or_zero, is_zero, nonzero, one_hot, one_hot_of

P = cs.P
X = np.array([0, 1, 2, P - 1, 0, 5, 1 << 32, 7], dtype=np.uint64)


class Zeros(cs.Air):
    columns = ("x", "inverse", "flag")

    def constrain(self, t: cs.Table) -> None:
        is_zero(t, t.now.x, t.now.inverse, t.now.flag)


def zeros() -> Case:
    trace = np.column_stack([X, inverse_or_zero(X), (X == 0).astype(np.uint64)])
    return Case({"zeros": Zeros()}, {"zeros": trace})


@pytest.mark.parametrize(
    ("row", "cells", "culprit"),
    [
        (0, [0, 0, 0], "flag of zero"),  # zero said not to be
        (1, [1, 0, 1], "flag of nonzero"),  # one said to be zero
        (5, [5, 1, P - 4], "flag of nonzero, no inverse of zero"),  # no flag at all
        (4, [0, 9, 1], "no inverse of zero"),  # the same statement with another cell
    ],
)
def test_a_false_flag(row, cells, culprit):
    honest = zeros()
    traces = honest.traces()
    traces["zeros"][row] = cells
    honest.forged(traces, *culprit.split(", "))


def test_zero_has_no_inverse():
    class Divisors(cs.Air):
        columns = ("x", "inverse", "quotient")

        def constrain(self, t: cs.Table) -> None:
            nonzero(t, t.now.x, t.now.inverse)
            t.every_row.equal(t.now.quotient * t.now.x, 6 * t.now.x)

    x = np.arange(1, 9, dtype=np.uint64)
    trace = np.column_stack([x, inverse_or_zero(x), np.full(8, 6, dtype=np.uint64)])
    honest = Case({"divisors": Divisors()}, {"divisors": trace})
    traces = honest.traces()
    traces["divisors"][3] = [0, 0, 77]
    honest.forged(traces, "has an inverse")


class Chosen(cs.Air):
    """Flags, and the number that they stand for, in public on the last row."""

    columns = {"active": (), "flags": (4,)}
    publics = ("number",)

    def constrain(self, t: cs.Table) -> None:
        t.every_row.boolean(t.now.active)
        t.last_row.equal(one_hot(t, t.now.flags, t.now.active), t.publics.number)


@pytest.mark.parametrize(
    ("flags", "culprit"),
    [
        ([0, 0, 2, P - 1], "flag"),  # sums up to 1, and stands for 1
        ([0, 1, 1, 0], "one of the flags"),
        ([0, 0, 0, 0], "one of the flags"),
    ],
)
def test_flags_that_are_not_one(flags, culprit):
    numbers = np.array([0, 1, 2, 3, 0, 1, 2, 3])
    active = (np.arange(8) % 2).astype(np.uint64)
    trace = np.column_stack([active, one_hot_of(numbers, 4) * active[:, None]])
    honest = Case({"chosen": Chosen()}, {"chosen": trace}, {"chosen": [3]})
    traces = honest.traces()
    traces["chosen"][-1, 1:] = flags
    number = sum(place * flag for place, flag in enumerate(flags)) % P
    honest.forged(traces, culprit, publics={"chosen": [number]})


def test_inverses():
    inverses = inverse_or_zero(X)
    assert [int(x) * int(y) % P for x, y in zip(X, inverses, strict=True)] == [
        int(x != 0) for x in X
    ]
    assert inverse_or_zero(X.reshape(2, 4)).shape == (2, 4)
    assert inverse_or_zero(np.uint64(0)) == 0


def test_bad_arguments_are_named():
    with pytest.raises(cs.TraceError, match="not below p"):
        inverse_or_zero([P])
    with pytest.raises(cs.TraceError, match="3 is not from 0 to 2"):
        one_hot_of([3], 3)
    with pytest.raises(cs.TraceError, match="negative"):
        one_hot_of([-1], 3)
    with pytest.raises(cs.AirError, match="no flags"):
        one_hot(None, [])
