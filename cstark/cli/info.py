"""Print versions, threads and instruction set."""

from __future__ import annotations

import argparse
import os
import platform
from typing import Any

from cstark.cli.common import Parser, print_json
from cstark.text import pairs

__all__ = ["configure", "run", "version"]


def configure(parser: Parser) -> None:
    """This command takes no arguments."""


def version() -> str:
    """The installed version of cstark, or that of the working tree."""
    from importlib import metadata

    try:
        return metadata.version("cstark")
    except metadata.PackageNotFoundError:
        return "unknown (not installed)"


def information() -> dict[str, Any]:
    """Everything this command prints."""
    import numpy as np

    import cstark.kernels._runtime as runtime

    return {
        "cstark": version(),
        "installed in": os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "threads": runtime.threads(),
        "openmp": runtime.openmp() or "no: built serial",
        "instruction set": runtime.isa(),
        "instruction sets": list(runtime.isas()),
    }


def run(arguments: argparse.Namespace) -> int:
    """Print the table."""
    data = information()
    if arguments.json:
        print_json({name.replace(" ", "_"): value for name, value in data.items()})
        return 0
    data["instruction sets"] = ", ".join(data["instruction sets"])
    print(pairs(list(data.items())))
    return 0
