"""Sudoku: a grid that is no solution, or one of another puzzle, has no proof."""

from __future__ import annotations

import numpy as np
import pytest
from forgery_support import case_of, round_trip

import cstark as cs
from cstark.machines.sudoku import Cells, Sudoku, solve

EASY = Sudoku().puzzle
HARD = "800000000003600000070090200050007000000045700000100030001000068008500010090000400"


def rows(grid: str) -> list[str]:
    return [grid[k : k + 9] for k in range(0, 81, 9)]


def is_solved(grid: str) -> bool:
    """By rows, columns and boxes of text."""
    columns = ["".join(column) for column in zip(*rows(grid), strict=True)]
    boxes = [
        "".join(rows(grid)[r][c : c + 3] for r in range(top, top + 3))
        for top in (0, 3, 6)
        for c in (0, 3, 6)
    ]
    return all(sorted(unit) == list("123456789") for unit in [*rows(grid), *columns, *boxes])


@pytest.mark.parametrize("puzzle", [EASY, HARD, "0" * 81])
def test_what_is_proved_is_a_solution(puzzle):
    grid = solve(puzzle)
    assert is_solved(grid)
    assert all(clue in ("0", digit) for clue, digit in zip(puzzle, grid, strict=True))
    assert round_trip(Sudoku(puzzle=puzzle)) == {"puzzle": puzzle}


def grid_of(case) -> str:
    return "".join(map(str, case.honest["cells"][:81, 0].tolist()))


def with_digits(case, grid: list[int]) -> dict[str, np.ndarray]:
    traces = case.traces()
    traces["cells"][:81, 0] = grid
    return traces


# Without the lookups there is nothing that a grid has to satisfy but its clues.
UNITS = ("has", "is to have")


def test_two_digits_changed_over():
    case = case_of(Sudoku(puzzle=HARD))
    grid = [int(digit) for digit in grid_of(case)]
    one, other = [k for k in range(9) if HARD[k] == "0"][:2]  # the row keeps its digits
    grid[one], grid[other] = grid[other], grid[one]
    case.forged(with_digits(case, grid), *UNITS, bus="unit")


@pytest.mark.parametrize("digit", [0, 10, cs.P - 1, 45])
def test_what_is_no_digit(digit):
    case = case_of(Sudoku(puzzle=HARD))
    grid = [int(digit) for digit in grid_of(case)]
    grid[80] = digit
    case.forged(with_digits(case, grid), *UNITS, bus="unit")


def test_every_digit_where_the_sums_are_right():
    """Nine times 5 has the sum of 1 to 9."""
    case = case_of(Sudoku(puzzle="0" * 81))
    case.forged(with_digits(case, [5] * 81), *UNITS, bus="unit")


def test_the_solution_of_another_puzzle():
    case = case_of(Sudoku(puzzle=HARD))
    case.forged(with_digits(case, [int(digit) for digit in solve(EASY)]), "the clue")


def test_a_digit_in_padding():
    case = case_of(Sudoku(puzzle=EASY))
    traces = case.traces()
    traces["cells"][81, 0] = 7
    case.forged(traces, "padding")


def test_the_rank_test_finds_a_digit_that_nothing_holds():
    class Loose(Cells):
        """The same cells, whose digits nobody declares to be the prover's to choose."""

        inputs = ()

    grid = solve(HARD)
    trace = Loose(HARD).zeros()
    trace[:81, 0] = list(map(int, grid))
    report = cs.Machine({"cells": Loose(HARD)}).check({"cells": trace}, mutate=1000)
    assert report.valid and not report
    assert report.rank.undetermined


@pytest.mark.parametrize("puzzle", ["", "0" * 80, "0" * 80 + "x", "0" * 80 + "²", "0" * 82])
def test_senseless_claims_are_refused(puzzle):
    with pytest.raises(cs.StatementError, match=r"claim\.puzzle is not 81 digits"):
        Sudoku.read_statement({"puzzle": puzzle})
    with pytest.raises(cs.StatementError, match="81 digits"):
        Sudoku(puzzle=puzzle).prepare()


def test_a_puzzle_without_a_solution():
    with pytest.raises(cs.StatementError, match="no solution"):
        Sudoku(puzzle="12345678" + "0" * 9 + "9" + "0" * 63).prepare()
