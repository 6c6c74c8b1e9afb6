"""The random words of a proof that hides: fresh for each proof, and bound to what it says.

A mask that is used twice under different challenges is no mask. So the secret is 32 bytes that the
operating system gives when a proof is begun, and is kept nowhere but in the object that makes this
one proof: not in a machine, which may be copied to other processes, and in nothing that can be
pickled. Each tree's words are drawn from the secret together with the state of the transcript
before its root, which binds everything said so far: who starts again with other inputs draws other
words, and with the same inputs makes the same proof.
"""

from __future__ import annotations

import os
import sys
from hashlib import shake_256
from typing import NoReturn

import numpy as np

from cstark.errors import OptionsError
from cstark.field import P
from cstark.kernels import _hash

from .transcript import ALGORITHMS

__all__ = ["SECRET_BYTES", "MaskStream", "Masks"]

SECRET_BYTES = 32
WORDS = 4  # of a digest
_AT_ONCE = 1 << 14  # blocks, whose input stays in the cache


class MaskStream:
    """Pseudorandom words by number: BLAKE3 digests of a key and a counter, four words each.

    Parameters
    ----------
    key : bytes
        32 of them, used for nothing else.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = np.frombuffer(key, dtype="<u8").astype(np.uint64)

    def fill(self, out: np.ndarray, first: int = 0) -> None:
        """Write words number 4 `first` and following, as many as `out` has: contiguous uint64."""
        flat = out.reshape(-1)
        whole = len(flat) // WORDS * WORDS
        counters = np.arange(first, first + min(_AT_ONCE, -(-len(flat) // WORDS)), dtype=np.uint64)
        rows = self._rows(counters)
        for start in range(0, whole, WORDS * _AT_ONCE):
            part = flat[start : min(start + WORDS * _AT_ONCE, whole)]
            self._hash(rows[:, : len(part) // WORDS], part)
            rows[0, :, WORDS] += np.uint64(_AT_ONCE)
        if whole < len(flat):
            last = np.empty(WORDS, dtype=np.uint64)
            self._blocks(np.array([first + whole // WORDS], dtype=np.uint64), last)
            flat[whole:] = last[: len(flat) - whole]

    def pairs_at(self, numbers: np.ndarray) -> np.ndarray:
        """(k, 2): words number 2 i and 2 i + 1 for each of these numbers i."""
        numbers = numbers.astype(np.uint64)
        out = np.empty((len(numbers), 2, 2), dtype=np.uint64)
        self._blocks(numbers // 2, out)
        return np.ascontiguousarray(out[np.arange(len(numbers)), (numbers % 2).astype(np.int64)])

    def _blocks(self, counters: np.ndarray, out: np.ndarray) -> None:
        """Write the blocks of these numbers, 4 words each."""
        if len(counters):
            self._hash(self._rows(counters), out)

    def _rows(self, counters: np.ndarray) -> np.ndarray:
        """(1, k, 5): what is hashed for the blocks of these numbers."""
        rows = np.empty((1, len(counters), WORDS + 1), dtype=np.uint64)
        rows[0, :, :WORDS] = self._key
        rows[0, :, WORDS] = counters
        return rows

    def _hash(self, rows: np.ndarray, out: np.ndarray) -> None:
        place = out.reshape(1, rows.shape[1], WORDS).view(np.uint8)
        _hash.leaf_digests(ALGORITHMS["blake3"], [rows], [WORDS + 1], place)
        if sys.byteorder == "big":
            out.byteswap(inplace=True)

    def __repr__(self) -> str:
        return "<MaskStream>"


class Masks:
    """The random words of one proof.

    Parameters
    ----------
    insecure_seed : bytes, optional
        In the place of the operating system's bytes: 32 of them. Whoever knows them, or two proofs
        made with the same, can compute the trace. For tests.

    Raises
    ------
    OptionsError
        The seed is not 32 bytes.
    """

    __slots__ = ("_secret",)

    def __init__(self, insecure_seed: bytes | None = None) -> None:
        if insecure_seed is None:
            insecure_seed = os.urandom(SECRET_BYTES)
        elif not isinstance(insecure_seed, bytes) or len(insecure_seed) != SECRET_BYTES:
            raise OptionsError(f"insecure_seed: must be {SECRET_BYTES} bytes")
        self._secret = insecure_seed

    def elements(
        self, state: bytes, label: str, *shape: int, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Uniform elements of the base field: the words below p of a stream.

        Parameters
        ----------
        state : bytes
            The transcript's, of 32 bytes.
        label : str
            What they are for, in the tree that is committed next.
        *shape : int
        out : uint64 ndarray, optional
            Contiguous, of that shape: where they are written.

        Returns
        -------
        uint64 ndarray
            Of that shape.
        """
        if out is None:
            out = np.empty(shape, dtype=np.uint64)
        stream, spare = self.stream(state, label), 8
        stream.fill(out)
        while out.max(initial=np.uint64(0)) >= P:  # one in 2^32 words is
            words = np.empty(out.size + spare, dtype=np.uint64)
            stream.fill(words)
            found = words[words < P]
            if len(found) >= out.size:
                out.reshape(-1)[:] = found[: out.size]
            spare *= 2
        return out

    def stream(self, state: bytes, label: str) -> MaskStream:
        """The words of a label; its beginning does not depend on how many are taken."""
        # secret and state have 32 bytes each: different arguments give different inputs
        return MaskStream(
            shake_256(b"cstark mask" + self._secret + state + label.encode()).digest(32)
        )

    def __repr__(self) -> str:
        return "<Masks>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the masks of a proof are not to be copied")
