"""False statements about machines: what objects to them, and that the verifier refuses them.

A forgery is a claim with traces that come as near to it as they can.  `check` names everything that
is wrong with them; a test expects exactly one constraint or bus there, so it also says that the
forgery would be accepted without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from attack import Case

import cstark as cs
from cstark.errors import Reason
from cstark.workload.claim import encode_claim
from tests.oracles.forging import prove_anyway

#: Few queries: what is tested here does not hide in a small part of a codeword.
OPTIONS = cs.Options(queries=8, grinding=0)


class Forgery:
    """The claim and traces of a true statement, to be falsified.

    Attributes
    ----------
    kind : type
        The workload's class.
    claim : dict
    traces : dict of str to ndarray
        Copies, to be written to.
    tables : dict of str to Air
        Tables that replace those of the statement, for what a weaker machine would accept.
    """

    def __init__(self, workload: cs.Workload) -> None:
        prepared = workload.prepare()
        self.kind = type(workload)
        self.claim = dict(prepared.claim)
        self.traces: dict[str, np.ndarray] = {
            name: (trace() if callable(trace) else trace).copy()
            for name, trace in prepared.traces.items()
        }
        self.tables: Mapping[str, cs.Air] = {}
        assert self.wrong() == set()

    def _statement(self) -> tuple[cs.Machine, cs.Statement]:
        _, statement = self.kind.read_statement(self.claim)
        return cs.Machine({**statement.tables, **self.tables}, OPTIONS), statement

    def view(self, table: str) -> Any:
        """The columns of a trace by name."""
        _, statement = self._statement()
        return {**statement.tables, **self.tables}[table].view(self.traces[table])

    def wrong(self) -> set[str]:
        """Names of violated constraints, without subscripts, and "bus NAME"."""
        machine, statement = self._statement()
        report = machine.check(self.traces, statement.publics, tokens=statement.tokens)
        names = {v.name.partition("[")[0] or v.expression for v in report.violations}
        return names | {f"bus {bus}" for bus in report.unbalanced}

    def proof(self) -> cs.Proof:
        """A proof made without looking at whether anything holds."""
        machine, statement = self._statement()
        claim = encode_claim(self.claim)
        return prove_anyway(machine, self.traces, statement.publics, statement.tokens, claim)

    def refused(self, *culprits: str) -> None:
        """Check names these culprits and nothing else; the verifier refuses for such a reason."""
        assert self.wrong() == set(culprits)
        machine, statement = self._statement()
        proof = self.proof()
        with pytest.raises(cs.VerificationError) as refusal:
            machine.verify(
                proof, statement.publics, tokens=statement.tokens, claim=proof.claim, min_security=0
            )
        reasons = {Reason.BUS_SUM if c.startswith("bus ") else Reason.CONSTRAINTS for c in culprits}
        assert refusal.value.reason in reasons


def case_of(workload: cs.Workload) -> Case:
    """The tables and honest traces of a workload, for attacks that also take checks out."""
    prepared = workload.prepare()
    _, statement = type(workload).read_statement(prepared.claim)
    traces = {
        name: trace() if callable(trace) else np.asarray(trace)
        for name, trace in prepared.traces.items()
    }
    machine = cs.Machine(statement.tables)
    traces = {n: t.reshape(-1, 1) if t.ndim == 1 else t for n, t in traces.items()}
    publics = machine.statement(statement.publics, tokens=statement.tokens).publics
    return Case(statement.tables, traces, publics, statement.tokens)


def round_trip(workload: cs.Workload) -> dict[str, Any]:
    """Prove, verify from bytes, return the claim; a changed claim is refused."""
    data = workload.prove(OPTIONS).to_bytes()
    return type(workload).verify(data, OPTIONS, min_security=0)
