"""Values that NumPy has wrapped around at 2^64, where the field goes round at p."""

from __future__ import annotations

import numpy as np

from cstark.arrays import goldilocks
from cstark.field import P

__all__ = ["HINT", "wrapped_around"]

HINT = "perhaps NumPy wrapped around at 2**64, not at p: compute with cs.goldilocks"

STEP = 2**32 - 1
"""What 2^64 is in the field."""

SMALL = 2**32
"""More than so many times around, or values below it, say nothing."""


def wrapped_around(values: np.ndarray, others: np.ndarray) -> tuple[int, ...]:
    """The first of several lists of values that differs from one by multiples of 2^64.

    Parameters
    ----------
    values : uint64 array (k,)
    others : uint64 array (n, k)

    Returns
    -------
    tuple of int
        Empty if there is none. Of values that differ, at least one is not small: small numbers
        that happen to be 2^32 - 1 apart are no sign of anything.
    """
    if len(others) == 0:
        return ()
    times = goldilocks.mul(goldilocks.sub(others, values), pow(STEP, -1, P))
    differs = others != values
    few = np.minimum(times, np.uint64(P) - times) < SMALL
    large = ((others >= SMALL) & (others < P - SMALL)) | ((values >= SMALL) & (values < P - SMALL))
    fits = (few | ~differs).all(axis=1) & (large & differs).any(axis=1)
    places = np.flatnonzero(fits)
    return tuple(others[places[0]].tolist()) if len(places) else ()
