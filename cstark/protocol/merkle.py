"""Merkle trees over coset-ordered leaves, with shorter matrices injected on the way up.

A level of height n has blowup * n nodes, numbered q * n + i for coset q and row i. Row i of a
matrix half as tall belongs to rows i and i + n/2, so those two nodes share a parent::

    parent(q, i) = H_node(child(q, i), child(q, i + n/2))                        i < n/2
    parent(q, i) = H_inject(child(q, i), child(q, i + n/2), leaf(q, i))          where rows join

Below height 1 the blowup nodes that remain are halved in the same way, as one block. Depths and
the joining heights come from the statement; a proof carries digests only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from cstark.kernels import _hash, _paths, _runtime

__all__ = [
    "MerkleTree",
    "digest_bytes",
    "digests",
    "paths",
    "recompute_root",
    "sibling_count",
    "skipped_levels",
]

Levels = list[tuple[int, int]]


def level_shapes(blowup: int, log_rows: int) -> Levels:
    """(blocks, rows) of every level from the leaves of height ``2**log_rows`` to the root."""
    shapes = [(blowup, 1 << k) for k in range(log_rows, -1, -1)]
    rows = blowup // 2
    while rows >= 1:
        shapes.append((1, rows))
        rows //= 2
    return shapes


def digests(*shape: int, label: str = "leaf digests") -> np.ndarray:
    """An uninitialised array of digests, (*shape, 32) uint8, counted as a prover's buffer."""
    return _runtime.aligned((*shape, 4), label).view(np.uint8)


LEAST_SKIPPED = 1 << 20
"""Bytes of a level below which it is always kept."""

MOST_SKIPPED = 2
"""A node of level d above the leaves costs 2^d leaves to hash again."""


def skipped_levels(blowup: int, log_rows: int) -> int:
    """How many levels above the leaves are not kept: the large ones."""
    level = 0
    while level < min(MOST_SKIPPED, log_rows) and (
        digest_bytes(blowup, log_rows - level - 1) >= LEAST_SKIPPED
    ):
        level += 1
    return level


def digest_bytes(blowup: int, log_rows: int) -> int:
    """Bytes of the level of height ``2**log_rows``."""
    return 32 * blowup << log_rows


class MerkleTree:
    """The levels of a tree that are worth keeping.

    The leaves' digests are half of all, and the levels above them most of the rest. Of those that
    are not kept a multiproof needs a few, which are hashed again from the leaves up.

    Parameters
    ----------
    algorithm : int
        Hash id of the kernels.
    leaves : mapping of int to (blowup, rows, 32) uint8 ndarray
        Leaf digests by log rows; the tallest are the leaves, the others are injected. Emptied.
    label : str
        For the account of the buffers.

    Attributes
    ----------
    nodes : (n, 32) uint8 ndarray
        The digests that are kept, level by level, the root last.
    skipped : int
        Levels above the leaves that are not.
    """

    def __init__(self, algorithm: int, leaves: dict[int, np.ndarray], label: str = "other") -> None:
        top = max(leaves)
        below = leaves.pop(top)
        self.blowup = below.shape[0]
        self.log_rows = top
        self.skipped = skipped_levels(self.blowup, top)
        self._joined = [level for level in range(1, self.skipped + 1) if top - level in leaves]
        self._algorithm = algorithm
        self.nodes: np.ndarray = digests((self.blowup << top - self.skipped) - 1, label=label)
        joined = [leaves.pop(log_rows, None) for log_rows in range(top - 1, -1, -1)]
        _hash.tree_digests(algorithm, below, joined, self.skipped, self.nodes)

    @property
    def root(self) -> bytes:
        root: bytes = self.nodes[-1].tobytes()
        return root

    def missing_leaves(self, positions: np.ndarray) -> np.ndarray:
        """Flat positions of the leaves to be hashed again for `siblings`."""
        return self._missing(positions, 0)

    def missing_joined(self, positions: np.ndarray) -> dict[int, np.ndarray]:
        """Flat positions of the shorter rows to be hashed again for `siblings`, by log rows."""
        return {self.log_rows - level: self._missing(positions, level) for level in self._joined}

    def _missing(self, positions: np.ndarray, level: int) -> np.ndarray:
        """Flat positions in a level of what is below the siblings of the levels not kept.

        Siblings of lower levels come first. Of a level's: all descendants in the siblings' own
        row, then all in the next row over it, ...: left children before right ones.
        """
        steps = paths(self.blowup, self.log_rows, positions)
        found = []
        for above, step in enumerate(steps[level : self.skipped + 1]):
            if not above:
                found.append(step.missing)
                continue
            log_rows = self.log_rows - level - above
            block, row = step.missing >> log_rows, step.missing & ((1 << log_rows) - 1)
            member = np.arange(1 << above)[:, None] << log_rows
            found.append(((block << self.log_rows - level) + row + member).reshape(-1))
        return found[0] if len(found) == 1 else np.concatenate(found)

    def siblings(
        self,
        positions: np.ndarray,
        missing: np.ndarray,
        joined: Mapping[int, np.ndarray] | None = None,
    ) -> bytes:
        """The digests a verifier needs besides the leaves at `positions` (flat, distinct, sorted).

        Parameters
        ----------
        missing : (k, 32) uint8 ndarray
            Digests of the `missing_leaves`.
        joined : mapping of int to (k, 32) uint8 ndarray, optional
            Those of `missing_joined`.

        Returns
        -------
        bytes
            Level by level, each by ascending parent.
        """
        steps = paths(self.blowup, self.log_rows, positions)
        sizes = [len(step.missing) for step in steps[: self.skipped + 1]]
        rows = {0: _by_level(missing, sizes)}
        for level in self._joined:
            rows[level] = _by_level((joined or {})[self.log_rows - level], sizes[level:])
        parts: list[np.ndarray] = []
        for level in range(self.skipped + 1):
            nodes = rows[0][level]
            for below in range(1, level + 1):
                injected = rows[below][level - below] if below in rows else None
                nodes = self._parents(nodes, injected)
            parts.append(nodes)
        kept = kept_siblings(self.blowup, self.log_rows, positions, self.skipped)
        parts.append(self.nodes.take(kept, axis=0))
        return b"".join([part.tobytes() for part in parts])

    def _parents(self, nodes: np.ndarray, injected: np.ndarray | None) -> np.ndarray:
        """(2k, 32) left children, then right ones, to their k parents."""
        half = len(nodes) // 2
        left, right = nodes[:half], nodes[half:]
        out = np.empty((half, 32), dtype=np.uint8)
        joined = None if injected is None else injected[None]
        _hash.node_digests(self._algorithm, left[None], right[None], joined, out[None])
        return out


