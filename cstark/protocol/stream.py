"""The body of a proof on its way through prover or verifier, item by item.

Whatever is written into a proof, or read from one, passes through a stream under its name in
`cstark.protocol.ledger`. The row of that name says whether the transcript absorbs the item; neither
side decides that anywhere else, so that both absorb the same bytes, and none is forgotten.
"""

from __future__ import annotations

import numpy as np

from cstark.field import Element, P

from .ledger import item_of
from .proof import Reader
from .refusals import require
from .transcript import DIGEST_BYTES, Listener, Transcript, silent

__all__ = ["ProofReader", "ProofWriter", "Stream"]


class Stream:
    """What both sides have: a transcript, and the rule by which items reach it.

    Parameters
    ----------
    hash_name : {"keccak256", "blake3", "sha256"}

    Attributes
    ----------
    transcript : Transcript
        Draws the challenges, and absorbs what is not in the body (`Instance.absorb`).
    """

    def __init__(self, hash_name: str) -> None:
        self.transcript = Transcript(hash_name)
        self._listener: Listener = silent

    def listen(self, listener: Listener) -> None:
        """Tell a callable of all that is absorbed and drawn, and of every item, from now on.

        It is called with (kind, name, data), where kind is "absorb", "draw" or "item".
        """
        self._listener = self.transcript.listener = listener

    def absent(self, item: str) -> None:
        """Pass over an item that this statement does not have: no bytes of it are absorbed."""
        self.transcript.absorb(item, b"")

    def _pass(self, item: str, data: bytes) -> None:
        self._listener("item", item, data)
        if item_of(item).absorbed_before is not None:
            self.transcript.absorb(item, data)


class ProofWriter(Stream):
    """The prover's side.

    Attributes
    ----------
    items : list of bytes
        What has been written.
    """

    def __init__(self, hash_name: str) -> None:
        super().__init__(hash_name)
        self.items: list[bytes] = []

    def write(self, item: str, data: bytes) -> None:
        """Put an item into the proof."""
        self._pass(item, data)
        self.items.append(data)

    def body(self) -> bytes:
        """All items written, as they stand in the file."""
        return b"".join(self.items)


class ProofReader(Stream, Reader):
    """The verifier's side: takes exactly what it is asked for, or raises.

    Parameters
    ----------
    hash_name : {"keccak256", "blake3", "sha256"}
    body : bytes or memoryview
    """

    def __init__(self, hash_name: str, body: bytes | memoryview) -> None:
        Stream.__init__(self, hash_name)
        Reader.__init__(self, body)

    def keep(self) -> None:
        """Copy what may be somebody's buffer: it stays as it is while it is being read."""
        self._data = memoryview(bytes(self._data))

    def take(self, count: int, what: str) -> memoryview:
        """The next `count` bytes of the body, as the item `what`."""
        taken = super().take(count, what)
        self._pass(what, bytes(taken))
        return taken

    def digest(self, item: str) -> bytes:
        """32 bytes."""
        return bytes(self.take(DIGEST_BYTES, item))

    def digests(self, count: int, item: str) -> np.ndarray:
        """(count, 32) uint8."""
        taken = self.take(DIGEST_BYTES * count, item)
        return np.frombuffer(taken, dtype=np.uint8).reshape(count, DIGEST_BYTES)

    def words(self, rows: int, width: int, item: str) -> np.ndarray:
        """(rows, width) uint64, every word below p."""
        words = np.frombuffer(self.take(8 * rows * width, item), dtype="<u8")
        require(
            not words.size or int(words.max()) < P,
            "canonical",
            f"{item} holds a word that is not below p",
        )
        return words.astype(np.uint64, copy=False).reshape(rows, width)

    def elements(self, count: int, item: str) -> list[Element]:
        """Elements of the extension field."""
        return [(a, b, c) for a, b, c in self.words(count, 3, item).tolist()]
