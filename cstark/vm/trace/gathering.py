"""Which rows of families lie in tables for rows of any family.

A row of a table is opened at each query, and with zero-knowledge that holds of short tables as
well, as every code is tall enough to hide that many openings. So each table of a proof costs bytes
by the cells of its row, and costs time and memory by the cells of all rows of its code. A family
of 400,000 rows fills tables of 2^18 and 2^17 rows, and 6,784 rows are left: in a table of their own
they cost the bytes of a whole row, in one table twice as tall as the first the time of 120,000 rows
that say nothing. They can lie beside what is left of other families, in a table of
`cstark.vm.tables.rare`; and so can all rows of families that have few.

What is chosen
--------------
For each family, how many of its tables are full, and whether the rest has a table of its own or
lies in one of those for any family; and the heights of these. The choice is that in which

    bytes + price x coded rows x cells of a row

is least, but that it is sought step by step. For all heights of the tables for any family, what is
left of families goes there in the order of what is spared for each row, as long as there is room;
of these choices the best one is taken. Bytes and coded rows are those of `TableSizes`, which the
protocol has as well.

The price is such that a hundredth of all cells is worth so many hundredths of all bytes: a *weight*
of 5 means that time counts five times as much as bytes do. With zero-knowledge the proof is meant
to be hardly larger than one that hides nothing: where it would be, the best choice of fewer bytes
is taken, if there is one that takes hardly more cells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cstark.air import padded_rows
from cstark.cost.tables import TableSizes
from cstark.vm.trace.splitting import ways

if TYPE_CHECKING:
    import cstark as cs

__all__ = ["SMALL", "Gathering", "Prices", "gather", "prices_of"]

SMALL = 8
"""The least blowup of options that are for small proofs."""

LEAST_BLOWUP = 4
"""Below it, and without zero-knowledge, short tables are opened at so few rows that it is not
worth a table of another kind."""

WEIGHT = 5.0
"""What cells are worth, in bytes."""

WEIGHT_FOR_SMALL = 0.35
"""The same for small proofs."""

BOUND = 1.12
"""Bytes of opened rows with zero-knowledge, at most, over those of a proof that hides nothing;"""
MORE = 1.08
"""for which so many more cells may be coded, but not any number, as short runs would need."""

TRIED = (5.0, 4.0, 3.0, 2.5, 2.0)
"""Weights with which choices of fewer bytes are sought."""

QUOTIENT = 9
"""Words of a row of the quotient of a code height, about."""

Heights = tuple[int, ...]


@dataclass(frozen=True)
class Prices:
    """What tables cost in a proof.

    Attributes
    ----------
    sizes : TableSizes
    weight : float
        What cells are worth, see the module.
    bound : float
        Bytes of opened rows, over those of a proof that hides nothing, beyond which choices of
        fewer bytes are sought.
    """

    sizes: TableSizes
    weight: float
    bound: float = float("inf")

    @property
    def hides(self) -> bool:
        """Whether each table has a further column, which masks its sum."""
        return bool(self.sizes.options.zk)

    def bytes(self, rows: int) -> float:
        """Of a column of a table."""
        return 8 * self.sizes.opened(rows) + 24

    def words(self, cells: int) -> int:
        """Of a row with so many committed cells."""
        return cells + self.hides


def prices_of(machine: cs.Machine, *, sharded: bool = False) -> Prices | None:
    """What tables cost in proofs of a machine.

    Parameters
    ----------
    machine : Machine
    sharded : bool
        Whether in shards, of which each is as small as may be, whatever its bytes.

    Returns
    -------
    Prices or None
        None where so few rows of a short table are opened that nothing is gathered.

    Examples
    --------
    >>> import cstark as cs
    >>> from cstark import vm
    >>> program = vm.Program(vm.Image.from_text([0x05D00893, 0x00000073]))
    >>> for options in (cs.Options.small(max_log_height=20), cs.Options(zk=True)):
    ...     prices = prices_of(program.machine(options))
    ...     [round(prices.sizes.opened(rows)) for rows in (8, 64, 1 << 20)], prices.weight
    ([44, 68, 73], 0.35)
    ([234, 234, 241], 5.0)
    >>> prices_of(program.machine()) is None
    True
    """
    options = machine.options
    if not options.zk and options.blowup < LEAST_BLOWUP:
        return None
    key = machine.proving_key
    sizes = TableSizes.of((key.for_shards() if sharded else key).description)
    weight = WEIGHT if options.blowup < SMALL else WEIGHT_FOR_SMALL
    return Prices(sizes, weight, BOUND if options.zk and not sharded else float("inf"))


@dataclass(frozen=True)
class Gathering:
    """Where the rows of families lie.

    Attributes
    ----------
    heights : dict of str to tuple of int
        Rows of the tables of each family, and of those for any family; all but the last of a
        family are full, and so is the last, if what is left lies elsewhere.
    rows : dict of str to dict of str to int
        Table for any family -> family -> how many of its rows lie there, the last ones.
    """

    heights: dict[str, Heights]
    rows: dict[str, dict[str, int]] = field(default_factory=dict)


def gather(
    rows: Mapping[str, int],
    cells: Mapping[str, int],
    tables: Mapping[str, Collection[str]],
    prices: Prices,
    *,
    around: Mapping[str, Heights],
    plain: Mapping[str, Heights],
    tallest: int = 1 << 26,
) -> Gathering:
    """Find tables for the rows of families.

    Parameters
    ----------
    rows : mapping of str to int
        Families, and their rows.
    cells : mapping of str to int
        Committed cells of a row of each table.
    tables : mapping of str to collection of str
        Tables for any of some families, and these. What may lie in several goes to the first that
        has room.
    prices : Prices
        From `prices_of`.
    around : mapping of str to tuple of int
        Heights of the tables of which nothing is to be decided.
    plain : mapping of str to tuple of int
        Heights of the families' tables in a proof that hides nothing.
    tallest : int
        The most rows of a table, a power of two.

    Returns
    -------
    Gathering

    Examples
    --------
    >>> import cstark as cs
    >>> from cstark import vm
    >>> program = vm.Program(vm.Image.from_text([0x05D00893, 0x00000073]))
    >>> prices = prices_of(program.machine(cs.Options(zk=True)))
    >>> rows = {"add": 2**18 + 500, "mv": 2**17 + 9, "li": 3}
    >>> cells = {"add": 44, "mv": 27, "li": 19, "rare": 60}
    >>> plain = {"add": (2**18, 512), "mv": (2**17, 16), "li": (8,)}
    >>> found = gather(rows, cells, {"rare": rows}, prices, around={}, plain=plain)
    >>> found.heights
    {'add': (262144,), 'mv': (131072,), 'li': (), 'rare': (512,)}
    >>> found.rows
    {'rare': {'add': 500, 'mv': 9, 'li': 3}}
    """
    search = _Search(rows, cells, tables, prices, around, tallest)
    price = prices.weight * search.ratio
    best = search.best(price, price)
    if best.bytes <= (most := prices.bound * search.plain_bytes(plain)):
        return best.gathering
    found = (search.best(weight * search.ratio, price, most, MORE * best.cells) for weight in TRIED)
    within = [one for one in found if one.bytes <= most and one.cells <= MORE * best.cells]
    if within:
        best = min(within, key=lambda one: one.bytes + price * one.cells)
    return best.gathering


@dataclass(frozen=True)
class _Found:
    """A choice for all families, with bytes that are opened and cells that are coded."""

    gathering: Gathering
    bytes: float
    cells: float


@dataclass(frozen=True)
class _Choice:
    """So many rows of a family lie elsewhere; what its own tables are, and what they cost."""

    rows: int
    heights: Heights
    bytes: float
    cells: float


class _Search:
    """What all weights have in common."""

    def __init__(
        self,
        rows: Mapping[str, int],
        cells: Mapping[str, int],
        tables: Mapping[str, Collection[str]],
        prices: Prices,
        around: Mapping[str, Heights],
        tallest: int,
    ) -> None:
        self.rows, self.tables, self.prices, self.around = rows, tables, prices, around
        self.words = {name: prices.words(count) for name, count in cells.items()}
        self.tallest = tallest
        self.byte_price = cache(prices.bytes)
        self.coded = cache(prices.sizes.coded)
        self.ways = {name: list(ways(count, tallest)) for name, count in rows.items() if count}
        fewest = {name: found[0] for name, found in self.ways.items()}
        self.ratio = self.bytes(fewest) / max(1, self.cells(fewest))

    def bytes(self, heights: Mapping[str, Heights]) -> float:
        """Bytes that are opened, of these tables and those around."""
        return sum(
            self.words[name] * self.byte_price(height)
            for name, height in self._each(heights)
        )  # fmt: skip

    def plain_bytes(self, heights: Mapping[str, Heights]) -> float:
        """The same where nothing is hidden."""
        opened = cache(self.prices.sizes.opened_plainly)
        hidden = self.prices.hides
        return sum(
            (self.words[name] - hidden) * (8 * opened(height) + 24)
            for name, height in self._each(heights)
        )

    def cells(self, heights: Mapping[str, Heights]) -> int:
        """Cells that are coded."""
        return sum(self.words[name] * self.coded(height) for name, height in self._each(heights))

    def _each(self, heights: Mapping[str, Heights]) -> Iterator[tuple[str, int]]:
        for found in (heights, self.around):
            for name, listed in found.items():
                for height in listed:
                    yield name, height

    def best(
        self, asked: float, price: float, most: float = np.inf, cells: float = np.inf
    ) -> _Found:
        """The best choice by a price for a cell, of those that are found with the price `asked`.

        Of those with so few bytes and cells at most, if there are any.
        """
        choices = {name: self._choices(name, asked) for name in self.ways}
        rooms = self._rooms()
        left = rooms.copy()
        # Of each of these combinations of heights what is opened and coded.
        alone = {name: found[0].heights for name, found in choices.items()}
        opened = np.full(rooms.shape[1], self.bytes(alone))
        coded = np.full(rooms.shape[1], float(self.cells(alone)))
        known = {self.coded(height) for _, height in self._each(alone)}
        for table, heights in zip(self.tables, rooms, strict=True):
            for at, height in enumerate(heights.tolist()):
                if height:  # it has a quotient of its own where its code is as tall as no other
                    words = self.words[table] + QUOTIENT * (self.coded(height) not in known)
                    opened[at] += words * self.byte_price(height)
                    coded[at] += words * self.coded(height)
        taken = {name: np.zeros(rooms.shape[1], dtype=np.int64) for name in choices}
        places = {name: np.full(rooms.shape[1], -1) for name in choices}
        steps = [
            (_slope(one, other, asked), name, number, one, other)
            for name, found in choices.items()
            for number, (one, other) in enumerate(pairwise(found))
        ]
        for _, name, step, one, other in sorted(steps, key=lambda step: -step[0]):
            rows = other.rows - one.rows
            for number, families in enumerate(self.tables.values()):
                if name not in families:
                    continue
                fits = (taken[name] == step) & (left[number] >= rows)
                fits &= (places[name] == number) | (places[name] < 0)
                left[number][fits] -= rows
                opened[fits] += other.bytes - one.bytes
                coded[fits] += other.cells - one.cells
                taken[name][fits] += 1
                places[name][fits] = number
        costs = opened + price * coded
        within = (opened <= most) & (coded <= cells)
        at = int((np.where(within, costs, np.inf) if within.any() else costs).argmin())
        numbers = {name: (int(taken[name][at]), int(places[name][at])) for name in choices}
        return _Found(self._gathering(choices, numbers), float(opened[at]), float(coded[at]))

    def _choices(self, name: str, price: float) -> list[_Choice]:
        """How much of a family may lie elsewhere: each step spares less for a row than the last."""
        every = [self._choice(name, 0, heights) for heights in self.ways[name]]
        found = [min(every, key=lambda one: (one.bytes + price * one.cells, len(one.heights)))]
        for heights in reversed(self.ways[name]):  # with the fewest rows elsewhere first
            choice = self._choice(name, self.rows[name] - sum(heights[:-1]), heights[:-1])
            if choice.rows == found[-1].rows or _slope(found[-1], choice, price) <= 0:
                continue
            while len(found) > 1 and (
                _slope(found[-2], found[-1], price) <= _slope(found[-1], choice, price)
            ):
                found.pop()
            found.append(choice)
        return found

    def _choice(self, name: str, rows: int, heights: Heights) -> _Choice:
        words = self.words[name]
        return _Choice(
            rows,
            heights,
            words * sum(map(self.byte_price, heights)),
            words * sum(map(self.coded, heights)),
        )

    def _rooms(self) -> NDArray[np.int64]:
        """Heights of the tables for any family: all that may do, each with each; 0 for none.

        Of heights with the shortest code the greatest: what has few rows in the end is shorter.
        """
        every = []
        for families in self.tables.values():
            count = sum(self.rows[name] for name in families if name in self.ways)
            most = min(padded_rows(count), self.tallest) if count else 0
            heights = [1 << k for k in range(3, most.bit_length())]
            while len(heights) > 1 and self.coded(heights[1]) == self.coded(8):
                del heights[0]
            every.append([0, *heights])
        return np.array([one.ravel() for one in np.meshgrid(*every, indexing="ij")], dtype=np.int64)

    def _gathering(
        self, choices: Mapping[str, list[_Choice]], numbers: Mapping[str, tuple[int, int]]
    ) -> Gathering:
        heights: dict[str, Heights] = dict.fromkeys(self.rows, ())
        gathered: dict[str, dict[str, int]] = {table: {} for table in self.tables}
        names = list(self.tables)
        for name, (number, place) in numbers.items():
            chosen = choices[name][number]
            heights[name] = chosen.heights
            if chosen.rows:
                gathered[names[place]][name] = chosen.rows
        for table, found in gathered.items():
            heights[table] = (padded_rows(sum(found.values())),) if found else ()
        return Gathering(heights, {table: found for table, found in gathered.items() if found})


def _slope(one: _Choice, other: _Choice, price: float) -> float:
    """What is spared for each further row elsewhere."""
    spared = one.bytes - other.bytes + price * (one.cells - other.cells)
    return spared / (other.rows - one.rows)
