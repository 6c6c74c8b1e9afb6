"""The command line of `tools/peers`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.console import CommandLine

import cstark as cs
from cstark.machines.lookup_bench import MAX_SCALE
from peers.contests import CONTESTS
from peers.statements import Exchange, Pairs

__all__ = ["BUILDS", "Arguments", "parse"]

#: For what is built and written, all of which may be deleted.
BUILDS = Path(__file__).resolve().parent.parent.parent / "build" / "peers"

DESCRIPTION = """\
Measure cstark beside Plonky3 and winterfell on the Fibonacci pairs, and beside Plonky3 on four
tables that exchange messages by lookups: the same statement and the same rows, each prover in fresh
processes that take turns. The ratio of a line is its time by that of cstark in the
same group, measured side by side: above 1, cstark is faster. On one thread it compares processor
seconds, which a busy machine disturbs less; on more, seconds that pass."""
EXAMPLES = """\
examples:
  tools/peers                                   2^19 rows of 32 columns, one thread; lookups
  tools/peers --only lookups --scale 2          tables a quarter as tall
  tools/peers --log-rows 17 --runs 3 --only best
  tools/peers --threads 2 --target-cpu x86-64-v3"""


@dataclass(frozen=True)
class Arguments:
    """What was asked for.

    Attributes
    ----------
    pairs : Pairs
        The statement without lookups.
    exchange : Exchange
        The one with them.
    threads : int
    runs : int
        Processes of each contender.
    proofs : int
        Proofs a process; the first of several is not counted.
    target_cpu : str
        What the Rust programs are compiled for.
    only : tuple of str
        Names of the contests to hold.
    json : bool
    """

    pairs: Pairs
    exchange: Exchange
    threads: int
    runs: int
    proofs: int
    target_cpu: str
    only: tuple[str, ...]
    json: bool


def parse(words: Sequence[str] | None = None) -> Arguments:
    """Read the command line; like every argparse program, exits with 2 when it makes no sense."""
    parser = CommandLine("tools/peers", DESCRIPTION, EXAMPLES)
    parser.number("--log-rows", 19, 3, cs.Options().max_log_height, "log2 of the rows")
    parser.number("--columns", 32, 2, 2048, "columns, two for each sequence")
    parser.number(
        "--scale", 0, 0, MAX_SCALE, "halvings of the tables with lookups, 2^18 rows and less"
    )
    parser.number("--threads", 1, 1, 1024, "of each prover")
    parser.number("--runs", 5, 1, 100, "processes of each contender")
    parser.number("--proofs", 2, 1, 100, "proofs a process; the first of several is not counted")
    parser.add_argument(
        "--target-cpu",
        default="native",
        metavar="CPU",
        help="what the Rust programs are compiled for, as rustc names it; beside CSTARK_ISA=avx2, "
        "x86-64-v3 compares like with like (default native)",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(CONTESTS),
        help="a contest to hold; may be repeated (default: all)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, every run included")
    chosen = parser.parse_args(words)
    if chosen.columns % 2:
        parser.error(f"--columns {chosen.columns}: a sequence has two columns, so an even number")
    if not re.fullmatch(r"[\w.-]+", chosen.target_cpu):
        parser.error(f"--target-cpu {chosen.target_cpu!r}: not a name of rustc's")
    return Arguments(
        Pairs(chosen.log_rows, chosen.columns),
        Exchange(chosen.scale, BUILDS),
        chosen.threads,
        chosen.runs,
        chosen.proofs,
        chosen.target_cpu,
        tuple(name for name in CONTESTS if chosen.only is None or name in chosen.only),
        chosen.json,
    )
