"""Which tables stand in a proof, and how often: the key says what may, the header what does.

A table that may stand any number of times has several traces. For layout, prover and verifier each
of them is a table of its own, so everything that is said of a machine's tables is said of the
tables of `Standing`, which follow the order of the key; the traces of one table stand together,
tallest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, TypeAlias

from cstark.errors import StatementError
from cstark.limits import MAX_TABLES

from .key import MachineDescription

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

__all__ = ["Heights", "Standing", "encode_heights", "of_table"]

Heights: TypeAlias = Sequence[int | tuple[int, ...]]
"""Log heights, one item for each table of a key: a number for a table that stands once, else all of
its traces, tallest first."""

SEVERAL = 0x80
"""In the place of a log height: how many there are follows, and then they."""


def encode_heights(heights: Heights) -> bytes:
    """The bytes of the header, which the transcript absorbs."""
    parts = []
    for item in heights:
        if isinstance(item, int):
            parts.append(bytes([item]))
        else:
            parts.append(bytes([SEVERAL]) + len(item).to_bytes(2, "little") + bytes(item))
    return b"".join(parts)


def of_table(item: int | tuple[int, ...]) -> tuple[int, ...]:
    """The log heights of all traces of a table."""
    return (item,) if isinstance(item, int) else item


class Standing(MachineDescription):
    """The tables of one proof, each trace a table of its own.

    Parameters
    ----------
    key : MachineDescription
        Often a verifying key.
    heights : sequence of (int or tuple of int)
        Already compared with the key.

    Attributes
    ----------
    key : MachineDescription
        What says that they may stand there.
    heights : tuple of (int or tuple of int)
        Log heights by table of the key.
    log_heights : tuple of int
        Log heights of `tables`.
    places : tuple of int
        The table of the key that each of `tables` is.

    Raises
    ------
    StatementError
        If there is no table, or there are too many.
    """

    def __init__(self, key: MachineDescription, heights: Heights) -> None:
        self.key = key
        self.heights = tuple(heights)
        tables, log_heights, places = [], [], []
        count = sum(len(of_table(item)) for item in self.heights)
        if not 1 <= count <= MAX_TABLES:
            raise StatementError(f"{count} tables stand in the proof; it has 1 to {MAX_TABLES}")
        for place, (table, item) in enumerate(zip(key.tables, self.heights, strict=True)):
            traces = of_table(item)
            for number, log_height in enumerate(traces):
                tables.append(_copy_of(table, number, len(traces)))
                log_heights.append(log_height)
                places.append(place)
        # Not those of the tables that stand: a bus keeps its number whoever is absent.
        self.tables, self.options, self.sharded = tuple(tables), key.options, key.sharded
        self.buses, self.bus_numbers = key.buses, key.bus_numbers
        self.log_heights, self.places = tuple(log_heights), tuple(places)

    @property
    def weight(self) -> int:
        """Weight times height of all interactions, added up over all buses."""
        return sum(
            interaction.weight << log_height
            for table, log_height in zip(self.tables, self.log_heights, strict=True)
            for interaction in table.interactions
        )

    @property
    def fractions(self) -> int:
        """Messages of all rows."""
        return sum(
            len(table.interactions) << log_height
            for table, log_height in zip(self.tables, self.log_heights, strict=True)
        )

    @classmethod
    def of(cls, key: MachineDescription, heights: Heights) -> Standing:
        """The tables of a proof; those that stand already stay as they are."""
        return key if isinstance(key, Standing) else cls(key, heights)


def _copy_of(table: TableDescription, number: int, count: int) -> TableDescription:
    """A trace's own description, which says which of several it is."""
    if table.stands != "any":
        return table
    _ = table.lookup_degrees, table.node_degrees  # once, not for each of the copies
    other = copy(table)
    changes = {"stands": "once"}
    if count > 1:
        changes["name"] = f"{table.name} ({number + 1} of {count})"
    for name, value in changes.items():
        object.__setattr__(other, name, value)  # frozen for its users; this one is still made
    return other
