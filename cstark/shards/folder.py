"""What a run has finished, on disk: so that the same call does the rest after a crash.

A file holds a digest, then what was kept. The digest is of the run, of what the file is and of
what it holds: a file that was damaged, exchanged, or brought from another run is as good as none.
Whether a proof that is found there holds, the digest does not say; `cstark.shards.run` verifies it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from cstark.errors import StatementError
from cstark.files import made_directory, read_regular, sync_directory, write_whole
from cstark.protocol.key import VerifyingKey
from cstark.protocol.shards.secrets import RunSecret
from cstark.protocol.statement import Instance
from cstark.shards.lock import locked

__all__ = ["ShardFolder", "identity", "opened"]

STATEMENT, SECRET, DRAWN = "statement", "secret", "drawn"
DIGEST = 32
LONGEST = 1 << 20
"""Bytes; all files that are not whole shards are shorter."""


def identity(key: VerifyingKey, instance: Instance, count: int) -> bytes:
    """What a run is about: another key, statement or number of shards is another run."""
    parts = [
        key.digest,
        count.to_bytes(8, "little"),
        instance.public_bytes,
        instance.token_bytes(key),
        instance.claim,
    ]
    return sha256(_joined(parts)).hexdigest().encode() + b"\n"


def _joined(parts: list[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


@contextmanager
def opened(path: str | os.PathLike[str] | None, name: bytes) -> Iterator[ShardFolder | None]:
    """A folder that no other run writes into meanwhile; None where no path is given.

    Parameters
    ----------
    path : path or None
        Made if need be.
    name : bytes
        From `identity`.

    Raises
    ------
    OSError
        If it cannot be made, or not be written to.
    StatementError
        If it is no path; if another run is at work in it, or what is in it belongs to another run.
    """
    if path is None:
        yield None
        return
    folder = made_directory(path)
    with locked(folder):
        yield ShardFolder(folder, name)


class ShardFolder:
    """Heads and finished shards of one run; `opened` gives it.

    Parameters
    ----------
    path : Path
        A directory.
    name : bytes
        From `identity`.

    Attributes
    ----------
    refused : dict of int to str
        Shards of which something was found that is not used, and why not.

    Raises
    ------
    StatementError
        If what is in it belongs to another run.
    """

    def __init__(self, path: Path, name: bytes) -> None:
        self._path, self._run = path, name
        self._name = name
        self.refused: dict[int, str] = {}
        found = self._read(path / STATEMENT)
        if found is None:
            write_whole(path / STATEMENT, name)
        elif found != name:
            raise StatementError(
                f"the folder {path} holds shards of another statement, key or number of "
                "shards; take another folder, or empty this one"
            )

    def head(self, index: int) -> bytes | None:
        """The first part of a shard, if it is there."""
        return self._find(index, "head", LONGEST)

    def keep_head(self, index: int, data: bytes) -> None:
        """Keep the first part of a shard."""
        self._keep(index, "head", data)

    def shard(self, index: int, state: bytes, most: int) -> bytes | None:
        """A whole shard that has joined the others in this state, if it is there.

        Parameters
        ----------
        index : int
        state : bytes
            Of the transcript that has drawn the common challenges.
        most : int
            Bytes that such a shard has at most; what is longer is damaged.
        """
        found = self._find(index, "shard", len(state) + most)
        if found is None:
            return None
        if found[: len(state)] != state:
            self.refuse(index, "its proof in the folder has met other shards")
            return None
        return found[len(state) :]

    def keep_shard(self, index: int, state: bytes, data: bytes) -> None:
        """Keep a whole shard."""
        self._keep(index, "shard", state + data)

    def refuse(self, index: int, why: str) -> None:
        """Note that what is there of a shard is not used."""
        self.refused.setdefault(index, why)

    def _file(self, index: int, what: str) -> Path:
        return self._path / f"{index:05d}.{what}"

    def _digest(self, index: int, what: str, data: bytes) -> bytes:
        number = index.to_bytes(8, "little")
        return sha256(_joined([self._name, what.encode(), number, data])).digest()

    def _find(self, index: int, what: str, most: int) -> bytes | None:
        found = self._read(self._file(index, what), DIGEST + most)
        if found is None:
            return None
        data = found[DIGEST:]
        if found[:DIGEST] != self._digest(index, what, data):
            self.refuse(index, "what the folder holds of it is damaged or of another run")
            return None
        return data

    def _keep(self, index: int, what: str, data: bytes) -> None:
        write_whole(self._file(index, what), self._digest(index, what, data) + data)

    # ---- runs that hide their traces: see `cstark.shards.hidden` ---------------------------

    def use(self, name: str) -> None:
        """From here on heads and shards are those made with the secret of this name."""
        self._name = self._run + name.encode()

    def secret(self) -> RunSecret | None:
        """The secret of the run, if it is there and is one."""
        data = self._read(self._path / SECRET)
        return None if data is None else RunSecret.from_text(data.decode("ascii", "replace"))

    def keep_secret(self, secret: RunSecret) -> None:
        """Keep a new secret, and nothing that was made with another one."""
        write_whole(self._path / SECRET, secret.to_text().encode(), private=True)
        sync_directory(self._path)
        self.use(secret.name)
        for path in [*self._path.glob("*.head"), *self._path.glob("*.shard")]:
            path.unlink()

    def drop_secret(self) -> None:
        """Remove the secret of a run that has ended."""
        (self._path / SECRET).unlink(missing_ok=True)

    def drawn(self) -> tuple[str, bytes] | None:
        """Name of the secret that challenges were drawn with, and the state then.

        None if none were; both empty if what is there cannot be read.
        """
        data = self._read(self._path / DRAWN)
        if data is None:
            return None
        words = data.decode("ascii", "replace").split()
        with suppress(ValueError):
            if len(words) == 2 and len(words[1]) == 64:
                return words[0], bytes.fromhex(words[1])
        return "", b""  # of whatever secret, and from whatever heads

    def keep_drawn(self, name: str, state: bytes) -> None:
        """Keep, on the disk when this returns, what challenges have been drawn from."""
        write_whole(self._path / DRAWN, f"{name} {state.hex()}\n".encode())
        sync_directory(self._path)

    def has_shards(self) -> bool:
        """Whether there is a whole shard, of whatever run."""
        return any(self._path.glob("*.shard"))

    @staticmethod
    def _read(path: Path, most: int = LONGEST) -> bytes | None:
        return read_regular(path, most, "a shard")
