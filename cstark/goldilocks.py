"""Arithmetic on arrays of elements of the Goldilocks field, p = 2^64 - 2^32 + 1.

Elements are integers in [0, p), arrays are ``uint64``.  The functions behave like NumPy ufuncs:
operands are broadcast, ``out=`` receives the result (any strides, overlap allowed), and a result
without axes is a NumPy scalar.  Values outside of [0, p) are refused, with their index; other
integer types and nested lists are accepted as long as all values are in that range.

The kernels behind these functions are in ``cstark/kernels/_field.pyx``; they use the threads of
`cstark.set_num_threads`, and the results do not depend on them.

Examples
--------
>>> import cstark as cs
>>> a = cs.goldilocks.sub([1, 2, 3], 2)
>>> a
array([18446744069414584320,                    0,                    1],
      dtype=uint64)
>>> int(a[0]) == cs.P - 1
True
>>> cs.goldilocks.mul(a, a)
array([1, 0, 1], dtype=uint64)
"""

from __future__ import annotations

from typing import Any

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


def add(a: ArrayLike, b: ArrayLike, out: NDArray[np.uint64] | None = None) -> Any:
    """a + b, elementwise.

    Parameters
    ----------
    a, b : int or array_like of integers
        Values below p, of shapes that broadcast together.
    out : ndarray of uint64, optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        `out` when given.

    Raises
    ------
    CstarkError
        A value outside of [0, p), something else than integers, shapes that do not broadcast,
        an unfit `out`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.add([0, cs.P - 1], 1)
    array([1, 0], dtype=uint64)
    """
    return apply(_field.add, [elements(a, "a"), elements(b, "b")], out)[0]


def sub(a: ArrayLike, b: ArrayLike, out: NDArray[np.uint64] | None = None) -> Any:
    """a - b, elementwise.

    Parameters
    ----------
    a, b : int or array_like of integers
        Values below p, of shapes that broadcast together.
    out : ndarray of uint64, optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        `out` when given.

    Raises
    ------
    CstarkError
        As `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> int(cs.goldilocks.sub(3, 5)) == cs.P - 2
    True
    """
    return apply(_field.sub, [elements(a, "a"), elements(b, "b")], out)[0]


def mul(a: ArrayLike, b: ArrayLike, out: NDArray[np.uint64] | None = None) -> Any:
    """a * b, elementwise.

    Parameters
    ----------
    a, b : int or array_like of integers
        Values below p, of shapes that broadcast together.
    out : ndarray of uint64, optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        `out` when given.

    Raises
    ------
    CstarkError
        As `add`.

    Examples
    --------
    2^96 is -1:

    >>> import cstark as cs
    >>> int(cs.goldilocks.mul(2**48, 2**48)) == cs.P - 1
    True
    """
    return apply(_field.mul, [elements(a, "a"), elements(b, "b")], out)[0]


def neg(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> Any:
    """-a, elementwise.

    Parameters
    ----------
    a : int or array_like of integers
        Values below p.
    out : ndarray of uint64, optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        `out` when given.

    Raises
    ------
    CstarkError
        As `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.neg([0, cs.P - 1])
    array([0, 1], dtype=uint64)
    """
    return apply(_field.neg, [elements(a, "a")], out)[0]


def square(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> Any:
    """a * a, elementwise.

    Parameters
    ----------
    a : int or array_like of integers
        Values below p.
    out : ndarray of uint64, optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        `out` when given.

    Raises
    ------
    CstarkError
        As `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.square([5, cs.P - 3])
    array([25,  9], dtype=uint64)
    """
    return apply(_field.square, [elements(a, "a")], out)[0]


def inverse(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> Any:
    """1 / a, elementwise.

    One inversion serves a thousand elements (Montgomery's trick), so that an element costs about
    three multiplications.

    Parameters
    ----------
    a : int or array_like of integers
        Values below p, none of them zero.
    out : ndarray of uint64, optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        `out` when given.

    Raises
    ------
    ZeroDivisionError
        An element is zero.  The message names the first index, and so does the attribute
        ``index``, a tuple.  The contents of `out` are then unspecified.
    CstarkError
        As `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> a = cs.goldilocks.inverse([1, 2, 3])
    >>> cs.goldilocks.mul(a, [1, 2, 3])
    array([1, 1, 1], dtype=uint64)
    >>> cs.goldilocks.inverse([[1, 2], [0, 4]])
    Traceback (most recent call last):
        ...
    ZeroDivisionError: inverse of zero at index [1, 0]
    """
    return inverted(_field.inverse, elements(a, "a"), out)


def batch_inverse(a: ArrayLike, out: NDArray[np.uint64] | None = None) -> Any:
    """1 / a, elementwise: another name of `inverse`, which always works in batches.

    Parameters
    ----------
    a : int or array_like of integers
        Values below p, none of them zero.
    out : ndarray of uint64, optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        `out` when given.

    Raises
    ------
    ZeroDivisionError, CstarkError
        As `inverse`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.batch_inverse([4, 0])
    Traceback (most recent call last):
        ...
    ZeroDivisionError: inverse of zero at index [1]
    """
    return inverse(a, out)


def power(a: ArrayLike, exponent: int, out: NDArray[np.uint64] | None = None) -> Any:
    """a ** exponent, elementwise, with one exponent for all elements.

    Parameters
    ----------
    a : int or array_like of integers
        Values below p.
    exponent : int
        Of any size; a negative one inverts.  ``0 ** 0`` is 1, as in NumPy.
    out : ndarray of uint64, optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
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
    >>> cs.goldilocks.power([2, 3], 5)
    array([ 32, 243], dtype=uint64)
    >>> int(cs.goldilocks.power(2, -96)) == cs.P - 1
    True
    """
    exponent = integer(exponent, "exponent")
    array = elements(a, "a")
    if exponent < 0:
        array = np.asarray(inverted(_field.inverse, array, None))
    # a^(p-1) is 1 but for a = 0: a positive exponent stays positive.
    reduced = (abs(exponent) - 1) % (P - 1) + 1 if exponent else 0

    def kernel(values: NDArray[np.uint64], result: NDArray[np.uint64]) -> None:
        _field.power(values, reduced, result)

    return apply(kernel, [array], out)[0]


def dot(a: ArrayLike, b: ArrayLike) -> np.uint64:
    """The sum of the products of two vectors.

    Parameters
    ----------
    a, b : array_like of integers, shape (n,)
        Values below p.

    Returns
    -------
    uint64
        0 for empty vectors.

    Raises
    ------
    CstarkError
        As `add`, or operands that are not vectors of one length.

    Examples
    --------
    >>> import cstark as cs
    >>> int(cs.goldilocks.dot([1, 2, 3], [4, 5, 6]))
    32
    """
    left, right = elements(a, "a"), elements(b, "b")
    if left.ndim != 1 or left.shape != right.shape:
        raise CstarkError(
            f"dot needs two vectors of one length, not {left.shape} and {right.shape}"
        )
    return np.uint64(_field.dot(left, right))


def random(shape: int | tuple[int, ...] = (), rng: int | np.random.Generator | None = None) -> Any:
    """Uniform elements, by rejection of words that are not below p.

    For tests and examples: NumPy's generators are not for secrets.

    Parameters
    ----------
    shape : int or tuple of int, optional
        Default: a single element.
    rng : int or numpy.random.Generator, optional
        A generator, or the seed of a new one; by default the operating system's entropy.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.random((2, 3), rng=1).shape
    (2, 3)
    """
    result = np.random.default_rng(rng).integers(0, P, size=shape, dtype=np.uint64)
    return result if np.ndim(result) else np.uint64(result)
