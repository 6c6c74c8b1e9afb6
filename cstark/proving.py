"""From traces to a proof: read, choose a plan, check, run the rounds; what `Machine.prove` does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cstark.air import one_sided
from cstark.air.tokens import Token, check_tokens
from cstark.cost.memory import choose_plan, expected_work
from cstark.errors import OptionsError, TraceError
from cstark.kernels import _runtime
from cstark.protocol.layout import hidden_sums
from cstark.protocol.possession import spare_traces
from cstark.protocol.proof import Proof
from cstark.protocol.prover import Prover, Unbalanced
from cstark.protocol.proving_key import ProvingKey, StandingKey
from cstark.protocol.publics import Publics, read_publics
from cstark.protocol.standing import Standing
from cstark.protocol.statement import Instance
from cstark.protocol.traces import Traces, read_some_traces, read_standing
from cstark.report import Report
from cstark.report.progress import ProgressCallback, listener, watched
from cstark.unwind import releasing_memory

if TYPE_CHECKING:
    from cstark.check import CheckReport
    from cstark.protocol.key import MachineDescription

__all__ = ["check_constraints", "check_traces", "count_messages", "make_proof"]


@releasing_memory
def make_proof(
    machine: ProvingKey,
    traces: Mapping[str, Traces],
    publics: Publics | None,
    tokens: Sequence[Token],
    claim: bytes,
    *,
    check: bool = True,
    progress: bool | ProgressCallback | None = None,
    max_memory: int | None = None,
    insecure_seed: bytes | None = None,
) -> Proof:
    """What `Machine.prove` does; the parameters are its own."""
    report = Report()
    if insecure_seed is not None and not machine.description.options.zk:
        raise OptionsError("insecure_seed: of use only with Options(zk=True)")
    with listener(progress) as tell:
        instance = Instance.build(machine.description, publics, tokens, claim)
        with report.phase("read traces"):
            heights, arrays = read_standing(machine.description, traces)
        # From here on each trace is a table of its own.
        key = machine.standing(heights)
        described = key.description
        instance = instance.at(described)
        if key.programs.missing(check=check, hidden=hidden_sums(described)):
            with report.phase("compile"):
                key.programs.compile(check=check, hidden=hidden_sums(described))
        layout = key.layout(described.log_heights)
        plan = choose_plan(key, layout, max_memory)
        spare = spare_traces(layout, instance.tokens, arrays)
        with watched(
            tell, report, lambda: expected_work(key, layout, plan, check=check, spare=spare)
        ):
            key.verifying_key(report)  # commits to the preprocessed columns, if nobody has yet
            instance.refuse_wrapping(described)
            if check:
                with report.phase("check"):
                    check_constraints(key, arrays, instance)
            if one_sided_buses := one_sided(machine.description.tables, instance.tokens):
                with report.phase("check one-sided buses"):
                    check_traces(key, arrays, instance, one_sided_buses).raise_for_failure()
            try:
                proof = Prover(
                    key, instance, arrays, report, plan=plan, insecure_seed=insecure_seed
                ).prove()
            except Unbalanced:
                check_traces(key, arrays, instance).raise_for_failure()
                raise TraceError(
                    "the buses do not balance: what is sent is not what is received"
                ) from None
    report.facts.update(_facts(key, proof, len(instance.tokens)), plan=plan.name)
    return proof


def check_constraints(key: StandingKey, arrays: Sequence[np.ndarray], instance: Instance) -> None:
    """Raise unless every constraint holds and every count keeps to its weight."""
    for table, description in enumerate(key.description.tables):
        publics = instance.publics[table]
        if key.programs.check(table).violations(
            arrays[table], description.preprocessed, publics
        ):  # only now the slower report, which names rows, columns and values
            check_traces(key, arrays, instance).raise_for_failure()
    from cstark.check.overweight import find_overweight

    for description, trace, publics in zip(
        key.description.tables, arrays, instance.publics, strict=True
    ):
        if find_overweight(description, trace, publics):
            check_traces(key, arrays, instance).raise_for_failure()


def check_traces(
    key: StandingKey,
    arrays: Sequence[np.ndarray],
    instance: Instance,
    only: Collection[str] | None = None,
) -> CheckReport:
    """The report on traces that have been read: on everything, or on some buses alone."""
    from cstark.check import check

    tables, buses, programs = key.description.tables, key.description.buses, None
    if only is None:
        programs = [key.programs.check(table) for table in range(len(tables))]
    else:
        buses = {bus: buses[bus] for bus in only}
    machine = key.description.key.tables
    return check(tables, arrays, instance.publics, instance.tokens, buses, programs, machine)


def count_messages(
    described: MachineDescription,
    traces: Mapping[str, Traces],
    bus: str,
    publics: Publics | None,
    *,
    table: str | None,
    tokens: Sequence[Token],
) -> np.ndarray:
    """What `Machine.count` does; the parameters are its own."""
    from cstark.check.multiplicities import Counting

    counting = Counting(described.tables, described.buses, bus, table)
    checked = check_tokens(described.buses, tokens)
    values: Sequence[Sequence[int]] = [()] * len(described.tables)
    if counting.reads_publics or publics is not None:
        values = read_publics(described, publics)
    arrays = read_some_traces(described, traces, counting.tables)
    return counting.run(arrays, dict(zip(described.names, values, strict=True)), checked)


def _facts(key: ProvingKey, proof: Proof, tokens: int) -> dict[str, Any]:
    """What a proof's report says of it besides times: plain data, ready for `json.dumps`."""
    described = Standing.of(key.description, proof.log_heights)
    return {
        "proof_bytes": len(proof),
        "tables": [
            {
                "name": d.name,
                "log_height": log_height,
                "columns": d.width,
                "preprocessed": d.preprocessed_width,
                "lookup": d.lookup_columns,
            }
            for d, log_height in zip(described.tables, described.log_heights, strict=True)
        ],
        "security": key.security(proof.log_heights, tokens).to_dict(),
        "threads": _runtime.threads(),
        "isa": _runtime.isa(),
        "domains": {"hits": key.domains.hits, "misses": key.domains.misses},
    }
