"""One element from one, or from two: the elementwise functions, and random elements."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from cstark.arrays.operands import P, apply, elements, integers, inverted
from cstark.arrays.operands import exponents as _exponents
from cstark.arrays.operands.types import U64, Many, One
from cstark.kernels import _field

__all__ = [
    "add",
    "batch_inverse",
    "div",
    "inverse",
    "mul",
    "neg",
    "power",
    "random",
    "residues",
    "square",
    "sub",
]

_KERNELS = _exponents.Kernels(
    item=(),
    order=P - 1,
    inverse=_field.inverse,
    square=_field.square,
    mul=_field.mul,
    power=_field.power,
    power_each=_field.power_each,
)


@overload
def add(a: One, b: One, out: None = None) -> np.uint64: ...
@overload
def add(a: Many, b: ArrayLike, out: U64 | None = None) -> U64: ...
@overload
def add(a: ArrayLike, b: Many, out: U64 | None = None) -> U64: ...
@overload
def add(a: ArrayLike, b: ArrayLike, out: U64) -> U64: ...
@overload
def add(a: ArrayLike, b: ArrayLike, out: None = None) -> Any: ...
def add(a: ArrayLike, b: ArrayLike, out: U64 | None = None) -> Any:
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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        For a value outside of [0, p), something else than integers, shapes that do not broadcast,
        an unfit `out`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.add([0, cs.P - 1], 1)
    array([1, 0], dtype=uint64)
    """
    return apply(_field.add, [elements(a, "a"), elements(b, "b")], out)[0]


@overload
def sub(a: One, b: One, out: None = None) -> np.uint64: ...
@overload
def sub(a: Many, b: ArrayLike, out: U64 | None = None) -> U64: ...
@overload
def sub(a: ArrayLike, b: Many, out: U64 | None = None) -> U64: ...
@overload
def sub(a: ArrayLike, b: ArrayLike, out: U64) -> U64: ...
@overload
def sub(a: ArrayLike, b: ArrayLike, out: None = None) -> Any: ...
def sub(a: ArrayLike, b: ArrayLike, out: U64 | None = None) -> Any:
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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> int(cs.goldilocks.sub(3, 5)) == cs.P - 2
    True
    """
    return apply(_field.sub, [elements(a, "a"), elements(b, "b")], out)[0]


@overload
def mul(a: One, b: One, out: None = None) -> np.uint64: ...
@overload
def mul(a: Many, b: ArrayLike, out: U64 | None = None) -> U64: ...
@overload
def mul(a: ArrayLike, b: Many, out: U64 | None = None) -> U64: ...
@overload
def mul(a: ArrayLike, b: ArrayLike, out: U64) -> U64: ...
@overload
def mul(a: ArrayLike, b: ArrayLike, out: None = None) -> Any: ...
def mul(a: ArrayLike, b: ArrayLike, out: U64 | None = None) -> Any:
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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`.

    Examples
    --------
    2^96 is -1:

    >>> import cstark as cs
    >>> int(cs.goldilocks.mul(2**48, 2**48)) == cs.P - 1
    True
    """
    return apply(_field.mul, [elements(a, "a"), elements(b, "b")], out)[0]


@overload
def div(a: One, b: One, out: None = None) -> np.uint64: ...
@overload
def div(a: Many, b: ArrayLike, out: U64 | None = None) -> U64: ...
@overload
def div(a: ArrayLike, b: Many, out: U64 | None = None) -> U64: ...
@overload
def div(a: ArrayLike, b: ArrayLike, out: U64) -> U64: ...
@overload
def div(a: ArrayLike, b: ArrayLike, out: None = None) -> Any: ...
def div(a: ArrayLike, b: ArrayLike, out: U64 | None = None) -> Any:
    """a / b, elementwise: a times the inverse of b.

    Parameters
    ----------
    a, b : int or array_like of integers
        Values below p, of shapes that broadcast together; no element of `b` is zero.
    out : ndarray of uint64, optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
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
    >>> cs.goldilocks.div([6, 1], [3, cs.P - 1])
    array([                   2, 18446744069414584320], dtype=uint64)
    >>> cs.goldilocks.div(1, [4, 0])
    Traceback (most recent call last):
        ...
    ZeroDivisionError: division by zero at index [1] of b
    """
    dividend, divisor = elements(a, "a"), elements(b, "b")
    inverses = np.asarray(inverted(_field.inverse, divisor, None, (), "division by zero", " of b"))
    return apply(_field.mul, [dividend, inverses], out)[0]


