"""Which interactions share a lookup column.

A table's interactions take columns over F in order, as many in each as the table's degree allows: a
column with n of them has a constraint of degree n + 1 or more. Fewer columns are fewer words in
each opened row; a higher degree is more chunks of the quotient, which all tables of a height share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

__all__ = ["PAIRS", "best_degree", "group_degree", "grouped"]

PAIRS = 3  # the degree of two interactions in a column, which every blowup carries

# Heights that the tables of a machine may have between them count up to here, for what chunks cost:
# runs of a virtual machine with 37 to 50 tables have 8 to 12.
_HEIGHTS = 8


def grouped(counts: Sequence[int], degree: int) -> tuple[tuple[int, ...], ...]:
    """Give the interactions of each lookup column: as many, in order, as a degree allows.

    Parameters
    ----------
    counts : sequence of int
        Degree of the count of each interaction, in their order.
    degree : int
        What the constraint of a column with more than one interaction may have.

    Returns
    -------
    tuple of tuple of int
        Positions of the interactions of each column.

    Examples
    --------
    >>> grouped([1, 1, 1, 1, 1], 3), grouped([1, 1, 1, 1, 1], 5)
    (((0, 1), (2, 3), (4,)), ((0, 1, 2, 3), (4,)))
    >>> grouped([1, 3, 1, 1], 3)
    ((0,), (1,), (2, 3))
    """
    return tuple(tuple(range(start, stop)) for start, stop, _ in _columns(counts, degree))


def group_degree(members: int, count: int) -> int:
    """Degree of the constraint of a lookup column.

    It states ``c prod f = sum over i of s_i m_i prod (f but for f_i)``, with the fingerprints f,
    signs s and counts m of its interactions. The column c, or for the accumulator the difference of
    its rows less the other columns, has degree 1; so have fingerprints. (Those of constants have
    less, of which no use is made.)

    Parameters
    ----------
    members : int
        How many interactions it has.
    count : int
        The largest degree of their counts.

    Returns
    -------
    int

    Examples
    --------
    >>> group_degree(2, 1), group_degree(2, 2), group_degree(2, 3)
    (3, 3, 4)
    """
    return members + max(1, count - 1)


def lookup_degree(counts: Sequence[int], limit: int) -> int:
    """The largest degree of a column's constraint, where columns are made for a limit.

    Examples
    --------
    >>> lookup_degree([1, 1, 1], 9)
    4
    """
    return max(degree for _, _, degree in _columns(counts, limit))


def _columns(counts: Sequence[int], limit: int) -> Iterator[tuple[int, int, int]]:
    """First and last-but-one position, and degree, of each column."""
    start = largest = 0
    for number, count in enumerate(counts):
        wider = max(largest, count)
        if number > start and group_degree(number + 1 - start, wider) > limit:
            yield start, number, group_degree(number - start, largest)
            start, wider = number, count
        largest = wider
    if counts:
        yield start, len(counts), group_degree(len(counts) - start, largest)


def best_degree(tables: Sequence[TableDescription], blowup: int) -> int:
    """The degree for lookup columns that leaves the fewest columns in all.

    Columns of the quotient are counted for each height that tables may have, up to eight; how tall
    they are is not known yet. Proofs are sound for any degree that the blowup carries.

    Parameters
    ----------
    tables : sequence of TableDescription
    blowup : int

    Returns
    -------
    int
        From 3 to ``blowup + 1``.
    """
    counts = [(table.own_degree, table.count_degrees) for table in tables if table.interactions]
    heights = min(len(counts), _HEIGHTS)
    chunks = max([1, *(own - 1 for own, _ in counts)])  # for constraints alone
    best, least = PAIRS, 0
    for degree in range(PAIRS, blowup + 2):
        most = heights * max(chunks, degree - 1)
        if least and most >= least:
            break
        found = most + sum(len(grouped(degrees, max(own, degree))) for own, degrees in counts)
        if not least or found < least:
            best, least = degree, found
    return best
