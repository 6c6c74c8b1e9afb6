"""Build, measure, print; turn errors into exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from compare.console import exit_code, say
from compare.errors import BenchError
from compare.machine import Watch, describe

from peers.arguments import Arguments, parse
from peers.contests import Contender, Contest, contests
from peers.programs import build
from peers.runs import command, measure, run_once, variables
from peers.show import Comparison, Line

BUILDS = Path(__file__).resolve().parent.parent.parent / "build" / "peers"


def hold(arguments: Arguments, builds: Path = BUILDS) -> Comparison:
    """Everything but the printing.

    Raises
    ------
    BenchError
    """
    held, notes = choose(arguments)
    average = os.getloadavg()[0]  # before the build, which is a load itself
    programs = build(builds, arguments.target_cpu, arguments.threads, say)
    environment = variables(arguments.threads)

    def run(contender: Contender) -> dict[str, object]:
        words = command(contender, arguments.size, arguments.threads, arguments.proofs, programs)
        return run_once(contender, words, environment)

    contenders = [contender for contest in held for contender in contest.contenders]
    watch = Watch(average)
    results = iter(measure(contenders, arguments.runs, run, say))
    return Comparison(
        arguments.size,
        arguments.threads,
        arguments.target_cpu,
        [(contest, [Line(one, next(results)) for one in contest.contenders]) for contest in held],
        notes,
        watch.stop(),
        {**describe(), "rustc": programs.compiler},
    )


def choose(arguments: Arguments) -> tuple[list[Contest], list[str]]:
    """The contests to hold, without those who cannot take part, and why they cannot."""
    held, notes = [], []
    every = contests(arguments.size)
    for name in arguments.only:
        able = []
        for contender in every[name].contenders:
            reason = contender.why_not(arguments.size)
            if reason is None:
                able.append(contender)
            elif reason not in notes:
                notes.append(reason)
        if len(able) > 1:
            held.append(Contest(every[name].title, tuple(able)))
    if not held:
        raise BenchError("; ".join(notes))
    return held, notes


def main(words: Sequence[str] | None = None) -> int:
    """Run `hold` on the command line's words and print; the exit code, 2 without a comparison."""
    arguments = parse(words)

    def answer() -> int:
        comparison = hold(arguments)
        data = json.dumps(comparison.to_dict(), indent=1) if arguments.json else None
        print(data or comparison.markdown())
        return 0

    return exit_code(answer)


if __name__ == "__main__":
    sys.exit(main())
