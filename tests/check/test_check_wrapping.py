"""Messages that NumPy wrapped around at 2^64 are recognised, others are not."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark.check.wrapping import wrapped_around

X = np.uint64(0x7A5C_3B1D_9E21)  # of 47 bits: its square goes less than 2^32 times around


class Squares(cs.Air):
    """Sends x and its square, as the constraint computes it."""

    columns = ("x", "square")

    def constrain(self, t):
        t.every_row.equal(t.now.square, t.now.x * t.now.x)
        t.send("square", [t.now.x, t.now.square])


class List(cs.Air):
    """The squares as the author computed them."""

    columns = ("x", "square", "count")

    def constrain(self, t):
        t.receive("square", [t.now.x, t.now.square], count=t.now.count)


def report(wrapped):
    machine = cs.Machine({"squares": Squares(), "list": List()})
    x = np.full(8, X, dtype=np.uint64)
    squares = np.stack([x, cs.goldilocks.mul(x, x)], axis=1)
    rows = np.zeros((8, 3), dtype=np.uint64)
    rows[0] = X, wrapped, 8
    return machine.check({"squares": squares, "list": rows})


def test_a_wrapped_message_is_recognised():
    with np.errstate(over="ignore"):
        wrapped = X * X % np.uint64(cs.P)
    found = report(wrapped)
    sent = next(i for i in found.imbalances if i.surplus > 0)
    assert sent.wrapped == (int(X), int(wrapped))
    assert "differs by a multiple of 2**64: perhaps NumPy wrapped around" in str(found)
    assert "perhaps NumPy wrapped around" in found._repr_html_()
    assert found.to_dict()["imbalances"][0]["wrapped"]


@pytest.mark.parametrize("other", [5, 2**32 - 1, int(X) + 1, cs.P - 1, 3**30])
def test_any_other_message_is_not(other):
    found = report(np.uint64(other))
    assert found.imbalances and not any(i.wrapped for i in found.imbalances)
    assert "NumPy" not in str(found)


def lists(*rows):
    return np.array(rows, dtype=np.uint64)


def test_all_values_that_differ_must_fit():
    step, large = 2**32 - 1, 2**50
    one = lists([large, 7])[0]
    assert wrapped_around(one, lists([large + 3 * step, 7])) == (large + 3 * step, 7)
    assert wrapped_around(one, lists([1, 2], [large - step, 7 + step])) == (large - step, 7 + step)
    assert wrapped_around(one, lists([large + step, 8])) == ()
    assert wrapped_around(one, lists([large, 7])) == ()  # the same
    # small numbers that are one step apart, beside a large value that is the same
    assert wrapped_around(one, lists([large, 7 + step - 7])) == ()
    assert wrapped_around(lists([0])[0], lists([step])) == ()
    assert wrapped_around(one, np.empty((0, 2), dtype=np.uint64)) == ()


def test_a_message_of_one_value_is_recognised_too():
    large = 2**63
    assert wrapped_around(lists([large])[0], lists([1], [(large + 5 * (2**32 - 1)) % cs.P])) == (
        (large + 5 * (2**32 - 1)) % cs.P,
    )
