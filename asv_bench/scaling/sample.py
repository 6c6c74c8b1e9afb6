"""One measurement, in a process of its own.

Called as ``python sample.py JSON`` with an object that has ``name``, ``size``, ``threads`` and
``hash``.  Prints one JSON object: seconds that pass and processor seconds of the second proof of
the process, seconds of each phase without those inside it, bytes that each must move.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machines import fib_pair
from benchmarks.phases import walk
from benchmarks.work import work

import cstark as cs
from cstark.machines.fib_iterative import fibonacci_program
from cstark.protocol.layout import Layout
from cstark.runtime import config

#: Name of what the report does not see: between the call and the first phase, and after the last.
REST = "outside of phases"
#: Instructions of each turn of the Fibonacci loop, and of what stands around it.
TURN, AROUND = 5, 6


def pairs(log_rows: int, columns: int, options: cs.Options) -> tuple[cs.Machine, Any]:
    """The machine, and what proves once."""
    case = fib_pair(log_rows, columns, options)
    return case.machine, case.prove


def vm(steps: int, options: cs.Options) -> tuple[cs.Machine, Any]:
    """The machine, and what proves once: rows are recorded and proved, the run was counted."""
    program = fibonacci_program(max(1, (steps - AROUND) // TURN))
    run = program.run()
    return program.machine(options), lambda: run.prove(options, check=False)


def own_seconds(report: cs.Report, seconds: float) -> dict[str, float]:
    """Seconds of each phase without those inside it; they add up to `seconds`."""
    found = {
        path: phase.seconds - sum(child.seconds for child in phase.children)
        for path, phase in walk(report.root)
    }
    found[REST] = seconds - sum(found.values())
    return found


def moved(machine: cs.Machine, proof: cs.Proof) -> dict[str, int]:
    """Bytes that each phase must pass through memory at least once."""
    counted = work(Layout(machine.verifying_key(), proof.log_heights), machine.resolved.hash)
    return {"/".join(path): Counter(did)["bytes"] for path, did in counted.items()}


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Prove twice; the numbers of the second proof, which finds memory and programs there."""
    cs.set_num_threads(request["threads"])
    makers: dict[str, Callable[..., tuple[cs.Machine, Any]]] = {"pairs": pairs, "vm": vm}
    machine, prove = makers[request["name"]](
        *request["size"], options=cs.Options(hash=request["hash"])
    )
    proof = prove()
    del proof  # as a caller would who has sent the one before
    start, start_cpu = time.perf_counter(), time.process_time()
    proof = prove()
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    facts = config()
    return {
        "threads": facts["threads"],
        "isa": facts["isa"],
        "seconds": seconds,
        "cpu_seconds": cpu,
        "phases": own_seconds(proof.report, seconds),
        "bytes": moved(machine, proof),
        "proof_bytes": len(proof.to_bytes()),
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
    }


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
