"""How far a proof is: from the kernels' account of their work to calls and to a line of text.

A kernel tells its watcher, some twenty times a second, how much work it has done; `Steps` adds that
up and calls ``progress(phase, done, total)``, where ``done / total`` is the share of the expected
time; `ProgressBar` is such a callable. What it raises ends the kernel, and the proof.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from cstark.errors import OptionsError, quoted
from cstark.text import bytes_text

if TYPE_CHECKING:
    from cstark.report import Report

__all__ = [
    "ProgressBar",
    "ProgressCallback",
    "StatusLine",
    "Steps",
    "check_progress",
    "listener",
    "watched",
]

ProgressCallback = Callable[[str, int, int], object]
"""Called with the phase at work and with what is done, of how much in total."""

LINES_APART = 10.0  # seconds between two lines where none can be rewritten
REDRAWN_AFTER = 0.1
BAR = 20


# ---- what is told ------------------------------------------------------------------------------


class Steps:
    """Adds up the work of the kernels.

    Parameters
    ----------
    tell : callable
    report : Report
        Of the proof in the making: knows the phase.
    work : mapping of str to float
        What is expected of each phase, in nanoseconds of one thread, in order of time. A phase
        that needs more stays at its end, one that needs less leaps there.

    Attributes
    ----------
    total : int
        What ``tell`` is told as the total: microseconds, for tiny proofs nanoseconds.
    told : dict of str to float
        Work of the phases so far.
    """

    def __init__(self, tell: ProgressCallback, report: Report, work: Mapping[str, float]) -> None:
        self._tell = tell
        self._report = report
        self._ends: dict[str, tuple[float, float]] = {}
        end = 0.0
        for name, amount in work.items():
            self._ends[name] = end, end + amount
            end += amount
        self._last = [*work][-1] if work else ""
        self._scale = 1000.0 if end >= 1e6 else 1.0  # tiny proofs have steps too
        self.total = max(1, round(end / self._scale))
        self.told: dict[str, float] = {}
        self._done = 0
        self._phase = next(iter(work), "")

    def __call__(self, nanoseconds: float) -> None:
        """Note that a kernel has done so much work."""
        phase = self._phase = self._report.outermost or self._phase  # between two: the one before
        self.told[phase] = self.told.get(phase, 0.0) + nanoseconds
        start, end = self._ends.get(phase, (0.0, 0.0))
        done = min(start + self.told[phase], end) / self._scale
        self._done = max(self._done, min(round(done), self.total))
        self._tell(phase, self._done, self.total)

    def finish(self) -> None:
        """Say that all is done."""
        self._tell(self._last, self.total, self.total)


@contextmanager
def watched(
    tell: ProgressCallback | None, report: Report, work: Callable[[], Mapping[str, float]]
) -> Iterator[None]:
    """Tell of the kernels' work in the body of a ``with`` statement; nothing when `tell` is None.

    `work` is only called when there is somebody to tell.
    """
    if tell is None:
        yield
        return
    from cstark.kernels import _chunks

    steps = Steps(tell, report, work())
    before = _chunks.set_watcher(steps)
    try:
        yield
        steps.finish()
    finally:
        _chunks.set_watcher(before)


@contextmanager
def stepped(step: Callable[[], object]) -> Iterator[None]:
    """Call something at every step of the kernels in the body; what it raises ends them.

    Cheaper than `watched` with a callable that does not look at how far the proof is.
    """
    from cstark.kernels import _chunks

    before = _chunks.set_watcher(lambda nanoseconds: step())
    try:
        yield
    finally:
        _chunks.set_watcher(before)


@contextmanager
def listener(progress: bool | ProgressCallback | None) -> Iterator[ProgressCallback | None]:
    """The callable that a ``progress`` argument stands for: True is a bar on standard error.

    Raises
    ------
    OptionsError
        It is neither a bool nor callable nor None.
    """
    check_progress(progress)
    if progress is True:
        with ProgressBar(lines=True) as bar:
            yield bar
    else:
        yield progress if callable(progress) else None


def check_progress(progress: bool | ProgressCallback | None) -> None:
    """Raise `OptionsError` for what is neither a bool nor callable nor None."""
    if not (progress is None or isinstance(progress, bool) or callable(progress)):
        raise OptionsError(
            f"progress={quoted(progress)}: must be True for a bar, or a callable that takes "
            "(phase, done, total)"
        )


# ---- how it is shown ---------------------------------------------------------------------------


class ProgressBar:
    """A line that tells how far a proof is: share, phase, time left, bytes held.

    ::

         42 %  [########............]  commit main  12 s left  3.20 GiB

    The time left is that of the work left, at the speed so far. The bytes are those that the
    kernels' buffers hold now, if they hold any in this process. On a terminal and in a notebook
    the line is rewritten in place, and disappears at the end.

    Parameters
    ----------
    stream : file, optional
        Default: standard error.
    delay : float
        Seconds before anything is shown.
    lines : bool
        What to do where a line cannot be rewritten, as in a file: write one every ten seconds, or
        nothing.

    Examples
    --------
    >>> with ProgressBar() as bar:
    ...     bar("commit main", 1, 2)
    """

    def __init__(
        self, stream: TextIO | None = None, *, delay: float = 1.0, lines: bool = False
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._rewrites = self._stream is not None and (self._stream.isatty() or in_notebook())
        self._lines = lines and self._stream is not None and not self._rewrites
        self._begun: float | None = None
        self._next = delay if self._rewrites else LINES_APART
        self._line = ""
        self._width = 0  # of what stands there now

    def __enter__(self) -> Self:
        return self

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Note that `done` of `total` is done, and that `phase` is at work."""
        if not self._rewrites and not self._lines:
            return
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
        elapsed = now - self._begun
        if elapsed < self._next:
            return
        self._next = elapsed + (REDRAWN_AFTER if self._rewrites else LINES_APART)
        line = progress_line(phase, done, total, elapsed)
        if self._lines:
            self._write(line + "\n")
            return
        # A wrapped line cannot be rewritten.
        self._line = line[: _columns() - 1]
        self.show()

    def show(self) -> None:
        """Write the line, or put it back after `hide`."""
        if self._line:
            self._width = max(self._width, len(self._line))  # first: Ctrl-C may come meanwhile
            self._write("\r" + self._line.ljust(self._width))

    def hide(self) -> None:
        """Take the line away, so that something else can be printed."""
        if self._width:
            self._write("\r" + " " * self._width + "\r")
            self._width = 0

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # full, closed, or its reader is gone: no reason to stop
            self._rewrites = self._lines = False
            self._line, self._width = "", 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.hide()


class StatusLine(ProgressBar):
    """The same line for work of unknown length: it says what there is to say, on terminals only.

    Examples
    --------
    >>> with StatusLine() as line:
    ...     line.say("executing: 1,000 steps")
    """

    def say(self, text: str) -> None:
        """Show a text in place of the one before."""
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
        if self._rewrites and now - self._begun >= self._next:
            self._next = now - self._begun + REDRAWN_AFTER
            self._line = text[: _columns() - 1]
            self.show()


def progress_line(phase: str, done: int, total: int, elapsed: float) -> str:
    """The line after `elapsed` seconds."""
    from cstark.kernels import _runtime

    full = BAR * done // total
    parts = [f"{100 * done // total:3d} %", f"[{'#' * full}{'.' * (BAR - full)}]", phase]
    if 0 < done < total:
        parts.append(f"{time_text(elapsed * (total - done) / done)} left")
    held = _runtime.live_bytes()
    if held:
        parts.append(bytes_text(held))
    return "  ".join(parts)


def time_text(seconds: float) -> str:
    """A duration to wait for.

    Examples
    --------
    >>> time_text(0.2), time_text(12.4), time_text(75), time_text(7300)
    ('1 s', '13 s', '1:15', '2:01:40')
    """
    whole = max(1, -int(-seconds // 1))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def in_notebook() -> bool:
    """Whether this is a Jupyter kernel, whose output honours carriage returns."""
    shell = sys.modules.get("IPython")
    found = None if shell is None else shell.get_ipython()
    return type(found).__name__ == "ZMQInteractiveShell"


def _columns() -> int:
    """Of the terminal; what is no terminal does without `shutil`, which loads three compressors."""
    from shutil import get_terminal_size

    return get_terminal_size().columns
