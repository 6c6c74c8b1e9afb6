"""SHA-256, Keccak-256 and BLAKE3, and the three tagged hashes of the Merkle trees.

SHA-256 is Python's. Keccak-256 is the original submission (padding byte 1, where SHA-3 has 6):
https://keccak.team/keccak_specs_summary.html. BLAKE3 is written from section 2 of its paper:
https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

DIGEST = 32


def sha256(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


# --- Keccak-f[1600]: lane (x, y) of the state is at x + 5 y -----------------------------------

MASK64 = 2**64 - 1
RATE = 136  # bytes absorbed at a time: 1600 bits less twice the 256 of the digest


def _round_constants() -> list[int]:
    """Bit 2^j - 1 of round i is rc(j + 7 i), rc the LFSR x^8 + x^6 + x^5 + x^4 + 1."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << (2**j - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


def _rho_pi() -> list[tuple[int, int, int]]:
    """(from, to, rotation) of each lane: B[y, 2x + 3y] = rot(A[x, y], r[x, y])."""
    moves, x, y = [(0, 0, 0)], 1, 0
    for t in range(24):
        moves.append((x + 5 * y, y + 5 * ((2 * x + 3 * y) % 5), (t + 1) * (t + 2) // 2 % 64))
        x, y = y, (2 * x + 3 * y) % 5
    return moves


ROUND_CONSTANTS = _round_constants()
RHO_PI = _rho_pi()


def _keccak_f(a: list[int]) -> list[int]:
    for constant in ROUND_CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]  # theta
        d = [c[x - 1] ^ (c[x - 4] << 1 & MASK64 | c[x - 4] >> 63) for x in range(5)]
        b = [0] * 25
        for source, target, turn in RHO_PI:
            lane = a[source] ^ d[source % 5]
            b[target] = (lane << turn & MASK64) | lane >> (64 - turn)
        a = [  # chi
            b[y + x] ^ (~b[y + (x + 1) % 5] & b[y + (x + 2) % 5])
            for y in range(0, 25, 5)
            for x in range(5)
        ]
        a[0] ^= constant  # iota
    return a


def keccak256(data: bytes) -> bytes:
    """Keccak-256 with the original padding: 1, zeros, and the last bit of the block."""
    padded = bytearray(data + bytes(RATE - len(data) % RATE))
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = [0] * 25
    for start in range(0, len(padded), RATE):
        for lane in range(RATE // 8):
            at = start + 8 * lane
            state[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _keccak_f(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


# --- BLAKE3 -------------------------------------------------------------------------------------

MASK32 = 2**32 - 1
CHUNK, BLOCK = 1024, 64
CHUNK_START, CHUNK_END, PARENT, ROOT, KEYED = 1, 2, 4, 8, 16
IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),  # columns
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),  # diagonals
)  # fmt: skip


def _schedule() -> list[tuple[int, int, int, int, int, int]]:
    """The 7 x 8 quarter rounds: four words of the state and two of the message each."""
    steps, order = [], list(range(16))
    for _ in range(7):
        for k, quarter in enumerate(QUARTERS):
            steps.append((*quarter, order[2 * k], order[2 * k + 1]))
        order = [order[index] for index in PERMUTATION]
    return steps


SCHEDULE = _schedule()


# Many messages of one length are hashed at once: a number holds one 32-bit word of each, in lanes
# of 64 bits, so that a sum of three words stays in its lane and one addition serves all messages.


def _compress(
    ones: int, chain: list[int], m: list[int], counter: int, size: int, flags: int
) -> list[int]:
    """The compression function in every lane; `ones` is a number with a 1 in each of them."""
    mask = ones * MASK32
    constants = (*IV[:4], counter & MASK32, counter >> 32, size, flags)
    v = [*chain, *(ones * constant for constant in constants)]
    for a, b, c, d, x, y in SCHEDULE:
        va, vb, vc, vd = v[a], v[b], v[c], v[d]
        va = va + vb + m[x] & mask
        vd ^= va
        vd = (vd >> 16 | vd << 16) & mask
        vc = vc + vd & mask
        vb ^= vc
        vb = (vb >> 12 | vb << 20) & mask
        va = va + vb + m[y] & mask
        vd ^= va
        vd = (vd >> 8 | vd << 24) & mask
        vc = vc + vd & mask
        vb ^= vc
        v[a], v[b], v[c], v[d] = va, (vb >> 7 | vb << 25) & mask, vc, vd
    return [v[i] ^ v[i + 8] for i in range(8)]


def _blake3_alike(messages: list[bytes], key: bytes) -> list[bytes]:
    """BLAKE3 of messages of one length."""
    ones = sum(1 << 64 * k for k in range(len(messages)))
    length = len(messages[0])
    words: tuple[int, ...] = IV
    mode = 0
    if key:
        words = tuple(int.from_bytes(key[at : at + 4], "little") for at in range(0, DIGEST, 4))
        mode = KEYED
    start = [ones * word for word in words]

    def block(at: int, size: int) -> list[int]:
        """The words of a block in lanes."""
        parts = [message[at : at + size].ljust(BLOCK, b"\0") for message in messages]
        return [
            int.from_bytes(bytes(4).join([part[k : k + 4] for part in parts]), "little")
            for k in range(0, BLOCK, 4)
        ]

    def chunk(index: int, last: int) -> list[int]:
        low, high = CHUNK * index, min(CHUNK * (index + 1), length)
        chain = start
        starts = range(low, max(high, low + 1), BLOCK)
        for at in starts:
            flags = mode | (CHUNK_START if at == low else 0)
            if at == starts[-1]:
                flags |= CHUNK_END | last
            size = min(BLOCK, high - at)
            chain = _compress(ones, chain, block(at, size), index, size, flags)
        return chain

    def tree(first: int, count: int, last: int) -> list[int]:
        if count == 1:
            return chunk(first, last)
        left = 1 << (count - 1).bit_length() - 1  # the largest power of two below `count`
        children = tree(first, left, 0) + tree(first + left, count - left, 0)
        return _compress(ones, start, children, 0, BLOCK, mode | PARENT | last)

    out = tree(0, max(1, -(-length // CHUNK)), ROOT)
    lanes = [word.to_bytes(8 * len(messages), "little") for word in out]
    return [
        b"".join([lane[at : at + 4] for lane in lanes]) for at in range(0, 8 * len(messages), 8)
    ]


def blake3_each(messages: Sequence[bytes], key: bytes = b"") -> list[bytes]:
    """BLAKE3 of each message, 32 bytes of output; keyed when `key` (32 bytes) is given."""
    alike: dict[int, list[int]] = {}
    for place, message in enumerate(messages):
        alike.setdefault(len(message), []).append(place)
    digests = [b""] * len(messages)
    for places in alike.values():
        found = _blake3_alike([messages[place] for place in places], key)
        for place, digest in zip(places, found, strict=True):
            digests[place] = digest
    return digests


def blake3(data: bytes, key: bytes = b"") -> bytes:
    """BLAKE3 of one message."""
    return blake3_each([data], key)[0]


# --- what the protocol hashes with ---------------------------------------------------------------


@dataclass(frozen=True)
class Hash:
    """One of the three hashes: plain for the transcript, tagged for the trees.

    The tags T = 1, 2, 3 of leaf, node and injected node are a lane at the end (keccak256), a byte
    at the end (sha256), or a key (blake3).
    """

    name: str
    plain: Callable[[bytes], bytes]

    def _tagged(self, messages: Sequence[bytes], tag: int) -> list[bytes]:
        if self.name == "blake3":
            key = (b"cstark leaf", b"cstark node", b"cstark inject")[tag - 1]
            return blake3_each(messages, key.ljust(DIGEST, b"\0"))
        end = tag.to_bytes(8 if self.name == "keccak256" else 1, "little")
        return [self.plain(message + end) for message in messages]

    def leaves(self, rows: Sequence[bytes]) -> list[bytes]:
        """H_leaf of each."""
        return self._tagged(rows, 1)

    def nodes(self, pairs: Sequence[bytes]) -> list[bytes]:
        """H_node of each pair of digests, left and right joined."""
        return self._tagged(pairs, 2)

    def injected(self, triples: Sequence[bytes]) -> list[bytes]:
        """H_inject of each: left, right and the leaf joined."""
        return self._tagged(triples, 3)


HASHES = {
    "keccak256": Hash("keccak256", keccak256),
    "blake3": Hash("blake3", blake3),
    "sha256": Hash("sha256", sha256),
}
