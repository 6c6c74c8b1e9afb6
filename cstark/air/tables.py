"""The tables of a machine, described once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cstark.air.air import Air
from cstark.air.buses import number_buses
from cstark.air.describe import describe
from cstark.air.description import TableDescription

__all__ = ["Tables"]


class Tables(Mapping[str, Air]):
    """Names and tables, read only, with what they say of themselves.

    Whoever makes a machine of these again, with other options, need not describe them again.

    Parameters
    ----------
    tables : mapping of str to Air

    Raises
    ------
    AirError
        A description is wrong, or two tables use a bus differently.
    """

    def __init__(self, tables: Mapping[str, Air]) -> None:
        self._tables = dict(tables)
        self._descriptions = tuple(describe(name, air) for name, air in self._tables.items())
        number_buses(self._descriptions)

    @classmethod
    def described(
        cls, tables: dict[str, Air], descriptions: tuple[TableDescription, ...]
    ) -> Tables:
        """Tables with what they said of themselves when they were described."""
        made = object.__new__(cls)
        made._tables, made._descriptions = tables, descriptions
        return made

    @property
    def descriptions(self) -> tuple[TableDescription, ...]:
        """What the tables said when these were made, whatever has become of them since."""
        return self._descriptions

    def __getitem__(self, name: str) -> Air:
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __repr__(self) -> str:
        return repr(self._tables)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self).described, (self._tables, self._descriptions))
