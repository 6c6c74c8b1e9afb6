"""``python -m cstark.pure KEY FILE``: exit 0 accepted, 1 refused, 2 wrong usage or unreadable."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .errors import BadKey, Refused
from .key import read_statement
from .transcript import show
from .verify import verify


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser("python -m cstark.pure", description="Verify a cstark proof.")
    parser.add_argument("key", help="key file, as `cstark key` writes it")
    parser.add_argument("file", help="proof file")
    parser.add_argument("--min-security", type=float, default=100.0, metavar="BITS",
                        help="proven bits that the proof must have (default: 100)")  # fmt: skip
    parser.add_argument("--trace", action="store_true",
                        help="print everything the transcript absorbs and draws")  # fmt: skip
    options = parser.parse_args(arguments)
    if not 0 <= options.min_security <= 128:
        parser.error("--min-security: from 0 to 128")
    try:
        statement = read_statement(Path(options.key).read_bytes())
        proof = Path(options.file).read_bytes()
    except (OSError, BadKey) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    trace = (lambda event: print(show(event))) if options.trace else None
    try:
        verify(statement, proof, min_security=options.min_security, trace=trace)
    except Refused as refusal:
        print(f"refused: {refusal} ({refusal.reason})")
        return 1
    print("verified")
    return 0


if __name__ == "__main__":
    sys.exit(main())
