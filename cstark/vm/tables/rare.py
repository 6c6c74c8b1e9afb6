"""`Rare`: one table for the few rows of many families.

Most programs hold operations that a run executes a few times. Each family of them would need a
table, and of each table some of the rows are opened, however short it is: with zero-knowledge as
many as of the tallest. Their rows can lie here instead, side by side, in the same columns; and so
can those that are left of other families, whose tables have powers of two of rows and are full.

What a row says
---------------
Of the selectors, a column for each family, one at most is 1, on every row. A row with the selector
of a family says what a row with ``real`` = 1 says in the family's own table, no more and no less:

* Each equation of the family, with 1 for ``real`` and the family's cells where
  `cstark.vm.tables.sharing` put them, holds times its selector. An equation of degree 3 has its
  factors of degree 2 in cells of their own, which equations with the selector hold to them.
* Each message of the family stands in a slot. The count of a slot is the sum, over the families
  that have a message in it, of the selector times the count of that message. The words of a slot
  are columns, which are the very cells that the message sends or are held to its values by
  equations with the selector; or expressions that are the message's own. So the slot sends what
  the family's message does, as often. In slots that the family does not use the count is 0.
* Conversely a real row of the family fills such a row: cells, copies and products, each in a column
  where the family has nothing else.

A row without a selector sends nothing, as a row with ``real`` = 0 does.

A machine may have several such tables, of other families each, as a row is the shorter the fewer
families it serves: `Rare.of` is for all of them, `Rare.narrow` for those with short rows.

No equation of a family reads another row, and nothing in the argument of the machine asks in which
table a row stands: buses see the multiset of all messages, and one token of the state leaves one
real row at each time. So the rows of any family may stand here or in tables of their own, in any
order and number, part of them here and part there, and in any shard. What is proved of a family,
such as that its counts are bits and that the halves it writes are below 2^32, is proved of its rows
here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

import cstark as cs
from cstark.air.nodes import subtree
from cstark.arrays import goldilocks as gl
from cstark.errors import TraceError
from cstark.vm.tables.family import Family
from cstark.vm.tables.forms import Linear, form_of
from cstark.vm.tables.sharing import Shared, Sharing, share

__all__ = ["APART", "NARROW", "RARE", "Rare"]

Words = NDArray[np.uint64]

RARE = ("rare_narrow", "rare")
"""What these tables are called in a machine, in its order."""

APART = frozenset({"mis_load", "mis_store"})
"""Families that are left out by `Rare.of`: they are in the machine of every program that loads or
stores, hardly any run executes one of their rows, and with their bytes and lookups a row of the
table would have a quarter more cells."""

NARROW = 0.7
"""Cells of a row in the table of `Rare.narrow`, at most, over those in the table of `Rare.of`."""


class Rare(cs.Air):
    """Rows of any of some families; see the module.

    Parameters
    ----------
    families : mapping of str to Family
        Name of the table of each family, and the family.

    Attributes
    ----------
    families : dict of str to Family
    sharing : Sharing
        Which columns they have.

    Examples
    --------
    >>> from cstark.vm.tables import FAMILIES
    >>> rare = Rare({name: FAMILIES[name]() for name in ("li", "mv", "addi")})
    >>> rare.columns["is_li"], rare.columns["a"], rare.width
    ((), (2,), 24)
    """

    stands = "any"

    def __init__(self, families: Mapping[str, Family]) -> None:
        self.families = dict(families)
        self.sharing: Sharing = share([form_of(name, air) for name, air in families.items()])
        columns: dict[str, tuple[int, ...]] = {f"is_{name}": () for name in families}
        for label in self.sharing.base:
            name, group, _ = label.partition("[")
            columns[name] = (2,) if group else ()
        if self.sharing.further:
            columns["x"] = (self.sharing.further,)
        self.columns = columns
        self.marks = (*(f"is_{name}" for name in families), "pc")

    @classmethod
    def of(cls, families: Mapping[str, Family]) -> Rare:
        """The table for the families of a machine, without those that stand apart."""
        return cls({name: air for name, air in families.items() if name not in APART})

    @classmethod
    def narrow(cls, families: Mapping[str, Family]) -> Rare | None:
        """The table for as many families as there are with short rows.

        Those whose own rows have the fewest cells, as many as fit into a row of `NARROW` times as
        many cells as one of `of`.

        Returns
        -------
        Rare or None
            None where that is one family at most.

        Examples
        --------
        >>> from cstark.vm.tables import FAMILIES
        >>> made = {name: FAMILIES[name]() for name in ("li", "mv", "add", "sub", "xor")}
        >>> narrow = Rare.narrow(made)
        >>> list(narrow.families), narrow.cells, Rare.of(made).cells
        (['li', 'mv', 'add', 'sub'], 52, 93)
        """
        whole = cls.of(families)
        forms = {name: form_of(name, air) for name, air in whole.families.items()}
        order = sorted(forms, key=lambda name: forms[name].cells)
        least, most = 1, len(order)  # of so many families it is narrow, of so many it is not
        while most - least > 1:
            count = (least + most) // 2
            found = cls._some(families, order[:count])
            least, most = (count, most) if found.cells <= NARROW * whole.cells else (least, count)
        return cls._some(families, order[:least]) if least > 1 else None

    @classmethod
    def _some(cls, families: Mapping[str, Family], names: Collection[str]) -> Rare:
        return cls({name: air for name, air in families.items() if name in names})

    @property
    def cells(self) -> int:
        """Committed cells of a row: columns, and three for every two messages."""
        return self.width + 3 * -(-len(self.sharing.slots) // 2)

    @property
    def first(self) -> int:
        """The number of selectors: the place of the first shared column."""
        return len(self.families)

    # ---- what it states -----------------------------------------------------------------------

    def constrain(self, t: cs.Table) -> None:
        """The selectors, the equations of each family, and the slots."""
        n: Any = t.now
        every = t.every_row
        selectors = {name: n[f"is_{name}"] for name in self.families}
        for name, selector in selectors.items():
            every.boolean(selector, name=f"is_{name} is a bit")
        every.boolean(sum(selectors.values()), name="one family at most")
        values = {
            name: self._family(t, name, shared, selectors[name])
            for name, shared in self.sharing.families.items()
        }
        for number, slot in enumerate(self.sharing.slots):
            words = [self._word(n, word) for word in slot.words]
            count: Any = 0
            for name, message in slot.members.items():
                count = count + selectors[name] * values[name][message.count]
            state = t.send if slot.sign > 0 else t.receive
            state(slot.bus, words, count=count, weight=1, name=f"{slot.name} (slot {number})")

    def _family(self, t: cs.Table, name: str, shared: Shared, selector: Any) -> list[Any]:
        """State the equations of a family; give its nodes as expressions."""
        n: Any = t.now
        zero = t.every_row.zero
        values, written_out = _expressions(shared, lambda column: n[self.first + column])
        for number, (node, column) in enumerate(shared.products.items()):
            zero(selector * (n[self.first + column] - written_out[node]),
                 name=f"{name}: product {number}")  # fmt: skip
        for number, (column, (node, what)) in enumerate(shared.copies.items()):
            zero(selector * (n[self.first + column] - values[node]),
                 name=f"{name}: {what}, copy {number}")  # fmt: skip
        for what, node in shared.form.constraints:
            zero(selector * values[node], name=f"{name}: {what}")
        return values

    def _word(self, n: Any, word: int | Linear) -> Any:
        if isinstance(word, int):
            return n[self.first + word]
        found: Any = word.get(-1, 0)
        for column, factor in word.items():
            if column != -1:
                found = found + factor * n[self.first + column]
        return found

    # ---- its rows -----------------------------------------------------------------------------

    def lay(self, rows: Mapping[str, Words], out: Words, name: str = "rare") -> None:
        """Fill the table with real rows of families.

        Parameters
        ----------
        rows : mapping of str to ndarray of uint64, shape (rows, columns of the family)
            Rows with ``real`` = 1.
        out : ndarray of uint64, shape (height, width)
            Zeros; filled from the first row on, family after family, in the order of the table.
        name : str
            What the table is called.

        Raises
        ------
        TraceError
            There are more rows than the table has.
        """
        wanted = sum(len(found) for found in rows.values())
        if wanted > len(out):
            raise TraceError(f"table {name}: {wanted} rows do not fit into {len(out)}", table=name)
        at = 0
        for number, family in enumerate(self.families):
            found = rows.get(family)
            if found is None or not len(found):
                continue
            block = out[at : at + len(found)]
            block[:, number] = 1
            self._lay_family(self.sharing.families[family], found, block)
            at += len(found)

    def _lay_family(self, shared: Shared, rows: Words, block: Words) -> None:
        for cell, column in shared.cells.items():
            block[:, self.first + column] = rows[:, cell]
        known: dict[int, Any] = {}

        def read(column: int) -> Words:
            return np.ascontiguousarray(block[:, self.first + column])

        for node, column in shared.products.items():
            known[node] = _compute(shared, node, read, len(rows), known)
            block[:, self.first + column] = known[node]
        for column, (node, _) in shared.copies.items():
            block[:, self.first + column] = _compute(shared, node, read, len(rows), known)

    def rows_of(self, name: str, cells: Words) -> Words:
        """The real rows of a family that a trace holds, as the family's own table has them.

        Parameters
        ----------
        name : str
            The family.
        cells : ndarray of uint64, shape (height, width)

        Returns
        -------
        ndarray of uint64, shape (rows, columns of the family)
        """
        shared = self.sharing.families[name]
        rows = cells[cells[:, list(self.families).index(name)] == 1]
        found = np.ones((len(rows), len(shared.form.labels)), dtype=np.uint64)
        for cell, column in shared.cells.items():
            found[:, cell] = rows[:, self.first + column]
        return found

    # ---- what is free in them -----------------------------------------------------------------

    @cached_property
    def _labels(self) -> list[str]:
        """The names of the shared columns."""
        return [*self.sharing.base, *(f"x[{k}]" for k in range(self.sharing.further))]

    def free_cells(self, cells: cs.View) -> Iterable[cs.FreeCells]:
        """Rows without a family; columns in which a family has nothing; what it leaves free."""
        trace = np.stack(list(cells), axis=1)
        nobody = trace[:, : self.first].sum(axis=1) == 0
        yield cs.FreeCells(tuple(self._labels), nobody, "no operation: nothing is sent")
        for number, (name, family) in enumerate(self.families.items()):
            mine = trace[:, number] == 1
            if not mine.any():
                continue
            shared = self.sharing.families[name]
            rest = [label for k, label in enumerate(self._labels) if k not in shared.used]
            if rest:
                yield cs.FreeCells(tuple(rest), mine, f"{name} has no cell here")
            for columns, where, reason in family.free(family.view(self.rows_of(name, trace))):
                free = np.zeros(len(trace), dtype=bool)
                free[mine] = where
                yield cs.FreeCells(self._moved(shared, columns), free, f"{name}: {reason}")

    def _moved(self, shared: Shared, columns: Iterable[str]) -> tuple[str, ...]:
        """Columns of a family, or groups of them, by the names that they have here."""
        return tuple(
            self._labels[shared.cells[number]]
            for column in columns
            for number, label in enumerate(shared.form.labels)
            if column in (label, label.partition("[")[0])
        )


def _expressions(shared: Shared, read: Callable[[int], Any]) -> tuple[list[Any], dict[int, Any]]:
    """All nodes of a family as expressions of the table, and those that columns hold written out.

    A node that a column holds is that column, in the nodes above it as well.
    """
    values: list[Any] = []
    written_out: dict[int, Any] = {}
    for index, (kind, *rest) in enumerate(shared.form.nodes.nodes):
        if kind == "constant":
            values.append(rest[0])
        elif kind == "column":
            values.append(read(shared.cells[rest[1]]))
        else:
            left, right = (values[k] for k in rest)
            values.append(
                left + right if kind == "add" else left - right if kind == "sub" else left * right
            )
        if index in shared.products:
            written_out[index] = values[index]
            values[index] = read(shared.products[index])
    return values, written_out


def _compute(
    shared: Shared, root: int, read: Callable[[int], Words], rows: int, known: dict[int, Words]
) -> Words:
    """The values of a node of a family in some rows, which hold its cells."""
    operations = {"add": gl.add, "sub": gl.sub, "mul": gl.mul}
    values: dict[int, Words] = {}
    for index in subtree(shared.form.nodes.nodes, root, stop=known) or ():
        kind, *rest = shared.form.nodes.nodes[index]
        if index in known:
            values[index] = known[index]
        elif kind == "constant":
            values[index] = np.full(rows, rest[0], dtype=np.uint64)
        elif kind == "column":
            values[index] = read(shared.cells[rest[1]])
        else:
            values[index] = operations[kind](values[rest[0]], values[rest[1]])
    return values[root]
