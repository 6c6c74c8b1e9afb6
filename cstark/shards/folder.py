"""What a run has finished, on disk: so that the same call does the rest after a crash."""

from __future__ import annotations

import errno
import os
import stat
from hashlib import sha256
from pathlib import Path

from cstark.errors import StatementError
from cstark.files import write_whole
from cstark.protocol.key import VerifyingKey
from cstark.protocol.statement import Instance

__all__ = ["ShardFolder", "identity"]

STATEMENT = "statement"


def identity(key: VerifyingKey, instance: Instance, count: int) -> bytes:
    """What a run is about: another key, statement or number of shards is another run."""
    parts = [
        key.digest,
        count.to_bytes(8, "little"),
        instance.public_bytes,
        instance.token_bytes(key),
        instance.claim,
    ]
    data = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    return sha256(data).hexdigest().encode() + b"\n"


class ShardFolder:
    """Heads and finished shards of one run.

    Parameters
    ----------
    path : path
        Made if need be.
    name : bytes
        From `identity`.

    Raises
    ------
    OSError
        If it cannot be made, or not be written to.
    StatementError
        If what is in it belongs to another run.
    """

    def __init__(self, path: str | os.PathLike[str], name: bytes) -> None:
        self._path = Path(path)
        self._path.mkdir(parents=True, exist_ok=True)
        found = self._read(self._path / STATEMENT)
        if found is None:
            write_whole(self._path / STATEMENT, name)
        elif found != name:
            raise StatementError(
                f"the folder {self._path} holds shards of another statement, key or number of "
                "shards; take another folder, or empty this one"
            )

    def head(self, index: int) -> bytes | None:
        """The first part of a shard, if it is there."""
        return self._read(self._head(index))

    def keep_head(self, index: int, data: bytes) -> None:
        """Keep the first part of a shard."""
        write_whole(self._head(index), data)

    def shard(self, index: int, state: bytes) -> bytes | None:
        """A whole shard that has joined the others in this state, if it is there."""
        return self._read(self._shard(index, state))

    def keep_shard(self, index: int, state: bytes, data: bytes) -> None:
        """Keep a whole shard."""
        write_whole(self._shard(index, state), data)

    def _head(self, index: int) -> Path:
        return self._path / f"{index:05d}.head"

    def _shard(self, index: int, state: bytes) -> Path:
        return self._path / f"{index:05d}-{state.hex()[:32]}.shard"

    @staticmethod
    def _read(path: Path) -> bytes | None:
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would wait for ever
                raise OSError(errno.EEXIST, "what is in a shard's place is no file", str(path))
            return path.read_bytes()
        except FileNotFoundError:
            return None
