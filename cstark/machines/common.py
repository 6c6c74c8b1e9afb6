"""Small things that several machines need."""

from __future__ import annotations

from typing import Any

import numpy as np

import cstark as cs
from cstark.errors import quoted
from cstark.limits import MIN_ROWS

__all__ = ["check_rows", "inverse_or_zero", "is_element", "padded_rows"]


def padded_rows(used: int) -> int:
    """The height of a table with `used` rows in use.

    Examples
    --------
    >>> padded_rows(0), padded_rows(8), padded_rows(9)
    (8, 8, 16)
    """
    return max(MIN_ROWS, 1 << max(0, used - 1).bit_length())


def check_rows(name: str, rows: int, most: int) -> None:
    """Refuse a height from a claim that is not a power of two from 8 to `most`.

    Raises
    ------
    StatementError
    """
    if not MIN_ROWS <= rows <= most or rows & (rows - 1):
        raise cs.StatementError(
            f"{name} is {quoted(rows)}, not a power of two from {MIN_ROWS} to {most}"
        )


def is_element(value: Any) -> bool:
    """Whether a value from a claim is a field element: an int, no bool, from 0 to p - 1."""
    return type(value) is int and 0 <= value < cs.P


def inverse_or_zero(values: np.ndarray) -> np.ndarray:
    """The inverse modulo p of each value, and 0 for 0.

    Examples
    --------
    >>> inverse_or_zero(np.array([0, 1, 2], dtype=np.uint64)).tolist()
    [0, 1, 9223372034707292161]
    """
    zero = values == 0
    inverses: np.ndarray = cs.goldilocks.batch_inverse(np.where(zero, np.uint64(1), values))
    inverses[zero] = 0
    return inverses
