"""Checking traces without proving: violated constraints and unbalanced buses, in words.

Constraints are evaluated on the rows of the traces and messages are counted one by one, so the
outcome does not depend on any challenge.  The one thing that cannot be seen without a proof is a
zero denominator, which random challenges meet with negligible probability.  Buses that nobody can
use (`cstark.air.one_sided`) are named as well, though nothing is wrong with the traces.
"""

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
