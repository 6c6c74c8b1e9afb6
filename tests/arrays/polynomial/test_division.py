"""Quotients and remainders, against flint."""

from __future__ import annotations

import re

import numpy as np
import pytest
from polynomial_support import FIELDS, coefficients, item, poly, random

from cstark import ext3, fft, polynomial
from cstark.errors import CstarkError
from tests.oracles.fields import P

SIZES = [(0, 1), (1, 1), (3, 5), (5, 3), (5, 5), (40, 1), (40, 2), (40, 7), (70, 33)]


def by_flint(a, b, field):
    quotient, remainder = divmod(poly(a, field), poly(b, field))
    degree = len(b) - 1
    count = max(len(a) - degree, 0)
    return (
        coefficients(quotient, count, field),
        coefficients(remainder, min(len(a), degree), field),
    )


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_divide(field, n, m):
    a, b = random(field, n), random(field, m, seed=2)
    b[-1] = 5
    quotient, remainder = polynomial.divide(a, b, field=field)
    assert (quotient.tolist(), remainder.tolist()) == by_flint(a, b, field)
    zeros = np.concatenate([b, np.zeros_like(b)])
    assert np.array_equal(polynomial.divide(a, zeros, field=field)[0], quotient)
    many = np.stack([a, random(field, n, seed=7)], axis=1)
    quotients, remainders = polynomial.divide(many, b, field=field)
    assert np.array_equal(quotients[:, 0], quotient)
    assert np.array_equal(remainders[:, 0], remainder)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("n", [0, 1, 2, 5, 40])
@pytest.mark.parametrize("x", [0, 1, 7, P - 1])
def test_divide_linear(field, n, x):
    f = random(field, n, 2)
    quotient, value = polynomial.divide_linear(f, x, field=field)
    divisor = [P - x if x else 0, 1]
    if field == "ext3":
        divisor = ext3.lift(divisor)
    if n:
        expected, remainder = polynomial.divide(f, divisor, field=field)
        assert np.array_equal(quotient, expected) and np.array_equal(value, remainder[0])
    assert quotient.shape == (max(n - 1, 0), 2, *item(field))
    assert np.array_equal(value, polynomial.evaluate(f, x, field=field))


def test_divide_linear_at_a_point_of_the_extension():
    f, x = random("base", 9), [1, 2, 3]
    quotient, value = polynomial.divide_linear(f, x, at="ext3")
    divisor = np.stack([ext3.neg(x), ext3.lift(1)])
    expected, remainder = polynomial.divide(ext3.lift(f), divisor, field="ext3")
    assert np.array_equal(quotient, expected) and np.array_equal(value, remainder[0])
    lifted = polynomial.divide_linear(ext3.lift(f), 5, field="ext3", at="base")
    assert np.array_equal(lifted[0], ext3.lift(polynomial.divide_linear(f, 5)[0]))
    assert isinstance(polynomial.divide_linear(f, 5)[1], np.uint64)
    with pytest.raises(CstarkError, match=re.escape("x must be one point, not an array of shape")):
        polynomial.divide_linear(f, [1, 2])


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("offset", [1, 3])
@pytest.mark.parametrize("n", [0, 3, 4, 5, 8, 11, 30])
def test_divide_vanishing(field, offset, n):
    f = random(field, n)
    quotient, remainder = polynomial.divide_vanishing(f, 4, offset, field=field)
    vanishing = polynomial.from_roots(fft.points(4, offset))
    assert vanishing.tolist() == [-pow(offset, 4, P) % P, 0, 0, 0, 1]
    divisor = ext3.lift(vanishing) if field == "ext3" else vanishing
    assert (quotient.tolist(), remainder.tolist()) == by_flint(f, divisor, field)


def test_a_multiple_of_the_vanishing_polynomial_leaves_nothing():
    f = random("base", 20, 3)
    vanishing = polynomial.from_roots(fft.points(8, 7))
    product = polynomial.multiply(f, vanishing[:, np.newaxis])
    quotient, remainder = polynomial.divide_vanishing(product, 8, 7)
    assert np.array_equal(quotient, f) and not remainder.any()


def test_what_is_refused():
    for zero in ([0], [0, 0, 0], []):
        with pytest.raises(ZeroDivisionError, match="division by the zero polynomial"):
            polynomial.divide([1, 2], zero)
    with pytest.raises(CstarkError, match=re.escape("b must be one polynomial, but its shape")):
        polynomial.divide([1, 2], [[1, 2]])
    with pytest.raises(CstarkError, match="order must be a power of two"):
        polynomial.divide_vanishing([1, 2], 3)


@pytest.mark.parametrize("field", FIELDS)
def test_no_polynomials(field):
    none = np.zeros((9, 0, *item(field)), np.uint64)
    results = [
        *polynomial.divide(none, random(field, 5), field=field),
        *polynomial.divide_linear(none, random(field, 1)[0], field=field),
        *polynomial.divide_vanishing(none, 4, 3, field=field),
    ]
    assert [len(result) for result in results] == [5, 4, 8, 0, 5, 4]
    assert not any(result.size for result in results)
