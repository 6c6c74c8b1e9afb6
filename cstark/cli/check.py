"""Check a workload's traces against its constraints and buses, without proving."""

from __future__ import annotations

import argparse
from typing import Any

from cstark.cli.common import Parser, add_workload, integer
from cstark.cli.options import add_options, options_from
from cstark.cli.say import say, say_json
from cstark.text import exact

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
        say_json(_exact_elements(result.to_dict()))
    else:
        say(result)
    return 0 if result else 1


#: Parts of a report in which field elements stand, and their names there.
PARTS = ("violations", "imbalances", "overweight", "mutations", "rank")
ELEMENTS = {"count", "left", "most", "near_misses", "new", "old", "right", "surplus", "values",
            "weight"}  # fmt: skip
#: Of the rank test, numbers by table: names that are the author's.
BY_TABLE = ("rows", "kinds", "known")


def _exact_elements(report: dict[str, Any]) -> dict[str, Any]:
    """The report with field elements as strings; rows and numbers of rows stay numbers."""

    def convert(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: exact(item) if name in ELEMENTS else convert(item)
                for name, item in value.items()
            }
        return [convert(item) for item in value] if isinstance(value, (list, tuple)) else value

    found = {**report, **{part: convert(report[part]) for part in PARTS}}
    if report["rank"] is not None:
        found["rank"].update({name: report["rank"][name] for name in BY_TABLE})
    return found
