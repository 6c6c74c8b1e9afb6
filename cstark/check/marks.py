"""Rows by what people know them by: the columns that their table names in `Air.marks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cstark.air.description import TableDescription
    from cstark.check.constraints import Violation
    from cstark.check.imbalance import Imbalance, Touch

__all__ = ["Marks"]

HEXADECIMAL = 1 << 12
"""From here on a number is shown in hexadecimal digits too, as addresses are read."""


class Marks:
    """What marks the rows of some tables.

    Parameters
    ----------
    descriptions : sequence of TableDescription
    traces : sequence of ndarray
        Of each of them.
    """

    def __init__(
        self, descriptions: Sequence[TableDescription], traces: Sequence[np.ndarray]
    ) -> None:
        self._tables: Mapping[str, tuple[TableDescription, np.ndarray]] = {
            d.name: (d, trace) for d, trace in zip(descriptions, traces, strict=True) if d.marks
        }

    def of(self, table: str | None, row: int | None) -> str:
        """The marks of a row that are not 0, as text: "pc = 65548 (0x1000c)"."""
        if table is None or row is None or table not in self._tables:
            return ""
        description, trace = self._tables[table]
        shown = []
        for column in sorted(description.marks):
            value = int(trace[row, column])
            if value:
                more = f" ({value:#x})" if value >= HEXADECIMAL else ""
                shown.append(f"{description.column_names[column]} = {value}{more}")
        return ", ".join(shown)

    def violation(self, one: Violation) -> Violation:
        """A violation with the marks of its row."""
        mark = self.of(one.table, one.row)
        return replace(one, mark=mark) if mark else one

    def imbalance(self, one: Imbalance) -> Imbalance:
        """An imbalance with the marks of the rows that touch it."""
        touches = tuple(self._touch(touch) for touch in one.touches)
        return one if touches == one.touches else replace(one, touches=touches)

    def _touch(self, touch: Touch) -> Touch:
        mark = self.of(touch.table, touch.row)
        return replace(touch, mark=mark) if mark else touch
