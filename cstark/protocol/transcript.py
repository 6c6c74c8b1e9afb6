"""The Fiat-Shamir transcript: one implementation for prover and verifier.

The page `cstark.protocol`, section Transcript, has every byte of it.

Labels and data carry their lengths, so no two sequences of calls hash the same bytes; the state
moves on after every draw, so no two draws are equal by construction.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cstark.field import Element, P
from cstark.kernels import _hash

__all__ = ["ALGORITHMS", "DIGEST_BYTES", "Listener", "ProofOfWork", "Transcript", "silent"]

DIGEST_BYTES = 32
WORDS_OF_DIGEST = 4
ALGORITHMS = {"keccak256": 0, "blake3": 1, "sha256": 2}

#: Called with (kind, label, data): "absorb" and "draw" by a transcript, "item" by a stream.
Listener = Callable[[str, str, bytes], None]


def silent(kind: str, label: str, data: bytes) -> None:
    """The listener that does nothing."""


def _length(n: int) -> bytes:
    return n.to_bytes(8, "little")


@lru_cache(maxsize=256)
def _framed(label: str) -> bytes:
    """A label behind its length."""
    name = label.encode()
    return _length(len(name)) + name


class Transcript:
    """Absorbs what the prover says and draws what the verifier answers.

    Parameters
    ----------
    hash_name : {"keccak256", "blake3", "sha256"}

    Attributes
    ----------
    listener : callable
        Told of everything absorbed and drawn, in order.
    """

    def __init__(self, hash_name: str) -> None:
        self._algorithm = ALGORITHMS[hash_name]
        self.listener: Listener = silent
        self._state = bytes(DIGEST_BYTES)

    @property
    def state(self) -> bytes:
        """32 bytes that bind everything absorbed so far."""
        return self._state

    def _hash(self, data: bytes) -> bytes:
        return _hash.digest(self._algorithm, data)

    def _counted(self, prefix: bytes, first: int, count: int) -> bytes:
        """The hashes of a prefix and each of so many numbers."""
        return _hash.counted(self._algorithm, prefix, first, count)

    def absorb(self, label: str, data: bytes) -> None:
        """Make every later draw depend on `data`."""
        self._state = self._hash(
            b"".join((b"absorb\0\0", self._state, _framed(label), _length(len(data)), data))
        )
        self.listener("absorb", label, bytes(data))

    def _words(self, label: str, count: int, below: int | None = None) -> list[int]:
        """The first `count` 8-byte words of the squeezed stream, of those less than `below`."""
        framed = _framed(label)
        prefix = b"squeeze\0" + self._state + framed
        words: list[int] = []
        blocks = 0
        while len(words) < count:  # as many more as there must be, whatever they are
            more = -(-(count - len(words)) // WORDS_OF_DIGEST)
            drawn = self._counted(prefix, blocks, more)
            found = struct.unpack(f"<{WORDS_OF_DIGEST * more}Q", drawn)
            words += found if below is None else [word for word in found if word < below]
            blocks += more
        del words[count:]
        self._state = self._hash(b"advance\0" + self._state + framed + _length(blocks))
        if self.listener is not silent:
            self.listener("draw", label, struct.pack(f"<{count}Q", *words))
        return words

    def extension(self, label: str) -> Element:
        """Draw an element of the cubic extension, uniformly: three words below p.

        A word is rejected with probability 2^-32; reducing it mod p instead would make small
        elements twice as likely.
        """
        c0, c1, c2 = self._words(label, 3, P)
        return c0, c1, c2

    def extension_outside_base(self, label: str) -> Element:
        """Draw an extension element, again while it lies in the base field.

        Every trace domain and evaluation domain lies in the base field, so the result is in none.
        """
        while True:
            value = self.extension(label)
            if value[1] or value[2]:
                return value

    def positions(self, label: str, count: int, bits: int) -> list[int]:
        """Draw `count` independent positions below ``2**bits``, with replacement."""
        mask = (1 << bits) - 1
        return [word & mask for word in self._words(label, count)]

    def proof_of_work(self, bits: int) -> ProofOfWork:
        """The work asked for in the present state; the nonce is absorbed by whoever sends it."""
        return ProofOfWork(self._algorithm, bits, self._state)


@dataclass(frozen=True)
class ProofOfWork:
    """Hashes to be tried before positions are drawn, of which one in 2^bits is good enough."""

    algorithm: int
    bits: int
    state: bytes

    @property
    def _prefix(self) -> bytes:
        return b"grind" + bytes([self.bits, 0, 0]) + self.state

    def solve(self) -> int:
        """The smallest nonce that works; 0 when no work is asked for."""
        if not self.bits:
            return 0
        return _hash.grind(self.algorithm, self._prefix, self.bits, 0, 1 << 64)

    def accepts(self, nonce: int) -> bool:
        """Whether a nonce works; it must be 0 when no work is asked for."""
        if not self.bits:
            return nonce == 0
        digest = _hash.digest(self.algorithm, self._prefix + _length(nonce))
        return int.from_bytes(digest[:8], "little") & ((1 << self.bits) - 1) == 0
