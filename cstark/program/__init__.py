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
    from cstark.program.lookup import (
        LookupCall,
        LookupProgram,
        ZeroDenominator,
        build_lookup_columns,
        lookup_program,
    )
    from cstark.program.point import Opened, periodic_at, point_values
    from cstark.program.programs import Programs
    from cstark.program.quotient import (
        CosetPoints,
        QuotientCall,
        QuotientProgram,
        Sources,
        evaluate_quotients,
        quotient_program,
    )
else:
    __getattr__ = loader(__name__, {
        "Challenges": "challenges",
        "CheckProgram": "check",
        "CosetPoints": "quotient",
        "FailedConstraint": "check",
        "LookupCall": "lookup",
        "LookupProgram": "lookup",
        "Opened": "point",
        "Programs": "programs",
        "QuotientCall": "quotient",
        "QuotientProgram": "quotient",
        "Sources": "quotient",
        "ZeroDenominator": "lookup",
        "build_lookup_columns": "lookup",
        "check_program": "check",
        "evaluate_quotients": "quotient",
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
    "LookupCall",
    "LookupProgram",
    "Opened",
    "Programs",
    "QuotientCall",
    "QuotientProgram",
    "Sources",
    "ZeroDenominator",
    "build_lookup_columns",
    "check_program",
    "evaluate_quotients",
    "lookup_program",
    "periodic_at",
    "point_values",
    "quotient_program",
]
