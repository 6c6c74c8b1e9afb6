"""What a verifier checks of the heights in a header, table by table, before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cstark.limits import MIN_LOG_HEIGHT

from .refusals import require
from .standing import of_table

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

__all__ = ["check_expected", "check_height", "check_standing"]


def check_standing(table: TableDescription, item: int | tuple[int, ...]) -> None:
    """A table stands as often as it may in a proof, its traces tallest first."""
    require(
        isinstance(item, int) == (table.stands != "any"),
        "standing",
        f"table {table.name!r} "
        + (
            "stands any number of times, and the proof gives one height"
            if isinstance(item, int)
            else f"stands once, not {len(item)} times"
        ),
    )
    require(
        list(of_table(item)) == sorted(of_table(item), reverse=True),
        "order of traces",
        f"the traces of table {table.name!r} do not stand tallest first",
    )


def check_height(table: TableDescription, log_height: int, max_log_height: int) -> None:
    """A trace has a height that the table may have."""
    require(
        MIN_LOG_HEIGHT <= log_height <= max_log_height,
        "height range",
        f"table {table.name!r}: height 2^{log_height} is not allowed",
    )
    require(
        table.rows is None or table.rows == 1 << log_height,
        "fixed height",
        f"table {table.name!r} has {table.rows} rows, the proof says 2^{log_height}",
    )
    longest = max((len(values) for values in table.periodic), default=1)
    require(
        longest <= 1 << log_height,
        "period",
        f"table {table.name!r}: a periodic column is longer than 2^{log_height} rows",
    )


def check_expected(
    table: TableDescription, item: int | tuple[int, ...], expected: tuple[int, ...] | None
) -> None:
    """A table has the heights that the caller expects, if any."""
    require(
        expected is None or expected == of_table(item),
        "expected height",
        f"table {table.name!r} has {_rows_text(of_table(item))} rows, not the "
        f"{_rows_text(expected or ())} expected",
    )


def _rows_text(log_heights: tuple[int, ...]) -> str:
    return ", ".join(f"2^{log_height}" for log_height in log_heights) or "0"
