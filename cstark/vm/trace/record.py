"""A run, or a part of it, recorded: the traces of its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from cstark.kernels import _runtime
from cstark.vm import abi
from cstark.vm.executor import COUNT, RECORD, Hart, start
from cstark.vm.image import Image
from cstark.vm.isa import Code
from cstark.vm.tables import Rare
from cstark.vm.trace.around import fill_around
from cstark.vm.trace.header import layout
from cstark.vm.trace.inverses import INVERSES, invert
from cstark.vm.trace.planning import RECORDED, TracePlan
from cstark.vm.trace.snapshot import Snapshot

__all__ = ["Traces", "recording_rate", "traces"]

Trace = NDArray[np.uint64]
Traces = dict[str, "Trace | list[Trace]"]
"""Table -> trace; of a family, a list of its traces, the tallest first."""

STEP = 1 << 22
"""Rows between two reports of progress."""
SAMPLE = 1 << 18
"""Rows that are recorded to see how long it takes."""


def traces(
    code: Code,
    image: Image,
    input: bytes,
    plan: TracePlan,
    *,
    snapshot: Snapshot | None = None,
    rares: Mapping[str, Rare] | None = None,
    progress: Callable[[int], object] | None = None,
) -> Traces:
    """The traces of a run that was counted, or of a part of it.

    The run is executed once more; it is the same run, because nothing but the program and the
    input decides what happens.

    Parameters
    ----------
    code : Code
        The operations.
    image : Image
        What is loaded.
    input : bytes
        The same bytes as when the run was counted.
    plan : TracePlan
        From `cstark.vm.trace.planning`; its tables are those that are filled. Where it has those
        of memory, the run must come to its end.
    snapshot : Snapshot, optional
        Where the part begins; without it, at the start of the run.
    rares : mapping of str to Rare, optional
        The tables for the rows that the plan gathers.
    progress : callable, optional
        Called with the number of rows executed, now and then.

    Returns
    -------
    dict of str to ndarray of uint64, shape (height, width), or list of them
        Table -> trace, in the order of the plan; of a family, and of those for any, a list of them.

    Raises
    ------
    ValueError
        The plan is not that of this run.
    MemoryError
        The traces do not fit into memory: ``8 * plan.words`` bytes.
    """
    whole: dict[str, Trace] = {}
    for name in plan.heights:
        # Rows that are gathered lie elsewhere in the end, and are recorded as those of the family.
        height = plan.height(name) + plan.elsewhere(name)
        whole[name] = _runtime.aligned((height, plan.width(name)), "traces")
        # Of a row that is recorded every cell is written.
        whole[name][plan.rows[name] if name in RECORDED else 0 :] = 0
    before = snapshot.rows if snapshot else 0
    ends = "registers" in plan.heights
    hart = start(
        code, image, input, RECORD,
        # One more would be executed: a part may end before the run does.
        max_rows=min(before + plan.total + (not ends), abi.MAX_ROWS),
        traces=[whole[name] if whole.get(name, _NONE).size else None for name in RECORDED],
    )  # fmt: skip
    if snapshot:
        snapshot.restore(hart)
    _execute(hart, plan.total, progress)
    recorded = dict(zip(RECORDED, hart.table_rows.tolist(), strict=True))
    if (
        hart.rows != before + plan.total
        or (ends and not hart.halted)
        or any(plan.rows.get(name, 0) != count for name, count in recorded.items())
    ):
        raise ValueError("the plan is that of another run")
    for name in INVERSES:
        if name in whole:
            invert(name, whole[name], plan.rows[name])
    fill_around(whole, hart, image.low, image.words, input, plan)
    rares = rares or {}
    for table, families in plan.gathered.items():
        if table not in rares:
            raise ValueError("the plan gathers rows of families, and no table is given for them")
        rows = {name: whole[name][plan.height(name) :] for name in families}
        rares[table].lay(rows, whole[table], table)
        for name in families:
            own = plan.height(name)
            whole[name] = whole[name][:own] if own else _NONE
    return {name: _parts(whole[name], heights) for name, heights in plan.heights.items()}


_NONE = np.zeros((0, 0), dtype=np.uint64)


def _execute(hart: Hart, rows: int, progress: Callable[[int], object] | None) -> None:
    """Record so many rows."""
    try:
        while rows and hart.run(min(rows, STEP)):
            rows -= min(rows, STEP)
            if progress is not None:
                progress(hart.rows)
    except RuntimeError as error:
        raise ValueError("the plan is that of another run") from error
    if progress is not None:
        progress(hart.rows)


def _parts(trace: Trace, heights: int | tuple[int, ...]) -> Trace | list[Trace]:
    """The traces that a family's rows lie in, one behind the other."""
    if isinstance(heights, int):
        return trace
    ends = np.cumsum((0, *heights)).tolist()
    return [trace[start:end] for start, end in pairwise(ends)]


def recording_rate(code: Code, image: Image, input: bytes, plan: TracePlan) -> float:
    """Seconds that a row of a run takes to be recorded, from its first rows.

    Parameters
    ----------
    code, image, input, plan
        As for `traces`.
    """
    wanted = min(SAMPLE, plan.total)
    counted = start(code, image, input, COUNT, max_rows=plan.total)
    counted.run(wanted)
    rows = dict(zip(RECORDED, counted.table_rows.tolist(), strict=True))
    out = {
        name: np.zeros((rows[name], layout(name)["width"]), dtype=np.uint64)
        for name in RECORDED
        if name in plan.heights
    }
    for trace in out.values():
        trace.fill(0)  # memory is paid for elsewhere
    hart = start(
        code, image, input, RECORD, max_rows=plan.total,
        traces=[out.get(name) for name in RECORDED],
    )  # fmt: skip
    began = perf_counter()
    hart.run(wanted)
    for name in INVERSES:
        if name in out:
            invert(name, out[name], rows[name])
    return (perf_counter() - began) / wanted
