"""Exact counts of messages: equal tuples are grouped, their counts added modulo p.

The kernel keeps every message whose count is not 0 by its values, so that nothing rests on a
hash.  When memory runs short, the messages are gone through again, some of them counted each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from cstark.kernels._tally import PARTS, Tally

__all__ = ["Batch", "count_exactly", "tallies"]

_WORDS = 1 << 27
"""Words of messages, counts and hash tables that are kept at once: 1 GiB."""

Batch = tuple[Sequence[np.ndarray], np.ndarray]
"""Columns of messages, and their counts: uint64 arrays of one length."""


def count_exactly(
    width: int, batches: Callable[[], Iterable[Batch]], words: int | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Messages whose counts do not add up to zero.

    Parameters
    ----------
    width : int
        Values in a message.
    batches : callable
        Starts the messages from the beginning each time it is called.
    words : int, optional
        Bound on what is kept, 2^27 (1 GiB) by default.  When more different messages are there,
        they are counted in several passes, each over some of the 64 parts of the kernel's table;
        a single part is never refused.

    Yields
    ------
    messages : ndarray
        ``(n, width)`` uint64; all different, from those of other arrays too.
    surplus : ndarray
        ``(n,)`` uint64, sums of counts modulo p, never 0.
    """
    for tally in tallies(width, batches, words):
        for part in tally.used:
            yield tally.surplus(part)


def tallies(
    width: int, batches: Callable[[], Iterable[Batch]], words: int | None = None
) -> Iterator[Tally]:
    """All messages counted: in one tally, or when memory runs short in several, some in each.

    Parameters are those of `count_exactly`. A message is in one of the tallies and looks as if it
    were not there in the others.
    """
    words = _WORDS if words is None else words
    waiting = list(range(PARTS))
    at_once = PARTS
    while waiting:
        parts, waiting = waiting[:at_once], waiting[at_once:]
        tally = Tally(width, parts)
        for columns, counts in batches():
            tally.add(columns, counts)
            while tally.words > words and len(parts) > 1:
                waiting.append(parts.pop())
                tally.drop(waiting[-1])
        at_once = len(parts)
        yield tally
