"""A run, recorded: the traces of all tables."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from cstark.kernels import _runtime
from cstark.vm.executor import COUNT, RECORD, GuestError, run, start
from cstark.vm.image import Image
from cstark.vm.isa import Code
from cstark.vm.trace.around import fill_around
from cstark.vm.trace.header import layout
from cstark.vm.trace.inverses import INVERSES, invert
from cstark.vm.trace.planning import RECORDED, Plan

__all__ = ["recording_rate", "traces"]

SAMPLE = 1 << 18
"""Rows that are recorded to see how long it takes."""


def traces(
    code: Code,
    image: Image,
    input: bytes,
    plan: Plan,
    *,
    progress: Callable[[int], object] | None = None,
) -> dict[str, NDArray[np.uint64]]:
    """The traces of a run that was counted.

    The run is executed once more, from the start; it is the same run, because nothing but the
    program and the input decides what happens.

    Parameters
    ----------
    code : Code
        The operations.
    image : Image
        What is loaded.
    input : bytes
        The same bytes as when the run was counted.
    plan : Plan
        From `cstark.vm.trace.planning`; its tables are those that are filled.
    progress : callable, optional
        Called with the number of rows executed, now and then.

    Returns
    -------
    dict of str to ndarray of uint64, shape (height, width)
        Table -> trace, in the order of the plan.

    Raises
    ------
    ValueError
        The plan is not that of this run.
    MemoryError
        The traces do not fit into memory: ``8 * plan.words`` bytes.
    """
    out: dict[str, NDArray[np.uint64]] = {}
    for name, height in plan.heights.items():
        out[name] = _runtime.aligned((height, layout(name)["width"]), "traces")
        # Of a row that is recorded every cell is written.
        out[name][plan.rows[name] if name in RECORDED else 0 :] = 0
    hart = start(
        code, image, input, RECORD, max_rows=plan.total,
        traces=[out.get(name) for name in RECORDED],
    )  # fmt: skip
    try:
        run(hart, code, progress=progress)
    except (GuestError, RuntimeError) as error:
        raise ValueError("the plan is that of another run") from error
    recorded = dict(zip(RECORDED, hart.table_rows.tolist(), strict=True))
    if hart.rows != plan.total or any(
        plan.rows.get(name, 0) != count for name, count in recorded.items()
    ):
        raise ValueError("the plan is that of another run")
    for name in INVERSES:
        if name in out:
            invert(name, out[name], plan.rows[name])
    fill_around(out, hart, image.low, image.words, input, plan)
    return out


def recording_rate(code: Code, image: Image, input: bytes, plan: Plan) -> float:
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
