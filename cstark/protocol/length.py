"""How many bytes a proof has: exactly, once the positions are known, and before that.

The counts are those that the verifier reads by (`OpenedTree`, `OpenedLayer`), so that the format
is described in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cstark.distinct import distinct
from cstark.errors import ProofFormatError, Reason

from .commitment import OpenedTree
from .fri import OpenedLayer
from .hiding import SALT_BYTES
from .layout import Layout
from .standing import Heights, encode_heights, of_table

if TYPE_CHECKING:
    from .key import MachineDescription

__all__ = [
    "expected_bytes",
    "least_bytes",
    "most_bytes",
    "proof_bytes",
    "refuse_short",
    "refuse_tiny",
]

DIGEST, WORD, EXTENSION = 32, 8, 24
BEFORE = 8 + 2 + 18 + 4
"""Bytes of a file, besides tables and claim, before the body of a proof that is not in shards."""
DRAWS = 4  # of which the expectation is the mean: it is off by half of what single proofs are


def proof_bytes(layout: Layout, positions: np.ndarray, claim_bytes: int = 0) -> int:
    """Length of the file of a proof whose queries have these positions.

    Parameters
    ----------
    layout : Layout
    positions : (m,) int64 ndarray
        Distinct, ascending.
    claim_bytes : int
    """
    total = _fixed(layout) + claim_bytes
    for shape in layout.trees:
        tree = OpenedTree(shape, positions, layout.log_max_height)
        total += WORD * sum(rows * width for rows, width in tree.word_counts())
        total += SALT_BYTES * tree.salted()
        total += DIGEST * tree.siblings()
    for layer in range(layout.schedule.folds):
        opened = OpenedLayer(layout, layer, positions)
        total += EXTENSION * opened.carried() + DIGEST * opened.siblings()
    return total


def expected_bytes(layout: Layout) -> int:
    """Length to be expected, without the claim: the mean over some draws, always the same."""
    places = layout.blowup << layout.log_max_height
    random = np.random.default_rng(0)
    draws = (random.integers(0, places, layout.key.options.queries) for _ in range(DRAWS))
    return round(sum(proof_bytes(layout, distinct(drawn)) for drawn in draws) / DRAWS)


def most_bytes(layout: Layout) -> int:
    """A length, without the claim, that no proof of these heights exceeds.

    All queries differ and share no node of a tree.
    """
    total, queries = _fixed(layout), layout.key.options.queries
    for shape in layout.trees:
        for m in shape.matrices:
            total += WORD * m.width * min(queries, layout.blowup << m.log_height)
        if shape.salted:
            total += SALT_BYTES * min(queries, layout.blowup << shape.log_heights[0])
        total += DIGEST * _most_siblings(layout.blowup << shape.log_heights[0], queries)
    schedule = layout.schedule
    for log_height, log_arity in zip(schedule.layers, schedule.log_arities, strict=False):
        leaves = layout.blowup << log_height - log_arity
        # of each group with a query, all members but one
        total += EXTENSION * ((1 << log_arity) - 1) * min(queries, leaves)
        total += DIGEST * _most_siblings(leaves, queries)
    return total


def least_bytes(layout: Layout) -> int:
    """A length, without the claim, that every proof of these heights has: one position is opened.

    A sound verifier needs no such bound, for its reader ends where the file does; it spares the
    work that comes before the reading.
    """
    rows = sum(m.width for shape in layout.trees for m in shape.matrices)
    salts = sum(shape.salted for shape in layout.trees)
    return _fixed(layout) + WORD * rows + SALT_BYTES * salts


def refuse_short(layout: Layout, length: int) -> None:
    """Raise `ProofFormatError` for a file that ends too soon, without having read it."""
    least = least_bytes(layout)
    if length < least:
        raise ProofFormatError(
            f"{length} bytes besides the claim, fewer than {least}, the least that a proof of "
            "this statement has",
            Reason.FORMAT,
        )


def refuse_tiny(key: MachineDescription, heights: Heights, length: int) -> None:
    """Raise `ProofFormatError` for a body that is too short for the tables that stand there.

    Every column is opened. What a shard consists of takes work to find out, for each table that
    stands, and there may be thousands of shards; without this, a byte that says how tall a table
    is would set it off.

    Parameters
    ----------
    key : MachineDescription
    heights : sequence of (int or tuple of int)
        Of the file.
    length : int
        Bytes of the body.
    """
    columns = sum(
        len(of_table(item)) * (table.width + table.preprocessed_width)
        for table, item in zip(key.tables, heights, strict=True)
    )
    if length < EXTENSION * columns:
        raise ProofFormatError(
            f"{length} bytes are fewer than the openings of {columns} columns take",
            Reason.FORMAT,
        )


def _most_siblings(leaves: int, queries: int) -> int:
    """Most siblings of a multiproof: at each level, one for each query, and at most half of all."""
    total = 0
    while leaves > 1:
        leaves //= 2
        total += min(queries, leaves)
    return total


def _fixed(layout: Layout) -> int:
    """All but the claim and what depends on the positions."""
    schedule = layout.schedule
    header = BEFORE + 2 + len(encode_heights(layout.key.heights))
    roots = sum(tree.name != "preprocessed" for tree in layout.trees) + schedule.folds
    elements = len(layout.lookup_tables()) + layout.openings + layout.final_length
    return header + DIGEST * roots + EXTENSION * elements + WORD  # the nonce
