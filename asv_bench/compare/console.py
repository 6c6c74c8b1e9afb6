"""What the programs of this folder say on the terminal, and how they end."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable

from compare.errors import BenchError

__all__ = ["CommandLine", "exit_code", "say"]


class CommandLine(argparse.ArgumentParser):
    """The command line of a tool: texts as they are written, and no abbreviations.

    Like every argparse program, it exits with 2 when the words make no sense.
    """

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def number(self, name: str, default: int, low: int, high: int, help: str) -> None:
        """Take a whole number from `low` to `high`."""

        def within(text: str) -> int:
            value = int(text)
            if not low <= value <= high:
                raise argparse.ArgumentTypeError(f"{value}: from {low} to {high}")
            return value

        within.__name__ = "whole number"  # what argparse calls it
        self.add_argument(
            name, type=within, default=default, metavar="N", help=f"{help} (default {default})"
        )


def say(text: str) -> None:
    """Progress; standard output is the report's."""
    print(f"# {text}", file=sys.stderr, flush=True)


def exit_code(work: Callable[[], int]) -> int:
    """What `work` returns; 2 after a line about an error, 130 when interrupted."""
    # so that a termination, like an interruption, ends the child and removes what is unfinished
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return work()
    except (BenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
