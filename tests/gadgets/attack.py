"""What every attack on a gadget shows, with the gadget's own checks taken out one at a time.

The honest traces prove and verify. The forged traces are refused by both verifiers, and `check`
names the culprits and nothing else. Without the culprits in the tables, the same forged traces
prove and verify, so nothing else in the gadget happens to stop them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import cstark as cs
from cstark.air import describe
from cstark.errors import Reason
from tests.attacks.toolkit import Statement, plain_refusal
from tests.oracles.forging import prove_anyway

#: Few queries: what is tested here does not hide in a small part of a codeword.
OPTIONS = cs.Options(queries=6, grinding=0)


def weakened(air: cs.Air, culprits: Sequence[str]) -> cs.Air:
    """The table without its equations and messages of these names."""

    def constrain(self: cs.Air, t: Any) -> None:
        type(air).constrain(self, t)
        for stated in (t._equations, t._messages, t._of_flags):
            stated[:] = [one for one in stated if one.name.partition("[")[0] not in culprits]

    weak = type(type(air).__name__, (type(air),), {"constrain": constrain})
    instance = weak.__new__(weak)
    instance.__dict__.update(air.__dict__)
    return instance


class Case:
    """Tables with honest traces, which are shown to verify.

    Parameters
    ----------
    tables : mapping of str to Air
    traces : mapping of str to ndarray
    """

    def __init__(
        self,
        tables: Mapping[str, cs.Air],
        traces: Mapping[str, np.ndarray],
        publics: Mapping[str, Sequence[int]] | None = None,
        tokens: Sequence[Any] = (),
    ) -> None:
        self.tables, self.honest = dict(tables), dict(traces)
        self.publics, self.tokens = dict(publics or {}), tuple(tokens)
        machine = cs.Machine(self.tables, OPTIONS)
        machine.check(self.honest, self.publics, tokens=self.tokens).raise_for_failure()
        proof = machine.prove(self.honest, self.publics, tokens=self.tokens)
        statement = Statement(machine, self.publics, self.tokens)
        statement.verify(proof)
        assert plain_refusal(statement, proof) == ""

    def traces(self) -> dict[str, np.ndarray]:
        """Copies of the honest traces, to be written to."""
        return {name: trace.copy() for name, trace in self.honest.items()}

    def forged(
        self,
        traces: Mapping[str, np.ndarray],
        *culprits: str,
        bus: str = "",
        publics: Mapping[str, Sequence[int]] | None = None,
        tokens: Sequence[Any] | None = None,
        repaired: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """The forgery fails for its culprits alone, and passes without them.

        Parameters
        ----------
        traces : mapping of str to ndarray
            A proof of something false, or beside the honest one.
        *culprits : str
            Names of equations, which are violated, and of messages, which `bus` does not balance.
        bus : str
            The bus that does not balance; "" for none.
        repaired : mapping of str to ndarray, optional
            Traces that replace some where the messages are taken out, as counts of a provider.
        """
        given = dict(self.publics if publics is None else publics)
        extra = self.tokens if tokens is None else tuple(tokens)
        machine = cs.Machine(self.tables, OPTIONS)
        report = machine.check(traces, given, tokens=extra)
        wrong = {v.name.partition("[")[0] or v.expression for v in report.violations}
        assert wrong <= set(culprits), wrong
        assert set(report.unbalanced) == ({bus} if bus else set())
        assert wrong or bus
        proof = prove_anyway(machine, traces, given, extra)
        statement = Statement(machine, given, extra)
        with pytest.raises(cs.VerificationError) as refusal:
            statement.verify(proof)
        assert refusal.value.reason in (Reason.CONSTRAINTS, Reason.BUS_SUM)
        assert plain_refusal(statement, proof)

        tables = {n: weakened(a, culprits) for n, a in self.tables.items()}
        widths = [
            len(message.values)
            for name, air in tables.items()
            for message in describe(name, air).interactions
            if message.bus == bus
        ]
        if widths:  # there may be no sender left: an error, unless a token names the bus
            extra = (*extra, cs.Send(bus, [0] * widths[0], count=0))
        weak = cs.Machine(tables, OPTIONS)
        traces = {**traces, **(repaired or {})}
        weak.check(traces, given, tokens=extra).raise_for_failure()
        proof = weak.prove(traces, given, tokens=extra)
        Statement(weak, given, extra).verify(proof)
