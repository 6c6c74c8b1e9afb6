"""What can be wrong with a bus: messages that do not balance, or a side that does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cstark.errors import nearest

__all__ = ["Imbalance", "OneSidedBus", "Touch", "one_sided_bus", "similar_bus"]


@dataclass(frozen=True)
class Touch:
    """A row (or a token) that sends or receives a message.

    Attributes
    ----------
    table : str or None
        None for a token.
    row : int or None
        None for a token.
    interaction : str
        The name of the interaction, else its direction and bus, with its values where the table
        has several; for a token, which one.
    sign : int
        +1 for a send, -1 for a receive.
    count : int
        How often, as a signed number: p - 1 is -1.
    mark : str
        What marks the row, by the columns that the table names in `Air.marks`, or "".
    """

    table: str | None
    row: int | None
    interaction: str
    sign: int
    count: int
    mark: str = ""


@dataclass(frozen=True)
class Imbalance:
    """A message that is not received as often as it is sent.

    Attributes
    ----------
    bus : str
        Name of the bus.
    values : tuple of int
        The message, canonical.
    surplus : int
        Times sent minus times received, modulo p, as a signed number.
    touches : tuple of Touch
        Some of the rows and tokens that send or receive it, in order of tables and rows.
    touched : int
        How many rows and tokens do.
    near_misses : tuple of tuple of int
        Some unbalanced messages of the bus with a surplus of the opposite sign that differ from
        this one in one value, found among the 65,536 smallest of each sign; none on a bus of one
        value.
    wrapped : tuple of int
        A message like `near_misses`, but one that differs by multiples of 2^64, perhaps in several
        values: NumPy wraps around there. Empty if there is none.
    missing : str
        ``"receive"`` if nothing at all is received on the bus, ``"send"`` if nothing is sent.
        One such imbalance then stands for the whole bus.  Otherwise "".
    messages : int
        How many different messages it stands for: 1, or with `missing` all of the bus.
    idle : tuple of str
        With `missing`: the interactions that could do it, as ``"table: label"``, but whose counts
        are 0 in every row.
    similar : str
        With `missing`: a bus of nearly this name, or "".
    """

    bus: str
    values: tuple[int, ...]
    surplus: int
    touches: tuple[Touch, ...]
    touched: int
    near_misses: tuple[tuple[int, ...], ...] = ()
    wrapped: tuple[int, ...] = ()
    missing: str = ""
    messages: int = 1
    idle: tuple[str, ...] = ()
    similar: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The imbalance as plain data."""
        return {
            **self.__dict__,
            "values": list(self.values),
            "touches": [dict(touch.__dict__) for touch in self.touches],
            "near_misses": [list(values) for values in self.near_misses],
            "wrapped": list(self.wrapped),
            "idle": list(self.idle),
        }


@dataclass(frozen=True)
class OneSidedBus:
    """A bus on which nothing can ever be exchanged, because one side does not exist.

    See `cstark.air.one_sided`; on the traces that were checked nothing is exchanged either, else
    there is an `Imbalance`.

    Attributes
    ----------
    bus : str
        Name of the bus.
    missing : str
        ``"send"`` or ``"receive"``: what no table and no token does.
    tables : tuple of str
        Those that use the bus.
    interactions : tuple of str
        All there are, as ``"table: label"``.
    similar : str
        A bus of nearly this name, or "".
    """

    bus: str
    missing: str
    tables: tuple[str, ...]
    interactions: tuple[str, ...]
    similar: str

    def to_dict(self) -> dict[str, Any]:
        """The bus as plain data."""
        return {
            **self.__dict__,
            "tables": list(self.tables),
            "interactions": list(self.interactions),
        }


def one_sided_bus(
    bus: str, sign: int, labels: Mapping[str, Sequence[str]], similar: str
) -> OneSidedBus:
    """Describe a bus that has interactions of one sign only, by table; `similar` is another."""
    return OneSidedBus(
        bus,
        "send" if sign < 0 else "receive",
        tuple(labels),
        tuple(f"{table}: {label}" for table, names in labels.items() for label in names),
        similar,
    )


def similar_bus(bus: str, buses: Iterable[str]) -> str:
    """Name of a bus that is called nearly the same, or ""."""
    return nearest(bus, sorted(set(buses) - {bus}))
