"""What ``sudoku.c`` computes."""

from __future__ import annotations

import random

__all__ = ["make_input", "reference"]

_DIGITS = b"123456789"


def make_input(size: int = 1) -> bytes:
    """A puzzle with its solution; `size` chooses another one, all of them take the same work."""
    source = random.Random(size)
    names = source.sample(range(9), 9)
    solution = bytes(
        _DIGITS[names[(3 * (row % 3) + row // 3 + column) % 9]]
        for row in range(9)
        for column in range(9)
    )
    hidden = set(source.sample(range(81), 50))
    puzzle = bytes(ord(".") if cell in hidden else solution[cell] for cell in range(81))
    return puzzle + solution


def reference(data: bytes) -> tuple[bytes, int]:
    """Output and exit code for an input."""
    puzzle, solution = data[:81], data[81:]
    if len(data) != 162 or set(puzzle) - set(b"." + _DIGITS) or set(solution) - set(_DIGITS):
        return b"", 2
    given = all(want in (ord("."), have) for want, have in zip(puzzle, solution, strict=True))
    houses = [solution[9 * k : 9 * k + 9] for k in range(9)]
    houses += [solution[k::9] for k in range(9)]
    for corner in (27 * row + 3 * column for row in range(3) for column in range(3)):
        houses.append(b"".join(solution[corner + 9 * k : corner + 9 * k + 3] for k in range(3)))
    solved = all(sorted(house) == list(_DIGITS) for house in houses)
    return puzzle, 0 if given and solved else 1
