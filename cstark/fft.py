"""Number-theoretic transforms over the Goldilocks field, along axis 0.

Polynomials are columns: row i of an array of coefficients belongs to X^i, row i of an array of
values to the point g^i, where g = 7^((p-1)/rows) is the root of unity of order ``rows``.  Order is
natural on both sides.  Arrays of any number of axes are taken; the axes after the first number
the polynomials.  The kernels behind these functions are in ``cstark/kernels/_ntt.pyx``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.errors import CstarkError
from cstark.kernels import _ntt, _runtime
from cstark.operands import P, elements

__all__ = ["intt", "lde", "ntt"]

_GENERATOR = 7
_MAX_LOG_ROWS = 26
_MAX_LOG_DOMAIN = 32


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
    return rows.bit_length() - 1


def _matrix(array: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """As rows x columns whose columns are adjacent; a copy only where the strides demand one."""
    matrix = array.reshape(array.shape[0], -1) if array.size else array.reshape(array.shape[0], 0)
    itemsize = matrix.itemsize
    if (matrix.shape[1] > 1 and matrix.strides[1] != itemsize) or matrix.strides[0] % itemsize:
        matrix = np.ascontiguousarray(matrix)
    return matrix if matrix.flags.aligned else matrix.copy()


def _run(
    kernel: Callable[[NDArray[np.uint64]], None],
    source: NDArray[np.uint64],
    shape: tuple[int, ...],
    out: NDArray[np.uint64] | None,
    in_place: bool,
) -> NDArray[np.uint64]:
    """Call `kernel` on an array of `shape` it may write, and leave the result in `out`."""
    if out is None:
        out = _runtime.aligned(shape)
        kernel(out)
        return out
    if not isinstance(out, np.ndarray) or out.dtype != np.uint64:
        raise CstarkError(
            f"out must be a uint64 array, not {getattr(out, 'dtype', type(out).__name__)}"
        )
    if out.shape != shape:
        raise CstarkError(f"out has shape {out.shape}, the result {shape}")
    if not out.flags.writeable:
        raise CstarkError("out is read-only")
    same = (
        in_place
        and source.ctypes.data == out.ctypes.data
        and (source.shape == out.shape and source.strides == out.strides)
    )
    direct = out.flags.c_contiguous and out.flags.aligned
    if direct and (same or not np.may_share_memory(source, out)):
        kernel(out)
    else:
        result = _runtime.aligned(shape)
        kernel(result)
        out[...] = result
    return out


def _transform(a: ArrayLike, out: NDArray[np.uint64] | None, inverse: bool) -> NDArray[np.uint64]:
    array = _elements(a)
    plan = _plan(_log_rows(array))

    def kernel(target: NDArray[np.uint64]) -> None:
        if array.size:
            flat = target.reshape(target.shape[0], -1)
            _ntt.transform(plan, _matrix(array), flat, inverse)

    return _run(kernel, array, array.shape, out, in_place=True)


def ntt(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """Evaluate polynomials on a subgroup: coefficients to values.

    ``result[i] = sum_j a[j] g^(i j)`` with g = 7^((p-1)/rows), in natural order on both sides.

    Parameters
    ----------
    a : array_like of integers, shape (rows, ...)
        Values below p; rows is a power of two up to 2^26.
    out : ndarray of uint64, optional
        Where to put the result, of the shape of `a`; may be `a` itself.

    Returns
    -------
    ndarray of uint64
        Shape of `a`; `out` when given.

    Raises
    ------
    CstarkError
        Not integers, a value not below p (its index is named), rows not a power of two,
        or an unfit `out`.

    See Also
    --------
    intt : the inverse.
    lde : values on cosets, from values.

    Examples
    --------
    The polynomial 5 + X at 1 and -1 = p - 1:

    >>> import cstark as cs
    >>> cs.fft.ntt([5, 1])
    array([6, 4], dtype=uint64)
    """
    return _transform(a, out, inverse=False)


def intt(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """Interpolate polynomials on a subgroup: values to coefficients, the inverse of `ntt`.

    Parameters
    ----------
    a : array_like of integers, shape (rows, ...)
        Values below p; rows is a power of two up to 2^26.
    out : ndarray of uint64, optional
        Where to put the result, of the shape of `a`; may be `a` itself.

    Returns
    -------
    ndarray of uint64
        Shape of `a`; `out` when given.

    Raises
    ------
    CstarkError
        As `ntt`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.fft.intt([6, 4])
    array([5, 1], dtype=uint64)
    """
    return _transform(a, out, inverse=True)


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
        As `ntt`, or an impossible blowup or offset.

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
    try:
        blowup, offset = operator.index(blowup), operator.index(offset)
    except TypeError:
        raise CstarkError("blowup and offset must be integers") from None
    if blowup < 1 or blowup & (blowup - 1) or blowup << log_rows > 1 << _MAX_LOG_DOMAIN:
        raise CstarkError(
            f"blowup must be a power of two, at most {1 << (_MAX_LOG_DOMAIN - log_rows)} for "
            f"{array.shape[0]} rows, not {blowup}"
        )
    if not 0 < offset < P:
        raise CstarkError(f"offset must be between 1 and p - 1, not {offset}")
    root = pow(_GENERATOR, (P - 1) // (blowup << log_rows), P)
    shifts = np.array([offset * pow(root, q, P) % P for q in range(blowup)], dtype=np.uint64)

    def kernel(target: NDArray[np.uint64]) -> None:
        if array.size:
            flat: Any = target.reshape(blowup, array.shape[0], -1)
            _ntt.lde(_plan(log_rows), _matrix(array), flat, shifts)

    return _run(kernel, array, (blowup, *array.shape), out, in_place=False)
