"""Small things that several machines need."""

from __future__ import annotations

from typing import Any

import cstark as cs
from cstark.errors import quoted
from cstark.limits import MIN_ROWS

__all__ = ["check_rows", "is_element"]


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
