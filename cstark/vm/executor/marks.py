"""`Marks`: how many rows each table has at places along a run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cstark.vm.executor._executor import Hart

__all__ = ["Marks"]

STEP = 1 << 10
MOST = 1 << 12


class Marks:
    """Rows of every table at places along a run, as many as fit a fixed amount of memory.

    Places are `step` rows apart. When there are more than 4,096 of them, every other one is
    forgotten and the step doubles, so a run of any length takes 2 MB at most.

    Attributes
    ----------
    step : int
        Rows between two places.

    Examples
    --------
    >>> from cstark import vm
    >>> run = vm.Program(vm.Image.from_text([0x00500513, 0x05D00893, 0x00000073])).run()
    >>> run.marks.rows.tolist()
    [0, 3]
    """

    def __init__(self, step: int = STEP, most: int = MOST) -> None:
        self.step = step
        self._most = most
        self._taken: list[tuple[int, NDArray[np.uint32]]] = []

    def ahead(self, rows: int) -> int:
        """How many rows from here to the next place."""
        return self.step - rows % self.step

    def take(self, hart: Hart) -> None:
        """Remember the rows of a hart, if it stands at a place or is at its end."""
        rows = hart.rows
        if rows % self.step and not hart.halted:
            return
        self._taken.append((rows, hart.table_rows.astype(np.uint32)))
        if len(self._taken) > self._most:
            self.step *= 2
            self._taken = [mark for mark in self._taken[:-1] if mark[0] % self.step == 0] + (
                self._taken[-1:]
            )

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows executed at each place, from 0 to the end of the run."""
        return np.array([0, *(rows for rows, _ in self._taken)], dtype=np.int64)

    @property
    def tables(self) -> NDArray[np.int64]:
        """Rows of each table at each place, shape (places, tables), in the order of `RECORDED`."""
        if not self._taken:
            return np.zeros((1, 0), dtype=np.int64)
        found = np.stack([counts for _, counts in self._taken]).astype(np.int64)
        return np.concatenate([np.zeros_like(found[:1]), found])
