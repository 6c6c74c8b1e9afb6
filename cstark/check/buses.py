"""Buses that do not balance: which messages, who touches them, what they may be confused with.

Every message is counted exactly: a balance here is a balance as multisets modulo p, not one of
fingerprints.  Only a zero denominator, which depends on the challenges of a proof, cannot be seen.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from cstark.air.description import Interaction, TableDescription
from cstark.air.nodes import P
from cstark.air.tokens import Token
from cstark.check.counts import Batch, count_exactly
from cstark.check.imbalance import Imbalance, OneSidedBus, Touch, one_sided_bus, similar_bus
from cstark.check.values import NodeEvaluator
from cstark.check.wrapping import wrapped_around
from cstark.kernels import _field
from cstark.kernels._tally import Tally

__all__ = [
    "MAX_DETAILED",
    "BusCount",
    "Part",
    "TouchEntry",
    "Traffic",
    "token_touch",
    "touch_entries",
]

TouchEntry = tuple[int, int, Touch]
"""How many earlier touches of the same interaction there are, order of the table, touch."""

MAX_DETAILED = 50
"""Unbalanced messages of one bus that are described one by one; all are counted."""

_KEPT = 1 << 16
"""Unbalanced messages, of each sign, among which near misses are looked for."""

_TOUCHES = 6
_TOUCHES_EACH = 3
_NEAR_MISSES = 3
_SIMILAR = 10
"""Buses without a side for which one of a similar name is looked for."""

_LABEL = 60
"""Characters of the values in a label."""


class BusCount(NamedTuple):
    """What counting the messages of a bus showed.

    Attributes
    ----------
    imbalances : list of Imbalance
        In ascending order of the messages, at most `MAX_DETAILED`.
    unbalanced : int
        How many different messages do not balance.
    used : bool
        Whether anything is sent or received at all.
    """

    imbalances: list[Imbalance]
    unbalanced: int
    used: bool


class _PartBatch(NamedTuple):
    """Messages of one interaction on some rows.

    Attributes
    ----------
    progress : float
        How much of the table has been gone through before.
    place : int
        Which interaction of the part.
    rows, counts : ndarray
    columns : list of ndarray
        The values.
    """

    progress: float
    place: int
    rows: np.ndarray
    columns: list[np.ndarray]
    counts: np.ndarray


class Part:
    """The interactions of one table on one bus."""

    def __init__(
        self,
        description: TableDescription,
        interactions: Sequence[Interaction],
        trace: np.ndarray,
        publics: Sequence[int],
    ) -> None:
        self.name = description.name
        self.interactions = interactions
        self._description = description
        self._rows = len(trace)
        self._evaluator = NodeEvaluator(
            description,
            [node for i in interactions for node in (*i.values, i.count)],
            trace,
            description.preprocessed,
            publics,
        )

    @cached_property
    def labels(self) -> list[str]:
        """What to call each interaction."""
        return _labels(self._description, self.interactions)

    def batches(self) -> Iterator[_PartBatch]:
        """Where the count is not 0; receives count negatively."""
        for first, arrays in self._evaluator.blocks():
            values = iter(arrays)
            for place, interaction in enumerate(self.interactions):
                columns = [next(values) for _ in interaction.values]
                counts = next(values)
                live = np.flatnonzero(counts)
                if len(live) == 0:
                    continue
                if len(live) < len(counts):
                    columns = [column[live] for column in columns]
                    counts = counts[live]
                if interaction.sign < 0:
                    negated = np.empty_like(counts)
                    _field.neg(counts, negated)
                    counts = negated
                yield _PartBatch(first / self._rows, place, live + first, columns, counts)


def _labels(description: TableDescription, interactions: Sequence[Interaction]) -> list[str]:
    """What to call each; those of one name are told apart by their values."""
    labels = [interaction.label for interaction in interactions]
    often = Counter(labels)
    for place, interaction in enumerate(interactions):
        if often[interaction.label] > 1:
            values = ", ".join(map(description.render, interaction.values))
            values = values if len(values) <= _LABEL else values[: _LABEL - 1] + "…"
            labels[place] = f"{interaction.label}: {values}"
    return labels


class Traffic:
    """All messages of a machine, to be counted bus by bus.

    Parameters
    ----------
    descriptions, traces, publics : sequence
        The tables of the machine, in order; traces are ``(rows, width)`` uint64, canonical.
    tokens : sequence of Send or Receive
    """

    def __init__(
        self,
        descriptions: Sequence[TableDescription],
        traces: Sequence[np.ndarray],
        publics: Sequence[Sequence[int]],
        tokens: Sequence[Token],
    ) -> None:
        self._descriptions, self._traces, self._publics = descriptions, traces, publics
        # bus -> table -> its interactions there; gone through once for all buses
        self._interactions: dict[str, dict[int, list[Interaction]]] = {}
        for table, description in enumerate(descriptions):
            for interaction in description.interactions:
                tables = self._interactions.setdefault(interaction.bus, {})
                tables.setdefault(table, []).append(interaction)
        self._tokens: dict[str, list[tuple[int, Token]]] = {}
        for number, token in enumerate(tokens):
            self._tokens.setdefault(token.bus, []).append((number, token))
        self._similar = _SIMILAR

    def similar(self, bus: str) -> str:
        """Name of a bus that is called nearly the same, or ""; only some are answered."""
        self._similar -= 1
        return similar_bus(bus, self._interactions) if self._similar >= 0 else ""

    def touches(self, bus: str) -> bool:
        """Whether a table here sends on the bus or receives from it."""
        return bus in self._interactions

    def one_sided(self, bus: str, sign: int) -> OneSidedBus:
        """Describe a bus that has interactions of one sign only."""
        labels = {
            self._descriptions[table].name: [interaction.label for interaction in interactions]
            for table, interactions in self._interactions[bus].items()
        }
        return one_sided_bus(bus, sign, labels, self.similar(bus))

    def count(self, bus: str, width: int) -> BusCount:
        """Count the messages of a bus.

        Parameters
        ----------
        bus : str
            Name of the bus.
        width : int
            Values in a message.

        Returns
        -------
        BusCount
        """
        parts = [
            Part(self._descriptions[table], interactions, self._traces[table], self._publics[table])
            for table, interactions in self._interactions.get(bus, {}).items()
        ]
        numbered = [(n, t) for n, t in self._tokens.get(bus, ()) if t.count]
        return _count(bus, width, parts, numbered, self.similar)


def _count(
    bus: str,
    width: int,
    parts: Sequence[Part],
    numbered: Sequence[tuple[int, Token]],
    similar: Callable[[str], str],
) -> BusCount:
    signs = {token.sign for _, token in numbered}  # of all whose count is not 0 somewhere

    def numbered_batches(number: int) -> Iterator[tuple[float, int, _PartBatch]]:
        return ((batch.progress, number, batch) for batch in parts[number].batches())

    def batches() -> Iterator[Batch]:
        # Tables in step: what is sent early tends to be received early, and need not be kept.
        in_step = heapq.merge(*map(numbered_batches, range(len(parts))), key=lambda item: item[:2])
        for _, number, batch in in_step:
            signs.add(parts[number].interactions[batch.place].sign)
            yield batch.columns, batch.counts
        if numbered:
            messages = np.array([token.values for _, token in numbered], dtype=np.uint64)
            counts = np.array([token.sign * token.count % P for _, token in numbered], np.uint64)
            yield [np.ascontiguousarray(column) for column in messages.T], counts

    messages, surplus, total, seen = _unbalanced(width, batches)
    if total == 0:
        return BusCount([], 0, bool(signs))
    one_sided = seen == signs and len(signs) == 1
    positive = _is_positive(surplus)
    shown = _smallest(messages, 1 if one_sided else MAX_DETAILED)
    touches, touched = _touches(messages[shown], parts, numbered)
    result = []
    for k, index in enumerate(shown):
        values = tuple(messages[index].tolist())
        found = Imbalance(bus, values, _signed(int(surplus[index])), touches[k], touched[k])
        if not one_sided:
            others = messages[positive != positive[index]]
            found = replace(found, wrapped=wrapped_around(messages[index], others))
            if width > 1:  # of one value, every other message would be a near miss
                found = replace(found, near_misses=_near(messages[index], others))
        result.append(found)
    if one_sided:
        (sign,) = signs
        idle = [
            f"{part.name}: {interaction.label}"
            for part in parts
            for interaction in part.interactions
            if interaction.sign != sign
        ]
        missing = "receive" if sign > 0 else "send"
        first = replace(result[0], missing=missing, messages=total, idle=tuple(idle))
        result = [replace(first, similar=similar(bus))]
    return BusCount(result, total, True)


def _unbalanced(
    width: int, batches: Callable[[], Iterable[Batch]]
) -> tuple[np.ndarray, np.ndarray, int, set[int]]:
    """Unbalanced messages, of a great many only the smallest; their number; signs of all."""
    messages = np.empty((0, width), dtype=np.uint64)
    surplus = np.empty(0, dtype=np.uint64)
    total = 0
    signs: set[int] = set()
    for found, found_surplus in count_exactly(width, batches):
        total += len(found)
        positive = _is_positive(found_surplus)
        signs.update({1} if positive.any() else (), {-1} if not positive.all() else ())
        messages = np.concatenate([messages, found])
        surplus = np.concatenate([surplus, found_surplus])
        if len(messages) > 8 * _KEPT:
            messages, surplus = _smallest_of_each_sign(messages, surplus)
    return *_smallest_of_each_sign(messages, surplus), total, signs


def _smallest_of_each_sign(
    messages: np.ndarray, surplus: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    positive = _is_positive(surplus)
    kept = []
    for mask in (positive, ~positive):
        places = np.flatnonzero(mask)
        kept.append(places[_smallest(messages[places], _KEPT)])
    chosen = np.concatenate(kept)
    return messages[chosen], surplus[chosen]


def _is_positive(surplus: np.ndarray) -> np.ndarray:
    return surplus <= np.uint64(P // 2)


def _signed(value: int) -> int:
    return value if value <= P // 2 else value - P


def _smallest(messages: np.ndarray, count: int) -> np.ndarray:
    """Indices of the smallest messages in lexicographic order."""
    candidates = np.arange(len(messages))
    leading = messages[:, 0]
    if len(messages) > count:
        candidates = np.flatnonzero(leading <= np.partition(leading, count - 1)[count - 1])
    return candidates[np.lexsort(messages[candidates].T[::-1])][:count]


def _near(message: np.ndarray, others: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """Some of `others` that differ from `message` in one value, smallest first."""
    differing = np.zeros(len(others), dtype=np.int64)
    for column, value in zip(others.T, message, strict=True):
        differing += column != value
    near = others[differing == 1]
    if len(near) == 0:
        return ()
    return tuple(tuple(row.tolist()) for row in near[_smallest(near, _NEAR_MISSES)])


def _touches(
    messages: np.ndarray, parts: Sequence[Part], numbered: Sequence[tuple[int, Token]]
) -> tuple[list[tuple[Touch, ...]], list[int]]:
    """Find some of the rows and tokens that touch each message, and how many do.

    The first row of each interaction goes before the second of any: a message that is sent a
    thousand times and received once shows the receive.
    """
    found, touched = touch_entries(messages, parts)
    for number, token in numbered:
        same = (messages == np.array(token.values, dtype=np.uint64)).all(axis=1)
        for k in np.flatnonzero(same).tolist():
            touched[k] += 1
            found[k].append((0, len(parts) + number, token_touch(number, token)))
    return [_first_touches(entries) for entries in found], touched


def token_touch(number: int, token: Token) -> Touch:
    """What a token does, which is the caller's so manieth."""
    label = f"token {number}, {type(token).__name__}"
    return Touch(None, None, label, token.sign, _signed(token.count))


