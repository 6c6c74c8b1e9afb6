"""One commitment to matrices of several heights, and what a query opens of it.

The leaf at a position is the hash of the rows that all matrices of a height have there,
concatenated in the order of the key; `cstark.protocol.merkle` joins the heights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cstark.kernels import _hash, _paths, _runtime

from .hiding import SALT_WORDS
from .layout import TreeShape
from .masks import MaskStream
from .matrix import Matrix
from .merkle import MerkleTree, digests, recompute_root, sibling_count

__all__ = ["Commitment", "OpenedTree", "distinct_positions"]

LeafCall = tuple[list[np.ndarray], list[int], np.ndarray]  # of `_hash.leaf_digests`


def distinct_positions(positions: np.ndarray, log_max_height: int, log_height: int) -> np.ndarray:
    """Positions of the tallest domain as distinct, ascending positions of a shorter one.

    (q, i) reads row (q, i mod n): flat ``q * N + i`` becomes ``q * n + i mod n``.
    """
    return _paths.fold_positions(positions, log_max_height, log_height)


class Commitment:
    """Prover's side: the matrices, their tree and its root.

    Parameters
    ----------
    algorithm : int
        Hash id of the kernels.
    shape : TreeShape
    matrices : sequence of Matrix
        In the order of ``shape.matrices``.
    salts : MaskStream, optional
        Hashed with the rows of the tallest height, before them: a pair of words each, by position.
    """

    def __init__(
        self,
        algorithm: int,
        shape: TreeShape,
        matrices: Sequence[Matrix],
        salts: MaskStream | None = None,
    ) -> None:
        self.shape = shape
        self.salts = salts
        self.matrices = list(matrices)
        self._algorithm = algorithm
        leaves = {}
        waiting: list[LeafCall] = []
        for log_height in shape.log_heights:
            members = shape.at(log_height)
            leaves[log_height] = digests(shape.blowup, 1 << log_height)
            # Coset 0 last: that is the one that a matrix may keep.
            for q in reversed(range(shape.blowup)):
                out = leaves[log_height][q : q + 1]
                waiting.append(self._leaves(q, log_height, out))
                salted = self.salts is not None and log_height == shape.log_heights[0]
                if salted or not all(self.matrices[m].held for m in members):
                    _hash.leaf_digests_many(algorithm, waiting)  # before others are made
                    waiting = []
        _hash.leaf_digests_many(algorithm, waiting)
        del waiting
        self.tree = MerkleTree(algorithm, leaves, f"{shape.name} tree")
        self.root = self.tree.root

    def _leaves(self, q: int, log_height: int, out: np.ndarray) -> LeafCall:
        members = self.shape.at(log_height)
        blocks = [self.matrices[m].coset(q)[None] for m in members]
        salts = None
        if self.salts is not None and log_height == self.shape.log_heights[0]:
            salts = _runtime.aligned((out.shape[1], SALT_WORDS), "salts")
            self.salts.fill(salts, q * out.shape[1] // 2)  # two salts a block
        return leaf_call(blocks, self._widths(members), salts, out)

    def _widths(self, members: Sequence[int]) -> list[int]:
        return [self.shape.matrices[m].width for m in members]

    def open(
        self, positions: np.ndarray, log_max_height: int, write: Callable[[str, bytes], None]
    ) -> None:
        """Write rows by height, tallest first, then the siblings, as they stand in the proof.

        The rows that the tree has to hash again are read along with the rest: a matrix may have
        to be computed again for it.
        """
        hashed = {}
        top = self.shape.log_heights[0]
        leaves = distinct_positions(positions, log_max_height, top)
        missing = {top: self.tree.missing_leaves(leaves), **self.tree.missing_joined(leaves)}
        nothing = np.empty(0, dtype=np.int64)
        salts: np.ndarray | None = None
        if self.salts is not None:
            write(f"salts of {self.shape.name}", self.salts.pairs_at(leaves).tobytes())
            salts = self.salts.pairs_at(missing[top])
        for log_height in self.shape.log_heights:
            at = leaves
            if log_height != top:
                at = distinct_positions(positions, log_max_height, log_height)
            again = missing.get(log_height, nothing)
            both = np.concatenate([at, again]) if len(again) else at
            blocks, widths = [], self._widths(self.shape.at(log_height))
            for m in self.shape.at(log_height):
                rows = self.matrices[m].take_rows(both)
                write(f"rows of {self.shape.name}", rows[: len(at)].tobytes())
                blocks.append(np.ascontiguousarray(rows[len(at) :])[None])
            out = np.empty((1, len(again), 32), dtype=np.uint8)
            if len(again):
                own = salts if log_height == top else None
                hash_rows(self._algorithm, blocks, widths, own, out)
            hashed[log_height] = out[0]
        siblings = self.tree.siblings(leaves, hashed.pop(top), hashed)
        write(f"siblings of {self.shape.name}", siblings)


def leaf_call(
    blocks: list[np.ndarray], widths: list[int], salts: np.ndarray | None, out: np.ndarray
) -> LeafCall:
    """Leaf digests of rows of adjacent matrices, (1, n, stride) each, with a salt before each."""
    if salts is not None:
        blocks = [np.ascontiguousarray(salts)[None], *blocks]
        widths = [SALT_WORDS, *widths]
    return blocks, widths, out


def hash_rows(
    algorithm: int,
    blocks: list[np.ndarray],
    widths: list[int],
    salts: np.ndarray | None,
    out: np.ndarray,
) -> None:
    """Write the digests of a `leaf_call`."""
    _hash.leaf_digests(algorithm, *leaf_call(blocks, widths, salts, out))


class OpenedTree:
    """Verifier's side: the opened rows of one commitment.

    Attributes
    ----------
    salts : (m, 2) uint64 ndarray or None
        Those of the leaves at the tallest height, where it has any.
    rows : list of (m, width) uint64 ndarray
        Per matrix, at the distinct positions of its height.
    """

    def __init__(self, shape: TreeShape, positions: np.ndarray, log_max_height: int) -> None:
        self.shape = shape
        self.positions = {
            log_height: distinct_positions(positions, log_max_height, log_height)
            for log_height in shape.log_heights
        }
        self.rows: list[np.ndarray] = []
        self.salts: np.ndarray | None = None

    def salted(self) -> int:
        """Leaves with a salt, if the tree has salts."""
        return len(self.positions[self.shape.log_heights[0]]) if self.shape.salted else 0

    def word_counts(self) -> list[tuple[int, int]]:
        """(rows, width) of every matrix's opened block, in the order of the proof."""
        return [(len(self.positions[m.log_height]), m.width) for m in self.shape.matrices]

    def siblings(self) -> int:
        """Digests of the multiproof."""
        top = self.shape.log_heights[0]
        return sibling_count(self.shape.blowup, top, self.positions[top])

    def root(self, algorithm: int, siblings: np.ndarray) -> bytes:
        """Root implied by `rows` and the siblings."""
        leaves: Mapping[int, np.ndarray] = {
            log_height: self._leaves(algorithm, log_height) for log_height in self.shape.log_heights
        }
        top = self.shape.log_heights[0]
        return recompute_root(
            algorithm, self.shape.blowup, top, self.positions[top], leaves, siblings
        )

    def _leaves(self, algorithm: int, log_height: int) -> np.ndarray:
        members = self.shape.at(log_height)
        count = len(self.positions[log_height])
        out = np.empty((count, 32), dtype=np.uint8)
        blocks = [np.ascontiguousarray(self.rows[m])[None] for m in members]
        widths = [self.shape.matrices[m].width for m in members]
        salts = self.salts if log_height == self.shape.log_heights[0] else None
        hash_rows(algorithm, blocks, widths, salts, out[None])
        return out
