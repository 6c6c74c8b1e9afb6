"""The table of the program: what each label does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import cstark as cs
from cstark.distinct import count_distinct
from cstark.vm.isa.code import PROGRAM_COLUMNS

__all__ = ["ProgramTable"]


class ProgramTable(cs.Air):
    """One row an operation, made by the verifier's own decoder; how often it is executed is free.

    The count has no bound and need not have one: the table sends nothing, so a count of p - 1
    only moves what is received of messages that the program really holds. `used` is 0 in the
    rows that fill up the table, whose message would be an operation at label 0: their count
    is 0. Each shard of a run has the table, with counts of its own.

    Parameters
    ----------
    operations : array_like of int, shape (operations, 8)
        Label, code, rs1, rs2, rd, imm0, imm1 and next label of each operation; labels differ.

    Raises
    ------
    AirError
        Two operations have one label, or the array has another shape.
    """

    stands = "every"
    columns = {"count": ()}
    preprocessed = ("used", *PROGRAM_COLUMNS)

    def __init__(self, operations: ArrayLike) -> None:
        cells = np.asarray(operations, dtype=np.uint64)
        if cells.ndim != 2 or cells.shape[1] != len(PROGRAM_COLUMNS) or not len(cells):
            raise cs.AirError(f"operations has shape {cells.shape}, not (operations, 8)")
        labels, times = count_distinct(cells[:, 0])
        if len(labels) != len(cells):
            twice = int(labels[times > 1][0])
            raise cs.AirError(f"two operations have the label {twice:#x}")
        self.operations = cells
        self.rows = cs.padded_rows(len(cells))

    def preprocessed_trace(self) -> np.ndarray:
        """`used` and the cells of each operation; zeros below."""
        out = np.zeros((self.rows, 1 + len(PROGRAM_COLUMNS)), dtype=np.uint64)
        out[: len(self.operations), 0] = 1
        out[: len(self.operations), 1:] = self.operations
        return out

    def constrain(self, t: cs.Table) -> None:
        p, count = t.preprocessed, t.now.count
        t.every_row.zero((1 - p.used) * count, name="only operations are fetched")
        cells: list[Any] = [p[name] for name in PROGRAM_COLUMNS]
        t.receive("fetch", cells, count=count, name="fetched")
