"""Numbers as a person would write them."""

from __future__ import annotations

from cstark.air.nodes import P

__all__ = ["counted", "element"]

_SMALL = 2**32


def element(value: int | None) -> str:
    """A field element as a person would write it: small negatives as such.

    Examples
    --------
    >>> from cstark.air import P
    >>> element(7), element(P - 1)
    ('7', '-1')
    """
    if value is None:
        return ""
    return str(value - P) if P - _SMALL < value < P else str(value)


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things.

    Examples
    --------
    >>> counted(1, "row"), counted(2000, "row"), counted(0, "bus", "buses")
    ('1 row', '2,000 rows', '0 buses')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
