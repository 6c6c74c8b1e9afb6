"""What the programs of this folder say on the terminal, and how they end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

from compare.errors import BenchError

__all__ = ["exit_code", "say"]


def say(text: str) -> None:
    """Progress; standard output is the report's."""
    print(f"# {text}", file=sys.stderr, flush=True)


def exit_code(work: Callable[[], int]) -> int:
    """What `work` returns; 2 after a line about an error, 130 when interrupted."""
    # so that a termination, like an interruption, ends the child and removes what is unfinished
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return work()
    except (BenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
