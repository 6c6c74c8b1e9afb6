"""Tables compiled to programs that a kernel runs on blocks of rows.

`quotient_program`, `lookup_program` and `check_program` lower a table's description to
operations (`compile`, `interactions`), give them slots (`_slots`) and encode them (`encode`);
`Programs` keeps those of a machine. `point_values` evaluates the same constraints at one point for
the verifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cstark.lazy import loader

if TYPE_CHECKING:
    from cstark.program.challenges import Challenges
    from cstark.program.check import CheckProgram, FailedConstraint, check_program
    from cstark.program.lookup import LookupProgram, ZeroDenominator, lookup_program
    from cstark.program.point import Opened, periodic_at, point_values
    from cstark.program.programs import Programs
    from cstark.program.quotient import CosetPoints, QuotientProgram, Sources, quotient_program
else:
    __getattr__ = loader(__name__, {
        "Challenges": "challenges",
        "CheckProgram": "check",
        "CosetPoints": "quotient",
        "FailedConstraint": "check",
        "LookupProgram": "lookup",
        "Opened": "point",
        "Programs": "programs",
        "QuotientProgram": "quotient",
        "Sources": "quotient",
        "ZeroDenominator": "lookup",
        "check_program": "check",
        "lookup_program": "lookup",
        "periodic_at": "point",
        "point_values": "point",
        "quotient_program": "quotient",
    })  # fmt: skip

__all__ = [
    "Challenges",
    "CheckProgram",
    "CosetPoints",
    "FailedConstraint",
    "LookupProgram",
    "Opened",
    "Programs",
    "QuotientProgram",
    "Sources",
    "ZeroDenominator",
    "check_program",
    "lookup_program",
    "periodic_at",
    "point_values",
    "quotient_program",
]
