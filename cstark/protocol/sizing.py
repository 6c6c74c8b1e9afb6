"""The numbers of a machine that the security estimator needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cstark.security import Shape

from .layout import Layout, lookup_columns, quotient_chunks
from .schedule import fold_schedule

if TYPE_CHECKING:
    from cstark.air.description import TableDescription
    from cstark.key import VerifyingKey

__all__ = ["security_shape", "shape_at_max"]


def security_shape(key: VerifyingKey, log_heights: Sequence[int], tokens: int = 0) -> Shape:
    """Shape of a proof of `key` at these heights."""
    layout = Layout(key, log_heights)
    return _shape(key.tables, key.options, log_heights, layout.openings, tokens)


def shape_at_max(tables: Sequence[TableDescription], options: Any) -> Shape:
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
    options: Any,
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
        message_width=max(
            (len(i.values) for t in tables for i in t.interactions), default=0
        ),
        fold_arities=schedule.arities,
    )
