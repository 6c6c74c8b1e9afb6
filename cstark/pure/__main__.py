"""``python -m cstark.pure KEY FILE``.

Exit 0 accepted, 1 refused, 2 wrong usage or an unreadable file, 3 the output cannot be written or
memory ran out, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

from .errors import BadKey, Refused
from .key import read_statement
from .transcript import show
from .verify import verify

ACCEPTED, REFUSED, USAGE, FAILED, INTERRUPTED = 0, 1, 2, 3, 130
MAX_FILE_BYTES = 1 << 30


class OutputError(Exception):
    """Standard output is closed, full or gone."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser("python -m cstark.pure", description="Verify a cstark proof.")
    parser.add_argument("key", help="key file, as `cstark key` writes it")
    parser.add_argument("file", help="proof file")
    parser.add_argument("--min-security", type=float, default=100.0, metavar="BITS",
                        help="proven bits that the proof must have (default: 100)")  # fmt: skip
    parser.add_argument("--regime", choices=("best", "unique"), default="best",
                        help="bounds for them: the better, or unique decoding's")  # fmt: skip
    parser.add_argument("--expect-height", action="append", default=[], metavar="TABLE=ROWS",
                        help="refuse another height; may be given several times")  # fmt: skip
    parser.add_argument("--trace", action="store_true",
                        help="print everything the transcript absorbs and draws")  # fmt: skip
    options = parser.parse_args(arguments)
    if not 0 <= options.min_security <= 128:
        parser.error("--min-security: from 0 to 128")
    options.heights = {}
    for text in options.expect_height:
        name, equals, listed = text.rpartition("=")
        numbers = listed.split(",")
        if not (name and equals and all(map(is_number, numbers))):
            parser.error("--expect-height: write TABLE=ROWS")
        rows = int(listed) if len(numbers) == 1 else tuple(map(int, numbers))
        if options.heights.setdefault(name, rows) != rows:
            parser.error("--expect-height: two heights of one table")
    try:
        code = run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except MemoryError:
        complain("error: out of memory")
        return FAILED
    except (OutputError, OSError, ValueError):  # the last two: of the flush
        give_up()
        complain("error: standard output cannot be written")
        return FAILED
    except Exception as error:  # a mistake of ours: whatever it is, nothing has been refused
        complain(f"error: {type(error).__name__}: {error}")
        return FAILED


def is_number(text: str) -> bool:
    """Whether it is a number of rows; of several traces there are several, between commas."""
    return text.isascii() and text.isdecimal() and len(text) < 11


def run(options: argparse.Namespace) -> int:
    """Verify; returns the exit code."""
    try:
        statement = read_statement(contents(options.key))
        proof = contents(options.file)
    except (OSError, BadKey) as error:
        complain(f"error: {error}")
        return USAGE
    unknown = set(options.heights) - {table.name for table in statement.tables}
    if unknown:
        complain(f"error: --expect-height: no table {printable(min(unknown))}")
        return USAGE
    trace = (lambda event: say(show(event))) if options.trace else None
    try:
        verify(
            statement, proof, min_security=options.min_security, heights=options.heights,
            regime=options.regime, trace=trace,
        )  # fmt: skip
    except Refused as refusal:
        try:
            say(f"refused: {refusal} ({refusal.reason})")
        except OutputError:
            give_up()
        return REFUSED
    say("verified")
    return ACCEPTED


def contents(path: str) -> bytes:
    """A whole file; not one without an end, as a device may be."""
    with open(path, "rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise OSError(f"{path}: longer than {MAX_FILE_BYTES} bytes")
    return data


def printable(text: str) -> str:
    """Everything escaped that could steer a terminal: names in a key may be a stranger's."""
    return text if text.isprintable() else ascii(text)[1:-1]


def say(text: str) -> None:
    """Print a line of the result."""
    try:
        if sys.stdout is None:  # closed
            raise OSError
        # the trace is our own, with tabs between its fields
        sys.stdout.write("\t".join(printable(part) for part in text.split("\t")) + "\n")
    except (OSError, ValueError):
        raise OutputError from None


def complain(text: str) -> None:
    """Print a line to standard error, if that can be done."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(printable(text) + "\n")
            sys.stderr.flush()
    except (OSError, ValueError):
        pass


def give_up() -> None:
    """Forget what could not be written: Python would try again at shutdown."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
