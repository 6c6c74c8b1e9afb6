"""Many elements to one: sums and products, running ones, products of vectors and matrices, and
geometric sequences."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from cstark.arrays.operands import axes, deliver, elements, integer, matrices
from cstark.arrays.operands.types import U64
from cstark.errors import CstarkError, quoted
from cstark.kernels import _field

__all__ = ["cumprod", "cumsum", "dot", "matmul", "powers", "prod", "sum"]


@overload
def sum(
    a: ArrayLike, axis: None = None, *, out: None = None, keepdims: Literal[False] = False
) -> np.uint64: ...
@overload
def sum(
    a: ArrayLike, axis: axes.Axis = None, *, out: U64 | None = None, keepdims: Literal[True]
) -> U64: ...
@overload
def sum(a: ArrayLike, axis: axes.Axis = None, *, out: U64, keepdims: bool = False) -> U64: ...
@overload
def sum(
    a: ArrayLike, axis: axes.Axis = None, *, out: U64 | None = None, keepdims: bool = False
) -> Any: ...
def sum(
    a: ArrayLike,
    axis: axes.Axis = None,
    *,
    out: U64 | None = None,
    keepdims: bool = False,
) -> Any:
    """The sum of the elements, over all axes or some.

    Parameters
    ----------
    a : array_like of integers
        Values below p.
    axis : int or tuple of int, optional
        The axes to sum over; by default all.
    out : ndarray of uint64, optional
        Where to put the result, of its shape.
    keepdims : bool, optional
        Leave those axes in the result, with length 1.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        It is `out`, when that is given; 0 where there is nothing to add.

    Raises
    ------
    CstarkError
        As for `add`; also for an axis that does not exist.

    Examples
    --------
    >>> import cstark as cs
    >>> a = [[1, 2], [cs.P - 1, 5]]
    >>> int(cs.goldilocks.sum(a))
    7
    >>> cs.goldilocks.sum(a, axis=0)
    array([0, 7], dtype=uint64)
    """
    return axes.fold(elements(a, "a"), False, axis, keepdims, out)


@overload
def prod(
    a: ArrayLike, axis: None = None, *, out: None = None, keepdims: Literal[False] = False
) -> np.uint64: ...
@overload
def prod(
    a: ArrayLike, axis: axes.Axis = None, *, out: U64 | None = None, keepdims: Literal[True]
) -> U64: ...
@overload
def prod(a: ArrayLike, axis: axes.Axis = None, *, out: U64, keepdims: bool = False) -> U64: ...
@overload
def prod(
    a: ArrayLike, axis: axes.Axis = None, *, out: U64 | None = None, keepdims: bool = False
) -> Any: ...
def prod(
    a: ArrayLike,
    axis: axes.Axis = None,
    *,
    out: U64 | None = None,
    keepdims: bool = False,
) -> Any:
    """The product of the elements, over all axes or some.

    Parameters
    ----------
    a : array_like of integers
        Values below p.
    axis : int or tuple of int, optional
        The axes to multiply over; by default all.
    out : ndarray of uint64, optional
        Where to put the result, of its shape.
    keepdims : bool, optional
        Leave those axes in the result, with length 1.

    Returns
    -------
    ndarray of uint64, or uint64 when there are no axes
        It is `out`, when that is given; 1 where there is nothing to multiply.

    Raises
    ------
    CstarkError
        As for `sum`.

    Examples
    --------
    30! modulo p:

    >>> import cstark as cs
    >>> import math
    >>> int(cs.goldilocks.prod(range(1, 31))) == math.factorial(30) % cs.P
    True
    """
    return axes.fold(elements(a, "a"), True, axis, keepdims, out)


def cumsum(a: ArrayLike, axis: int | None = None, *, out: U64 | None = None) -> U64:
    """Running sums along an axis.

    Parameters
    ----------
    a : array_like of integers
        Values below p.
    axis : int, optional
        By default the array is flattened first, as in NumPy.
    out : ndarray of uint64, optional
        Where to put the result, of its shape; may be `a` itself.

    Returns
    -------
    ndarray of uint64
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `sum`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.cumsum([1, 2, cs.P - 2, 7])
    array([1, 3, 1, 8], dtype=uint64)
    """
    result: U64 = axes.scan(elements(a, "a"), False, axis, out)
    return result


def cumprod(a: ArrayLike, axis: int | None = None, *, out: U64 | None = None) -> U64:
    """Running products along an axis: the column of a grand-product argument.

    Parameters
    ----------
    a : array_like of integers
        Values below p.
    axis : int, optional
        By default the array is flattened first, as in NumPy.
    out : ndarray of uint64, optional
        Where to put the result, of its shape; may be `a` itself.

    Returns
    -------
    ndarray of uint64
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `sum`.

    Examples
    --------
    Two columns hold the same values in another order, so that the running product of
    (z - left) / (z - right), which starts with 1, ends with 1:

    >>> import cstark as cs
    >>> import numpy as np
    >>> gl, left, right, z = cs.goldilocks, [3, 5, 9], [9, 3, 5], 1000
    >>> column = np.ones(4, dtype=np.uint64)
    >>> ratios = gl.div(gl.sub(z, left), gl.sub(z, right))
    >>> int(gl.cumprod(ratios, out=column[1:])[-1])
    1
    """
    result: U64 = axes.scan(elements(a, "a"), True, axis, out)
    return result


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
        As for `add`; also for operands that are not vectors of one length.

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


def matmul(a: ArrayLike, b: ArrayLike, out: U64 | None = None) -> Any:
    """The product of matrices, or of a matrix and a vector.

    Parameters
    ----------
    a : array_like of integers, shape (..., k)
        Values below p; the axes before the last number rows.
    b : array_like of integers, shape (k, n) or (k,)
        Values below p.
    out : ndarray of uint64, optional
        Where to put the result, of its shape.

    Returns
    -------
    ndarray of uint64, shape (..., n) or (...), or uint64 when there are no axes
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`; also for shapes that do not fit; stacks of right operands are not taken.

    Examples
    --------
    Four states of a hash with three words, times the matrix of its linear layer:

    >>> import cstark as cs
    >>> states = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]
    >>> cs.goldilocks.matmul(states, [[2, 1, 1], [1, 2, 1], [1, 1, 2]])
    array([[2, 1, 1],
           [1, 2, 1],
           [1, 1, 2],
           [4, 4, 4]], dtype=uint64)
    """
    left, right, shape = matrices.operands(elements(a, "a"), elements(b, "b"))

    def kernel(result: U64) -> None:
        matrices.multiply(left, right, result.reshape(left.shape[0], right.shape[1]))

    return deliver(kernel, shape, out, [left, right])


def powers(ratio: int, count: int, first: int = 1, out: U64 | None = None) -> U64:
    """The geometric sequence first, first ratio, first ratio^2, ...

    Parameters
    ----------
    ratio, first : int
        Elements.
    count : int
        How many elements the sequence has.
    out : ndarray of uint64, shape (count,), optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (count,)
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        For what are not single elements, or a negative count.

    See Also
    --------
    cstark.fft.points : the powers of a root of unity.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.goldilocks.powers(10, 4, first=3)
    array([   3,   30,  300, 3000], dtype=uint64)
    """
    step, start = elements(ratio, "ratio"), elements(first, "first")
    if step.ndim or start.ndim:
        raise CstarkError("ratio and first must be single elements")
    length = integer(count, "count")
    if length < 0:
        raise CstarkError(f"count must not be negative, as {quoted(length)}")

    def kernel(result: U64) -> None:
        _field.powers(int(start), int(step), result)

    sequence: U64 = deliver(kernel, (length,), out)
    return sequence
