"""Print what a workload's proofs cost and how secure they are, before any is made.

Security term by term, bytes, memory, seconds on this machine, and what other options would do to
them, at the heights that the workload's arguments give or at those of --log-heights.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from cstark.cli.common import (
    CommandError,
    Parser,
    add_workload,
    check_writable,
    integer,
    write_atomically,
)
from cstark.cli.options import add_options, options_from
from cstark.cli.say import say, say_json
from cstark.errors import quoted

__all__ = ["configure", "run"]

MAX_LOG_HEIGHT = 32  # more than any machine allows


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    add_workload(parser, arguments="all")
    parser.add_argument(
        "--log-heights",
        metavar="N or TABLE=N,...",
        help="log2 of the rows, for tables of any height: one number for all of them, or by name "
        "(default: as tall as the traces of the workload)",
    )
    parser.add_argument(
        "--no-time",
        action="store_true",
        help="do not run the prover, at lower heights, to estimate seconds",
    )
    parser.add_argument(
        "--soundcalc",
        metavar="FILE",
        help="also write the parameters as the TOML that github.com/ethereum/soundcalc reads; "
        "/dev/stdout, or a name among its zkvms",
    )
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print machine, security, costs and choices."""
    from cstark.machine import Machine
    from cstark.security import toml

    options = options_from(arguments)
    asked = read_log_heights(arguments.log_heights)
    workload = arguments.workload_class(**arguments.workload_values)
    if arguments.soundcalc is not None:
        check_writable(arguments.soundcalc)
    prepared = workload.prepare_for(options)
    _, statement = workload.read_statement(prepared.claim, **workload.held())
    machine = Machine(statement.tables, options)
    heights = _heights(machine, asked, prepared.traces)
    security = machine.security(heights)
    choices = machine.choices(heights, time=not arguments.no_time)
    estimate = choices.rows[0].estimate
    if arguments.soundcalc is not None:
        text = toml(security, arguments.workload) + "\n"
        write_atomically(arguments.soundcalc, text.encode())
    if arguments.json:
        data = {"workload": arguments.workload, "heights": heights, **security.to_dict()}
        costs = None if estimate is None else estimate.to_dict()
        say_json({**data, "estimate": costs, **choices.to_dict()})
    else:
        say("\n\n".join(map(str, (machine, security, estimate, choices))))
    return 0


def read_log_heights(text: str | None) -> dict[str, int]:
    """``"main=20,range=16"`` as a mapping; one number alone is under the name ``""``.

    Raises
    ------
    CommandError
        It cannot be read.
    """
    found: dict[str, int] = {}
    for item in () if text is None else text.split(","):
        name, equals, number = item.rpartition("=")
        name = name.strip()
        try:
            value = integer(number.strip())
        except ValueError:
            value = -1
        if value > MAX_LOG_HEIGHT and bool(equals) == bool(name):
            raise CommandError(
                f"--log-heights {item.strip()}: 2^{quoted(value)} rows are too tall for any table; "
                f"the number is log2 of the rows, at most {MAX_LOG_HEIGHT}: write 20, or "
                "TABLE=20,TABLE=16"
            )
        if value < 0 or bool(equals) != bool(name):
            raise CommandError(f"--log-heights {text}: write 20, or TABLE=20,TABLE=16")
        if found and (name in found or "" in (name, *found)):
            raise CommandError(f"--log-heights {text}: one number, or each table once by name")
        found[name] = value
    return found


def _heights(
    machine: Any, asked: Mapping[str, int], traces: Mapping[str, Any]
) -> dict[str, int | list[int]]:
    """Rows of each table: what was asked for, else what its description fixes, else its trace."""
    free = [d.name for d in machine.descriptions if d.rows is None]
    if asked and not free:
        raise CommandError(
            "--log-heights: the statement fixes the height of every table; give the workload "
            "other arguments instead"
        )
    several = {d.name for d in machine.descriptions if d.stands == "any"}
    heights = {d.name: d.rows for d in machine.descriptions if d.rows is not None}
    for name in dict.fromkeys([*free, *several]):
        height = asked.get(name, asked.get(""))
        if height is not None:
            heights[name] = 1 << height
        elif name in several:
            given = traces.get(name, ())
            listed = given if isinstance(given, (list, tuple)) else [given]
            heights[name] = [len(trace() if callable(trace) else trace) for trace in listed]
        else:
            trace = traces[name]
            heights[name] = len(trace() if callable(trace) else trace)
    # Names of no table, or of one whose height is fixed, are for the machine to refuse.
    return heights | {name: 1 << height for name, height in asked.items() if name}
