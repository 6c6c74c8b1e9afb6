"""Elementwise functions of the extension, against flint's GF(p^3)."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from cstark import ext3, goldilocks
from cstark.errors import CstarkError
from tests.oracles.fields import EDGES, P, base, ext, mixed, u64, words

BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}
COORDINATE = st.one_of(st.sampled_from(EDGES), st.integers(0, P - 1))
ELEMENT = st.tuples(COORDINATE, COORDINATE, COORDINATE)


def each(operation, *arrays):
    """`operation` on the elements of arrays (n, 3)."""
    return [words(operation(*(ext(x) for x in row))) for row in zip(*arrays, strict=True)]


@given(st_numpy.mutually_broadcastable_shapes(num_shapes=2, max_side=4), st.randoms())
def test_broadcasting_is_numpys_on_the_axes_before_the_last(shapes, random):
    rng = np.random.default_rng(random.randrange(2**32))
    a, b = (mixed(rng, (*shape, 3)) for shape in shapes.input_shapes)
    full = (*shapes.result_shape, 3)
    rows = [np.broadcast_to(x, full).reshape(-1, 3) for x in (a, b)]
    for name, operation in BINARY.items():
        result = getattr(ext3, name)(a, b)
        assert result.shape == full and result.dtype == np.uint64
        assert result.reshape(-1, 3).tolist() == each(operation, *rows)


@given(ELEMENT, ELEMENT)
def test_single_elements(a, b):
    for name, operation in BINARY.items():
        assert getattr(ext3, name)(a, b).tolist() == words(operation(ext(a), ext(b)))
    assert ext3.neg(a).tolist() == words(-ext(a))
    assert ext3.square(a).tolist() == words(ext(a) ** 2)
    if any(a):
        assert ext3.inverse(a).tolist() == words(1 / ext(a))


def test_numbers_are_base_field_elements():
    a = mixed(np.random.default_rng(1), (5, 3))
    assert ext3.mul(a, P - 2).tolist() == each(lambda x: x * base(P - 2), a)
    assert ext3.sub(7, a).tolist() == each(lambda x: base(7) - x, a)
    assert ext3.add(3, 4).tolist() == [7, 0, 0]
    assert ext3.add(np.uint64(3), np.array(4)).tolist() == [7, 0, 0]


def test_views_and_out():
    a = mixed(np.random.default_rng(1), (6, 4, 3))
    for view in (a, a[::2, ::-1], a.transpose(1, 0, 2), a[..., ::-1], a[:0]):
        rows = view.reshape(-1, 3)
        assert ext3.square(view).shape == view.shape
        assert ext3.square(view).reshape(-1, 3).tolist() == each(lambda x: x**2, rows)
    out = np.zeros((6, 4, 5), np.uint64)
    assert ext3.neg(a, out=out[..., 1:4]).base is out
    assert (out[..., 1:4] == ext3.neg(a)).all() and not out[..., [0, 4]].any()
    expected = ext3.mul(a, a[0, 0])
    assert ext3.mul(a, a[0, 0], out=a) is a
    assert np.array_equal(a, expected)
    broadcast = np.empty((2, 3), np.uint64)
    assert ext3.add(1, [4, 5, 6], out=broadcast).tolist() == [[5, 5, 6]] * 2


@pytest.mark.parametrize("shift", [1, 2, 3, 50])
def test_out_may_overlap(shift):
    memory = mixed(np.random.default_rng(4), 3000 + shift)
    memory[memory == 0] = 1
    a, out = memory[:3000].reshape(-1, 3), memory[shift:].reshape(-1, 3)
    expected = ext3.inverse(a.copy())
    ext3.inverse(a, out=out)
    assert np.array_equal(out, expected)


def test_inverse():
    a = mixed(np.random.default_rng(1), (40, 60, 3))
    a[(a == 0).all(axis=-1)] = 1
    one = np.zeros_like(a)
    one[..., 0] = 1
    for function in (ext3.inverse, ext3.batch_inverse):
        assert np.array_equal(ext3.mul(function(a), a), one)
        with pytest.raises(ZeroDivisionError, match=r"^inverse of zero$") as error:
            function([0, 0, 0])
        assert error.value.index == ()
        zeros = a.copy()
        zeros[17, 5] = zeros[30, 2] = 0
        with pytest.raises(ZeroDivisionError, match=re.escape("at index [17, 5]")) as error:
            function(zeros)
        assert error.value.index == (17, 5)


EXPONENTS = [
    0,
    1,
    2,
    5,
    2**64 - 1,
    2**64,
    2**64 + 1,
    P**2,
    2**128,
    P**3 - 2,
    P**3 - 1,
    P**3,
    2**200,
]


@pytest.mark.parametrize("exponent", EXPONENTS + [-e for e in EXPONENTS])
def test_power(exponent):
    a = mixed(np.random.default_rng(3), (4, 3))
    a[1] = [0, 1, 0]
    assert ext3.power(a, exponent).tolist() == each(lambda x: x**exponent, a)
    if exponent >= 0:
        assert ext3.power([0, 0, 0], exponent).tolist() == [int(exponent == 0), 0, 0]
    else:
        with pytest.raises(ZeroDivisionError, match=r"index \[2\]"):
            ext3.power([[1, 0, 0], [0, 1, 0], [0, 0, 0]], exponent)
    expected = ext3.power(a, exponent)
    assert ext3.power(a, exponent, out=a) is a
    assert np.array_equal(a, expected)


def test_power_by_p_is_the_frobenius_map():
    rng = np.random.default_rng(8)
    a, b = mixed(rng, (9, 3)), mixed(rng, (9, 3))
    product = ext3.mul(ext3.power(a, P), ext3.power(b, P))
    total = ext3.add(ext3.power(a, P), ext3.power(b, P))
    assert np.array_equal(ext3.power(ext3.mul(a, b), P), product)
    assert np.array_equal(ext3.power(ext3.add(a, b), P), total)


def test_exponents_are_broadcast():
    a = mixed(np.random.default_rng(3), (4, 1, 3))
    for exponents in ([0, 1, 2**64 - 1], np.array([-5, 3, -1]), [2**70, -(2**200), P**3 - 1]):
        result = ext3.power(a, exponents)
        assert result.shape == (4, 3, 3)
        for i in range(4):
            expected = [words(ext(a[i, 0]) ** int(e)) for e in exponents]
            assert result[i].tolist() == expected
    with pytest.raises(ZeroDivisionError, match=r"index \[1\]"):
        ext3.power(0, [1, -1])
    assert ext3.power(0, [1, 0]).tolist() == [[0, 0, 0], [1, 0, 0]]
    out = np.empty((2, 2, 3), np.uint64)
    assert ext3.power(2, [3, 4], out=out)[:, :, 0].tolist() == [[8, 16]] * 2


def test_division_and_lift():
    rng = np.random.default_rng(3)
    a, b = mixed(rng, (5, 3)), mixed(rng, (5, 3))
    b[:, 0] |= np.uint64(1)
    assert ext3.div(a, b).tolist() == each(lambda x, y: x / y, a, b)
    with pytest.raises(ZeroDivisionError, match=r"division by zero at index \[1\] of b"):
        ext3.div(1, [[1, 2, 3], [0, 0, 0]])
    assert ext3.lift(7).tolist() == [7, 0, 0]
    base_elements = mixed(rng, (2, 4))
    lifted = ext3.lift(base_elements)
    assert lifted.shape == (2, 4, 3) and (lifted[..., 0] == base_elements).all()
    assert not lifted[..., 1:].any()
    a = mixed(rng, (2, 4, 3))
    assert np.array_equal(ext3.mul(a, lifted), goldilocks.mul(a, base_elements[..., np.newaxis]))
    assert ext3.lift(a[..., 0], out=a) is a and not a[..., 1:].any()


def test_random():
    a = ext3.random((20, 30), rng=1)
    assert a.shape == (20, 30, 3) and a.dtype == np.uint64 and (a < P).all()
    assert np.array_equal(a, ext3.random([20, 30], np.random.default_rng(1)))
    assert ext3.random().shape == (3,)
    assert ext3.random(4).shape == (4, 3)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "the last axis of a must be 3, but its shape is (2,)"),
        (np.zeros((3, 4), np.uint64), "the last axis of a must be 3, but its shape is (3, 4)"),
        ([], "the last axis of a must be 3, but its shape is (0,)"),
        (-4, "a is -4: negative; write p - 4"),
        (P, f"a is {P}: not below p"),
        (np.uint64(P), f"a is {P}: not below p"),
        ([[1, 2, 3], [4, P, 6]], f"a[1, 1] is {P}: not below p"),
        (u64([[1, 2, 3], [4, 5, P]]), f"a[1, 2] is {P}: not below p"),
        ([1.0, 2.0, 3.0], "a[0] is not an integer: 1.0"),
        (np.zeros((2, 3)), "a must hold integers below p, not float64"),
    ],
)
def test_values_are_refused_by_name(value, message):
    with pytest.raises(CstarkError, match=re.escape(message)):
        ext3.neg(value)
    with pytest.raises(CstarkError, match=re.escape(re.sub(r"\ba\b", "b", message, count=1))):
        ext3.add(1, value)


def test_shapes_that_do_not_fit():
    a = np.zeros((2, 3), np.uint64)
    with pytest.raises(CstarkError, match=re.escape("broadcast together: (2, 3) and (4, 3)")):
        ext3.add(a, np.zeros((4, 3), np.uint64))
    with pytest.raises(CstarkError, match=re.escape("out has shape (3,), the result (2, 3)")):
        ext3.neg(a, out=np.zeros(3, np.uint64))
    with pytest.raises(CstarkError, match=re.escape("out has shape (4,), the result (3,)")):
        ext3.neg(a[0], out=np.zeros(4, np.uint64))
