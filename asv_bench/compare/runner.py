"""One measurement, in a fresh process of the environment of one revision.

Called as ``python -I runner.py JSON`` with an object that has ``source`` (where to import cstark
from), ``path`` (where else), ``workload``, ``arguments`` (name -> text), ``threads``.  Prints one
JSON object: the numbers, or ``{"error": ...}`` when the revision cannot prove that.

It travels with the report, not with the revision, so it may use only what old revisions have:
`cstark.machines.load`, `Workload` (`arguments`, `prepare`, `read_statement`, `verify`), `Machine`
(`prove`), `Proof` (`to_bytes`, `log_heights`, `report`), `set_num_threads`, `runtime.config`.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import sys
import time
from typing import Any

#: Verifying takes milliseconds: it is repeated so often, or for so long, and the median taken.
VERIFICATIONS, VERIFY_SECONDS = 9, 1.0


def peak_resident() -> int:
    """Most bytes of memory that this process has had."""
    try:
        # unlike ru_maxrss, not inherited from the process that started this one
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def waited() -> float | None:
    """Seconds that the threads alive now were ready to run but had no processor; Linux only."""
    total = 0
    try:
        for task in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{task}/schedstat") as file:
                total += int(file.read().split()[1])
    except (OSError, IndexError):
        return None
    return total / 1e9


def values(workload: Any, texts: dict[str, str]) -> dict[str, Any]:
    """The workload's arguments from their texts."""
    known = {item.name: item for item in workload.arguments()}
    found: dict[str, Any] = {}
    for name, text in texts.items():
        if name not in known:
            names = ", ".join(known) or "none"
            raise ValueError(f"there is no argument {name!r}; those of the workload: {names}")
        kind = known[name].type
        if kind is bool and text not in ("true", "false"):
            raise ValueError(f"{name}={text}: true or false")
        try:
            found[name] = (
                text == "true" if kind is bool else int(text, 0) if kind is int else kind(text)
            )
        except ValueError:
            raise ValueError(f"{name}={text}: not of type {kind.__name__}") from None
    return found


def measure(workload: Any, threads: int) -> dict[str, Any]:
    """Prove and verify once; the numbers."""
    import cstark as cs
    from cstark.runtime import config

    cs.set_num_threads(threads)
    prepared = workload.prepare()
    claim, statement = workload.read_statement(prepared.claim)
    # Of an older commit, the workload may not say.
    default = getattr(workload, "default_options", cs.Options)
    machine = cs.Machine(statement.tables, default())

    queue, cpu, start = waited(), time.process_time(), time.perf_counter()
    proof = machine.prove(
        prepared.traces, statement.publics, tokens=statement.tokens, claim=claim, check=False
    )
    wall = time.perf_counter() - start
    cpu = time.process_time() - cpu
    after = waited()
    peak = peak_resident()  # before verifying, which would not show in it anyway

    data = proof.to_bytes()
    spent: list[float] = []
    while len(spent) < VERIFICATIONS and (not spent or sum(spent) < VERIFY_SECONDS):
        start = time.perf_counter()
        type(workload).verify(data)
        spent.append(time.perf_counter() - start)
    report = proof.report
    steps = prepared.claim.get("steps", prepared.claim.get("rows"))
    return {
        "peak_bytes": peak,
        "buffer_bytes": getattr(report, "peak_bytes", None),
        "prove_seconds": wall,
        "prove_cpu_seconds": cpu,
        "verify_seconds": statistics.median(spent),
        "proof_bytes": len(data),
        "proof_sha256": hashlib.sha256(data).hexdigest(),
        "waited_seconds": None if queue is None or after is None else max(after - queue, 0.0),
        "steps": steps if type(steps) is int else None,
        "rows": sum(
            1 << k
            for item in proof.log_heights
            for k in (item if isinstance(item, tuple) else (item,))
        ),
        "isa": config().get("isa"),
        "numpy": config().get("numpy"),
    }


def main() -> None:
    task = json.loads(sys.argv[1])
    sys.path[:0] = [task["source"]]
    sys.path += task["path"]
    import cstark

    if not os.path.realpath(cstark.__file__).startswith(os.path.realpath(task["source"]) + os.sep):
        raise SystemExit(f"cstark comes from {cstark.__file__}, not from {task['source']}")
    try:
        from cstark.machines import load

        workload = load(task["workload"])
        result = measure(workload(**values(workload, task["arguments"])), task["threads"])
    except Exception as error:  # said by the report, in one line
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
