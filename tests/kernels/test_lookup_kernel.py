"""The lookup kernel on programs written by hand: fractions, batches of every size, zeros."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.kernels import _lookup, _runtime
from cstark.kernels._program import FLAGS, OPERATIONS, Bound

P = 2**64 - 2**32 + 1


@pytest.fixture(params=_runtime.isas(), autouse=True)
def isa(request):
    before = _runtime.isa()
    _runtime.set_isa(request.param)
    yield request.param
    _runtime.set_isa(before)


def mul(a, b):
    t = [0] * 5
    for i in range(3):
        for j in range(3):
            t[i + j] += a[i] * b[j]
    return ((t[0] + 2 * t[3]) % P, (t[1] + 2 * t[4]) % P, t[2] % P)


def inverse(a):
    result, exponent = (1, 0, 0), P**3 - 2
    while exponent:
        if exponent & 1:
            result = mul(result, a)
        a = mul(a, a)
        exponent >>= 1
    return result


def fraction_program(matrix, flags, pairs=1):
    """Columns 0..2 / columns 3..5 as denominators, 6 and 7 as counts, in `pairs` equal pairs."""
    code = [(OPERATIONS["load"], c, 0, c) for c in range(8)]
    code += [(OPERATIONS["pair"], k, 0, flags) for k in range(pairs)]
    empty = np.zeros(0, np.uint64)
    return Bound(
        np.array(code, np.int32), np.array([(0, 12), (6, 14)], np.int32), 8, empty,
        empty.reshape(0, 3), empty.reshape(0, 3), empty, (matrix, None, None), (),
        len(matrix), 0, pairs,
    )  # fmt: skip


@pytest.mark.parametrize("flags", range(16))
def test_signs_and_unit_counts(flags):
    rng = np.random.default_rng(flags)
    matrix = rng.integers(0, P, (16, 8), dtype=np.uint64)
    matrix[:4, :6] = P - 1
    matrix[4:8] = 2**64 - 1
    matrix[8:12] = rng.integers(P, 2**64, (4, 8), dtype=np.uint64)
    out = np.zeros((16, 6), np.uint64)
    total, bad = _lookup.build(fraction_program(matrix, flags, pairs=2), out)
    assert bad == -1
    expected_total = (0, 0, 0)
    for row in range(16):
        *cells, m, n = matrix[row].tolist()
        m = 1 if flags & FLAGS["unit"][0] else m
        n = 1 if flags & FLAGS["unit"][1] else n
        m = -m if flags & FLAGS["negative"][0] else m
        n = -n if flags & FLAGS["negative"][1] else n
        left, right = inverse(tuple(cells[:3])), inverse(tuple(cells[3:]))
        value = tuple((x * m + y * n) % P for x, y in zip(left, right, strict=True))
        assert tuple(out[row, :3].tolist()) == value
        expected_total = tuple((t + 2 * v) % P for t, v in zip(expected_total, value, strict=True))
    assert total == expected_total


@pytest.mark.parametrize("rows", [8, 128, 512, 4096])
@pytest.mark.parametrize("pairs", [1, 2, 7, 33])
def test_batches_of_every_size(rows, pairs):
    """Equal pairs have equal columns, however the batches fall; the accumulator closes."""
    rng = np.random.default_rng(rows)
    matrix = rng.integers(0, P, (rows, 8), dtype=np.uint64)
    out = np.zeros((rows, 3 * pairs), np.uint64)
    total, bad = _lookup.build(fraction_program(matrix, 0, pairs), out)
    assert bad == -1
    reference = np.zeros((rows, 6), np.uint64)
    _lookup.build(fraction_program(matrix, 0, 2), reference)
    for k in range(pairs - 1):
        assert np.array_equal(out[:, 3 * k : 3 * k + 3], reference[:, :3])
    mean = [t * pow(rows, -1, P) % P for t in total]
    start = 3 * (pairs - 1)
    steps = out[:, start : start + 3].astype(object)
    differences = (np.roll(steps, -1, axis=0) - steps + np.array(mean, object)) % P
    assert np.array_equal(differences, reference[:, :3].astype(object) * pairs % P)
    assert not out[0, start : start + 3].any()


@pytest.mark.parametrize("rows", [8, 4096])
@pytest.mark.parametrize("more", [0, 1, 3, 8])
def test_what_is_added_on_the_first_rows(rows, more):
    """The accumulator steps further there, and the sum has it: the column is closed as before."""
    rng = np.random.default_rng(more)
    matrix = rng.integers(0, P, (rows, 8), dtype=np.uint64)
    plain, out = np.zeros((2, rows, 6), np.uint64)
    added = rng.integers(0, P, (more, 3), dtype=np.uint64)
    added[: more // 2] = P - 1
    without, _ = _lookup.build(fraction_program(matrix, 0, 2), plain)
    total, bad = _lookup.build(fraction_program(matrix, 0, 2), out, added)
    assert bad == -1 and np.array_equal(out[:, :3], plain[:, :3])
    sums = added.astype(object)
    mask = [sums[:, k].sum() % P if more else 0 for k in range(3)]
    assert list(total) == [(t + m) % P for t, m in zip(without, mask, strict=True)]
    share = pow(rows, -1, P)
    for k in range(3):
        for row in (0, 1, 2, 3, 7, rows // 2, rows - 1):
            gained = sums[:row, k].sum() - row * mask[k] * share
            assert (int(out[row, 3 + k]) - int(plain[row, 3 + k]) - gained) % P == 0


@pytest.mark.parametrize("shape", [(9, 3), (2, 2)])
def test_what_is_added_has_a_shape(shape):
    matrix = np.ones((16, 8), np.uint64)
    with pytest.raises(ValueError, match="added"):
        _lookup.build(
            fraction_program(matrix, 0), np.zeros((16, 3), np.uint64), np.zeros(shape, np.uint64)
        )


@pytest.mark.parametrize("column", [0, 3])
@pytest.mark.parametrize("row", [0, 5, 127, 128, 4095])
def test_first_zero_denominator(row, column):
    rng = np.random.default_rng(row)
    matrix = rng.integers(1, P, (4096, 8), dtype=np.uint64)
    matrix[row, column : column + 3] = 0
    matrix[row + 7 :: 11, 0:3] = 0
    before = _runtime.threads()
    for threads in (1, 2, 3, 7):
        _runtime.set_threads(threads)
        total, bad = _lookup.build(fraction_program(matrix, 0, 3), np.zeros((4096, 9), np.uint64))
        assert (total, bad) == ((0, 0, 0), row)
    _runtime.set_threads(before)
