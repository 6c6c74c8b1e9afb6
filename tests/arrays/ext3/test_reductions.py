"""Sums, products, matrices and sequences of the extension, against flint's GF(p^3)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cstark import ext3
from cstark.errors import CstarkError
from tests.oracles.fields import P, base, ext, mixed, words

ZERO, ONE = base(0), base(1)


def lists(a):
    """An array (..., 3) as nested lists of flint elements."""
    return ext(a) if a.ndim == 1 else [lists(x) for x in a]


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums_and_products(axis, keepdims):
    a = mixed(np.random.default_rng(1), (4, 5, 3))
    elements = np.empty((4, 5), object)
    elements[...] = lists(a)
    for name, ufunc in (("sum", np.add), ("prod", np.multiply)):
        result = getattr(ext3, name)(a, axis=axis, keepdims=keepdims)
        initial = ZERO if name == "sum" else ONE
        expected = np.asarray(ufunc.reduce(elements, axis=axis, keepdims=keepdims, initial=initial))
        assert result.shape == (*expected.shape, 3)
        assert result.reshape(-1, 3).tolist() == [words(x) for x in expected.reshape(-1)]


def test_of_nothing():
    empty = np.zeros((0, 2, 3), np.uint64)
    assert ext3.sum(empty).tolist() == [0, 0, 0] and ext3.prod(empty).tolist() == [1, 0, 0]
    assert ext3.prod(empty, axis=0).tolist() == [[1, 0, 0]] * 2
    assert ext3.cumprod(empty, axis=0).shape == (0, 2, 3)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_running_ones(axis):
    a = mixed(np.random.default_rng(1), (4, 5, 3))
    elements = np.empty((4, 5), object)
    elements[...] = lists(a)
    for name, ufunc in (("cumsum", np.add), ("cumprod", np.multiply)):
        result = getattr(ext3, name)(a, axis=axis)
        flat = elements.reshape(-1) if axis is None else elements
        expected = ufunc.accumulate(flat, axis=axis or 0)
        assert result.shape == (*expected.shape, 3)
        assert result.reshape(-1, 3).tolist() == [words(x) for x in expected.reshape(-1)]
        if axis is not None:
            in_place = a.copy()
            assert getattr(ext3, name)(in_place, axis=axis, out=in_place) is in_place
            assert np.array_equal(in_place, result)


def test_the_axis_of_coordinates_is_not_counted():
    for function in (ext3.sum, ext3.prod, ext3.cumsum, ext3.cumprod):
        with pytest.raises(CstarkError, match="axis 1 does not exist: the array has 1 of them"):
            function([[1, 2, 3]], axis=1)


def test_dot():
    rng = np.random.default_rng(1)
    a, b = mixed(rng, (77, 3)), mixed(rng, (77, 3))
    products = (ext(x) * ext(y) for x, y in zip(a, b, strict=True))
    assert ext3.dot(a, b).tolist() == words(sum(products, base(0)))
    assert ext3.dot(np.empty((0, 3), np.uint64), np.empty((0, 3), np.uint64)).tolist() == [0, 0, 0]


def test_dot_needs_vectors():
    a = np.zeros((2, 3), np.uint64)
    for left, right in ((a, a[:1]), (a[0], a[0])):
        with pytest.raises(CstarkError, match="two vectors"):
            ext3.dot(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [((3, 4), (4, 5)), ((4,), (4, 2)), ((6, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 1))],
)  # fmt: skip
def test_matmul(left, right):
    rng = np.random.default_rng(1)
    a, b = mixed(rng, (*left, 3)), mixed(rng, (*right, 3))
    rows = a.reshape(-1, left[-1], 3)
    columns = b.reshape(right[0], -1, 3)
    expected = [
        words(math.sumprod([ext(x) for x in row], [ext(x) for x in columns[:, j]]))
        if hasattr(math, "sumprod")
        else words(sum((ext(x) * ext(y) for x, y in zip(row, columns[:, j], strict=True)), ZERO))
        for row in rows
        for j in range(columns.shape[1])
    ]
    result = ext3.matmul(a, b)
    assert result.shape == (*left[:-1], *right[1:], 3)
    assert result.reshape(-1, 3).tolist() == expected
    if left == right[:1] == right[1:]:
        assert ext3.matmul(a, b, out=b) is b


@pytest.mark.parametrize(("rows", "inner", "columns"), [(0, 2, 3), (2, 0, 3), (2, 3, 0), (0, 0, 0)])
def test_matmul_of_nothing(rows, inner, columns):
    a, b = np.ones((rows, inner, 3), np.uint64), np.ones((inner, columns, 3), np.uint64)
    result = ext3.matmul(a, b)
    assert result.shape == (rows, columns, 3) and not result.any()


def test_powers():
    x, first = [1, 2, 3], [P - 1, 5, 0]
    expected = [words(ext(first) * ext(x) ** i) for i in range(6)]
    assert ext3.powers(x, 6, first).tolist() == expected
    assert ext3.powers(2, 3).tolist() == [[1, 0, 0], [2, 0, 0], [4, 0, 0]]
    assert ext3.powers(x, 0).shape == (0, 3)
    with pytest.raises(CstarkError, match="must be single elements"):
        ext3.powers([[1, 2, 3]], 3)
    with pytest.raises(CstarkError, match="count must not be negative, as -1"):
        ext3.powers(1, -1)
