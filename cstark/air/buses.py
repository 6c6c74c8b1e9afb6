"""The buses of a machine: their numbers and widths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from cstark.errors import AirError

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

__all__ = ["Bus", "number_buses"]


class Bus(NamedTuple):
    """What a machine knows of a bus: its number in fingerprints, and the values of a message."""

    number: int
    width: int


def number_buses(
    descriptions: Iterable[TableDescription] | Mapping[str, TableDescription],
) -> dict[str, Bus]:
    """Number the buses of a machine.

    Parameters
    ----------
    descriptions : iterable of TableDescription, or mapping to them
        The tables.

    Returns
    -------
    dict of str to Bus
        Numbers are 1, 2, ... in the order of the names.

    Raises
    ------
    AirError
        If two interactions give a bus different widths; the message names both tables.  One
        width a bus is what makes the fingerprints of distinct messages distinct polynomials.

    Examples
    --------
    >>> from cstark.air import Air, describe, number_buses
    >>> class Sender(Air):
    ...     columns = ("x", "y")
    ...     def constrain(self, t):
    ...         t.send("pairs", [t.now.x, t.now.y])
    ...         t.send("bytes", [t.now.x])
    >>> number_buses([describe("sender", Sender())])
    {'bytes': Bus(number=1, width=1), 'pairs': Bus(number=2, width=2)}
    """
    if isinstance(descriptions, Mapping):
        descriptions = descriptions.values()
    first: dict[str, tuple[int, str, str]] = {}
    for description in descriptions:
        for interaction in description.interactions:
            width = len(interaction.values)
            seen = first.setdefault(
                interaction.bus, (width, description.name, interaction.location)
            )
            if seen[0] != width:
                raise AirError(
                    f"bus {interaction.bus!r} has two widths: {seen[0]} in table {seen[1]!r}"
                    f"{_at(seen[2])} and {width} in table {description.name!r}"
                    f"{_at(interaction.location)}; every message on a bus has the same number of "
                    "values"
                )
    return {bus: Bus(number, first[bus][0]) for number, bus in enumerate(sorted(first), start=1)}


def _at(location: str) -> str:
    return f" ({location})" if location else ""
