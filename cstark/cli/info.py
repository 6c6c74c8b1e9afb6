"""Print versions, threads and instruction set: what a bug report should hold."""

from __future__ import annotations

import argparse

from cstark.cli.common import Parser
from cstark.cli.say import say, say_json
from cstark.text import pairs

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """This command takes no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Print what a bug report should hold."""
    from cstark.runtime import config

    data = config()
    if arguments.json:
        say_json(data)
    else:
        say(
            pairs(
                [
                    (name, ", ".join(value) if isinstance(value, list) else value)
                    for name, value in data.items()
                ]
            )
        )
    return 0
