"""Extensions with masks, and folds of their coefficients, against sums over coefficients."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark.field import P
from cstark.kernels import _ntt, _runtime

POINTS = (3, 5, 7)
SIZES = [(log_n, width) for log_n in (1, 3, 5, 6, 9) for width in (1, 3, 8, 11)]


@pytest.fixture(params=_runtime.isas())
def any_isa(request):
    before = _runtime.isa()
    _runtime.set_isa(request.param)
    yield request.param
    _runtime.set_isa(before)


def masked_arguments(log_n, width, masks, length):
    """Values, their coefficients, masks, factors, weights: all random."""
    rng, n = np.random.default_rng([log_n, width]), 1 << log_n
    draw = lambda *shape: rng.integers(0, P, shape, dtype=np.uint64)  # noqa: E731
    source = draw(n, width)
    return (
        source,
        cs.fft.intt(source).astype(object),
        draw(masks, width),
        draw(len(POINTS)),
        draw(2, n // length),
    )


@pytest.mark.parametrize(("log_n", "width"), [*SIZES, (14, 3), (14, 8)])
def test_masks_and_folds(any_isa, log_n, width):
    n = 1 << log_n
    plan = _ntt.Plan(log_n)
    for count, length in ((1, n), (min(n, 5), _ntt.outer_rows(plan)), (n // 2, n // 2)):
        if length < _ntt.outer_rows(plan):
            continue
        source, coefficients, masks, factors, weights = masked_arguments(
            log_n, width, count, length
        )
        before = source.copy()
        out = np.empty((len(POINTS), n, width), dtype=np.uint64)
        fold = np.empty((2, length, width), dtype=np.uint64)
        shifts = np.array(POINTS, dtype=np.uint64)
        _ntt.lde(plan, source, out, shifts, masks, factors, fold, weights)
        assert np.array_equal(source, before)
        for q, shift in enumerate(POINTS):
            wanted = coefficients.copy()
            wanted[:count] += masks.astype(object) * int(factors[q])
            wanted *= np.array([pow(shift, i, P) for i in range(n)], dtype=object)[:, None]
            wanted = cs.fft.ntt((wanted % P).astype(np.uint64))
            assert np.array_equal(out[q], wanted)
        parts = coefficients.reshape(-1, length, width)
        for found, own in zip(fold, weights.astype(object), strict=True):
            assert np.array_equal(found, (parts * own[:, None, None]).sum(axis=0) % P)


@pytest.mark.parametrize("change", [
    {"factors": None}, {"masks": None}, {"fold": None}, {"weights": None},
    {"masks": np.zeros((9, 3), np.uint64)}, {"masks": np.zeros((2, 2), np.uint64)},
    {"masks": np.zeros((0, 3), np.uint64)}, {"factors": np.zeros(2, np.uint64)},
    {"fold": np.zeros((2, 3, 3), np.uint64)}, {"fold": np.zeros((1, 8, 3), np.uint64)},
    {"fold": np.zeros((2, 16, 3), np.uint64)}, {"weights": np.zeros((2, 2), np.uint64)},
])  # fmt: skip
def test_shapes_that_do_not_fit(change):
    source, _, masks, factors, weights = masked_arguments(3, 3, 2, 8)
    given = {
        "masks": masks, "factors": factors, "weights": weights,
        "fold": np.empty((2, 8, 3), np.uint64), **change,
    }  # fmt: skip
    out = np.empty((3, 8, 3), dtype=np.uint64)
    with pytest.raises(ValueError, match=r"fit|need"):
        _ntt.lde(_ntt.Plan(3), source, out, np.array(POINTS, dtype=np.uint64), **given)
