"""Sums and products along axes, total and running, on the scans of `cstark.kernels._field`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cstark.arrays.operands import deliver, integer
from cstark.arrays.operands.types import U64
from cstark.errors import CstarkError, quoted
from cstark.kernels import _field

__all__ = ["Axis", "axis_index", "fold", "scan"]

Axis = int | tuple[int, ...] | None


def axis_index(axis: Any, axes: int) -> int:
    """`axis` counted from the front, of an array of so many axes."""
    index = integer(axis, "axis")
    if not -axes <= index < axes:
        raise CstarkError(f"axis {quoted(index)} does not exist: the array has {axes} of them")
    return index % axes


def _axes(axis: Axis, axes: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(axes))
    chosen = axis if isinstance(axis, tuple) else (axis,)
    found = tuple(axis_index(one, axes) for one in chosen)
    if len(set(found)) < len(found):
        raise CstarkError(f"axis {axis} names an axis twice")
    return found


def _as_rows(a: U64, axes: tuple[int, ...]) -> U64:
    """A matrix of a row for each index along `axes`; a copy only where they do not come first."""
    moved = np.moveaxis(a, axes, range(len(axes)))
    rows = math.prod(moved.shape[: len(axes)])
    return np.ascontiguousarray(moved).reshape(rows, math.prod(moved.shape[len(axes) :]))


def _operation(product: bool, item: tuple[int, ...]) -> str:
    if not product:
        return "add"  # of words, coordinate by coordinate
    return "ext_mul" if item else "mul"


def fold(
    a: U64, product: bool, axis: Axis, keepdims: bool, out: Any, item: tuple[int, ...] = ()
) -> Any:
    """The sum or product of the elements of `a` along `axis`.

    Parameters
    ----------
    a : ndarray
        From `cstark.arrays.operands.elements`.
    product : bool
        Products, not sums.
    axis : int or tuple of int or None
        Counted without the axis of `item`; None for all.
    keepdims : bool
        Leave the axes in place, with length 1.
    out : None or ndarray or (ndarray,)
        Of the shape of the result.
    item : tuple of int
        () or (3,).
    """
    lead = a.shape[: a.ndim - len(item)]
    axes = _axes(axis, len(lead))
    matrix = _as_rows(a, axes)
    rest = [1 if k in axes else n for k, n in enumerate(lead) if keepdims or k not in axes]

    def kernel(result: NDArray[Any]) -> None:
        if matrix.size:
            _field.fold(_operation(product, item), matrix, result.reshape(-1))
        else:
            result[...] = 0
            if product:
                result[(..., 0) if item else ...] = 1

    return deliver(kernel, (*rest, *item), out, [matrix])


def scan(a: U64, product: bool, axis: int | None, out: Any, item: tuple[int, ...] = ()) -> Any:
    """The running sums or products of the elements of `a` along `axis`.

    Parameters
    ----------
    a, product, item
        As in `fold`.
    axis : int or None
        None for all elements in one row.
    out : None or ndarray or (ndarray,)
        Of the shape of `a`, or flat when `axis` is None; may be `a`.
    """
    if axis is None:
        a, index = a.reshape(-1, *item), 0
    else:
        index = axis_index(axis, a.ndim - len(item))

    def kernel(result: NDArray[Any]) -> None:
        if not a.size:
            return
        matrix = _as_rows(a, (index,))
        ahead = result if index == 0 else np.empty(matrix.shape, np.uint64)
        _field.scan(_operation(product, item), matrix, ahead.reshape(matrix.shape))
        if index:
            moved = np.moveaxis(result, index, 0)
            moved[...] = ahead.reshape(moved.shape)

    return deliver(kernel, a.shape, out, [a], in_place=True)
