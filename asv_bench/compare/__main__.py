"""Choose, build, measure, print; turn errors into exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compare.arguments import parse
from compare.builds import Workshop
from compare.console import exit_code, say
from compare.growth import sized
from compare.machine import Watch, describe
from compare.report import Report
from compare.revisions import choose
from compare.runs import HEAD, SIDES, Task, measure, run_once

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def bench(words: Sequence[str] | None = None, repository: Path = REPOSITORY) -> Report:
    """Everything but the printing.

    Raises
    ------
    BenchError
    """
    arguments = parse(words)
    tasks = sized(arguments.task) if arguments.growth else [arguments.task]
    base, head, notes = choose(repository, arguments.against, arguments.head)
    average = os.getloadavg()[0]  # before the builds, which are a load themselves
    workshop = Workshop(repository, repository / "build" / "bench", say)
    builds = dict(zip(SIDES, (workshop.build(base), workshop.build(head)), strict=True))

    def run(side: str, task: Task) -> dict[str, Any]:
        return run_once(builds[side], task)

    say(f"{head.short} against {base.short}: {' and '.join(map(str, tasks))}")
    for side in SIDES:
        # not counted: brings files into memory, and finds out what a side cannot do
        run(side, tasks[0])
    watch = Watch(average)
    results = measure(tasks, arguments.pairs, run, say)
    return Report(
        tasks,
        results,
        base,
        head,
        notes,
        watch.stop(),
        {**describe(), "compiler": builds[HEAD].compiler},
        arguments.growth,
    )


def answer() -> int:
    """Run `bench` on the command line's words and print; the exit code."""
    report = bench()
    print(json.dumps(report.to_dict(), indent=1) if "--json" in sys.argv else report.markdown())
    return report.exit_code


def main() -> int:
    """The program."""
    return exit_code(answer)


if __name__ == "__main__":
    sys.exit(main())
