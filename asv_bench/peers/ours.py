"""cstark's side: prove, verify, print one JSON object as the Rust programs do.

Called as ``python ours.py JSON`` with an object that has ``log_rows``, ``columns``, ``threads``,
``proofs`` and ``options``, the arguments of `cstark.Options`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from compare.runner import VERIFICATIONS, peak_resident

import cstark as cs
from cstark.machines.fib_pair import FibPair
from cstark.runtime import config


def settled(values: list[float]) -> float:
    """The median without the first of several, which brings memory and tables in."""
    return statistics.median(values[1:] or values)


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Prove and verify; the numbers."""
    cs.set_num_threads(request["threads"])
    workload = FibPair(log_rows=request["log_rows"], sequences=request["columns"] // 2)
    prepared = workload.prepare()
    claim, statement = workload.read_statement(prepared.claim)
    machine = cs.Machine(statement.tables, cs.Options(**request["options"]))
    publics = statement.publics

    wall, cpu, proof = [], [], None
    for _ in range(request["proofs"]):
        traces = {name: make() for name, make in prepared.traces.items()}
        proof = None  # as a caller would who has sent the one before
        start, start_cpu = time.perf_counter(), time.process_time()
        proof = machine.prove(traces, publics, claim=claim, check=False)
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    peak = peak_resident()
    data = proof.to_bytes()

    def verify(values: list[int]) -> None:
        machine.verify(data, {"fib": values}, claim=claim, min_security=0)

    spent = []
    for _ in range(VERIFICATIONS):
        start = time.perf_counter()
        verify(publics["fib"])
        spent.append(time.perf_counter() - start)
    try:
        verify([*publics["fib"][:-1], (publics["fib"][-1] + 1) % cs.P])
    except cs.VerificationError:
        pass
    else:
        raise SystemExit("error: a proof of another result is accepted")
    facts = config()
    (log_rows,) = proof.log_heights
    security = machine.security({"fib": 1 << log_rows})
    return {
        "prover": "cstark",
        "version": facts["cstark"],
        "hash": machine.resolved.hash,
        "isa": facts["isa"],
        "rows": 1 << log_rows,
        "columns": request["columns"],
        "threads": facts["threads"],
        "prove_seconds": settled(wall),
        "prove_cpu_seconds": settled(cpu),
        "verify_seconds": statistics.median(spent),
        "proof_bytes": len(data),
        "peak_bytes": peak,
        "own_bits": {
            "unique": int(security.unique_decoding.bits),
            "list": int(security.list_decoding.bits),
        },
        "result": publics["fib"][request["columns"] :],
    }


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
