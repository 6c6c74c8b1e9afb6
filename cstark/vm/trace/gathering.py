"""Which families have their rows in the table `rare` of a proof.

A table costs bytes by the rows of it that are opened, times the cells of a row. A table of 8 rows
is opened at 8 times the blowup places at most; with zero-knowledge at nearly as many as there are
queries, as every code is tall enough to hide that many openings. The table of all of them
(`cstark.vm.tables.rare`) has rows of some 150 cells, for 20 to 90 of a family's own. So it pays for
many families with few rows: all that are needed to know are the heights.

What it costs is time, by the cells that are committed: of a table that is shorter than the shortest
code of a proof that hides, those of a table of that height. Families go there in the order of their
rows, the fewest first, as many as make the bytes the fewest, while at most a share of the cells in
use is committed in addition: a small one, but a larger one where small proofs are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cstark.air import padded_rows

if TYPE_CHECKING:
    import cstark as cs

__all__ = ["SMALL", "Prices", "gather", "prices_of"]

SMALL = 8
"""The least blowup of options that are for small proofs."""

MOST = 1 / 50
MOST_FOR_SMALL = 1 / 10
"""Share of the cells in use that may be committed in addition."""

LEAST_BLOWUP = 4
"""Below it, and without zero-knowledge, short tables are opened at so few rows that it is not
worth a table of another kind."""


@dataclass(frozen=True)
class Prices:
    """What a table costs in a proof.

    Attributes
    ----------
    blowup : int
    queries : int
        An estimate: those that a rate of 1 over the blowup asks for, each of which is worth half
        the bits of the rate.
    least : int
        Rows of the shortest code, over the blowup.
    most : float
        Share of the cells in use that may be committed in addition, to spare bytes.
    """

    blowup: int
    queries: int
    least: int
    most: float

    def coded(self, rows: int) -> int:
        """How many rows a table has for the work of encoding and hashing it."""
        return max(rows, self.least)

    def opened(self, rows: int) -> float:
        """How many rows of a table are opened: different queries often open the same one."""
        places = self.blowup * self.coded(rows)
        return float(places * (1 - (1 - 1 / places) ** self.queries))


def prices_of(options: cs.Options) -> Prices | None:
    """What tables cost with some options.

    Parameters
    ----------
    options : Options

    Returns
    -------
    Prices or None
        None where so few rows of a short table are opened that nothing is gathered.

    Examples
    --------
    >>> import cstark as cs
    >>> for options in (cs.Options.small(), cs.Options(zk=True)):
    ...     prices = prices_of(options)
    ...     [round(prices.opened(rows)) for rows in (8, 64, 1 << 20)], prices.most
    ([43, 67, 72], 0.1)
    ([212, 212, 224], 0.02)
    >>> prices_of(cs.Options()) is None
    True
    """
    if not options.zk and options.blowup < LEAST_BLOWUP:
        return None
    bits = (options.blowup.bit_length() - 1) / 2
    queries = options.queries or max(1, round((options.security - options.grinding) / bits))
    # A code that hides holds as many masks as queries, and the remainder of equations of degree 3.
    least = 1 << (3 * queries - 1).bit_length() if options.zk else 8
    most = MOST if options.blowup < SMALL else MOST_FOR_SMALL
    return Prices(options.blowup, queries, least, most)


def gather(
    rows: Mapping[str, int],
    heights: Mapping[str, tuple[int, ...]],
    cells: Mapping[str, int],
    prices: Prices,
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
    prices : Prices
        From `prices_of`.
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
    >>> gather(rows, heights, cells, prices_of(cs.Options(zk=True)), used=1 << 24,
    ...        tallest=1 << 20)
    ('li', 'mv', 'halt')
    """
    width = cells["rare"]
    order = sorted((name for name, count in rows.items() if count), key=lambda name: rows[name])
    count = bytes_spared = cells_spared = 0.0
    best, chosen = 0.0, 0
    for k, name in enumerate(order, 1):
        count += rows[name]
        cells_spared += cells[name] * sum(map(prices.coded, heights[name]))
        bytes_spared += cells[name] * sum(prices.opened(height) for height in heights[name])
        height = padded_rows(int(count))
        if height > tallest:
            break
        if width * prices.coded(height) - cells_spared > prices.most * used:
            continue
        gain = bytes_spared - width * prices.opened(height)
        if gain > best:
            best, chosen = gain, k
    gathered = frozenset(order[:chosen])
    return tuple(name for name in rows if name in gathered)
