"""Public transforms: meaning, shapes, `out`, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from flint import nmod_poly
from hypothesis import given
from hypothesis import strategies as st

from cstark import fft
from cstark.errors import CstarkError

P = 0xFFFFFFFF00000001
elements = st.one_of(
    st.integers(0, P - 1), st.sampled_from([0, 1, 2**32 - 1, 2**32, 2**32 + 1, P - 1])
)
columns = st.integers(0, 6).flatmap(lambda k: st.lists(elements, min_size=1 << k, max_size=1 << k))


def root(order: int) -> int:
    return pow(7, (P - 1) // order, P)


def field(values) -> np.ndarray:
    return np.array(values, dtype=np.uint64)


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, P, shape, dtype=np.uint64)


@given(columns)
def test_ntt_evaluates_on_the_subgroup(column):
    f, g = nmod_poly(column, P), root(len(column))
    expected = [int(f(pow(g, i, P))) for i in range(len(column))]
    assert fft.ntt(field(column)).tolist() == expected
    assert fft.intt(field(expected)).tolist() == column


@given(columns, st.sampled_from([1, 2, 4, 8]), st.integers(1, P - 1))
def test_lde_evaluates_on_the_cosets(column, blowup, offset):
    f, g = nmod_poly(column, P), root(len(column) * blowup)
    result = fft.lde(fft.ntt(field(column)), blowup, offset)
    expected = [
        [int(f(offset * pow(g, q + blowup * i, P) % P)) for i in range(len(column))]
        for q in range(blowup)
    ]
    assert result.tolist() == expected


@given(columns, st.integers(1, P - 1))
def test_transforms_on_a_coset(column, offset):
    f, x = nmod_poly(column, P), fft.points(len(column), offset)
    values = fft.ntt(field(column), offset=offset)
    assert values.tolist() == [int(f(int(point))) for point in x]
    assert fft.intt(values, offset=offset).tolist() == column
    a = field([column, column]).T
    assert fft.ntt(a, offset=offset, out=a) is a and (a[:, 1] == values).all()
    assert fft.intt(a, offset=offset, out=a) is a and a[:, 0].tolist() == column


@pytest.mark.parametrize("log_rows", [12, 13, 14, 15])
def test_a_single_column_is_transformed_as_one_of_many(log_rows):
    a = random(1 << log_rows, 2)
    for function in (fft.ntt, fft.intt):
        for offset in (1, 3):
            both = function(a, offset=offset)
            for column in (a[:, 1], a[:, 1].copy(), a[::-1, 1][::-1]):
                np.testing.assert_array_equal(function(column, offset=offset), both[:, 1])
            in_place = a[:, 0].copy()
            assert function(in_place, offset=offset, out=in_place) is in_place
            np.testing.assert_array_equal(in_place, both[:, 0])
            strided = a.copy()
            function(strided[:, 0], offset=offset, out=strided[:, 0])
            np.testing.assert_array_equal(strided, np.stack([both[:, 0], a[:, 1]], axis=1))
    for blowup, offset in ((1, 1), (4, 3)):
        both = fft.lde(a, blowup, offset)
        np.testing.assert_array_equal(fft.lde(a[:, 1], blowup, offset), both[:, :, 1])
        out = np.zeros((blowup, 1 << log_rows), np.uint64)
        out[-1] = a[:, 1]
        fft.lde(out[-1], blowup, offset, out=out)
        np.testing.assert_array_equal(out, both[:, :, 1])
    f = nmod_poly(a[:, 0].tolist(), P)
    values = fft.ntt(a[:, 0])
    for k in (0, 1, 77, (1 << log_rows) - 1):
        assert int(values[k]) == int(f(pow(root(1 << log_rows), k, P)))


def test_points_and_roots():
    for k in (0, 1, 5):
        x = fft.points(1 << k, 3).tolist()
        assert x == [3 * pow(root(1 << k), i, P) % P for i in range(1 << k)]
    for k in (0, 1, 26, 32):
        g = fft.root(1 << k)
        assert g == root(1 << k) and pow(g, 1 << k, P) == 1
        assert k == 0 or pow(g, 1 << k - 1, P) == P - 1
    for order in (0, 3, -2, 2**33):
        with pytest.raises(CstarkError, match=f"power of two up to 2.32, not {order}"):
            fft.root(order)
    with pytest.raises(CstarkError, match="order must be an integer"):
        fft.root(2.0)
    with pytest.raises(CstarkError, match="offset must be between 1 and p - 1, not 0"):
        fft.points(4, 0)


@pytest.mark.parametrize("offset", [1, 3])
def test_rows_along_another_axis(offset):
    a = random(4, 8, 16)
    for axis in (0, 1, 2, -1, -2):
        for function in (fft.ntt, fft.intt):
            result = function(a, offset=offset, axis=axis)
            moved = function(np.ascontiguousarray(np.moveaxis(a, axis, 0)), offset=offset)
            np.testing.assert_array_equal(result, np.moveaxis(moved, 0, axis))
            in_place = a.copy()
            assert function(in_place, in_place, offset=offset, axis=axis) is in_place
            np.testing.assert_array_equal(in_place, result)
    with pytest.raises(CstarkError, match="axis 3 does not exist: the array has 3 of them"):
        fft.ntt(a, axis=3)
    with pytest.raises(CstarkError, match=r"power of two up to 2\^26, not 3"):
        fft.ntt(a[..., :3], axis=2)


def test_axes_after_the_first_number_polynomials():
    a = random(16, 3, 5)
    for function in (fft.ntt, fft.intt):
        result = function(a)
        assert result.shape == a.shape
        for i in range(3):
            for j in range(5):
                np.testing.assert_array_equal(result[:, i, j], function(a[:, i, j]))
    result = fft.lde(a, 4)
    assert result.shape == (4, 16, 3, 5)
    np.testing.assert_array_equal(result[:, :, 2, 1], fft.lde(a[:, 2, 1], 4))
    assert fft.lde(a[:, :0]).shape == (2, 16, 0, 5)
    assert fft.ntt(a[:, :0]).shape == (16, 0, 5)


def test_any_strides():
    a = random(32, 8)
    for view in (a[::2], a[:, ::2], a[::-1, ::-1], np.asfortranarray(a), a.T[:, :4].T[:, 1:]):
        contiguous = np.ascontiguousarray(view)
        np.testing.assert_array_equal(fft.ntt(view), fft.ntt(contiguous))
        np.testing.assert_array_equal(fft.lde(view), fft.lde(contiguous))


def test_integers_of_other_types_are_exact():
    expected = fft.ntt(field([1, 2, 3, 4]))
    for a in (
        [1, 2, 3, 4],
        (1, 2, 3, 4),
        np.array([1, 2, 3, 4], dtype=np.int8),
        np.array([1, 2, 3, 4], dtype=">u8"),
    ):
        np.testing.assert_array_equal(fft.ntt(a), expected)


def test_unaligned_memory():
    raw = np.zeros(8 * 16 + 1, dtype=np.uint8)
    view = raw[1:].view(np.uint64)
    view[...] = random(16)
    np.testing.assert_array_equal(fft.ntt(view), fft.ntt(view.copy()))
    expected = fft.ntt(view.copy())
    fft.ntt(view, out=view)
    np.testing.assert_array_equal(view, expected)


def test_out():
    a = random(64, 5)
    expected = fft.ntt(a)
    out = np.empty_like(a)
    assert fft.ntt(a, out=out) is out
    np.testing.assert_array_equal(out, expected)
    strided = np.zeros((64, 10), dtype=np.uint64)
    fft.ntt(a, out=strided[:, ::2])
    np.testing.assert_array_equal(strided[:, ::2], expected)
    assert not strided[:, 1::2].any()
    b = a.copy()
    assert fft.ntt(b, out=b) is b
    np.testing.assert_array_equal(b, expected)
    fft.intt(b, out=b)
    np.testing.assert_array_equal(b, a)
    both = np.concatenate([a, a])  # overlapping, as in a ufunc
    fft.ntt(both[:64], out=both[32:96])
    np.testing.assert_array_equal(both[32:96], expected)
    out = np.empty((2, 64, 5), dtype=np.uint64)
    assert fft.lde(a, out=out) is out
    np.testing.assert_array_equal(out, fft.lde(a))
    out[1] = a
    fft.lde(out[1], out=out)
    np.testing.assert_array_equal(out, fft.lde(a))


def test_the_argument_is_only_read():
    a = random(64, 5)
    before = a.copy()
    a.flags.writeable = False
    fft.ntt(a), fft.intt(a), fft.lde(a)
    np.testing.assert_array_equal(a, before)


@pytest.mark.parametrize(
    ("a", "message"),
    [
        (np.zeros(4), "integers below p.*float64"),
        (np.zeros(4, dtype=bool), "bool"),
        (np.array([1, 2**70], dtype=object), r"a\[1\] is 1180591620717411303424"),
        (["a", "b"], "integers below p"),
        (7, "at least one axis"),
        (np.zeros((3, 2), dtype=np.uint64), "power of two up to 2.26, not 3"),
        (np.zeros((0, 2), dtype=np.uint64), "not 0"),
        ([1, -1], r"a\[1\] is -1: negative"),
        (field([[0, 0], [0, P]]), r"a\[1, 1\] is 18446744069414584321: not below p"),
    ],
)
def test_refused_arrays(a, message):
    for function in (fft.ntt, fft.intt, fft.lde):
        with pytest.raises(CstarkError, match=message):
            function(a)


def test_refused_out():
    a = random(8, 2)
    frozen = np.empty_like(a)
    frozen.flags.writeable = False
    for out, message in [
        (np.empty((8, 3), dtype=np.uint64), r"out has shape \(8, 3\), the result \(8, 2\)"),
        (np.empty((8, 2), dtype=np.int64), "out must be a uint64 array, not int64"),
        ([0] * 8, "out must be a uint64 array, not list"),
        (frozen, "out is read-only"),
    ]:
        with pytest.raises(CstarkError, match=message):
            fft.ntt(a, out=out)


def test_refused_domains():
    a = random(8)
    for arguments, message in [
        ((3, 3), "blowup must be a power of two"),
        ((0, 3), "blowup must be a power of two"),
        ((2**30, 3), f"at most {2**29} for 8 rows"),
        ((2, 0), "offset must be between 1 and p - 1, not 0"),
        ((2, P), "offset"),
        ((2.0, 3), "blowup must be an integer, not float"),
        ((2, "3"), "offset must be an integer, not str"),
    ]:
        with pytest.raises(CstarkError, match=message):
            fft.lde(a, *arguments)
