"""RANGE: the numbers 0 to 65535, for every limb that must be one of them."""

from __future__ import annotations

import numpy as np

from cstark.air import Air, Table

__all__ = ["RangeTable"]


class RangeTable(Air):
    """All 16-bit numbers; `count` says how often each was asked for.

    The values are preprocessed and the height is fixed, so the verifying key holds the whole
    range and nothing but the range.  `count` is fixed by the bus in every row: no cell is free.
    """

    columns = ("count",)
    preprocessed = ("value",)
    rows = 1 << 16

    def preprocessed_trace(self) -> np.ndarray:
        """The (65536, 1) uint64 array of 0, 1, ..., 65535."""
        return np.arange(self.rows, dtype=np.uint64).reshape(-1, 1)

    def constrain(self, t: Table) -> None:
        t.receive("range", [t.preprocessed.value], count=t.now.count)
