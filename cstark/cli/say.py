"""All that the command line prints: one way to standard output, one to standard error.

Claims, key files and messages about them come from strangers: every text passes
`cstark.text.printable` here, so that none of them steers a terminal or poses as a line of ours, and
what the encoding of the stream lacks is escaped.  That the output cannot be written is an
`OutputError`, never mistaken for a proof that is refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from cstark.text import printable

__all__ = [
    "OutputError",
    "begin",
    "complain",
    "finish",
    "give_up",
    "results_to_stderr",
    "say",
    "say_json",
    "stdout_bytes",
]


class OutputError(Exception):
    """Standard output is closed, full or gone; no text when nobody is left to be told."""


_to_stderr = False


def begin() -> None:
    """Start afresh: results go to standard output."""
    global _to_stderr
    _to_stderr = False


def results_to_stderr() -> None:
    """From now on results go to standard error: standard output is a file that is written."""
    global _to_stderr
    _to_stderr = True


def say(*texts: object) -> None:
    """Print lines of the result.

    Raises
    ------
    OutputError
    """
    _write(_stream(), "\n".join(str(text) for text in texts) + "\n")


def say_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object.

    Raises
    ------
    OutputError
    """
    # ASCII, so that there is nothing that needs to be escaped
    _write(_stream(), json.dumps(data, indent=2, ensure_ascii=True) + "\n")


def complain(text: str) -> None:
    """Print to standard error, if that is possible; lines but the first are indented."""
    first, *more = text.split("\n")
    with contextlib.suppress(OutputError):
        _write(sys.stderr, "\n".join([first, *(f"    {line}" if line else "" for line in more)]))
        _write(sys.stderr, "\n")
        sys.stderr.flush()


def finish() -> None:
    """Make sure that all of the result is written.

    Raises
    ------
    OutputError
    """
    stream = _stream()
    if stream is not None:
        _attempt(stream.flush)


def give_up() -> None:
    """Forget what could not be written: Python would try again at shutdown."""
    with contextlib.suppress(Exception):
        descriptor = sys.stdout.fileno()
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, descriptor)
        os.close(nothing)


def stdout_bytes(data: bytes) -> None:
    """Write the bytes of a file to standard output.

    Raises
    ------
    OutputError
    """
    stream = sys.stdout
    if stream is None:
        raise OutputError("standard output is closed")

    def write() -> None:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()

    _attempt(write)


def _stream() -> TextIO | None:
    return sys.stderr if _to_stderr else sys.stdout


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # Python starts so when the descriptor is closed
        raise OutputError("standard output is closed")
    encoding = getattr(stream, "encoding", None) or "utf-8"
    shown = printable(text).encode(encoding, "backslashreplace").decode(encoding)
    _attempt(lambda: stream.write(shown))


def _attempt(write: Any) -> None:
    try:
        write()
    except BrokenPipeError:
        raise OutputError("") from None  # whoever was reading has heard enough
    except OSError as error:
        raise OutputError(f"standard output: {error.strerror or error}") from None
    except ValueError:  # closed by somebody in this process
        raise OutputError("standard output is closed") from None
