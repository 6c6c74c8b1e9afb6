"""Which messages do not balance over all shards: asked of the workers when the sums do not cancel.

No process has all messages, so that `cstark.check` cannot count them in one place. The shards are
gone through up to three times more, each time where they are proved, with the questions of
`cstark.check.scattered`; a proof that balances pays nothing for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cstark.errors import TraceError
from cstark.field import P
from cstark.shards.worker import ShardTask, here, read_shard

if TYPE_CHECKING:
    from cstark.air.tokens import Token
    from cstark.check.buses import TouchEntry
    from cstark.check.counts import Batch

__all__ = ["Ask", "Question", "answer", "raise_imbalance"]

_MESSAGES = 10
"""Messages of a bus that are described; more are counted."""
_BUSES = 3
"""Buses whose messages are described; more are named."""
_BUCKETS = 16
"""Buckets of a bus whose messages are gathered."""
_SIDE = 3
"""Rows on each side that are named first."""
_TOUCHES = 6

Ask = Callable[["Question"], Sequence[Any]]
"""Puts a question to all shards; the answers are in their order."""


@dataclass(frozen=True)
class Question:
    """What a worker is asked of its shard.

    Attributes
    ----------
    seed : int
        Of the hashes.
    buckets : mapping of str to ndarray
        The messages of these, by bus; or
    messages : mapping of str to ndarray
        who sends and receives these; or if both are empty, the sums of all buckets.
    """

    seed: int
    buckets: Mapping[str, np.ndarray] = field(default_factory=dict)
    messages: Mapping[str, np.ndarray] = field(default_factory=dict)


def answer(task: ShardTask, question: Question) -> Any:
    """What `cstark.check.scattered.Share` says of a shard, whose traces are made once more."""
    from cstark.check.scattered import Share

    def look() -> Any:
        key, _, arrays, instance = read_shard(task)
        widths = {bus: width for bus, (_, width) in key.description.buses.items()}
        share = Share(key.description.tables, arrays, instance.publics, widths, question.seed)
        if question.messages:
            return share.touches(question.messages)
        return share.surplus(question.buckets) if question.buckets else share.sums()

    return here(task, look)


def raise_imbalance(ask: Ask, widths: Mapping[str, int], tokens: Sequence[Token]) -> None:
    """Raise `TraceError` for the messages that do not balance; return if all do.

    Parameters
    ----------
    ask : callable
    widths : mapping of str to int
        Bus -> number of values in a message, in the order of the buses.
    tokens : sequence of Send or Receive
        Of the whole.
    """
    from cstark.check import scattered

    seed = secrets.randbits(64)
    shares = ask(Question(seed))
    buckets = {}
    for bus in widths:
        sums = [share[bus] for share in shares if bus in share]
        sums.append(scattered.bucket_sums(scattered.token_batches(tokens, bus), seed))
        wrong = scattered.unbalanced_buckets(sums)
        if len(wrong):
            buckets[bus] = wrong
    if not buckets:
        return
    chosen = {bus: buckets[bus][:_BUCKETS] for bus in list(buckets)[:_BUSES]}
    shares = ask(Question(seed, buckets=chosen))
    messages: dict[str, np.ndarray] = {}
    surplus: dict[str, list[int]] = {}
    for bus, wanted in chosen.items():
        batches: list[Batch] = [
            ([np.ascontiguousarray(column) for column in values.T], counts)
            for values, counts in (share[bus] for share in shares if bus in share)
            if len(values)
        ]
        batches += scattered.in_buckets(scattered.token_batches(tokens, bus), wanted, seed)
        values, counts = scattered.added(widths[bus], batches)
        order = np.lexsort(values.T[::-1])[:_MESSAGES]
        messages[bus] = values[order]
        surplus[bus] = [count if count <= P // 2 else count - P for count in counts[order].tolist()]
    messages = {bus: values for bus, values in messages.items() if len(values)}
    if not messages:
        raise TraceError(
            f"the buses {', '.join(map(repr, buckets))} of all shards together do not balance; the "
            "traces of a shard are not the same each time they are made"
        )
    entries = ask(Question(seed, messages=messages))
    raise _error(buckets, messages, surplus, entries, tokens)


@dataclass(frozen=True)
class _Place:
    """A row or a token that sends or receives a message; `shard` counts from 0."""

    shard: int | None
    touch: Any


def _error(
    buckets: Mapping[str, np.ndarray],
    messages: Mapping[str, np.ndarray],
    surplus: Mapping[str, Sequence[int]],
    entries: Sequence[Mapping[str, list[list[TouchEntry]]]],
    tokens: Sequence[Token],
) -> TraceError:
    """The first message in full, the others shortly."""
    from cstark.check.show import message_text, surplus_text, touch_text

    lines: list[str] = []
    culprit: _Place | None = None
    for bus, values in messages.items():
        for k, message in enumerate(values.tolist()):
            head = f"bus {bus!r}: {message_text(message)} is {surplus_text(surplus[bus][k])}"
            if culprit is not None:
                lines.append(head)
                continue
            places = _places(bus, k, message, entries, tokens)
            lines.append(f"{head}, over all shards")
            for place in places:
                lines.append(f"    {_where(place, len(entries))}{touch_text(place.touch)}")
            culprit = _culprit(places, surplus[bus][k])
        more = len(buckets[bus]) - len(values)
        if more > 0:
            lines.append(f"bus {bus!r}: about {more:,} other messages do not balance")
    rest = [repr(bus) for bus in buckets if bus not in messages]
    if rest:
        lines.append(f"neither do buses {', '.join(rest)}")
    touch = None if culprit is None else culprit.touch
    return TraceError(
        "\n".join(lines),
        table=None if touch is None else touch.table,
        row=None if touch is None else touch.row,
        constraint=f"bus {next(iter(messages))!r}",
    )


def _where(place: _Place, count: int) -> str:
    return "" if place.shard is None else f"shard {place.shard + 1} of {count}, "


def _places(
    bus: str,
    k: int,
    message: Sequence[int],
    entries: Sequence[Mapping[str, list[list[TouchEntry]]]],
    tokens: Sequence[Token],
) -> list[_Place]:
    """Some that send and some that receive it, in the order of the shards; tokens last."""
    from cstark.check.buses import token_touch

    found = [
        ((seen, shard, order), _Place(shard, touch))
        for shard, share in enumerate(entries)
        if bus in share
        for seen, order, touch in share[bus][k]
    ]
    found += [
        ((0, len(entries), number), _Place(None, token_touch(number, token)))
        for number, token in enumerate(tokens)
        if token.bus == bus and token.count and [v % P for v in token.values] == list(message)
    ]
    found.sort(key=lambda entry: entry[0])
    sides = [[entry for entry in found if entry[1].touch.sign == sign] for sign in (1, -1)]
    first = [entry for side in sides for entry in side[:_SIDE]]
    rest = sorted((entry for side in sides for entry in side[_SIDE:]), key=lambda e: e[0])
    chosen = [*first, *rest][:_TOUCHES]
    return [place for _, place in sorted(chosen, key=lambda entry: (entry[0][1:], entry[0][0]))]


def _culprit(places: Sequence[_Place], surplus: int) -> _Place | None:
    """A row on the side of which there is too much, if there is one."""
    in_tables = [place for place in places if place.touch.table is not None]
    sign = 1 if surplus > 0 else -1
    return next((p for p in in_tables if p.touch.sign == sign), next(iter(in_tables), None))
