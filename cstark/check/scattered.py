"""Buses whose messages are in several processes: what does not balance, without gathering all.

Three questions are put to every process, each of which has its own tables in memory meanwhile.

1. `Share.sums`: messages are hashed into buckets; the counts of a bucket, each multiplied by
   another hash of its message, are added up modulo p. Where the sums of all processes are not 0,
   something does not balance; where they are 0, all messages do, but for a chance of about 2^-50.
2. `Share.surplus`: the messages of some such buckets, with the sum of their counts.
3. `Share.touches`: rows that send or receive some of these messages.

So a process returns some numbers for each bus, then about a ten-thousandth of its messages. The
second answer is exact: that a message does not balance rests on no hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cstark.air.description import Interaction, TableDescription
from cstark.air.nodes import P
from cstark.air.tokens import Token
from cstark.check.buses import Part, TouchEntry, touch_entries
from cstark.check.counts import Batch, count_exactly
from cstark.kernels import _field

__all__ = [
    "BUCKETS",
    "Messages",
    "Share",
    "added",
    "bucket_sums",
    "in_buckets",
    "token_batches",
    "unbalanced_buckets",
]

_BUCKET_BITS = 14
BUCKETS = 1 << _BUCKET_BITS
"""Of each bus."""

Messages = tuple[np.ndarray, np.ndarray]
"""Different messages (n, width), and the sums of their counts modulo p (n,), none of them 0."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden mean: its bits have no pattern
_SHIFT = np.uint64(29)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


class Share:
    """The messages of one process.

    Parameters
    ----------
    descriptions, traces, publics : sequence
        Its tables, as for `cstark.check.buses.Traffic`.
    widths : mapping of str to int
        Bus -> number of values in a message.
    seed : int
        Below 2^64, the same for all processes.
    """

    def __init__(
        self,
        descriptions: Sequence[TableDescription],
        traces: Sequence[np.ndarray],
        publics: Sequence[Sequence[int]],
        widths: Mapping[str, int],
        seed: int,
    ) -> None:
        self._widths, self._seed = widths, seed
        self._parts: dict[str, list[Part]] = {}
        for description, trace, values in zip(descriptions, traces, publics, strict=True):
            mine: dict[str, list[Interaction]] = {}
            for interaction in description.interactions:
                mine.setdefault(interaction.bus, []).append(interaction)
            for bus, interactions in mine.items():
                part = Part(description, interactions, trace, values)
                self._parts.setdefault(bus, []).append(part)

    def _batches(self, bus: str) -> Iterator[Batch]:
        for part in self._parts.get(bus, ()):
            for batch in part.batches():
                yield batch.columns, batch.counts

    def sums(self) -> dict[str, np.ndarray]:
        """Of each bus that is used here, the sums of its buckets: (BUCKETS,) uint64."""
        return {bus: bucket_sums(self._batches(bus), self._seed) for bus in self._parts}

    def surplus(self, buckets: Mapping[str, np.ndarray]) -> dict[str, Messages]:
        """What is here of the messages in some buckets of some buses."""
        found = {}
        for bus, chosen in buckets.items():
            if bus in self._parts:
                found[bus] = added(
                    self._widths[bus], in_buckets(self._batches(bus), chosen, self._seed)
                )
        return found

    def touches(self, messages: Mapping[str, np.ndarray]) -> dict[str, list[list[TouchEntry]]]:
        """Some rows that send or receive each message, by bus."""
        return {
            bus: touch_entries(wanted, self._parts[bus])[0]
            for bus, wanted in messages.items()
            if bus in self._parts
        }


def token_batches(tokens: Sequence[Token], bus: str) -> list[Batch]:
    """The tokens of a bus, as a batch of messages, if there are any."""
    mine = [token for token in tokens if token.bus == bus and token.count]
    if not mine:
        return []
    messages = np.array([token.values for token in mine], dtype=np.uint64)
    counts = np.array([token.sign * token.count % P for token in mine], dtype=np.uint64)
    return [([np.ascontiguousarray(column) for column in messages.T], counts)]


def added(width: int, batches: Iterator[Batch] | Sequence[Batch]) -> Messages:
    """Equal messages put together; those whose counts add up to 0 are left out."""
    kept = list(batches)
    found = [*count_exactly(width, lambda: kept)]
    if not found:
        return np.empty((0, width), dtype=np.uint64), np.empty(0, dtype=np.uint64)
    return (
        np.concatenate([messages for messages, _ in found]),
        np.concatenate([counts for _, counts in found]),
    )


def unbalanced_buckets(sums: Sequence[np.ndarray]) -> np.ndarray:
    """The buckets whose sums, added up over all processes, are not 0 modulo p."""
    low = sum((part & _LOW for part in sums), np.zeros(BUCKETS, dtype=np.uint64))
    high = sum((part >> _HALF for part in sums), np.zeros(BUCKETS, dtype=np.uint64))
    return np.flatnonzero(_canonical(low, high))


def bucket_sums(batches: Iterator[Batch] | Sequence[Batch], seed: int) -> np.ndarray:
    """The sum over the messages in each bucket of the count times the hash, modulo p."""
    low = np.zeros(BUCKETS, dtype=np.uint64)
    high = np.zeros(BUCKETS, dtype=np.uint64)
    for columns, counts in batches:
        buckets, factors = _hashes(columns, seed)
        products = np.empty_like(counts)
        _field.mul(np.ascontiguousarray(counts), factors, products)
        # As floats halves of words are exact, and so are the sums of fewer than 2^21 of them.
        for half, total in ((products & _LOW, low), (products >> _HALF, high)):
            total += np.bincount(buckets, half.astype(np.float64), BUCKETS).astype(np.uint64)
    return _canonical(low, high)


def _canonical(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """low + 2^32 high modulo p; the sums of up to 2^31 halves of words."""
    total = (low.astype(object) + (high.astype(object) << 32)) % P
    return np.asarray(total, dtype=np.uint64)


def in_buckets(
    batches: Iterator[Batch] | Sequence[Batch], chosen: np.ndarray, seed: int
) -> Iterator[Batch]:
    """The messages that are in some buckets."""
    wanted = np.zeros(BUCKETS, dtype=bool)
    wanted[chosen] = True
    for columns, counts in batches:
        hits = np.flatnonzero(wanted[_hashes(columns, seed)[0]])
        if len(hits):
            yield [np.ascontiguousarray(column[hits]) for column in columns], counts[hits]


def _hashes(columns: Sequence[np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Bucket of each message, and another hash of it that is not 0 modulo p."""
    state = np.full(len(columns[0]), seed, dtype=np.uint64)
    for column in columns:
        state ^= column
        for _ in range(2):
            state *= _FACTOR
            state ^= state >> _SHIFT
    buckets = (state >> np.uint64(64 - _BUCKET_BITS)).astype(np.int64)
    factors = (state & np.uint64((1 << (64 - _BUCKET_BITS)) - 1)) | np.uint64(1)
    return buckets, factors
