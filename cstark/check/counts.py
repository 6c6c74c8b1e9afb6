"""Exact counts of messages: equal tuples are grouped, their counts added modulo p.

Messages are ordered by a hash of their values, because one sort of words is much faster than a
sort by many columns.  The hash only brings equal messages together: what is counted as equal is
decided by the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from cstark.air.nodes import P
from cstark.kernels import _field

__all__ = ["MessageCounts", "count_exactly", "hash_messages"]

_WORDS = 1 << 25
"""Words of messages, counts and hashes that are kept at once; sorting them takes thrice that."""

_MAX_SPLITS = 32
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)

Batch = tuple[Sequence[np.ndarray], np.ndarray]
"""Columns of messages, and their counts: uint64 arrays of one length."""


def hash_messages(columns: Sequence[np.ndarray]) -> np.ndarray:
    """A 64-bit hash of each message.

    Parameters
    ----------
    columns : sequence of ndarray
        ``(n,)`` uint64 each.

    Returns
    -------
    ndarray
        ``(n,)`` uint64.
    """
    state = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        state ^= column
        state *= np.uint64(_MULTIPLIERS[0])
        state ^= state >> np.uint64(32)
    state *= np.uint64(_MULTIPLIERS[1])
    return state


def count_exactly(
    width: int, batches: Callable[[], Iterable[Batch]], words: int | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Messages whose counts do not add up to zero.

    Parameters
    ----------
    width : int
        Values a message.
    batches : callable
        Starts the messages from the beginning each time it is called.
    words : int, optional
        Bound on what is kept.  When more different messages are there, they are counted in
        several passes, each over those whose hash starts with certain bits.

    Yields
    ------
    messages : ndarray
        ``(n, width)`` uint64, one pass's; all different, from those of other passes too.
    surplus : ndarray
        ``(n,)`` uint64, sums of counts modulo p, never 0.
    """
    words = _WORDS if words is None else words
    waiting = [(0, 0)]  # parts of the hashes still to be counted: number of bits, and bits
    while waiting:
        bits, prefix = waiting.pop()
        counts = MessageCounts(width)
        limit = words
        for columns, multiplicities in batches():
            counts.add(columns, multiplicities, bits, prefix)
            if counts.words <= limit:
                continue
            counts.merge()
            while counts.words > limit // 2 and bits < _MAX_SPLITS:
                bits, prefix = bits + 1, prefix << 1
                waiting.append((bits, prefix | 1))
                counts.keep(bits, prefix)
            limit = max(words, 2 * counts.words)
        counts.merge()
        yield counts.messages, counts.surplus


class MessageCounts:
    """A collection of messages with their counts.

    Attributes
    ----------
    messages : ndarray
        ``(n, width)`` uint64; after `merge` all different.
    surplus : ndarray
        ``(n,)`` uint64: the count of each, canonical; after `merge` never 0.
    """

    def __init__(self, width: int) -> None:
        self.messages = np.empty((0, width), dtype=np.uint64)
        self.surplus = np.empty(0, dtype=np.uint64)
        self._hashes = np.empty(0, dtype=np.uint64)
        self._pending: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._size = 0

    @property
    def words(self) -> int:
        """Number of words kept."""
        return self._size * (self.messages.shape[1] + 2)

    def add(
        self, columns: Sequence[np.ndarray], counts: np.ndarray, bits: int = 0, prefix: int = 0
    ) -> None:
        """Take in messages, of those only the ones whose hash starts with `prefix`."""
        hashes = hash_messages(columns)
        if bits:
            chosen = _with_prefix(hashes, bits, prefix)
            columns = [column[chosen] for column in columns]
            counts, hashes = counts[chosen], hashes[chosen]
        if len(counts):
            self._pending.append((np.stack(columns, axis=1), counts, hashes))
            self._size += len(counts)

    def keep(self, bits: int, prefix: int) -> None:
        """Forget merged messages whose hash does not start with `prefix`."""
        chosen = _with_prefix(self._hashes, bits, prefix)
        self._set(self.messages[chosen], self.surplus[chosen], self._hashes[chosen])

    def merge(self) -> None:
        """Add up the counts of equal messages and drop those that come to zero."""
        if not self._pending:
            return
        pieces = [(self.messages, self.surplus, self._hashes), *self._pending]
        self._pending = []
        messages, counts, hashes = (np.concatenate(part) for part in zip(*pieces, strict=True))
        del pieces
        order = np.argsort(hashes)
        messages, counts, hashes = (p.take(order, axis=0) for p in (messages, counts, hashes))
        del order
        first = _first_of_equals(messages, counts, hashes)
        sums = _sum_runs(counts, first)
        alive = np.flatnonzero(sums)
        first = first[alive]
        self._set(messages.take(first, axis=0), sums[alive], hashes[first])

    def _set(self, messages: np.ndarray, surplus: np.ndarray, hashes: np.ndarray) -> None:
        self.messages, self.surplus, self._hashes = messages, surplus, hashes
        self._size = len(surplus)


def _with_prefix(hashes: np.ndarray, bits: int, prefix: int) -> np.ndarray:
    return np.flatnonzero(hashes >> np.uint64(64 - bits) == np.uint64(prefix))


def _first_of_equals(messages: np.ndarray, counts: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """Where runs of equal messages start, once sorted by hash.

    Different messages of one hash may be interleaved: such stretches are sorted by values, in
    place.
    """
    differs = _differs_from_previous(messages)
    new_hash = np.ones(len(hashes), dtype=bool)
    np.not_equal(hashes[1:], hashes[:-1], out=new_hash[1:])
    if (differs & ~new_hash).any():
        run = np.cumsum(new_hash)
        mixed = np.isin(run, run[differs & ~new_hash])
        part, number = messages[mixed], run[mixed]
        order = np.lexsort((*part.T, number))
        messages[mixed], counts[mixed] = part[order], counts[mixed][order]
        differs = _differs_from_previous(messages)
    # equal neighbours have equal hashes, so only the values count
    return np.flatnonzero(differs)


def _differs_from_previous(messages: np.ndarray) -> np.ndarray:
    differs = np.zeros(len(messages), dtype=bool)
    differs[:1] = True
    for column in messages.T:
        differs[1:] |= column[1:] != column[:-1]
    return differs


def _sum_runs(counts: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Sums modulo p of the runs that start at `first`; halves of 32 bits cannot overflow."""
    low: np.ndarray = np.add.reduceat(counts & np.uint64(0xFFFFFFFF), first) % np.uint64(P)
    high = np.add.reduceat(counts >> np.uint64(32), first) % np.uint64(P)
    _field.mul(high, np.full(len(high), 1 << 32, dtype=np.uint64), high)
    _field.add(low, high, low)
    return low
