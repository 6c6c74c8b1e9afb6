"""Counts beyond their weight: the verifier's bound on all counts rests on the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cstark.air.description import Interaction, TableDescription
from cstark.air.nodes import P
from cstark.check.values import NodeEvaluator

__all__ = ["Overweight", "find_overweight"]


@dataclass(frozen=True)
class Overweight:
    """An interaction whose count is larger, in absolute value, than its weight.

    Attributes
    ----------
    table : str
    interaction : str
        Its name, else its direction and bus.
    row : int
        The first such row.
    count : int
        The count there, as a signed number.
    weight : int
        What the table says that the count is at most.
    most : int
        The largest absolute value of the count in any row.
    rows : int
        In how many rows it is larger than the weight.
    location : str
        File and line of the interaction.
    """

    table: str
    interaction: str
    row: int
    count: int
    weight: int
    most: int
    rows: int
    location: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data, of JSON types only."""
        return dict(self.__dict__)


def find_overweight(
    description: TableDescription, trace: np.ndarray, publics: Sequence[int]
) -> list[Overweight]:
    """The interactions of a table whose counts exceed their weights.

    A message that is received with weight 0 is that of a provider, whose row is true for any
    count; it is left out.

    Parameters
    ----------
    description : TableDescription
    trace : ndarray
        ``(rows, width)`` uint64, canonical.
    publics : sequence of int

    Returns
    -------
    list of Overweight
        In the order of the interactions.
    """
    weighed = [i for i in description.interactions if _is_weighed(description, i)]
    nodes = sorted({interaction.count for interaction in weighed})
    if not nodes:
        return []
    # (count, weight) -> what was found; many interactions share a flag
    found: dict[tuple[int, int], _Excess] = {}
    evaluator = NodeEvaluator(description, nodes, trace, description.preprocessed, publics)
    for first, arrays in evaluator.blocks():
        sizes = {
            node: (counts, np.minimum(counts, np.uint64(P) - counts))
            for node, counts in zip(nodes, arrays, strict=True)
        }
        for node, weight in {(i.count, i.weight) for i in weighed}:
            counts, size = sizes[node]
            above = size > np.uint64(weight)
            if above.any():
                found.setdefault((node, weight), _Excess()).add(first, counts, size, above)
    return [
        Overweight(
            description.name,
            interaction.label,
            excess.row,
            excess.count,
            interaction.weight,
            excess.most,
            excess.rows,
            interaction.location,
        )
        for interaction in weighed
        if (excess := found.get((interaction.count, interaction.weight)))
    ]


class _Excess:
    """The rows where a count is too large."""

    def __init__(self) -> None:
        self.row = self.count = self.most = self.rows = 0

    def add(self, first: int, counts: np.ndarray, size: np.ndarray, above: np.ndarray) -> None:
        if not self.rows:
            place = int(above.argmax())
            value = int(counts[place])
            self.row, self.count = first + place, value if value <= P // 2 else value - P
        self.rows += int(above.sum())
        self.most = max(self.most, int(size.max()))


def _is_weighed(description: TableDescription, interaction: Interaction) -> bool:
    if description.nodes[interaction.count][0] == "constant":
        return False  # compared with its weight when it was stated
    return interaction.sign > 0 or interaction.weight > 0
