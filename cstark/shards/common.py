"""What all shards have in common, sent to the workers once.

A shard of a run holds the program, and the machine holds its preprocessed columns: both may be as
large as a memory image, and would travel with every task. Instead, a class says ``travels_once``;
its large objects are pickled once, into a file, and tasks hold their digest and the name of the
file. A worker reads it when it first needs it. One that cannot, on a host that does not have the
file, says so, and is sent the bytes with the task: at worst once for each shard, as a pool of
workers is handed all shards at once.
"""

from __future__ import annotations

import io
import pickle
import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cstark.batch.executors import pickler_class
from cstark.errors import CstarkError, StatementError

__all__ = ["LARGE", "Lacking", "Parcel", "Post", "unpack"]

LARGE = 1 << 16
"""Bytes from which on an object is worth a file."""

_KEPT = 4
"""Objects that a process keeps: machine and program of the run, and of the one before."""

_arrived: OrderedDict[bytes, Any] = OrderedDict()
_guard = threading.Lock()


@dataclass(frozen=True)
class Parcel:
    """In the place of an object that travels by itself.

    Attributes
    ----------
    digest : bytes
        SHA-256 of the pickled object.
    path : str
        The file that holds it, where the run was started.
    """

    digest: bytes
    path: str


class Lacking(CstarkError):
    """A worker cannot read a file; what it lacks has to be sent with the task."""


class Post(ExitStack):
    """Packs what goes to workers; the files are there until it is closed.

    Parameters
    ----------
    executor : Executor or None
        Where the tasks go; nothing is pickled for workers that share this process's memory.
    """

    def __init__(self, executor: Executor | None) -> None:
        super().__init__()
        self._class = pickler_class(executor)
        self._plain: type[pickle.Pickler] = self._class or pickle.Pickler
        self._folder: Path | None = None
        self._parcels: dict[int, tuple[Any, Parcel | None]] = {}  # by identity, of what is kept
        self.contents: dict[bytes, bytes] = {}

    def pack(self, item: Any, name: str) -> Any:
        """The item, or its bytes for `unpack`.

        Raises
        ------
        StatementError
            It cannot be pickled; `name` says what it is.
        """
        if self._class is None:
            return item
        try:
            return self._dumps(item, _packing(self._plain, self))
        except Exception as error:
            raise StatementError(
                f"{name} cannot be sent to another process: {type(error).__name__}: {error}; "
                "define its class at the top of a module"
            ) from error

    @staticmethod
    def _dumps(item: Any, kind: type[pickle.Pickler]) -> bytes:
        buffer = io.BytesIO()
        kind(buffer).dump(item)
        return buffer.getvalue()

    def parcel(self, item: Any) -> Parcel | None:
        """What stands for an object in what is pickled; None if it goes itself."""
        if not getattr(type(item), "travels_once", False):
            return None
        if id(item) not in self._parcels:
            data = self._dumps(item, self._plain)
            self._parcels[id(item)] = item, self._stored(data) if len(data) >= LARGE else None
        return self._parcels[id(item)][1]

    def _stored(self, data: bytes) -> Parcel:
        if self._folder is None:
            self._folder = Path(self.enter_context(TemporaryDirectory(prefix="cstark-shards-")))
        digest = sha256(data).digest()
        path = self._folder / digest.hex()
        if digest not in self.contents:
            path.write_bytes(data)
            self.contents[digest] = data
        return Parcel(digest, str(path))


def _packing(kind: type[pickle.Pickler], post: Post) -> type[pickle.Pickler]:
    """A pickler that puts parcels in the places of what travels once."""

    class Packing(kind):  # type: ignore[misc, valid-type]
        def persistent_id(self, obj: Any) -> Parcel | None:
            return post.parcel(obj)

    return Packing


def unpack(data: bytes, contents: Mapping[bytes, bytes]) -> Any:
    """What `Post.pack` has packed.

    Parameters
    ----------
    data : bytes
    contents : mapping of bytes to bytes
        What was sent with the task, by digest, for a worker that lacked it.

    Raises
    ------
    Lacking
        A file cannot be read here, or holds something else.
    """

    class Unpacking(pickle.Unpickler):
        def persistent_load(self, pid: Any) -> Any:
            return _fetched(pid, contents)

    return Unpacking(io.BytesIO(data)).load()


def _fetched(parcel: Parcel, contents: Mapping[bytes, bytes]) -> Any:
    """The object: the same one for all tasks of this process."""
    with _guard:  # threads of a worker wait for the one that reads
        if parcel.digest in _arrived:
            _arrived.move_to_end(parcel.digest)
            return _arrived[parcel.digest]
        data = contents.get(parcel.digest)
        if data is None:
            try:
                data = Path(parcel.path).read_bytes()
            except OSError as error:
                raise Lacking(f"{parcel.path}: {error}") from None
        if sha256(data).digest() != parcel.digest:
            raise Lacking(f"{parcel.path} holds something else")
        found = pickle.loads(data)
        while len(_arrived) >= _KEPT:
            _arrived.popitem(last=False)
        _arrived[parcel.digest] = found
        return found
