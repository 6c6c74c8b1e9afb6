"""Many elements to one: sums and products, running ones, products of vectors and matrices, and
geometric sequences."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.arrays.ext3 import arithmetic
from cstark.arrays.goldilocks import arithmetic as base
from cstark.arrays.operands import axes, deliver, elements, integer, matrices
from cstark.errors import CstarkError, quoted
from cstark.kernels import _field

__all__ = ["cumprod", "cumsum", "dot", "matmul", "powers", "prod", "sum"]

_ITEM = (3,)


def sum(
    a: ArrayLike,
    axis: axes.Axis = None,
    *,
    out: NDArray[np.uint64] | None = None,
    keepdims: bool = False,
) -> NDArray[np.uint64]:
    """The sum of the elements, over all axes or some.

    Parameters
    ----------
    a : array_like of integers, shape (..., 3)
        Coordinates below p.
    axis : int or tuple of int, optional
        The axes to sum over, counted without the last one of `a`; by default all.
    out : ndarray of uint64, optional
        Where to put the result, of its shape.
    keepdims : bool, optional
        Leave those axes in the result, with length 1.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        It is `out`, when that is given; 0 where there is nothing to add.

    Raises
    ------
    CstarkError
        As for `add`; also for an axis that does not exist.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.sum([[1, 2, 3], [cs.P - 1, 0, 5]])
    array([0, 2, 8], dtype=uint64)
    """
    result: NDArray[np.uint64] = axes.fold(
        elements(a, "a", _ITEM), False, axis, keepdims, out, _ITEM
    )
    return result


def prod(
    a: ArrayLike,
    axis: axes.Axis = None,
    *,
    out: NDArray[np.uint64] | None = None,
    keepdims: bool = False,
) -> NDArray[np.uint64]:
    """The product of the elements, over all axes or some.

    Parameters
    ----------
    a : array_like of integers, shape (..., 3)
        Coordinates below p.
    axis : int or tuple of int, optional
        The axes to multiply over, counted without the last one of `a`; by default all.
    out : ndarray of uint64, optional
        Where to put the result, of its shape.
    keepdims : bool, optional
        Leave those axes in the result, with length 1.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        It is `out`, when that is given; 1 where there is nothing to multiply.

    Raises
    ------
    CstarkError
        As for `sum`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.prod([[0, 1, 0], [0, 1, 0], [0, 1, 0]])
    array([2, 0, 0], dtype=uint64)
    """
    result: NDArray[np.uint64] = axes.fold(
        elements(a, "a", _ITEM), True, axis, keepdims, out, _ITEM
    )
    return result


def cumsum(
    a: ArrayLike, axis: int | None = None, *, out: NDArray[np.uint64] | None = None
) -> NDArray[np.uint64]:
    """Running sums along an axis: the accumulator of a LogUp argument.

    Parameters
    ----------
    a : array_like of integers, shape (..., 3)
        Coordinates below p.
    axis : int, optional
        Counted without the last one of `a`; by default the elements are put in one row first, as
        NumPy does.
    out : ndarray of uint64, optional
        Where to put the result, of its shape; may be `a` itself.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `sum`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.cumsum([[1, 2, 3], [1, 0, 0]])
    array([[1, 2, 3],
           [2, 2, 3]], dtype=uint64)
    """
    result: NDArray[np.uint64] = axes.scan(elements(a, "a", _ITEM), False, axis, out, _ITEM)
    return result


def cumprod(
    a: ArrayLike, axis: int | None = None, *, out: NDArray[np.uint64] | None = None
) -> NDArray[np.uint64]:
    """Running products along an axis: the column of a grand-product argument.

    Parameters
    ----------
    a : array_like of integers, shape (..., 3)
        Coordinates below p.
    axis : int, optional
        Counted without the last one of `a`; by default the elements are put in one row first, as
        NumPy does.
    out : ndarray of uint64, optional
        Where to put the result, of its shape; may be `a` itself.

    Returns
    -------
    ndarray of uint64, shape (..., 3)
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `sum`.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.cumprod([[0, 1, 0], [0, 1, 0], [0, 1, 0]])
    array([[0, 1, 0],
           [0, 0, 1],
           [2, 0, 0]], dtype=uint64)
    """
    result: NDArray[np.uint64] = axes.scan(elements(a, "a", _ITEM), True, axis, out, _ITEM)
    return result


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
        As for `add`; also for operands that are not vectors of one length.

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


def matmul(a: ArrayLike, b: ArrayLike, out: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """The product of matrices, or of a matrix and a vector.

    Nine products of base-field matrices: each coordinate of `a` with each of `b`.

    Parameters
    ----------
    a : array_like of integers, shape (..., k, 3)
        Coordinates below p; the axes before the last two number rows.
    b : array_like of integers, shape (k, n, 3) or (k, 3)
        Coordinates below p.
    out : ndarray of uint64, optional
        Where to put the result, of its shape.

    Returns
    -------
    ndarray of uint64, shape (..., n, 3) or (..., 3)
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        As for `add`; also for shapes that do not fit; stacks of right operands are not taken.

    Examples
    --------
    >>> import cstark as cs
    >>> identity, row = [[[1, 0, 0], [0, 0, 0]], [[0, 0, 0], [1, 0, 0]]], [[0, 1, 0], [4, 5, 6]]
    >>> cs.ext3.matmul(row, identity)
    array([[0, 1, 0],
           [4, 5, 6]], dtype=uint64)
    """
    left, right, shape = matrices.operands(elements(a, "a", _ITEM), elements(b, "b", _ITEM), _ITEM)
    rows, inner, columns = *left.shape[:2], right.shape[1]

    def kernel(result: NDArray[np.uint64]) -> None:
        parts = matrices.multiply(
            left.transpose(2, 0, 1).reshape(3 * rows, inner), right.reshape(inner, 3 * columns)
        )
        # c[i] is the product of coordinate i of a with all of b: times w^i, and w^3 = 2.
        c = parts.reshape(3, rows, columns, 3)
        flat = result.reshape(rows, columns, 3)
        flat[...] = base.add(c[0], times_w(base.add(c[1], times_w(c[2]))))

    product: NDArray[np.uint64] = deliver(kernel, (*shape, 3), out, [left, right])
    return product


def times_w(a: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """w a, from w^3 = 2: the coordinates move up, and the last one doubles."""
    return np.stack([base.add(a[..., 2], a[..., 2]), a[..., 0], a[..., 1]], axis=-1)


def powers(
    ratio: ArrayLike, count: int, first: ArrayLike = 1, out: NDArray[np.uint64] | None = None
) -> NDArray[np.uint64]:
    """The geometric sequence first, first ratio, first ratio^2, ...

    Parameters
    ----------
    ratio, first : int or array_like of integers, shape (3,)
        Elements.
    count : int
        How many elements the sequence has.
    out : ndarray of uint64, shape (count, 3), optional
        Where to put the result.

    Returns
    -------
    ndarray of uint64, shape (count, 3)
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        For what are not single elements, or a negative count.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.ext3.powers([0, 1, 0], 4, first=5)
    array([[ 5,  0,  0],
           [ 0,  5,  0],
           [ 0,  0,  5],
           [10,  0,  0]], dtype=uint64)
    """
    step, start = elements(ratio, "ratio", _ITEM), elements(first, "first", _ITEM)
    if step.shape != _ITEM or start.shape != _ITEM:
        raise CstarkError("ratio and first must be single elements")
    length = integer(count, "count")
    if length < 0:
        raise CstarkError(f"count must not be negative, as {quoted(length)}")

    def kernel(result: NDArray[np.uint64]) -> None:
        result[:1] = start
        done, factor = 1, step  # factor = ratio^done
        while done < length:
            more = result[done : 2 * done]
            arithmetic.mul(result[: len(more)], factor, out=more)
            done, factor = 2 * done, arithmetic.square(factor)

    sequence: NDArray[np.uint64] = deliver(kernel, (length, 3), out, [step, start])
    return sequence
