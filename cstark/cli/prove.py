"""Prove a workload and write the proof, which carries the claim, to a file."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import time

from cstark.cli.common import (
    CommandError,
    Parser,
    add_workload,
    check_apart,
    check_writable,
    claim_pairs,
    integer,
    parse_heights,
    read_bytes,
    write_atomically,
)
from cstark.cli.options import add_options, options_from, options_text
from cstark.cli.say import say, say_json
from cstark.cli.target import Target
from cstark.report import Report, report_text
from cstark.report.files import KINDS, file_bytes, kind_of, loads
from cstark.report.progress import ProgressBar, StatusLine
from cstark.text import bytes_text, exact, pairs, seconds_text

__all__ = ["configure", "run", "size"]

MAX_WORKERS = 1024


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    add_workload(parser, arguments="all")
    parser.add_argument("-o", "--output", metavar="FILE", help="the proof file to write")
    parser.need("output", "-o FILE")
    parser.add_argument(
        "--no-check",
        action="store_true",
        help="do not check the traces first; false ones then give a proof that is refused",
    )
    parser.add_argument(
        "--max-memory",
        type=size,
        metavar="BYTES",
        help="most memory for the prover's buffers, the traces not counted: 600M, 1.5G, 64000000; "
        "leaner means slower",
    )
    parser.add_argument(
        "--pad-to",
        action="append",
        default=[],
        metavar="TABLE=ROWS",
        help="fill a table up to so many rows, a power of two, so that its height tells no more; "
        "may be given several times",
    )
    parser.add_argument(
        "--profile",
        action="store_true",
        help="print all that was measured of each phase, and of the phases inside it",
    )
    parser.add_argument(
        "--report",
        metavar="FILE",
        help="also write the report: .json, .html, or .png, .svg, .pdf (these need matplotlib)",
    )
    parser.add_argument(
        "--against",
        metavar="FILE",
        help="compare with an earlier report: what --report FILE.json wrote, or --json printed",
    )
    shards = parser.add_argument_group(
        "proofs in shards", "for a run of an ELF file that is too long for one proof"
    )
    shards.add_argument(
        "--shards",
        action="store_true",
        help="prove the run in parts, one after another or on several processes",
    )
    shards.add_argument(
        "--memory",
        type=size,
        metavar="BYTES",
        help="memory of a process that proves one shard, with all that it holds (default: 3G)",
    )
    shards.add_argument(
        "--workers",
        type=_workers,
        default=1,
        metavar="N",
        help="processes that prove shards at the same time (default: 1, this one)",
    )
    shards.add_argument(
        "--folder",
        metavar="DIR",
        help="keep finished shards here; the same command does the rest after a crash",
    )
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prepare, prove, write, print where the time went."""
    options = options_from(arguments)
    workload = arguments.workload_class(**arguments.workload_values)
    pad_to = parse_heights(arguments.pad_to, "--pad-to") or None
    if arguments.shards:
        from cstark.cli.shards import prove_in_shards

        return prove_in_shards(arguments, workload, options, pad_to)
    for flag, unset in (("memory", None), ("folder", None), ("workers", 1)):
        if getattr(arguments, flag) != unset:
            raise CommandError(f"--{flag} is for proofs in shards: add --shards")
    output = check_writable(arguments.output)
    report_file = None if arguments.report is None else check_writable(arguments.report)
    check_apart(output, report_file)
    kind = None if report_file is None else report_kind(report_file)
    before = None if arguments.against is None else read_report(arguments.against)

    from cstark.workload.claim import decode_claim

    start = time.perf_counter()
    # Nothing else is written where a result goes.
    shown = io.StringIO() if any(t and t.descriptor == 2 for t in (output, report_file)) else None
    with StatusLine(shown) as status:
        prepared = workload.prepare_for(options, status.say)
    claim, statement = workload.read_statement(prepared.claim, **workload.held())

    from cstark.machine import Machine

    machine = Machine(statement.tables, options)
    traces, pad_to = prepared.traces_for(pad_to)
    ready = time.perf_counter()
    with ProgressBar(shown) as progress:
        proof = machine.prove(
            traces,
            statement.publics,
            tokens=statement.tokens,
            claim=claim,
            check=not arguments.no_check,
            progress=progress,
            max_memory=arguments.max_memory,
            pad_to=pad_to,
        )
    proved = time.perf_counter()
    data = proof.to_bytes()
    write_atomically(arguments.output, data)

    report = proof.report
    assert report is not None  # made here
    if kind is not None:
        write_atomically(arguments.report, file_bytes(report, kind))
    comparison = None if before is None else before.compare(report, ("before", "now"))
    if arguments.json:
        say_json(
            {
                "workload": arguments.workload,
                "claim": exact(decode_claim(claim)),
                "file": arguments.output,
                "proof_bytes": len(data),
                "prepare_seconds": ready - start,
                "prove_seconds": proved - ready,
                "peak_bytes": report.peak_bytes,
                "resident_bytes": resident_bytes(),
                "options": proof.options.to_data(),
                **report.to_dict(),
                **({} if comparison is None else {"comparison": comparison.to_dict()}),
            }
        )
        return 0
    say(report.profile() if arguments.profile else report_text(report, depth=1))
    say("")
    say(f"claim of {arguments.workload}")
    say(pairs(claim_pairs(decode_claim(claim))))
    say("")
    times = f"{seconds_text(proved - ready)}, after {seconds_text(ready - start)} of preparation"
    memory = bytes_text(resident_bytes())
    say(
        pairs(
            [
                ("options", options_text(proof.options)),
                ("proved in", times),
                ("memory", f"{memory} resident at most, the interpreter included"),
                ("written to", f"{arguments.output} ({bytes_text(len(data))})"),
                *([] if arguments.report is None else [("report in", arguments.report)]),
            ]
        )
    )
    if comparison is not None:
        say(f"\nagainst {arguments.against}\n{comparison}")
    return 0


def report_kind(file: Target) -> str:
    """A file name that says what a report is written as; JSON where there is none to be had.

    Raises
    ------
    CstarkError
        For a plain file of another suffix.
    """
    has_kind = not file.streams or os.path.splitext(file.path)[1].lower() in KINDS
    return "report" + (kind_of(file.path) if has_kind else ".json")


def read_report(path: str) -> Report:
    """The report in a file.

    Raises
    ------
    CommandError
        It cannot be read, or holds none.
    """
    return loads(read_bytes(path), path)


def size(text: str) -> int:
    """Bytes, with a binary unit (K, M, G, T, also KiB and so on) or a decimal one (KB, MB, ...)."""
    match = re.fullmatch(r"(\d[\d_]*(?:\.\d+)?)(?:([kmgt])(i?b)?|b)?", text.lower())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 600M or 1.5GiB")
    number, unit, suffix = match.groups()
    base = 1000 if suffix == "b" else 1024
    from decimal import Decimal

    return int(Decimal(number.replace("_", "")) * base ** (" kmgt".index(unit) if unit else 0))


def _workers(text: str) -> int:
    count = integer(text)
    if not 1 <= count <= MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MAX_WORKERS}")
    return count


def resident_bytes() -> int:
    """Most memory that this process has had so far, in bytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