@overload
def neg(a: One, out: None = None) -> np.uint64: ...
@overload
def neg(a: Many, out: U64 | None = None) -> U64: ...
@overload
def neg(a: ArrayLike, out: U64) -> U64: ...
@overload
def neg(a: ArrayLike, out: None = None) -> Any: ...
def neg(a: ArrayLike, out: U64 | None = None) -> Any:
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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.neg([0, cs.P - 1])
    array([0, 1], dtype=uint64)
    """
    return apply(_field.neg, [elements(a, "a")], out)[0]


@overload
def square(a: One, out: None = None) -> np.uint64: ...
@overload
def square(a: Many, out: U64 | None = None) -> U64: ...
@overload
def square(a: ArrayLike, out: U64) -> U64: ...
@overload
def square(a: ArrayLike, out: None = None) -> Any: ...
def square(a: ArrayLike, out: U64 | None = None) -> Any:
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
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.square([5, cs.P - 3])
    array([25,  9], dtype=uint64)
    """
    return apply(_field.square, [elements(a, "a")], out)[0]


@overload
def inverse(a: One, out: None = None) -> np.uint64: ...
@overload
def inverse(a: Many, out: U64 | None = None) -> U64: ...
@overload
def inverse(a: ArrayLike, out: U64) -> U64: ...
@overload
def inverse(a: ArrayLike, out: None = None) -> Any: ...
def inverse(a: ArrayLike, out: U64 | None = None) -> Any:
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
        It is `out`, when that is given.

    Raises
    ------
    ZeroDivisionError
        If an element is zero.  The message names the first index, and so does the attribute
        ``index``, a tuple.  The contents of `out` are then unspecified.
    CstarkError
        As for `add`.

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


@overload
def batch_inverse(a: One, out: None = None) -> np.uint64: ...
@overload
def batch_inverse(a: Many, out: U64 | None = None) -> U64: ...
@overload
def batch_inverse(a: ArrayLike, out: U64) -> U64: ...
@overload
def batch_inverse(a: ArrayLike, out: None = None) -> Any: ...
def batch_inverse(a: ArrayLike, out: U64 | None = None) -> Any:
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
        It is `out`, when that is given.

    Raises
    ------
    ZeroDivisionError, CstarkError
        As for `inverse`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.batch_inverse([4, 0])
    Traceback (most recent call last):
        ...
    ZeroDivisionError: inverse of zero at index [1]
    """
    return inverse(a, out)


@overload
def power(a: One, exponent: One, out: None = None) -> np.uint64: ...
@overload
def power(a: Many, exponent: ArrayLike, out: U64 | None = None) -> U64: ...
@overload
def power(a: ArrayLike, exponent: Many, out: U64 | None = None) -> U64: ...
@overload
def power(a: ArrayLike, exponent: ArrayLike, out: U64) -> U64: ...
@overload
def power(a: ArrayLike, exponent: ArrayLike, out: None = None) -> Any: ...
def power(a: ArrayLike, exponent: ArrayLike, out: U64 | None = None) -> Any:
    """a ** exponent, elementwise.

    Parameters
    ----------
    a : int or array_like of integers
        Values below p.
    exponent : int or array_like of integers
        Integers of any size; a negative one inverts.  ``0 ** 0`` is 1, as in NumPy.  An array is
        broadcast with `a`; a single exponent costs less.
    out : ndarray of uint64, optional
        Where to put the result; operands broadcast to its shape.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
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
    >>> cs.goldilocks.power([2, 3], 5)
    array([ 32, 243], dtype=uint64)
    >>> cs.goldilocks.power(2, [0, 1, 10])
    array([   1,    2, 1024], dtype=uint64)
    >>> int(cs.goldilocks.power(2, -96)) == cs.P - 1
    True
    """
    return _exponents.power(_KERNELS, a, exponent, out)


@overload
def residues(a: One) -> np.uint64: ...
@overload
def residues(a: Many) -> U64: ...
@overload
def residues(a: ArrayLike) -> Any: ...
def residues(a: ArrayLike) -> Any:
    """Any integers modulo p, as elements: how negative and large numbers enter the field.

    Parameters
    ----------
    a : int or array_like of integers
        Integers of any size and sign.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        A new array.

    Raises
    ------
    CstarkError
        For something else than integers.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.residues([-1, 2**64])
    array([18446744069414584320,           4294967295], dtype=uint64)
    """
    array = integers(a, "a")
    if array.dtype.kind == "O":
        result = np.array(array % P, dtype=np.uint64)
    elif array.dtype.kind == "i":
        unsigned = array.astype(np.uint64)  # -m becomes 2^64 - m
        result = np.where(array < 0, unsigned + np.uint64(P), unsigned)
    else:
        unsigned = array.astype(np.uint64)
        result = np.where(unsigned >= P, unsigned - np.uint64(P), unsigned)
    return result if result.ndim else result[()]


@overload
def random(*, rng: int | np.random.Generator | None = None) -> np.uint64: ...
@overload
def random(shape: int | tuple[int, ...], rng: int | np.random.Generator | None = None) -> U64: ...
def random(shape: int | tuple[int, ...] = (), rng: int | np.random.Generator | None = None) -> Any:
    """Uniform elements, by rejection of words that are not below p.

    For tests and examples: NumPy's generators are not for secrets.

    Parameters
    ----------
    shape : int or tuple of int, optional
        The shape of the array; by default a single element.
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
