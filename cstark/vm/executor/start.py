"""From a program to a hart, and from there to the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from cstark.errors import StatementError
from cstark.vm import abi
from cstark.vm.executor._executor import FAST, Hart
from cstark.vm.executor.errors import guest_error
from cstark.vm.executor.marks import Marks
from cstark.vm.image import Image
from cstark.vm.isa import NOWHERE, OPERATION, Code
from cstark.vm.symbols import Symbols

__all__ = ["run", "start"]

STEP = 1 << 22
"""Rows between two reports of progress."""


def start(
    code: Code,
    image: Image,
    input: bytes = b"",
    mode: int = FAST,
    *,
    max_rows: int = abi.DEFAULT_MAX_STEPS,
    traces: Sequence[NDArray[np.uint64] | None] | None = None,
) -> Hart:
    """A hart at the entry of a program, with zero registers.

    Parameters
    ----------
    code : Code
        The operations.
    image : Image
        The memory image with the entry.
    input : bytes
        At most `abi.MAX_INPUT` bytes, for the input window.
    mode : int
        `FAST`, `COUNT` or `RECORD`.
    max_rows : int
        Rows after which the guest is stopped, at most `abi.MAX_ROWS` unless `mode` is `FAST`.
    traces : sequence of arrays, optional
        For `RECORD`: see `Hart`.

    Returns
    -------
    Hart

    Raises
    ------
    StatementError
        The input is too long, or `max_rows` is out of range.
    """
    if len(input) > abi.MAX_INPUT:
        raise StatementError(f"{len(input)} bytes of input; there may be {abi.MAX_INPUT}")
    if max_rows < 1 or (mode != FAST and max_rows > abi.MAX_ROWS):
        raise StatementError(f"max_rows is {max_rows}; a proof has at most {abi.MAX_ROWS} rows")
    if code.operations.dtype != OPERATION:
        raise StatementError(f"operations have the dtype {OPERATION}")
    entry = code.at(image.entry)
    if entry == NOWHERE:
        raise StatementError(f"no instruction begins at the entry {image.entry:#x}")
    return Hart(
        code.operations, code.index, code.low, entry, image.low, image.words, image.text, input,
        mode, map=(abi.INPUT, abi.OUTPUT, abi.END), calls=(abi.EXIT, abi.WRITE),
        max_rows=max_rows, max_output=abi.MAX_OUTPUT, max_log=abi.MAX_LOG,
        max_pages=abi.MAX_MEMORY // abi.PAGE, traces=traces,
    )  # fmt: skip


def run(
    hart: Hart,
    code: Code,
    *,
    symbols: Symbols | None = None,
    progress: Callable[[int], object] | None = None,
    marks: Marks | None = None,
) -> None:
    """Run a guest until it halts.

    Parameters
    ----------
    hart : Hart
        From `start`.
    code : Code
        What it runs.
    symbols : Symbols, optional
        Names the function in which a guest was stopped.
    progress : callable, optional
        Called with the number of rows executed, every few million rows and at the end. What it
        raises ends the run.
    marks : Marks, optional
        Takes the rows of every table at places along the run.

    Raises
    ------
    GuestError
        The guest was stopped.
    """
    running = True
    while running:
        told = hart.rows + STEP
        while running and hart.rows < told:
            running = hart.run(min(marks.ahead(hart.rows) if marks else STEP, told - hart.rows))
            if marks:
                marks.take(hart)
        if progress is not None:
            progress(hart.rows)
    if hart.error is not None:
        raise guest_error(hart, code, symbols)
