"""The Fiat-Shamir transcript: a chain of hashes over a state of 32 bytes, zero at first.

::

    absorb(label, data)   state = H("absorb\\0\\0" | state | len(label) | label | len(data) | data)
    squeeze(label)        block k = H("squeeze\\0" | state | len(label) | label | k), k = 0, 1, ...
                          state = H("advance\\0" | state | len(label) | label | blocks used)

Lengths, k and the number of blocks are 8 bytes, little-endian. Each block gives four 8-byte words.
"""

from __future__ import annotations

from collections.abc import Callable

from .field import Ext, P, word_bytes
from .hashes import DIGEST, Hash

Event = tuple[str, str, bytes]  # ("absorb" or "draw", label, data)


def show(event: Event) -> str:
    """One line of the challenge trace: what happened, its label, the bytes in hex."""
    kind, label, data = event
    return f"{kind}\t{label}\t{data.hex()}"


class Transcript:
    """What has been said so far; every event is handed to `trace`."""

    def __init__(self, hasher: Hash, trace: Callable[[Event], None] | None = None) -> None:
        self._hash = hasher.plain
        self._state = bytes(DIGEST)
        self._trace = trace or (lambda event: None)

    @property
    def state(self) -> bytes:
        """32 bytes that stand for all that has been said."""
        return self._state

    def absorb(self, label: str, data: bytes) -> None:
        """Let every later draw depend on `data`."""
        self._state = self._hash(
            b"absorb\0\0" + self._state + _counted(label.encode()) + _counted(data)
        )
        self._trace(("absorb", label, data))

    def _draw(self, label: str, count: int, below: int) -> list[int]:
        """The first `count` words below `below` (others are skipped, so none is likelier)."""
        named = self._state + _counted(label.encode())
        words: list[int] = []
        blocks = 0
        while len(words) < count:
            block = self._hash(b"squeeze\0" + named + word_bytes([blocks]))
            blocks += 1
            for at in range(0, DIGEST, 8):
                word = int.from_bytes(block[at : at + 8], "little")
                if word < below and len(words) < count:
                    words.append(word)
        self._state = self._hash(b"advance\0" + named + word_bytes([blocks]))
        self._trace(("draw", label, word_bytes(words)))
        return words

    def extension(self, label: str) -> Ext:
        """A uniform element of F: three words below p."""
        return Ext(*self._draw(label, 3, P))

    def extension_outside_base(self, label: str) -> Ext:
        """Draw an element of F, again and again while it lies in the base field."""
        while True:
            drawn = self.extension(label)
            if not drawn.in_base_field():
                return drawn

    def positions(self, label: str, count: int, bits: int) -> list[int]:
        """`count` numbers of `bits` bits, the low bits of a word each, with replacement."""
        return [word % 2**bits for word in self._draw(label, count, 2**64)]

    def proof_of_work(self, label: str, bits: int, nonce: int) -> bool:
        """Whether the nonce works in the present state; it is absorbed in any case.

        The low `bits` bits of H("grind" | bits | 0 0 | state | nonce) are zero; without work to
        do, only the nonce 0 is right.
        """
        work = self._hash(b"grind" + bytes([bits, 0, 0]) + self._state + word_bytes([nonce]))
        right = int.from_bytes(work[:8], "little") % 2**bits == 0
        self.absorb(label, word_bytes([nonce]))
        return right if bits else nonce == 0


def _counted(data: bytes) -> bytes:
    return word_bytes([len(data)]) + data
