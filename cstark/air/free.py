"""`FreeCells`: cells that a table leaves open on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cstark.air.columns import ColumnLayout
from cstark.errors import AirError, as_python_reads, did_you_mean, quoted

if TYPE_CHECKING:
    from cstark.air.air import Air
    from cstark.air.description import TableDescription

__all__ = ["Explanation", "FreeCells", "explanations", "named_columns"]

Explanation = tuple[frozenset[int], np.ndarray, str]
"""Columns, the rows (as a mask) where they are free, and why."""


class FreeCells(NamedTuple):
    """Cells whose value does not matter, with the reason; see `Air.free_cells`.

    Attributes
    ----------
    columns : tuple of str
        Names of columns; the name of a group stands for all of it.
    rows : ndarray
        ``(rows,)`` bool: where they are free.
    reason : str
        Why any value will do there.

    Examples
    --------
    >>> FreeCells(("value",), np.array([True, False]), "nothing is sent").reason
    'nothing is sent'
    """

    columns: tuple[str, ...]
    rows: np.ndarray
    reason: str


def explanations(air: Air, description: TableDescription, trace: np.ndarray) -> list[Explanation]:
    """What `Air.free_cells` says of a trace, by column numbers.

    Raises
    ------
    AirError
        A column is unknown, the rows are no mask of the height, or a reason is missing.
    """
    table, labels, height = description.name, description.column_names, len(trace)
    result: list[Explanation] = []
    declared = ColumnLayout(type(air).__name__, "columns", air.columns).labels
    if list(declared) != list(labels):
        raise AirError(
            f"table {table!r}: its columns have been changed since the machine was made, so that "
            "free_cells speaks of others"
        )
    places = _places(labels)
    cells = trace.view()
    cells.flags.writeable = False  # the caller's array
    for statement in air.free_cells(air.view(cells)):
        if not isinstance(statement, FreeCells):
            raise AirError(
                f"table {table!r}: free_cells gives cs.FreeCells(columns, rows, reason), "
                f"not {type(statement).__name__}"
            )
        columns, rows, reason = statement
        if isinstance(columns, str):
            columns = (columns,)
        numbers: set[int] = set()
        for name in columns:
            found = places.get(as_python_reads(name), ())
            if not found:
                raise AirError(f"table {table!r}: free_cells names {name!r}, which is no column")
            numbers.update(found)
        rows = np.asarray(rows)
        if rows.dtype != bool or rows.shape != (height,):
            raise AirError(
                f"table {table!r}: free_cells needs a bool for each of {height} rows, "
                f"not {rows.dtype} {rows.shape}"
            )
        if not isinstance(reason, str) or not reason:
            raise AirError(f"table {table!r}: free_cells gives no reason for {columns}")
        result.append((frozenset(numbers), rows, reason))
    return result


def named_columns(
    table: str, attribute: str, names: object, labels: Sequence[str]
) -> frozenset[int]:
    """The numbers of the columns that `Air.inputs` or `Air.marks` names.

    Raises
    ------
    AirError
        If it is no sequence of names of columns.
    """
    if isinstance(names, str) or not isinstance(names, (tuple, list, frozenset, set)):
        what = ", those that are free by design" if attribute == "inputs" else ""
        raise AirError(
            f"table {table!r}: `{attribute}` is {quoted(names)}; it must be a tuple of names of "
            f"columns{what}"
        )
    numbers: set[int] = set()
    places = _places(labels) if names else {}
    for name in names:
        found = places.get(as_python_reads(name), ()) if isinstance(name, str) else ()
        if not found:
            near = did_you_mean(name, labels) if isinstance(name, str) else ""
            raise AirError(
                f"table {table!r}: `{attribute}` names {quoted(name)}, which is no column{near}"
            )
        numbers.update(found)
    return frozenset(numbers)


def _places(labels: Sequence[str]) -> dict[str, list[int]]:
    """Name of a column, or of a group -> its columns."""
    places: dict[str, list[int]] = {}
    for number, label in enumerate(labels):
        for name in {label, label.partition("[")[0]} - {""}:
            places.setdefault(name, []).append(number)
    return places
