"""Sums, products, matrices and sequences of the base field, against Python integers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from cstark import goldilocks
from cstark.errors import CstarkError
from tests.oracles.fields import P, mixed

FOLDS = {"sum": np.add, "prod": np.multiply}


@given(st_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4), st.data())
def test_axes_are_numpys(shape, data):
    a = mixed(np.random.default_rng(sum(shape)), shape)
    axis = data.draw(
        st.none() | st_numpy.valid_tuple_axes(len(shape))
        | (st.integers(-len(shape), len(shape) - 1) if shape else st.none())
    )  # fmt: skip
    keepdims = data.draw(st.booleans())
    for name, ufunc in FOLDS.items():
        result = getattr(goldilocks, name)(a, axis=axis, keepdims=keepdims)
        total = ufunc.reduce(a.astype(object), axis=axis, keepdims=keepdims)
        expected = np.asarray(np.asarray(total, object) % P, object)
        assert result.dtype == np.uint64 and np.shape(result) == expected.shape
        assert np.array_equal(np.asarray(result, object), expected)


@given(st_numpy.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5), st.data())
def test_running_ones_too(shape, data):
    a = mixed(np.random.default_rng(sum(shape)), shape)
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    order = data.draw(st.sampled_from("CF"))
    for name in ("cumsum", "cumprod"):
        result = getattr(goldilocks, name)(np.asarray(a, order=order), axis=axis)
        expected = getattr(np, name)(a.astype(object), axis=axis) % P
        assert result.dtype == np.uint64 and result.shape == expected.shape
        assert np.array_equal(result.astype(object), expected)


def test_out():
    a = mixed(np.random.default_rng(1), (5, 6))
    for name in ("cumsum", "cumprod"):
        function = getattr(goldilocks, name)
        for axis in (0, 1):
            expected = function(a, axis=axis)
            in_place = a.copy()
            assert function(in_place, axis=axis, out=in_place) is in_place
            assert np.array_equal(in_place, expected)
            wide = np.zeros((5, 12), np.uint64)
            function(a, axis=axis, out=wide[:, ::2])
            assert np.array_equal(wide[:, ::2], expected) and not wide[:, 1::2].any()
        both = np.concatenate([a, a])
        function(both[:5], axis=0, out=both[2:7])
        assert np.array_equal(both[2:7], function(a, axis=0))
    for name in FOLDS:
        function = getattr(goldilocks, name)
        out = np.zeros(6, np.uint64)
        assert function(a, axis=0, out=out) is out
        assert np.array_equal(out, function(a, axis=0))
        row = a.copy()
        function(row, axis=0, out=row[2])
        assert np.array_equal(row[2], out)
        number = np.zeros((), np.uint64)
        assert function(a, out=number) is number and number == function(a)
        with pytest.raises(CstarkError, match=re.escape("out has shape (2, 6), the result (6,)")):
            function(a, axis=0, out=np.zeros((2, 6), np.uint64))


def test_results_without_axes_are_numbers():
    assert isinstance(goldilocks.sum([1, 2]), np.uint64)
    assert isinstance(goldilocks.prod([]), np.uint64) and goldilocks.prod([]) == 1
    assert goldilocks.sum([]) == 0 and goldilocks.sum(7) == 7
    assert goldilocks.prod(np.zeros((0, 2), np.uint64), axis=0).tolist() == [1, 1]


def test_axes_that_do_not_exist():
    for function in (goldilocks.sum, goldilocks.prod, goldilocks.cumsum, goldilocks.cumprod):
        with pytest.raises(CstarkError, match="axis 2 does not exist: the array has 2 of them"):
            function([[1]], axis=2)
        with pytest.raises(CstarkError, match="axis must be an integer, not float"):
            function([[1]], axis=1.0)
    with pytest.raises(CstarkError, match="names an axis twice"):
        goldilocks.sum([[1]], axis=(0, -2))


def test_dot():
    a, b = mixed(np.random.default_rng(1), 777), mixed(np.random.default_rng(2), 777)
    result = goldilocks.dot(a, b)
    assert isinstance(result, np.uint64)
    assert int(result) == a.astype(object).dot(b.astype(object)) % P
    backwards = b[::-1]
    assert int(goldilocks.dot(a, backwards)) == a.astype(object).dot(backwards.astype(object)) % P
    assert int(goldilocks.dot([], [])) == 0


def test_dot_needs_vectors():
    for a in ([1, 2], 1):
        with pytest.raises(CstarkError, match="two vectors of one length"):
            goldilocks.dot(a, [1, 2, 3])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 5)),
        ((30, 12), (12, 2)), ((30, 12), (12,)), ((0, 3), (3, 2)), ((2, 0), (0, 3)),
        ((2, 3, 4), (4,)),
    ],
)  # fmt: skip
def test_matmul(left, right):
    a, b = mixed(np.random.default_rng(1), left), mixed(np.random.default_rng(2), right)
    expected = np.asarray(np.dot(a.astype(object), b.astype(object)) % P, object)
    result = goldilocks.matmul(a, b)
    assert result.dtype == np.uint64 and np.shape(result) == expected.shape
    assert np.array_equal(np.asarray(result, object), expected)
    if a.size and b.ndim == 2:
        transposed = goldilocks.matmul(np.asfortranarray(a), np.asfortranarray(b))
        assert np.array_equal(transposed, result)
        out = np.zeros((*expected.shape, 2), np.uint64)[..., 1]
        assert goldilocks.matmul(a, b, out=out) is out and np.array_equal(out, result)


def test_a_product_may_replace_a_factor():
    a = mixed(np.random.default_rng(1), (9, 9))
    expected = goldilocks.matmul(a, a)
    assert goldilocks.matmul(a, a, out=a) is a and np.array_equal(a, expected)


def test_matrices_that_do_not_fit():
    a = np.zeros((2, 3), np.uint64)
    with pytest.raises(CstarkError, match=re.escape("second has rows: (2, 3) and (2, 3)")):
        goldilocks.matmul(a, a)
    with pytest.raises(CstarkError, match="second of at most 2 axes"):
        goldilocks.matmul(a, np.zeros((1, 3, 2), np.uint64))
    with pytest.raises(CstarkError, match="vectors and matrices"):
        goldilocks.matmul(a, 3)


def test_powers():
    assert goldilocks.powers(P - 2, 5, first=3).tolist() == [
        3 * pow(-2, i, P) % P for i in range(5)
    ]
    assert goldilocks.powers(0, 3).tolist() == [1, 0, 0] and goldilocks.powers(5, 0).shape == (0,)
    out = np.zeros((4, 2), np.uint64)
    goldilocks.powers(2, 4, out=out[:, 0])
    assert out.tolist() == [[1, 0], [2, 0], [4, 0], [8, 0]]
    with pytest.raises(CstarkError, match="must be single elements"):
        goldilocks.powers([1, 2], 3)
    with pytest.raises(CstarkError, match="count must not be negative, as -1"):
        goldilocks.powers(1, -1)
    with pytest.raises(CstarkError, match="ratio is -3: negative"):
        goldilocks.powers(-3, 4)
