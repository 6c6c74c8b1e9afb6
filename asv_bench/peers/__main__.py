"""Build, measure, print; turn errors into exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from compare.console import exit_code, say
from compare.errors import BenchError
from compare.machine import Watch, describe

from peers.arguments import BUILDS, Arguments, parse
from peers.contests import Contender, Contest, contests
from peers.programs import build
from peers.runs import command, measure, run_once, variables
from peers.show import Comparison, Line


def hold(arguments: Arguments) -> Comparison:
    """Everything but the printing.

    Raises
    ------
    BenchError
    """
    held, notes = choose(arguments)
    average = os.getloadavg()[0]  # before the build, which is a load itself
    programs = build(BUILDS, arguments.target_cpu, arguments.threads, say)
    environment = variables(arguments.threads)

    def results(contest: Contest) -> list[Line]:
        def run(contender: Contender) -> dict[str, object]:
            words = command(
                contender, contest.statement, arguments.threads, arguments.proofs, programs
            )
            return run_once(contender, words, environment)

        contest.statement.write()
        say(f"{contest.title}: {contest.statement}")
        found = measure(contest.contenders, arguments.runs, run, say)
        return [Line(*pair) for pair in zip(contest.contenders, found, strict=True)]

    watch = Watch(average)
    return Comparison(
        arguments.threads,
        arguments.target_cpu,
        [(contest, results(contest)) for contest in held],
        notes,
        watch.stop(),
        {**describe(), "rustc": programs.compiler},
    )


def choose(arguments: Arguments) -> tuple[list[Contest], list[str]]:
    """The contests to hold, without those who cannot take part, and why they cannot."""
    held: list[Contest] = []
    notes: list[str] = []
    every = contests(arguments.pairs, arguments.exchange)
    for name in arguments.only:
        contest = every[name]
        able = []
        for contender in contest.contenders:
            reason = contender.why_not(contest.statement)
            if reason is None:
                able.append(contender)
            elif reason not in notes:
                notes.append(reason)
        if len(able) > 1:
            held.append(replace(contest, contenders=tuple(able)))
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
