"""Operations on named values, the form between a table's expressions and slots.

A `Builder` records operations in the order in which they are to run. Each makes one new value,
or none; values never change. Columns are values that no operation makes: the scheduler loads
them where they are used, and again if they were dropped in between.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal, NamedTuple, TypeVar

from cstark.kernels._program import FIRST_FLAG, TERM_LIMIT
from cstark.program.scalars import Scalars

__all__ = [
    "CLASSES",
    "SOURCES",
    "Builder",
    "Column",
    "ConstantRecipe",
    "Operation",
    "Ref",
    "WeightRecipe",
]

ConstantRecipe = (
    tuple[Literal["zero"]]
    | tuple[Literal["mean"]]
    | tuple[Literal["fingerprint"], str, tuple[tuple[int, int], ...]]
    | tuple[Literal["offset"], int, tuple[tuple[int, int], ...]]
    | tuple[Literal["ratio"], int, int, int]
)
"""How an extension constant is made; listed in `cstark.program.encode`, as the next one."""

WeightRecipe = tuple[Literal["alpha"], int, int] | tuple[Literal["beta"], int, int, int, int]

Item = TypeVar("Item", bound=Hashable)

SOURCES = {"main": 0, "preprocessed": 1, "lookup": 2}
"""The kernels' number of each matrix."""

CLASSES = {"every": 0, "cyclic": 0, "transition": 1, "first": 2, "last": 3}
"""Class of each selector: classes are summed apart, since each is divided by its own zeros."""

GROUP = 8
"""Terms of one accumulation: their values stay alive until it runs."""


class Ref(NamedTuple):
    """A word of a value at a row: `part` 0..2 of an extension value, at this or the next row."""

    value: int
    next: int = 0
    part: int = 0


class Column(NamedTuple):
    """Where a value is loaded from: words first .. first + width - 1 of a row of the source."""

    source: str
    first: int


class Operation(NamedTuple):
    """``name`` of `cstark.kernels._program.OPERATIONS`, what it reads, and its fixed numbers."""

    name: str
    result: int
    inputs: tuple[Ref, ...]
    numbers: tuple[int, ...] = ()


class Builder:
    """Records operations; see the module."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.widths: list[int] = []
        self.columns: list[Column | None] = []
        self.canonical: list[bool] = []
        self.scalars = Scalars()
        self.constants: list[int] = []
        self.base_weights: list[int] = []
        self.ext_constants: list[ConstantRecipe] = []
        self.weights: list[WeightRecipe] = []
        self._entries: dict[tuple[int, Hashable], int] = {}
        self._columns: dict[tuple[Column, int], int] = {}
        self._pending: dict[int, list[tuple[Ref, int]]] = {}
        self._since_flush: dict[int, int] = {}
        self._flushed: set[int] = set()
        self._offsets: dict[int, list[tuple[int, int]]] = {}

    # ---- values ----

    def column(self, source: str, index: int, next_row: int = 0, width: int = 1) -> Ref:
        """A column (width 1) or three adjacent ones (width 3, an extension value)."""
        key = (Column(source, index), width)
        value = self._columns.get(key)
        if value is None:
            value = self._columns[key] = self._new(width, key[0])
        return Ref(value, next_row)

    def emit(self, name: str, inputs: tuple[Ref, ...], numbers: tuple[int, ...] = ()) -> Ref:
        """Record an operation that makes a value."""
        width = 3 if name.startswith("ext_") or name in ("fingerprint", "residual") else 1
        value = self._new(width, None, canonical=name == "set")
        self.operations.append(Operation(name, value, inputs, numbers))
        return Ref(value)

    def effect(self, name: str, inputs: tuple[Ref, ...], numbers: tuple[int, ...] = ()) -> None:
        """Record an operation that makes no value."""
        self.operations.append(Operation(name, -1, inputs, numbers))

    def _new(self, width: int, column: Column | None, *, canonical: bool = True) -> int:
        self.widths.append(width)
        self.columns.append(column)
        self.canonical.append(canonical)
        return len(self.widths) - 1

    # ---- constants ----

    def constant(self, scalar: int) -> int:
        """Index of a base-field constant."""
        return self._entry(self.constants, scalar)

    def base_weight(self, scalar: int) -> int:
        """Index of a base-field weight."""
        return self._entry(self.base_weights, scalar)

    def ext_constant(self, recipe: ConstantRecipe) -> int:
        """Index of an extension constant; recipes are listed in `cstark.program.encode`."""
        return self._entry(self.ext_constants, recipe)

    def weight(self, recipe: WeightRecipe) -> int:
        """Index of an extension weight, likewise."""
        return self._entry(self.weights, recipe)

    def _entry(self, table: list[Item], item: Item) -> int:
        index = self._entries.setdefault((id(table), item), len(table))
        if index == len(table):
            table.append(item)
        return index

    # ---- the sums of constraints ----

    def accumulate(self, kind: int, ref: Ref, constraint: int, scalar: int) -> None:
        """Add beta^constraint * scalar * (the value at `ref`) to the sum of class `kind`.

        The part of `ref` is the power of w that multiplies it.
        """
        weight = self.weight(("beta", constraint, kind, ref.part, scalar))
        pending = self._pending.setdefault(kind, [])
        pending.append((ref, weight))
        if len(pending) == GROUP:
            self._accumulate_pending(kind)

    def add_offset(self, kind: int, constraint: int, scalar: int) -> None:
        """Add beta^constraint * scalar to the sum of class `kind`."""
        if self.scalars.literal(scalar) != 0:
            self._offsets.setdefault(kind, []).append((constraint, scalar))

    def scale_total(self, kind: int, source: int, power: int) -> None:
        """Start the total of class `kind` with beta^power times what class `source` has so far.

        Each with its class's factor. To be called before anything is added to `kind`.
        """
        self._accumulate_pending(source)
        self._flush(source, None)
        recipe = self.ext_constant(("ratio", power, kind, source))
        self.effect("scale_total", (), (kind, source, recipe))
        self._flushed.add(kind)

    def finish_sums(self) -> None:
        """Emit what is pending; leaves the totals of all classes that have terms."""
        for kind in sorted({*self._pending, *self._offsets}):
            if self._pending.get(kind) or kind not in self._since_flush:
                self._accumulate_pending(kind)
            offsets = self._offsets.get(kind)
            self._flush(kind, ("offset", kind, tuple(offsets)) if offsets else None)

    def _accumulate_pending(self, kind: int) -> None:
        terms = self._pending.get(kind, [])
        self._pending[kind] = []
        if self._since_flush.get(kind, 0) + len(terms) > TERM_LIMIT:
            self._flush(kind, None)
        first = 0 if kind in self._since_flush else FIRST_FLAG
        self._since_flush[kind] = self._since_flush.get(kind, 0) + len(terms)
        self.effect(
            "accumulate",
            tuple(ref for ref, _ in terms),
            (kind | first, *(weight for _, weight in terms)),
        )

    def _flush(self, kind: int, recipe: ConstantRecipe | None) -> None:
        first = 0 if kind in self._flushed else FIRST_FLAG
        self._flushed.add(kind)
        self._since_flush.pop(kind, None)
        constant = (0, 0) if recipe is None else (1, self.ext_constant(recipe))
        self.effect("flush", (), (kind | first, *constant))
