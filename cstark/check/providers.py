"""Who answers on a bus: fixed lists, tables that state a rule, rows that take what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from cstark.air.description import Interaction
from cstark.check.rows import PointTable
from cstark.check.values import NodeEvaluator, reachable

__all__ = ["FLAGS", "Buses", "FixedList"]


class FixedList:
    """The messages that fixed tables receive on a bus, any number of times.

    Parameters
    ----------
    messages : ndarray
        ``(n, width)`` uint64.
    """

    def __init__(self, messages: np.ndarray) -> None:
        self.messages = messages
        self.lows = [int(v) for v in messages.min(axis=0)]
        self.highs = [int(v) for v in messages.max(axis=0)]

    @cached_property
    def asked(self) -> tuple[int, ...]:
        """Places of values that determine all of them: the rest is a function of these."""
        width = self.messages.shape[1]
        places = list(range(width))
        whole = self._different(places)
        for place in range(width - 1, -1, -1):
            fewer = [other for other in places if other != place]
            if fewer and self._different(fewer) == whole:
                places = fewer
        return tuple(places)

    @cached_property
    def answered(self) -> tuple[int, ...]:
        """The other places."""
        return tuple(k for k in range(self.messages.shape[1]) if k not in self.asked)

    def complete(self, asked: Sequence[int]) -> list[int] | None:
        """The message with these values at the places of `asked`, if there is one."""
        mask = np.ones(len(self.messages), dtype=bool)
        for place, value in zip(self.asked, asked, strict=True):
            if not self.lows[place] <= value <= self.highs[place]:
                return None
            mask &= self.messages[:, place] == np.uint64(value)
        found = np.flatnonzero(mask)
        return [int(v) for v in self.messages[found[0]]] if len(found) else None

    def _different(self, places: Sequence[int]) -> int:
        """How many different parts of messages there are."""
        columns = self.messages[:, list(places)]
        if len(places) == 1:
            return len(np.unique(columns))
        return len(_unique_rows(columns))


FLAGS = FixedList(np.array([[0], [1]], dtype=np.uint64))
"""What a flag can be."""


class Buses:
    """The receiving side of every bus of a machine.

    Parameters
    ----------
    tables : sequence of PointTable
    """

    def __init__(self, tables: Sequence[PointTable]) -> None:
        self._tables = tables
        self._receives: dict[str, list[tuple[PointTable, Interaction]]] = {}
        for table in tables:
            for interaction in table.description.interactions:
                if interaction.sign < 0:
                    self._receives.setdefault(interaction.bus, []).append((table, interaction))
        self._lists: dict[str, FixedList | None] = {}
        self._index: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def table(self, number: int) -> PointTable:
        """A table of the machine, by its position."""
        return self._tables[number]

    def fixed_list(self, bus: str) -> FixedList | None:
        """What may be looked up on a bus, if that is fixed."""
        if bus not in self._lists:
            receives = self._receives.get(bus, [])
            fixed = bool(receives) and all(
                interaction.weight == 0 and _is_fixed(table, interaction)
                for table, interaction in receives
            )
            messages = [self._messages(t, i)[0] for t, i in receives] if fixed else []
            self._lists[bus] = FixedList(np.concatenate(messages)) if fixed else None
        return self._lists[bus]

    def answers_freely(self, bus: str) -> bool:
        """Whether a message may be received any number of times: counts of sends are not bound."""
        return any(i.weight == 0 for _, i in self._receives.get(bus, []))

    def receiver(
        self, bus: str, message: Sequence[int]
    ) -> tuple[PointTable, Interaction, int] | None:
        """A table, its interaction and the row where it receives a message."""
        receives = self._receives.get(bus)
        if not receives:
            return None
        if bus not in self._index:
            self._index[bus] = self._indexed(receives)
        keys, which, rows = self._index[bus]
        key = _hash(np.array([message], dtype=np.uint64))[0]
        first, last = np.searchsorted(keys, key), np.searchsorted(keys, key, side="right")
        for place in range(first, min(last, first + 64)):
            table, interaction = receives[which[place]]
            row = int(rows[place])
            values = table.values(row, {})
            if [values[node] for node in interaction.values] == list(message):
                return table, interaction, row
        return None

    def _indexed(
        self, receives: Sequence[tuple[PointTable, Interaction]]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        keys, which, rows = [], [], []
        for number, (table, interaction) in enumerate(receives):
            messages, counts = self._messages(table, interaction)
            live = np.flatnonzero(counts)
            keys.append(_hash(messages[live]))
            which.append(np.full(len(live), number))
            rows.append(live)
        all_keys = np.concatenate(keys)
        order = np.argsort(all_keys, kind="stable")
        return all_keys[order], np.concatenate(which)[order], np.concatenate(rows)[order]

    def _messages(
        self, table: PointTable, interaction: Interaction
    ) -> tuple[np.ndarray, np.ndarray]:
        """``(rows, width)`` values and ``(rows,)`` counts."""
        description = table.description
        wanted = [*interaction.values, interaction.count]
        evaluator = NodeEvaluator(
            description, wanted, table.trace, description.preprocessed, table.publics
        )
        parts = [np.stack(arrays, axis=1) for _, arrays in evaluator.blocks()]
        whole = np.concatenate(parts)
        return np.ascontiguousarray(whole[:, :-1]), whole[:, -1]


def _is_fixed(table: PointTable, interaction: Interaction) -> bool:
    nodes = table.description.nodes
    cone = reachable(nodes, interaction.values)
    return not any(nodes[index][:2] == ("column", "main") for index in cone)


def _hash(messages: np.ndarray) -> np.ndarray:
    """A word for each message; different messages may have the same."""
    random = np.random.default_rng(20)
    factors = random.integers(0, 2**63, size=messages.shape[1], dtype=np.uint64)
    factors = 2 * factors + np.uint64(1)
    mixed = messages ^ (messages >> np.uint64(29))
    keys: np.ndarray = (mixed * factors).sum(axis=1, dtype=np.uint64)
    keys ^= keys >> np.uint64(32)
    return keys


def _unique_rows(columns: np.ndarray) -> np.ndarray:
    order = np.lexsort(columns.T[::-1])
    rows = columns[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[new]
