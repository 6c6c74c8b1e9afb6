"""Products of polynomials, against flint."""

from __future__ import annotations

import re

import numpy as np
import pytest
from flint import nmod_poly
from hypothesis import given
from hypothesis import strategies as st
from polynomial_support import FIELDS, coefficients, item, poly, random

from cstark import polynomial
from cstark.arrays.polynomial import products
from cstark.errors import CstarkError
from tests.oracles.fields import EDGES, P

ELEMENTS = st.lists(st.one_of(st.sampled_from(EDGES), st.integers(0, P - 1)), max_size=40)


@given(ELEMENTS, ELEMENTS)
def test_vectors(a, b):
    product = polynomial.multiply(a, b)
    length = max(len(a) + len(b) - 1, 0) if a and b else 0
    expected = [int(c) for c in (nmod_poly(a, P) * nmod_poly(b, P)).coeffs()]
    assert product.tolist() == expected + [0] * (length - len(expected))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 9), (5, 4), (16, 17), (30, 3)])
def test_fields_and_squares(field, n, m):
    a, b = random(field, n), random(field, m, seed=2)
    product = polynomial.multiply(a, b, field=field)
    expected = poly(a, field) * poly(b, field)
    assert product.tolist() == coefficients(expected, n + m - 1, field)
    assert np.array_equal(
        polynomial.multiply(a, a, field=field), polynomial.multiply(a, a.copy(), field=field)
    )


@pytest.mark.parametrize("field", FIELDS)
def test_axes_after_the_first_are_broadcast(field):
    a, b = random(field, 5, 4, 1), random(field, 3, 6, seed=2)
    before = a.copy(), b.copy()
    product = polynomial.multiply(a, b, field=field)
    assert product.shape == (7, 4, 6, *item(field))
    for i in range(4):
        for j in range(6):
            expected = polynomial.multiply(a[:, i, 0], b[:, j], field=field)
            assert np.array_equal(product[:, i, j], expected)
    assert np.array_equal(a, before[0]) and np.array_equal(b, before[1])
    assert polynomial.multiply(a[:0], b, field=field).shape == (0, 4, 6, *item(field))


def test_what_is_refused():
    for arguments, message in [
        ((3, [1]), "a must be an array of coefficients, not a number"),
        (([1], [1, -1]), "b[1] is -1: negative"),
        (([[1, 2]], [[1, 2, 3]]), "polynomials do not broadcast together: (1, 2) and (1, 3)"),
    ]:
        with pytest.raises(CstarkError, match=re.escape(message)):
            polynomial.multiply(*arguments)
    with pytest.raises(CstarkError, match="field must be 'base' or 'ext3', not 'ext'"):
        polynomial.multiply([1], [1], field="ext")
    with pytest.raises(CstarkError, match="last axis of a must be 3"):
        polynomial.multiply([1], [1], field="ext3")


def test_a_product_that_no_transform_holds(monkeypatch):
    monkeypatch.setattr(products, "_MAX_LOG", 4)
    assert len(polynomial.multiply([0] * 8, [1] * 9)) == 16
    with pytest.raises(CstarkError, match=r"the product has 17 coefficients, more than 2\^4"):
        polynomial.multiply([0] * 9, [1] * 9)
