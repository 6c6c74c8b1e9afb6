"""Print what a proof file says about itself: size, options, heights, claim.

Nothing is verified; use `cstark verify` for that.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from cstark.cli.common import Parser, claim_pairs, read_bytes
from cstark.cli.say import say, say_json
from cstark.errors import StatementError
from cstark.text import bytes_text, exact, pairs

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="a proof file")
    parser.need("file", "FILE")


def run(arguments: argparse.Namespace) -> int:
    """Print the header of a proof file."""
    data = read_bytes(arguments.file)

    from cstark.protocol.proof import Proof, is_sharded
    from cstark.protocol.shards.proof import ShardedProof
    from cstark.protocol.standing import of_table
    from cstark.workload.claim import decode_claim

    shards = is_sharded(data)
    proof = ShardedProof.from_bytes(data) if shards else Proof.parse_header(data)
    try:
        claim = decode_claim(proof.claim)
    except StatementError:
        claim = None  # a claim of no workload: any bytes are allowed
    heights = list(proof.log_heights)
    # Of each shard, or of the whole.
    parts: list[Any] = heights if shards else [heights]
    tables = [
        (
            f"tables of shard {number}" if shards else "tables",
            _tables_text([of_table(item) for item in part]),
        )
        for number, part in enumerate(parts, 1)
    ]
    if arguments.json:
        say_json(
            {
                "file": arguments.file,
                "proof_bytes": len(data),
                "options": proof.options.to_data(),
                "log_heights": heights,
                "claim": exact(claim),
                "claim_hex": None if claim is not None else bytes(proof.claim).hex(),
            }
        )
        return 0
    say(
        pairs(
            [
                ("file", arguments.file),
                ("size", f"{len(data):,} bytes ({bytes_text(len(data))})"),
                *tables,
                *((f"{name}", value) for name, value in proof.options.to_data().items()),
            ]
        )
    )
    if claim is None:
        say(f"claim: {len(proof.claim)} bytes, which are no workload's claim")
    else:
        say("claim (not verified)")
        say(pairs(claim_pairs(claim)))
    return 0


def _tables_text(heights: Sequence[Sequence[int]]) -> str:
    """How many tables there are, and the rows of every trace of theirs."""
    every = [log_height for item in heights for log_height in item]
    return f"{len(heights)}, of 2^{', 2^'.join(map(str, every))} rows"
