"""cstark's side: prove, verify, print one JSON object as the Rust programs do.

Called as ``python ours.py JSON`` with an object that has ``pairs`` or ``exchange`` (the fields of
the statement), ``threads``, ``proofs`` and ``options``, the arguments of `cstark.Options`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from compare.runner import VERIFICATIONS, peak_resident

import cstark as cs
from cstark.machines.fib_pair import FibPair
from cstark.machines.lookup_bench import VALUES, Exchange, LookupBench
from cstark.runtime import config

T = TypeVar("T")
#: Halvings of the tables that show a forgery to be refused.
SMALL = 7
#: Column of the first value that a row takes, after two numbers, two flags and what it posts.
TAKE = VALUES + 4


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """What `work` gives, the seconds that pass, and the processor seconds of all threads."""
    start, start_cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - start, time.process_time() - start_cpu


def settled(values: Sequence[float]) -> float:
    """The median without the first of several, which brings memory and tables in."""
    return statistics.median(values[1:] or values)


@dataclass(frozen=True)
class Subject:
    """A statement with its traces.

    Attributes
    ----------
    machine : Machine
    publics : Mapping or None
    claim : bytes
    traces : mapping
        Name -> array.
    other : callable
        Verifies the bytes of a proof for a statement that is false.
    columns : int
        Of each table.
    result : list of int
        What every prover of the statement must print alike.
    """

    machine: cs.Machine
    publics: Mapping[str, Sequence[int]] | None
    claim: bytes
    traces: Mapping[str, np.ndarray]
    other: Callable[[bytes], None]
    columns: int
    result: list[int]

    @property
    def heights(self) -> dict[str, int]:
        """Rows of each table."""
        return {name: len(trace) for name, trace in self.traces.items()}

    def prove(self) -> cs.Proof:
        """The measured work: from traces that are there, as the peers have theirs, to a proof."""
        return self.machine.prove(self.traces, self.publics, claim=self.claim, check=False)

    def verify(self, data: bytes) -> None:
        """From bytes to a verdict."""
        self.machine.verify(data, self.publics, claim=self.claim, min_security=0)


def pairs(log_rows: int, columns: int, options: cs.Options) -> Subject:
    """The Fibonacci pairs; the result is their last row."""
    workload = FibPair(log_rows=log_rows, sequences=columns // 2)
    prepared = workload.prepare()
    claim, statement = workload.read_statement(prepared.claim)
    machine = cs.Machine(statement.tables, options)
    publics = list(statement.publics["fib"])

    def other(data: bytes) -> None:
        wrong = {"fib": [*publics[:-1], (publics[-1] + 1) % cs.P]}
        machine.verify(data, wrong, claim=claim, min_security=0)

    traces = made(prepared)
    return Subject(machine, statement.publics, claim, traces, other, columns, publics[columns:])


def exchange(scale: int, options: cs.Options) -> Subject:
    """The tables that exchange messages.

    The result is the number of each table's first row, which the statement fixes, then for each
    table the polynomial with its cells as coefficients at 7: other rows have another one.
    """
    refuse_forgery(options)
    workload = LookupBench(scale=scale)
    prepared = workload.prepare()
    claim, statement = workload.read_statement(prepared.claim)
    traces = made(prepared)
    starts = [air.start for air in statement.tables.values()]

    def other(data: bytes) -> None:
        *_, name = tables = dict(statement.tables)
        tables[name] = Exchange(tables[name].rows, starts[-1] + 1)
        cs.Machine(tables, options).verify(data, claim=claim, min_security=0)

    sums = [int(cs.polynomial.evaluate(trace.ravel(), 7)) for trace in traces.values()]
    machine = cs.Machine(statement.tables, options)
    width = next(iter(traces.values())).shape[1]
    return Subject(machine, None, claim, traces, other, width, starts + sums)


def refuse_forgery(options: cs.Options) -> None:
    """Small tables are proved; where a row takes what nobody posted, they are not."""
    workload = LookupBench(scale=SMALL)
    prepared = workload.prepare()
    claim, statement = workload.read_statement(prepared.claim)
    machine = cs.Machine(statement.tables, options)
    traces = made(prepared)
    machine.verify(machine.prove(traces, claim=claim), claim=claim, min_security=0)
    table = traces["table_1"]
    taken = int(np.flatnonzero(table[:, TAKE - 1])[5])
    table[taken, TAKE + 3] ^= np.uint64(1)
    try:
        data = machine.prove(traces, claim=claim, check=False)
        machine.verify(data, claim=claim, min_security=0)
    except (cs.TraceError, cs.VerificationError):
        return
    raise SystemExit("error: a row takes what nobody posted, and the proof is accepted")


def made(prepared: cs.Prepared) -> dict[str, np.ndarray]:
    """The traces as arrays."""
    return {name: make() if callable(make) else make for name, make in prepared.traces.items()}


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Prove and verify; the numbers."""
    cs.set_num_threads(request["threads"])
    options = cs.Options(**request["options"])
    if "pairs" in request:
        subject = pairs(**request["pairs"], options=options)
    else:
        subject = exchange(**request["exchange"], options=options)
    proofs = []
    for _ in range(request["proofs"]):
        proof, *seconds = timed(subject.prove)
        proofs.append(seconds)
    wall, cpu = zip(*proofs, strict=True)
    peak = peak_resident()
    data = proof.to_bytes()
    verdicts = [timed(lambda: subject.verify(data))[1:] for _ in range(VERIFICATIONS)]
    verify_wall, verify_cpu = zip(*verdicts, strict=True)
    try:
        subject.other(data)
    except cs.VerificationError:
        pass
    else:
        raise SystemExit("error: a proof of another statement is accepted")
    facts = config()
    security = subject.machine.security(subject.heights)
    return {
        "prover": "cstark",
        "version": facts["cstark"],
        "hash": subject.machine.resolved.hash,
        "isa": facts["isa"],
        "rows": sum(subject.heights.values()),
        "columns": subject.columns,
        "threads": facts["threads"],
        "prove_seconds": settled(wall),
        "prove_cpu_seconds": settled(cpu),
        "verify_seconds": statistics.median(verify_wall),
        "verify_cpu_seconds": statistics.median(verify_cpu),
        "proof_bytes": len(data),
        "peak_bytes": peak,
        "own_bits": {
            "unique": int(security.unique_decoding.bits),
            "list": int(security.list_decoding.bits),
        },
        "result": subject.result,
    }


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
