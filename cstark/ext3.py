"""Arithmetic on arrays of elements of the cubic extension F = F_p[w] / (w^3 - 2).

An element c0 + c1 w + c2 w^2 is the last axis (c0, c1, c2) of a ``uint64`` array, so that an array
of shape (4, 5, 3) holds 4 x 5 elements; a plain integer stands for a base-field element.  The
functions behave like NumPy ufuncs on the axes before the last: operands are broadcast, ``out=``
receives the result (any strides, overlap allowed).  Coordinates outside of [0, p),
p = 2^64 - 2^32 + 1, are refused, with their index.

The kernels behind these functions are in ``cstark/kernels/_field.pyx``.

Examples
--------
>>> import cstark as cs
>>> w = [0, 1, 0]
>>> cs.ext3.mul(w, cs.ext3.square(w))
array([2, 0, 0], dtype=uint64)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.errors import CstarkError
from cstark.kernels import _field
from cstark.operands import P, apply, elements, integer, inverted

__all__ = [
    "P",
    "add",
    "batch_inverse",
    "dot",
    "inverse",
    "mul",
    "neg",
    "power",
    "random",
    "square",
    "sub",
]

_ITEM = (3,)


def add(a: ArrayLike, b: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """a + b, elementwise.

    Parameters
    ----------
    a, b : int or array_like of integers, shape (..., 3)
        Coordinates below p; the axes before the last broadcast together.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        `out` when given.

    Raises
    ------
    CstarkError
        A coordinate outside of [0, p), something else than integers, a last axis that is not 3,
        shapes that do not broadcast, an unfit `out`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.add([[1, 2, 3], [cs.P - 1, 0, 0]], 1)
    array([[2, 2, 3],
           [0, 0, 0]], dtype=uint64)
    """
    operands = [elements(a, "a", _ITEM), elements(b, "b", _ITEM)]
    return apply(_field.ext_add, operands, out, _ITEM)[0]


def sub(a: ArrayLike, b: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """a - b, elementwise.

    Parameters
    ----------
    a, b : int or array_like of integers, shape (..., 3)
        Coordinates below p; the axes before the last broadcast together.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        `out` when given.

    Raises
    ------
    CstarkError
        As `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.sub([5, 6, 7], [1, 2, 3])
    array([4, 4, 4], dtype=uint64)
    """
    operands = [elements(a, "a", _ITEM), elements(b, "b", _ITEM)]
    return apply(_field.ext_sub, operands, out, _ITEM)[0]


def mul(a: ArrayLike, b: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """a * b, elementwise.

    Parameters
    ----------
    a, b : int or array_like of integers, shape (..., 3)
        Coordinates below p; the axes before the last broadcast together.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        `out` when given.

    Raises
    ------
    CstarkError
        As `add`.

    Examples
    --------
    (1 + w) (1 + w + w^2) = 3 + 2 w + 2 w^2, because w^3 = 2:

    >>> import cstark as cs
    >>> cs.ext3.mul([1, 1, 0], [1, 1, 1])
    array([3, 2, 2], dtype=uint64)
    """
    operands = [elements(a, "a", _ITEM), elements(b, "b", _ITEM)]
    return apply(_field.ext_mul, operands, out, _ITEM)[0]


def neg(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """-a, elementwise.

    Parameters
    ----------
    a : int or array_like of integers, shape (..., 3)
        Coordinates below p.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        `out` when given.

    Raises
    ------
    CstarkError
        As `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.neg([0, cs.P - 1, cs.P - 2])
    array([0, 1, 2], dtype=uint64)
    """
    return apply(_field.ext_neg, [elements(a, "a", _ITEM)], out, _ITEM)[0]


def square(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """a * a, elementwise.

    Parameters
    ----------
    a : int or array_like of integers, shape (..., 3)
        Coordinates below p.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        `out` when given.

    Raises
    ------
    CstarkError
        As `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.square([1, 1, 1])
    array([5, 4, 3], dtype=uint64)
    """
    return apply(_field.ext_square, [elements(a, "a", _ITEM)], out, _ITEM)[0]


def inverse(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """1 / a, elementwise.

    Through the norm: the adjugate of a divided by a base-field element, which is inverted in
    batches.

    Parameters
    ----------
    a : int or array_like of integers, shape (..., 3)
        Coordinates below p; no element is zero.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        `out` when given.

    Raises
    ------
    ZeroDivisionError
        An element is zero.  The message names the first index (without the last axis), and so
        does the attribute ``index``, a tuple.  The contents of `out` are then unspecified.
    CstarkError
        As `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> a = [[1, 2, 3], [0, 0, 5]]
    >>> cs.ext3.mul(a, cs.ext3.inverse(a))
    array([[1, 0, 0],
           [1, 0, 0]], dtype=uint64)
    """
    return inverted(_field.ext_inverse, elements(a, "a", _ITEM), out, _ITEM)


def batch_inverse(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """1 / a, elementwise: another name of `inverse`, which always works in batches.

    Parameters
    ----------
    a : int or array_like of integers, shape (..., 3)
        Coordinates below p; no element is zero.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        `out` when given.

    Raises
    ------
    ZeroDivisionError, CstarkError
        As `inverse`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.batch_inverse([[1, 2, 3], [0, 0, 0]])
    Traceback (most recent call last):
        ...
    ZeroDivisionError: inverse of zero at index [1]
    """
    return inverse(a, out)


def power(a: ArrayLike, exponent: int, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """a ** exponent, elementwise, with one exponent for all elements.

    Parameters
    ----------
    a : int or array_like of integers, shape (..., 3)
        Coordinates below p.
    exponent : int
        Of any size; a negative one inverts.  ``0 ** 0`` is 1, as in NumPy.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        `out` when given.

    Raises
    ------
    ZeroDivisionError
        A negative exponent and a zero: see `inverse`.
    CstarkError
        As `add`, or an exponent that is not an integer.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.power([0, 1, 0], 3)
    array([2, 0, 0], dtype=uint64)
    >>> cs.ext3.power([1, 2, 3], cs.P**3 - 1)
    array([1, 0, 0], dtype=uint64)
    """
    exponent = integer(exponent, "exponent")
    array = elements(a, "a", _ITEM)
    if exponent < 0:
        array = inverted(_field.ext_inverse, array, None, _ITEM)
    # a^(p^3 - 1) is 1 but for a = 0: a positive exponent stays positive.
    reduced = (abs(exponent) - 1) % (P**3 - 1) + 1 if exponent else 0
    digits = [reduced >> 128, reduced >> 64 & (1 << 64) - 1, reduced & (1 << 64) - 1]
    while len(digits) > 1 and digits[0] == 0:
        del digits[0]

    def kernel(values: NDArray[np.uint64], result: NDArray[np.uint64]) -> None:
        """Horner's rule in the exponent, whose digits of 64 bits are what the kernel takes."""
        if len(digits) == 1:
            _field.ext_power(values, digits[0], result)
            return
        total, digit_power = np.empty_like(values), np.empty_like(values)
        _field.ext_power(values, digits[0], total)
        for digit in digits[1:]:
            _field.ext_power(total, 1 << 63, total)
            _field.ext_square(total, total)
            _field.ext_power(values, digit, digit_power)
            _field.ext_mul(total, digit_power, total)
        result[...] = total

    return apply(kernel, [array], out, _ITEM)[0]


