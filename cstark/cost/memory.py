"""The memory and the work that a proof will take, and the plan that fits into so much memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cstark.cost import work
from cstark.cost.account import PhaseMemory
from cstark.cost.rehearsal import Rehearsal
from cstark.errors import OptionsError, is_integer, quoted
from cstark.kernels import _runtime
from cstark.protocol.matrix import PLANS, StoragePlan
from cstark.text import bytes_text

if TYPE_CHECKING:
    from cstark.protocol.layout import Layout
    from cstark.protocol.proving_key import ProvingKey

__all__ = [
    "BESIDE",
    "PhaseMemory",
    "check_max_memory",
    "choose_plan",
    "expected_work",
    "footprint",
    "peak",
    "plan_of_process",
    "process_bytes",
]

BESIDE = 160 << 20
"""Bytes of a process beside traces and buffers: Python, NumPy, the programs of the machine."""


def peak(phases: Sequence[PhaseMemory]) -> int:
    """The most bytes of any phase."""
    return max(phase.peak_bytes for phase in phases)


def check_max_memory(max_memory: int | None, name: str = "max_memory") -> None:
    """Raise `OptionsError` unless it is None or a positive int, which NumPy's are as well."""
    if max_memory is None:
        return
    if not is_integer(max_memory) or max_memory < 1:
        raise OptionsError(
            f"{name}={quoted(max_memory)}: must be a positive int, in bytes, or None"
        )


def choose_plan(
    key: ProvingKey, layout: Layout, max_memory: int | None, plans: Sequence[StoragePlan] = PLANS
) -> StoragePlan:
    """The fastest plan that fits, or the first if there is no limit.

    Under a limit, what larger proofs have left for reuse is given back to the system first.

    Raises
    ------
    OptionsError
        None fits, or the limit is no positive int.
    """
    if max_memory is None:
        return plans[0]
    check_max_memory(max_memory)
    chosen, needed = _fastest(plans, max_memory, lambda plan: peak(footprint(key, layout, plan)))
    if chosen is not None:
        return chosen
    name = min(needed, key=needed.__getitem__)
    raise OptionsError(
        f"max_memory={max_memory}: the leanest plan, {name!r}, needs {needed[name]} bytes "
        f"({bytes_text(needed[name])}) besides the traces; the fastest, {plans[0].name!r}, "
        f"{needed[plans[0].name]} ({bytes_text(needed[plans[0].name])})"
    )


def _fastest(
    plans: Sequence[StoragePlan], limit: int, bytes_of: Callable[[StoragePlan], int]
) -> tuple[StoragePlan | None, dict[str, int]]:
    """The first plan that takes no more bytes, or None; and what those looked at take."""
    needed = {}
    for plan in plans:
        needed[plan.name] = bytes_of(plan)
        if needed[plan.name] <= limit:
            _runtime.release_memory()
            return plan, needed
    return None, needed


def process_bytes(trace_bytes: int, phases: Sequence[PhaseMemory]) -> int:
    """Most bytes of a process that makes a proof, with its traces and with what is beside.

    Parameters
    ----------
    trace_bytes : int
    phases : sequence of PhaseMemory
        From `footprint`, of the plan it is made by.
    """
    return BESIDE + trace_bytes + peak(phases)


def plan_of_process(
    key: ProvingKey, layout: Layout, memory: int, trace_bytes: int, kept: int = 0
) -> StoragePlan:
    """The fastest plan by which a whole process takes no more than so many bytes.

    Parameters
    ----------
    key : ProvingKey
    layout : Layout
    memory : int
        Bytes of the process: see `process_bytes`.
    trace_bytes : int
    kept : int
        Bytes that the process holds besides, of other proofs.

    Raises
    ------
    OptionsError
        None fits.
    """
    chosen, needed = _fastest(
        PLANS,
        memory,
        lambda plan: kept + process_bytes(trace_bytes, footprint(key, layout, plan)),
    )
    if chosen is not None:
        return chosen
    name = min(needed, key=needed.__getitem__)
    raise OptionsError(
        f"memory={memory}: a process needs {needed[name]} bytes ({bytes_text(needed[name])}) by "
        f"the leanest plan, {name!r}: {bytes_text(trace_bytes)} of traces, "
        f"{bytes_text(needed[name] - BESIDE - trace_bytes - kept)} of buffers, "
        f"{bytes_text(BESIDE + kept)} beside"
    )


def footprint(key: ProvingKey, layout: Layout, plan: StoragePlan) -> list[PhaseMemory]:
    """The phases of a proof with their buffers.

    Parameters
    ----------
    key : ProvingKey
        For its programs, whose scratch memory depends on the number of threads now set.
    layout : Layout
    plan : StoragePlan

    Returns
    -------
    list of PhaseMemory
    """
    return Rehearsal(key, layout, plan).phases


def expected_work(
    key: ProvingKey,
    layout: Layout,
    plan: StoragePlan,
    *,
    check: bool,
    spare: frozenset[int] = frozenset(),
) -> dict[str, float]:
    """Work by phase, in order of time, as `cstark.cost.work` counts it.

    Parameters
    ----------
    key : ProvingKey
    layout : Layout
    plan : StoragePlan
    check : bool
        Whether the traces are checked first.
    spare : frozenset of int
        See `cstark.protocol.possession.spare_traces`.
    """
    rehearsal = Rehearsal(key, layout, plan, spare)
    found = {"commit preprocessed": 0.0, "check": 0.0}
    tree = layout.tree("preprocessed")
    if tree is not None and not key.committed:
        found["commit preprocessed"] = work.hashing(rehearsal.algorithm, tree) + sum(
            work.extension(matrix, tree.blowup) for matrix in tree.matrices
        )
    if check:
        found["check"] = sum(
            work.checking(key.programs.check(table), 1 << log_height)
            for table, log_height in enumerate(layout.log_heights)
        )
    return {**found, **{phase.name: phase.work for phase in rehearsal.phases}}
