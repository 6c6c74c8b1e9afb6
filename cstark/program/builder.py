"""Operations on named values, the form between a table's expressions and slots.

A `Builder` records operations (`cstark.program._operations`) in the order in which they are to run,
with the constants and weights that they name.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal, NamedTuple, TypeVar

from cstark.kernels._program import FIRST_FLAG, OPERATIONS, TERM_LIMIT
from cstark.program._operations import PERIODIC, Operations
from cstark.program.scalars import Scalars

__all__ = [
    "CLASSES",
    "MATRICES",
    "SOURCES",
    "Builder",
    "ConstantRecipe",
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

WeightRecipe = (
    tuple[Literal["alpha"], int, int]
    | tuple[Literal["unit"], int, int]
    | tuple[Literal["beta"], int, int, int, int]
)

Item = TypeVar("Item", bound=Hashable)

MATRICES = {"main": 0, "preprocessed": 1, "lookup": 2}
"""The kernels' number of each matrix."""

SOURCES = {**MATRICES, "periodic": PERIODIC}
"""Number of everything that columns are loaded from."""

CLASSES = {"every": 0, "cyclic": 0, "transition": 1, "first": 2, "last": 3}
"""Class of each selector: classes are summed apart, since each is divided by its own zeros."""

_EXTENSION = ("fingerprint", "residual", "numerator")  # they make extension values, too

GROUP = 8
"""Terms of one accumulation: their values stay alive until it runs."""


class Ref(NamedTuple):
    """A word of a value at a row: `part` 0..2 of an extension value, at this or the next row."""

    value: int
    next: int = 0
    part: int = 0


class Builder:
    """Records operations; see the module."""

    def __init__(self) -> None:
        self.operations = Operations()
        self.scalars = Scalars()
        self.constants: list[int] = []
        self.base_weights: list[int] = []
        self.ext_constants: list[ConstantRecipe] = []
        self.weights: list[WeightRecipe] = []
        self._entries: dict[tuple[int, Hashable], int] = {}
        self._columns: dict[tuple[int, int, int], int] = {}
        self._pending: dict[int, list[tuple[Ref, int]]] = {}
        self._since_flush: dict[int, int] = {}
        self._flushed: set[int] = set()
        self._offsets: dict[int, list[tuple[int, int]]] = {}

    # ---- values ----

    def column(self, source: str, index: int, next_row: int = 0, width: int = 1) -> Ref:
        """A column (width 1) or three adjacent ones (width 3, an extension value)."""
        return Ref(self.column_value(SOURCES[source], index, width), next_row)

    def column_value(self, source: int, index: int, width: int = 1) -> int:
        """Number of the value of a column, whose source is given by its number."""
        key = (source, index, width)
        value = self._columns.get(key)
        if value is None:
            value = self._columns[key] = self.operations.new_column(source, index, width)
        return value

    def emit(self, name: str, inputs: tuple[Ref, ...], numbers: tuple[int, ...] = ()) -> Ref:
        """Record an operation that makes a value."""
        width = 3 if name.startswith("ext_") or name in _EXTENSION else 1
        return Ref(self.operations.record(OPERATIONS[name], width, inputs, numbers))

    def effect(self, name: str, inputs: tuple[Ref, ...], numbers: tuple[int, ...] = ()) -> None:
        """Record an operation that makes no value."""
        self.operations.record(OPERATIONS[name], 0, inputs, numbers)

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
