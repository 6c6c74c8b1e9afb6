"""Multiplicities of a provider: how often each row of a list is asked for by everybody else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cstark.air.buses import Bus
from cstark.air.description import Interaction, TableDescription
from cstark.air.nodes import P
from cstark.air.tokens import Token
from cstark.check.buses import Part
from cstark.check.counts import Batch, tallies
from cstark.check.values import NodeEvaluator, reachable
from cstark.errors import StatementError, TraceError, did_you_mean, quoted
from cstark.kernels import _field
from cstark.kernels._tally import Tally

__all__ = ["Counting"]


class _Provider(NamedTuple):
    """The table that lists messages, and the receives whose counts are wanted."""

    description: TableDescription
    receives: tuple[Interaction, ...]


class Counting:
    """Which table's counts are wanted on a bus, and what has to be read for them.

    Parameters
    ----------
    descriptions : sequence of TableDescription
    buses : mapping of str to Bus
    bus : str
    table : str or None
        Which table's, where there is a choice.

    Attributes
    ----------
    tables : tuple of str
        Those whose traces are read.
    reads_publics : bool
        Whether any message on the bus reads a public value.

    Raises
    ------
    StatementError
        There is no such bus or table, or none or too many to count for.
    """

    def __init__(
        self,
        descriptions: Sequence[TableDescription],
        buses: Mapping[str, Bus],
        bus: str,
        table: str | None,
    ) -> None:
        self._provider = provider = _provider(descriptions, buses, bus, table)
        self._bus, self._width = bus, buses[bus].width
        self._descriptions = descriptions
        self._others = [
            [i for i in d.interactions if i.bus == bus and i not in _own(provider, d)]
            for d in descriptions
        ]
        used = [d.name for d, _ in self._with_others()]
        listed = provider.description
        if listed.rows is None or "main" in _leaves(listed, _values(provider.receives)):
            used.append(listed.name)  # for its height or its cells
        self.tables = tuple(dict.fromkeys(used))
        self.reads_publics = any(
            "public" in _leaves(d, [*_values(other), *(i.count for i in other)])
            for d, other in zip(
                [*descriptions, provider.description],
                [*self._others, list(provider.receives)],
                strict=True,
            )
        )

    def _with_others(self) -> list[tuple[TableDescription, list[Interaction]]]:
        pairs = zip(self._descriptions, self._others, strict=True)
        return [(d, others) for d, others in pairs if others]

    def run(
        self,
        traces: Mapping[str, Sequence[np.ndarray]],
        publics: Mapping[str, Sequence[int]],
        tokens: Sequence[Token],
    ) -> np.ndarray:
        """The counts.

        Parameters
        ----------
        traces : mapping of str to sequence of ndarray
            Of the tables named in `tables`, ``(rows, width)`` uint64, canonical; several of a table
            that may stand any number of times.
        publics : mapping of str to sequence of int
            Of every table; empty where none is read.
        tokens : sequence of Send or Receive
            Checked; those of other buses are passed over.

        Returns
        -------
        ndarray
            ``(rows,)`` uint64, of several receives ``(rows, receives)``.

        Raises
        ------
        TraceError
            A message is left over, or the list stands several times or not at all.
        """
        provider = self._provider
        parts = [
            Part(d, others, trace, publics[d.name])
            for d, others in self._with_others()
            for trace in traces[d.name]
        ]
        numbered = [(k, token) for k, token in enumerate(tokens) if token.bus == self._bus]

        def batches() -> Iterator[Batch]:
            for part in parts:
                for batch in part.batches():
                    yield batch.columns, batch.counts
            for _, token in numbered:
                yield _as_batch(token)

        name = provider.description.name
        # of some, nothing is read but the height, which is fixed
        own = traces.get(name, [np.empty((provider.description.rows or 0, 0), dtype=np.uint64)])
        if len(own) != 1:
            raise TraceError(
                f"table {name!r} has {len(own)} traces: to count for one of them, give it alone",
                table=name,
            )
        [trace] = own
        counts = np.zeros((len(trace), len(provider.receives)), dtype=np.uint64)
        for tally in tallies(self._width, batches):
            _take(tally, provider, trace, publics[name], counts)
            _refuse_rest(tally, self._bus, provider, parts, numbered)
        return counts[:, 0] if len(provider.receives) == 1 else counts


def _provider(
    descriptions: Sequence[TableDescription],
    buses: Mapping[str, Bus],
    bus: str,
    table: str | None,
) -> _Provider:
    """The table whose receives on the bus have columns of their own as counts."""
    if not isinstance(bus, str) or bus not in buses:
        hint = did_you_mean(bus, buses) if isinstance(bus, str) else ""
        known = ", ".join(map(repr, buses)) or "none"
        raise StatementError(f"no table uses the bus {quoted(bus)}; there are {known}{hint}")
    names = [d.name for d in descriptions]
    if table is not None and table not in names:
        hint = did_you_mean(table, names) if isinstance(table, str) else ""
        raise StatementError(f"no table {quoted(table)}; there are {', '.join(names)}{hint}")
    found: list[_Provider] = []
    for free in (True, False):  # counts that nothing bounds are those of lists
        for d in descriptions if not found else ():
            receives = tuple(
                i
                for i in d.interactions
                if i.bus == bus and _is_column(d, i) and (i.weight == 0 or not free)
            )
            if receives and table in (None, d.name):
                found.append(_Provider(d, receives))
    if not found:
        who = "no table receives" if table is None else f"table {table!r} does not receive"
        raise StatementError(
            f"{who} on bus {bus!r} as often as a column of its own says, as in t.receive({bus!r}, "
            "values, count=t.now.used): there is no column to count for"
        )
    if len(found) > 1:
        several = ", ".join(repr(p.description.name) for p in found)
        raise StatementError(f"tables {several} receive on bus {bus!r}: say which one by table=")
    columns = [found[0].description.nodes[i.count] for i in found[0].receives]
    if len(set(columns)) < len(columns):
        raise StatementError(
            f"table {found[0].description.name!r} receives twice on bus {bus!r} with one column as "
            "count of both, which cannot be counted apart"
        )
    return found[0]


def _is_column(d: TableDescription, interaction: Interaction) -> bool:
    """Whether it receives as often as a column of the row itself says."""
    node = d.nodes[interaction.count]
    return interaction.sign < 0 and node[:2] == ("column", "main") and node[3] == 0


def _own(provider: _Provider, d: TableDescription) -> tuple[Interaction, ...]:
    return provider.receives if d is provider.description else ()


def _values(interactions: Sequence[Interaction]) -> list[int]:
    return [node for i in interactions for node in i.values]


def _leaves(d: TableDescription, wanted: Sequence[int]) -> set[str]:
    """What nodes are computed from: "main", "preprocessed", "periodic", "public"."""
    nodes = [d.nodes[k] for k in reachable(d.nodes, wanted)]
    return {n[1] if n[0] == "column" else n[0] for n in nodes if n[0] in ("column", "public")}


def _as_batch(token: Token) -> tuple[list[np.ndarray], np.ndarray]:
    columns = [np.array([value], dtype=np.uint64) for value in token.values]
    return columns, np.array([token.sign * token.count % P], dtype=np.uint64)


def _take(
    tally: Tally,
    provider: _Provider,
    trace: np.ndarray,
    publics: Sequence[int],
    counts: np.ndarray,
) -> None:
    """Write the counts of the provider's rows, the first that has a message for all of it.

    What is written is taken off the tally.
    """
    description = provider.description
    for place, receive in enumerate(provider.receives):
        evaluator = NodeEvaluator(
            description, receive.values, trace, description.preprocessed, publics
        )
        for first, columns in evaluator.blocks():
            columns = [np.ascontiguousarray(column) for column in columns]
            sums = tally.look_up(columns)
            live = np.flatnonzero((sums != 0) & (sums <= np.uint64(P // 2)))
            if len(live) == 0:
                continue
            live = _first_of_equals(columns, live)
            taken = np.ascontiguousarray(sums[live])
            counts[first + live, place] = taken
            negated = np.empty_like(taken)
            _field.neg(taken, negated)
            tally.add([column[live] for column in columns], negated)


def _first_of_equals(columns: Sequence[np.ndarray], live: np.ndarray) -> np.ndarray:
    """The first row of each message, in ascending order."""
    values = np.stack([column[live] for column in columns])
    order = np.lexsort(values)  # stable, so that the first row of equals comes first
    ordered = values[:, order]
    is_first = np.ones(len(live), dtype=bool)
    is_first[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    found: np.ndarray = np.sort(live[order[is_first]])
    return found


class _Culprit(NamedTuple):
    table: str | None
    row: int | None
    label: str
    values: tuple[int, ...]
    sends: bool


def _refuse_rest(
    tally: Tally,
    bus: str,
    provider: _Provider,
    parts: Sequence[Part],
    tokens: Sequence[tuple[int, Token]],
) -> None:
    """Raise if messages are left over: sent, but in no row, or received too often by others."""
    left = sum(len(tally.surplus(number)[1]) for number in tally.used)
    if left == 0:
        return
    culprits = sorted(_culprits(tally, parts, tokens), key=lambda found: not found.sends)
    found = culprits[0]
    values = f"({', '.join(map(str, found.values))})"
    more = f"; at least {left} different messages are left over" if left > 1 else ""
    who = "" if found.table is None else f"table {found.table!r}, row {found.row}: "
    if found.sends:
        what = f"sends {values}, of which table {provider.description.name!r} has no row"
    else:
        what = f"receives {values} more often than it is sent"
    raise TraceError(
        f"bus {bus!r}: {who}{found.label} {what}{more}", table=found.table, row=found.row
    )


def _culprits(
    tally: Tally, parts: Sequence[Part], tokens: Sequence[tuple[int, Token]]
) -> Iterator[_Culprit]:
    """The first row of each table that touches what is left, and the tokens that do."""
    for part in parts:
        first: dict[bool, _Culprit] = {}
        for batch in part.batches():
            surplus = tally.look_up(batch.columns)
            for sends in (True, False):
                is_of_this_side = (surplus <= np.uint64(P // 2)) == sends
                same_side = (batch.counts <= np.uint64(P // 2)) == sends
                hits = np.flatnonzero((surplus != 0) & is_of_this_side & same_side)
                if len(hits) == 0:
                    continue
                row = int(batch.rows[hits[0]])
                if sends not in first or row < (first[sends].row or 0):
                    values = tuple(int(column[hits[0]]) for column in batch.columns)
                    label = part.labels[batch.place]
                    first[sends] = _Culprit(part.name, row, label, values, sends)
        yield from first.values()
    for number, token in tokens:
        columns, counts = _as_batch(token)
        left = int(tally.look_up(columns)[0])
        is_send = left <= P // 2
        if left and is_send == (int(counts[0]) <= P // 2):
            label = f"token {number}, {type(token).__name__},"
            yield _Culprit(None, None, label, tuple(token.values), is_send)
