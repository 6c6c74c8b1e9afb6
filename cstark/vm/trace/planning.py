"""How many rows a run takes in every table, known before anything is allocated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cstark.air import padded_rows
from cstark.errors import PaddingError, TraceError
from cstark.vm import abi
from cstark.vm.executor import Hart
from cstark.vm.image import Image
from cstark.vm.isa import Code
from cstark.vm.tables import FAMILIES, RARE, Rare
from cstark.vm.trace.gathering import Gathering, Prices, gather
from cstark.vm.trace.header import layout
from cstark.vm.trace.splitting import PADDING, split

__all__ = ["RECORDED", "TracePlan", "plan", "plan_rows"]

RECORDED = (*FAMILIES, "refresh")
"""The tables whose rows the interpreter counts and records, in the order of its numbers."""

FIXED = {"registers": 64, "range": 1 << 16, "bytes": 1 << 16, "shifts": 1 << 16}
"""Tables that have the same rows in every run."""


@dataclass(frozen=True)
class TracePlan:
    """The rows of a run, or of a part of it.

    Attributes
    ----------
    total : int
        Rows of all families: operations executed, T.
    rows : dict of str to int
        Table -> its rows before those that fill it up.
    heights : dict of str to int or tuple of int
        Table -> rows of its trace, a power of two; of a family, those of each of its traces, the
        tallest first, none where it has no rows. So for tables of any family, where the machine
        has them.
    gathered : dict of str to dict of str to int
        Table for rows of any family -> family -> how many of its rows lie there, the last ones.
    widths : dict of str to int
        Columns of these tables.
    """

    total: int
    rows: dict[str, int]
    heights: dict[str, int | tuple[int, ...]]
    gathered: dict[str, dict[str, int]] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)

    def height(self, name: str) -> int:
        """Rows of all traces of a table together.

        Examples
        --------
        >>> TracePlan(20, {"li": 20}, {"li": (16, 8)}).height("li")
        24
        """
        heights = self.heights[name]
        return heights if isinstance(heights, int) else sum(heights)

    @property
    def words(self) -> int:
        """64-bit words of all traces.

        Examples
        --------
        >>> TracePlan(4, {"li": 4}, {"li": (8,)}).words
        80
        """
        return sum(self.height(name) * self.width(name) for name in self.heights)

    def width(self, name: str) -> int:
        """Columns of a table."""
        return self.widths.get(name, 0) if name in RARE else layout(name)["width"]

    def elsewhere(self, name: str) -> int:
        """How many rows of a family lie in tables for any.

        Examples
        --------
        >>> plan = TracePlan(20, {"li": 20}, {"li": (16,), "rare": (8,)}, {"rare": {"li": 4}})
        >>> plan.elsewhere("li")
        4
        """
        return sum(families.get(name, 0) for families in self.gathered.values())

    def used(self, cells: Mapping[str, int]) -> int:
        """Cells of the rows in use, from the cells of a row of each table.

        Examples
        --------
        >>> plan = TracePlan(20, {"li": 20}, {"li": (16, 8)})
        >>> plan.used({"li": 19}), plan.committed({"li": 19})
        (380, 456)
        """
        return sum(cells[name] * count for name, count in self.rows.items())

    def committed(self, cells: Mapping[str, int]) -> int:
        """Cells of all rows, from the cells of a row of each table."""
        return sum(cells[name] * self.height(name) for name in self.heights)


def plan(hart: Hart, code: Code, image: Image, input: bytes, cells: Mapping[str, int]) -> TracePlan:
    """The rows of a run that was counted.

    Parameters
    ----------
    hart : Hart
        At the end of its run, in mode `COUNT`.
    code, image, input
        What it was started with.
    cells : mapping of str to int
        Table of the machine -> committed cells of a row, in its order:
        `cstark.vm.tables.row_cells`.

    Returns
    -------
    TracePlan

    Raises
    ------
    TraceError
        A table would be taller than a table may be.
    ValueError
        The run has not come to its end, or needs a table that the machine does not have.
    """
    if not hart.halted:
        raise ValueError("the run has not come to its end")
    image_end = image.low + abi.WORD * len(image.words)
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
    rows = {
        **dict(zip(RECORDED, hart.table_rows.tolist(), strict=True)),
        **FIXED,
        **window,
        "program": len(code),
        "image": len(image.words),
        "fresh": hart.count_touched(image_end, abi.STACK_TOP),
    }
    return plan_rows(hart.rows, rows, cells)


def plan_rows(
    total: int,
    rows: Mapping[str, int],
    cells: Mapping[str, int],
    padding: float = PADDING,
    max_log_height: int = 32,
    rares: Mapping[str, Rare] | None = None,
    prices: Prices | None = None,
    pad_to: Mapping[str, tuple[int, ...]] | None = None,
) -> TracePlan:
    """A plan for so many rows of each table.

    Parameters
    ----------
    total : int
        Rows of all families.
    rows : mapping of str to int
        Table -> rows. Tables that the machine does not have may be there without rows, if they are
        families; those that are not here have no trace.
    cells : mapping of str to int
        As for `plan`.
    padding : float
        As for `cstark.vm.trace.splitting.split`.
    max_log_height : int
        Log2 of the most rows of a table under the options of the proof; families have more tables
        then. The machine has a limit of its own.
    rares : mapping of str to Rare, optional
        The tables of the machine in which families may have rows.
    prices : Prices, optional
        From `cstark.vm.trace.gathering.prices_of`; without them all families have tables of their
        own.
    pad_to : mapping of str to tuple of int, optional
        Table -> rows of all its traces, tallest first, in the place of the fewest that do. Such a
        family has its rows in these.

    Returns
    -------
    TracePlan
        Its tables are in the order of the machine.

    Raises
    ------
    TraceError, ValueError
        As of `plan`.
    """
    if missing := [name for name in RECORDED if rows.get(name) and name not in cells]:
        raise ValueError(f"the machine has no tables {missing}, which the run needs")
    wanted = {name: rows[name] for name in cells if name in rows}
    # Zero-filled memory has a row that only fills up, so that its table is known to end.
    fixed = {
        name: padded_rows(count + (name == "fresh"))
        for name, count in wanted.items()
        if name not in RECORDED
    }
    for name, height in fixed.items():
        if height > 1 << abi.MAX_LOG_HEIGHT:
            raise TraceError(
                f"table {name} would have {rows[name]} rows; a table of the machine has at most "
                f"2^{abi.MAX_LOG_HEIGHT}",
                table=name,
            )
    recorded = {name: count for name, count in wanted.items() if name in RECORDED}
    tallest = 1 << min(max_log_height, abi.MAX_LOG_HEIGHT)
    used = sum(cells[name] * wanted[name] for name in fixed)
    families: dict[str, tuple[int, ...]] = split(
        recorded,
        cells,
        used=used,
        committed=sum(cells[name] * height for name, height in fixed.items()),
        tallest=tallest,
        padding=padding,
    )
    rares, own, found = rares or {}, pad_to or {}, Gathering({})
    if prices is not None:
        free = {name: count for name, count in recorded.items() if name not in own}
        found = gather(
            free, cells, {name: table.families for name, table in rares.items()}, prices,
            around={name: own.get(name, (height,)) for name, height in fixed.items()}
            | {name: own[name] for name in recorded if name in own},
            plain={name: families[name] for name in free},
            tallest=tallest,
        )  # fmt: skip
    families = dict.fromkeys(RARE, ()) | families | found.heights
    heights = {
        name: fixed[name] if name in fixed else families[name]
        for name in cells
        if name in wanted or name in RARE
    }
    for name, chosen in own.items():
        if name in RARE:
            need = sum(found.rows.get(name, {}).values())
        else:
            need = wanted[name] + (name == "fresh")
        if sum(chosen) < need:
            raise PaddingError(
                f"pad_to of table {name!r}: {sum(chosen)} rows, fewer than the {need} that are "
                "needed",
                table=name,
            )
        heights[name] = chosen if name in RECORDED or name in RARE else chosen[0]
    widths = {name: table.width for name, table in rares.items() if heights.get(name)}
    return TracePlan(total, wanted, heights, found.rows, widths)
