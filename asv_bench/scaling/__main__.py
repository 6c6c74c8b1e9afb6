"""Measure, model, draw, print; turn errors into exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from compare.console import exit_code, say
from compare.errors import BenchError
from compare.machine import Watch, describe, processors

import cstark as cs
from scaling.arguments import COUNTS, Arguments, Subject, parse
from scaling.bandwidth import copy_rate
from scaling.plot import svg
from scaling.show import Result, Scaling

SCRIPT = Path(__file__).resolve().with_name("sample.py")
#: Takes a statement, a number of threads and a hash; gives what `sample` printed.
Sampler = Callable[[Subject, int, str], dict[str, Any]]


def sampled(subject: Subject, threads: int, hash: str) -> dict[str, Any]:
    """One measurement in a fresh process.

    Raises
    ------
    BenchError
        If the process fails.
    """
    request = {"name": subject.name, "size": subject.size, "threads": threads, "hash": hash}
    package = str(Path(cs.__file__).resolve().parent.parent)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")])),
        "OMP_NUM_THREADS": str(threads),
        "CSTARK_NUM_THREADS": str(threads),
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT), json.dumps(request)],
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
    )
    if done.returncode:
        end = "\n".join(done.stderr.splitlines()[-12:])
        raise BenchError(f"{subject}, threads: {threads}: exit code {done.returncode}\n{end}")
    found: dict[str, Any] = json.loads(done.stdout.rstrip().rpartition("\n")[2])
    return found


def measure(
    subject: Subject, counts: Sequence[int], arguments: Arguments, sample: Sampler
) -> dict[int, list[dict[str, Any]]]:
    """Every number of threads in turn, every other round in reverse: a drift cancels.

    Returns
    -------
    dict of int to list of dict
        Threads -> what `sample` gave, run by run.
    """
    runs: dict[int, list[dict[str, Any]]] = {threads: [] for threads in counts}
    for number in range(arguments.runs):
        say(f"{subject}: round {number + 1} of {arguments.runs}")
        for threads in counts if number % 2 == 0 else reversed(counts):
            runs[threads].append(sample(subject, threads, arguments.hash))
    return runs


def hold(arguments: Arguments, sample: Sampler = sampled, cores: int | None = None) -> Scaling:
    """Everything but the printing.

    Parameters
    ----------
    arguments : Arguments
    sample : callable
    cores : int, optional
        Processors to use; by default those that this process may use.
    """
    cores = processors() if cores is None else cores
    watch = Watch(os.getloadavg()[0])
    counts = sorted({n for n in (*COUNTS, cores) if n <= min(cores, arguments.up_to)})
    bandwidth = copy_rate(cores)
    results = [
        Result(subject, measure(subject, counts, arguments, sample), bandwidth)
        for subject in arguments.subjects
    ]
    return Scaling(results, arguments.up_to, watch.stop(), describe())


def main(words: Sequence[str] | None = None) -> int:
    """Run `hold` on the command line's words, draw and print; the exit code."""
    arguments = parse(words)

    def answer() -> int:
        made = hold(arguments)
        curves = [result.curve(arguments.up_to) for result in made.results]
        arguments.svg.parent.mkdir(parents=True, exist_ok=True)
        arguments.svg.write_text(svg(curves, arguments.up_to, "Speed-up by threads"))
        say(f"picture: {arguments.svg}")
        print(json.dumps(made.to_dict(), indent=1) if arguments.json else made.markdown())
        return 0

    return exit_code(answer)


if __name__ == "__main__":
    sys.exit(main())
