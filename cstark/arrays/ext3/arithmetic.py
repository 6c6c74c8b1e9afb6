"""One element from one, or from two: the elementwise functions, and random elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.arrays.operands import P, apply, deliver, elements, inverted
from cstark.arrays.operands import exponents as _exponents
from cstark.kernels import _field

__all__ = [
    "add",
    "batch_inverse",
    "div",
    "inverse",
    "lift",
    "mul",
    "neg",
    "power",
    "random",
    "square",
    "sub",
]

_ITEM = (3,)
_KERNELS = _exponents.Kernels(
    item=_ITEM,
    order=P**3 - 1,
    inverse=_field.ext_inverse,
    square=_field.ext_square,
    mul=_field.ext_mul,
    power=_field.ext_power,
    power_each=_field.ext_power_each,
)


def _apply(
    kernel: Callable[..., None], operands: list[NDArray[np.uint64]], out: Any
) -> NDArray[np.uint64]:
    result: NDArray[np.uint64] = apply(kernel, operands, out, _ITEM)[0]
    return result


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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        For a coordinate outside of [0, p), something else than integers, a last axis that is not 3,
        shapes that do not broadcast, an unfit `out`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.add([[1, 2, 3], [cs.P - 1, 0, 0]], 1)
    array([[2, 2, 3],
           [0, 0, 0]], dtype=uint64)
    """
    operands = [elements(a, "a", _ITEM), elements(b, "b", _ITEM)]
    return _apply(_field.ext_add, operands, out)


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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.sub([5, 6, 7], [1, 2, 3])
    array([4, 4, 4], dtype=uint64)
    """
    operands = [elements(a, "a", _ITEM), elements(b, "b", _ITEM)]
    return _apply(_field.ext_sub, operands, out)


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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`.

    Examples
    --------
    (1 + w) (1 + w + w^2) = 3 + 2 w + 2 w^2, because w^3 = 2:

    >>> import cstark as cs
    >>> cs.ext3.mul([1, 1, 0], [1, 1, 1])
    array([3, 2, 2], dtype=uint64)
    """
    operands = [elements(a, "a", _ITEM), elements(b, "b", _ITEM)]
    return _apply(_field.ext_mul, operands, out)


def div(a: ArrayLike, b: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """a / b, elementwise: a times the inverse of b.

    Parameters
    ----------
    a, b : int or array_like of integers, shape (..., 3)
        Coordinates below p; the axes before the last broadcast together; no element of `b` is
        zero.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        It is `out`, when that is given.

    Raises
    ------
    ZeroDivisionError
        If an element of `b` is zero; its index in `b` is named as by `inverse`, and `out` is
        untouched.
    CstarkError
        As for `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.div(2, [0, 1, 0])
    array([0, 0, 1], dtype=uint64)
    """
    dividend, divisor = elements(a, "a", _ITEM), elements(b, "b", _ITEM)
    inverses = inverted(_field.ext_inverse, divisor, None, _ITEM, "division by zero", " of b")
    return _apply(_field.ext_mul, [dividend, inverses], out)


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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.neg([0, cs.P - 1, cs.P - 2])
    array([0, 1, 2], dtype=uint64)
    """
    return _apply(_field.ext_neg, [elements(a, "a", _ITEM)], out)


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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.square([1, 1, 1])
    array([5, 4, 3], dtype=uint64)
    """
    return _apply(_field.ext_square, [elements(a, "a", _ITEM)], out)


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
        It is `out`, when that is given.

    Raises
    ------
    ZeroDivisionError
        If an element is zero.  The message names the first index (without the last axis), and so
        does the attribute ``index``, a tuple.  The contents of `out` are then unspecified.
    CstarkError
        As for `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> a = [[1, 2, 3], [0, 0, 5]]
    >>> cs.ext3.mul(a, cs.ext3.inverse(a))
    array([[1, 0, 0],
           [1, 0, 0]], dtype=uint64)
    """
    result: NDArray[np.uint64] = inverted(_field.ext_inverse, elements(a, "a", _ITEM), out, _ITEM)
    return result


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
        It is `out`, when that is given.

    Raises
    ------
    ZeroDivisionError, CstarkError
        As for `inverse`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.batch_inverse([[1, 2, 3], [0, 0, 0]])
    Traceback (most recent call last):
        ...
    ZeroDivisionError: inverse of zero at index [1]
    """
    return inverse(a, out)


def power(
    a: ArrayLike, exponent: ArrayLike, out: NDArray[np.uint64] | None = None
) -> NDArray[np.uint64]:
    """a ** exponent, elementwise.

    Parameters
    ----------
    a : int or array_like of integers, shape (..., 3)
        Coordinates below p.
    exponent : int or array_like of integers
        Integers of any size; a negative one inverts.  ``0 ** 0`` is 1, as in NumPy.  An array is
        broadcast with the axes of `a` before the last; a single exponent costs less.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        It is `out`, when that is given.

    Raises
    ------
    ZeroDivisionError
        For a negative exponent of a zero; see `inverse`.
    CstarkError
        As for `add`; also for an exponent that is not an integer.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.power([0, 1, 0], 3)
    array([2, 0, 0], dtype=uint64)
    >>> cs.ext3.power([1, 2, 3], cs.P**3 - 1)
    array([1, 0, 0], dtype=uint64)
    >>> cs.ext3.power([0, 1, 0], [0, 1, 2])
    array([[1, 0, 0],
           [0, 1, 0],
           [0, 0, 1]], dtype=uint64)
    """
    result: NDArray[np.uint64] = _exponents.power(_KERNELS, a, exponent, out)
    return result


def lift(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """Base-field elements as elements of the extension: coordinates (a, 0, 0).

    Parameters
    ----------
    a : int or array_like of integers
        Values below p.
    out : ndarray of uint64, shape (..., 3), optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.lift([5, 6])
    array([[5, 0, 0],
           [6, 0, 0]], dtype=uint64)
    """
    values = elements(a, "a")

    def kernel(result: NDArray[np.uint64]) -> None:
        result[..., 0] = values
        result[..., 1:] = 0

    lifted: NDArray[np.uint64] = deliver(kernel, (*values.shape, 3), out, [values])
    return lifted


def random(
    shape: int | tuple[int, ...] = (), rng: int | np.random.Generator | None = None
) -> NDArray[np.uint64]:
    """Uniform elements, by rejection of words that are not below p.

    For tests and examples: NumPy's generators are not for secrets.

    Parameters
    ----------
    shape : int or tuple of int, optional
        The shape of the array of elements, without the last axis; by default a single element.
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
