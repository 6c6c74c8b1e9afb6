"""Print the proven security of a workload's proofs, term by term.

For the heights that the workload's arguments give; no proof is made.
"""

from __future__ import annotations

import argparse

from cstark.cli.common import (
    Parser,
    add_options,
    add_workload,
    options_from,
    print_json,
)

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    add_workload(parser, arguments=True)
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the machine and its security."""
    from cstark.machine import Machine

    options = options_from(arguments)
    workload = arguments.workload_class(**arguments.workload_values)
    prepared = workload.prepare()
    _, statement = workload.read_statement(prepared.claim)
    machine = Machine(statement.tables, options)
    heights = {}
    for name, air in statement.tables.items():
        rows = getattr(air, "rows", None)
        if rows is None:  # free: as tall as the trace
            trace = prepared.traces[name]
            rows = len(trace() if callable(trace) else trace)
        heights[name] = rows
    result = machine.security(heights)
    if arguments.json:
        print_json({"workload": arguments.workload, "heights": heights, **result.to_dict()})
        return 0
    print(machine)
    print()
    print(result)
    return 0
