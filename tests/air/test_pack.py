"""`pack` against plain integer arithmetic, and its use inside `constrain`."""

from __future__ import annotations

import numpy as np
import pytest
from air_support import inside, make, texts
from hypothesis import given
from hypothesis import strategies as st

from cstark.air import pack
from cstark.errors import AirError


@given(st.integers(1, 63), st.data())
def test_integers(bits, data):
    limbs = data.draw(st.lists(st.integers(0, 2**bits - 1), min_size=1, max_size=63 // bits))
    expected = sum(limb << (bits * k) for k, limb in enumerate(limbs))
    assert pack(limbs, bits) == expected
    assert pack(np.array(limbs, dtype=np.uint64), bits) == expected
    assert pack(limbs, [bits] * len(limbs)) == expected


def test_small_dtypes_do_not_overflow():
    assert pack(np.array([255, 255, 255], dtype=np.uint8), 8) == 2**24 - 1
    assert pack(np.array([[1, 1]] * 3, dtype=np.int8), 31).tolist() == [2**31 + 1] * 3


VOCABULARY = [
    ("two halves", lambda x: pack(x[:2], 16), "now.x[0] + now.x[1] * 65536"),
    (
        "four bytes",
        lambda x: pack(x[:4], 8),
        "now.x[0] + now.x[1] * 256 + now.x[2] * 65536 + now.x[3] * 16777216",
    ),
    (
        "word, half, half",
        lambda x: np.array([x[0], pack(x[1:3], 16)]),
        ["now.x[0]", "now.x[1] + now.x[2] * 65536"],
    ),
    (
        "four halves",
        lambda x: pack(x[:4].reshape(2, 2), 16),
        ["now.x[0] + now.x[1] * 65536", "now.x[2] + now.x[3] * 65536"],
    ),
]


@pytest.mark.parametrize(("action", "text"), [case[1:] for case in VOCABULARY])
def test_expressions(action, text):
    assert texts(lambda t: action(t.now.x), columns={"x": (8,)}) == text


def test_inputs():
    assert texts(lambda t: pack(t.now, 8), columns=2) == "now[0] + now[1] * 256"
    assert texts(lambda t: pack([t.now[0], t.now[1], 3], [32, 8, 16]), columns=2) == (
        "now[0] + now[1] * 4294967296 + 3298534883328"
    )
    assert inside(lambda t: pack(t.now.x.reshape(2, 4), 8).shape, columns={"x": (8,)}) == (2,)
    air = make(lambda t: None, {"x": (4,)})
    trace = np.arange(32, dtype=np.uint64).reshape(8, 4)
    assert pack(air.view(trace).x, 8)[1] == 0x07060504


@pytest.mark.parametrize(
    ("limbs", "bits", "message"),
    [
        ([], 8, "no limbs"),
        (np.zeros((3, 0)), 8, "no limbs"),
        (np.array(3), 8, "no limbs"),
        (5, 8, "an array or a sequence"),
        ([[1], [2, 3]], 8, "sequence of equal parts"),
        ([1, 2], 0, "positive integer, not 0"),
        ([1, 2], 1.5, "positive integer, not 1.5"),
        ([1, 2], True, "positive integer, not True"),
        ([1, 2], [8], "1 sizes for 2 limbs"),
        ([1] * 8, 8, "64 bits do not fit below p"),
        ([1, 2], [32, 32], "64 bits do not fit"),
        (np.ones(2), 8, "dtype float64 are not integers"),
    ],
)
def test_errors(limbs, bits, message):
    with pytest.raises(AirError, match=message):
        pack(limbs, bits)
