"""cstark's side: prove, verify, print one JSON object as the Rust programs do.

Called as ``python ours.py JSON`` with an object that has ``log_rows``, ``columns``, ``threads``,
``proofs`` and ``options``, the arguments of `cstark.Options`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from compare.runner import VERIFICATIONS, peak_resident

import cstark as cs
from cstark.machines.fib_pair import FibPair
from cstark.runtime import config

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """What `work` gives, the seconds that pass, and the processor seconds of all threads."""
    start, start_cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - start, time.process_time() - start_cpu


def settled(values: Sequence[float]) -> float:
    """The median without the first of several, which brings memory and tables in."""
    return statistics.median(values[1:] or values)


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Prove and verify; the numbers."""
    cs.set_num_threads(request["threads"])
    workload = FibPair(log_rows=request["log_rows"], sequences=request["columns"] // 2)
    prepared = workload.prepare()
    claim, statement = workload.read_statement(prepared.claim)
    machine = cs.Machine(statement.tables, cs.Options(**request["options"]))

    def prove() -> tuple[cs.Proof, float, float]:
        # a trace that is there before the clock starts, as the peers have theirs
        traces = {
            name: make() if callable(make) else make for name, make in prepared.traces.items()
        }
        return timed(lambda: machine.prove(traces, statement.publics, claim=claim, check=False))

    def verify(publics: Mapping[str, Sequence[int]]) -> None:
        machine.verify(data, publics, claim=claim, min_security=0)

    proofs = []
    for _ in range(request["proofs"]):
        proof, *seconds = prove()
        proofs.append(seconds)
    wall, cpu = zip(*proofs, strict=True)
    peak = peak_resident()
    data = proof.to_bytes()
    verdicts = [timed(lambda: verify(statement.publics))[1:] for _ in range(VERIFICATIONS)]
    verify_wall, verify_cpu = zip(*verdicts, strict=True)
    publics = list(statement.publics["fib"])
    try:
        verify({"fib": [*publics[:-1], (publics[-1] + 1) % cs.P]})
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
        "verify_seconds": statistics.median(verify_wall),
        "verify_cpu_seconds": statistics.median(verify_cpu),
        "proof_bytes": len(data),
        "peak_bytes": peak,
        "own_bits": {
            "unique": int(security.unique_decoding.bits),
            "list": int(security.list_decoding.bits),
        },
        "result": publics[request["columns"] :],
    }


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
