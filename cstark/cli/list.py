"""List the built-in workloads and their arguments."""

from __future__ import annotations

import argparse
import dataclasses

from cstark.cli.common import Parser, argument_text
from cstark.cli.say import say, say_json
from cstark.machines import BUILT_IN, load

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """This command takes no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Print names, one line of description, arguments with their defaults."""
    workloads = {name: load(name) for name in BUILT_IN}
    if arguments.json:
        say_json(
            {
                name: {
                    "summary": workload.describe(),
                    "arguments": [
                        {
                            "name": item.name,
                            "type": item.type.__name__,
                            "default": (
                                None if item.default is dataclasses.MISSING else item.default
                            ),
                            "required": item.default is dataclasses.MISSING,
                            "help": item.help,
                        }
                        for item in workload.arguments()
                    ],
                }
                for name, workload in workloads.items()
            }
        )
        return 0
    for name, workload in workloads.items():
        say(name)
        say(f"    {workload.describe()}")
        for item in workload.arguments():
            flag = "--" + item.name.replace("_", "-")
            say(f"    {flag:<16} {argument_text(item)}")
    say("\nEach is explained by: python -m pydoc cstark.machines.NAME")
    return 0
