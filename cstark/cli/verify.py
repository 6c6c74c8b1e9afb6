"""Verify a proof file and print the claim that it proves.

Either by a workload: `cstark verify WORKLOAD FILE`.  The workload's code makes the statement from
the claim in the file; the options are taken from the file as well, printed, and judged by
--min-security.  Or by a key file, made by `cstark key` from a workload that you trust:
`cstark verify --key key.json FILE`.  It holds the whole statement, options included.

The file never chooses what is verified.  What it claims is printed: read it, or say what it must
be with --expect.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cstark.cli.common import (
    CommandError,
    Parser,
    claim_pairs,
    load_workload,
    options_of_file,
    options_text,
    print_json,
    read_bytes,
)
from cstark.errors import Reason, StatementError, VerificationError
from cstark.text import bytes_text, pairs, seconds_text

if TYPE_CHECKING:
    from cstark.protocol.proof import Proof

__all__ = ["configure", "run"]


def configure(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "words", nargs="*", metavar="WORKLOAD FILE", help="what was proved, and the proof file"
    )
    parser.add_argument("--key", metavar="KEY", help="verify FILE by this key, without a workload")
    parser.add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="refuse another value in the claim; may be given several times",
    )
    parser.add_argument(
        "--min-security",
        type=int,
        default=100,
        metavar="BITS",
        help="refuse fewer proven bits (default: 100)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Verify, and print what is now known."""
    expected = [parse_expectation(text) for text in arguments.expect]
    words = arguments.words
    if arguments.key is not None:
        if len(words) != 1:
            raise CommandError("with --key, name one proof file and nothing else")
        file, workload, key = words[0], None, read_bytes(arguments.key)
    else:
        if len(words) != 2:
            raise CommandError("WORKLOAD and FILE are needed (or --key KEY and FILE)")
        file, workload, key = words[1], load_workload(words[0]), None
    data = read_bytes(file)

    from cstark.protocol.proof import Proof

    start = time.perf_counter()
    proof = Proof.from_bytes(data)
    if workload is not None:
        claim, bits = verify_by_workload(workload, proof, expected, arguments.min_security)
        what = words[0]
    else:
        claim, bits = verify_by_key(key, arguments.key, proof, expected, arguments.min_security)
        what = arguments.key
    seconds = time.perf_counter() - start

    if arguments.json:
        print_json(
            {
                "verified": True,
                "by": what,
                "claim": claim,
                "security_bits": bits,
                "options": proof.options.to_data(),
                "proof_bytes": len(data),
                "seconds": seconds,
            }
        )
        return 0
    print(f"verified: {file} proves, by {what},")
    print(pairs(claim_pairs(claim)))
    print(
        pairs(
            [
                ("options", options_text(proof.options)),
                ("security", f"{bits:.1f} proven bits"),
                ("proof", bytes_text(len(data))),
                ("verified in", seconds_text(seconds)),
            ]
        )
    )
    return 0


def verify_by_workload(
    workload: Any, proof: Proof, expected: list[tuple[str, list[Any]]], min_security: int
) -> tuple[dict[str, Any], float]:
    """The claim and the proven bits, or `VerificationError`."""
    from cstark.claim import decode_claim
    from cstark.machine import Machine

    try:
        claim, statement = workload.read_statement(proof.claim)
    except StatementError as error:
        # The claim is the file's, not the caller's: it is the proof that is refused.
        raise VerificationError(str(error), Reason.STATEMENT) from error
    decoded = decode_claim(claim)
    check_expectations(decoded, expected)
    machine = Machine(statement.tables, options_of_file(proof.options))
    machine.verify(
        proof,
        statement.publics,
        tokens=statement.tokens,
        claim=claim,
        min_security=min_security,
    )
    return decoded, machine.security(proof_heights(proof, statement.tables)).bits


def verify_by_key(
    text: bytes,
    name: str,
    proof: Proof,
    expected: list[tuple[str, list[Any]]],
    min_security: int,
) -> tuple[dict[str, Any], float]:
    """The claim and the proven bits, or `VerificationError`."""
    from cstark.claim import decode_claim
    from cstark.cli.keyfile import KeyFile

    try:
        key = KeyFile.from_json(text)
    except StatementError as error:
        raise CommandError(f"{name}: {error}") from None
    check_expectations(decode_claim(key.claim), expected)
    key.key.verify(
        proof, key.publics, tokens=key.tokens, claim=key.claim, min_security=min_security
    )
    return decode_claim(key.claim), key.key.security(proof_heights(proof, key.key.names)).bits


def proof_heights(proof: Proof, names: Iterable[str]) -> dict[str, int]:
    """Table name to number of rows."""
    return {name: 1 << log for name, log in zip(names, proof.log_heights, strict=True)}


def parse_expectation(text: str) -> tuple[str, list[Any]]:
    """``name=value`` as the name and the values that it may mean: JSON, an integer, a string.

    Examples
    --------
    >>> parse_expectation("steps=0x10")
    ('steps', [16, '0x10'])
    >>> parse_expectation("result=[1,2]")
    ('result', [[1, 2], '[1,2]'])
    """
    name, equals, value = text.partition("=")
    if not (equals and name):
        raise CommandError(f"--expect {text}: write --expect NAME=VALUE")
    meanings: list[Any] = []
    try:
        meanings.append(json.loads(value))
    except (ValueError, RecursionError):
        with contextlib.suppress(ValueError):
            meanings.append(int(value, 0))
    return name, [*meanings, value]


def check_expectations(claim: dict[str, Any], expected: list[tuple[str, list[Any]]]) -> None:
    """Refuse a claim that differs from what was expected."""
    for name, meanings in expected:
        if name not in claim:
            raise VerificationError(
                f"the claim has no {name!r}, only {', '.join(sorted(claim)) or 'nothing'}",
                Reason.STATEMENT,
            )
        # compared as text, because True == 1 in Python
        actual = json.dumps(claim[name], sort_keys=True)
        if all(json.dumps(meaning, sort_keys=True) != actual for meaning in meanings):
            shown = actual if len(actual) <= 200 else actual[:200] + "..."
            raise VerificationError(
                f"the claim says {name} = {shown}, expected {meanings[-1]}", Reason.STATEMENT
            )
