"""Extensions of matrices of every width whose rows lie one behind the other, as they are stored.

Rows that are no whole number of vectors take code of their own: lanes along the rows.
"""

from __future__ import annotations

import numpy as np
import pytest
from ntt_oracle import SHIFTS, pick, pool, random_columns

from cstark.kernels import _ntt, _runtime

P = 2**64 - 2**32 + 1
EVERY_WIDTH = range(1, 41)


@pytest.fixture(params=_runtime.isas())
def each_isa(request):
    before, threads = _runtime.isa(), _runtime.threads()
    _runtime.set_isa(request.param)
    yield request.param
    _runtime.set_isa(before)
    _runtime.set_threads(threads)


def extended(k, src, cosets, threads=1):
    """Values on some of the oracle's cosets, in rows without pads, between words that stay."""
    width = src.shape[1]
    _runtime.set_threads(threads)
    memory = np.full((len(cosets) << k) * width + 32, 7, dtype=np.uint64)
    out = memory[16:-16].reshape(len(cosets), 1 << k, width)
    _ntt.lde(_ntt.Plan(k), src, out, np.array([SHIFTS[q] for q in cosets], dtype=np.uint64))
    assert (memory[:16] == 7).all()
    assert (memory[-16:] == 7).all()
    return out


@pytest.mark.parametrize("k", range(3, 15))
def test_every_width_agrees_with_the_definition(each_isa, k):
    _, values, cosets = pool(k)
    for width in EVERY_WIDTH:
        src = pick(values, width)
        chosen = ([2, 1], [3], [0, 1, 2])[width % 3]
        out = extended(k, src, chosen)
        assert np.array_equal(out, pick(cosets[chosen], width)), width
        assert np.array_equal(src, pick(values, width)), "only read"


@pytest.mark.parametrize("k", [5, 6, 7, 10, 13, 15])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 9, 13, 27])
def test_the_last_coset_may_be_the_source(each_isa, k, width):
    src, plan = random_columns(1 << k, width), _ntt.Plan(k)
    shifts = np.array([3, 5, 7], dtype=np.uint64)
    expected = np.empty((3, 1 << k, width), dtype=np.uint64)
    _ntt.lde(plan, src, expected, shifts)
    for threads in (1, 3):
        _runtime.set_threads(threads)
        out = np.full_like(expected, 77)
        out[-1] = src
        _ntt.lde(plan, out[-1], out, shifts)
        assert np.array_equal(out, expected)
        others, last = np.full_like(expected[1:], 77), src.copy()
        _ntt.lde(plan, last, others, shifts, last=last)
        assert np.array_equal([*others, last], expected)


@pytest.mark.parametrize("k", [6, 11, 14])
@pytest.mark.parametrize("width", [1, 3, 6, 13])
def test_sources_may_have_pads_and_run_backwards(each_isa, k, width):
    base = random_columns(3 << k, width + 5)
    for view in (
        base[: 1 << k, 2 : 2 + width],
        base[: 3 << k : 3, :width],
        base[: 1 << k, :width][::-1],
    ):
        expected = extended(k, np.ascontiguousarray(view), [1, 2])
        assert np.array_equal(extended(k, view, [1, 2]), expected)


@pytest.mark.parametrize(("k", "width"), [(6, 1), (9, 7), (12, 3), (14, 27), (16, 5), (19, 1)])
def test_neither_threads_nor_instruction_sets_matter(k, width):
    src = random_columns(1 << k, width)
    before, threads = _runtime.isa(), _runtime.threads()
    try:
        results = []
        for name in _runtime.isas():
            _runtime.set_isa(name)
            results += [extended(k, src, [1, 2], count) for count in (1, 2, 3, 7)]
    finally:
        _runtime.set_isa(before)
        _runtime.set_threads(threads)
    assert all(np.array_equal(out, results[0]) for out in results[1:])


@pytest.mark.parametrize("k", [3, 6, 12, 16])
@pytest.mark.parametrize("width", [1, 3, 9, 27])
def test_scratch_is_what_it_says(each_isa, k, width):
    src, shifts = random_columns(1 << k, width), np.array([3, 5], dtype=np.uint64)
    out, plan = np.empty((2, 1 << k, width), dtype=np.uint64), _ntt.Plan(k)
    for threads in (1, 2):
        _runtime.set_threads(threads)
        before = _runtime.live_bytes()
        _runtime.reset_peak()
        _ntt.lde(plan, src, out, shifts)
        assert _runtime.peak_bytes() - before == _ntt.lde_scratch_bytes([(plan, width, width, 2)])


@pytest.mark.parametrize("k", [6, 10, 12])
@pytest.mark.parametrize("width", [1, 3, 12])
def test_extreme_words(each_isa, k, width):
    """No sum overflows: of words that are extreme, in the patterns of the bits of their places."""
    places = np.arange(width << k).reshape(1 << k, width)
    for period in (1, 3, 5, 8, 64):
        high = places // period % 2 == 0
        src = np.where(high, np.uint64(2**64 - 1), np.uint64(0))
        out = extended(k, src, [2, 1])
        _runtime.set_isa("portable")
        expected = extended(k, src % np.uint64(P), [2, 1])
        _runtime.set_isa(each_isa)
        np.testing.assert_array_equal(out, expected)
