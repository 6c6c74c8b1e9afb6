"""Small things that several machines need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cstark as cs
from cstark.air.fill import PadTo, fill_traces, read_pad_to
from cstark.errors import quoted
from cstark.limits import MIN_ROWS

__all__ = ["check_rows", "counted_again", "is_element"]


def check_rows(name: str, rows: int, most: int) -> None:
    """Refuse a height from a claim that is not a power of two from 8 to `most`.

    Raises
    ------
    StatementError
    """
    if not MIN_ROWS <= rows <= most or rows & (rows - 1):
        raise cs.StatementError(
            f"{name} is {quoted(rows)}, not a power of two from {MIN_ROWS} to {most}"
        )


def counted_again(
    machine: cs.Machine, traces: Mapping[str, Any], *buses: str
) -> Callable[[PadTo], Mapping[str, Any]]:
    """What `Prepared.padded` is where rows that fill up a table are messages to lists as well.

    Parameters
    ----------
    machine : Machine
    traces : mapping of str to array
    buses : str
        The buses whose lists have the counts of what is sent; each list is called as its bus.
    """

    def padded(pad_to: PadTo) -> Mapping[str, Any]:
        wanted = read_pad_to(machine.descriptions, pad_to, machine.resolved.max_log_height)
        filled = dict(fill_traces(machine.tables, machine.descriptions, traces, wanted))
        filled |= {name: filled[name]() for name in wanted}
        return filled | {bus: machine.count(filled, bus) for bus in buses}

    return padded


def is_element(value: Any) -> bool:
    """Whether a value from a claim is a field element: an int, no bool, from 0 to p - 1."""
    return type(value) is int and 0 <= value < cs.P
