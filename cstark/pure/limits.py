"""Every limit of what a key, a statement and a proof may have, stated once."""

from __future__ import annotations

MAX_LOG_DOMAIN = 32  # of blowup times height: the field has 2^32 roots of unity
MIN_LOG_HEIGHT = 3
MAX_TABLES = 2**12
MAX_SHARDS = 2**12
MAX_COLUMNS = 2**16  # main, preprocessed and periodic ones, and public values, each
MAX_MESSAGE_WIDTH = 2**16
MAX_NODE_DEGREE = 1024

MAX_BLOWUP = 64
MAX_QUERIES = 1024
MAX_FINAL_LENGTH = 2**15
MAX_GRINDING = 40
MAX_FRI_ARITY = 8

MAX_CLAIM_BYTES = 2**20
MAX_CLAIM_DEPTH = 32
MAX_CLAIM_INTEGER_BITS = 4096
