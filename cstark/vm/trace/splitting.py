"""Into how many tables the rows of a family go.

A table has a power of two of rows, and a family of 2^18 + 5,000 rows would fill half of 2^19. As
its rows are tied to others by buses alone, a family may stand several times in one proof
(``stands = "any"``): here as 2^18 rows and 2^13.

What another table costs is bytes: a row of it is opened at each query. What it saves is time and
memory, by the cells that it spares. Both grow with the width of the row, so tables are compared by
the rows that each further table spares, whatever their width: the one that spares most is split
first, until the committed cells are at most `PADDING` times those in use. Where tables that cannot
be split keep them above that, families are not cut into shreds for it: a table that spares less
than a share `LEAST` of all cells is not worth its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cstark.air import padded_rows

__all__ = ["PADDING", "split", "ways"]

PADDING = 1.10
"""Committed cells over cells in use where splitting ends."""

LEAST = 1 / 1000
"""Share of the cells in use that a further table must spare."""

Heights = tuple[int, ...]


def split(
    rows: Mapping[str, int],
    cells: Mapping[str, int],
    *,
    used: int = 0,
    committed: int = 0,
    tallest: int = 1 << 26,
    padding: float = PADDING,
) -> dict[str, Heights]:
    """Heights of the tables that hold so many rows of each family.

    Parameters
    ----------
    rows : mapping of str to int
        Family -> its rows.
    cells : mapping of str to int
        Family -> committed cells of a row.
    used, committed : int
        Cells of the tables beside these: in use, and in all of their rows.
    tallest : int
        The most rows of a table, a power of two.
    padding : float
        Where splitting ends: see `PADDING`. With 1.0 all is spared that is worth a table.

    Returns
    -------
    dict of str to tuple of int
        Family -> heights, powers of two from 8 on, the tallest first. None for a family without
        rows. All but the last are full.

    Examples
    --------
    >>> split({"add": 2**18 + 5000, "xor": 0}, {"add": 44, "xor": 66})
    {'add': (262144, 8192), 'xor': ()}

    One table is enough where little is to be spared:

    >>> split({"add": 1000}, {"add": 44})
    {'add': (1024,)}
    """
    chosen: dict[str, Heights] = {}
    steps: list[tuple[float, int, str, Heights]] = []
    for name, count in rows.items():
        every = list(ways(count, tallest))
        chosen[name] = every[0]
        used += cells[name] * count
        committed += cells[name] * sum(every[0])
        for spared, before, after in _worthwhile(every):
            steps.append((spared / (len(after) - len(before)), cells[name] * spared, name, after))
    # A family's own steps are in this order already, as each spares less than the one before.
    for _, spared_cells, name, heights in sorted(steps, key=lambda step: (-step[0], -step[1])):
        if committed <= padding * used:
            break
        tables = len(heights) - len(chosen[name])
        if spared_cells < LEAST * used * tables:
            continue  # and so are the later steps of this family, which spare less a table
        chosen[name] = heights
        committed -= spared_cells
    return chosen


def ways(rows: int, tallest: int) -> Iterator[Heights]:
    """Heights for so many rows: as few tables as possible, then one more with the fewest rows."""
    full: list[int] = [tallest] * (rows // tallest)
    rest = rows % tallest
    if not rest:
        yield tuple(full)
    while rest:
        yield (*full, padded_rows(rest))
        full.append(1 << (rest.bit_length() - 1))
        rest -= full[-1]
        if full[-1] < 8:
            return


def _worthwhile(ways: list[Heights]) -> Iterator[tuple[int, Heights, Heights]]:
    """From the fewest tables on: steps that spare most a table, with the rows that they spare."""
    at = 0
    while at + 1 < len(ways):
        here = sum(ways[at])
        gain, best = max(
            ((here - sum(ways[k])) / (len(ways[k]) - len(ways[at])), -k)
            for k in range(at + 1, len(ways))
        )
        if gain <= 0:
            return
        yield here - sum(ways[-best]), ways[at], ways[-best]
        at = -best
