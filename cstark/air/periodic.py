"""Periodic columns: a name and the values that repeat, of one column or of a group."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from cstark.air.columns import ColumnLayout
from cstark.air.nodes import P
from cstark.errors import AirError, quoted
from cstark.limits import MAX_COLUMNS

__all__ = ["periodic_columns"]


def periodic_columns(
    table: str, declaration: object
) -> tuple[ColumnLayout, tuple[tuple[int, ...], ...]]:
    """The layout of the periodic columns, and the values of each column, canonical.

    Parameters
    ----------
    table : str
    declaration : mapping of str to array_like
        Values ``(period,)`` of one column, ``(period, *shape)`` of a group; None declares nothing.

    Raises
    ------
    AirError
        The declaration cannot be read.

    Examples
    --------
    >>> layout, values = periodic_columns("t", {"on": [1, 0], "rc": [[3, 4], [5, 6]]})
    >>> layout.labels, values
    (('on', 'rc[0]', 'rc[1]'), ((1, 0), (3, 5), (4, 6)))
    """
    if declaration is None:
        return ColumnLayout(table, "periodic", None), ()
    if not isinstance(declaration, Mapping):
        raise AirError(
            f"table {table!r}: `periodic` is {type(declaration).__name__}; "
            "it must be a dict name -> values"
        )
    shapes: dict[str, tuple[int, ...]] = {}
    columns: list[tuple[int, ...]] = []
    for label, values in declaration.items():
        what = f"table {table!r}: periodic column {quoted(label)}"
        if isinstance(values, np.ndarray) and values.ndim > 0:
            values = values.tolist()
        if not isinstance(values, (list, tuple)):
            raise AirError(f"{what} must be a sequence of integers, or of arrays for a group")
        if not values or len(values) & (len(values) - 1):
            raise AirError(f"{what} has {len(values)} values; their number must be a power of two")
        shapes[label] = shape = _shape(values[0])
        if math.prod(shape) > MAX_COLUMNS:
            raise AirError(f"{what} is a group of more than {MAX_COLUMNS} columns")
        rows = [_flat(value, shape, what) for value in values]
        columns.extend(zip(*rows, strict=True))
    return ColumnLayout(table, "periodic", shapes), tuple(columns)


def _shape(value: object) -> tuple[int, ...]:
    """Lengths of lists in lists, of the first members."""
    if isinstance(value, np.ndarray):
        return tuple(map(int, value.shape))
    if not isinstance(value, (list, tuple)):
        return ()
    return (len(value), *(_shape(value[0]) if value else ()))


def _flat(value: object, shape: tuple[int, ...], what: str) -> list[int]:
    """The members of one value in the order of the columns."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not shape:
        return [_element(value, what)]
    if not isinstance(value, (list, tuple)) or len(value) != shape[0]:
        raise AirError(f"{what} has values of different shapes, {quoted(value)} among them")
    return [number for member in value for number in _flat(member, shape[1:], what)]


def _element(value: object, what: str) -> int:
    if not isinstance(value, (int, np.integer)):
        raise AirError(f"{what} holds {quoted(value)}, which is not an integer")
    if not -P < value < P:
        raise AirError(f"{what} holds {quoted(value)}, which is not below p in size")
    return int(value) % P
