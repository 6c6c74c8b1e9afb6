"""The transform kernels against their definition, in Python integers and by FLINT.

Sizes up to 2^13 are compared word by word with a recursion on Python integers, which is itself
compared with the quadratic definition and with FLINT; larger ones at random points with FLINT's
evaluation of polynomials.
"""

from __future__ import annotations

import pickle
import signal

import numpy as np
import pytest
from flint import nmod_poly
from ntt_oracle import POOL, SHIFTS, P, pick, pool, random_columns, recursion, root

from cstark.kernels import _ntt, _runtime

WIDTHS = [*range(1, 10), 16, 31, 33, 64, 100]


@pytest.fixture(params=_runtime.isas())
def isa(request):
    before, threads = _runtime.isa(), _runtime.threads()
    _runtime.set_isa(request.param)
    yield request.param
    _runtime.set_isa(before)
    _runtime.set_threads(threads)


@pytest.fixture
def threads():
    before = _runtime.threads()
    yield _runtime.set_threads
    _runtime.set_threads(before)


def by_definition(column: list[int], w: int) -> list[int]:
    n = len(column)
    return [sum(a * pow(w, i * j, P) for j, a in enumerate(column)) % P for i in range(n)]


def test_recursion_is_the_definition():
    for k in range(7):
        column = [int(a) for a in random_columns(1 << k, 1)[:, 0]]
        result = recursion(np.array(column, dtype=object)[:, None], root(k))
        assert result[:, 0].tolist() == by_definition(column, root(k))


@pytest.mark.parametrize("k", range(7, 14))
def test_recursion_agrees_with_flint(k):
    coefficients, values, cosets = pool(k)
    rng = np.random.default_rng(k)
    for column in range(POOL):
        f = nmod_poly([int(a) for a in coefficients[:, column]], P)
        for i in rng.integers(0, 1 << k, 4).tolist():
            assert int(f(pow(root(k), i, P))) == values[i, column]
            for q, shift in enumerate(SHIFTS):
                assert int(f(shift * pow(root(k), i, P) % P)) == cosets[q, i, column]


