"""Values of polynomials, against flint."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial.polynomial import polyval
from polynomial_support import FIELDS, item, poly, random, scalar, value

from cstark import ext3, fft, polynomial
from cstark.errors import CstarkError
from tests.oracles.fields import P, base


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("at", FIELDS)
@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 9, 64, 65, 300])
def test_points_of_both_fields(field, at, n):
    f, x = random(field, n), random(at, 5, seed=n)
    over = "ext3" if "ext3" in (field, at) else "base"
    values = polynomial.evaluate(f, x, field=field, at=at)
    flint = poly(f, field)
    expected = [value(flint(scalar(point, at)) + base(0), over) for point in x]
    assert values.tolist() == expected
    single = polynomial.evaluate(f, x[0], field=field, at=at)
    assert np.shape(single) == item(over) and np.asarray(single).tolist() == expected[0]


def test_shapes_are_those_of_polyval():
    f, x = random("base", 6, 2, 3), random("base", 4, 5, seed=2)
    values = polynomial.evaluate(f, x)
    assert values.dtype == np.uint64
    assert values.shape == polyval(x.astype(float), f.astype(float)).shape == (2, 3, 4, 5)
    assert np.array_equal(values.astype(object), polyval(x.astype(object), f.astype(object)) % P)
    assert isinstance(polynomial.evaluate([1, 2], 3), np.uint64)
    assert polynomial.evaluate(f, x[:0]).shape == (2, 3, 0, 5)
    assert polynomial.evaluate(f[:, :0], x).shape == (0, 3, 4, 5)
    points = ext3.lift(x)
    for field, g in (("base", f), ("ext3", ext3.lift(f))):
        found = polynomial.evaluate(g, points, field=field, at="ext3")
        assert np.array_equal(found, ext3.lift(values))
    assert np.array_equal(
        polynomial.evaluate(ext3.lift(f), x, field="ext3", at="base"), ext3.lift(values)
    )


def test_more_points_than_a_block_holds():
    f, x = random("base", 50), random("base", 140_000, seed=2)
    values = polynomial.evaluate(f, x)
    for k in (0, 1, 65_535, 65_536, 131_071, 131_072, 139_999):
        assert values[k] == polynomial.evaluate(f, x[k])
    other = polynomial.evaluate(f, ext3.lift(x[-50_000:]), at="ext3")
    assert np.array_equal(other, ext3.lift(values[-50_000:]))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("offset", [1, 3, P - 1])
def test_cosets(field, offset):
    for n in (0, 1, 5, 8, 9, 20):
        f = random(field, n, 2)
        values = polynomial.evaluate_coset(f, 8, offset, field=field)
        points = fft.points(8, offset)
        expected = polynomial.evaluate(f, points, field=field, at="base")
        assert np.array_equal(values, np.moveaxis(expected, 1, 0))


def test_what_is_refused():
    for arguments, message in [
        ((3, 4), "coefficients must be an array of coefficients, not a number"),
        (([1, -2], 4), r"coefficients\[1\] is -2: negative"),
        (([1, 2], [3, P]), rf"x\[1\] is {P}: not below p"),
    ]:
        with pytest.raises(CstarkError, match=message):
            polynomial.evaluate(*arguments)
    with pytest.raises(CstarkError, match="at must be 'base' or 'ext3', not 'F'"):
        polynomial.evaluate([1], 1, at="F")
    with pytest.raises(CstarkError, match="order must be a power of two"):
        polynomial.evaluate_coset([1], 3)
    with pytest.raises(CstarkError, match="offset must be between 1 and p - 1, not 0"):
        polynomial.evaluate_coset([1, 2, 3], 2, 0)
