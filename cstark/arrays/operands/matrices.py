"""Products of matrices as `numpy.matmul` reads its operands, on `cstark.kernels._matmul`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cstark.arrays.operands.types import U64
from cstark.errors import CstarkError
from cstark.kernels import _matmul

__all__ = ["multiply", "operands"]

_FEW = 4  # columns: a vector has as many lanes, and fewer columns leave lanes empty


def operands(a: U64, b: U64, item: tuple[int, ...] = ()) -> tuple[U64, U64, tuple[int, ...]]:
    """The two matrices that the arrays are, and the shape of the product (without `item`).

    The axes of `a` before its last number rows; `b` is a matrix or a vector.
    """
    left, right = a.shape[: a.ndim - len(item)], b.shape[: b.ndim - len(item)]
    if not left or not right or len(right) > 2:
        raise CstarkError(
            f"matmul needs vectors and matrices, the second of at most 2 axes, not {a.shape} "
            f"and {b.shape}"
        )
    if left[-1] != right[0]:
        raise CstarkError(
            f"matmul needs as many columns as the second has rows: {a.shape} and {b.shape}"
        )
    columns = right[1] if len(right) == 2 else 1
    rows = math.prod(left[:-1])
    matrix = a.reshape(rows, left[-1], *item)
    return matrix, b.reshape(right[0], columns, *item), (*left[:-1], *right[1:])


def multiply(a: NDArray[Any], b: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
    """a b for two matrices of base-field elements; `out` is C-contiguous and overlaps none."""
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    if b.shape[1] < _FEW <= a.shape[0]:
        product = multiply(b.T, a.T).T
        if out is None:
            return product
        out[...] = product
        return out
    if out is None:
        out = np.empty((a.shape[0], b.shape[1]), np.uint64)
    _matmul.multiply(a, b, out)
    return out
