"""The command line of `tools/scaling`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.console import CommandLine

import cstark as cs

__all__ = ["COUNTS", "WORKLOADS", "Arguments", "Subject", "parse"]

DESCRIPTION = """\
Prove the Fibonacci pairs and a run of the RISC-V machine with 1 to 16 threads: time, speed-up,
processor seconds, and a picture. Thread counts for which there are no processors are not measured
but modelled, from the serial part of each phase and the speed of the memory, and are said to be."""
EXAMPLES = """\
examples:
  tools/scaling                                2^21 rows of 32 columns; 4 million steps
  tools/scaling --only pairs --log-rows 17 --runs 5
  tools/scaling --up-to 64 --svg speedup.svg"""
#: Thread counts: powers of two, and what is half way between.
COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
WORKLOADS = ("pairs", "vm")
PICTURE = Path(__file__).resolve().parent.parent.parent / "build" / "scaling.svg"


@dataclass(frozen=True)
class Subject:
    """What is proved.

    Attributes
    ----------
    name : {"pairs", "vm"}
    size : tuple of int
        Of the pairs: log2 of the rows, columns. Of the machine: steps.
    """

    name: str
    size: tuple[int, ...]

    def __str__(self) -> str:
        if self.name == "pairs":
            log_rows, columns = self.size
            return f"fib_pair, 2^{log_rows} rows x {columns} columns"
        return f"RISC-V run of {self.size[0]:,} steps"


@dataclass(frozen=True)
class Arguments:
    """What was asked for.

    Attributes
    ----------
    subjects : tuple of Subject
    up_to : int
        Most threads, measured or modelled.
    runs : int
        Processes of each thread count.
    hash : str
    svg : Path
        Where the picture goes.
    json : bool
    """

    subjects: tuple[Subject, ...]
    up_to: int
    runs: int
    hash: str
    svg: Path
    json: bool


def parse(words: Sequence[str] | None = None) -> Arguments:
    """Read the command line; like every argparse program, exits with 2 when it makes no sense."""
    parser = CommandLine("tools/scaling", DESCRIPTION, EXAMPLES)
    parser.number("--log-rows", 21, 3, cs.Options().max_log_height, "log2 of the rows of the pairs")
    parser.number("--columns", 32, 2, 2048, "columns of the pairs, two for each sequence")
    parser.number("--steps", 4_000_000, 100, 1 << 26, "executed instructions of the run, about")
    parser.number("--up-to", 16, 1, COUNTS[-1], "most threads, measured or modelled")
    parser.number("--runs", 3, 1, 100, "processes of each number of threads")
    parser.add_argument("--hash", default="blake3", choices=["blake3", "keccak256", "sha256"])
    parser.add_argument("--only", choices=WORKLOADS, help="one of the two (default: both)")
    parser.add_argument(
        "--svg", type=Path, default=PICTURE, metavar="FILE", help="picture (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, every run included")
    chosen = parser.parse_args(words)
    if chosen.columns % 2:
        parser.error(f"--columns {chosen.columns}: a sequence has two columns, so an even number")
    sizes = {"pairs": (chosen.log_rows, chosen.columns), "vm": (chosen.steps,)}
    return Arguments(
        tuple(Subject(name, sizes[name]) for name in WORKLOADS if chosen.only in (None, name)),
        chosen.up_to,
        chosen.runs,
        chosen.hash,
        chosen.svg,
        chosen.json,
    )
