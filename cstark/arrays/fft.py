"""Number-theoretic transforms over the Goldilocks field, along axis 0 or another one.

Polynomials are columns: row i of an array of coefficients belongs to X^i, row i of an array of
values to the point g^i, where g = 7^((p-1)/rows) is the root of unity of order ``rows`` (`root`),
or to offset g^i (`points`).  Order is natural on both sides.  Arrays of any number of axes are
taken; the axes after the first number the polynomials, so that arrays of extension elements,
whose last axis holds coordinates, are transformed as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.arrays import goldilocks
from cstark.arrays.operands import P, deliver, elements, integer
from cstark.arrays.operands.axes import axis_index
from cstark.errors import CstarkError, quoted
from cstark.field import base_root
from cstark.kernels import _ntt, _runtime

__all__ = ["intt", "lde", "ntt", "points", "root"]


def __dir__() -> list[str]:
    return sorted(__all__)


_MAX_LOG_ROWS = 26
_MAX_LOG_DOMAIN = 32
_MIN_LOG_SQUARE = 13  # of a single column; below, the direct way takes less


@lru_cache(maxsize=_MAX_LOG_ROWS + 1)
def _plan(log_rows: int) -> _ntt.Plan:
    return _ntt.Plan(log_rows)


def _elements(a: ArrayLike) -> NDArray[np.uint64]:
    """`a` as a checked array of field elements with at least one axis."""
    array = elements(a, "a")
    if array.ndim == 0:
        raise CstarkError("a must be an array of at least one axis, not a number")
    return array


def _log_rows(array: NDArray[np.uint64]) -> int:
    rows: int = array.shape[0]
    if rows < 1 or rows & (rows - 1) or rows > 1 << _MAX_LOG_ROWS:
        raise CstarkError(
            f"the number of rows must be a power of two up to 2^{_MAX_LOG_ROWS}, not {rows}"
        )
    log_rows: int = rows.bit_length() - 1
    return log_rows


def _matrix(array: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """As rows x columns whose columns are adjacent; a copy only where the strides demand one."""
    matrix = array.reshape(array.shape[0], -1) if array.size else array.reshape(array.shape[0], 0)
    itemsize = matrix.itemsize
    if (matrix.shape[1] > 1 and matrix.strides[1] != itemsize) or matrix.strides[0] % itemsize:
        matrix = np.ascontiguousarray(matrix)
    return matrix if matrix.flags.aligned else matrix.copy()


def _offset(offset: Any) -> int:
    value = integer(offset, "offset")
    if not 0 < value < P:
        raise CstarkError(f"offset must be between 1 and p - 1, not {quoted(value)}")
    return value


def _run(
    kernel: Callable[[NDArray[np.uint64]], None],
    source: NDArray[np.uint64],
    shape: tuple[int, ...],
    out: NDArray[np.uint64] | None,
    in_place: bool,
) -> NDArray[np.uint64]:
    """`deliver`, into memory of the kernels' kind where there is no `out`."""
    result: NDArray[np.uint64] = deliver(
        kernel, shape, out, [source], in_place=in_place, allocate=_runtime.aligned
    )
    return result


def _transform(
    a: ArrayLike, out: NDArray[np.uint64] | None, offset: int, axis: int, inverse: bool
) -> NDArray[np.uint64]:
    array, shift = _elements(a), _offset(offset)
    index = axis_index(axis, array.ndim)
    rows_first = np.moveaxis(array, index, 0) if index else array
    plan = _plan(_log_rows(rows_first))

    def kernel(target: NDArray[np.uint64]) -> None:
        if not array.size:
            return
        work = target if index == 0 else _runtime.aligned(rows_first.shape)
        source, flat = _matrix(rows_first), work.reshape(plan.rows, -1)
        if shift != 1 and not inverse:  # f(shift X) has the coefficients f_i shift^i
            _scale(source, shift, flat)
            source = flat
        if _is_long_column(flat):
            _transform_column(source, flat, inverse)
        else:
            _ntt.transform(plan, source, flat, inverse)
        if shift != 1 and inverse:
            _scale(flat, pow(shift, -1, P), flat)
        if index:
            np.moveaxis(target, index, 0)[...] = work

    return _run(kernel, array, array.shape, out, in_place=True)


