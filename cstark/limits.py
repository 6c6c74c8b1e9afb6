"""What a machine, a key, a statement and a proof may have at most: every limit, once.

`cstark.pure.limits` has the same numbers for the second verifier, which shares no code; the page
`cstark.protocol` states them, and `tests/protocol/test_limits_agree.py` asks all readers at each
limit and one beyond.
"""

from __future__ import annotations

__all__ = [
    "FRI_ARITIES",
    "MAX_BLOWUP",
    "MAX_CLAIM_BYTES",
    "MAX_CLAIM_DEPTH",
    "MAX_CLAIM_INTEGER_BITS",
    "MAX_COLUMNS",
    "MAX_DEGREE",
    "MAX_FILE_BYTES",
    "MAX_FINAL_LENGTH",
    "MAX_GRINDING",
    "MAX_MESSAGE_WIDTH",
    "MAX_QUERIES",
    "MAX_ROWS",
    "MAX_SECURITY",
    "MAX_SHARDS",
    "MAX_TABLES",
    "MIN_LOG_HEIGHT",
    "MIN_ROWS",
    "TWO_ADICITY",
]

# ---- tables ------------------------------------------------------------------------------

TWO_ADICITY = 32
"""The field has 2^32 roots of unity: log2 of the most points of an extended column."""
MIN_LOG_HEIGHT = 3
"""Below, the side condition of the proximity argument fails at blowup 2."""
MIN_ROWS = 1 << MIN_LOG_HEIGHT
MAX_ROWS = 1 << (TWO_ADICITY - 1)
"""A blowup of at least 2 must fit in the 2^32 roots of unity."""
MAX_TABLES = 1 << 12
MAX_SHARDS = 1 << 12
MAX_COLUMNS = 1 << 16
"""Main columns of a table; preprocessed columns, periodic columns and public values as well."""
MAX_MESSAGE_WIDTH = 1 << 16
"""Values of a message, and so the width of a bus."""
MAX_DEGREE = 1024
"""Of any node: far above what a blowup allows, small enough that repeated squaring in a hostile
key file cannot make degrees into huge integers.  Constraints have at most the blowup + 1."""

# ---- options -----------------------------------------------------------------------------

MAX_BLOWUP = 64
MAX_QUERIES = 1024
MAX_FINAL_LENGTH = 1 << 15
MAX_GRINDING = 40
MAX_SECURITY = 128
FRI_ARITIES = (2, 4, 8)

# ---- claims ------------------------------------------------------------------------------

MAX_CLAIM_BYTES = 1 << 20
MAX_CLAIM_DEPTH = 32
"""Lists and objects in each other."""
MAX_CLAIM_INTEGER_BITS = 4096
"""Below the 4,300 digits at which Python refuses to parse, whatever is set there."""

# ---- files -------------------------------------------------------------------------------

MAX_FILE_BYTES = 1 << 30
"""Of a proof or a key: what is longer is not read."""
