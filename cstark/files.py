"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
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
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        # The name is ours before the file is: whatever interrupts us, it is known and removed.
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
