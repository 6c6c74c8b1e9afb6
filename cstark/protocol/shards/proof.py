"""The file of a proof in shards; the page `cstark.protocol.shards` has every byte of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cstark.limits import MAX_SHARDS
from cstark.text import counted

from ..options import ResolvedOptions
from ..proof import (
    SHARDS_MAGIC,
    Proof,
    Reader,
    check_claim_length,
    check_fields,
    check_magic,
    encode_options,
    is_sharded,
    read_heights,
    read_options,
    view_of,
)
from ..refusals import require
from ..standing import encode_heights, of_table
from ..version import VERSION

if TYPE_CHECKING:
    from ..standing import Heights

__all__ = ["ShardProof", "ShardedProof"]

LENGTH = 8  # bytes of a shard's


@dataclass(frozen=True)
class ShardProof:
    """One of the shards: what stands in it, and the items of its proof.

    Attributes
    ----------
    log_heights : tuple of (int or tuple of int)
        As of a `Proof`.
    body : bytes or memoryview
    """

    log_heights: tuple[int | tuple[int, ...], ...]
    body: bytes | memoryview

    def header(self) -> bytes:
        """What stands before the body."""
        return len(self.log_heights).to_bytes(2, "little") + encode_heights(self.log_heights)

    def to_bytes(self) -> bytes:
        """The shard as it stands in the file, after its length."""
        return self.header() + self.body

    @classmethod
    def parse(cls, data: bytes | memoryview, options: ResolvedOptions) -> ShardProof:
        """Read the heights of a shard; its body stays a view.

        Raises
        ------
        ProofFormatError
            For heights that no proof has, or a short file.
        """
        reader = Reader(data)
        heights = read_heights(reader)
        Proof(options, heights, b"", b"")  # checks the heights as those of any proof
        return cls(heights, memoryview(data)[reader.offset :])


class ShardedProof:
    """A proof in shards: one statement, proved in several parts.

    `Machine.prove_shards` makes it, `Machine.verify` checks it. No part of it is a proof of
    anything by itself.

    Parameters
    ----------
    options : ResolvedOptions
        What it was made with.
    claim : bytes
        What it claims.
    shards : sequence of bytes
        Each with its heights.
    report : cstark.shards.ShardReport, optional
        How it was made; never in the file.

    Raises
    ------
    ProofFormatError
        For what no file could hold.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Cubes(cs.Air):
    ...     columns = ("x", "cube")
    ...     stands = "any"
    ...     def constrain(self, t):
    ...         t.every_row.equal(t.now.cube, t.now.x**3)
    >>> x = np.arange(8, dtype=np.uint64)
    >>> machine = cs.Machine({"cubes": Cubes()})
    >>> proof = machine.prove_shards([{"cubes": np.stack([x, x**3], axis=1)}] * 2)
    >>> len(proof.shards), proof.log_heights
    (2, (((3,),), ((3,),)))
    >>> cs.ShardedProof.from_bytes(proof.to_bytes()) == proof
    True
    """

    def __init__(
        self,
        options: ResolvedOptions,
        claim: bytes,
        shards: Sequence[bytes | memoryview],
        report: Any = None,
    ) -> None:
        check_fields(_wrong_field(options, claim, shards))
        _check_count(len(shards))
        check_claim_length(len(claim))
        self.options = options
        self.claim = bytes(claim)
        self.shards = tuple(bytes(shard) for shard in shards)
        self.report = report
        self._parsed = tuple(ShardProof.parse(shard, options) for shard in self.shards)

    @staticmethod
    def is_one(data: object) -> bool:
        """Say whether the bytes of a file begin as a proof in shards does.

        Parameters
        ----------
        data : bytes-like or object
            An object is one if it is a `ShardedProof`.

        Returns
        -------
        bool
        """
        return is_sharded(data)

    @property
    def log_heights(self) -> tuple[Heights, ...]:
        """Of each shard, the log heights of its tables, as `Proof.log_heights`."""
        return tuple(shard.log_heights for shard in self._parsed)

    @property
    def parts(self) -> tuple[ShardProof, ...]:
        """The shards, read."""
        return self._parsed

    def to_bytes(self) -> bytes:
        """Give the bytes of the file.

        Returns
        -------
        bytes
        """
        parts = [
            SHARDS_MAGIC,
            VERSION.to_bytes(2, "little"),
            encode_options(self.options),
            len(self.shards).to_bytes(4, "little"),
            len(self.claim).to_bytes(4, "little"),
            self.claim,
        ]
        for shard in self.shards:
            parts += [len(shard).to_bytes(LENGTH, "little"), shard]
        return b"".join(parts)

    __bytes__ = to_bytes

    def __len__(self) -> int:
        header = len(SHARDS_MAGIC) + 2 + len(encode_options(self.options)) + 4 + 4
        return header + len(self.claim) + sum(LENGTH + len(shard) for shard in self.shards)

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> ShardedProof:
        """Read a file.

        Parameters
        ----------
        data : bytes-like

        Returns
        -------
        ShardedProof

        Raises
        ------
        ProofFormatError
            For a wrong magic or version, an option with an impossible value, heights that no proof
            has, a short file, or bytes after its end.
        """
        view = memoryview(bytes(view_of(data)))
        reader = Reader(view)
        check_magic(bytes(reader.take(len(SHARDS_MAGIC), "magic")), SHARDS_MAGIC)
        options = read_options(reader)
        count = reader.number(4, "number of shards")
        _check_count(count)
        length = reader.number(4, "length of the claim")
        check_claim_length(length)
        claim = bytes(reader.take(length, "claim"))
        shards = [
            reader.take(reader.number(LENGTH, f"length of shard {number}"), f"shard {number}")
            for number in range(1, count + 1)
        ]
        reader.end()
        return cls(options, claim, shards)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShardedProof) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def __repr__(self) -> str:
        traces = sum(len(of_table(item)) for heights in self.log_heights for item in heights)
        parts = f"{counted(len(self.shards), 'shard')}, {counted(traces, 'trace')}"
        return f"<ShardedProof: {len(self):,} bytes, {parts}>"

    def __reduce__(self) -> tuple[type[ShardedProof], tuple[object, ...]]:
        return (type(self), (self.options, self.claim, self.shards, self.report))


def _check_count(count: int) -> None:
    require(
        1 <= count <= MAX_SHARDS,
        "number of shards",
        f"a proof has 1 to {MAX_SHARDS} shards, not {count}",
    )


def _wrong_field(options: object, claim: object, shards: object) -> str:
    """What is wrong with the fields of a proof, "" if nothing."""
    if not isinstance(options, ResolvedOptions):
        return f"options: {type(options).__name__}, not ResolvedOptions"
    if not isinstance(claim, (bytes, bytearray)):
        return f"claim: {type(claim).__name__}, not bytes"
    data = isinstance(shards, (list, tuple)) and all(
        isinstance(shard, (bytes, bytearray, memoryview)) for shard in shards
    )
    return "" if data else "shards: they are a list or tuple of bytes"
