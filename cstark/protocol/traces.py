"""Reading the caller's traces: shape, type and values, before any work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from cstark.air.columns import View
from cstark.errors import TraceError, did_you_mean, quoted
from cstark.field import P
from cstark.kernels import _field
from cstark.limits import MAX_TABLES, MIN_ROWS

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

    from .key import MachineDescription
    from .options import ResolvedOptions
    from .standing import Heights

__all__ = ["Trace", "Traces", "read_some_traces", "read_standing", "read_traces"]

Trace: TypeAlias = np.ndarray | Callable[[], np.ndarray]
"""The rows of a table, or what gives them when they are needed."""

Traces: TypeAlias = Trace | Sequence[Trace]
"""Those of a table that may stand any number of times are a list or a tuple, tallest first."""


def read_traces(key: MachineDescription, traces: Mapping[str, Traces]) -> list[np.ndarray]:
    """The traces in table order, as C-contiguous uint64 arrays of canonical values.

    An array that is already so is returned as it is, one of int64 as a view.

    Raises
    ------
    TraceError
        Naming the table and what is wrong.
    """
    return read_standing(key, traces)[1]


def read_standing(
    key: MachineDescription, traces: Mapping[str, Traces], without: Collection[str] = ()
) -> tuple[Heights, list[np.ndarray]]:
    """The traces as `read_traces` gives them, after their log heights by table.

    Parameters
    ----------
    key : MachineDescription
    traces : mapping of str to (trace or sequence of traces)
    without : collection of str
        Tables that do not stand there, though they stand once.

    Raises
    ------
    TraceError
        Naming the table and what is wrong.
    """
    wanted = [name for name in key.names if name not in without]
    found = read_some_traces(key, traces, wanted)
    for name in without:
        if name in traces:
            raise TraceError(
                f"table {name!r} stands once, in the last shard: leave its trace out here",
                table=name,
            )
    heights: list[int | tuple[int, ...]] = []
    arrays: list[np.ndarray] = []
    for table in key.tables:
        if table.name in without:
            heights.append(())
            continue
        mine = found[table.name]
        log_heights = tuple(len(array).bit_length() - 1 for array in mine)
        if list(log_heights) != sorted(log_heights, reverse=True):
            raise TraceError(
                f"the traces of table {table.name!r} have "
                f"{', '.join(str(len(array)) for array in mine)} rows: give the tallest first",
                table=table.name,
            )
        heights.append(log_heights if table.stands == "any" else log_heights[0])
        arrays += mine
    if not 1 <= len(arrays) <= MAX_TABLES:
        raise TraceError(f"{len(arrays)} traces are given; a proof has 1 to {MAX_TABLES}")
    return heights, arrays


def read_some_traces(
    key: MachineDescription, traces: Mapping[str, Traces], wanted: Collection[str]
) -> dict[str, list[np.ndarray]]:
    """The traces of some tables, as `read_traces` reads them; the others need not be there."""
    names = key.names
    if not isinstance(traces, Mapping):
        raise TraceError(
            f"traces are {_kind_of(traces)}; they must be a mapping from table names to arrays, "
            f"such as {{{names[0]!r}: trace}}"
        )
    known = set(names)
    for name in traces:
        if name not in known:
            hint = did_you_mean(name, names)
            raise TraceError(
                f"the machine has no table {quoted(name)}, only {', '.join(names)}{hint}"
            )
    # of a table of preprocessed columns alone there is nothing that a trace could say
    absent: dict[str, Traces] = {
        d.name: np.empty((d.rows, 0), np.uint64) for d in key.tables if not d.width and d.rows
    }
    absent |= {d.name: () for d in key.tables if d.stands == "any"}
    traces = {**{name: absent[name] for name in absent if name not in traces}, **traces}
    missing = [name for name in names if name in wanted and name not in traces]
    if missing:
        given = f"; there are traces for {', '.join(map(repr, traces))}" if traces else ""
        raise TraceError(f"no trace for table {missing[0]!r}{given}", table=missing[0])
    return {
        d.name: _read_table(d, key.options, traces[d.name]) for d in key.tables if d.name in wanted
    }


def _read_table(
    description: TableDescription, options: ResolvedOptions, traces: Traces
) -> list[np.ndarray]:
    """All traces of a table."""
    name = description.name
    if description.stands == "any" and isinstance(traces, (list, tuple)):
        for number, trace in enumerate(traces):
            if not hasattr(trace, "__array__") and not callable(trace):
                raise TraceError(
                    f"table {name!r} may stand any number of times, so that its traces are a list "
                    f"of arrays; item {number} is {_kind_of(trace)}",
                    table=name,
                )
        return [_read(description, options, trace) for trace in traces]
    return [_read(description, options, cast("Trace", traces))]


def _read(description: TableDescription, options: ResolvedOptions, trace: Trace) -> np.ndarray:
    reader = _Reader(description)
    array = reader.array(trace)
    if array.ndim == description.width == 1 and array.dtype.names is None:
        array = array.reshape(-1, 1)  # the rows of a single column
    reader.check_shape(array)
    array = reader.words(array)
    reader.check_height(len(array), options)
    array = np.ascontiguousarray(array)
    invalid = _field.first_invalid(array.reshape(-1))
    if invalid >= 0:
        row, column = divmod(invalid, description.width)
        value = int(array[row, column])
        raise reader.refuse_cell(
            row,
            column,
            f"{value}, which is not below p = {P}; NumPy wraps around at 2**64: compute modulo p, "
            "with cs.goldilocks",
        )
    return array


class _Reader:
    """What is wrong with a trace of one table, as advice."""

    def __init__(self, description: TableDescription) -> None:
        self.description = description
        self.columns = description.width
        self.is_array = True  # or nested lists

    def refuse(self, message: str, row: int | None = None, column: str | None = None) -> TraceError:
        name = self.description.name
        where = f"trace of table {name!r}: {message}"
        return TraceError(where, table=name, row=row, column=column)

    def refuse_cell(self, row: int, column: int, what: str) -> TraceError:
        label = self.description.column_names[column]
        return self.refuse(f"row {row}, column {label!r} holds {what}", row=row, column=label)

    def array(self, trace: Trace) -> np.ndarray:
        """The trace as an array of some kind."""
        if callable(trace):
            try:
                trace = trace()
            except Exception as error:
                error.add_note(f"in the callable given as trace of table {self.description.name!r}")
                raise
        if trace is None or isinstance(trace, (str, bytes, Mapping, set, View)):
            if isinstance(trace, Mapping):
                advice = "put the columns side by side with np.stack(columns, axis=1)"
            elif isinstance(trace, View):
                advice = "give the array itself, of which the view shows the columns"
            else:
                advice = "give a uint64 array (rows, columns), or a callable that returns one"
            raise self.refuse(f"is {_kind_of(trace)}, not an array; {advice}")
        self._check_names(trace)
        if _is_masked(trace):
            raise self.refuse("has masked cells, which have no value; fill them first")
        try:
            array = np.asarray(trace)
            if array.dtype.kind == "f" and isinstance(trace, (list, tuple)):
                array = np.array(trace, dtype=object)  # integers of both signs make floats, too
        except ValueError:
            raise self.refuse("is a nested sequence of ragged lengths") from None
        self.is_array = hasattr(trace, "astype")
        return array

    def _check_names(self, frame: object) -> None:
        """Refuse a data frame that has the right columns in another order."""
        names = getattr(frame, "columns", ())
        names = list(names) if hasattr(names, "__iter__") else []
        wanted = list(self.description.column_names)
        if names != wanted and set(map(str, names)) == set(wanted):
            raise self.refuse(
                f"its columns are {_listed(names)}, those of the table are {_listed(wanted)}: "
                "bring them into this order"
            )

    def check_shape(self, array: np.ndarray) -> None:
        if array.dtype.names is not None:
            raise self.refuse(
                f"is a structured array of the fields {_listed(array.dtype.names)}; make it "
                "two-dimensional: np.stack([trace[name] for name in trace.dtype.names], axis=1)"
            )
        if array.ndim != 2:
            dimensions = "1 dimension" if array.ndim == 1 else f"{array.ndim} dimensions"
            raise self.refuse(f"{dimensions}, not 2 (rows, columns)")
        if array.shape[1] != self.columns:
            hint = "; is it transposed? Then give trace.T" if len(array) == self.columns else ""
            names = _listed(self.description.column_names)
            raise self.refuse(
                f"{array.shape[1]} columns, but the table has {self.columns} ({names}){hint}"
            )

    def words(self, array: np.ndarray) -> np.ndarray:
        """The array as uint64; refused by its first impossible value, or its type.

        NumPy's own integers are int64: where none is negative they are the same words, and taken
        in place. Other integers, bools among them, lose nothing in a copy.
        """
        if array.dtype.isnative and array.dtype == np.uint64:
            return array
        if array.dtype.isnative and array.dtype == np.int64:
            self._check_integers(array)
            return array.view(np.uint64)
        if array.dtype.kind == "f":
            raise self.refuse(
                f"dtype {array.dtype} holds floats; field elements are integers: make the array "
                "with dtype=np.uint64 from the start (floats above 2**53 have lost digits)"
            )
        if array.dtype.kind not in "iubO":
            raise self.refuse(f"dtype is {array.dtype}; field elements are integers, np.uint64")
        if array.dtype.kind in "iO":
            self._check_integers(array)
        return array.astype(np.uint64)

    def _check_integers(self, array: np.ndarray) -> None:
        rows = range(len(array))
        if array.dtype.kind == "i":  # only signs can be wrong; objects are looked at one by one
            rows = np.flatnonzero((array < 0).any(axis=1))[:1].tolist()
        for row in rows:
            for column, value in enumerate(array[row].tolist()):
                if not isinstance(value, (int, np.integer)):
                    raise self.refuse_cell(row, column, f"{quoted(value)}, which is not an integer")
                if not 0 <= value < P:
                    whole = "trace.astype(object)"
                    if not self.is_array:
                        whole = "np.array(trace, dtype=object)"
                    raise self.refuse_cell(
                        row,
                        column,
                        f"{quoted(value)}, which is not in 0..p-1; write {quoted(value)} % cs.P "
                        "there, or for the "
                        f"whole array ({whole} % cs.P).astype(np.uint64)",
                    )

    def check_height(self, rows: int, options: ResolvedOptions) -> None:
        fixed = self.description.rows
        if fixed is not None and rows != fixed:
            raise self.refuse(f"{rows} rows, but the table always has {fixed}")
        if rows < MIN_ROWS or rows & (rows - 1):
            enough = max(MIN_ROWS, 1 << (rows - 1).bit_length())
            counted = "1 row" if rows == 1 else f"{rows} rows"
            raise self.refuse(
                f"{counted}; the number of rows is a power of two, at least {MIN_ROWS}: add "
                f"{enough - rows} that keep to the constraints, to make it {enough}"
            )
        if rows > 1 << options.max_log_height:
            raise self.refuse(
                f"{rows} rows, more than 2^{options.max_log_height}, the machine's "
                f"Options(max_log_height={options.max_log_height}); raise it, or split the table"
            )
        names = self.description.periodic_names
        for column, values in zip(names, self.description.periodic, strict=True):
            if len(values) > rows:
                raise self.refuse(
                    f"{rows} rows, fewer than the {len(values)} values of periodic column "
                    f"{column!r}"
                )


def _is_masked(trace: object) -> bool:
    """Whether a trace has masked cells: not without `numpy.ma`, which takes long to load."""
    return "numpy.ma" in sys.modules and np.ma.is_masked(trace)


def _listed(names: Sequence[object]) -> str:
    shown = [str(name) for name in names[:8]]
    return ", ".join(shown) + (", ..." if len(names) > 8 else "")


def _kind_of(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
