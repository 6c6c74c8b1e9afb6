"""Check a workload's traces against its constraints and buses, without proving."""

from __future__ import annotations

import argparse

from cstark.cli.common import Parser, add_options, add_workload, options_from, print_json

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    add_workload(parser, arguments=True)
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the report of the check; 1 if anything is wrong."""
    options = options_from(arguments)
    result = arguments.workload_class(**arguments.workload_values).check(options)
    if arguments.json:
        print_json(result.to_dict())
    else:
        print(result)
    return 0 if result else 1
