"""Execute a RISC-V program and say what a proof of the run would take; nothing is proved.

What is printed: what the guest printed, its exit code and output, the rows and cells of each
family of instructions, and what a proof is expected to take on this machine: the seconds of the
whole command `cstark prove`, memory and bytes; of a run too long for one proof of 3 GiB also the
shards it would be proved in, and their seconds. --profile also prints the cells by function.

The exit code is 0 whatever the guest's own, and 3 when the guest was stopped for an error.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from cstark.cli.common import (
    Parser,
    add_workload,
    check_writable,
    write_atomically,
)
from cstark.cli.options import add_options, options_from
from cstark.cli.say import say, say_json
from cstark.errors import StatementError
from cstark.report.progress import StatusLine
from cstark.text import bytes_text, counted, exact, pairs

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    add_workload(parser, arguments="all")
    parser.add_argument(
        "--profile", action="store_true", help="print where the cells went, by function"
    )
    parser.add_argument("--flame", metavar="FILE.html", help="write a flame graph of the cells")
    parser.add_argument("--folded", metavar="FILE", help="write the cells by call stack, as text")
    parser.add_argument(
        "--no-estimate", action="store_true", help="do not estimate what a proof would take"
    )
    parser.add_argument("--write-output", metavar="FILE", help="write the guest's output to a file")
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Execute, and print what happened and what a proof would take."""
    started = time.process_time()  # the interpreter and its modules, as for every command
    from cstark.vm.workload import Guest

    if not issubclass(arguments.workload_class, Guest):
        raise StatementError(
            f"{arguments.workload} is no program to run; name an ELF file, or `cstark prove` it"
        )
    options = options_from(arguments)
    guest = arguments.workload_class(**arguments.workload_values)
    for path in (arguments.flame, arguments.folded, arguments.write_output):
        if path is not None:
            check_writable(path)
    with StatusLine() as status:
        execution = guest.execute(status.say)
        estimate = None if arguments.no_estimate else execution.estimate(options, time=True)
        if estimate is not None and estimate.timing is not None:
            once = {"start": started, **estimate.timing.once}
            estimate = replace(estimate, timing=replace(estimate.timing, once=once))
        plans = () if estimate is None else execution.cut(options)
        apart = None
        if estimate is not None and estimate.timing is not None and len(plans) > 1:
            apart = execution.timing_in_shards(estimate.timing, plans, options)
        wanted = arguments.profile or arguments.flame or arguments.folded
        profile = execution.profile() if wanted else None
    if arguments.write_output is not None:
        write_atomically(arguments.write_output, execution.output)
    if profile is not None and arguments.flame is not None:
        page = profile.html(f"cells of {arguments.workload} by function")
        write_atomically(arguments.flame, page.encode())
    if profile is not None and arguments.folded is not None:
        write_atomically(arguments.folded, profile.folded().encode())
    if arguments.json:
        data = execution.to_dict()
        data["exit_code"] = exact(data["exit_code"])  # as in the claim
        data["estimate"] = None if estimate is None else estimate.to_dict()
        data["shards"] = len(plans) or None
        data["shards_timing"] = None if apart is None else apart.to_dict()
        if profile is not None:
            data["functions"] = [
                {"name": name, "own_cells": own, "cells": cells}
                for name, own, cells in profile.functions()
            ]
        say_json(data)
        return 0
    if execution.log:
        say(execution.log.decode("utf-8", "replace").rstrip("\n"), "")
    say(execution)
    beside = []
    if apart is not None:
        text = f"{len(plans)} shards, of 3 GiB at most, one after another: {apart.first_short()}"
        beside.append(("  or", text))
    timing = None if estimate is None else estimate.timing
    if estimate is not None and timing is not None:
        memory = bytes_text(estimate.peak_bytes + execution.trace_bytes)
        threads = counted(estimate.threads, "thread")
        say(
            "\na proof is expected to take",
            pairs(
                [
                    ("  time", f"{timing.first_short()} on {threads}"),
                    ("  memory", f"{memory} for traces and buffers"),
                    ("  bytes", f"about {bytes_text(estimate.proof_bytes)}"),
                    *beside,
                ]
            ),
        )
    if arguments.profile and profile is not None:
        say(f"\n{profile}")
    return 0
