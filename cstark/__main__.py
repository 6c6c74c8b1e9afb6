"""``python -m cstark``, and what the command ``cstark`` starts.

Nothing is imported here that takes time: from the first line on Ctrl-C ends the program with exit
code 130, also in the middle of an import, where an exception could be taken for a missing module.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType

__all__ = ["main"]

INTERRUPTED = 130


def main() -> int:
    """Run the command line; returns its exit code."""
    default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if default:  # a shell starts jobs in the background with the signal ignored
        signal.signal(signal.SIGINT, _leave)
    from cstark.cli.main import main as run

    if default:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = run()
    # Before its last collections, which find nothing worth a tenth of a small proof's time.
    gc.freeze()
    if code == INTERRUPTED:
        # The interpreter remembers an interrupt that came while it ran generated code, and would
        # end by the signal although it has been dealt with. All output is unbuffered or given up.
        os._exit(code)
    return code


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, b"cstark: interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
