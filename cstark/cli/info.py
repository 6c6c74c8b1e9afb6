"""Print versions, threads and instruction set: what a bug report should hold."""

from __future__ import annotations

import argparse

from cstark.cli.common import Parser, print_json
from cstark.text import pairs

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """This command takes no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Print what a bug report should hold."""
    from cstark.runtime import config

    data = config()
    if arguments.json:
        print_json(data)
    else:
        print(
            pairs(
                [
                    (name, ", ".join(value) if isinstance(value, list) else value)
                    for name, value in data.items()
                ]
            )
        )
    return 0
