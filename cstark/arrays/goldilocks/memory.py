"""Arrays in the memory that proofs use again."""

from __future__ import annotations

import math
import operator

from cstark.arrays.operands.types import U64
from cstark.errors import CstarkError, quoted
from cstark.kernels import _runtime

__all__ = ["empty"]


def empty(shape: int | tuple[int, ...]) -> U64:
    """An array for values to come, in the memory that proofs use again.

    For traces: `numpy.empty` takes new pages from the system for each of them, which have to be
    cleared, and gives them back afterwards. These pages wait for the next proof of the process
    instead, as those of its other buffers do; and a trace that a callable makes in them for the
    prover alone becomes part of its extension.

    Parameters
    ----------
    shape : int or tuple of int

    Returns
    -------
    ndarray of uint64, C-contiguous
        With any content.

    Raises
    ------
    CstarkError
        The shape is none.
    MemoryError
        There is not so much memory.

    Examples
    --------
    >>> import cstark as cs
    >>> trace = cs.goldilocks.empty((8, 2))
    >>> trace[:] = 0
    """
    try:
        extents = tuple(map(operator.index, shape if isinstance(shape, tuple) else (shape,)))
    except TypeError:
        extents = (-1,)
    if any(extent < 0 for extent in extents):
        raise CstarkError(
            f"shape={quoted(shape)}: must be an int, or a tuple of ints, none of them negative"
        )
    count = math.prod(extents)
    if count >= 1 << 60:
        raise MemoryError(f"cannot allocate {8 * count} bytes")
    return _runtime.aligned(extents, "traces")
