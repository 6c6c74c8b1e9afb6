"""The tables of a machine, described once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cstark.air.air import Air
from cstark.air.bus import number_buses
from cstark.air.describe import describe
from cstark.air.description import TableDescription

__all__ = ["Tables"]


class Tables(Mapping[str, Air]):
    """Names and tables, read only, with what they say of themselves.

    Whoever makes a machine of these again, with other options, need not describe them again.

    Parameters
    ----------
    tables : mapping of str to Air

    Attributes
    ----------
    descriptions : tuple of TableDescription
        In the order of the mapping.

    Raises
    ------
    AirError
        A description is wrong, or two tables use a bus differently.
    """

    def __init__(self, tables: Mapping[str, Air]) -> None:
        self._tables = dict(tables)
        self.descriptions: tuple[TableDescription, ...] = tuple(
            describe(name, air) for name, air in self._tables.items()
        )
        number_buses(self.descriptions)

    def __getitem__(self, name: str) -> Air:
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __repr__(self) -> str:
        return repr(self._tables)

    def __reduce__(self) -> tuple[type[Tables], tuple[dict[str, Air]]]:
        return (type(self), (self._tables,))
