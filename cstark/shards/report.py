"""How a proof in shards was made: where, and what was waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cstark.text import bytes_text, counted, seconds_text, table

__all__ = ["FOUND", "ShardReport", "ShardTimes"]

FOUND = "found in the folder"
"""In the place of the worker of a shard that nobody had to make."""


@dataclass(frozen=True)
class ShardTimes:
    """One shard.

    Attributes
    ----------
    worker : str
        Host and process that made the second part.
    commit_seconds, prove_seconds : float
        Of the two parts, where they were made; 0.0 for what was found in the folder.
    waiting_seconds : float
        From handing out to coming back, less these.
    shard_bytes : int
    remade : str
        Why what the folder held of the shard was not used; "" if there was nothing, or it was.
    """

    worker: str
    commit_seconds: float
    prove_seconds: float
    waiting_seconds: float
    shard_bytes: int
    remade: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The numbers, ready for `json.dumps`."""
        return dict(vars(self))


@dataclass(frozen=True)
class ShardReport:
    """All shards of a proof.

    Attributes
    ----------
    shards : tuple of ShardTimes
    seconds : float
        Wall time of the whole.
    barrier_seconds : float
        From the first commitment to the last: no shard goes on before.
    proof_bytes : int
    """

    shards: tuple[ShardTimes, ...]
    seconds: float
    barrier_seconds: float
    proof_bytes: int

    @property
    def workers(self) -> int:
        """Different processes that took part; none where all was found in the folder."""
        return len({shard.worker for shard in self.shards} - {FOUND})

    def to_dict(self) -> dict[str, Any]:
        """The numbers, ready for `json.dumps`."""
        return {
            "seconds": self.seconds,
            "barrier_seconds": self.barrier_seconds,
            "proof_bytes": self.proof_bytes,
            "workers": self.workers,
            "shards": [shard.to_dict() for shard in self.shards],
        }

    def __str__(self) -> str:
        rows = [
            [
                str(number),
                shard.worker,
                seconds_text(shard.commit_seconds),
                seconds_text(shard.prove_seconds),
                seconds_text(shard.waiting_seconds),
                bytes_text(shard.shard_bytes),
            ]
            for number, shard in enumerate(self.shards, 1)
        ]
        head = ["shard", "worker", "commit", "prove", "waiting", "bytes"]
        by = f"{counted(len(self.shards), 'shard')} by {counted(self.workers, 'worker')}"
        summary = (
            f"{by} in {seconds_text(self.seconds)}, "
            f"of which {seconds_text(self.barrier_seconds)} from the first commitment to the last; "
            f"{bytes_text(self.proof_bytes)}"
        )
        remade = [
            f"\nshard {number} was made again: {shard.remade}"
            for number, shard in enumerate(self.shards, 1)
            if shard.remade
        ]
        return table(head, rows, left=(1,)) + "\n" + summary + "".join(remade)
