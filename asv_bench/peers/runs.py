"""The schedule and the processes: every contender in turn, each time in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compare.errors import BenchError

import cstark as cs
from peers.contests import OURS, Contender
from peers.programs import Programs
from peers.statements import Statement

__all__ = ["Run", "command", "measure", "read", "run_once", "variables"]

#: What a contender printed.
Run = dict[str, Any]
#: What the table needs of it.
KEYS = (
    "prover",
    "version",
    "hash",
    "isa",
    "rows",
    "columns",
    "threads",
    "prove_seconds",
    "prove_cpu_seconds",
    "verify_seconds",
    "verify_cpu_seconds",
    "proof_bytes",
    "peak_bytes",
    "own_bits",
    "result",
)
SCRIPT = Path(__file__).resolve().with_name("ours.py")


def command(
    contender: Contender, statement: Statement, threads: int, proofs: int, programs: Programs
) -> list[str]:
    """What to run for one measurement."""
    if contender.prover != OURS:
        return [str(programs.of(contender.prover)), *contender.words(statement, proofs)]
    request = {
        **statement.request(),
        "threads": threads,
        "proofs": proofs,
        "options": asdict(contender.options),
    }
    return [sys.executable, str(SCRIPT), json.dumps(request)]


def variables(threads: int) -> dict[str, str]:
    """The environment of every contender."""
    number = str(threads)
    # the very package whose estimator speaks in the table
    package = str(Path(cs.__file__).resolve().parent.parent)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")])),
        "OMP_NUM_THREADS": number,
        "CSTARK_NUM_THREADS": number,
        "RAYON_NUM_THREADS": number,
        # a thread that waits for one whose processor is taken must not burn another
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "passive"),
        # cstark asks for huge pages itself; with this, the C library's allocator does so for the
        # others, which made them some 10 % faster at 2^16 rows
        "GLIBC_TUNABLES": os.environ.get("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),
    }


def measure(
    contenders: Sequence[Contender],
    runs: int,
    run: Callable[[Contender], Run],
    say: Callable[[str], None],
) -> list[list[Run]]:
    """Run every contender `runs` times, in turn; every other round in reverse order.

    Neighbours in time meet the same machine, and turning rounds around cancels a drift.

    Returns
    -------
    list of list of Run
        For each contender, its runs by round.

    Raises
    ------
    BenchError
        If two contenders do not state the same result.
    """
    order = list(range(len(contenders)))
    results: list[list[Run]] = [[] for _ in contenders]
    for number in range(runs):
        say(f"round {number + 1} of {runs}")
        for index in order if number % 2 == 0 else reversed(order):
            results[index].append(run(contenders[index]))
            agree(results[0][0], results[index][-1])  # the first of all is its own measure
    return results


def agree(known: Run, found: Run) -> None:
    """Refuse to compare proofs of different things."""
    for name in ("rows", "columns", "threads", "result"):
        if known[name] != found[name]:
            raise BenchError(
                f"{found['prover']} and {known['prover']} differ in {name}: not comparable"
            )


def run_once(contender: Contender, words: Sequence[str], environment: dict[str, str]) -> Run:
    """One measurement in a fresh process.

    Raises
    ------
    BenchError
        If the process fails or prints something else.
    """
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", env=environment)
    if done.returncode:
        end = "\n".join(done.stderr.splitlines()[-12:])
        raise BenchError(
            f"{contender.prover} ended with exit code {done.returncode}\n{end}".rstrip()
        )
    return read(contender, done.stdout)


def read(contender: Contender, text: str) -> Run:
    """The numbers that a contender printed, on its last line.

    Raises
    ------
    BenchError
        If that is no JSON object, or one without what the table needs.
    """
    try:
        answer = json.loads(text.rstrip().rpartition("\n")[2])
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise BenchError(f"{contender.prover} printed no JSON object: {text[-200:]!r}")
    missing = [name for name in KEYS if name not in answer]
    if missing:
        raise BenchError(f"{contender.prover} did not print {', '.join(missing)}")
    if (answer["prover"], answer["hash"]) != (contender.prover, contender.hash):
        raise BenchError(
            f"{contender.prover} with {contender.hash} was started, "
            f"{answer['prover']} with {answer['hash']} answered"
        )
    return answer
