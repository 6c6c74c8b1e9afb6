"""A slow, exact reading of table descriptions, with Python integers only.

It shares no arithmetic with the package: nodes are evaluated from the definition, a column over
all rows at a time as an object array.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

P = 2**64 - 2**32 + 1


def node_values(description: Any, trace: Any, publics: Any = ()) -> list[np.ndarray]:
    """Value of each node in each row: a list of object arrays ``(rows,)``, canonical."""
    trace = _objects(trace)
    rows = len(trace)
    assert trace.shape == (rows, description.width)
    publics = [int(value) for value in publics]
    assert len(publics) == description.publics
    sources = {"main": trace}
    if description.preprocessed_width:
        sources["preprocessed"] = _objects(description.preprocessed)
        assert sources["preprocessed"].shape == (rows, description.preprocessed_width)
    values: list[np.ndarray] = []
    for node in description.nodes:
        kind = node[0]
        if kind == "constant":
            value = _constant(node[1], rows)
        elif kind == "public":
            value = _constant(publics[node[1]], rows)
        elif kind == "column":
            value = _column(description, sources, node, rows)
        else:
            a, b = values[node[1]], values[node[2]]
            value = (a + b if kind == "add" else a - b if kind == "sub" else a * b) % P
        values.append(value)
    return values


def violations(description: Any, trace: Any, publics: Any = ()) -> list[tuple[int, int]]:
    """Every (constraint index, row) that does not hold, in ascending order."""
    values = node_values(description, trace, publics)
    rows = len(trace)
    rows_of = {
        "first": [0],
        "last": [rows - 1],
        "transition": range(rows - 1),
        "every": range(rows),
        "cyclic": range(rows),
    }
    return [
        (index, row)
        for index, constraint in enumerate(description.constraints)
        for row in rows_of[constraint.selector]
        if values[constraint.node][row] != 0
    ]


def imbalances(
    descriptions: Iterable[Any] | Mapping[str, Any],
    traces: Mapping[str, Any],
    publics_by_table: Mapping[str, Any] | None = None,
    tokens: Iterable[Any] = (),
) -> dict[tuple[str, tuple[int, ...]], int]:
    """(bus, message) -> sent minus received modulo P, where that is not zero."""
    if isinstance(descriptions, Mapping):
        descriptions = descriptions.values()
    sums: dict[tuple[str, tuple[int, ...]], int] = defaultdict(int)
    for description in descriptions:
        trace = traces[description.name]
        publics = (publics_by_table or {}).get(description.name, ())
        values = node_values(description, trace, publics)
        for interaction in description.interactions:
            columns = [values[node] for node in interaction.values]
            counts = values[interaction.count]
            for row in range(len(trace)):
                message = tuple(int(column[row]) for column in columns)
                sums[interaction.bus, message] += interaction.sign * int(counts[row])
    for token in tokens:
        sums[token.bus, tuple(token.values)] += token.sign * token.count
    return {key: total % P for key, total in sums.items() if total % P}


def _objects(array: Any) -> np.ndarray:
    array = np.asarray(array)
    return np.array([[int(v) % P for v in row] for row in array], dtype=object).reshape(array.shape)


def _constant(value: int, rows: int) -> np.ndarray:
    result = np.empty(rows, dtype=object)
    result[:] = value
    return result


def _column(description: Any, sources: Any, node: Any, rows: int) -> np.ndarray:
    _, source, index, next_row = node
    if source == "periodic":
        values = description.periodic[index]
        assert rows % len(values) == 0
        return np.array([values[row % len(values)] for row in range(rows)], dtype=object)
    return np.roll(sources[source][:, index], -next_row)
