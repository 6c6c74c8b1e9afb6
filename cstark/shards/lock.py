"""One run to a folder at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cstark.errors import StatementError

__all__ = ["LOCK", "locked"]

LOCK = "lock"
"""Name of the file; it stays there, for whoever takes it away could take that of another run."""

_WITHOUT_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
_TAKEN = {errno.EACCES, errno.EAGAIN}

# The system's locks are those of a process: they do not hold its own threads apart, and whoever
# opens and closes the file a second time loses them. A child has the set, but not the locks.
_held: set[tuple[int, int, int]] = set()  # process, device, folder
_guard = threading.Lock()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder, so that no other run writes into it.

    The system gives the lock back when the process ends, however it ends. On a file system that
    has no locks nothing is held; that of a network holds processes of several hosts apart.

    Parameters
    ----------
    folder : Path
        A directory that exists.

    Raises
    ------
    StatementError
        Another run holds it, in this process or another.
    OSError
        The file cannot be made or opened.
    """
    found = os.stat(folder)
    name = (os.getpid(), found.st_dev, found.st_ino)
    with _guard:
        if name in _held:
            raise StatementError(f"the folder {folder} is in use by another run of this process")
        _held.add(name)
    try:
        with open(folder / LOCK, "a+b") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in _TAKEN:
                    raise StatementError(_in_use(folder)) from None
                if error.errno not in _WITHOUT_LOCKS:
                    raise
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
            file.flush()
            yield
    finally:
        with _guard:
            _held.discard(name)


def _in_use(folder: Path) -> str:
    holder = ""
    with suppress(OSError):
        holder = (folder / LOCK).read_text(errors="replace")[:200]
    return (
        f"the folder {folder} is in use by {holder or 'another run'}: wait for it, or take "
        "another folder"
    )
