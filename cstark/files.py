"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["sync_directory", "try_directory", "write_whole"]


def _beside(folder: Path) -> Path:
    """A name for a file that is being written; short, as the name to come may be the longest."""
    return folder / f".cstark-{os.getpid()}-{os.urandom(4).hex()}"


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def try_directory(folder: Path) -> None:
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
            temporary.unlink()


def sync_directory(folder: Path) -> None:
    """Wait until the names in a directory are on the disk, where the system has that."""
    with contextlib.suppress(OSError, AttributeError):
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a regular file so that there is never a part of it.

    It is written under another name in the same directory, flushed to the disk and renamed: a
    program that dies on the way leaves what was there before. Who may read a file that was there
    may read the new one, and nobody else: a proof shows parts of a trace.

    Parameters
    ----------
    path : Path
        A link is replaced, not followed.
    data : bytes
    private : bool
        Nobody but its owner may read it, whoever could read the file before.

    Raises
    ------
    OSError
        If it cannot be written; nothing has changed then.
    """
    temporary = _beside(path.parent)
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
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
