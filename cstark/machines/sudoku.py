"""Sudoku: a solution that nobody shows.

What is proved:

    I know a solution of the Sudoku `puzzle`.

The shortest machine with a secret that people understand, and two ideas:

* **A set is a bus.** "The nine digits of this row are 1 to 9, in some order" is no equation of low
  degree, but it is a permutation. For each of the three units that a cell is in (row, column and
  box), its table row sends the message (unit, digit). And it receives a message for each of them:
  (unit, place of the cell in the unit, from 1 to 9). The 243 messages that are received are each
  unit with each digit, once. So the bus balances only if each unit has each digit once, and then
  no digit needs a range check: what is no digit is received by nobody.
* **What is public and fixed is preprocessed.** The clues, the units and the places are part of the
  verifying key. The one column of the prover's are the digits.

What could be proved without each line: without the clue, a solution of another puzzle; with counts
of the prover's choice where messages are received, a row with nine times the digit 9.

The solution is the prover's to choose (`inputs`), if the puzzle has several. It is hidden in proofs
made with ``Options(zk=True)``, and in no others: see *Keeping a secret* in README.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs

__all__ = ["Cells", "Sudoku", "solve"]

ROW, COLUMN = np.divmod(np.arange(81), 9)
#: The row, the column and the box of each cell, and its place in them.
UNITS = np.stack([ROW, 9 + COLUMN, 18 + ROW // 3 * 3 + COLUMN // 3], axis=1)
PLACES = np.stack([COLUMN, ROW, ROW % 3 * 3 + COLUMN % 3], axis=1) + 1


class Cells(cs.Air):
    """The 81 cells, one in each row, with the units that each is in."""

    columns = ("digit",)
    preprocessed = {"clue": (), "units": (3,), "places": (3,), "used": ()}
    inputs = ("digit",)

    def __init__(self, puzzle: str) -> None:
        self.puzzle = puzzle

    def preprocessed_trace(self) -> np.ndarray:
        clues = list(map(int, self.puzzle))
        fixed = np.column_stack([clues, UNITS, PLACES, np.ones(81, dtype=int)])
        return np.pad(fixed, ((0, cs.padded_rows(81) - 81), (0, 0)))

    def constrain(self, t: cs.Table) -> None:
        digit, fixed = t.now.digit, t.preprocessed
        t.every_row.zero(fixed.clue * (digit - fixed.clue), name="the clue")  # 0 is no clue
        t.every_row.zero((1 - fixed.used) * digit, name="padding")
        for unit, place in zip(fixed.units, fixed.places, strict=True):
            t.send("unit", [unit, digit], count=fixed.used, name="has")
            t.receive("unit", [unit, place], count=fixed.used, name="is to have")


def solve(puzzle: str) -> str | None:
    """The first solution of a puzzle, 0 for an empty cell, or None.

    Examples
    --------
    >>> solve("53007000060019500009800006080006000340080300170002000606000028000041900500008" +
    ...       "0079")[:9]
    '534678912'
    """
    cell = puzzle.find("0")
    if cell < 0:
        return puzzle
    near = (UNITS[cell] == UNITS).any(axis=1)
    taken = {digit for digit, is_near in zip(puzzle, near, strict=True) if is_near}
    for digit in sorted(set("123456789") - taken):
        if solution := solve(puzzle[:cell] + digit + puzzle[cell + 1 :]):
            return solution
    return None


@dataclass(frozen=True)
class Sudoku(cs.Workload):
    """A solved Sudoku: rows, columns and boxes as sets on a bus."""

    puzzle: str = cs.argument(
        "530070000600195000098000060800060003400803001700020006060000280000419005000080079",
        help="81 digits row by row, 0 for an empty cell",
    )

    def prepare(self) -> cs.Prepared:
        self.statement(claim := {"puzzle": self.puzzle})
        if (solution := solve(self.puzzle)) is None:
            raise cs.StatementError("this puzzle has no solution")
        cells = Cells(self.puzzle).zeros()
        cells[:81, 0] = list(map(int, solution))
        return cs.Prepared(claim, {"cells": cells})

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        (puzzle,) = cs.read_claim(claim, puzzle=str)
        if len(puzzle) != 81 or not set(puzzle) <= set("0123456789"):
            raise cs.StatementError("claim.puzzle is not 81 digits")
        return cs.Statement({"cells": Cells(puzzle)})
