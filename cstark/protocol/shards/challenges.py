"""What the transcripts of shards absorb beside the rounds: their statement, and each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cstark.field import Element

from ..proof import encode_options
from ..standing import Heights, encode_heights
from ..transcript import Transcript
from ..version import VERSION

if TYPE_CHECKING:
    from ..key import VerifyingKey
    from ..statement import Instance

__all__ = ["Place", "Shared", "absorb_shard", "absorb_shared", "draw_shared"]

SHARD = b"cstark shard of a multi-table STARK, Goldilocks^3, version %d" % VERSION
SHARDS = b"cstark shards of a multi-table STARK, Goldilocks^3, version %d" % VERSION


@dataclass(frozen=True)
class Place:
    """Which shard it is.

    Attributes
    ----------
    index : int
        From 0.
    count : int
        How many there are.
    """

    index: int
    count: int

    @property
    def is_last(self) -> bool:
        """Whether the tables that stand once stand there."""
        return self.index == self.count - 1

    def __str__(self) -> str:
        return f"shard {self.index + 1} of {self.count}"


@dataclass(frozen=True)
class Shared:
    """The challenges that all shards have in common.

    Attributes
    ----------
    z, alpha : Element
    state : bytes
        Of the transcript that drew them: it binds the heads of all shards.
    """

    z: Element
    alpha: Element
    state: bytes


def absorb_shard(
    transcript: Transcript, key: VerifyingKey, publics: bytes, heights: Heights, place: Place
) -> None:
    """Round 0 of a shard."""
    transcript.absorb("protocol", SHARD)
    transcript.absorb("key", key.digest)
    transcript.absorb("options", encode_options(key.options))
    transcript.absorb("shard", _number(place.count) + _number(place.index))
    transcript.absorb("log heights", encode_heights(heights))
    transcript.absorb("publics", publics)


def draw_shared(key: VerifyingKey, instance: Instance, states: Iterable[bytes]) -> Shared:
    """The common challenges, when all main columns are fixed.

    Parameters
    ----------
    key : VerifyingKey
    instance : Instance
        Of the whole: its tokens and its claim.
    states : iterable of bytes
        Of the transcripts of all shards, in order, after their pins.
    """
    transcript, states = Transcript(key.options.hash), list(states)
    transcript.absorb("protocol", SHARDS)
    transcript.absorb("key", key.digest)
    transcript.absorb("options", encode_options(key.options))
    transcript.absorb("shards", _number(len(states)))
    transcript.absorb("tokens", instance.token_bytes(key))
    transcript.absorb("claim", instance.claim)
    for state in states:
        transcript.absorb("head", state)
    z, alpha = transcript.extension("z"), transcript.extension("alpha")
    return Shared(z, alpha, transcript.state)


def absorb_shared(transcript: Transcript, shared: Shared) -> None:
    """Bind a shard to all the others."""
    numbers = b"".join(map(_number, (*shared.z, *shared.alpha)))
    transcript.absorb("shared", shared.state + numbers)


def _number(value: int) -> bytes:
    return value.to_bytes(8, "little")
