"""Geometric progressions."""

from __future__ import annotations

import numpy as np

from cstark.field import P
from cstark.kernels import _field

__all__ = ["powers"]


def powers(base: int, count: int, first: int = 1) -> np.ndarray:
    """first base^0 ... first base^(count - 1), (count,) uint64; `first` is below p."""
    out = np.empty(count, dtype=np.uint64)
    _field.powers(first, base % P, out)
    return out
