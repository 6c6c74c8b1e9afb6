"""Kinds of rows: which factors of products, and which counts, are zero."""

from __future__ import annotations

import numpy as np

from cstark.check.rows import PointTable
from cstark.check.values import NodeEvaluator

__all__ = ["choose_rows"]

_CANDIDATES = 1 << 12
"""Rows of a tall table that are looked at."""

_WORDS = 1 << 21
"""Values that are looked at: 16 MiB."""

_EACH = 2
"""Rows of a kind that are chosen."""


def choose_rows(
    table: PointTable, limit: int, random: np.random.Generator
) -> tuple[list[int], int]:
    """Rows of as many kinds as possible.

    What a row's equations say of small changes depends on which factors of products are zero:
    flags that are off, values that happen to be 0, differences of equal values.

    Parameters
    ----------
    table : PointTable
    limit : int
        Most rows to choose.
    random : Generator

    Returns
    -------
    rows : list of int
        Ascending.
    kinds : int
        How many kinds there are among the rows that were looked at.
    """
    description = table.description
    wanted = sorted(
        {node for kind, *both in description.nodes if kind == "mul" for node in both}
        | {interaction.count for interaction in description.interactions}
    )
    wanted = [node for node in wanted if description.node_degrees[node] > 0]
    rows = _candidates(table, max(32, min(_CANDIDATES, _WORDS // max(1, len(wanted)))), random)
    evaluator = NodeEvaluator(
        description, wanted, table.trace, description.preprocessed, table.publics
    )
    zero = np.zeros((len(rows), len(wanted) + 2), dtype=bool)
    for place, values in enumerate(evaluator.at(rows)):
        zero[:, place] = values == 0
    zero[:, -2], zero[:, -1] = rows == 0, rows == table.height - 1
    _, kind, size = np.unique(
        np.packbits(zero, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    kind = kind.reshape(-1)
    order = np.argsort(-size, kind="stable")
    members = [np.flatnonzero(kind == number) for number in order[: 4 * limit]]
    # first the kinds that show a factor in a state that none before shows, then the frequent ones
    seen = np.zeros((2, zero.shape[1]), dtype=bool)
    first: list[int] = []
    later: list[int] = []
    for number, own in enumerate(members):
        state = zero[own[0]]
        new = (state & ~seen[0]) | (~state & ~seen[1])
        seen[0] |= state
        seen[1] |= ~state
        (first if new.any() else later).append(number)
    chosen: set[int] = set()
    for round_ in range(_EACH):
        for number in (*first, *later):
            own = members[number]
            if len(chosen) < limit and round_ < len(own):
                chosen.add(int(rows[random.choice(own)] if round_ else rows[own[0]]))
    return sorted(chosen), len(size)


def _candidates(table: PointTable, most: int, random: np.random.Generator) -> np.ndarray:
    """Rows to look at: all, or the ends, for each column a row where it is 0 and one where not."""
    height = table.height
    if height <= most:
        return np.arange(height)
    found = {0, 1, height - 2, height - 1}
    for column in table.trace.T[: most // 4]:
        zero = column == 0
        for mask in (zero, ~zero):
            place = int(mask.argmax())
            if mask[place]:
                found.add(place)
    found |= set(random.choice(height, most - min(most // 2, len(found)), replace=False).tolist())
    return np.array(sorted(found))
