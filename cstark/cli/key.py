"""Write all that a verifier needs for the claim of a proof file: a key file.

The workload's code makes the statement from the claim in FILE; machine, public values, tokens,
claim and the options of FILE become one JSON file.  `cstark verify --key KEY FILE` then needs no
workload.  FILE is not verified here, and who makes the key decides what is trusted: read the
claim and the options that are printed.
"""

from __future__ import annotations

import argparse

from cstark.cli.common import (
    Parser,
    add_workload,
    check_writable,
    claim_pairs,
    read_bytes,
    subject_of_file,
    write_atomically,
)
from cstark.cli.options import options_text
from cstark.cli.say import say, say_json
from cstark.text import exact, pairs

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    add_workload(parser, arguments="verifier")
    parser.add_argument("file", nargs="?", metavar="FILE", help="a proof file")
    parser.need("file", "FILE")
    parser.add_argument("-o", "--output", metavar="KEY", help="the key file to write")
    parser.need("output", "-o KEY")


def run(arguments: argparse.Namespace) -> int:
    """Write the key file; print its digest, the claim and the options."""
    data = read_bytes(arguments.file)
    check_writable(arguments.output)

    from cstark.protocol.policy import Policy
    from cstark.protocol.proof import Proof, is_sharded
    from cstark.protocol.shards.proof import ShardedProof
    from cstark.workload.claim import decode_claim

    shards = is_sharded(data)
    proof = ShardedProof.from_bytes(data) if shards else Proof.parse_header(data)
    subject = subject_of_file(arguments.workload_class, proof, arguments.workload_values)
    if not shards:
        # Heights and length, whatever the strength: a file of a few bytes must not set off work.
        description = subject.machine.proving_key.description
        subject.verifier(data).admit(Policy.of(description, 0))
    file, claim = subject.file(shards=shards), subject.claim
    write_atomically(arguments.output, file.to_json().encode() + b"\n")

    if arguments.json:
        say_json(
            {
                "file": arguments.output,
                "key_digest": file.key.digest.hex(),
                "claim": exact(decode_claim(claim)),
                "options": proof.options.to_data(),
            }
        )
        return 0
    say(f"key of {arguments.workload} for")
    say(pairs(claim_pairs(decode_claim(claim))))
    say(
        pairs(
            [
                ("options", options_text(proof.options)),
                ("key digest", file.key.digest.hex()),
                ("written to", arguments.output),
            ]
        )
    )
    return 0
