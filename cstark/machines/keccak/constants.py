"""The numbers of Keccak-f[1600] and of the sponge around it.

The state is 25 lanes of 64 bits; lane (x, y) has number x + 5 y, and arrays of lanes are indexed
[y, x].  Source: "The Keccak reference", version 3.0,
https://keccak.team/files/Keccak-reference-3.0.pdf, section 1.2.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "BLOCK_BYTES",
    "CAPACITY_LANES",
    "CONSTANT_BITS",
    "DIGEST_LANES",
    "RATE_LANES",
    "ROTATIONS",
    "ROUNDS",
    "ROUND_CONSTANTS",
    "SOURCE_OF",
]

ROUNDS = 24
#: Lanes that take up a block: 1600 - 2 * 256 bits.
RATE_LANES = 17
CAPACITY_LANES = 25 - RATE_LANES
BLOCK_BYTES = 8 * RATE_LANES
DIGEST_LANES = 4


def _rotations() -> np.ndarray:
    """rho: lane (x, y) is rotated by the t-th triangular number, t counted along a walk."""
    rotations = np.zeros((5, 5), dtype=np.int64)
    x, y = 1, 0
    for t in range(24):
        rotations[y, x] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return rotations


def _round_constants() -> tuple[int, ...]:
    """iota: bit 2^j - 1 of constant i is the next bit of the shift register x^8+x^6+x^5+x^4+1."""
    register, constants = 1, []
    for _ in range(ROUNDS):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << ((1 << j) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        constants.append(constant)
    return tuple(constants)


#: rho: ROTATIONS[y, x] is how far lane (x, y) is rotated to the left.
ROTATIONS = _rotations()

#: pi: lane (x, y) comes from lane (x + 3 y, x); SOURCE_OF[y, x] is the number of that one.
SOURCE_OF = np.array([[(x + 3 * y) % 5 + 5 * x for x in range(5)] for y in range(5)])

#: iota: what is added to lane (0, 0), by round.
ROUND_CONSTANTS = _round_constants()

#: The only bits that round constants ever set: 0, 1, 3, 7, 15, 31, 63.
CONSTANT_BITS = tuple((1 << j) - 1 for j in range(7))
