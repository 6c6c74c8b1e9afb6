"""How the families of a machine share the columns of `cstark.vm.tables.rare.Rare`.

A row of that table belongs to one family at most, so a column may mean something else in the rows
of each of them. What is decided here is which: for every cell of a family its column, and for every
message of a family its *slot*. A slot is a message of the table, in which each family may have one
of its own on the same bus and in the same direction. A word of a slot has one expression in all
families that use it:

* a column, in which a family either keeps the very cell that it sends, or a copy of what it sends,
  which the table then ties to it by an equation;
* or an expression of times, such as ``time + 4``, which all families of the slot send alike.

Cells with the same name share a column: time, pc, the decoded slots, operands, the word of memory.
The register that an operation in place reads and writes lies where others have the old value of
their target. All other cells go wherever the family has no other cell, best where its message needs
them. Messages of tokens and of the program come first, which all families have alike, then those
that ask for facts. Families with the most messages choose first. The result depends on nothing but
the families.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from cstark.air.nodes import subtree
from cstark.vm.buses import BUSES
from cstark.vm.tables.family import SLOTS
from cstark.vm.tables.forms import Form, Linear, Message

__all__ = ["BASE", "Shared", "Sharing", "Slot", "share"]

BASE = ("time", "pc", "next", *SLOTS, "a[0]", "a[1]", "a_time", "b[0]", "b[1]", "b_time",
        "old[0]", "old[1]", "old_time", "m[0]", "m[1]", "m_time", "gap")  # fmt: skip
"""Cells that lie in a column of their name."""

TIMES = frozenset({"time", "a_time", "b_time", "old_time", "m_time", "gap"})
"""Of these a word of a slot may be an expression."""

FACTS = frozenset(name for name, bus in BUSES.items() if bus.free and name != "fetch")
"""Messages on these buses are placed last."""

DEGREE = 2
"""What an equation of a family may have, so that it has 3 times a selector."""


@dataclass
class Slot:
    """A message of the table.

    Attributes
    ----------
    bus, sign
        Where it goes.
    words : list of (int or dict)
        A column, or an expression of times in columns, of each value.
    members : dict of str to Message
        Family -> its message.
    """

    bus: str
    sign: int
    words: list[int | Linear]
    members: dict[str, Message] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name that its message has in most families."""
        names = [message.name for message in self.members.values()]
        return max(names, key=names.count)


@dataclass
class Shared:
    """Where a family has its cells.

    Attributes
    ----------
    form : Form
    cells : dict of int to int
        Its column -> the column of the table.
    copies : dict of int to (int, str)
        Column of the table -> the node that it is equal to, and the message of which it is a word.
    products : dict of int to int
        Node of degree 2 -> the column of the table that holds it.
    """

    form: Form
    cells: dict[int, int] = field(default_factory=dict)
    copies: dict[int, tuple[int, str]] = field(default_factory=dict)
    products: dict[int, int] = field(default_factory=dict)

    @property
    def used(self) -> frozenset[int]:
        """All columns that mean something in its rows."""
        return frozenset([*self.cells.values(), *self.copies, *self.products.values()])


@dataclass(frozen=True)
class Sharing:
    """The columns of the table, behind those that select a family.

    Attributes
    ----------
    base : tuple of str
        Names in `BASE` that are there, first.
    further : int
        How many columns without a name follow.
    slots : tuple of Slot
    families : dict of str to Shared
    """

    base: tuple[str, ...]
    further: int
    slots: tuple[Slot, ...]
    families: dict[str, Shared]


@dataclass
class _Fit:
    """What a family has to do to put its message into a slot."""

    cells: dict[int, int] = field(default_factory=dict)
    copies: dict[int, int] = field(default_factory=dict)


def share(forms: Sequence[Form]) -> Sharing:
    """Find columns for all families.

    Parameters
    ----------
    forms : sequence of Form

    Returns
    -------
    Sharing
    """
    homes = {home for form in forms for home in _homes(form).values()}
    base = tuple(name for name in BASE if name in homes)
    maker = _Maker(base)
    order = sorted(forms, key=lambda form: (-len(form.messages), -len(form.labels)))
    for facts in (False, True):
        for form in order:
            maker.add_messages(form, facts)
    for form in order:
        maker.add_cells(form)
    return Sharing(
        base,
        maker.width - len(base),
        tuple(maker.slots),
        {form.name: maker.families[form.name] for form in forms},
    )


def _homes(form: Form) -> dict[int, str]:
    """The columns of a family that have a name in `BASE`, and which."""
    homes: dict[int, str] = {}
    for number, label in enumerate(form.labels):
        name = f"{label}[0]" if label in form.air.operands else label
        if form.air.in_place and label.startswith("a"):
            name = "old" + name[1:]
        if name in BASE:
            homes[number] = name
    return homes


