"""Reading the caller's traces: shape, type and values, before any work."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cstark.errors import TraceError
from cstark.extension import P
from cstark.kernels import _field

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

    from .options import ResolvedOptions

__all__ = ["Trace", "read_traces"]

MIN_ROWS = 8

Trace: TypeAlias = np.ndarray | Callable[[], np.ndarray]
"""The rows of a table, or what gives them when they are needed."""


def read_traces(
    descriptions: Sequence[TableDescription],
    options: ResolvedOptions,
    traces: Mapping[str, Trace],
) -> list[np.ndarray]:
    """The traces in table order, as C-contiguous uint64 arrays of canonical values.

    An array that is already so is returned as it is.

    Raises
    ------
    TraceError
        Naming the table and what is wrong.
    """
    if not isinstance(traces, Mapping):
        raise TraceError("traces must be a mapping from table names to arrays")
    names = [description.name for description in descriptions]
    for name in traces:
        if name not in names:
            close = difflib.get_close_matches(str(name), names, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise TraceError(f"the machine has no table {name!r}, only {', '.join(names)}{hint}")
    missing = [name for name in names if name not in traces]
    if missing:
        raise TraceError(f"no trace for table {missing[0]!r}", table=missing[0])
    return [_read(d, options, traces[d.name]) for d in descriptions]


def _read(description: TableDescription, options: ResolvedOptions, trace: Trace) -> np.ndarray:
    name = description.name

    def refuse(message: str, row: int | None = None, column: str | None = None) -> TraceError:
        where = f"trace of table {name!r}: {message}"
        return TraceError(where, table=name, row=row, column=column)

    if callable(trace):
        trace = trace()
    array = np.asarray(trace)
    if array.dtype.kind == "f":
        raise refuse(
            f"dtype {array.dtype} holds floats; field elements are integers: "
            "make the array with dtype=np.uint64"
        )
    if array.dtype != np.uint64:
        raise refuse(
            f"dtype is {array.dtype}, not uint64; convert with astype(np.uint64) "
            "(negative values first: k stands for p + k)"
        )
    if array.ndim != 2:
        raise refuse(f"{array.ndim} dimensions, not 2 (rows, columns)")
    rows, columns = array.shape
    if columns != description.width:
        raise refuse(f"{columns} columns, but the table has {description.width}")
    if rows < MIN_ROWS or rows & (rows - 1):
        raise refuse(f"{rows} rows; the number of rows is a power of two, at least {MIN_ROWS}")
    if description.rows is not None and rows != description.rows:
        raise refuse(f"{rows} rows, but the table always has {description.rows}")
    if rows > 1 << options.max_log_height:
        raise refuse(
            f"{rows} rows, more than 2^{options.max_log_height}, the machine's "
            "Options(max_log_height=...)"
        )
    for column, values in zip(description.periodic_names, description.periodic, strict=True):
        if len(values) > rows:
            raise refuse(
                f"{rows} rows, fewer than the {len(values)} values of periodic column {column!r}"
            )
    array = np.ascontiguousarray(array)
    invalid = _field.first_invalid(array.reshape(-1))
    if invalid >= 0:
        row, column = divmod(invalid, columns)
        label = description.column_names[column]
        raise refuse(
            f"row {row}, column {label!r} holds {int(array[row, column])}, which is not below "
            f"p = {P}",
            row=row,
            column=label,
        )
    return array
