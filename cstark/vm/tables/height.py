"""Heights of tables."""

from __future__ import annotations

__all__ = ["height_for"]


def height_for(rows: int) -> int:
    """The smallest height of a table that holds so many rows.

    Examples
    --------
    >>> height_for(0), height_for(8), height_for(9)
    (8, 8, 16)
    """
    return max(8, 1 << max(0, rows - 1).bit_length())
