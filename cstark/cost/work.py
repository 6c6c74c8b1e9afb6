"""How much work the steps of a proof are: nanoseconds of one thread, on one machine.

The numbers are sums of what the kernels tell of themselves while they run (`set_watcher` in
`cstark.kernels._chunks`): the share of a proof that is done is the share of its work. On another
machine they are off by a factor, which a share does not show; the ratios between the steps hold
better than the numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cstark.kernels import _chunks, _fri, _hash, _lookup, _ntt, _openings, _program
from cstark.protocol.layout import MatrixShape, TreeShape
from cstark.protocol.transcript import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cstark.program.encode import BlockProgram

__all__ = [
    "checking",
    "deep",
    "extension",
    "fold",
    "grinding",
    "hashing",
    "lookup",
    "nodes",
    "opening",
    "quotient",
    "random_words",
    "touching",
]

DIGEST = 32
EXTENSION = 24


def touching(size: int) -> float:
    """Work of the first use of so many bytes of fresh memory."""
    return _chunks.touch_cost(size)


def extension(matrix: MatrixShape, cosets: int) -> float:
    """Work of extending a matrix to so many cosets."""
    return _ntt.lde_cost(_ntt.Plan(matrix.log_height), matrix.width, matrix.width, cosets)


def hashing(algorithm: int, tree: TreeShape) -> float:
    """Work of hashing the leaves and nodes of a tree."""
    total = nodes(algorithm, tree.blowup, tree.log_heights[0], tree.log_heights[1:])
    for log_height in tree.log_heights:
        rows = tree.blowup << log_height
        total += _hash.cost(algorithm, rows, 8 * tree.row_words(log_height))
    return total


def nodes(algorithm: int, blowup: int, log_height: int, joining: Sequence[int] = ()) -> float:
    """Work of hashing the nodes of a tree, which rows of shorter matrices join."""
    total = _hash.cost(algorithm, (blowup << log_height) - 1, 2 * DIGEST)
    for joined in joining:
        count = blowup << joined
        total += _hash.cost(algorithm, count, 3 * DIGEST) - _hash.cost(algorithm, count, 2 * DIGEST)
    return total


def lookup(program: BlockProgram, rows: int) -> float:
    """Work of the lookup columns of a table."""
    return _lookup.cost(program.code, len(program.terms), program.pairs, rows)


def random_words(size: int) -> float:
    """Work of so many bytes of pseudorandom words: a digest for 32 of them."""
    return _hash.cost(ALGORITHMS["blake3"], size // DIGEST, 40) if size else 0.0


def quotient(program: BlockProgram, rows: int, selectors: bool) -> float:
    """Work of a table's constraints on a coset, and of the selectors that they may need."""
    first = _openings.inverse_points_cost(rows) if selectors else 0.0
    return first + _program.cost(program.code, len(program.terms), rows)


def checking(program: Any, rows: int) -> float:
    """Work of checking a table's constraints on its trace, by a `CheckProgram`."""
    return sum(
        _program.cost(part.code, len(part.terms), rows if where == "all" else 8)
        for where, part, _ in program.parts
    )


def opening(rows: int, widths: Sequence[int]) -> float:
    """Work of the openings of a height, over matrices of these widths."""
    return _openings.opening_cost(rows, widths)


def deep(log_height: int, widths: Sequence[int], points: int, blowup: int) -> float:
    """Work of the reduced word of a height, on all cosets."""
    extended = _ntt.lde_cost(_ntt.Plan(log_height), 3, 3, blowup - 1)
    return extended + _openings.deep_cost(1 << log_height, widths, points, blowup)


def fold(algorithm: int, blowup: int, log_height: int, log_arity: int, joined: bool) -> float:
    """Work of a layer of FRI: its tree, its fold, and the word that joins."""
    values, leaves = blowup << log_height, blowup << log_height - log_arity
    return (
        _hash.cost(algorithm, leaves, EXTENSION << log_arity)
        + nodes(algorithm, blowup, log_height - log_arity)
        + _fri.cost(values, leaves if joined else 0)
    )


def grinding(algorithm: int, bits: int) -> float:
    """Work to be expected of the search for a nonce."""
    return _hash.grind_cost(algorithm, bits) if bits else 0.0