def _scale(values: NDArray[np.uint64], ratio: int, out: NDArray[np.uint64]) -> None:
    """out = row i times ratio^i."""
    factors = goldilocks.powers(ratio, len(values))
    goldilocks.mul(values, factors[:, np.newaxis], out=out)


def _is_long_column(matrix: NDArray[np.uint64]) -> bool:
    return matrix.shape[1] == 1 and len(matrix) >= 1 << _MIN_LOG_SQUARE


def _transform_column(source: NDArray[np.uint64], out: NDArray[np.uint64], inverse: bool) -> None:
    """Transform a single long column as the matrix of r rows and s columns that it also is.

    The kernel's vectors run over columns: one column leaves most of their lanes empty.  With
    n = r s, j = s j1 + j2 and k = k1 + r k2,

        w^(j k) = (w^s)^(j1 k1) w^(j2 k1) (w^r)^(j2 k2),

    a transform of the columns, a product with powers of w, and a transform of the columns of the
    transpose (D. H. Bailey, "FFTs in external or hierarchical memory", 1990).  That takes less
    than half the time, and memory for two more columns.
    """
    log_rows = len(out).bit_length() - 1
    r, s = 1 << log_rows // 2, 1 << log_rows - log_rows // 2
    w = base_root(log_rows)
    columns = _runtime.aligned((r, s))
    _ntt.transform(_plan(log_rows // 2), source.reshape(r, s), columns, inverse)
    transposed = out.reshape(s, r)
    transposed[...] = columns.T
    twiddles = columns.reshape(s, r)  # w^(j2 k1), row by row
    twiddles[0] = 1
    twiddles[1:] = goldilocks.powers(pow(w, -1, P) if inverse else w, r)
    goldilocks.cumprod(twiddles, axis=0, out=twiddles)
    goldilocks.mul(transposed, twiddles, out=transposed)
    _ntt.transform(_plan(log_rows - log_rows // 2), transposed, transposed, inverse)


def root(order: int) -> int:
    """The root of unity 7^((p-1)/order), whose powers are the points of the transforms.

    Parameters
    ----------
    order : int
        A power of two up to 2^32.

    Returns
    -------
    int
        An element of exactly that order.

    Raises
    ------
    CstarkError
        For another order.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.fft.root(2) == cs.P - 1
    True
    >>> cs.fft.root(4) == 2**48
    True
    """
    value = integer(order, "order")
    if value < 1 or value & (value - 1) or value > 1 << _MAX_LOG_DOMAIN:
        raise CstarkError(
            f"order must be a power of two up to 2^{_MAX_LOG_DOMAIN}, not {quoted(value)}"
        )
    return base_root(value.bit_length() - 1)


def points(rows: int, offset: int = 1, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """The points offset * g^i of a transform, g = `root` (rows), in the order of its rows.

    Parameters
    ----------
    rows : int
        A power of two up to 2^32.
    offset : int, optional
        1 to p - 1.
    out : ndarray of uint64, shape (rows,), optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (rows,)
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        For an impossible number of rows or offset, or an unfit `out`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.fft.points(4, offset=3)
    array([                   3,      844424930131968, 18446744069414584318,
           18445899644484452353], dtype=uint64)
    """
    return goldilocks.powers(root(rows), rows, _offset(offset), out)


def ntt(
    a: ArrayLike, out: NDArray[np.uint64] | None = None, *, offset: int = 1, axis: int = 0
) -> NDArray[np.uint64]:
    """Evaluate polynomials on a subgroup or a coset of it: coefficients to values.

    ``result[i] = sum_j a[j] (offset g^i)^j`` with g = `root` (rows), in natural order on both
    sides.

    Parameters
    ----------
    a : array_like of integers, shape (rows, ...)
        Values below p; rows is a power of two up to 2^26.
    out : ndarray of uint64, optional
        Where to put the result, of the shape of `a`; may be `a` itself.
    offset : int, optional
        The factor, from 1 to p - 1, that makes a coset of the subgroup; by default there is none.
    axis : int, optional
        The axis of the rows, if not the first one.

    Returns
    -------
    ndarray of uint64
        Of the shape of `a`; it is `out`, when that is given.

    Raises
    ------
    CstarkError
        For what are no integers, a value not below p (its index is named), rows not a power of two,
        an impossible offset or axis, or an unfit `out`.

    See Also
    --------
    intt : the inverse.
    points : where the polynomials are evaluated.
    lde : values on cosets, from values.

    Examples
    --------
    The polynomial 5 + X at 1 and -1 = p - 1:

    >>> import cstark as cs
    >>> cs.fft.ntt([5, 1])
    array([6, 4], dtype=uint64)
    """
    return _transform(a, out, offset, axis, inverse=False)


def intt(
    a: ArrayLike, out: NDArray[np.uint64] | None = None, *, offset: int = 1, axis: int = 0
) -> NDArray[np.uint64]:
    """Interpolate polynomials on a subgroup or coset: values to coefficients, the inverse of `ntt`.

    Parameters
    ----------
    a : array_like of integers, shape (rows, ...)
        Values below p; rows is a power of two up to 2^26.
    out : ndarray of uint64, optional
        Where to put the result, of the shape of `a`; may be `a` itself.
    offset : int, optional
        The factor, from 1 to p - 1, that makes a coset of the subgroup; by default there is none.
    axis : int, optional
        The axis of the rows, if not the first one.

    Returns
    -------
    ndarray of uint64
        Of the shape of `a`; it is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `ntt`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.fft.intt([6, 4])
    array([5, 1], dtype=uint64)
    """
    return _transform(a, out, offset, axis, inverse=True)


def lde(
    a: ArrayLike, blowup: int = 2, offset: int = 3, out: NDArray[np.uint64] | None = None
) -> NDArray[np.uint64]:
    """Low-degree extension: values on a subgroup to values on a coset `blowup` times as large.

    ``a[i]`` is f(g_N^i) for a polynomial f of degree below N = rows; ``result[q, i]`` is
    f(offset * g^(q + blowup i)), g = 7^((p-1)/(blowup N)).  So ``result[q]`` is a whole coset
    of the subgroup of order N in natural order, and the row after ``result[q, i]`` in the sense
    of `a` is ``result[q, i + 1]``.

    Parameters
    ----------
    a : array_like of integers, shape (rows, ...)
        Values below p; rows is a power of two up to 2^26.
    blowup : int, optional
        A power of two with blowup * rows <= 2^32.
    offset : int, optional
        1 to p - 1.  With 1 the first coset is the subgroup itself, and ``result[0]`` equals `a`.
    out : ndarray of uint64, optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (blowup, rows, ...)

    Raises
    ------
    CstarkError
        As for `ntt`; also for an impossible blowup or offset.

    Examples
    --------
    The polynomial X on 8 points, from its values on two:

    >>> import cstark as cs
    >>> x = cs.fft.lde([1, cs.P - 1], blowup=4, offset=1)
    >>> x.shape
    (4, 2)
    >>> int(x[1, 0]) == pow(7, (cs.P - 1) // 8, cs.P)
    True
    """
    array = _elements(a)
    log_rows = _log_rows(array)
    blowup, offset = integer(blowup, "blowup"), _offset(offset)
    if blowup < 1 or blowup & (blowup - 1) or blowup << log_rows > 1 << _MAX_LOG_DOMAIN:
        raise CstarkError(
            f"blowup must be a power of two, at most {1 << (_MAX_LOG_DOMAIN - log_rows)} for "
            f"{array.shape[0]} rows, not {quoted(blowup)}"
        )
    shifts = goldilocks.powers(root(blowup << log_rows), blowup, offset)

    def kernel(target: NDArray[np.uint64]) -> None:
        if not array.size:
            return
        source, cosets = _matrix(array), target.reshape(blowup, array.shape[0], -1)
        if not _is_long_column(source):
            _ntt.lde(_plan(log_rows), source, cosets, shifts)
            return
        coefficients = _runtime.aligned(source.shape)
        _transform_column(source, coefficients, inverse=True)
        for shift, coset in zip(shifts, cosets, strict=True):
            _scale(coefficients, int(shift), coset)
            _transform_column(coset, coset, inverse=False)

    return _run(kernel, array, (blowup, *array.shape), out, in_place=False)
