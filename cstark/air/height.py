"""Heights of tables: powers of two, so that most tables end in rows that only fill them."""

from __future__ import annotations

from operator import index
from typing import SupportsIndex

from cstark.errors import TraceError, quoted
from cstark.limits import MAX_ROWS, MIN_ROWS

__all__ = ["padded_rows"]


def padded_rows(used: SupportsIndex) -> int:
    """The smallest height of a table that has room for so many rows.

    A table has a power of two of rows, at least 8. The rows behind those in use, the padding,
    satisfy the same constraints and talk to the same buses as all others: give them a flag of 0,
    or make them repeat a row that is true.

    Parameters
    ----------
    used : int
        How many rows are in use, from 0 to 2^31.

    Returns
    -------
    int
        A power of two, at least 8.

    Raises
    ------
    TraceError
        If there is no such height.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.padded_rows(0), cs.padded_rows(8), cs.padded_rows(9)
    (8, 8, 16)
    """
    rows = -1 if isinstance(used, bool) or not hasattr(used, "__index__") else index(used)
    if not 0 <= rows <= MAX_ROWS:
        raise TraceError(
            f"padded_rows: {quoted(used)} rows; a number of rows is an integer from 0 to {MAX_ROWS}"
        )
    return max(MIN_ROWS, 1 << max(0, rows - 1).bit_length())
