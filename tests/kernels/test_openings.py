"""Openings against direct evaluation of polynomials, quotients against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.kernels import _openings
from tests.oracles.fields import ISAS, MODES, P, base, ext, mixed, mode, root, u64, words

ZETA = (5, P - 1, 7)
SHAPES = [(1, 0), (2, 0), (1, 1), (2, 1), (4, 2), (2, 3), (1, 5), (2, 6)]


@pytest.fixture(params=ISAS)
def isa(request):
    with mode(request.param):
        yield request.param


def points(offset, blowup, log_n):
    """x_{q,i} as nested Python integers."""
    g = root(log_n + blowup.bit_length() - 1)
    n = 1 << log_n
    return [[offset * pow(g, q + blowup * i, P) % P for i in range(n)] for q in range(blowup)]


def inverse_differences(offset, blowup, log_n, zeta=ZETA):
    out = np.full((3, blowup, 1 << log_n), 0xDEAD, np.uint64)
    _openings.inverse_differences(offset, blowup, log_n, u64(zeta), out)
    return out


def evaluate(coefficients, x):
    """A polynomial with integer coefficients at an extension element."""
    total = base(0)
    for c in reversed(coefficients):
        total = total * x + base(c)
    return total


@pytest.mark.parametrize("zeta", [ZETA, (0, 0, 1), (0, 1, 0), (P - 1, 2**32, 2**32 - 1)])
@pytest.mark.parametrize("offset", [1, 3, P - 1])
def test_inverse_differences(isa, offset, zeta):
    for blowup, log_n in [*SHAPES, (1, 11)]:
        out = inverse_differences(offset, blowup, log_n, zeta)
        for q, row in enumerate(points(offset, blowup, log_n)):
            for i, x in list(enumerate(row))[:: 1 + len(row) // 300]:
                assert out[:, q, i].tolist() == words(1 / (ext(zeta) - base(x)))


@pytest.mark.parametrize("log_n", [0, 1, 3, 5, 7])
def test_barycentric_evaluation(isa, log_n):
    """Weights, sums over rows and the factor of the docstring give f(zeta)."""
    n, offset, width = 1 << log_n, 3, 5
    rng = np.random.default_rng(log_n)
    polynomials = mixed(rng, (width, n)).tolist()
    domain = points(offset, 1, log_n)[0]
    values = [
        [sum(c * pow(x, k, P) for k, c in enumerate(f)) % P for f in polynomials] for x in domain
    ]
    weights = np.empty((3, n), np.uint64)
    _openings.scale_by_points(offset, log_n, inverse_differences(offset, 1, log_n)[:, 0], weights)
    factor = ((ext(ZETA) / base(offset)) ** n - base(1)) / base(n)
    for rotate in (0, 1):
        out = np.empty((width, 3), np.uint64)
        _openings.column_sums(u64(values), width, weights, rotate, out)
        x = ext(ZETA) * base(root(log_n) ** rotate)
        assert [words(factor * ext(v)) for v in out] == [words(evaluate(f, x)) for f in polynomials]


def test_scale_by_points_in_place_and_strided(isa):
    word = mixed(np.random.default_rng(1), (3, 2, 64))
    expected = [
        [int(v) * x % P for v, x in zip(word[k, 1], points(9, 1, 6)[0], strict=True)]
        for k in range(3)
    ]
    out = np.empty((3, 64), np.uint64)
    _openings.scale_by_points(9, 6, word[:, 1], out)
    assert out.tolist() == expected
    _openings.scale_by_points(9, 6, word[:, 1], word[:, 1])
    assert word[:, 1].tolist() == expected


MATRICES = [
    (1, 1),
    (2, 3),
    (3, 4),
    (5, 7),
    (63, 8),
    (64, 9),
    (65, 33),
    (300, 129),
    (8, 300),
    (700, 2),
]


@pytest.mark.parametrize(("n", "width"), MATRICES)
@pytest.mark.parametrize("padding", [0, 1, 4])
def test_sums_over_rows_and_columns(isa, n, width, padding):
    rng = np.random.default_rng(n)
    # What stands in the padding must not matter.
    matrix = mixed(rng, (n, width + padding))
    weights, coefficients = mixed(rng, (3, n)), mixed(rng, (width, 3))
    exact = matrix.astype(object)[:, :width]
    out = np.full((width, 3), 0xDEAD, np.uint64)
    for rotate in (0, 1):
        _openings.column_sums(matrix, width, weights, rotate, out)
        rolled = np.roll(exact, -rotate, axis=0)
        assert out.tolist() == (rolled.T.dot(weights.astype(object).T) % P).tolist()
    sums = exact.dot(coefficients.astype(object)).T % P
    out = np.full((3, n), 0xDEAD, np.uint64)
    _openings.row_sums(matrix, coefficients, out, False)
    assert out.tolist() == sums.tolist()
    start = mixed(rng, (3, n))
    out[:] = start
    _openings.row_sums(matrix, coefficients, out, True)
    assert out.tolist() == ((sums + start.astype(object)) % P).tolist()


def test_sums_of_largest_values(isa):
    n, width = 2048, 520
    matrix = np.full((n, width), P - 1, np.uint64)
    out = np.empty((width, 3), np.uint64)
    _openings.column_sums(matrix, width, np.full((3, n), P - 1, np.uint64), 1, out)
    assert (out == n).all()
    out = np.empty((3, n), np.uint64)
    _openings.row_sums(matrix, np.full((width, 3), P - 1, np.uint64), out, False)
    assert (out == width).all()


def test_no_columns_and_no_rows(isa):
    matrix = np.zeros((4, 4), np.uint64)
    out = np.ones((3, 4), np.uint64)
    none = np.empty((0, 3), np.uint64)
    _openings.row_sums(matrix, none, out, True)
    assert (out == 1).all()
    _openings.row_sums(matrix, none, out, False)
    assert (out == 0).all()
    _openings.column_sums(matrix, 0, np.zeros((3, 4), np.uint64), 0, none)
    out = np.ones((4, 3), np.uint64)
    _openings.column_sums(matrix[:0], 4, np.zeros((3, 0), np.uint64), 1, out)
    assert (out == 0).all()


@pytest.mark.parametrize(("blowup", "log_n"), SHAPES)
def test_add_quotient(isa, blowup, log_n):
    n = 1 << log_n
    rng = np.random.default_rng(n)
    sums, start, value = mixed(rng, (3, blowup, n)), mixed(rng, (3, blowup, n)), mixed(rng, 3)
    inverses = inverse_differences(3, blowup, log_n)
    x = points(3, blowup, log_n)
    for rotate in (0, 1):
        point = ext(ZETA) * base(root(log_n) ** rotate)
        out = start.copy()
        _openings.add_quotient(sums, value, inverses, rotate, out, True)
        for q in range(blowup):
            for i in range(n):
                quotient = (ext(value) - ext(sums[:, q, i])) / (point - base(x[q][i]))
                assert out[:, q, i].tolist() == words(ext(start[:, q, i]) + quotient)


@pytest.mark.parametrize("rotate", [0, 1])
def test_the_first_quotient_may_take_the_place_of_its_sums(isa, rotate):
    rng = np.random.default_rng(2)
    sums, value = mixed(rng, (3, 2, 32)), mixed(rng, 3)
    inverses = inverse_differences(3, 2, 5)
    expected = np.zeros_like(sums)
    _openings.add_quotient(sums, value, inverses, rotate, expected, True)
    out = np.full_like(sums, P - 1)
    _openings.add_quotient(sums, value, inverses, rotate, out, False)
    assert np.array_equal(out, expected)
    _openings.add_quotient(sums, value, inverses, rotate, sums, False)
    assert np.array_equal(sums, expected)


@pytest.mark.parametrize("log_n", [0, 1, 3, 11, 12])
def test_inverse_points(isa, log_n):
    out = np.empty(1 << log_n, np.uint64)
    assert _openings.inverse_points(3, log_n, out) == -1
    for v, x in zip(out.tolist(), points(3, 1, log_n)[0], strict=True):
        assert v * (x - 1) % P == 1
    shift = pow(root(log_n), -1, P)
    assert _openings.inverse_points(shift, log_n, out) == (1 if log_n else 0)


@pytest.mark.parametrize("n", [0, 1, 3, 8, 1000, 1 << 15])
def test_words_and_their_rows(n):
    word = mixed(np.random.default_rng(n), (3, 2, n))  # planes further apart than a coset
    for name, threads in MODES:
        with mode(name, threads):
            rows = np.full((n, 3), 77, np.uint64)
            _openings.word_to_rows(word[:, 1], rows)
            assert np.array_equal(rows.T, word[:, 1])
            back = np.full((3, 2, n), 77, np.uint64)
            _openings.rows_to_word(rows, back[:, 1])
            assert np.array_equal(back[:, 1], word[:, 1]) and (back[:, 0] == 77).all()


def test_quotient_of_a_true_opening_has_a_lower_degree(isa):
    """(f(zeta) - f(x)) / (zeta - x) has degree n - 2; with a wrong value it has not."""
    log_n, blowup = 3, 2
    n = 1 << log_n
    f = mixed(np.random.default_rng(3), n).tolist()
    value = evaluate(f, ext(ZETA))
    x = points(3, blowup, log_n)
    inverses = inverse_differences(3, blowup, log_n)
    sums = np.zeros((3, blowup, n), np.uint64)
    sums[0] = [[sum(c * pow(y, k, P) for k, c in enumerate(f)) % P for y in row] for row in x]
    flat = [(q, i) for q in range(blowup) for i in range(n)]
    for opened, degree in [(value, n - 2), (value + base(1), 2 * n - 1)]:
        out = np.zeros((3, blowup, n), np.uint64)
        _openings.add_quotient(sums, u64(words(opened)), inverses, 0, out, True)
        # Coefficient of X^k in Lagrange's formula over the whole coset of order 2n.
        highest = max(
            k
            for k in range(2 * n)
            if words(
                sum((ext(out[:, q, i]) * base(pow(x[q][i], -k, P)) for q, i in flat), base(0))
            ) != [0, 0, 0]
        )  # fmt: skip
        assert highest == degree


def test_results_do_not_depend_on_threads_or_instruction_set():
    rng = np.random.default_rng(8)
    blowup, log_n, width = 2, 13, 13
    n = 1 << log_n
    matrix, coefficients = mixed(rng, (n, width + 3)), mixed(rng, (width, 3))
    sums, value = mixed(rng, (3, blowup, n)), mixed(rng, 3)
    seen = set()
    for isa, threads in MODES:
        with mode(isa, threads):
            inverses = inverse_differences(3, blowup, log_n)
            weights, deep = np.empty((3, n), np.uint64), np.zeros((3, n), np.uint64)
            _openings.scale_by_points(3, log_n, inverses[:, 0], weights)
            columns = np.empty((width, 3), np.uint64)
            _openings.column_sums(matrix, width, weights, 1, columns)
            _openings.row_sums(matrix, coefficients, deep, False)
            out = sums.copy()
            for rotate in (0, 1):
                _openings.add_quotient(sums, value, inverses, rotate, out, True)
        seen.add(b"".join(a.tobytes() for a in (inverses, weights, columns, deep, out)))
    assert len(seen) == 1


def test_bad_arguments_are_named():
    def zeros(*shape):
        return np.zeros(shape, np.uint64)

    with pytest.raises(ValueError, match="zeta must not be in the base field: 9"):
        inverse_differences(3, 1, 2, (9, 0, 0))
    with pytest.raises(ValueError, match="blowup must be a power of two, not 3"):
        _openings.inverse_differences(3, 3, 2, u64(ZETA), zeros(3, 3, 4))
    with pytest.raises(ValueError, match="log_n must be between 0 and 31, not 32"):
        _openings.inverse_differences(3, 2, 32, u64(ZETA), zeros(3, 2, 4))
    with pytest.raises(ValueError, match=r"out must have shape \(3, 1, 4\)"):
        _openings.inverse_differences(3, 1, 2, u64(ZETA), zeros(3, 1, 8))
    with pytest.raises(ValueError, match="zeta must have 3 coordinates"):
        _openings.inverse_differences(3, 1, 2, u64([1, 2]), zeros(3, 1, 4))
    with pytest.raises(ValueError, match=r"inverses must have shape \(3, 4\)"):
        _openings.scale_by_points(3, 2, zeros(3, 8), zeros(3, 4))
    with pytest.raises(ValueError, match="width must be between 0 and 4, not 5"):
        _openings.column_sums(zeros(2, 4), 5, zeros(3, 2), 0, zeros(5, 3))
    with pytest.raises(ValueError, match="rotate must be 0 or 1, not 2"):
        _openings.column_sums(zeros(2, 4), 4, zeros(3, 2), 2, zeros(4, 3))
    with pytest.raises(ValueError, match="matrix must be contiguous along its last axis"):
        _openings.column_sums(zeros(2, 4)[:, ::2], 2, zeros(3, 2), 0, zeros(2, 3))
    with pytest.raises(ValueError, match=r"weights must have shape \(3, 2\)"):
        _openings.column_sums(zeros(2, 4), 4, zeros(3, 3), 0, zeros(4, 3))
    with pytest.raises(ValueError, match="coefficients has 5 rows, but matrix only 4 columns"):
        _openings.row_sums(zeros(2, 4), zeros(5, 3), zeros(3, 2), False)
    with pytest.raises(ValueError, match=r"out must have shape \(3, 2\)"):
        _openings.row_sums(zeros(2, 4), zeros(4, 3), zeros(3, 4), False)
    with pytest.raises(ValueError, match="inverses must have shape"):
        _openings.add_quotient(zeros(3, 1, 4), u64(ZETA), zeros(3, 1, 8), 0, zeros(3, 1, 4), True)
    with pytest.raises(ValueError, match="out must have 4 elements, not 5"):
        _openings.inverse_points(3, 2, u64([1] * 5))
    with pytest.raises(ValueError, match=r"word must have shape \(3, 4\)"):
        _openings.word_to_rows(zeros(3, 5), zeros(4, 3))
    with pytest.raises(ValueError, match=r"rows must have shape \(any, 3\)"):
        _openings.rows_to_word(zeros(4, 4), zeros(3, 4))
    with pytest.raises(ValueError, match="n must be a power of two, not 6"):
        _openings.add_quotient(zeros(3, 1, 6), u64(ZETA), zeros(3, 1, 6), 0, zeros(3, 1, 6), True)
