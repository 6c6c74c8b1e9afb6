"""The table: one row for each round of Keccak-f[1600], and a sponge around the permutation.

24 rows are a permutation, and the next permutation follows at once.  Rows behind the last
block go on permuting, because they must satisfy the same constraints; nothing is read from them.

A round
-------
The method is that of Plonky3's Keccak AIR: most cells are bits, arranged so that no step has more
than degree 3.  Two facts carry it.  For bits, a xor b = a + b - 2 a b = (a - b)^2.  And in ::

    theta    C[x] = parity of column x of A,   C'[x] = C[x] ^ C[x-1] ^ (C[x+1] <<< 1)
             A'[x, y] = A[x, y] ^ C[x] ^ C'[x]
    rho, pi  B = the bits of A' at other places
    chi      A''[x, y] = B[x, y] ^ (~B[x+1, y] & B[x+2, y])
    iota     A''[0, 0] ^= round constant

the round is known from C, C' and A', so these are the bits that get columns (`c`, `c_theta`,
`a_theta`).  The state before (`a`) and after (`out`) is in limbs of 16 bits, computed from them:

* A = A' ^ C ^ C' gives the limbs of `a`, each bit of degree 3: so A' is what theta makes of A,
  *if* C holds the parities of A;
* which it does if C' holds the parities of A': these differ from those of A by five times C ^ C'.
  The five bits of a column of A' minus C' must be 0, 2 or 4;
* chi is of degree 3 as well.  Iota would be the fourth, but round constants set seven bits only:
  these bits of A''[0, 0] have columns (`chi`).

Sponge
------
A block is added to the first 17 lanes between two permutations.  That takes bits of the lanes
before the block and of the block, 17 * 64 each, on one row in 24.  Instead a row adds one lane, in
`lane` (bits before) and `word` (bits of the block), and the lanes wait in `queue`: when a
permutation starts, it takes up the 17 lanes before and after the block, as limbs
before + 2^16 after, and moves on by one lane in each row.  The first in the queue must be ::

    limbs of `lane` + 2^16 limbs of (`lane` ^ `word`)

Both sides have parts below 2^16 (the limbs of `a` and `out` are sums of bits), so the parts are
equal.  From the 17th row on the queue is empty, and so `lane` and `word` are zero.  The other 8
lanes, the capacity, go from `out` to the next `a` as they do inside a permutation.  Before the
first permutation everything is zero: `a` of the first row is its block.

Padding
-------
`full`, `pad` and `tail` say what a row is: *full* while all eight bytes of its word belong to the
message, then one *pad*, where the padding starts, then *tail* to the end of the block, then
nothing.  The first row is full or pad; after a full row comes a full or a pad row; after a pad or
tail row comes a tail row or nothing; the last row of the table is nothing.  So there is exactly one
pad row, and exactly one row with which the padding ends: and these are at the clocks `pad_row` and
`final_row`, public values that follow from the length.  The message has this length because:

* in the pad row, byte `pad_byte` is 1, and those above it are 0;
* in later rows all bytes are 0;
* but the top byte of the 17th row of this block has 128 added.  It is the pad row or in the
  tail, and no other 17th row is.

In the final row, which ends the permutation of the last block, the first four lanes of `out` are
the digest.

No cell is free: the message determines every row.
"""

from __future__ import annotations

import numpy as np

from cstark.air import Air, Table
from cstark.machines.keccak.constants import (
    CONSTANT_BITS,
    DIGEST_LANES,
    RATE_LANES,
    ROTATIONS,
    ROUND_CONSTANTS,
    ROUNDS,
    SOURCE_OF,
)

__all__ = ["KeccakTable"]


#: What is computed together: 16 bits of the five lanes of a column (x) or row (y) of the state.
#: They share what they have in common while the prover has it in its fastest memory.
PIECES = [(k, slice(z, z + 16)) for k in range(5) for z in range(0, 64, 16)]


