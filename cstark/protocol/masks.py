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
from hashlib import shake_256
from typing import NoReturn

import numpy as np

from cstark.errors import OptionsError
from cstark.field import P

__all__ = ["SECRET_BYTES", "Masks"]

SECRET_BYTES = 32


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

    def words(self, state: bytes, label: str, count: int) -> np.ndarray:
        """(count,) uint64, all values possible: salts.

        Parameters
        ----------
        state : bytes
            The transcript's, of 32 bytes.
        label : str
            What they are for, in the tree that is committed next.
        count : int
        """
        return np.frombuffer(self._bytes(state, label, 8 * count), dtype="<u8").astype(np.uint64)

    def elements(self, state: bytes, label: str, *shape: int) -> np.ndarray:
        """Uniform elements of the base field, uint64 of this shape: words below p of a stream."""
        count, spare = int(np.prod(shape)), 8
        while True:
            words = self.words(state, label, count + spare)
            found = words[words < P]
            if len(found) >= count:
                return found[:count].reshape(shape)
            spare *= 2

    def _bytes(self, state: bytes, label: str, count: int) -> bytes:
        # secret and state have 32 bytes each: different arguments give different inputs
        return shake_256(b"cstark mask" + self._secret + state + label.encode()).digest(count)

    def __repr__(self) -> str:
        return "<Masks>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the masks of a proof are not to be copied")
