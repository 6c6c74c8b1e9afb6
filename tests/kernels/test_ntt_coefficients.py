"""Extensions of polynomials whose coefficients the caller has."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.field import P
from cstark.kernels import _ntt, _runtime

SHIFTS = np.array([3, 5, 7], dtype=np.uint64)


@pytest.fixture(params=_runtime.isas())
def isa(request):
    before = _runtime.isa()
    _runtime.set_isa(request.param)
    yield request.param
    _runtime.set_isa(before)


def polynomials(rows, width, seed=1):
    return np.random.default_rng(seed).integers(0, P, (rows, width), dtype=np.uint64)


def by_values(plan, coefficients, stride, fold=None, weights=None):
    """The same extension, begun with the values on the subgroup."""
    rows, width = plan.rows, coefficients.shape[1]
    values = np.zeros((rows, width), dtype=np.uint64)
    values[: len(coefficients)] = coefficients
    _ntt.transform(plan, values, values, False)
    out = np.empty((len(SHIFTS), rows, stride), dtype=np.uint64)
    _ntt.lde(plan, values, out, SHIFTS, fold=fold, weights=weights)
    return out


def by_coefficients(plan, coefficients, stride, fold=None, weights=None):
    out = np.full((len(SHIFTS), plan.rows, stride), 7, dtype=np.uint64)
    _ntt.lde(
        plan, coefficients, out, SHIFTS, fold=fold, weights=weights, coefficients=True
    )  # fmt: skip
    return out


# Whole and split, narrow and padded; with all coefficients, some, and a single one.
@pytest.mark.parametrize("k", [1, 3, 6, 9, 11, 14])
@pytest.mark.parametrize("width", [1, 3, 8, 13])
def test_they_are_those_of_the_values(isa, k, width):
    plan, rows = _ntt.Plan(k), 1 << k
    for count in sorted({1, rows // 2 + 1, rows - 1, rows}):
        given = polynomials(count, width)
        given[0, 0] = P - 1
        for stride in (width, (width + 3) // 4 * 4 + 4):
            found = by_coefficients(plan, given, stride)
            np.testing.assert_array_equal(found, by_values(plan, given, stride))


@pytest.mark.parametrize(("k", "length"), [(5, 8), (12, 256), (14, 1 << 12)])
def test_folds(isa, k, length):
    plan, weights = _ntt.Plan(k), polynomials(2, (1 << k) // length, seed=2)
    for count in ((1 << k) - 3, length // 2):
        given = polynomials(count, 5)
        found, expected = np.empty((2, 2, length, 5), dtype=np.uint64)
        by_coefficients(plan, given, 5, found, weights)
        by_values(plan, given, 5, expected, weights)
        np.testing.assert_array_equal(found, expected)


def test_rows_of_the_caller_may_lie_anywhere():
    base, plan = polynomials(3 << 10, 12), _ntt.Plan(11)
    for view in (base[::2, 2:9], base[: 1 << 11][::-1], base[5:6]):
        before = base.copy()
        stride = view.shape[1]
        found = by_coefficients(plan, view, stride)
        np.testing.assert_array_equal(found, by_values(plan, view, stride))
        np.testing.assert_array_equal(base, before)


def test_threads_agree():
    before, found = _runtime.threads(), []
    given = polynomials(40_000, 9)
    for count in (1, 2, 5):
        _runtime.set_threads(count)
        found.append(by_coefficients(_ntt.Plan(16), given, 9))
    _runtime.set_threads(before)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_a_single_row():
    given, out = np.array([[5, P + 1]], dtype=np.uint64), np.empty((2, 1, 4), dtype=np.uint64)
    _ntt.lde(_ntt.Plan(0), given, out, SHIFTS[:2], coefficients=True)
    assert out.tolist() == [[[5, 1, 0, 0]]] * 2


def test_refusals():
    plan, out = _ntt.Plan(3), np.empty((3, 8, 4), dtype=np.uint64)
    for rows in (0, 9):
        with pytest.raises(ValueError, match="src must have at most 8 rows"):
            _ntt.lde(plan, polynomials(rows, 4), out, SHIFTS, coefficients=True)
    given = polynomials(4, 4)
    with pytest.raises(ValueError, match="no masks"):
        _ntt.lde(plan, given, out, SHIFTS, given, SHIFTS, coefficients=True)
    with pytest.raises(ValueError, match="no coset takes their place"):
        _ntt.lde(plan, polynomials(8, 4), out[:2], SHIFTS, last=out[2], coefficients=True)
    for place in (out[-1], out[0], out[1, 4:6]):
        with pytest.raises(ValueError, match="overlaps src"):
            _ntt.lde(plan, place, out, SHIFTS, coefficients=True)
