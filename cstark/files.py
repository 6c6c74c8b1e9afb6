"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Write a regular file so that there is never a part of it.

    It is written under another name in the same directory, flushed to the disk and renamed: a
    program that dies on the way leaves what was there before.

    Parameters
    ----------
    path : Path
        A link is replaced, not followed.
    data : bytes

    Raises
    ------
    OSError
        If it cannot be written; nothing has changed then.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp made it private; give it the mode of any new file
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
