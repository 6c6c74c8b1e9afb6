"""Measure proofs in shards, one after another in fresh processes, and print a table."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compare.console import exit_code
from compare.errors import BenchError

from cstark.text import bytes_text, seconds_text, table
from sharded.task import HOW, Task

SCRIPT = Path(__file__).resolve().with_name("task.py")
COLUMNS = ("how", "rows", "shards", "workers", "prove", "processor", "worker", "expected",
           "coordinator", "bytes", "verify", "padding")  # fmt: skip


def million(text: str) -> int:
    """A number of steps, in millions.

    Examples
    --------
    >>> million("0.5"), million("100")
    (500000, 100000000)
    """
    return int(float(text) * 1_000_000)


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="tools/shards", description=__doc__)
    parser.add_argument("--steps", type=million, nargs="+", metavar="MILLIONS",
                        default=[1_000_000], help="length of the runs (default: 1)")  # fmt: skip
    parser.add_argument("--how", choices=HOW, nargs="+", default=["loop"],
                        help="whole: one proof; loop: one shard after another; keep: and what is "
                        "committed is kept; processes, dask: on workers")  # fmt: skip
    parser.add_argument("--memory", type=float, default=3.0, metavar="GIB",
                        help="of a process that proves a shard (default: 3)")  # fmt: skip
    parser.add_argument("--workers", type=int, default=3, help="processes (default: 3)")
    parser.add_argument("--threads", type=int, default=1, help="of each process (default: 1)")
    parser.add_argument("--kill", action="store_true",
                        help="kill the worker of the shard in the middle once (dask)")  # fmt: skip
    parser.add_argument("--zk", action="store_true", help="proofs that hide their traces")
    parser.add_argument("--json", action="store_true", help="print JSON lines instead")
    return parser.parse_args(words)


def tasks_of(arguments: argparse.Namespace) -> list[Task]:
    """What is measured, in this order."""
    if arguments.kill and arguments.how != ["dask"]:
        raise BenchError("--kill is for --how dask: others end with the worker, and are resumed")
    return [
        Task(
            steps=steps, how=how, memory=int(arguments.memory * (1 << 30)),
            workers=arguments.workers if how in ("processes", "dask") else 1,
            kill=arguments.kill, threads=arguments.threads, zk=arguments.zk,
        )
        for steps in arguments.steps
        for how in arguments.how
    ]  # fmt: skip


def measured(task: Task) -> dict[str, Any]:
    """One measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), json.dumps(asdict(task))],
        capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        end = "\n".join(done.stderr.splitlines()[-12:])
        raise BenchError(f"{task}: exit code {done.returncode}\n{end}")
    found: dict[str, Any] = json.loads(done.stdout.rstrip().rpartition("\n")[2])
    return found


def line(found: dict[str, Any]) -> list[object]:
    """A row of the table."""
    return [
        found["how"] + (", one killed" if found["kill"] else ""), found["rows"],
        found["shards"] or 1, found["workers"], seconds_text(found["prove"]),
        seconds_text(found["processor"]), bytes_text(found["worker"]),
        bytes_text(found["expected"]),
        bytes_text(found["coordinator"]), bytes_text(found["proof_bytes"]),
        seconds_text(found["verify"]), f"{found['padding']:.3f}",
    ]  # fmt: skip


def run(words: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code."""
    arguments = parse(words)
    results = []
    for task in tasks_of(arguments):
        found = measured(task)
        results.append(found)
        if arguments.json:
            print(json.dumps(found))
    if arguments.json:
        return 0
    print(table(COLUMNS, [line(found) for found in results]))
    for steps in arguments.steps:
        same = {r["how"]: r["processor"] for r in results if r["steps"] == steps}
        for how in same:
            if "whole" in same and how != "whole":
                ratio = same[how] / same["whole"]
                print(f"{steps:,} steps, {how} over one proof, processor seconds: {ratio:.2f}")
    for text in growth(results):
        print(text)
    return 0


def growth(results: Sequence[dict[str, Any]]) -> list[str]:
    """Peaks of a worker over that of the shortest run, where several lengths were measured."""
    lines = []
    for how in dict.fromkeys(found["how"] for found in results):
        same = sorted((r for r in results if r["how"] == how), key=lambda r: r["steps"])
        for found in same[1:]:
            ratio = found["worker"] / same[0]["worker"]
            lines.append(
                f"{found['steps']:,} steps over {same[0]['steps']:,}, {how}, peak of a worker: "
                f"{ratio:.2f}"
            )
    return lines


if __name__ == "__main__":
    sys.exit(exit_code(run))
