"""The random words of a run in shards that hide their traces.

A run has one secret, which the operating system gives when its first part begins. Of it each shard
gets one of its own, by its number, and the total of the masks of its table sums; so the process
that makes a shard needs nothing of the others, and what it is given says nothing of them. Masks of
a tree are then made as in a single proof (`cstark.protocol.masks`), from the shard's secret and all
that its transcript has absorbed.

Once z and alpha have been drawn, a secret is bound to the heads that they were drawn from: the same
columns with the same masks under other challenges would show more values than the masks hide. Who
has to begin again with another head, whichever it is, begins again with every shard and with a new
secret.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256
from typing import NoReturn

from cstark import field
from cstark.errors import OptionsError
from cstark.field import Element
from cstark.limits import MAX_SHARDS

from ..masks import SECRET_BYTES, Masks
from .challenges import Place

__all__ = ["RunSecret", "ShardSecret"]


@dataclass(frozen=True, repr=False)
class ShardSecret:
    """What the masks of one shard are made from.

    It can be pickled, because it travels to the process that makes the shard, in the task that is
    handed out; it is in nothing that comes back. Its repr does not show it.

    Attributes
    ----------
    secret : bytes
        32 of them, in the place of those that the operating system gives for a single proof.
    total : Element
        Of the masks of all table sums of the shard. Over all shards these add up to 0.
    """

    secret: bytes
    total: Element

    def __repr__(self) -> str:
        return "<ShardSecret>"


class RunSecret:
    """The secret of all shards of one run.

    Parameters
    ----------
    secret : bytes, optional
        32 of them; by default the operating system's.
    silent : sequence of int
        Shards without any messages: they have no table sum, so no share in the masks of sums.

    Raises
    ------
    OptionsError
        The secret does not have 32 bytes.

    Attributes
    ----------
    silent : tuple of int
    """

    __slots__ = ("_secret", "silent")

    def __init__(self, secret: bytes | None = None, silent: Sequence[int] = ()) -> None:
        if secret is None:
            secret = os.urandom(SECRET_BYTES)
        elif not isinstance(secret, bytes) or len(secret) != SECRET_BYTES:
            raise OptionsError(f"insecure_seed: must be {SECRET_BYTES} bytes")
        self._secret = secret
        self.silent = tuple(silent)

    def of(self, place: Place, statement: bytes) -> ShardSecret:
        """The secret of a shard.

        Parameters
        ----------
        place : Place
        statement : bytes
            A digest of 32 bytes of the key, the statement and the number of shards.
        """
        silent = b"".join(number.to_bytes(2, "little") for number in self.silent)
        words = (self._secret, statement, place.index.to_bytes(2, "little"), silent)
        own = shake_256(b"cstark shard secret" + b"".join(words)).digest(SECRET_BYTES)
        total = field.ZERO
        if place.index not in self.silent:
            here, there = place.index, self._next(place)
            total = field.sub(self._share(here, statement), self._share(there, statement))
        return ShardSecret(own, total)

    def _next(self, place: Place) -> int:
        """The shard with messages that follows, or the first one after the last."""
        index = (place.index + 1) % place.count
        while index in self.silent:
            index = (index + 1) % place.count
        return index

    def _share(self, index: int, statement: bytes) -> Element:
        """A uniform element that two neighbours have in common."""
        drawn = Masks(self._secret).elements(statement, f"sums of shard {index}", 3)
        a, b, c = drawn.tolist()
        return (a, b, c)

    @property
    def name(self) -> str:
        """What tells it from other secrets, and says nothing of it."""
        return sha256(b"cstark name of a secret" + self._secret).hexdigest()[:16]

    def to_text(self) -> str:
        """For a file that nobody else may read."""
        return self._secret.hex() + "\n" + " ".join(map(str, self.silent)) + "\n"

    @classmethod
    def from_text(cls, text: str) -> RunSecret | None:
        """Read `to_text`; None for what is none."""
        lines = text.split("\n")
        if len(lines) != 3 or lines[2] or len(lines[0]) != 2 * SECRET_BYTES:
            return None
        try:
            found = cls(bytes.fromhex(lines[0]), [int(number) for number in lines[1].split()])
        except ValueError:
            return None
        allowed = all(0 <= number < MAX_SHARDS for number in found.silent)
        return found if allowed and found.to_text() == text else None

    def __repr__(self) -> str:
        return "<RunSecret>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the secret of a run is not to be copied")
