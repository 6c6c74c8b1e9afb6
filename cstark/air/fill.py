"""Traces at heights that their owner chooses: `pad_to`, which hides how many rows are in use.

The height of a table is public, also where a proof hides everything else. A table that is filled up
beyond the least height tells an upper bound alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cstark.air.columns import View
from cstark.errors import PaddingError, TraceError, did_you_mean, quoted
from cstark.limits import MIN_ROWS

if TYPE_CHECKING:
    from cstark.air.air import Air
    from cstark.air.description import TableDescription

__all__ = ["PadTo", "Padded", "fill_traces", "filling", "plain_pad_to", "read_pad_to"]

PadTo: TypeAlias = Mapping[str, int | Sequence[int]]
"""Rows by table; of one that may stand any number of times also those of each of its traces."""


def read_pad_to(
    tables: Sequence[TableDescription], pad_to: PadTo | None, max_log_height: int
) -> dict[str, tuple[int, ...]]:
    """The rows of all traces of each table that is to be filled up, tallest first.

    Parameters
    ----------
    tables : sequence of TableDescription
        Of the machine.
    pad_to : mapping of str to (int or sequence of int), optional
    max_log_height : int
        Log2 of the most rows that its options allow.

    Raises
    ------
    PaddingError
        Naming the table, and what is wrong.
    """
    if pad_to is None:
        return {}
    if not isinstance(pad_to, Mapping):
        raise PaddingError(
            f"pad_to is of type {type(pad_to).__name__}; it must be a mapping from table names to "
            f"rows, such as {{{tables[0].name!r}: 1024}}"
        )
    by_name = {table.name: table for table in tables}
    found: dict[str, tuple[int, ...]] = {}
    for name, rows in pad_to.items():
        if name not in by_name:
            hint = did_you_mean(name, list(by_name))
            raise PaddingError(f"pad_to: the machine has no table {quoted(name)}{hint}")
        found[name] = _read_rows(by_name[name], rows, max_log_height)
    return found


def plain_pad_to(pad_to: object) -> dict[str, int | tuple[int, ...]]:
    """The same in integers and tuples, which can be written down, as far as no machine is needed.

    Raises
    ------
    PaddingError
        It is no mapping from names to numbers of rows.
    """
    if not isinstance(pad_to, Mapping):
        raise PaddingError(
            f"pad_to is of type {type(pad_to).__name__}; it must be a mapping from table names to "
            "rows"
        )
    found: dict[str, int | tuple[int, ...]] = {}
    for name, rows in pad_to.items():
        if not isinstance(name, str):
            raise PaddingError(f"pad_to: {quoted(name)} is no name of a table")
        several = isinstance(rows, (list, tuple))
        numbers = [_read_number(name, item) for item in (rows if several else [rows])]
        found[name] = tuple(numbers) if several else numbers[0]
    return found


def _read_number(name: str, rows: Any) -> int:
    if isinstance(rows, bool) or not hasattr(rows, "__index__"):
        raise _refusal(name, f"{quoted(rows)} rows; it must be an int")
    return index(rows)


def _read_rows(table: TableDescription, rows: object, max_log_height: int) -> tuple[int, ...]:
    several = isinstance(rows, (list, tuple))
    given: list[Any] = list(rows) if isinstance(rows, (list, tuple)) else [rows]
    if several and table.stands != "any":
        raise _refusal(table.name, f"{quoted(rows)} rows; it stands once: give one number")
    if table.rows is not None:
        raise _refusal(table.name, f"it always has {table.rows} rows, which hide nothing")
    found = []
    for item in given:
        count = _read_number(table.name, item)
        if count < MIN_ROWS or count & (count - 1):
            near = max(MIN_ROWS, 1 << max(count - 1, 0).bit_length())
            more = f": give {near}" if near >> max_log_height <= 1 else ""
            raise _refusal(
                table.name,
                f"{quoted(count)} rows; the number of rows is a power of two, at least "
                f"{MIN_ROWS}{more}",
            )
        if count > 1 << max_log_height:
            raise _refusal(
                table.name,
                f"{quoted(count)} rows, more than 2^{max_log_height}, the machine's "
                f"Options(max_log_height={max_log_height})",
            )
        found.append(count)
    if found != sorted(found, reverse=True):
        raise _refusal(table.name, f"{quoted(rows)} rows: give the tallest first")
    return tuple(found)


def _refusal(name: str, problem: str) -> PaddingError:
    return PaddingError(f"pad_to of table {name!r}: {problem}", table=name)


def fill_traces(
    airs: Mapping[str, Air],
    tables: Sequence[TableDescription],
    traces: Mapping[str, Any],
    wanted: Mapping[str, tuple[int, ...]],
) -> Mapping[str, Any]:
    """The traces of a machine, those of some tables filled up when they are read.

    Parameters
    ----------
    airs : mapping of str to Air
    tables : sequence of TableDescription
        What these say of themselves.
    traces : mapping of str to (array, callable, or sequence of them)
    wanted : dict of str to tuple of int
        Of `read_pad_to`.

    Raises
    ------
    TraceError
        A trace has more rows than it is to have, or there are more traces. Of a callable that is
        seen when it is called.
    """
    if not wanted or not isinstance(traces, Mapping):
        return traces
    found = dict(traces)
    for table in tables:
        if table.name not in wanted or (table.name not in traces and table.stands != "any"):
            continue  # a trace that is missing is refused by whoever reads the others
        given, rows = traces.get(table.name, ()), wanted[table.name]
        own = list(given) if table.stands == "any" and isinstance(given, (list, tuple)) else [given]
        if len(own) > len(rows):
            raise _refusal(
                table.name, f"{len(rows)} numbers of rows for {len(own)} traces: give those of each"
            )
        own += [np.empty((0, table.width), dtype=np.uint64)] * (len(rows) - len(own))
        filled = []
        for trace, count in zip(own, rows, strict=True):
            if isinstance(trace, np.ndarray) and trace.ndim:
                _check_rows(table.name, len(trace), count)
            filled.append(_Filled(airs[table.name], table, trace, count))
        found[table.name] = filled if table.stands == "any" else filled[0]
    return found


def _check_rows(name: str, rows: int, most: int) -> None:
    if rows > most:
        raise _refusal(name, f"{most} rows, fewer than the {rows} that its trace has")


@dataclass(frozen=True)
class _Filled:
    """A trace that goes on to so many rows."""

    air: Air
    table: TableDescription
    trace: Any
    rows: int

    def __call__(self) -> Any:
        trace, name = self.trace, self.table.name
        if callable(trace):
            trace = trace()
        array = self._array(trace)
        if array is None:
            return trace
        _check_rows(name, len(array), self.rows)
        if len(array) == self.rows:
            return trace
        try:
            filled = np.asarray(self.air.fill(array, self.rows))
        except TraceError as error:
            raise _refusal(name, str(error)) from None
        if len(filled) != self.rows:
            raise TraceError(
                f"table {name!r}: {type(self.air).__name__}.fill gives {len(filled)} rows, not "
                f"{self.rows}",
                table=name,
            )
        return filled

    def _array(self, trace: Any) -> np.ndarray | None:
        """The rows; None where there are none to be filled up, and the reader of traces says why.

        It refuses what is no array, has masked cells, or is a frame of columns in another order.
        """
        if isinstance(trace, (str, bytes, View)) or (
            not hasattr(trace, "__array__") and not isinstance(trace, (list, tuple))
        ):
            return None
        names = getattr(trace, "columns", ())
        names = [str(name) for name in names] if hasattr(names, "__iter__") else []
        own = list(self.table.column_names)
        if names != own and sorted(names) == sorted(own):
            return None
        if "numpy.ma" in sys.modules and np.ma.is_masked(trace):  # which takes long to load
            return None
        try:
            array = np.asarray(trace)
            if array.dtype.kind == "f" and isinstance(trace, (list, tuple)):
                array = np.array(trace, dtype=object)  # as the reader does
        except ValueError:
            return None
        return array if array.ndim in (1, 2) else None


@dataclass(frozen=True)
class Padded:
    """The traces of a shard, filled up where they are made; a callable that pickles if they do.

    Tables that do not stand in the shard are passed over, and so are those of which it has no
    trace.
    """

    airs: Mapping[str, Air]
    tables: tuple[TableDescription, ...]
    shard: Any
    wanted: Mapping[str, tuple[int, ...]]

    def __call__(self) -> Any:
        """Give the traces."""
        traces = self.shard() if callable(self.shard) else self.shard
        if not isinstance(traces, Mapping):
            return traces
        wanted = {name: rows for name, rows in self.wanted.items() if name in traces}
        return fill_traces(self.airs, self.tables, traces, wanted)


@contextmanager
def filling(wanted: Mapping[str, tuple[int, ...]]) -> Iterator[None]:
    """Let an error about a table that was filled up say so: the row may be one that only fills."""
    try:
        yield
    except TraceError as error:
        if error.table in wanted and error.row is not None:
            error.add_note(
                f"pad_to: the rows behind those given for table {error.table!r} are what its "
                "fill(trace, rows) makes"
            )
        raise
