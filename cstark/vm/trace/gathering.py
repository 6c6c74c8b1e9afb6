"""Which families have their rows in the table `rare` of a proof.

A table costs bytes by the rows of it that are opened, times the cells of a row. A table of 8 rows
is opened at 8 times the blowup places at most; with zero-knowledge at nearly as many as there are
queries, as every code is tall enough to hide that many openings. The table of all of them
(`cstark.vm.tables.rare`) has rows of some 150 cells, for 20 to 90 of a family's own. So it pays for
many families with few rows: all that are needed to know are the heights.

What it costs is time, by the cells that are committed. Families go there in the order of their
rows, the fewest first, as many as make the bytes the fewest, while at most a share `MOST` of the
cells in use is committed in addition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cstark.air import padded_rows

if TYPE_CHECKING:
    import cstark as cs

__all__ = ["MOST", "gather", "opened_rows"]

MOST = 1 / 50
"""Share of the cells in use that may be committed in addition."""

LEAST_BLOWUP = 4
"""Below it, and without zero-knowledge, short tables are opened at so few rows that it is not
worth a table of another kind."""

Opened = Callable[[int], float]
"""Rows of a table -> how many of them are opened in a proof."""


def opened_rows(options: cs.Options) -> Opened | None:
    """How many rows of a table are opened, from its height.

    It is an estimate: the queries are those that a rate of 1 over the blowup asks for, each of
    which is worth half the bits of the rate, and different queries often open the same row of a
    short table.

    Parameters
    ----------
    options : Options

    Returns
    -------
    callable or None
        None where it is so few rows of a short table that nothing is gathered.

    Examples
    --------
    >>> import cstark as cs
    >>> for options in (cs.Options.small(), cs.Options(zk=True)):
    ...     opened = opened_rows(options)
    ...     [round(opened(rows)) for rows in (8, 64, 1 << 20)]
    [43, 67, 72]
    [212, 212, 224]
    >>> opened_rows(cs.Options()) is None
    True
    """
    if not options.zk and options.blowup < LEAST_BLOWUP:
        return None
    bits = (options.blowup.bit_length() - 1) / 2
    queries = options.queries or max(1, round((options.security - options.grinding) / bits))
    # A code that hides holds as many masks as queries, and the remainder of equations of degree 3.
    least = 1 << (3 * queries - 1).bit_length() if options.zk else 8

    def opened(rows: int) -> float:
        places = options.blowup * max(rows, least)
        return float(places * (1 - (1 - 1 / places) ** queries))

    return opened


def gather(
    rows: Mapping[str, int],
    heights: Mapping[str, tuple[int, ...]],
    cells: Mapping[str, int],
    opened: Opened,
    *,
    used: int,
    tallest: int,
) -> tuple[str, ...]:
    """The families that have their rows in `rare`.

    Parameters
    ----------
    rows : mapping of str to int
        Families that may, and their rows.
    heights : mapping of str to tuple of int
        Family -> heights of the tables that they would have otherwise.
    cells : mapping of str to int
        Committed cells of a row of each family, and of ``rare``.
    opened : callable
        From `opened_rows`.
    used : int
        Cells in use, of all tables.
    tallest : int
        The most rows of a table.

    Returns
    -------
    tuple of str
        In the order of `rows`.

    Examples
    --------
    >>> import cstark as cs
    >>> rows = {"add": 1 << 18, "li": 5, "mv": 3, "halt": 1}
    >>> heights = {"add": (1 << 18,), "li": (8,), "mv": (8,), "halt": (8,)}
    >>> cells = {"add": 44, "li": 19, "mv": 27, "halt": 23, "rare": 50}
    >>> gather(rows, heights, cells, opened_rows(cs.Options(zk=True)), used=1 << 24,
    ...        tallest=1 << 20)
    ('li', 'mv', 'halt')
    """
    width = cells["rare"]
    order = sorted((name for name, count in rows.items() if count), key=lambda name: rows[name])
    count = bytes_spared = cells_spared = 0.0
    best, chosen = 0.0, 0
    for k, name in enumerate(order, 1):
        count += rows[name]
        cells_spared += cells[name] * sum(heights[name])
        bytes_spared += cells[name] * sum(opened(height) for height in heights[name])
        height = padded_rows(int(count))
        if height > tallest:
            break
        if width * height - cells_spared > MOST * used:
            continue
        gain = bytes_spared - width * opened(height)
        if gain > best:
            best, chosen = gain, k
    gathered = frozenset(order[:chosen])
    return tuple(name for name in rows if name in gathered)
