"""The command line of `tools/bench`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compare.console import CommandLine
from compare.runs import Task

__all__ = ["Arguments", "parse"]

#: Pairs of runs: by default, by default with --growth, and at most.
PAIRS, GROWTH_PAIRS, MOST_PAIRS = 6, 3, 100

DESCRIPTION = """\
Compare two revisions: build both apart, run them in turn in fresh processes, print a table.
Exit code 1 for a regression: more than 5 % worse, and the interval of the ratio excludes 1;
2 for wrong usage, a revision that is not there, or a build or run that fails."""
EXAMPLES = """\
examples:
  tools/bench                                  this branch against where it left main
  tools/bench 10 --against HEAD~1              more runs, another base
  tools/bench --workload fib_pair log_rows=16 --threads 2
  tools/bench --growth iterations=20000,40000,80000,160000"""


@dataclass(frozen=True)
class Arguments:
    """What was asked for.

    Attributes
    ----------
    task : Task
    pairs : int
        Runs of each side.
    against, head : str or None
        Names of revisions.
    growth, json : bool
    """

    task: Task
    pairs: int
    against: str | None
    head: str | None
    growth: bool
    json: bool


def parse(words: Sequence[str] | None = None) -> Arguments:
    """Read the command line; like every argparse program, exits with 2 when it makes no sense."""
    parser = CommandLine("tools/bench", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "words",
        nargs="*",
        metavar="N | name=value",
        help=f"runs of each revision (default {PAIRS}, with --growth {GROWTH_PAIRS}; an even "
        "number cancels a drift of the machine), and arguments of the workload",
    )
    parser.add_argument(
        "--against", metavar="REV", help="base; default: where HEAD left main, or HEAD~1"
    )
    parser.add_argument(
        "--head", metavar="REV", help="what is judged; default: HEAD, all committed"
    )
    parser.add_argument(
        "--workload", default="fib_iterative", help="built-in name or module:attribute"
    )
    parser.add_argument(
        "--threads", type=int, default=1, metavar="K", help="of each run (default 1)"
    )
    parser.add_argument(
        "--growth",
        action="store_true",
        help="time and memory per million steps, over the sizes that one argument lists",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, every run included")
    chosen = parser.parse_intermixed_args(words)
    if not 1 <= chosen.threads <= 1024:
        parser.error(f"--threads {chosen.threads}: between 1 and 1024")
    pairs = None
    arguments: dict[str, str] = {}
    for word in chosen.words:
        name, equals, value = word.partition("=")
        if equals:
            name = name.replace("-", "_")
            if not name.isidentifier() or name in arguments:
                parser.error(
                    f"{word!r}: " + ("given twice" if name in arguments else "not name=value")
                )
            arguments[name] = value
        elif pairs is None and word.isascii() and word.isdigit():
            pairs = int(word)
            if not 1 <= pairs <= MOST_PAIRS:
                parser.error(f"{pairs} runs: between 1 and {MOST_PAIRS}")
        else:
            parser.error(f"{word!r} is neither a number of runs nor name=value")
    if pairs is None:
        pairs = GROWTH_PAIRS if chosen.growth else PAIRS
    return Arguments(
        Task(chosen.workload, arguments, chosen.threads),
        pairs,
        chosen.against,
        chosen.head,
        chosen.growth,
        chosen.json,
    )
