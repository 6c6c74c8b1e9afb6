"""Proofs of whatever the traces are, by the prover's own rounds: for tests of the verifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import cstark as cs
from cstark.protocol.policy import Policy
from cstark.protocol.prover import Prover
from cstark.protocol.statement import Instance
from cstark.protocol.traces import read_standing
from cstark.protocol.transcript import Listener, silent
from cstark.protocol.verifier import Verifier
from cstark.report import Report

__all__ = ["forgiving", "prove_anyway", "prover_for", "verify_aloud"]


class _Forgiving(Prover):
    def check_balance(self, total: Any) -> None:
        """Unbalanced buses do not stop it."""


def forgiving(kind: type[Prover] = Prover) -> type[Prover]:
    """A prover of this kind that goes on where the buses do not balance."""
    return type(kind.__name__, (_Forgiving, kind), {})


def prover_for(
    machine: cs.Machine,
    traces: Mapping[str, Any],
    publics: Mapping[str, Sequence[int]] | None = None,
    tokens: Sequence[Any] = (),
    claim: bytes = b"",
    kind: type[Prover] = Prover,
    *,
    listener: Listener = silent,
    **settings: Any,
) -> Prover:
    """A prover at its start, with the settings of its constructor; nothing is checked first."""
    description = machine.proving_key.description
    heights, arrays = read_standing(description, traces)
    key = machine.proving_key.standing(heights)
    instance = Instance.build(description, publics, tokens, claim).at(key.description)
    prover = kind(key, instance, arrays, Report(), **settings)
    prover.stream.listen(listener)
    return prover


def verify_aloud(
    key: cs.VerifyingKey,
    proof: Any,
    publics: Mapping[str, Sequence[int]] | None,
    listener: Listener,
    *,
    tokens: Sequence[Any] = (),
    claim: bytes | None = None,
    min_security: int = 0,
) -> None:
    """Verify, and tell the listener of all that is absorbed, drawn and read."""
    verifier = Verifier.begin(key, proof, publics, tokens, claim)
    verifier.stream.listen(listener)
    verifier.verify(Policy.of(key, min_security))


def prove_anyway(
    machine: cs.Machine,
    traces: Mapping[str, np.ndarray],
    publics: Mapping[str, Sequence[int]] | None = None,
    tokens: Sequence[Any] = (),
    claim: bytes = b"",
) -> cs.Proof:
    """A proof that is made without looking at whether anything holds."""
    return prover_for(machine, traces, publics, tokens, claim, forgiving()).prove()
