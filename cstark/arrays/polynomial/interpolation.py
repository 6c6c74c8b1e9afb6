"""Polynomials from their roots, and from their values at any points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from cstark.arrays import fft
from cstark.arrays.operands import elements
from cstark.arrays.polynomial.evaluation import evaluate
from cstark.arrays.polynomial.fields import U64, Field, item, lift, module, polynomial
from cstark.arrays.polynomial.products import padded
from cstark.errors import CstarkError

__all__ = ["from_roots", "interpolate"]

# A node of the tree is the product of X - x over the points below it: X^d + low, d = 2^level.
# Only `low` is kept, shape (d, nodes).  Points are completed to a power of two by zeros, which
# make the product X^extra times what it should be.


def _leaves(points: U64, field: str) -> tuple[U64, int]:
    count = len(points)
    rows = 1 << (count - 1).bit_length()
    return module(field).neg(padded(points, rows))[np.newaxis], rows - count


def _transformed(low: U64) -> U64:
    """Values of `low` on twice as many points as it has coefficients."""
    values = padded(low, 2 * low.shape[0])
    return fft.ntt(values, out=values)


def _joined(low: U64, field: str) -> U64:
    """The nodes one level higher: (X^d + u)(X^d + v) = X^2d + (u + v) X^d + u v."""
    arithmetic, degree = module(field), low.shape[0]
    left, right = low[:, 0::2], low[:, 1::2]
    product: U64 = arithmetic.mul(_transformed(left), _transformed(right))
    fft.intt(product, out=product)
    upper = product[degree:]
    arithmetic.add(upper, arithmetic.add(left, right), out=upper)
    return product


def from_roots(roots: ArrayLike, *, field: Field = "base") -> U64:
    """The monic polynomial that vanishes exactly at given points, each as often as it is named.

    Parameters
    ----------
    roots : array_like of integers, shape (n,)
        Elements.
    field : {"base", "ext3"}
        The field of the roots and coefficients.

    Returns
    -------
    ndarray of uint64, shape (n + 1,)
        Coefficients, the constant first; the last is 1.

    Raises
    ------
    CstarkError
        For what are not elements of the field, or no vector.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.polynomial.from_roots([cs.P - 1, cs.P - 2])
    array([2, 3, 1], dtype=uint64)
    """
    points = _vector(roots, "roots", field)
    one = elements(1, "1", item(field)).reshape(1, *item(field))
    if not len(points):
        return one
    low, extra = _leaves(points, field)
    while low.shape[1] > 1:
        low = _joined(low, field)
    return np.concatenate([low[extra:, 0], one])


def interpolate(
    x: ArrayLike, values: ArrayLike, *, field: Field = "base", at: Field | None = None
) -> U64:
    """The polynomials of degree below n that have given values at n points.

    Parameters
    ----------
    x : array_like of integers, shape (n,)
        The points, all different.
    values : array_like of integers, shape (n, ...)
        Of the polynomials at the points; the axes after the first number polynomials.
    field : {"base", "ext3"}
        The field of the values.
    at : {"base", "ext3"}, optional
        The field of the points; by default `field`.

    Returns
    -------
    ndarray of uint64, shape (n, ...)
        Coefficients, the constant first; with a last axis of 3 when `field` or `at` is "ext3".

    Raises
    ------
    CstarkError
        For what are not elements of the fields, two equal points (both are named), or another
        number of points than of values.

    See Also
    --------
    cstark.fft.intt : for the points of a subgroup or coset.

    Notes
    -----
    Lagrange's formula, f = sum_i values_i / M'(x_i) M / (X - x_i), with M the product of all
    X - x_i.  The sum is built up in a tree by transforms; the n^2 products for the values of M'
    are what counts for large n.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.polynomial.interpolate([10, 100, 0], [321, 30201, 1])
    array([1, 2, 3], dtype=uint64)
    """
    at = field if at is None else at
    module(at, "at")
    y = polynomial(values, "values", field, "with a row for each point")
    points = _vector(x, "x", at)
    if len(points) != y.shape[0]:
        raise CstarkError(f"values has {y.shape[0]} rows, x {len(points)} points")
    _distinct(points)
    over: Field = "ext3" if at == "ext3" else "base"
    y = lift(y, field, over)
    if not y.size:
        return y
    # Over the base field, coordinates of values are more polynomials.
    columns = y.reshape(y.shape[0], -1, *item(over))
    arithmetic = module(over)
    levels = [_leaves(points, over)[0]]
    extra = levels[0].shape[1] - len(points)
    while levels[-1].shape[1] > 1:
        levels.append(_joined(levels[-1], over))
    product = np.concatenate([levels[-1][extra:, 0], levels[0][:, 0] * 0])
    product[-1] = elements(1, "1", item(over))
    factors = lift(np.arange(1, len(points) + 1, dtype=np.uint64), "base", over)
    slopes = evaluate(arithmetic.mul(product[1:], factors), points, field=over)
    weights = arithmetic.div(columns, slopes[:, np.newaxis])
    # Numerators, shape (d, nodes, columns): u / (X^d + low_u) + v / (X^d + low_v) joined.
    parts = padded(weights, levels[0].shape[1])[np.newaxis]
    for low in levels[:-1]:
        left, right = parts[:, 0::2], parts[:, 1::2]
        beside = low[:, :, np.newaxis]
        joined: U64 = arithmetic.add(
            arithmetic.mul(_transformed(left), _transformed(beside[:, 1::2])),
            arithmetic.mul(_transformed(right), _transformed(beside[:, 0::2])),
        )
        fft.intt(joined, out=joined)
        upper = joined[low.shape[0] :]
        arithmetic.add(upper, arithmetic.add(left, right), out=upper)
        parts = joined
    return np.ascontiguousarray(parts[extra:, 0]).reshape(y.shape)


def _vector(values: ArrayLike, name: str, field: str) -> U64:
    module(field)
    array = elements(values, name, item(field))
    if array.ndim != 1 + len(item(field)):
        raise CstarkError(f"{name} must be a vector, but its shape is {array.shape}")
    return array


def _distinct(points: U64) -> None:
    rows = points.reshape(len(points), math.prod(points.shape[1:]))
    order = np.lexsort(rows.T)
    equal = (rows[order[1:]] == rows[order[:-1]]).all(axis=1)
    if equal.any():
        where = int(np.argmax(equal))
        first, second = sorted(int(k) for k in order[where : where + 2])
        raise CstarkError(f"x[{first}] and x[{second}] are equal")
