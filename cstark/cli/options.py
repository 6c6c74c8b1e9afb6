"""The options of proofs on the command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from cstark.cli.common import CommandError, Parser, integer

if TYPE_CHECKING:
    from cstark.protocol.options import Options, ResolvedOptions

__all__ = ["add_options", "options_from", "options_text"]

_OPTIONS = (
    "hash", "security", "queries", "grinding", "blowup", "fri_arity", "max_log_height", "regime",
    "zk",
)  # fmt: skip


def add_options(parser: Parser) -> None:
    """The options of proofs; those not given keep the defaults of `cstark.Options`."""
    group = parser.add_argument_group("options of the proof")
    group.add_argument(
        "--preset",
        metavar="NAME",
        help="small: small proofs, at 2 to 3 times the time and 4 to 5 the memory "
        "(--blowup 8 --grinding 20); fast: the least time for short proofs (--grinding 8)",
    )
    group.add_argument("--hash", metavar="NAME", help="blake3 (default), keccak256 or sha256")
    group.add_argument(
        "--security", type=integer, metavar="BITS", help="proven bits wanted (default: 128)"
    )
    group.add_argument(
        "--queries", type=integer, metavar="N", help="number of queries, instead of --security"
    )
    group.add_argument(
        "--grinding", type=integer, metavar="BITS", help="bits of proof of work (default: 16)"
    )
    group.add_argument(
        "--blowup", type=integer, metavar="N", help="inverse rate of the code (default: 2)"
    )
    group.add_argument(
        "--fri-arity", type=integer, metavar="N", help="points folded to one (default: 8)"
    )
    group.add_argument(
        "--max-log-height",
        type=integer,
        metavar="N",
        help="log2 of the tallest table that is accepted (default: 24, for programs 26)",
    )
    group.add_argument(
        "--regime",
        metavar="NAME",
        help="bounds that the number of queries is found by: best (default), unique or dkt26",
    )
    group.add_argument(
        "--zk",
        action="store_const",
        const=True,
        help="hide the traces: zero-knowledge, at 1.1 to 1.5 times the time",
    )


def options_from(arguments: argparse.Namespace) -> Options:
    """The options given on the command line, then the preset's, then the workload's defaults."""
    given = {name: getattr(arguments, name) for name in _OPTIONS}
    default: Options = arguments.workload_class.default_options()
    changes: dict[str, Any] = {}
    if arguments.preset is not None:
        from cstark.protocol.options import PRESETS

        if arguments.preset not in PRESETS:
            names = " or ".join(sorted(PRESETS))
            raise CommandError(f"--preset {arguments.preset}: the presets are {names}")
        changes.update(PRESETS[arguments.preset])
    changes.update((name, value) for name, value in given.items() if value is not None)
    from cstark.protocol.options import changed

    return changed(default, changes)


def options_text(resolved: ResolvedOptions) -> str:
    """Options of a proof in a line."""
    return ", ".join(
        f"{name} {value}" for name, value in resolved.to_data().items() if value is not False
    )
