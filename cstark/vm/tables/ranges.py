"""The tables that are looked into: ranges, bytes and shifts.

All have 2^16 preprocessed rows and free counts. They send nothing, and every row of theirs is a
true fact: so a count of p - 1 only moves what is received of facts. For the same reason each shard
of a run may have its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import cstark as cs

__all__ = ["RANGES", "Bytes", "Range", "Shifts"]

ROWS = 1 << 16

RANGES = frozenset({"range", "top", "low"})
"""The buses of `Range`."""


class Range(cs.Air):
    """x in [0, 2^16); x and its top bit; x and its low byte: a bus and a count for each.

    Parameters
    ----------
    asked : frozenset of str
        The buses that some table of the machine sends on. The counts of the others are 0.
    """

    rows = ROWS
    stands = "every"
    columns = {"range": (), "top": (), "low": ()}
    preprocessed = ("x", "bit", "byte")

    def __init__(self, asked: frozenset[str] = RANGES) -> None:
        self.asked = asked

    def preprocessed_trace(self) -> np.ndarray:
        """x, its top bit and its low byte."""
        x = np.arange(ROWS, dtype=np.uint64)
        return np.stack([x, x >> np.uint64(15), x & np.uint64(255)], axis=1)

    def constrain(self, t: cs.Table) -> None:
        p: Any = t.preprocessed
        messages = {"range": [p.x], "top": [p.x, p.bit], "low": [p.x, p.byte]}
        for bus, message in messages.items():
            count = t.now[bus]
            if bus in self.asked:
                t.receive(bus, message, count=count, name=f"looked up on {bus}")
            else:
                t.every_row.zero(count, name=f"nobody asks on {bus}")


class Bytes(cs.Air):
    """(x, y, x and y) for bytes x and y."""

    rows = ROWS
    stands = "every"
    columns = {"count": ()}
    preprocessed = ("x", "y", "both")

    def preprocessed_trace(self) -> np.ndarray:
        """x, y, and x and y; row 256 x + y."""
        k = np.arange(ROWS, dtype=np.uint64)
        x, y = k >> np.uint64(8), k & np.uint64(255)
        return np.stack([x, y, x & y], axis=1)

    def constrain(self, t: cs.Table) -> None:
        p: Any = t.preprocessed
        t.receive("bytes", [p.x, p.y, p.both], count=t.now.count, name="looked up")


class Shifts(cs.Air):
    """For a limb x: 2^s, 2^(16 - s) and w as three flags, where x mod 64 = s + 16 w."""

    rows = ROWS
    stands = "every"
    columns = {"count": ()}
    preprocessed = ("x", "left", "right", "w1", "w2", "w3")

    def preprocessed_trace(self) -> np.ndarray:
        """One row a limb."""
        x, one = np.arange(ROWS, dtype=np.uint64), np.uint64(1)
        s, w = x & np.uint64(15), x >> np.uint64(4) & np.uint64(3)
        flags = [(w == v).astype(np.uint64) for v in (1, 2, 3)]
        return np.stack([x, one << s, one << (np.uint64(16) - s), *flags], axis=1)

    def constrain(self, t: cs.Table) -> None:
        p: Any = t.preprocessed
        entry = [p.x, p.left, p.right, p.w1, p.w2, p.w3]
        t.receive("shift", entry, count=t.now.count, name="looked up")
