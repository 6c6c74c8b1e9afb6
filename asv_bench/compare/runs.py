"""The schedule and the processes: base, head, head, base, ..., each run in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare.builds import Build
from compare.errors import BenchError

__all__ = ["BASE", "HEAD", "SIDES", "Results", "Task", "interleaved", "measure", "run_once"]

BASE, HEAD = SIDES = ("base", "head")
RUNNER = Path(__file__).resolve().with_name("runner.py")

#: What `runner` printed, by side, in order of time.
Results = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Task:
    """What to prove.

    Attributes
    ----------
    workload : str
        A built-in name or ``module:attribute``.
    arguments : mapping of str to str
    threads : int
    """

    workload: str
    arguments: Mapping[str, str]
    threads: int

    def __str__(self) -> str:
        return " ".join([self.workload, *(f"{k}={v}" for k, v in self.arguments.items())])


def interleaved(pairs: int) -> Iterator[tuple[str, str]]:
    """The order of the sides in each pair: A B, B A, A B, ...

    A steady drift of the machine makes the second of a pair slower; turning every other pair
    around cancels it, exactly for an even number of pairs.

    Examples
    --------
    >>> list(interleaved(3))
    [('base', 'head'), ('head', 'base'), ('base', 'head')]
    """
    for pair in range(pairs):
        yield (BASE, HEAD) if pair % 2 == 0 else (HEAD, BASE)


def measure(
    tasks: Sequence[Task],
    pairs: int,
    run: Callable[[str, Task], dict[str, Any]],
    say: Callable[[str], None],
) -> list[Results]:
    """Run every task `pairs` times on each side.

    Parameters
    ----------
    tasks : sequence of Task
        Each pair runs all of them, so that they meet the same machine.
    pairs : int
    run : callable
        ``run(side, task)`` makes one measurement.
    say : callable
        Called with a line before each pair.

    Returns
    -------
    list of Results
        One for each task.
    """
    results: list[Results] = [{side: [] for side in SIDES} for _ in tasks]
    for number, order in enumerate(interleaved(pairs), 1):
        say(f"pair {number} of {pairs}")
        for task, result in zip(tasks, results, strict=True):
            for side in order:
                result[side].append(run(side, task))
    return results


def run_once(build: Build, task: Task) -> dict[str, Any]:
    """One measurement in a fresh process.

    Raises
    ------
    BenchError
        If the process fails, or says that this revision cannot prove the task.
    """
    who = f"{build.revision.name} ({build.revision.short})"
    request = {
        "source": str(build.source),
        "path": [os.getcwd()],  # for workloads of the caller's
        "workload": task.workload,
        "arguments": dict(task.arguments),
        "threads": task.threads,
    }
    threads = str(task.threads)
    variables = {
        **os.environ,
        "OMP_NUM_THREADS": threads,
        "CSTARK_NUM_THREADS": threads,
        # a thread that waits for one whose processor is taken must not burn another
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "passive"),
    }
    # -I: nothing of the caller's environment, PYTHONPATH above all, decides what is imported
    done = subprocess.run(
        [str(build.python), "-I", str(RUNNER), json.dumps(request)],
        capture_output=True, text=True, errors="replace", env=variables,
    )  # fmt: skip
    last = done.stdout.rstrip().rpartition("\n")[2]  # a workload may print
    try:
        answer = json.loads(last)
    except ValueError:
        answer = None
    if done.returncode or not isinstance(answer, dict):
        end = "\n".join(done.stderr.splitlines()[-12:])
        raise BenchError(f"{who}: {task} ended with exit code {done.returncode}\n{end}".rstrip())
    if "error" in answer:
        raise BenchError(f"{who} cannot prove {task}: {answer['error']}")
    return answer
