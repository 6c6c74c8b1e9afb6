"""Checking traces without proving: violated constraints and unbalanced buses, in words.

Constraints are evaluated on the rows of the traces and messages are counted one by one, so the
outcome does not depend on any challenge: what is found here is wrong, and what is not found here
can only be a zero denominator, which has a chance of some 2**-150 in a proof.
"""

from cstark.check.buses import Imbalance, Touch
from cstark.check.constraints import Violation
from cstark.check.report import CheckReport, check
from cstark.check.values import evaluate_nodes

__all__ = ["CheckReport", "Imbalance", "Touch", "Violation", "check", "evaluate_nodes"]
