"""Seconds of a proof in shards, from those of one proof of the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cstark.cost.memory import expected_work
from cstark.protocol.matrix import FULL
from cstark.protocol.proving_key import StandingKey
from cstark.protocol.statement import checked_log_heights

if TYPE_CHECKING:
    from cstark.cost.estimate import Timing
    from cstark.protocol.proving_key import ProvingKey

__all__ = ["in_shards"]

TWICE = ("read traces", "commit main")
"""Phases of both halves of a shard of which nothing is kept between them."""

Rows = Mapping[str, int | Sequence[int]]
"""Of each table, or of each of its traces, as for `Machine.estimate`."""


def in_shards(
    key: ProvingKey, timing: Timing, whole: Rows, shards: Sequence[Rows], memory: float = 1.0
) -> Timing:
    """What proving in shards takes, one after another, where nothing is kept between the halves.

    Each phase takes as long as in one proof, times the work of all shards over the work there.

    Parameters
    ----------
    key : ProvingKey
        Of the machine.
    timing : Timing
        Of one proof.
    whole : mapping of str to (int or sequence of int)
        Rows of its tables.
    shards : sequence of such mappings
    memory : float
        Memory of the largest shard over that of the one proof: so much has to be provided by the
        system, once.
    """
    one = _work(key, whole)
    total: dict[str, float] = {}
    for shard in shards:
        for name, amount in _work(key, shard, len(shards)).items():
            total[name] = total.get(name, 0.0) + amount
    phases = {}
    for name, seconds in timing.phases.items():
        share = total[name] / one[name] if one.get(name) else 1.0
        if name == "grinding":
            share = len(shards)
        phases[name] = seconds * share * (2 if name in TWICE else 1)
    once = dict(timing.once)
    if "first touch" in once:
        once["first touch"] *= min(1.0, memory)
    return replace(timing, seconds=sum(phases.values()), phases=phases, once=once)


def _work(key: ProvingKey, rows: Rows, shards: int = 0) -> dict[str, float]:
    """Work by phase of one proof, or of one of so many shards."""
    log_heights = checked_log_heights(key.description, rows)
    if shards:
        standing = StandingKey(key.for_shards(), log_heights, shards=shards)
    else:
        standing = key.standing(log_heights)
    return expected_work(standing, standing.layout(log_heights), FULL, check=True)
