"""From traces to a proof: read, choose a plan, check, run the rounds; what `Machine.prove` does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cstark.air import one_sided
from cstark.air.bus import Token, number_buses
from cstark.cost.memory import choose_plan, foretold_work
from cstark.errors import TraceError
from cstark.progress import Tell, listener, watched
from cstark.protocol.facts import facts
from cstark.protocol.layout import Layout
from cstark.protocol.proof import Proof
from cstark.protocol.prover import Imbalance, Prover
from cstark.protocol.statement import Instance
from cstark.protocol.traces import Trace, read_traces
from cstark.protocol.transcript import Ledger, silent
from cstark.report import Report
from cstark.unwind import letting_go

if TYPE_CHECKING:
    from cstark.check import CheckReport
    from cstark.machine import Machine

__all__ = ["check_traces", "make_proof"]


@letting_go
def make_proof(
    machine: Machine,
    traces: Mapping[str, Trace],
    publics: Mapping[str, Sequence[int]] | None,
    tokens: Sequence[Token],
    claim: bytes,
    check: bool,
    progress: bool | Tell | None,
    max_memory: int | None = None,
    *,
    force: bool = False,
    ledger: Ledger = silent,
    prover: type[Prover] = Prover,
) -> Proof:
    """`Machine.prove`; `force` makes proofs of false statements, for tests of the verifier."""
    report = Report()
    with listener(progress) as tell:
        instance = Instance.build(machine.plain_key(), publics, tokens, claim)
        with report.phase("read traces"):
            arrays = read_traces(machine.descriptions, machine.resolved, traces)
        layout = Layout(machine.plain_key(), [len(array).bit_length() - 1 for array in arrays])
        plan = choose_plan(machine, layout, max_memory)
        check = check and not force
        with watched(tell, report, lambda: foretold_work(machine, layout, plan, check=check)):
            key = machine.verifying_key(report)
            instance.refuse_wrapping(key, layout.log_heights)
            if check:
                with report.phase("check"):
                    _check_constraints(machine, arrays, instance)
            if not force and (lone := one_sided(machine.descriptions, instance.tokens)):
                with report.phase("check one-sided buses"):
                    check_traces(machine, arrays, instance, lone).raise_for_failure()
            work = prover(machine, instance, arrays, report, plan=plan, force=force, ledger=ledger)
            try:
                proof = work.prove()
            except Imbalance:
                check_traces(machine, arrays, instance).raise_for_failure()
                raise TraceError(
                    "the buses do not balance: what is sent is not what is received"
                ) from None
    report.facts.update(facts(key, proof, len(instance.tokens), machine.domains), plan=plan.name)
    return proof


def _check_constraints(machine: Machine, arrays: Sequence[np.ndarray], instance: Instance) -> None:
    for table, description in enumerate(machine.descriptions):
        publics = instance.publics[table]
        if machine.check_program(table).violations(
            arrays[table], description.preprocessed, publics
        ):  # only now the slower report, which names rows, columns and values
            check_traces(machine, arrays, instance).raise_for_failure()


def check_traces(
    machine: Machine,
    arrays: Sequence[np.ndarray],
    instance: Instance,
    only: Collection[str] | None = None,
) -> CheckReport:
    """The report on traces that have been read: on everything, or on some buses alone."""
    from cstark.check import check

    buses, programs = number_buses(machine.descriptions), None
    if only is None:
        programs = [machine.check_program(table) for table in range(len(machine.descriptions))]
    else:
        buses = {bus: buses[bus] for bus in only}
    statement = (instance.publics, instance.tokens)
    return check(machine.descriptions, arrays, *statement, buses, programs)
