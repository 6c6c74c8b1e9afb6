"""Rows of families laid into the table `rare`, and what that table says of them."""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np
from tables_support import evaluate

from cstark.air import P, describe
from cstark.air.description import TableDescription
from cstark.vm.tables import FAMILIES, Rare
from cstark.vm.tables.ecall import LastHalt
from cstark.vm.tables.family import Family

__all__ = ["EVERYTHING", "VARIANTS", "laid", "rare_of", "said", "sent"]

VARIANTS: dict[str, Family] = {
    **{name: family() for name, family in FAMILIES.items()},
    "last_halt": LastHalt(),
}
"""All families, and the variant of one that machines which hide have in its place."""


@functools.cache
def rare_of(*names: str) -> tuple[Rare, TableDescription]:
    """The table for these families."""
    air = Rare({name: VARIANTS[name] for name in names})
    return air, describe("_".join(["rare", *names]), air)


EVERYTHING = tuple(VARIANTS)


def laid(air: Rare, name: str, row: np.ndarray, height: int = 8) -> np.ndarray:
    """A trace whose first row is a real row of a family."""
    trace = np.zeros((height, air.width), dtype=np.uint64)
    air.lay({name: row[None, :]}, trace)
    return trace


def _cells(description: TableDescription, row: np.ndarray) -> dict[str, int]:
    return dict(zip(description.column_names, row.tolist(), strict=True))


def said(description: TableDescription, row: np.ndarray) -> dict[str, list[int]]:
    """Name of a constraint -> the values of those of that name."""
    cells, found = _cells(description, row), {}
    for one in description.constraints:
        found.setdefault(one.name, []).append(evaluate(description, one.node, cells))
    return found


def sent(description: TableDescription, row: np.ndarray) -> Counter:
    """(bus, sign, values) -> how often, modulo p."""
    cells, found = _cells(description, row), Counter()
    for one in description.interactions:
        values = tuple(evaluate(description, value, cells) for value in one.values)
        found[one.bus, one.sign, values] += evaluate(description, one.count, cells)
    return Counter({key: count % P for key, count in found.items() if count % P})
