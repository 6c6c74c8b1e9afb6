"""Cells that hold an inverse: the executor leaves there what has to be inverted.

One inversion serves a whole block of rows. Where a row has nothing to invert the executor leaves
a 1: the cell is then multiplied by 0 in its table and may hold anything.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cstark.arrays import goldilocks as gl
from cstark.vm.trace.header import layout

__all__ = ["INVERSES", "invert"]

INVERSES: dict[str, tuple[str, ...]] = {
    "branch_eq": ("i",),
    "branch_zero": ("i",),
    "mul": ("i", "j"),
    "mulhu": ("i", "j", "j2"),
    "mul_w": ("i",),
    "divu": ("j",),
    "remu": ("j",),
}
"""Table -> its columns that hold inverses."""

TIMES_THE_JUMP = ("branch_eq", "branch_zero")
"""Tables whose inverse is multiplied by (to - next)."""

BLOCK = 1 << 16


def invert(name: str, trace: NDArray[np.uint64], rows: int) -> None:
    """Turn what has to be inverted into inverses, in the first rows of a trace."""
    places = layout(name)
    for start in range(0, rows, BLOCK):
        block = trace[start : min(start + BLOCK, rows)]
        for column in INVERSES[name]:
            inverse = gl.inverse(np.ascontiguousarray(block[:, places[column]]))
            if name in TIMES_THE_JUMP:
                jump = gl.sub(block[:, places["to"]], block[:, places["next"]])
                inverse = gl.mul(inverse, jump)
            block[:, places[column]] = inverse
