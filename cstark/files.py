"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from os import PathLike
from typing import TYPE_CHECKING

from cstark.errors import StatementError, quoted

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["made_directory", "read_regular", "sync_directory", "try_directory", "write_whole"]


def _beside(folder: str | PathLike[str]) -> str:
    """A name for a file that is being written; short, as the name to come may be the longest."""
    return os.path.join(folder, f".cstark-{os.getpid()}-{os.urandom(4).hex()}")


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def try_directory(folder: str | PathLike[str]) -> None:
    """Make a file in a directory and take it away again: nothing else tells whether that works.

    Raises
    ------
    OSError
    """
    with contextlib.suppress(OSError, AttributeError):  # not of every system, nor file system
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))  # it never has a name
        return
    temporary = _beside(folder)
    try:
        with open(temporary, "xb"):
            pass
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def made_directory(path: object) -> Path:
    """The ``folder`` that a caller has named, made if need be.

    Parameters
    ----------
    path : path

    Raises
    ------
    StatementError
        It is no path, or the empty one, which would be the working directory.
    OSError
        It cannot be made.
    """
    from pathlib import Path  # which commands that make none need not load

    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise StatementError(f"folder is {quoted(path)}; it must be the path of a directory")
    made = Path(os.fsdecode(path))
    made.mkdir(parents=True, exist_ok=True)
    return made


def read_regular(path: Path, most: int, what: str) -> bytes | None:
    """What is in a file, as far as somebody could have put it there on purpose.

    Parameters
    ----------
    path : Path
    most : int
        Of a longer file, no more than one byte beyond so many is read: enough to see that it is
        too long.
    what : str
        What is looked for, for the error.

    Returns
    -------
    bytes or None
        None if there is nothing of this name.

    Raises
    ------
    OSError
        It is no regular file (reading a pipe would wait for ever), or cannot be read.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EEXIST, f"what is in {what}'s place is no file", str(path))
        with open(path, "rb") as file:
            return file.read(min(found.st_size, most) + 1)
    except FileNotFoundError:
        return None


def sync_directory(folder: str | PathLike[str]) -> None:
    """Wait until the names in a directory are on the disk, where the system has that."""
    with contextlib.suppress(OSError, AttributeError):
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def write_whole(path: str | PathLike[str], data: bytes, *, private: bool = False) -> None:
    """Write a regular file so that there is never a part of it.

    It is written under another name in the same directory, flushed to the disk and renamed: a
    program that dies on the way leaves what was there before. Who may read a file that was there
    may read the new one, and nobody else: a proof shows parts of a trace.

    Parameters
    ----------
    path : str or path-like
        A link is replaced, not followed.
    data : bytes
    private : bool
        Nobody but its owner may read it, whoever could read the file before.

    Raises
    ------
    OSError
        If it cannot be written; nothing has changed then.
    """
    temporary = _beside(os.path.dirname(path))
    try:
        # The name is ours before the file is: whatever interrupts us, it is known and removed.
        with open(temporary, "xb", opener=_for_its_owner if private else None) as file:
            if not private:
                with contextlib.suppress(FileNotFoundError):
                    os.fchmod(file.fileno(), stat.S_IMODE(os.stat(path).st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno is not None:
            # A full disk names no file, and other errors the one that has another name.
            raise type(error)(error.errno, error.strerror, str(path)) from error
        raise
