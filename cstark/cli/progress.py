"""A progress bar on a terminal, for proofs that take more than a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, TextIO

__all__ = ["Progress"]


class Progress:
    """Shows how far a proof is; call it with a fraction and the name of the phase.

    Nothing is shown when `stream` is no terminal, nor in the first second.  With tqdm installed
    (``pip install cstark[progress]``) it draws the bar, otherwise one line is rewritten in place.
    The line disappears at the end, so that output stays clean.

    Parameters
    ----------
    stream : file, optional
        Default: standard error.
    delay : float
        Seconds before anything is shown.

    Examples
    --------
    >>> with Progress() as progress:
    ...     progress(0.5, "commit")
    """

    def __init__(self, stream: TextIO | None = None, *, delay: float = 1.0) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty()
        self._start = time.monotonic()
        self._delay = delay
        self._bar: Any = None
        self._width = 0

    def __enter__(self) -> Progress:
        return self

    def __call__(self, fraction: float, phase: str) -> None:
        """Note that `fraction` (0 to 1) of the work is done and `phase` is next."""
        if not self._shown or time.monotonic() - self._start < self._delay:
            return
        percent = round(100 * min(max(fraction, 0.0), 1.0))
        if self._bar is None:
            self._bar = self._open()
        if self._bar:
            self._bar.n = percent
            self._bar.set_description_str(phase)
            return
        line = f"{percent:3d} %  {phase}"
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def _open(self) -> Any:
        """A tqdm bar, or False without tqdm."""
        try:
            from tqdm import tqdm
        except ImportError:
            return False
        return tqdm(
            total=100,
            file=self._stream,
            leave=False,
            bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}",
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.close()
        elif self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
