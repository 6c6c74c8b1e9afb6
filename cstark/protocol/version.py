"""The version of the protocol, which proof files, keys and key files all state.

Version 1 had a quotient for each table; what it wrote is refused by its number.
"""

from __future__ import annotations

__all__ = ["PROTOCOL", "VERSION"]

VERSION = 2
PROTOCOL = b"cstark multi-table STARK, Goldilocks^3, version %d" % VERSION