def touch_entries(
    messages: np.ndarray, parts: Sequence[Part]
) -> tuple[list[list[TouchEntry]], list[int]]:
    """Some of the rows that touch each message, for each interaction the first; how many do."""
    numbers = Tally(messages.shape[1])  # message -> its number, from 1 on
    columns = [np.ascontiguousarray(column) for column in messages.T]
    numbers.add(columns, np.arange(1, len(messages) + 1, dtype=np.uint64))
    touched = [0] * len(messages)
    found: list[list[TouchEntry]] = [[] for _ in messages]
    for order, part in enumerate(parts):
        seen: dict[tuple[int, int], int] = defaultdict(int)
        for _, place, rows, columns, counts in part.batches():
            interaction = part.interactions[place]
            for k, hits in _hits(numbers, columns):
                touched[k] += len(hits)
                for hit in hits[: _TOUCHES_EACH - seen[k, place]]:
                    sign = interaction.sign
                    count = _signed(sign * int(counts[hit]) % P)
                    touch = Touch(part.name, int(rows[hit]), part.labels[place], sign, count)
                    found[k].append((seen[k, place], order, touch))
                    seen[k, place] += 1
    return found, touched


def _hits(numbers: Tally, columns: Sequence[np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    """(k, positions): where in a batch message k is."""
    found = numbers.look_up(columns)
    hits = np.flatnonzero(found)
    if len(hits) == 0:
        return
    found = found[hits]
    for number in np.unique(found):
        yield int(number) - 1, hits[found == number]


def _first_touches(found: list[TouchEntry]) -> tuple[Touch, ...]:
    chosen = sorted(found, key=lambda entry: entry[:2])[:_TOUCHES]
    chosen.sort(key=lambda entry: (entry[1], entry[2].row or 0))
    return tuple(touch for _, _, touch in chosen)
