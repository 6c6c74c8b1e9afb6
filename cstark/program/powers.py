"""Geometric progressions, by the kernel that multiplies."""

from __future__ import annotations

import numpy as np

from cstark.field import P
from cstark.kernels import _field

__all__ = ["powers"]


def powers(base: int, count: int, first: int = 1) -> np.ndarray:
    """first base^0 ... first base^(count - 1), (count,) uint64; `first` is below p."""
    out = np.full(count, first, dtype=np.uint64)
    done = 1
    while done < count:
        more = min(done, count - done)
        factor = np.full(more, pow(base, done, P), dtype=np.uint64)
        _field.mul(out[:more], factor, out[done : done + more])
        done += more
    return out
