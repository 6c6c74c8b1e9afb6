"""What the nodes of a table are worth: on a stretch of rows as arrays, on one row as integers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from cstark.air.description import TableDescription
from cstark.air.nodes import Node, P
from cstark.kernels import _field

__all__ = ["NodeEvaluator", "RowValues", "evaluate_nodes", "reachable"]

_OPERATIONS = ("add", "sub", "mul")
_KERNELS = {"add": _field.add, "sub": _field.sub, "mul": _field.mul}

_BLOCK_ROWS = 1 << 14
"""Arrays of 128 KiB stay in the cache and are recycled by the allocator."""

_BLOCK_WORDS = 1 << 23
"""A block holds at most this many values, 64 MiB, whatever the number of nodes."""


def reachable(nodes: Sequence[Node], wanted: Iterable[int]) -> list[int]:
    """The nodes that `wanted` are computed from, themselves included, operands first."""
    found = set(wanted)
    stack = list(found)
    while stack:
        node = nodes[stack.pop()]
        if node[0] in _OPERATIONS:
            for operand in node[1:]:
                if operand not in found:
                    found.add(operand)
                    stack.append(operand)
    return sorted(found)  # operands have smaller indices than what is made of them


class NodeEvaluator:
    """Some nodes of a table, ready to be evaluated on stretches of rows.

    Parameters
    ----------
    description : TableDescription
        The table.
    wanted : sequence of int
        The nodes; repeats are allowed.
    trace : ndarray
        ``(rows, width)`` uint64, canonical.
    preprocessed : ndarray or None
        ``(rows, preprocessed_width)`` uint64, canonical.
    publics : sequence of int
        The public values, canonical.
    """

    def __init__(
        self,
        description: TableDescription,
        wanted: Sequence[int],
        trace: np.ndarray,
        preprocessed: np.ndarray | None,
        publics: Sequence[int],
    ) -> None:
        self._nodes = description.nodes
        self._periodic = description.periodic
        self._wanted = tuple(wanted)
        self._sources = _sources(trace, preprocessed)
        self._publics = publics
        self._rows = len(trace)
        self._order = reachable(self._nodes, self._wanted)
        self._last_use = self._last_uses()

    @property
    def block_rows(self) -> int:
        """How many rows to evaluate at once, so that memory stays bounded."""
        fitting = _BLOCK_WORDS // max(1, len(self._order))
        return max(256, min(_BLOCK_ROWS, fitting))

    def blocks(self) -> Iterator[tuple[int, list[np.ndarray]]]:
        """(first row, values of the wanted nodes) over the whole trace."""
        step = self.block_rows
        for first in range(0, self._rows, step):
            yield first, self.run(first, min(first + step, self._rows))

    def run(self, first_row: int, last_row: int) -> list[np.ndarray]:
        """Values on the rows ``first_row <= row < last_row``.

        Returns
        -------
        list of ndarray
            One ``(last_row - first_row,)`` uint64 array a wanted node, canonical.
        """
        return self._run(last_row - first_row, lambda node: self._column(node, first_row, last_row))

    def at(
        self, rows: np.ndarray, changed: Mapping[tuple[int, int], np.ndarray] | None = None
    ) -> list[np.ndarray]:
        """Values on any rows, as they are or with some cells changed for each.

        Parameters
        ----------
        rows : ndarray
            ``(n,)`` int64; repeats are allowed.
        changed : mapping, optional
            A main column and 0 or 1 -> ``(n,)`` uint64 values, canonical: what the nodes read of
            this column in the row itself (0) or in the next row (1) is replaced by these.

        Returns
        -------
        list of ndarray
            One ``(n,)`` uint64 array a wanted node, canonical.
        """

        def read(node: Node) -> np.ndarray:
            _, source, index, shift = node
            if changed and source == "main" and (index, shift) in changed:
                return changed[index, shift]
            if source == "periodic":
                column = np.array(self._periodic[index], dtype=np.uint64)
                return np.take(column, rows % len(column))
            cells: np.ndarray = self._sources[source][(rows + shift) % self._rows, index]
            return cells

        return self._run(len(rows), read)

    def _run(self, count: int, read: Callable[[Node], np.ndarray]) -> list[np.ndarray]:
        values: dict[int, np.ndarray | int] = {}
        for index in self._order:
            node = self._nodes[index]
            if node[0] == "constant":
                values[index] = node[1]
            elif node[0] == "public":
                values[index] = int(self._publics[node[1]])
            elif node[0] == "column":
                values[index] = read(node)
            else:
                values[index] = _operate(node[0], values[node[1]], values[node[2]], count)
                for operand in {node[1], node[2]}:
                    if self._last_use.get(operand) == index:
                        del values[operand]
        return [_as_array(values[index], count) for index in self._wanted]

    def _last_uses(self) -> dict[int, int]:
        """Where each intermediate value is used last; wanted nodes are kept."""
        uses: dict[int, int] = {}
        for index in self._order:
            node = self._nodes[index]
            if node[0] in _OPERATIONS:
                uses[node[1]] = uses[node[2]] = index
        for index in self._wanted:
            uses.pop(index, None)
        return uses

    def _column(self, node: Node, first_row: int, last_row: int) -> np.ndarray:
        _, source, index, shift = node
        if source == "periodic":
            column = np.array(self._periodic[index], dtype=np.uint64)
            return column[np.arange(first_row, last_row) % len(column)]
        matrix = self._sources[source]
        if last_row + shift <= self._rows:
            return np.ascontiguousarray(matrix[first_row + shift : last_row + shift, index])
        # the row after the last one is the first one
        return np.append(matrix[first_row + 1 :, index], matrix[0, index])


def evaluate_nodes(
    description: TableDescription,
    nodes_wanted: Sequence[int],
    trace: np.ndarray,
    preprocessed: np.ndarray | None,
    publics: Sequence[int],
    first_row: int,
    last_row: int,
) -> list[np.ndarray]:
    """Evaluate nodes of a table on a stretch of rows.

    Parameters
    ----------
    description : TableDescription
        The table.
    nodes_wanted : sequence of int
        Indices in ``description.nodes``.
    trace : ndarray
        ``(rows, width)`` uint64, canonical.
    preprocessed : ndarray or None
        ``(rows, preprocessed_width)`` uint64, canonical; None without preprocessed columns.
    publics : sequence of int
        The public values, canonical.
    first_row, last_row : int
        The rows ``first_row <= row < last_row``; the next row of the last row is row 0.

    Returns
    -------
    list of ndarray
        One ``(last_row - first_row,)`` uint64 array a node, canonical.

    Examples
    --------
    >>> import numpy as np
    >>> from cstark.air import Air, describe
    >>> from cstark.check.values import evaluate_nodes
    >>> class Sum(Air):
    ...     columns = ("total", "term")
    ...     def constrain(self, t):
    ...         t.transition.zero(t.next.total - t.now.total - t.now.term)
    >>> table = describe("sum", Sum())
    >>> trace = np.array([[0, 5], [5, 1], [7, 0], [7, 0]], dtype=np.uint64)
    >>> evaluate_nodes(table, [table.constraints[0].node], trace, None, (), 0, 3)[0].tolist()
    [0, 1, 0]
    """
    evaluator = NodeEvaluator(description, nodes_wanted, trace, preprocessed, publics)
    return evaluator.run(first_row, last_row)


class RowValues:
    """The nodes of a table on one row, as integers, computed when asked for.

    Parameters are those of `evaluate_nodes`, and the row.
    """

    def __init__(
        self,
        description: TableDescription,
        trace: np.ndarray,
        preprocessed: np.ndarray | None,
        publics: Sequence[int],
        row: int,
    ) -> None:
        self._description = description
        self._sources = _sources(trace, preprocessed)
        self._publics = publics
        self._row = row
        self._rows = len(trace)
        self._known: dict[int, int] = {}

    def __getitem__(self, node: int) -> int:
        """Value of a node, canonical."""
        known = self._known
        if node not in known:
            for index in reachable(self._description.nodes, [node]):
                if index not in known:
                    known[index] = self._value(self._description.nodes[index])
        return known[node]

    def _value(self, node: Node) -> int:
        kind = node[0]
        if kind == "constant":
            return int(node[1])
        if kind == "public":
            return int(self._publics[node[1]])
        if kind == "column":
            _, source, index, shift = node
            if source == "periodic":
                period = self._description.periodic[index]
                return period[self._row % len(period)]
            return int(self._sources[source][(self._row + shift) % self._rows, index])
        return _scalar(kind, self._known[node[1]], self._known[node[2]])


def _sources(trace: np.ndarray, preprocessed: np.ndarray | None) -> dict[str, np.ndarray]:
    """The matrices that column nodes name."""
    found = {"main": trace}
    return found if preprocessed is None else {**found, "preprocessed": preprocessed}


def _scalar(kind: str, a: int, b: int) -> int:
    return (a + b if kind == "add" else a - b if kind == "sub" else a * b) % P


def _operate(kind: str, a: np.ndarray | int, b: np.ndarray | int, count: int) -> np.ndarray | int:
    if isinstance(a, int) and isinstance(b, int):
        return _scalar(kind, a, b)
    out = np.empty(count, dtype=np.uint64)
    _KERNELS[kind](_as_array(a, count), _as_array(b, count), out)
    return out


def _as_array(value: np.ndarray | int, count: int) -> np.ndarray:
    return np.full(count, value, dtype=np.uint64) if isinstance(value, int) else value
