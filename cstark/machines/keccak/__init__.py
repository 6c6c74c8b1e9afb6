"""keccak: the proof that somebody has a message with a given Keccak-256 digest.

    "I know a message of exactly `length` bytes whose Keccak-256 digest is `digest`."

That is all that is proved, and the whole claim::

    {"digest": "c5d2460186f7233c...", "length": 0}

Keccak-256 is the hash of Ethereum: Keccak[c = 512] with the padding of the original submission, a
byte 0x01 where SHA3-256 has 0x06.  Which message it is stays open, and the claim does not
contain it; but without ``Options(zk=True)`` the message is *not hidden*: openings give combinations
of its bits away. With it, what is public is its length and its digest.

The statement is closed by constraints, none of it by trust in the trace generator:

* the number of permutations, the row where the padding starts, the byte in it and the row where the
  digest is read off are public values that the verifier computes from `length`;
* the first permutation starts from zeros with the first block added; each later one from the
  result of the one before, the 64 bytes of capacity untouched, the 136 bytes of rate with
  the next block added;
* the block bits are 0 or 1, and outside the message they are the padding and nothing else.

Pages:

* `cstark.machines.keccak.constants`: the numbers of the permutation
* `cstark.machines.keccak.air`: the table, and why each of its constraints is there
* `cstark.machines.keccak.trace`: from message to rows (the loops are in ``_trace.pyx``)
* `cstark.machines.keccak.workload`: claim, public values, arguments
"""

from __future__ import annotations

from cstark.machines.keccak.air import KeccakTable
from cstark.machines.keccak.trace import keccak_trace, padded_blocks
from cstark.machines.keccak.workload import Keccak256

__all__ = ["Keccak256", "KeccakTable", "keccak_trace", "padded_blocks"]
