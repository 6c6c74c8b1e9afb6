"""Commitments that a process keeps between the two parts of a shard.

The threads of a process share them. They are gone when their run is over, or when the process is
given a shard of another run: nobody would come back for them.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cstark.batch.worker import STOPPED

if TYPE_CHECKING:
    from cstark.protocol.shards.prover import ShardProver

__all__ = ["KEPT", "Kept", "size_of"]


class Kept:
    """Shards that have been committed to, until they are proved.

    Every method may be called by several threads at a time.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._provers: dict[tuple[str, int], tuple[bytes, ShardProver]] = {}

    def __len__(self) -> int:
        return len(self._provers)

    def add(self, run: str, index: int, head: bytes, prover: ShardProver, most: int) -> None:
        """Keep a shard, if all that is kept then takes at most so many bytes.

        Parameters
        ----------
        run : str
            Those of other runs are given up; a run that has been closed keeps nothing.
        index : int
            Which shard, from 0.
        head : bytes
            What it was committed to with.
        prover : ShardProver
        most : int
            In bytes.
        """
        with self._guard:
            self._provers = {name: it for name, it in self._provers.items() if name[0] == run}
            if run not in STOPPED and self._bytes() + size_of(prover) <= most:
                self._provers[run, index] = head, prover

    def take(self, run: str, index: int) -> tuple[bytes, ShardProver | None]:
        """A shard's head and prover, which are kept no longer; ``b"", None`` if there is none."""
        with self._guard:
            return self._provers.pop((run, index), (b"", None))

    def forget(self, run: str) -> None:
        """Keep nothing of a run."""
        with self._guard:
            self._provers = {name: it for name, it in self._provers.items() if name[0] != run}

    def clear(self) -> None:
        """Keep nothing."""
        with self._guard:
            self._provers = {}

    @property
    def bytes(self) -> int:
        """What all of it takes."""
        with self._guard:
            return self._bytes()

    def _bytes(self) -> int:
        return sum(size_of(prover) for _, prover in self._provers.values())


def size_of(prover: ShardProver) -> int:
    """Bytes of what a prover holds between its parts: traces, extended columns and their tree."""
    layout = prover.layout
    tree = layout.tree("main")
    cells = sum(m.width << m.log_height for m in tree.matrices) if tree else 0
    digests = 64 * layout.blowup << layout.log_max_height
    return 8 * cells * (1 + layout.blowup) + digests


KEPT = Kept()
"""Those of this process."""