class _Maker:
    """Columns and slots while families are added."""

    def __init__(self, base: tuple[str, ...]) -> None:
        self.base = {name: number for number, name in enumerate(base)}
        self.times = {self.base[name] for name in base if name in TIMES}
        self.width: int = len(base)
        self.slots: list[Slot] = []
        self.families: dict[str, Shared] = {}

    def add_messages(self, form: Form, facts: bool) -> None:
        """Find slots for the messages of a family, and places for the cells that they hold."""
        found = self.families.setdefault(form.name, Shared(form))
        for number, home in _homes(form).items():
            found.cells[number] = self.base[home]
        taken: set[int] = set()
        for message in form.messages:
            if (message.bus in FACTS) != facts:
                continue
            values = [form.linear(node) for node in message.values]
            fits = (
                (k, fit)
                for k, slot in enumerate(self.slots)
                if k not in taken and (slot.bus, slot.sign) == (message.bus, message.sign)
                if (fit := self.fit(found, slot, message, values)) is not None
            )
            k, fit = min(fits, key=lambda one: len(one[1].copies), default=(-1, _Fit()))
            if k < 0:
                k, fit = len(self.slots), _Fit()
                self.slots.append(self.slot(found, message, values, fit, facts))
            taken.add(k)
            self.slots[k].members[form.name] = message
            found.cells |= fit.cells
            found.copies |= {column: (node, message.name) for column, node in fit.copies.items()}

    def add_cells(self, form: Form) -> None:
        """Find places for the other cells of a family, and for its products."""
        found = self.families[form.name]
        for number in range(len(form.labels)):
            if number != form.real and number not in found.cells:
                found.cells[number] = self.unused(found.used)
        for node in sorted(_products(form)):
            found.products[node] = self.unused(found.used)

    def fit(
        self, found: Shared, slot: Slot, message: Message, values: Sequence[Linear]
    ) -> _Fit | None:
        """How a message goes into a slot; None if it does not."""
        fit = _Fit()
        for word, node, value in zip(slot.words, message.values, values, strict=True):
            if isinstance(word, dict):
                if self.moved(found, value) != word:
                    return None
                continue
            cell = _cell(value)
            at = None if cell is None else found.cells.get(cell, fit.cells.get(cell))
            if at == word or self.copied(found, fit, word) == value:
                continue
            if word in self.occupied(found, fit):
                return None
            if cell is not None and at is None:
                fit.cells[cell] = word
            else:
                fit.copies[word] = node
        return fit

    def copied(self, found: Shared, fit: _Fit, column: int) -> Linear | None:
        """What a column holds a copy of; None if it holds none."""
        node = fit.copies.get(column)
        if node is None and column in found.copies:
            node = found.copies[column][0]
        return None if node is None else found.form.linear(node)

    def slot(
        self, found: Shared, message: Message, values: Sequence[Linear], fit: _Fit, facts: bool
    ) -> Slot:
        """A new slot, made for the message of a family."""
        words: list[int | Linear] = []
        for node, value in zip(message.values, values, strict=True):
            moved = self.moved(found, value)
            cell = _cell(value)
            if cell is not None:
                at = found.cells.get(cell, fit.cells.get(cell))
                if at is None:
                    at = fit.cells[cell] = self.unused(self.occupied(found, fit), facts)
                words.append(at)
            elif moved is not None and moved.keys() - {-1} and moved.keys() <= self.times | {-1}:
                words.append(moved)
            else:
                at = self.unused(self.occupied(found, fit), facts)
                fit.copies[at] = node
                words.append(at)
        return Slot(message.bus, message.sign, words)

    def moved(self, found: Shared, value: Linear) -> Linear | None:
        """A linear expression in the columns of the table; None if a cell has no place yet."""
        if not value.keys() <= found.cells.keys() | {-1}:
            return None
        return {-1 if k == -1 else found.cells[k]: c for k, c in value.items()}

    def occupied(self, found: Shared, fit: _Fit) -> frozenset[int]:
        """Columns that mean something in the rows of a family, with those of a fit."""
        return found.used | {*fit.cells.values(), *fit.copies}

    def unused(self, used: frozenset[int], named: bool = True) -> int:
        """A column that is not among those, perhaps one with a name; a new one if need be."""
        base = range(len(self.base) if named else 0)
        for column in chain(range(len(self.base), self.width), base):
            if column not in used:
                return column
        self.width += 1
        return self.width - 1


def _cell(value: Linear) -> int | None:
    """The column of an expression that is nothing else."""
    if len(value) == 1:
        ((cell, factor),) = value.items()
        if cell != -1 and factor == 1:
            return cell
    return None


def _products(form: Form) -> set[int]:
    """Nodes that are given a column, so that no equation of a family exceeds `DEGREE`."""
    leaves: set[int] = set()
    for _, root in form.constraints:
        while (heavy := _heavy_factor(form, root, leaves)) is not None:
            leaves.add(heavy)
    return leaves


def _heavy_factor(form: Form, root: int, leaves: set[int]) -> int | None:
    """A factor of an equation that has too high a degree with such columns; None if it has not."""
    degrees: dict[int, int] = {}
    for index in subtree(form.nodes.nodes, root, stop=leaves) or ():
        kind, *rest = form.nodes.nodes[index]
        if index in leaves or kind == "column":
            degrees[index] = 1
        elif kind == "constant":
            degrees[index] = 0
        elif kind == "mul":
            degrees[index] = sum(degrees[k] for k in rest)
            if degrees[index] > DEGREE:
                left, right = rest
                return int(left if degrees[left] >= degrees[right] else right)
        else:
            degrees[index] = max(degrees[k] for k in rest)
    return None

