"""How many rows a run takes in every table, known before anything is allocated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cstark.air import padded_rows
from cstark.errors import TraceError
from cstark.vm import abi
from cstark.vm.executor import Hart
from cstark.vm.image import Image
from cstark.vm.isa import Code
from cstark.vm.tables import FAMILIES
from cstark.vm.trace.header import layout

__all__ = ["RECORDED", "Plan", "plan"]

RECORDED = (*FAMILIES, "refresh")
"""The tables whose rows the interpreter counts and records, in the order of its numbers."""

FIXED = {"registers": 64, "range": 1 << 16, "bytes": 1 << 16, "shifts": 1 << 16}
"""Tables that have the same rows in every run."""


@dataclass(frozen=True)
class Plan:
    """The rows of a run.

    Attributes
    ----------
    total : int
        Rows of all families: operations executed, T.
    rows : dict of str to int
        Table -> its rows before those that fill it up.
    heights : dict of str to int
        Table -> rows of its trace, a power of two.
    """

    total: int
    rows: dict[str, int]
    heights: dict[str, int]

    @property
    def words(self) -> int:
        """64-bit words of all traces.

        Examples
        --------
        >>> Plan(4, {"li": 4}, {"li": 8}).words
        80
        """
        return sum(height * layout(name)["width"] for name, height in self.heights.items())


def plan(hart: Hart, code: Code, image: Image, input: bytes, names: Iterable[str]) -> Plan:
    """The rows of a run that was counted.

    Parameters
    ----------
    hart : Hart
        At the end of its run, in mode `COUNT`.
    code, image, input
        What it was started with.
    names : iterable of str
        The tables of the machine, in its order: `cstark.vm.tables.tables_of`.

    Returns
    -------
    Plan

    Raises
    ------
    TraceError
        A table would be taller than a table may be.
    ValueError
        The run has not come to its end.
    """
    if not hart.halted:
        raise ValueError("the run has not come to its end")
    image_end = image.low + abi.WORD * len(image.words)
    executed = dict(zip(RECORDED, hart.table_rows.tolist(), strict=True))
    window = {
        "input": 1 + -(-len(input) // abi.WORD),
        "output": 1 + -(-len(hart.output()) // abi.WORD),
    }
    for name, start, end in (
        ("input", abi.INPUT, abi.OUTPUT),
        ("output", abi.OUTPUT, abi.END),
    ):
        last = hart.last_touched(start, end)
        if last is not None:
            window[name] = max(window[name], (last - start) // abi.WORD + 1)
    known = {
        **executed,
        **FIXED,
        **window,
        "program": len(code),
        "image": len(image.words),
        "fresh": hart.count_touched(image_end, abi.STACK_TOP),
    }
    rows = {name: known[name] for name in names}
    # Zero-filled memory has a row that only fills up, so that its table is known to end.
    heights = {name: padded_rows(count + (name == "fresh")) for name, count in rows.items()}
    for name, height in heights.items():
        if height > 1 << abi.MAX_LOG_HEIGHT:
            raise TraceError(
                f"table {name} would have {rows[name]} rows; a table of the machine has at most "
                f"2^{abi.MAX_LOG_HEIGHT}",
                table=name,
            )
    if missing := [name for name, count in executed.items() if count and name not in rows]:
        raise ValueError(f"the machine has no tables {missing}, which the run needs")
    return Plan(hart.rows, rows, heights)
