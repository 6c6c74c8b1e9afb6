"""Numbers as a person would write them."""

from __future__ import annotations

from cstark.air.nodes import P
from cstark.text import counted

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
