"""Quotients and remainders of polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cstark.arrays import fft
from cstark.arrays.operands import elements
from cstark.arrays.polynomial.fields import U64, Field, item, lift, module, polynomial
from cstark.arrays.polynomial.products import multiply, padded
from cstark.errors import CstarkError

__all__ = ["divide", "divide_linear", "divide_vanishing"]


def divide_linear(
    coefficients: ArrayLike, x: ArrayLike, *, field: Field = "base", at: Field | None = None
) -> tuple[U64, Any]:
    """Divide polynomials by X - x: the quotient of an opening at x, and the value there.

    Parameters
    ----------
    coefficients : array_like of integers, shape (n, ...)
        The coefficients of the polynomials, the constant first.
    x : int or array_like of integers, shape () or (3,)
        The point.
    field : {"base", "ext3"}
        The field of the coefficients.
    at : {"base", "ext3"}, optional
        The field of the point; by default `field`.

    Returns
    -------
    quotient : ndarray of uint64, shape (n - 1, ...)
        With a last axis of 3 when `field` or `at` is "ext3", and so has `value`.
    value : ndarray of uint64, shape (...), or uint64 without axes
        f(x), the remainder.

    Raises
    ------
    CstarkError
        For what are not elements of the fields, or more than one point.

    Examples
    --------
    2 + 3 X + X^2 is (X - 5)(X + 8) + 42:

    >>> import cstark as cs
    >>> quotient, value = cs.polynomial.divide_linear([2, 3, 1], 5)
    >>> quotient, int(value)
    (array([8, 1], dtype=uint64), 42)
    """
    at = field if at is None else at
    module(at, "at")
    f = polynomial(coefficients, "coefficients", field)
    point = elements(x, "x", item(at))
    if point.shape != item(at):
        raise CstarkError(f"x must be one point, not an array of shape {point.shape}")
    over: Field = "ext3" if "ext3" in (field, at) else "base"
    quotient, remainder = _divide_binomial(lift(f, field, over), 1, lift(point, at, over), over)
    value = remainder[0] if len(remainder) else np.zeros(remainder.shape[1:], np.uint64)
    return quotient, value if np.ndim(value) else np.uint64(value)


def divide_vanishing(
    coefficients: ArrayLike, rows: int, offset: int = 1, *, field: Field = "base"
) -> tuple[U64, U64]:
    """Divide polynomials by the one that vanishes on a coset, X^rows - offset^rows.

    Parameters
    ----------
    coefficients : array_like of integers, shape (n, ...)
        The coefficients of the polynomials, the constant first.
    rows : int
        Points of the coset, a power of two up to 2^32: those of ``fft.points(rows, offset)``.
    offset : int, optional
        1 to p - 1.
    field : {"base", "ext3"}
        The field of the coefficients.

    Returns
    -------
    quotient : ndarray of uint64, shape (max(n - rows, 0), ...)
    remainder : ndarray of uint64, shape (min(n, rows), ...)
        Zero exactly when the polynomials vanish on the whole coset.

    Raises
    ------
    CstarkError
        For what are not elements of the field, or an impossible number of rows or offset.

    Examples
    --------
    >>> import cstark as cs
    >>> quotient, remainder = cs.polynomial.divide_vanishing([5, 6, 7, 8, 9, 10], 4)
    >>> quotient, remainder
    (array([ 9, 10], dtype=uint64), array([14, 16,  7,  8], dtype=uint64))
    """
    f = polynomial(coefficients, "coefficients", field)
    fft.root(rows)
    shift = fft.points(1, offset)[0]
    constant = module(field).power(elements(shift, "offset", item(field)), rows)
    return _divide_binomial(f, rows, constant, field)


def _divide_binomial(f: U64, degree: int, constant: U64, field: str) -> tuple[U64, U64]:
    """Quotient and remainder by X^degree - constant.

    In blocks of `degree` coefficients, f = sum_j X^(degree j) f_j, the remainder is the sum of all
    constant^j f_j, and block b of the quotient the sum of constant^(j - b - 1) f_j over j > b.
    """
    n = f.shape[0]
    if n <= degree or not np.any(constant):
        return f[degree:].copy(), f[:degree].copy()
    arithmetic = module(field)
    blocks = -(-n // degree)
    parts = padded(f, blocks * degree).reshape(blocks, degree, *f.shape[1:])
    column = (blocks, *[1] * (parts.ndim - 1 - len(item(field))), *item(field))
    trivial = np.array_equal(constant, elements(1, "1", item(field)))
    if not trivial:
        factors = arithmetic.powers(constant, blocks).reshape(column)
        arithmetic.mul(parts, factors, out=parts)
    sums = arithmetic.cumsum(parts[::-1], axis=0)[::-1]
    remainder, quotient = sums[0], sums[1:]
    if not trivial:
        back = arithmetic.inverse(constant)
        factors = arithmetic.powers(back, blocks - 1, back).reshape(blocks - 1, *column[1:])
        quotient = arithmetic.mul(quotient, factors)
    return (
        np.ascontiguousarray(quotient).reshape((blocks - 1) * degree, *f.shape[1:])[: n - degree],
        np.ascontiguousarray(remainder),
    )


def divide(a: ArrayLike, b: ArrayLike, *, field: Field = "base") -> tuple[U64, U64]:
    """Divide polynomials by one polynomial, with remainder.

    It takes the time of a few products of that length: the quotient comes from a power series,
    1 / b read backwards, which Newton's iteration finds.  `divide_linear` and `divide_vanishing`
    are faster for what they are for.

    Parameters
    ----------
    a : array_like of integers, shape (n, ...)
        Coefficients, the constant first.
    b : array_like of integers, shape (m,)
        Coefficients of the divisor; zeros at its end are ignored.
    field : {"base", "ext3"}
        The field of the coefficients.

    Returns
    -------
    quotient : ndarray of uint64, shape (max(n - d, 0), ...)
        With d the degree of `b`.
    remainder : ndarray of uint64, shape (min(n, d), ...)
        ``a`` is quotient times `b` plus remainder.

    Raises
    ------
    ZeroDivisionError
        If `b` is zero.
    CstarkError
        For what are not elements of the field, or several divisors.

    Examples
    --------
    >>> import cstark as cs
    >>> quotient, remainder = cs.polynomial.divide([2, 3, 1, 4], [1, 0, 2])
    >>> cs.goldilocks.add(cs.polynomial.multiply(quotient, [1, 0, 2]), [*remainder, 0, 0])
    array([2, 3, 1, 4], dtype=uint64)
    """
    f, divisor = polynomial(a, "a", field), polynomial(b, "b", field)
    if divisor.ndim != 1 + len(item(field)):
        raise CstarkError(f"b must be one polynomial, but its shape is {divisor.shape}")
    used = np.flatnonzero(divisor.any(axis=tuple(range(1, divisor.ndim))))
    if not used.size:
        raise ZeroDivisionError("division by the zero polynomial")
    degree = int(used[-1])
    divisor = divisor[: degree + 1]
    count = f.shape[0] - degree
    if count <= 0:
        return f[:0].copy(), f.copy()
    columns = (-1, *[1] * (f.ndim - divisor.ndim), *item(field))
    series = _series_inverse(divisor[::-1], count, field).reshape(columns)
    quotient = multiply(f[::-1][:count], series, field=field)[:count][::-1].copy()
    product = multiply(quotient, divisor.reshape(columns), field=field)
    remainder: U64 = module(field).sub(f[:degree], product[:degree])
    return quotient, remainder


def _series_inverse(f: U64, count: int, field: str) -> U64:
    """The first `count` coefficients of 1 / f; the constant of f is not zero."""
    arithmetic = module(field)
    inverse: U64 = arithmetic.inverse(f[:1])
    while len(inverse) < count:
        size = min(2 * len(inverse), count)
        # g (2 - f g): an error of order X^k becomes one of order X^(2k)
        error = multiply(f[:size], inverse, field=field)[:size]  # type: ignore[arg-type]
        correction = arithmetic.neg(padded(error, size))
        correction[0] = arithmetic.add(correction[0], 2)
        inverse = multiply(inverse, correction, field=field)[:size]  # type: ignore[arg-type]
    return inverse
