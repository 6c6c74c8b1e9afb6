"""Checking traces without proving: violated constraints and unbalanced buses, in words.

Constraints are evaluated on the rows of the traces and messages are counted one by one, so the
outcome does not depend on any challenge.  The one thing that cannot be seen without a proof is a
zero denominator, which random challenges meet with negligible probability.  Buses that nobody can
use (`cstark.air.one_sided`) are named as well, though nothing is wrong with the traces.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cstark.check.constraints import Violation
    from cstark.check.imbalance import Imbalance, OneSidedBus, Touch
    from cstark.check.mutate import FreeCell, FreeColumn, Mutations
    from cstark.check.overweight import Overweight
    from cstark.check.rank import HeldColumns, RankTest, Undetermined
    from cstark.check.report import CheckReport, check
    from cstark.check.values import evaluate_nodes

__all__ = [
    "CheckReport",
    "FreeCell",
    "FreeColumn",
    "HeldColumns",
    "Imbalance",
    "Mutations",
    "OneSidedBus",
    "Overweight",
    "RankTest",
    "Touch",
    "Undetermined",
    "Violation",
    "check",
    "evaluate_nodes",
]

# Every proof needs `overweight` alone: the others are loaded when they are first asked for.
_HOMES = {
    "CheckReport": "cstark.check.report",
    "FreeCell": "cstark.check.mutate",
    "FreeColumn": "cstark.check.mutate",
    "HeldColumns": "cstark.check.rank",
    "Imbalance": "cstark.check.imbalance",
    "Mutations": "cstark.check.mutate",
    "OneSidedBus": "cstark.check.imbalance",
    "Overweight": "cstark.check.overweight",
    "RankTest": "cstark.check.rank",
    "Touch": "cstark.check.imbalance",
    "Undetermined": "cstark.check.rank",
    "Violation": "cstark.check.constraints",
    "check": "cstark.check.report",
    "evaluate_nodes": "cstark.check.values",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
