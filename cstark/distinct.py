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
    return count_distinct(numbers)[0]


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
    is_first = np.ones(len(ordered), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    places = np.flatnonzero(is_first)
    return ordered[places], np.diff(places, append=len(ordered))
