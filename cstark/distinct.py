"""The different numbers of an array.

`numpy.unique` does it too; its first call loads `numpy.ma`, which takes longer than to verify a
small proof.
"""

from __future__ import annotations

import numpy as np

__all__ = ["count_distinct", "distinct"]


def distinct(numbers: np.ndarray) -> np.ndarray:
    """The different numbers of an array of integers, ascending.

    Parameters
    ----------
    numbers : ndarray
        One axis.
    """
    ordered = np.sort(numbers)
    found: np.ndarray = ordered[_firsts(ordered)]
    return found


def count_distinct(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different numbers of an array of integers, ascending, and how often each occurs.

    Parameters
    ----------
    numbers : ndarray
        One axis.

    Returns
    -------
    numbers, times : ndarray
    """
    ordered = np.sort(numbers)
    places = np.flatnonzero(_firsts(ordered))
    return ordered[places], np.diff(places, append=len(ordered))


def _firsts(ordered: np.ndarray) -> np.ndarray:
    """Where a number of a sorted array is not the one before."""
    is_first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return is_first
