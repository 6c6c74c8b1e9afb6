"""Values of polynomials."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cstark.arrays import fft, goldilocks
from cstark.arrays.ext3.reductions import times_w
from cstark.arrays.operands import elements, matrices
from cstark.arrays.polynomial.division import divide_vanishing
from cstark.arrays.polynomial.fields import U64, Field, axes, item, module, polynomial
from cstark.arrays.polynomial.products import padded

__all__ = ["evaluate", "evaluate_coset"]

_BLOCK = 1 << 20  # words of a block of values: points are taken as many at a time


def evaluate(
    coefficients: ArrayLike, x: ArrayLike, *, field: Field = "base", at: Field | None = None
) -> Any:
    """The values of polynomials at any points.

    It takes about one product for each coefficient and point.  On many points of a coset,
    `evaluate_coset` is faster.

    Parameters
    ----------
    coefficients : array_like of integers, shape (n, ...)
        The coefficients of the polynomials, the constant first.
    x : int or array_like of integers, any shape
        The points.
    field : {"base", "ext3"}
        The field of the coefficients.
    at : {"base", "ext3"}, optional
        The field of the points; by default `field`.

    Returns
    -------
    ndarray of uint64, shape coefficients.shape[1:] + x.shape, or uint64 without axes
        As `numpy.polynomial.polynomial.polyval` orders them; with a last axis of 3, behind all
        others, when `field` or `at` is "ext3".

    Raises
    ------
    CstarkError
        For what are not elements of the fields, or no array of coefficients.

    Notes
    -----
    With f = sum_j X^(j L) f_j and L about the root of n, a matrix product gives all f_j at all
    points, from their powers below L; powers of x^L join them.

    Examples
    --------
    >>> import cstark as cs
    >>> int(cs.polynomial.evaluate([1, 2, 3], 10))
    321
    >>> cs.polynomial.evaluate([[1, 5], [2, 6], [3, 7]], [10, 100])
    array([[  321, 30201],
           [  765, 70605]], dtype=uint64)

    A polynomial over the base field at a point of the extension, w:

    >>> cs.polynomial.evaluate([1, 2, 3], [0, 1, 0], at="ext3")
    array([1, 2, 3], dtype=uint64)
    """
    at = field if at is None else at
    f = polynomial(coefficients, "coefficients", field)
    module(at, "at")
    points = elements(x, "x", item(at))
    lead = axes(points, at)
    flat = points.reshape(-1, *item(at))
    columns = f.reshape(f.shape[0], math.prod(f.shape[1:]))
    values = _values(columns, flat, at)  # (columns, points) and coordinates of points
    result = values.reshape((*f.shape[1:], *lead, *item(at)))
    if field == "ext3":
        # (..., 3, points): what belongs to 1, w, w^2 in the coefficients
        c = np.moveaxis(result, len(f.shape) - 2, 0)
        if at == "ext3":
            result = goldilocks.add(c[0], times_w(goldilocks.add(c[1], times_w(c[2]))))
        else:
            result = np.stack(list(c), axis=-1)
    return result if result.ndim else result[()]


def _values(columns: U64, points: U64, at: str) -> U64:
    """Values of polynomials over the base field, one in each column, at a list of points."""
    arithmetic, coordinates = module(at), math.prod(item(at))
    n, width = columns.shape
    result = np.zeros((width, *points.shape), np.uint64)
    if not (n and result.size):
        return result
    length = 1 << max(3, ((n - 1).bit_length() + 1) // 2)
    giants = -(-n // length)
    rows = np.ascontiguousarray(padded(columns, giants * length).T).reshape(-1, length)
    step = max(1, _BLOCK // (max(length, giants * width) * coordinates))
    for first in range(0, len(points), step):
        block = points[first : first + step]
        low = matrices.multiply(rows, _powers(block, length, at).reshape(length, -1))
        parts = low.reshape(width, giants, *block.shape)
        ratio = arithmetic.power(block, length)
        arithmetic.mul(parts, _powers(ratio, giants, at), out=parts)
        arithmetic.sum(parts, axis=1, out=result[:, first : first + step])
    return result


def _powers(points: U64, count: int, at: str) -> U64:
    """Powers 0..count - 1 of all points, shape (count, points)."""
    result = np.empty((count, *points.shape), np.uint64)
    result[0] = elements(1, "1", item(at))
    result[1:] = points
    module(at).cumprod(result, axis=0, out=result)
    return result


def evaluate_coset(
    coefficients: ArrayLike, rows: int, offset: int = 1, *, field: Field = "base"
) -> U64:
    """The values of polynomials on a coset of a subgroup, by a transform.

    Parameters
    ----------
    coefficients : array_like of integers, shape (n, ...)
        The coefficients of the polynomials, the constant first; n may be more or less than `rows`.
    rows : int
        Number of points, a power of two up to 2^26.
    offset : int, optional
        The points are offset g^i, those of ``fft.points(rows, offset)``.
    field : {"base", "ext3"}
        The field of the coefficients.

    Returns
    -------
    ndarray of uint64, shape (rows, ...)

    Raises
    ------
    CstarkError
        For what are not elements of the field, or an impossible number of rows or offset.

    Examples
    --------
    X at the four powers of the root of unity 2^48:

    >>> import cstark as cs
    >>> values = cs.polynomial.evaluate_coset([0, 1], 4)
    >>> [int(x) for x in values] == [1, 2**48, cs.P - 1, cs.P - 2**48]
    True
    """
    f = polynomial(coefficients, "coefficients", field)
    fft.root(rows)
    if f.shape[0] > rows:  # X^rows is offset^rows on the whole coset
        f = divide_vanishing(f, rows, offset, field=field)[1]
    values = padded(f, rows)
    return fft.ntt(values, out=values, offset=offset)