def dot(a: ArrayLike, b: ArrayLike) -> NDArray[np.uint64]:
    """The sum of the products of two vectors of extension elements.

    Parameters
    ----------
    a, b : array_like of integers, shape (n, 3)
        Coordinates below p.

    Returns
    -------
    ndarray of uint64, shape (3,)
        Zero for empty vectors.

    Raises
    ------
    CstarkError
        As `add`, or operands that are not vectors of one length.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.dot([[1, 0, 0], [0, 1, 0]], [[5, 0, 0], [0, 0, 1]])
    array([7, 0, 0], dtype=uint64)
    """
    left, right = elements(a, "a", _ITEM), elements(b, "b", _ITEM)
    if left.ndim != 2 or left.shape != right.shape:
        raise CstarkError(
            f"dot needs two vectors (n, 3) of one length, not {left.shape} and {right.shape}"
        )
    return np.array(_field.ext_dot(left, right), dtype=np.uint64)


def random(
    shape: int | tuple[int, ...] = (), rng: int | np.random.Generator | None = None
) -> NDArray[np.uint64]:
    """Uniform elements, by rejection of words that are not below p.

    For tests and examples: NumPy's generators are not for secrets.

    Parameters
    ----------
    shape : int or tuple of int, optional
        Of the array of elements, without the last axis.  Default: a single element.
    rng : int or numpy.random.Generator, optional
        A generator, or the seed of a new one; by default the operating system's entropy.

    Returns
    -------
    ndarray of uint64, shape (*shape, 3)

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.random(5, rng=1).shape
    (5, 3)
    """
    lead = tuple(np.atleast_1d(shape)) if np.size(shape) else ()
    drawn: NDArray[np.uint64] = np.random.default_rng(rng).integers(
        0, P, size=(*lead, 3), dtype=np.uint64
    )
    return drawn