@pytest.mark.parametrize("k", range(14))
def test_transform_of_every_size_and_width(isa, k):
    coefficients, values, _ = pool(k)
    plan = _ntt.Plan(k)
    for width in WIDTHS:
        for stride in {width, width + 1, (width + 3) // 4 * 4, width + 9}:
            out = np.full((1 << k, stride), 7, dtype=np.uint64)
            _ntt.transform(plan, pick(coefficients, width), out, False)
            np.testing.assert_array_equal(out[:, :width], pick(values, width))
            assert not out[:, width:].any()
            out[...] = 7
            _ntt.transform(plan, pick(values, width), out, True)
            np.testing.assert_array_equal(out[:, :width], pick(coefficients, width))
            assert not out[:, width:].any()


@pytest.mark.parametrize("k", range(14))
def test_extension_of_every_size_and_width(isa, k):
    _, values, cosets = pool(k)
    plan = _ntt.Plan(k)
    for width in WIDTHS:
        src = pick(values, width)
        for stride in {width, (width + 3) // 4 * 4, width + 9}:
            for chosen in ([2], [1, 0], [0, 1, 2, 3]):
                out = np.full((len(chosen), 1 << k, stride), 7, dtype=np.uint64)
                shifts = np.array([SHIFTS[q] for q in chosen], dtype=np.uint64)
                _ntt.lde(plan, src, out, shifts)
                np.testing.assert_array_equal(out[:, :, :width], pick(cosets[chosen], width))
                assert not out[:, :, width:].any()
        np.testing.assert_array_equal(src, pick(values, width))  # only read


@pytest.mark.parametrize("k", [1, 2, 3, 6, 9])
def test_extreme_words_in_every_pattern(isa, k):
    """No sum overflows: the words of a butterfly are of two values in all 256 ways."""
    rows = np.arange(1 << k)[:, None]
    digits = rows >> np.arange(0, k, 3)  # of the row, for every place a butterfly may be at
    patterns = np.arange(256)[None, :]
    plan = _ntt.Plan(k)
    for place in range(digits.shape[1]):
        high = (patterns >> (digits[:, place : place + 1] & 7)) & 1 == 1
        for low_word, high_word in ((0, 2**64 - 1), (P - 1, 2**64 - 1), (2**32, P - 2**32)):
            src = np.where(high, np.uint64(high_word), np.uint64(low_word))
            out, expected = np.empty_like(src), np.empty_like(src)
            for inverse in (True, False):
                _ntt.transform(plan, src, out, inverse)
                chosen = _runtime.isa()
                _runtime.set_isa("portable")
                _ntt.transform(plan, src % np.uint64(P), expected, inverse)
                _runtime.set_isa(chosen)
                np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("k", [14, 15, 16, 17])
def test_extension_by_one_is_the_matrix_itself(isa, k):
    src = random_columns(1 << k, 5)
    out = np.empty((1, 1 << k, 8), dtype=np.uint64)
    _ntt.lde(_ntt.Plan(k), src, out, np.array([1], dtype=np.uint64))
    np.testing.assert_array_equal(out[0, :, :5], src)


@pytest.mark.nightly
@pytest.mark.parametrize("k", [25, 26])
def test_the_largest_sizes(isa, k):
    src = random_columns(1 << k, 1)
    plan = _ntt.Plan(k)
    out = np.empty((1, 1 << k, 1), dtype=np.uint64)
    _ntt.lde(plan, src, out, np.array([1], dtype=np.uint64))
    np.testing.assert_array_equal(out[0], src)
    exponents = [0, 1, 12345, (1 << k) - 1]
    src[...] = 0
    src[exponents, 0] = 1
    _ntt.transform(plan, src, out[0], False)
    for i in [0, 1, 2, (1 << k) // 3, (1 << k) - 1]:
        assert out[0, i, 0] == sum(pow(root(k), i * e, P) for e in exponents) % P
    _ntt.transform(plan, out[0], out[0], True)
    np.testing.assert_array_equal(out[0], src)


@pytest.mark.parametrize(("k", "width"), [(15, 2), (16, 1), (18, 3), (20, 4)])
def test_large_ones_at_random_points(isa, k, width):
    n = 1 << k
    rng = np.random.default_rng(k)
    coefficients = random_columns(n, width)
    coefficients[:, 0] = P - 1
    plan, w = _ntt.Plan(k), root(k)
    values = np.empty_like(coefficients)
    _ntt.transform(plan, coefficients, values, False)
    shifts = np.array([3, 3 * root(k + 1) % P], dtype=np.uint64)
    out = np.empty((2, n, (width + 3) // 4 * 4), dtype=np.uint64)
    _ntt.lde(plan, values, out, shifts)
    for column in range(width):
        f = nmod_poly([int(a) for a in coefficients[:, column]], P)
        for i in [0, 1, n // 2, n - 1, *rng.integers(0, n, 6).tolist()]:
            x = pow(w, i, P)
            assert values[i, column] == int(f(x))
            for q, shift in enumerate(shifts.tolist()):
                assert out[q, i, column] == int(f(shift * x % P))
    back = np.empty_like(values)
    _ntt.transform(plan, values, back, True)
    np.testing.assert_array_equal(back, coefficients)


def test_product_of_polynomials_agrees_with_flint(isa):
    k = 14
    rng = np.random.default_rng(3)
    factors = np.zeros((1 << k, 2), dtype=np.uint64)
    factors[: 1 << (k - 1)] = rng.integers(0, P, (1 << (k - 1), 2), dtype=np.uint64)
    values = np.empty_like(factors)
    _ntt.transform(_ntt.Plan(k), factors, values, False)
    product = (values[:, :1].astype(object) * values[:, 1:] % P).astype(np.uint64)
    out = np.empty_like(product)
    _ntt.transform(_ntt.Plan(k), product, out, True)
    f, g = (nmod_poly([int(a) for a in factors[:, c]], P) for c in range(2))
    expected = [int(a) for a in (f * g).coeffs()]
    assert out[: len(expected), 0].tolist() == expected
    assert not out[len(expected) :].any()


@pytest.mark.parametrize("value", [0, 1, P - 1])
@pytest.mark.parametrize("k", [5, 12, 14])
def test_constant_columns_stay_constant(isa, k, value):
    src = np.full((1 << k, 6), value, dtype=np.uint64)
    out = np.empty((2, 1 << k, 8), dtype=np.uint64)
    _ntt.lde(_ntt.Plan(k), src, out, np.array([3, 5], dtype=np.uint64))
    assert (out[:, :, :6] == value).all()


def test_any_word_is_read_as_its_residue(isa):
    src = np.array([[P, 2**64 - 1], [P + 1, P - 1]] * 4, dtype=np.uint64)
    out, expected = np.empty_like(src), np.empty_like(src)
    for k in (0, 3):
        n = 1 << k
        _ntt.transform(_ntt.Plan(k), src[:n], out[:n], False)
        _ntt.transform(_ntt.Plan(k), src[:n] % np.uint64(P), expected[:n], False)
        np.testing.assert_array_equal(out[:n], expected[:n])


@pytest.mark.parametrize(("k", "width"), [(4, 100), (10, 33), (12, 40), (13, 9), (15, 70), (17, 3)])
def test_threads_and_instruction_sets_do_not_matter(threads, k, width):
    src = random_columns(1 << k, width)
    plan, shifts = _ntt.Plan(k), np.array([3, 5, 7], dtype=np.uint64)
    before = _runtime.isa()
    results = []
    try:
        for name in _runtime.isas():
            _runtime.set_isa(name)
            for count in (1, 2, 3, 7):
                threads(count)
                out = np.empty((3, 1 << k, width + 1), dtype=np.uint64)
                values = np.empty((1 << k, width), dtype=np.uint64)
                _ntt.lde(plan, src, out, shifts)
                _ntt.transform(plan, src, values, True)
                results.append((out, values))
    finally:
        _runtime.set_isa(before)
    for out, values in results[1:]:
        np.testing.assert_array_equal(out, results[0][0])
        np.testing.assert_array_equal(values, results[0][1])


@pytest.mark.parametrize("k", [3, 6, 12, 14])
@pytest.mark.parametrize("width", [1, 4, 7])
def test_views_and_read_only_sources(isa, k, width):
    base = random_columns(3 << k, width + 5)
    plan, shifts = _ntt.Plan(k), np.array([3, 5], dtype=np.uint64)
    for view in (
        base[: 1 << k, 2 : 2 + width],
        base[: 3 << k : 3, :width],
        base[: 1 << k, :width][::-1],
    ):
        plain = np.ascontiguousarray(view)
        plain.flags.writeable = False
        expected = np.empty((2, 1 << k, width + 1), dtype=np.uint64)
        _ntt.lde(plan, plain, expected, shifts)
        out = np.empty_like(expected)
        _ntt.lde(plan, view, out, shifts)
        np.testing.assert_array_equal(out, expected)
        _ntt.transform(plan, plain, expected[0], False)
        _ntt.transform(plan, view, out[0], False)
        np.testing.assert_array_equal(out[0], expected[0])


@pytest.mark.parametrize("k", [1, 3, 4, 9, 12, 13, 15])
@pytest.mark.parametrize("width", [1, 3, 4, 37])
def test_transform_in_place(isa, k, width):
    a = random_columns(1 << k, width)
    expected = np.empty_like(a)
    for inverse in (False, True):
        _ntt.transform(_ntt.Plan(k), a, expected, inverse)
        _ntt.transform(_ntt.Plan(k), a, a, inverse)
        np.testing.assert_array_equal(a, expected)


@pytest.mark.parametrize("k", [0, 1, 4, 9, 13, 15])
@pytest.mark.parametrize("width", [1, 3, 4, 37])
@pytest.mark.parametrize("cosets", [1, 3])
def test_extension_in_place_of_the_last_coset(isa, threads, k, width, cosets):
    a, plan = random_columns(1 << k, width), _ntt.Plan(k)
    stride = -(-width // 4) * 4
    shifts = np.arange(3, 3 + cosets, dtype=np.uint64)
    expected = np.empty((cosets, 1 << k, stride), dtype=np.uint64)
    _ntt.lde(plan, a, expected, shifts)
    for count in (1, 3):
        threads(count)
        out = np.full_like(expected, 77)
        out[-1, :, :width] = a
        _ntt.lde(plan, out[-1, :, :width], out, shifts)
        assert np.array_equal(out, expected)
        if cosets > 1:  # the last one elsewhere, in the place of the source, or in none
            for source in (out[-1, :, :width], a):
                out[-1, :, :width] = a
                last, out[:-1] = out[-1], 77
                _ntt.lde(plan, source, out[:-1], shifts, last=last)
                assert np.array_equal(out, expected)


def test_many_cosets(isa):
    k, blowup = 5, 64
    _, values, _ = pool(k)
    shifts = [3 * pow(root(k + 6), q, P) % P for q in range(blowup)]
    out = np.empty((blowup, 1 << k, POOL), dtype=np.uint64)
    _ntt.lde(_ntt.Plan(k), values, out, np.array(shifts, dtype=np.uint64))
    f = nmod_poly([int(a) for a in pool(k)[0][:, 9]], P)
    for q, shift in enumerate(shifts):
        for i in range(1 << k):
            assert out[q, i, 9] == int(f(shift * pow(root(k), i, P) % P))


def test_bad_arguments_are_named():
    plan = _ntt.Plan(3)
    a, out = random_columns(8, 2), np.empty((2, 8, 4), dtype=np.uint64)
    shifts = np.array([3, 5], dtype=np.uint64)
    with pytest.raises(ValueError, match="log_n must be between 0 and 26, not 27"):
        _ntt.Plan(27)
    with pytest.raises(ValueError, match="log_n"):
        _ntt.Plan(-1)
    with pytest.raises(ValueError, match="src must have 8 rows"):
        _ntt.lde(plan, a[:4], out, shifts)
    with pytest.raises(ValueError, match="src must have 8 rows and a column"):
        _ntt.transform(plan, a[:, :0], out[0], False)
    with pytest.raises(ValueError, match="out must be 2 x 8 x at least 2"):
        _ntt.lde(plan, a, np.empty((2, 8, 1), dtype=np.uint64), shifts)
    with pytest.raises(ValueError, match="out must be 2 x 8"):
        _ntt.lde(plan, a, np.empty((3, 8, 4), dtype=np.uint64), shifts)
    with pytest.raises(ValueError, match="out must be 8 x at least 2"):
        _ntt.transform(plan, a, np.empty((4, 4), dtype=np.uint64), False)
    with pytest.raises(ValueError, match="shifts is empty"):
        _ntt.lde(plan, a, np.empty((0, 8, 4), dtype=np.uint64), shifts[:0])
    for bad in (0, P):
        with pytest.raises(ValueError, match=rf"shifts\[1\] is {bad};"):
            _ntt.lde(plan, a, out, np.array([3, bad], dtype=np.uint64))
    with pytest.raises(ValueError, match="columns of a row must be adjacent"):
        _ntt.lde(plan, random_columns(8, 4)[:, ::2], out, shifts)
    for overlapping in (out[0, :, :2], out[1, :, 1:3], out.reshape(16, 4)[4:12]):
        with pytest.raises(ValueError, match="overlaps src without being its last coset"):
            _ntt.lde(plan, overlapping, out, shifts)
    last = np.empty((8, 4), dtype=np.uint64)
    with pytest.raises(ValueError, match=r"shifts has one coset, .* not in last"):
        _ntt.lde(plan, a, out[:0], shifts[:1], last=last)
    with pytest.raises(ValueError, match="out must be 1 x 8 x at least 2"):
        _ntt.lde(plan, a, out, shifts, last=last)
    for wrong in (last[:4], np.empty((8, 2), dtype=np.uint64)):
        with pytest.raises(ValueError, match="last must be 8 x 4 as out"):
            _ntt.lde(plan, a, out[:1], shifts, last=wrong)
    with pytest.raises(ValueError, match="last: overlaps out"):
        _ntt.lde(plan, a, out[:1], shifts, last=out.reshape(16, 4)[4:12])
    for overlapping in (last[:, 1:3], last[::-1, :2]):
        with pytest.raises(ValueError, match="overlaps src without being its last coset"):
            _ntt.lde(plan, overlapping, out[:1], shifts, last=last)
    last.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        _ntt.lde(plan, last, out[:1], shifts, last=last)
    with pytest.raises(ValueError, match="overlaps src"):
        _ntt.transform(plan, out[0, :, 1:3], out[0], False)
    with pytest.raises(ValueError, match="overlaps src"):
        _ntt.transform(plan, out.reshape(16, 4)[4:12], out[0], False)
    with pytest.raises(TypeError):
        _ntt.lde(None, a, out, shifts)


def test_plans_pickle_and_know_their_rows():
    plan = pickle.loads(pickle.dumps(_ntt.Plan(5)))
    assert (plan.log_n, plan.rows, repr(plan)) == (5, 32, "Plan(5)")
    with pytest.raises(AttributeError):
        plan.log_n = 6


def test_signals_are_seen_during_a_long_call(threads):
    class Alarm(Exception):
        pass

    def raise_alarm(*_):
        raise Alarm

    threads(1)
    src = random_columns(1 << 16, 64)
    out = np.empty((4, 1 << 16, 64), dtype=np.uint64)
    shifts = np.array([3, 5, 7, 9], dtype=np.uint64)
    before = signal.signal(signal.SIGALRM, raise_alarm)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.002)
        with pytest.raises(Alarm):
            _ntt.lde(_ntt.Plan(16), src, out, shifts)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
