"""Where results are written: a plain file, a device or a pipe, or a descriptor that is open.

``-``, ``/dev/stdout``, ``/dev/fd/5`` and what a shell puts in the place of ``>(...)`` are written
to as they are; a plain file appears whole or not at all.  Whether writing can work is found out
before the work, as far as that can be known.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import sys

from cstark.cli import say
from cstark.files import try_directory, write_whole

__all__ = ["Target"]

_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?:self|\d+|thread-self))/fd/(\d+)")
_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_MOST_LINKS = 40


class Target:
    """A place named on the command line.

    Parameters
    ----------
    path : str

    Attributes
    ----------
    descriptor : int or None
        The open descriptor that the path names.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.descriptor = descriptor_of(path)

    @property
    def streams(self) -> bool:
        """Whether it is no plain file: what is written goes somewhere at once."""
        if self.descriptor is not None:
            return True
        try:
            mode = os.stat(self.path).st_mode
        except (OSError, ValueError):
            return False
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))

    @property
    def is_stdout(self) -> bool:
        """Whether it is standard output, where nothing else may be printed then."""
        return self.descriptor == 1

    def same_as(self, other: Target) -> bool:
        """Whether both are one place."""
        if self.descriptor is not None or other.descriptor is not None:
            return self.descriptor == other.descriptor
        return os.path.realpath(self.path) == os.path.realpath(other.path) and not self.streams

    def write(self, data: bytes) -> None:
        """Write all of it.

        Raises
        ------
        OSError
            A plain file has not changed then.
        OutputError
            Standard output cannot be written.
        """
        if self.descriptor == 1:
            say.stdout_bytes(data)
        elif self.descriptor is not None:
            if self.descriptor == 2 and sys.stderr is not None:
                sys.stderr.flush()
            with open(self.descriptor, "wb", closefd=False) as file:
                file.write(data)
        elif self.streams:
            with open(self.path, "wb") as file:
                file.write(data)
        else:
            # Through links: they stay, what they point at is replaced.
            write_whole(os.path.realpath(self.path), data)

    def problem(self) -> str | None:
        """Why it cannot be written, as far as can be told without writing it; None if it can."""
        if self.descriptor is not None:
            return _closed(self.descriptor)
        if not self.path:
            return "the name of the file is empty"
        try:
            mode = os.stat(self.path).st_mode
        except FileNotFoundError:
            mode = None
        except (OSError, ValueError) as error:  # too long, a loop of links, a null byte
            return str(getattr(error, "strerror", None) or error)
        if mode is not None and stat.S_ISDIR(mode):
            return "is a directory"
        if mode is not None and stat.S_ISSOCK(mode):
            return "is a socket"
        if mode is not None and not stat.S_ISREG(mode):
            return None if os.access(self.path, os.W_OK) else "permission denied"
        folder = os.path.dirname(os.path.realpath(self.path))
        if not os.path.isdir(folder) or self.path.endswith("/"):
            return f"there is no directory {self.path if os.path.isdir(folder) else folder}"
        try:
            try_directory(folder)
        except OSError as error:
            return f"the directory {folder} cannot be written to: {error.strerror or error}"
        return None


def descriptor_of(path: str) -> int | None:
    """The open descriptor that a path names, through links; None for every other path.

    Opening ``/dev/fd/5`` would open the file anew, at its beginning: what the shell redirected
    stands at the end of what has been written so far.
    """
    if path == "-":
        return 1
    for _ in range(_MOST_LINKS):
        if path in _STANDARD:
            return _STANDARD[path]
        if found := _DESCRIPTOR.fullmatch(path):
            own = path.startswith(("/dev/", "/proc/self/", "/proc/thread-self/"))
            return int(found[1]) if own or path.startswith(f"/proc/{os.getpid()}/") else None
        try:
            path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
        except (OSError, ValueError):  # no link, no file
            return None
    return None


def _closed(descriptor: int) -> str | None:
    """Why nothing can be written to a descriptor."""
    with contextlib.suppress(OSError, OverflowError):
        mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
        return "is not open for writing" if mode == os.O_RDONLY else None
    return "is not open"
