"""Column declarations, and the namespaces that give columns their names.

A declaration is an int (nameless columns), a tuple of names, or a dict from name to shape.
`ColumnLayout` reads it once; a `Namespace` shows a layout as expressions inside `constrain`, a
`View` shows it as the columns of a trace.
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeAlias, TypeGuard, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike

from cstark.errors import (
    AirError,
    TraceError,
    UnknownColumnError,
    as_python_reads,
    did_you_mean,
    quoted,
)
from cstark.limits import MAX_COLUMNS

if TYPE_CHECKING:
    from cstark.air.expression import Expression

__all__ = ["ColumnLayout", "Declaration", "Namespace", "View", "groups_of"]

Declaration: TypeAlias = int | tuple[str, ...] | list[str] | Mapping[str, int | tuple[int, ...]]
"""What `Air.columns` and its like may hold."""

Key: TypeAlias = str | int | np.integer[Any] | slice
"""What finds columns: a name, a number, or a slice of numbers."""

_KINDS = {"columns": "column", "preprocessed": "preprocessed column", "publics": "public value"}


class ColumnLayout:
    """Names and shapes of the columns of one kind.

    Parameters
    ----------
    table : str
        Name of the table, for messages.
    attribute : str
        The attribute of the `Air` that declares them: ``"columns"``, ``"preprocessed"``,
        ``"publics"`` or ``"periodic"``.
    declaration : int, tuple of str, or dict of str to shape
        What the attribute holds; None declares nothing.

    Attributes
    ----------
    entries : dict of str to (int, tuple of int)
        First column and shape of each name; empty for nameless columns.
    labels : tuple of str
        A label for each column: ``name``, ``name[1,2]`` for a member of a group, ``[3]`` for a
        nameless one.

    Raises
    ------
    AirError
        For a declaration that cannot be read.
    """

    __slots__ = ("attribute", "entries", "labels", "table")

    def __init__(self, table: str, attribute: str, declaration: Declaration | None) -> None:
        self.table = table
        self.attribute = attribute
        self.entries: dict[str, tuple[int, tuple[int, ...]]] = {}
        if _is_int(declaration):
            width = int(declaration)
            if width < 0:
                raise self.error(f"is {quoted(width)}; a number of columns cannot be negative")
            self._check_width(width)
            self.labels = tuple(f"[{index}]" for index in range(width))
            return
        labels: list[str] = []
        for name, shape in self._pairs(declaration):
            name, shape = self._checked_name(name), self._shape(name, shape)
            self._check_width(len(labels) + math.prod(shape))
            self.entries[name] = (len(labels), shape)
            if shape:
                labels.extend(
                    f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(*shape)
                )
            else:
                labels.append(name)
        self.labels = tuple(labels)

    def error(self, message: str) -> AirError:
        """An `AirError` about the declaration."""
        return AirError(f"table {self.table!r}: `{self.attribute}` {message}")

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.labels)

    @property
    def kind(self) -> str:
        """What one column is called."""
        return _KINDS.get(self.attribute, "periodic column")

    def find(self, name: str, where: str, elsewhere: str = "") -> tuple[int, tuple[int, ...]]:
        """First column and shape of a name.

        Raises
        ------
        UnknownColumnError
            If there is no such name; the message offers the nearest one.
        """
        found = self.entries.get(as_python_reads(name))
        if found is None:
            raise UnknownColumnError(self._unknown(name, where, elsewhere))
        return found

    def number(self, index: object) -> int:
        """A column number in range from an index, which may be negative.

        Raises
        ------
        UnknownColumnError
            If the index is out of range or no integer.
        """
        if not _is_int(index):
            raise UnknownColumnError(
                f"table {self.table!r}: a {self.kind} is found by its name or its number, "
                f"not by {quoted(index)}"
            )
        number = int(index)
        if not -self.width <= number < self.width:
            known = f"it declares no `{self.attribute}`"
            if self.width:
                known = f"there are {self.width}, with the numbers 0 to {self.width - 1}"
            raise UnknownColumnError(
                f"table {self.table!r} has no {self.kind} {quoted(number)}: {known}"
            )
        return number % self.width

    def _unknown(self, name: str, where: str, elsewhere: str) -> str:
        text = f"table {self.table!r} has no {self.kind} {quoted(name)}"
        if near := did_you_mean(name, self.entries):
            return text + near
        if elsewhere:
            return f"{text}; did you mean {elsewhere}?"
        if not self.labels:
            return f"{text}: it declares no `{self.attribute}`"
        if not self.entries:
            return f"{text}: they have numbers, {where}[0] to {where}[{self.width - 1}]"
        known = ", ".join(list(self.entries)[:8]) + (", ..." if len(self.entries) > 8 else "")
        return f"{text}: there are {known}"

    def _pairs(self, declaration: object) -> list[tuple[object, object]]:
        if declaration is None:
            return []
        if isinstance(declaration, Mapping):
            return list(declaration.items())
        if isinstance(declaration, str):
            names = tuple(declaration.replace(",", " ").split())
            raise self.error(f"is the string {quoted(declaration)}; write {quoted(names)}")
        if isinstance(declaration, (tuple, list)):
            return [(name, ()) for name in declaration]
        raise self.error(
            f"is {quoted(declaration)}; it must be an int, a tuple of names, or a dict name -> "
            "shape"
        )

    def _checked_name(self, given: object) -> str:
        if not isinstance(given, str):
            raise self.error(f"holds {quoted(given)}, which is no name (a string)")
        name = as_python_reads(given)
        shown = quoted(given) if name == given else f"{quoted(given)} (read as {quoted(name)})"
        if not name.isidentifier() or keyword.iskeyword(name):
            raise self.error(f"holds the name {shown}, which is not a Python identifier")
        if name.startswith("__") or name in _RESERVED:
            raise self.error(f"holds the name {shown}, which is reserved; choose another")
        if name in self.entries:
            raise self.error(f"holds the name {shown} twice")
        return name

    def _shape(self, name: object, shape: object) -> tuple[int, ...]:
        if _is_int(shape):
            shape = (shape,)
        if not isinstance(shape, (tuple, list)) or not all(_is_int(n) and n > 0 for n in shape):
            raise self.error(
                f"gives {quoted(name)} the shape {quoted(shape)}; write () for one column or a "
                "tuple of positive integers for a group"
            )
        return tuple(int(n) for n in shape)

    def _check_width(self, width: int) -> None:
        if width > MAX_COLUMNS:
            raise self.error(f"declares {quoted(width)} columns, more than {MAX_COLUMNS}")


def groups_of(labels: Iterable[str]) -> dict[str, tuple[int, tuple[int, ...]]]:
    """First column and shape of each name: `ColumnLayout.entries` again from its labels.

    Examples
    --------
    >>> groups_of(["x", "y[0,0]", "y[0,1]"])
    {'x': (0, ()), 'y': (1, (1, 2))}
    """
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    for number, label in enumerate(labels):
        name, _, index = label.rstrip("]").partition("[")
        shape = tuple(int(place) + 1 for place in index.split(",")) if index else ()
        found[name] = (found[name][0] if name in found else number, shape)  # the last is largest
    return found


Item = TypeVar("Item")


class _Named(Generic[Item]):
    """Access by name, number, slice and iteration, shared by namespaces and views.

    Every method has a leading underscore, so that columns can take any ordinary name.
    """

    __slots__ = ("_cache", "_layout", "_prefix")
    _cache: dict[str | int, Any]
    _layout: ColumnLayout
    _prefix: str

    def __init__(self, layout: ColumnLayout, prefix: str) -> None:
        object.__setattr__(self, "_layout", layout)
        object.__setattr__(self, "_prefix", prefix)
        object.__setattr__(self, "_cache", {})

    def _column(self, index: int) -> Item:
        raise NotImplementedError

    def _group(self, start: int, shape: tuple[int, ...]) -> np.ndarray:
        raise NotImplementedError

    def _elsewhere(self, name: str) -> str:
        return ""

    def __getattr__(self, name: str) -> Any:  # an item or, for a group, an array of them
        # probes of copy, pickle and NumPy, and our own slots before they are set
        if name.startswith("__") or name in _Named.__slots__:
            raise AttributeError(name)
        return self._named(name)

    def _named(self, name: str) -> Any:
        found = self._cache.get(name)
        if found is None:
            entry = self._layout.entries.get(name)
            if entry is None:
                entry = self._layout.find(name, self._prefix, self._elsewhere(name))
            start, shape = entry
            found = self._group(start, shape) if shape else self._column(start)
            self._cache[name] = found
        return found

    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def __getitem__(self, key: int | np.integer[Any]) -> Item: ...
    @overload
    def __getitem__(self, key: slice) -> np.ndarray: ...
    def __getitem__(self, key: Key) -> Any:
        if isinstance(key, str):
            return self._named(key)
        if isinstance(key, slice):
            return self._slice(range(self._layout.width)[key])
        return self._column(self._layout.number(key))

    def _slice(self, indices: range) -> np.ndarray:
        raise NotImplementedError

    def __len__(self) -> int:
        return self._layout.width

    def __iter__(self) -> Iterator[Item]:
        return (self._column(index) for index in range(self._layout.width))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and as_python_reads(name) in self._layout.entries

    def __dir__(self) -> list[str]:
        return list(self._layout.entries)

    def __repr__(self) -> str:
        return f"<{self._prefix} of table {self._layout.table!r}: {_summary(self._layout)}>"


class Namespace(_Named["Expression"]):
    """The columns of one kind as expressions: ``x.name``, ``x["name"]``, ``x[3]``.

    Groups are read-only object arrays of expressions.  Slices, iteration and `len` go over
    single columns.
    """

    __slots__ = ("_hint", "_make")
    _hint: Callable[[str], str]
    _make: Callable[[int], Expression]

    def __init__(
        self,
        layout: ColumnLayout,
        prefix: str,
        make: Callable[[int], Expression],
        hint: Callable[[str], str] = lambda name: "",
    ) -> None:
        super().__init__(layout, prefix)
        object.__setattr__(self, "_make", make)
        object.__setattr__(self, "_hint", hint)

    def _column(self, index: int) -> Expression:
        found: Expression | None = self._cache.get(index)
        if found is None:
            found = self._cache[index] = self._make(index)
        return found

    def _group(self, start: int, shape: tuple[int, ...]) -> np.ndarray:
        return self._slice(range(start, start + math.prod(shape))).reshape(shape)

    def _slice(self, indices: range) -> np.ndarray:
        array = np.empty(len(indices), dtype=object)
        for place, index in enumerate(indices):
            array[place] = self._column(index)
        array.flags.writeable = False
        return array

    def _elsewhere(self, name: str) -> str:
        return self._hint(name)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AirError(
            f"table {self._layout.table!r}: {self._prefix}.{name} cannot be assigned: constraints "
            f"are equations, such as t.every_row.equal({self._prefix}.{name}, ...)"
        )

    def __setitem__(self, key: Key, value: object) -> NoReturn:
        raise AirError(
            f"table {self._layout.table!r}: {self._prefix}[{key!r}] cannot be assigned: "
            f"constraints are equations, such as t.every_row.equal({self._prefix}[{key!r}], ...)"
        )


class View(_Named[np.ndarray]):
    """The columns of a trace by name, without copying.

    ``view.name`` is an array ``(rows,)``, of a group ``(rows, *shape)``, like a field of a
    structured array; ``view[3]`` is column 3, iteration goes over single columns.  Assignment
    (``view.name = values``) writes into the trace, and refuses what would lose something: floats,
    and negative values where the trace has no signs.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Pair(cs.Air):
    ...     columns = ("x", "y")
    >>> view = Pair().view(np.arange(16, dtype=np.uint64).reshape(8, 2))
    >>> view.y = 2 * view.x
    >>> view[1].tolist()
    [0, 4, 8, 12, 16, 20, 24, 28]
    """

    __slots__ = ("_trace",)
    _trace: np.ndarray

    def __init__(self, layout: ColumnLayout, trace: np.ndarray) -> None:
        super().__init__(layout, "view")
        if not isinstance(trace, np.ndarray):
            raise TraceError(
                f"table {layout.table!r}: the trace is {type(trace).__name__}, not a NumPy array",
                table=layout.table,
            )
        if trace.ndim == layout.width == 1:
            trace = trace[:, None]
        if trace.ndim != 2 or trace.shape[1] != layout.width:
            raise TraceError(
                f"table {layout.table!r}: the trace has shape {trace.shape}; "
                f"its {layout.width} columns need (rows, {layout.width})",
                table=layout.table,
            )
        object.__setattr__(self, "_trace", trace)

    def _column(self, index: int) -> np.ndarray:
        column: np.ndarray = self._trace[:, index]
        return column

    def _group(self, start: int, shape: tuple[int, ...]) -> np.ndarray:
        # splitting the last axis never copies, whatever the strides
        columns = self._trace[:, start : start + math.prod(shape)]
        return columns.reshape(len(self._trace), *shape)

    def _slice(self, indices: range) -> np.ndarray:
        if not indices:
            return self._trace[:, :0]
        stop = indices[-1] + (1 if indices.step > 0 else -1)
        return self._trace[:, slice(indices.start, stop if stop >= 0 else None, indices.step)]

    def __setattr__(self, name: str, value: ArrayLike) -> None:
        self._assign(self._named(name), name, value)

    def __setitem__(self, key: Key, value: ArrayLike) -> None:
        self._assign(self[key], key, value)

    def _assign(self, target: np.ndarray, key: object, value: ArrayLike) -> None:
        """Write into the trace what NumPy can write without losing any of it."""
        values = value
        if target.dtype.kind in "iu":
            values = self._integers(value, key, target.dtype)
        try:
            target[...] = values
        except (ValueError, OverflowError, TypeError) as error:
            raise self._refusal(key, str(error)) from None

    def _integers(self, value: ArrayLike, key: object, dtype: np.dtype[Any]) -> np.ndarray:
        """`value` as an array of integers that fit."""
        if hasattr(value, "mask") and np.any(value.mask):
            raise self._refusal(key, "has masked cells, which have no value")
        array = np.asarray(value)
        if array.dtype.kind == "f" and isinstance(value, (list, tuple)):
            array = np.array(value, dtype=object)  # integers of both signs make floats, too
        if array.dtype.kind == "O":
            for item in array.reshape(-1).tolist():
                if not _is_integer(item):
                    raise self._refusal(key, f"{quoted(item)} is no integer, as elements are")
        elif array.dtype.kind not in "iub":
            raise self._refusal(key, f"dtype {array.dtype} holds no integers, as elements are")
        if array.size and not np.can_cast(array.dtype, dtype):
            limits, low, high = np.iinfo(dtype), array.min(), array.max()
            if low < 0 and limits.min == 0:
                what = "negative values wrap around at 2**64, not at p; write values % cs.P"
                raise self._refusal(key, what)
            if low < limits.min or high > limits.max:
                beyond = int(high if high > limits.max else low)
                raise self._refusal(key, f"{quoted(beyond)} does not fit dtype {dtype}")
        return array

    def _refusal(self, key: object, what: str) -> TraceError:
        column = key if isinstance(key, str) else None
        return TraceError(
            f"table {self._layout.table!r}: column {quoted(key)} cannot be assigned: {what}",
            table=self._layout.table,
            column=column,
        )


# Names that instances have already; what classes alone have, such as mro, stays free.
_RESERVED = frozenset(dir(Namespace)) | frozenset(dir(View))


def _is_integer(value: object) -> bool:
    return isinstance(value, (int, np.integer, np.bool_))


def _is_int(value: object) -> TypeGuard[int | np.integer[Any]]:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _summary(layout: ColumnLayout) -> str:
    if layout.entries:
        return ", ".join(
            f"{name}{list(shape)}" if shape else name for name, (_, shape) in layout.entries.items()
        )
    return f"{layout.width} columns"
