"""Heights of tables, and the numbers of a machine that the security estimator needs."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cstark.errors import StatementError, quoted
from cstark.security import Shape

from .layout import Layout, lookup_columns, quotient_chunks
from .schedule import fold_schedule

if TYPE_CHECKING:
    from cstark.air.description import TableDescription
    from cstark.key import PlainKey

    from .options import Options, ResolvedOptions

__all__ = ["checked_log_heights", "security_shape", "shape_at_max"]


def checked_log_heights(
    tables: Sequence[TableDescription], max_log_height: int, heights: Mapping[str, int]
) -> list[int]:
    """Log2 of the height of each table, checked; see `Machine.log_heights`."""
    names = [table.name for table in tables]
    if not isinstance(heights, Mapping):
        raise StatementError(
            f"heights are {quoted(heights)}; they must be a mapping from table names to numbers "
            "of rows, "
            f"such as {{{names[0]!r}: 1024}}"
        )
    unknown = [name for name in heights if name not in names]
    if unknown:
        raise StatementError(
            f"heights: no table {quoted(unknown[0])}; the machine has {', '.join(names)}"
        )
    result = []
    for table in tables:
        rows = heights.get(table.name, table.rows)
        if rows is None:
            raise StatementError(f"heights: table {table.name!r} is missing")
        if isinstance(rows, bool) or not hasattr(rows, "__index__"):
            raise StatementError(f"heights: table {table.name!r}: {quoted(rows)} is not an int")
        rows = operator.index(rows)  # of NumPy as well
        if table.rows is not None and rows != table.rows:
            raise StatementError(f"heights: table {table.name!r} always has {table.rows} rows")
        if rows < 8 or rows & (rows - 1) or rows > 1 << max_log_height:
            raise StatementError(
                f"heights: table {table.name!r} cannot have {quoted(rows)} rows; a power of two "
                f"from 8 to 2^{max_log_height}"
            )
        result.append(rows.bit_length() - 1)
    return result


def security_shape(key: PlainKey, log_heights: Sequence[int], tokens: int = 0) -> Shape:
    """Shape of a proof of `key` at these heights."""
    layout = Layout(key, log_heights)
    return _shape(key.tables, key.options, log_heights, layout.openings, tokens)


def shape_at_max(tables: Sequence[TableDescription], options: Options | ResolvedOptions) -> Shape:
    """Shape with every table at the tallest height it may have."""
    log_heights = [
        options.max_log_height if table.rows is None else table.rows.bit_length() - 1
        for table in tables
    ]
    openings = sum(
        table.width
        + table.preprocessed_width
        + len(table.next_main)
        + len(table.next_preprocessed)
        + lookup_columns(len(table.interactions))
        + bool(table.interactions)
        + quotient_chunks(table.degree)
        for table in tables
    )
    return _shape(tables, options, log_heights, openings, 0)


def _shape(
    tables: Sequence[TableDescription],
    options: Options | ResolvedOptions,
    log_heights: Sequence[int],
    openings: int,
    tokens: int,
) -> Shape:
    schedule = fold_schedule(log_heights, options.fri_arity, options.final_length)
    return Shape(
        log_heights=tuple(log_heights),
        blowup=options.blowup,
        deep_terms=openings,
        constraints=max(len(t.constraints) + len(t.lookup_degrees) for t in tables),
        degree=max(t.degree for t in tables),
        fractions=tokens
        + sum(
            len(t.interactions) << log_height
            for t, log_height in zip(tables, log_heights, strict=True)
        ),
        message_width=max((len(i.values) for t in tables for i in t.interactions), default=0),
        fold_arities=schedule.arities,
    )
