"""A second verifier, to be read in an hour: Python's standard library and nothing else.

It shares no line with the rest of the package and was written from the page `cstark.protocol`, not
from the other verifier's code. What both accept, two readings of that page accept.
``python -m cstark.pure KEY FILE`` checks a proof against a key file (``cstark key`` writes one);
the folder may also be copied elsewhere and run as ``python -m pure``.

Read in this order:

================ ===================================================================
`field`          F_p and its cubic extension
`hashes`         SHA-256, Keccak-256, BLAKE3, and the tagged hashes of the trees
`transcript`     Fiat-Shamir
`limits`         the most that a key, a statement and a proof may have
`key`            the key file: machine, public values, tokens, claim
`form`           the one spelling that each machine has there
`shape`          what a proof consists of, from the statement and the heights
`shards`         proofs in shards: heads, common challenges, each shard
`proof`          taking the file apart
`constraints`    the quotient identity at one point
`merkle`         multiproofs
`fri`            DEEP quotients, folds, the final polynomial
`security`       proven bits
`verify`         the rounds, in order
================ ===================================================================

It needs no processes, threads, files, C interfaces or packages: only `hashlib`, `json`, `math`,
`dataclasses`, `operator` and (for the command line) `argparse`, which a browser's Python has.
"""

from .errors import BadKey, Refused
from .key import Statement, read_statement
from .transcript import Event, show
from .verify import verify

__all__ = ["BadKey", "Event", "Refused", "Statement", "read_statement", "show", "verify"]
