"""Polynomials from roots and from values."""

from __future__ import annotations

import re

import numpy as np
import pytest
from polynomial_support import FIELDS, coefficients, poly, random

from cstark import ext3, fft, polynomial
from cstark.errors import CstarkError
from tests.oracles.fields import P

COUNTS = [0, 1, 2, 3, 4, 5, 8, 13, 33]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("n", COUNTS)
def test_from_roots(field, n):
    roots = random(field, n)
    expected = poly(random(field, 0), field) + 1
    for root in roots:
        negative = ext3.neg(root) if field == "ext3" else np.uint64(-int(root) % P)
        one = ext3.lift(1) if field == "ext3" else np.uint64(1)
        expected *= poly(np.stack([negative, one]), field)
    found = polynomial.from_roots(roots, field=field)
    assert found.tolist() == coefficients(expected, n + 1, field)
    double = polynomial.from_roots(np.concatenate([roots, roots]), field=field)
    assert np.array_equal(double, polynomial.multiply(found, found, field=field))


def distinct(field, n):
    points = random(field, n, seed=9)
    (points if field == "base" else points[:, 0])[...] = np.arange(n)  # with 0 among them
    return points


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("at", FIELDS)
@pytest.mark.parametrize("n", COUNTS)
def test_interpolation_inverts_evaluation(field, at, n):
    f, x = random(field, n, 2), distinct(at, n)
    over = "ext3" if "ext3" in (field, at) else "base"
    values = np.moveaxis(polynomial.evaluate(f, x, field=field, at=at), 1, 0)
    found = polynomial.interpolate(x, values, field=over, at=at)
    assert np.array_equal(found, ext3.lift(f) if over != field else f)
    if n:
        one = polynomial.interpolate(x, values[:, 1], field=over, at=at)
        assert np.array_equal(one, found[:, 1])


def test_values_of_the_base_field_at_points_of_the_extension():
    values, x = random("base", 6), distinct("ext3", 6)
    f = polynomial.interpolate(x, values, at="ext3")
    assert f.shape == (6, 3)
    assert np.array_equal(polynomial.evaluate(f, x, field="ext3"), ext3.lift(values))


def test_on_a_coset_it_is_the_transform():
    values = random("base", 16, 3)
    found = polynomial.interpolate(fft.points(16, 3), values)
    assert np.array_equal(found, fft.intt(values, offset=3))


def test_what_is_refused():
    for arguments, message in [
        (([5, 7, 5], [1, 2, 3]), "x[0] and x[2] are equal"),
        (([5, 7, 6], [1, 2]), "values has 2 rows, x 3 points"),
        ((5, [1]), "x must be a vector, but its shape is ()"),
        (([5], 1), "values must be an array with a row for each point, not a number"),
        (([5, -7], [1, 2]), "x[1] is -7: negative"),
    ]:
        with pytest.raises(CstarkError, match=re.escape(message)):
            polynomial.interpolate(*arguments)
    with pytest.raises(CstarkError, match="are equal"):
        polynomial.interpolate([[1, 2, 3], [1, 2, 3]], [1, 2], at="ext3")
    with pytest.raises(CstarkError, match="roots must be a vector"):
        polynomial.from_roots([[1, 2]])
