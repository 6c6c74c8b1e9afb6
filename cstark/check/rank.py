"""The rank test: cells of a row that nothing determines, even if several move together.

Around each chosen row of a valid trace the derivative of everything that is stated there, exact
and over the field, must have full column rank in the cells that are not declared to be free: then
no small change of these cells keeps to the equations. See `cstark.check.neighbourhood` for what
belongs to a row and what is known there.

What holds a cell is told apart:

* *equations*, which determine it;
* *lists* it is looked up in, if they determine it (x and y determine "x and y");
* *ranges alone*: limbs whose equations leave a direction open in which only numbers of a list
  move. Whether two numbers of the lists lie in that direction is a question about integers, and
  is looked for in a lattice.

The test sees what moves continuously, so to speak. A flag that could as well be 0 instead of 1 is
rigid for it: flags and ranges count as known there, unless other numbers are found in the lattice.
Single changes of cells (`cstark.check.mutate`), and in small tables pairs of them
(`cstark.check.pairs`), are tried beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from cstark.air.air import Air
from cstark.air.description import TableDescription
from cstark.air.free import explanations
from cstark.air.nodes import P
from cstark.check.elimination import Echelon, Form
from cstark.check.kinds import choose_rows
from cstark.check.neighbourhood import Neighbourhood
from cstark.check.pairs import MOST_PAIRS, FreePair, column_pairs, find_free_pairs
from cstark.check.providers import Buses
from cstark.check.rows import Cell, PointTable
from cstark.check.short_vectors import boxed_vectors

__all__ = ["HeldColumns", "RankTest", "Undetermined", "rank_test"]

_ROWS = 16
"""Rows of a table that are tested, most."""

_LEAST_ROWS = 4
_WORK = 1 << 19
"""Nodes that are differentiated in a table, but for the least number of rows."""

_DIMENSION = 12
"""Looked up values that a search among integers goes over."""

_LOOKUPS = 128
"""A row with more flags and lookups than this: their values count as known."""

_SEARCHES = 6
"""Sets of directions, in the rows of a table, in which other integers are looked for."""

_VECTORS = 6
"""Integer vectors that are tried in a row."""

_CACHED = 256
"""Those that are kept, of all rows of a kind."""


_ROUNDS = 2
"""How far the rows are followed that receive what others send."""

_TRIES = 2
"""Rows in which another value of a column is looked for."""


@dataclass(frozen=True)
class Undetermined:
    """Cells of a row that can be changed together.

    Attributes
    ----------
    table : str
    columns : tuple of str
        What changes, the column that can be chosen first.
    row : int
        An example.
    old, new : tuple of int
        The cells of that row as they are, and other values that satisfy its equations as well.
        `new` is empty if none were found: then the equations leave the change open to first
        order only.
    rows : int
        In how many of the rows that were tested.
    ranges : bool
        Whether looked up values are what moves.
    """

    table: str
    columns: tuple[str, ...]
    row: int
    old: tuple[int, ...]
    new: tuple[int, ...]
    rows: int
    ranges: bool


@dataclass(frozen=True)
class HeldColumns:
    """Cells that equations leave open, but ranges do not.

    Attributes
    ----------
    table : str
    columns : tuple of str
    searched : bool
        Whether other integers in the ranges were looked for, in vain; False if they are too many.
    """

    table: str
    columns: tuple[str, ...]
    searched: bool


@dataclass(frozen=True)
class RankTest:
    """What the rank test found; true if every cell of the rows that it tested is determined.

    Attributes
    ----------
    rows : dict of str to int
        Table -> how many rows were tested.
    kinds : dict of str to int
        Table -> how many kinds of rows there are, as far as they were looked at.
    undetermined : tuple of Undetermined
    held : tuple of HeldColumns
        What ranges and flags alone hold; nothing is wrong with that.
    known : dict of str to int
        Table -> how many flags and looked up messages a row has, where they are so many that
        their values counted as known.
    """

    rows: dict[str, int]
    kinds: dict[str, int]
    undetermined: tuple[Undetermined, ...]
    held: tuple[HeldColumns, ...]
    known: dict[str, int]

    def __bool__(self) -> bool:
        return not self.undetermined

    def to_dict(self) -> dict[str, Any]:
        """Plain data, of JSON types only."""
        return {
            "ok": bool(self),
            "rows": dict(self.rows),
            "kinds": dict(self.kinds),
            "undetermined": [
                {**u.__dict__, **{k: list(getattr(u, k)) for k in ("columns", "old", "new")}}
                for u in self.undetermined
            ],
            "known": dict(self.known),
            "held": [{**h.__dict__, "columns": list(h.columns)} for h in self.held],
        }


@dataclass
class _Found:
    """What one row shows."""

    free: list[tuple[list[int], dict[Cell, int] | None, bool]] = field(default_factory=list)
    held: list[tuple[list[int], bool]] = field(default_factory=list)


def rank_test(
    machine: Sequence[tuple[Air, TableDescription, np.ndarray, Sequence[int]]],
    seed: int = 0,
    limit: int = _ROWS,
) -> RankTest:
    """Test some rows of each table of a valid machine.

    Parameters
    ----------
    machine : sequence
        For each table: itself, its description, its trace and its public values. The traces
        satisfy the tables and balance all buses.
    seed : int
        Of the choice of rows.
    limit : int
        Most rows of a table.

    Returns
    -------
    RankTest
    """
    random = np.random.default_rng(seed)
    tables = [
        PointTable(number, description, trace, publics, explanations(air, description, trace))
        for number, (air, description, trace, publics) in enumerate(machine)
    ]
    buses = Buses(tables)
    rows, kinds, known = {}, {}, {}
    free: list[Undetermined] = []
    held: list[HeldColumns] = []
    for table in tables:
        name = table.description.name
        most = max(_LEAST_ROWS, min(limit, _WORK // max(1, table.work())))
        chosen, kinds[name] = choose_rows(table, most, random)
        rows[name] = len(chosen)
        forward = _TableTest(table, buses, random, False)
        found = {row: forward.test(row) for row in chosen}
        if table.has_next and any(one.free for one in found.values()):
            # a table may also be determined from its end on
            backward = _TableTest(table, buses, random, True)
            other = {row: backward.test(row) for row in chosen}
            if not any(one.free for one in other.values()):
                found = other
        if forward.known:
            known[name] = forward.known
        free += _free_columns(table, found)
        held += _held_columns(table, found)
    left = MOST_PAIRS
    for table in sorted(tables, key=lambda table: column_pairs(table.description)):
        left -= column_pairs(table.description)
        if left >= 0:
            name = table.description.name
            free += _pairs(table, {one.columns[0] for one in free if one.table == name})
    return RankTest(rows, kinds, tuple(free), tuple(held), known)


def _free_columns(table: PointTable, found: dict[int, _Found]) -> list[Undetermined]:
    groups: dict[int, list[tuple[int, list[int], dict[Cell, int] | None, bool]]] = {}
    for row, one in found.items():
        for columns, other, ranges in one.free:
            groups.setdefault(columns[0], []).append((row, columns, other, ranges))
    names = table.description.column_names
    result = []
    for members in groups.values():
        members.sort(key=lambda member: member[2] is None)
        row, columns, other, ranges = members[0]
        if other is not None:
            moved = {column for (t, r, column) in other if (t, r) == (table.number, row)}
            columns = [c for c in columns if c in moved] + sorted(moved - set(columns))
        new = [] if other is None else [other[table.number, row, c] for c in columns]
        result.append(
            Undetermined(
                table.description.name,
                tuple(names[c] for c in columns),
                row,
                tuple(int(table.trace[row, c]) for c in columns),
                tuple(new),
                len({member[0] for member in members}),
                ranges,
            )
        )
    return result


def _pairs(table: PointTable, known: set[str]) -> list[Undetermined]:
    """Pairs of cells that can be changed together, of columns that are not listed already."""
    description = table.description
    names = description.column_names
    groups: dict[tuple[int, int], list[FreePair]] = {}
    for pair in find_free_pairs(description, table.trace, table.publics, table.explained):
        if not known & {names[column] for column in pair.columns}:
            groups.setdefault(pair.columns, []).append(pair)
    return [
        Undetermined(
            description.name,
            tuple(names[column] for column in columns),
            pairs[0].row,
            pairs[0].old,
            pairs[0].new,
            len({pair.row for pair in pairs}),
            True,
        )
        for columns, pairs in groups.items()
    ]


def _held_columns(table: PointTable, found: dict[int, _Found]) -> list[HeldColumns]:
    names = table.description.column_names
    result = []
    for searched in (True, False):
        columns = {
            c for one in found.values() for moved, how in one.held if how == searched for c in moved
        }
        if columns:
            chosen = tuple(names[c] for c in sorted(columns))
            result.append(HeldColumns(table.description.name, chosen, searched))
    return result


class _TableTest:
    """Tests rows of a table in one direction."""

    def __init__(
        self, table: PointTable, buses: Buses, random: np.random.Generator, backward: bool
    ) -> None:
        self._table, self._buses, self._random, self._backward = table, buses, random, backward
        self.known = 0  # values that are taken as known, because they are many
        self._searched: dict[tuple[object, ...], list[list[int]]] = {}
        self._tries: Counter[Hashable] = Counter()  # columns -> searches for another row
        self._shown: set[Hashable] = set()  # columns with an example

    def test(self, row: int) -> _Found:
        """Find what is undetermined in a row."""
        around = Neighbourhood(self._table, row, self._buses, self._backward)
        rounds = 0
        tried = Counter(self._tries)
        while True:
            strict = around.determined(held=True)
            free = strict.free(around.own)
            if free and rounds < _ROUNDS and around.ask():
                rounds += 1
                continue
            found = _Found()
            if len(around.lookups) <= _LOOKUPS:
                loose = around.determined(held=False)
                for variable in free:
                    loose.insert({variable: 1})  # to look at the others by themselves
                self._look_at_ranges(around, loose, found)
            else:
                self.known = max(self.known, len(around.lookups))
            if found.free and rounds < _ROUNDS and around.ask():
                rounds += 1
                self._forget(tried)
                continue
            break
        for variable in free:
            first = around.columns([variable])
            others = [c for c in around.columns(strict.kernel_vector(variable)) if c not in first]
            old = around.cell(list(around.cells)[variable])
            values = [(old + 1) % P, int(self._random.integers(0, P, dtype=np.uint64))]
            group = self._table.description.column_names[first[0]].partition("[")[0]
            other = self._second(around, group, [({variable: new}, {}) for new in values])
            found.free.append((first + others, other, False))
        return found

    def _forget(self, tried: Counter[Hashable]) -> None:
        """Take back what was shown since: it did not reckon with the rows that were added."""
        for key in self._tries - tried:
            self._shown.discard(key)
        self._tries = Counter(tried)

    def _second(
        self,
        around: Neighbourhood,
        key: Hashable,
        ways: Iterable[tuple[dict[int, int], dict[int, list[int]]]],
    ) -> dict[Cell, int] | None:
        """Other cells: an example for some columns, which is not looked for in row after row."""
        if key in self._shown or self._tries[key] >= _TRIES:
            return None
        self._tries[key] += 1
        for pinned, asked in ways:
            other = around.solve(pinned, asked)
            if other and any((t, r) == (around.table.number, around.row) for t, r, _ in other):
                self._shown.add(key)
                return other
        return None

    def _look_at_ranges(self, around: Neighbourhood, system: Echelon, found: _Found) -> None:
        """Directions in which only asked values move: are there other integers in the ranges?"""
        own = set(system.free(around.own))
        if not own:
            return
        for group in _connected(_asked(around, system)):
            variables = sorted({variable for one in group for variable in one.form})
            moved = [system.kernel_vector(variable) for variable in variables if variable in own]
            columns = sorted({column for form in moved for column in around.columns(form)})
            if not columns:
                continue
            if all(one.answered for one in group):
                found.held.append((columns, True))  # by what is asked, which is in another group
                continue
            if len(group) > _DIMENSION or self._enough(group, variables):
                found.held.append((columns, False))
                continue
            ways = self._other_integers(around, group, variables)
            other = self._second(around, tuple(columns), (({}, asked) for asked in ways))
            if other is not None:
                cells = [c for t, r, c in other if (t, r) == (around.table.number, around.row)]
                found.free.append((sorted(cells), other, True))
            elif tuple(columns) in self._shown or _independent(group):
                found.free.append((columns, None, True))
            else:
                found.held.append((columns, True))

    def _enough(self, group: Sequence[_Asked], variables: Sequence[int]) -> bool:
        """Whether so many sets of directions have been searched that this one is left out."""
        new = _directions(group, variables) not in self._searched
        return new and len(self._searched) >= _SEARCHES

    def _other_integers(
        self, around: Neighbourhood, group: Sequence[_Asked], variables: Sequence[int]
    ) -> list[dict[int, list[int]]]:
        """What the lookups of a group may ask instead, in the directions that are open."""
        key = _directions(group, variables)
        generators, sizes = key
        if key not in self._searched:  # once for all values that they may have in other rows
            vectors = boxed_vectors(generators, [-size for size in sizes], sizes)
            self._searched[key] = list(islice(vectors, _CACHED))
        ways = []
        for vector in self._searched[key]:
            targets: dict[int, list[int]] = {}
            for one, step in zip(group, vector, strict=True):
                if one.lookup not in targets:
                    values = around.lookups[one.lookup].values
                    targets[one.lookup] = [value.target for value in values]
                targets[one.lookup][one.place] += step
            asked = {}
            for number, message in targets.items():
                allowed = around.lookups[number].allowed
                asked[number] = [message[place] for place in allowed.asked]
                if allowed.complete(asked[number]) != message:
                    break
            else:
                ways.append(asked)
            if len(ways) == _VECTORS:
                break
        return ways


class _Asked(NamedTuple):
    """A value that is looked up: lookup and place in it, value, range, and how it moves.

    It may be an answer: then the list determines it by what is asked.
    """

    lookup: int
    place: int
    value: int
    low: int
    high: int
    answered: bool
    form: Form


def _asked(around: Neighbourhood, system: Echelon) -> list[_Asked]:
    """Everything asked or answered that the equations do not determine."""
    result = []
    for number, lookup in enumerate(around.lookups):
        for place, equation in enumerate(lookup.values):
            form = system.reduce(around.form(equation))
            if form:
                low, high = lookup.allowed.lows[place], lookup.allowed.highs[place]
                answered = place in lookup.allowed.answered
                result.append(_Asked(number, place, equation.target, low, high, answered, form))
    return result


def _connected(asked: Sequence[_Asked]) -> list[list[_Asked]]:
    """Groups of values that share no free variable with values of other groups."""
    leader: dict[int, int] = {}

    def find(variable: int) -> int:
        while leader.setdefault(variable, variable) != variable:
            variable = leader[variable]
        return variable

    for one in asked:
        first, *others = one.form
        for other in others:
            leader[find(other)] = find(first)
    groups: dict[int, list[_Asked]] = {}
    for one in asked:
        groups.setdefault(find(next(iter(one.form))), []).append(one)
    return list(groups.values())


def _directions(
    group: Sequence[_Asked], variables: Sequence[int]
) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """How the values of a group move with each free variable, and the sizes of their ranges."""
    generators = tuple(tuple(one.form.get(variable, 0) for one in group) for variable in variables)
    return generators, tuple(one.high - one.low for one in group)


def _independent(group: Sequence[_Asked]) -> bool:
    """Whether nothing but its list says what is asked for: whatever is there would do."""
    system = Echelon()
    return all(system.insert(one.form) for one in group)
