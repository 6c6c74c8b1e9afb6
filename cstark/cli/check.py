"""Check a workload's traces against its constraints and buses, without proving."""

from __future__ import annotations

import argparse

from cstark.cli.common import Parser, add_options, add_workload, integer, options_from
from cstark.cli.say import say, say_json

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    add_workload(parser, arguments="all")
    add_options(parser)
    parser.add_argument(
        "--mutate",
        type=integer,
        default=0,
        metavar="N",
        help="also change N cells (all of a small trace) and list what nothing notices, and test "
        "rows for cells that can be changed together",
    )
    parser.add_argument(
        "--mutate-seed", type=integer, default=0, metavar="S", help="seed of these changes"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the report of the check; 1 if anything is wrong."""
    options = options_from(arguments)
    workload = arguments.workload_class(**arguments.workload_values)
    result = workload.check(options, mutate=arguments.mutate, seed=arguments.mutate_seed)
    if arguments.json:
        say_json(result.to_dict())
    else:
        say(result)
    return 0 if result else 1