def _by_level(missing: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    """`_missing` taken apart again, for so many siblings in each level."""
    found, end = [], 0
    for above, size in enumerate(sizes):
        start, end = end, end + (size << above)
        found.append(missing[start:end])
    return found


class PathStep:
    """One level of a multiproof: from the known nodes of a level to those of the next.

    Attributes
    ----------
    missing : (k,) int64 ndarray
        Flat numbers, in the lower level, of the siblings that the proof must supply.
    left, right : (m,) int64 ndarray
        For each parent, the index of its children in (known nodes | supplied siblings).
    parents : (m,) int64 ndarray
        Flat numbers of the parents, ascending.
    blocks, rows : int
        Shape of the upper level.
    """

    __slots__ = ("blocks", "left", "missing", "parents", "right", "rows")

    def __init__(self, shape: tuple[int, int], climbed: tuple[np.ndarray, ...]) -> None:
        self.blocks, self.rows = shape
        self.parents, self.missing, self.left, self.right = climbed


@lru_cache(maxsize=64)
def _steps(blowup: int, log_rows: int, positions: bytes) -> tuple[PathStep, ...]:
    shapes = level_shapes(blowup, log_rows)[1:]
    known = np.frombuffer(positions, dtype=np.int64)
    climbed = _paths.climb(known, [rows for _, rows in shapes])
    return tuple(map(PathStep, shapes, climbed))


def paths(blowup: int, log_rows: int, positions: np.ndarray) -> tuple[PathStep, ...]:
    """The steps from the leaves at `positions` (flat, distinct, ascending) to the root.

    Remembered for a while: the trees of one proof are opened at the same positions, and a
    verifier counts the siblings before it uses them.
    """
    return _steps(blowup, log_rows, np.asarray(positions, dtype=np.int64).tobytes())


@lru_cache(maxsize=64)
def _kept(blowup: int, log_rows: int, positions: bytes, skipped: int) -> np.ndarray:
    first, found = 0, [np.empty(0, dtype=np.int64)]
    steps = _steps(blowup, log_rows, positions)
    for (blocks, rows), step in zip(
        level_shapes(blowup, log_rows)[skipped + 1 : -1], steps[skipped + 1 :], strict=True
    ):
        found.append(step.missing + first)
        first += blocks * rows
    return np.concatenate(found)


def kept_siblings(blowup: int, log_rows: int, positions: np.ndarray, skipped: int) -> np.ndarray:
    """Where the siblings of a multiproof stand in `MerkleTree.nodes`, those of the levels kept."""
    return _kept(blowup, log_rows, np.asarray(positions, dtype=np.int64).tobytes(), skipped)


def sibling_count(blowup: int, log_rows: int, positions: np.ndarray) -> int:
    """Digests in the multiproof for these positions."""
    return sum(len(step.missing) for step in paths(blowup, log_rows, positions))


def recompute_root(
    algorithm: int,
    blowup: int,
    log_rows: int,
    positions: np.ndarray,
    leaves: Mapping[int, np.ndarray],
    siblings: np.ndarray,
) -> bytes:
    """Root implied by opened leaves and supplied siblings.

    Parameters
    ----------
    positions : (m,) int ndarray
        Flat, distinct, ascending positions among the tallest leaves.
    leaves : mapping of int to (m_k, 32) uint8 ndarray
        Leaf digests by log rows. The tallest belong to `positions`; those of a joining height to
        the ancestors of `positions` at that height, ascending.
    siblings : (k, 32) uint8 ndarray
        Exactly `sibling_count` digests.

    Raises
    ------
    ValueError
        When siblings are left over or missing: the caller has counted them, so never in `verify`.
    """
    nodes = leaves[log_rows]
    used = 0
    for step in paths(blowup, log_rows, np.asarray(positions)):
        supplied = siblings[used : used + len(step.missing)]
        if len(supplied) != len(step.missing):
            raise ValueError("too few siblings")
        used += len(supplied)
        pool = np.concatenate([nodes, supplied]) if len(supplied) else nodes
        at_height = step.blocks == blowup
        injected = leaves.get(step.rows.bit_length() - 1) if at_height else None
        out = np.empty((1, len(step.parents), 32), dtype=np.uint8)
        _hash.node_digests(
            algorithm,
            np.ascontiguousarray(pool[step.left])[None],
            np.ascontiguousarray(pool[step.right])[None],
            None if injected is None else np.ascontiguousarray(injected)[None],
            out,
        )
        nodes = out[0]
    if used != len(siblings):
        raise ValueError("siblings left over")
    return nodes.tobytes()