def limb(bits: np.ndarray) -> np.ndarray:
    """The number with these bits, lowest first, along the last axis.

    By Horner's rule, as additions cost a prover less than multiplications.
    """
    total: np.ndarray = bits[..., -1]
    for place in range(bits.shape[-1] - 2, -1, -1):
        total = total + total + bits[..., place]
    return total


def limbs(bits: np.ndarray) -> np.ndarray:
    """The four 16-bit limbs of a lane of 64 bits, lowest first."""
    return limb(bits.reshape(4, 16))


def rho_pi(lanes: np.ndarray) -> np.ndarray:
    """The bits at their places after rho and pi: (5, 5, 64) to (5, 5, 64)."""
    rotated = [
        np.roll(lane, shift)  # to the left, as bit z is at index z
        for lane, shift in zip(lanes.reshape(25, 64), ROTATIONS.reshape(25), strict=True)
    ]
    placed: np.ndarray = np.array(rotated)[SOURCE_OF]
    return placed


class KeccakTable(Air):
    """Keccak-256 of one message: 2671 columns, degree 3.

    Publics: the clock of the row where the padding starts, the byte of its word at which it does
    (one of eight is 1), the clock of the row with the digest, and the digest in 16-bit limbs.

    Parameters
    ----------
    rows : int
        Height: a power of two, so never a multiple of 24, with room for all permutations.
    """

    columns = {
        "round": (ROUNDS,),  # one of them is 1
        "clock": (),  # number of the row
        "full": (),  # 1: the whole word belongs to the message
        "pad": (),  # 1: the padding starts in this word
        "tail": (),  # 1: later, up to the end of the last block
        "word": (64,),  # bits of the block
        "lane": (64,),  # bits of the state they are added to
        "queue": (RATE_LANES, 4),  # lanes to come, before and after
        "a": (5, 5, 4),  # state before the round, in limbs
        "c": (5, 64),  # its column parities
        "c_theta": (5, 64),  # the column parities after theta
        "a_theta": (5, 5, 64),  # state after theta
        "chi": (len(CONSTANT_BITS),),  # seven bits of lane 0 after chi
        "out": (5, 5, 4),  # state after the round, in limbs
    }
    publics = {"pad_row": (), "pad_byte": (8,), "final_row": (), "digest": (DIGEST_LANES, 4)}

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def constrain(self, t: Table) -> None:
        self._counters(t)
        self._theta(t)
        self._chi_iota(t)
        self._sponge(t)
        self._message(t)

    def _counters(self, t: Table) -> None:
        """The round, which turns, and the clock, which runs."""
        now, following = t.now, t.next
        t.first_row.equal(now.round, [1] + [0] * (ROUNDS - 1), name="starts with round 0")
        t.transition.equal(following.round, np.roll(now.round, 1), name="the next round")
        t.first_row.zero(now.clock, name="the clock starts at 0")
        t.transition.equal(following.clock, now.clock + 1, name="the clock counts")

    def _theta(self, t: Table) -> None:
        now = t.now
        left = np.roll(now.c, 1, axis=0)  # column x - 1
        right = np.roll(np.roll(now.c, -1, axis=0), 1, axis=1)  # column x + 1, turned left
        for x, z in PIECES:
            c, c_theta, a_theta = now.c[x, z], now.c_theta[x, z], now.a_theta[:, x, z]
            inverted = 1 - a_theta
            t.every_row.boolean(c, name="c is bits")
            t.every_row.zero(a_theta * inverted, name="a_theta is bits")
            mixed = (left[x, z] - right[x, z]) ** 2
            t.every_row.equal(c_theta, c + (1 - 2 * c) * mixed, name="c_theta")
            odd = a_theta.sum(axis=0) - c_theta
            t.every_row.zero(odd * (odd - 2) * (odd - 4), name="parity after theta")
            before = a_theta + (inverted - a_theta) * (c - c_theta) ** 2  # A' ^ (C ^ C')
            t.every_row.equal(now.a[:, x, z.start // 16], limb(before), name="theta")

    def _chi_iota(self, t: Table) -> None:
        now = t.now
        bits = rho_pi(now.a_theta)
        for y, z in PIECES:
            bit = bits[y, :, z]
            # b ^ (~b' & b'') is b + (1 - 2 b) (1 - b') b''.  Both factors appear with the other
            # sign: 1 - b is computed in `_theta`, and would be kept, for all 1600 bits, till here.
            less = bit - 1
            result = bit + (less + bit) * (np.roll(less, -1, axis=0) * np.roll(bit, -2, axis=0))
            for place, constant_bit in enumerate(CONSTANT_BITS):
                if y == 0 and z.start <= constant_bit < z.stop:
                    self._iota(t, place, result[0], constant_bit - z.start)
            t.every_row.equal(now.out[y, :, z.start // 16], limb(result), name="chi, iota")

    def _iota(self, t: Table, place: int, lane: np.ndarray, z: int) -> None:
        """Let a bit that round constants set pass through its column."""
        now = t.now
        t.every_row.equal(now.chi[place], lane[z], name="chi of lane 0")
        mask = 1 << CONSTANT_BITS[place]
        constant = sum(now.round[i] for i in range(ROUNDS) if ROUND_CONSTANTS[i] & mask)
        lane[z] = (now.chi[place] - constant) ** 2

    def _sponge(self, t: Table) -> None:
        now, following = t.now, t.next
        a, out, next_a = (lanes.reshape(25, 4) for lanes in (now.a, now.out, following.a))
        rate, capacity = slice(RATE_LANES), slice(RATE_LANES, None)
        ends = now.round[-1]  # the next row starts a permutation

        t.first_row.zero(a[capacity], name="the capacity starts at zero")
        t.first_row.equal(now.queue, 2**16 * a[rate], name="the rate starts at zero")
        t.transition.equal(next_a[capacity], out[capacity], name="capacity")
        t.transition.when(1 - ends).equal(next_a[rate], out[rate], name="rate")
        shifted = np.concatenate([now.queue[1:], np.zeros((1, 4), dtype=int)])
        t.transition.equal(
            following.queue,
            shifted + ends * (out[rate] + 2**16 * next_a[rate] - shifted),
            name="queue",
        )
        t.every_row.boolean(now.word, now.lane, name="a word is bits")
        added = limbs((now.lane - now.word) ** 2)
        t.every_row.equal(now.queue[0], limbs(now.lane) + 2**16 * added, name="add the block")

    def _message(self, t: Table) -> None:
        now, following, publics = t.now, t.next, t.publics
        # what a row is
        t.every_row.boolean(now.full, now.pad, now.tail)
        t.first_row.equal(now.full + now.pad, 1, name="starts with the message")
        t.first_row.zero(now.tail, name="starts with the message")
        t.transition.equal(following.full + following.pad, now.full, name="after a full row")
        padding = now.pad + now.tail
        t.transition.zero(following.tail * (1 - padding), name="tail follows padding")
        t.last_row.zero(now.full + padding, name="the message ends")
        # where it is
        t.every_row.zero(now.pad * (now.clock - publics.pad_row), name="padding starts here")
        ends = padding - following.tail  # 0 or 1, see above
        t.transition.zero(ends * (now.clock - publics.final_row), name="padding ends here")
        # the bytes
        reached = 0
        for place in range(8):
            reached = reached + publics.pad_byte[place]  # 1 from the padding's first byte on
            outside = 1 - now.full - now.pad + now.pad * reached  # 1: not of the message
            byte = sum(2**k * now.word[8 * place + k] for k in range(8))
            mark = now.pad * publics.pad_byte[place]
            if place == 7:
                mark = mark + 128 * now.round[RATE_LANES - 1] * padding
            t.every_row.equal(outside * byte, mark, name=f"padding in byte {place}")
        # the result
        digest = now.out.reshape(25, 4)[:DIGEST_LANES]
        t.transition.when(ends).equal(digest, publics.digest, name="digest")
