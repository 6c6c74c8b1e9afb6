"""The phase tree of one proof: time, memory, and how near each phase is to the machine's limits.

GB/s and multiplications (hash compressions) per second are the work that the phase's algorithm has
to do, as `benchmarks.work` counts it from the shapes, divided by the time; where the prover
itself counts, its counters are shown instead.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from benchmarks.machines import case_of
from benchmarks.phases import walk
from benchmarks.work import work

import cstark as cs
from cstark.machines import load
from cstark.protocol.layout import Layout
from cstark.runtime import config
from cstark.text import bytes_text, table

KNOWN = ("bytes", "multiplications", "compressions")


def settings(words: list[str]) -> dict[str, int | str]:
    """``log_rows=17`` and the like as keyword arguments."""
    found: dict[str, int | str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise SystemExit(f"error: {word!r} is not name=value")
        found[name.replace("-", "_")] = int(value) if value.lstrip("-").isdigit() else value
    return found


def rate(amount: int, seconds: float, unit: float, digits: int = 1) -> str:
    """`amount` per second in units of `unit`; empty without either."""
    return f"{amount / seconds / unit:,.{digits}f}" if amount and seconds > 0 else ""


def counters(phase: Any, path: str, counted: dict[str, Counter[str]]) -> Counter[str]:
    """What a phase did, those inside it included."""
    own = Counter({name: n for name, n in phase.counters.items() if name in KNOWN})
    own = own or counted.get(path, Counter())
    total = Counter(own)
    for child in phase.children:
        total += counters(child, f"{path}/{child.name}" if path else child.name, counted)
    return total


def phase_rows(report: cs.Proof, counted: dict[str, Counter[str]]) -> list[list[str]]:
    """One row a phase, the total last."""
    root = report.root
    rows = []
    for path, phase in [*walk(root), ("", root)]:
        depth = path.count("/")
        did = counters(phase, path, counted)
        rows.append(
            [
                "  " * depth + (phase.name if path else "total"),
                f"{phase.seconds * 1e3:,.1f}",
                f"{phase.seconds / root.seconds:.1%}" if path else "",
                bytes_text(phase.peak_bytes),
                rate(did["bytes"], phase.seconds, 1e9),
                rate(did["multiplications"], phase.seconds, 1e6, 0),
                rate(did["compressions"], phase.seconds, 1e6, 2),
            ]
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools/profile", description=__doc__.split("\n")[0])
    parser.add_argument("workload", nargs="?", default="fib_pair", help="default: fib_pair")
    parser.add_argument("arguments", nargs="*", help="of the workload: log_rows=17 sequences=16")
    parser.add_argument("--hash", default="blake3", choices=["blake3", "keccak256", "sha256"])
    parser.add_argument("--queries", type=int, help="instead of the number for 128 bits")
    parser.add_argument("--grinding", type=int, default=16)
    parser.add_argument("--threads", type=int, help="default: all")
    parser.add_argument("--check", action="store_true", help="check the traces first")
    parser.add_argument("--runs", type=int, default=2, help="show the fastest of (default 2)")
    chosen = parser.parse_args()
    try:
        options = cs.Options(hash=chosen.hash, queries=chosen.queries, grinding=chosen.grinding)
        case = case_of(load(chosen.workload)(**settings(chosen.arguments)), options)
        if chosen.threads is not None:
            cs.set_num_threads(chosen.threads)
    except (cs.CstarkError, TypeError) as error:
        raise SystemExit(f"error: {error}") from None

    best: tuple[float, cs.Proof] | None = None
    for _ in range(max(chosen.runs, 1)):
        start = time.perf_counter()
        proof = case.prove(check=chosen.check)
        elapsed = time.perf_counter() - start
        if best is None or elapsed < best[0]:
            best = elapsed, proof
    elapsed, proof = best
    layout = Layout(case.machine.verifying_key(), proof.log_heights)
    counted = {"/".join(path): n for path, n in work(layout, chosen.hash).items()}
    facts = config()
    print(f"{chosen.workload}, {chosen.hash}, {facts['isa']}, threads: {facts['threads']}")
    head = ["phase", "ms", "share", "peak memory", "GB/s", "M mul/s", "M compressions/s"]
    print(table(head, phase_rows(proof.report, counted)))
    print(
        f"\n{elapsed * 1e3:,.1f} ms from call to proof, {case.cells:,} cells, "
        f"{elapsed / case.cells * 1e9:.1f} ns a cell, {len(proof.to_bytes()):,} bytes"
    )


if __name__ == "__main__":
    main()
