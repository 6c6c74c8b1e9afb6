"""The work of a proof, counted from its layout: the same on every machine.

Each phase of the prover gets

``bytes``
    that must pass through the memory at least once: inputs read and outputs written, every pass
    of an algorithm over the same data counted once;
``multiplications``
    of base field elements: those of the textbook algorithm (n/2 log2 n for a transform, 9 for a
    product of extension elements), whatever tricks the kernel has;
``compressions``
    of the hash function, exactly.

Dividing them by a phase's time says how near to the machine's limits the phase is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cstark.protocol.layout import Layout, TreeShape, quotient_chunks

__all__ = ["compressions", "work"]

WORD = 8
DIGEST = 32
EXTENSION = 9  # multiplications of a product in the cubic extension


def compressions(hash: str, length: int) -> int:
    """Calls of the compression function (or permutation) for `length` bytes and the tag."""
    if hash == "keccak256":
        return (length + WORD) // 136 + 1  # the tag is a lane
    if hash == "sha256":
        return (length + 1 + 9 + 63) // 64  # the tag is a byte; 9 bytes of padding
    chunks = max(1, -(-length // 1024))  # the tag is the key; chunks are joined as a tree
    return max(1, -(-length // 64)) + chunks - 1


def work(layout: Layout, hash: str) -> dict[tuple[str, ...], Counter[str]]:
    """What each phase does, by the names in the report from the outermost inwards."""
    phases: dict[tuple[str, ...], Counter[str]] = {}
    for tree in layout.trees:
        if tree.name != "preprocessed":  # committed once for all proofs
            phases[f"commit {tree.name}", "extend"] = _extend(tree)
            phases[f"commit {tree.name}", "hash"] = _hash_tree(tree, hash)
    phases["constraints",] = _constraints(layout)
    phases["openings",] = _openings(layout)
    phases["DEEP",] = _deep(layout)
    phases["FRI",] = _fri(layout, hash)
    if layout.lookup_tables():
        phases["lookup columns",] = _lookup(layout)
    return phases


def _extend(tree: TreeShape) -> Counter[str]:
    total: Counter[str] = Counter()
    for matrix in tree.matrices:
        cells = matrix.width << matrix.log_height
        total["bytes"] += WORD * cells * (1 + tree.blowup)
        # one inverse transform, and for each coset a shift and a transform
        total["multiplications"] += cells * matrix.log_height * (1 + tree.blowup) // 2
        total["multiplications"] += cells * tree.blowup
    return total


def _hash_tree(tree: TreeShape, hash: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for log_height in tree.log_heights:
        leaves = tree.blowup << log_height
        length = WORD * tree.row_words(log_height)
        total["bytes"] += leaves * (length + DIGEST)
        total["compressions"] += leaves * compressions(hash, length)
        if log_height != tree.log_heights[0]:
            # these leaves are hashed into nodes, which are longer by a digest
            extra = compressions(hash, 3 * DIGEST) - compressions(hash, 2 * DIGEST)
            total["compressions"] += leaves * extra
            total["bytes"] += leaves * DIGEST
    return total + _nodes(tree.blowup << tree.log_heights[0], hash)


def _nodes(leaves: int, hash: str) -> Counter[str]:
    return Counter(
        bytes=3 * DIGEST * (leaves - 1),
        compressions=(leaves - 1) * compressions(hash, 2 * DIGEST),
    )


def _constraints(layout: Layout) -> Counter[str]:
    total: Counter[str] = Counter()
    for description, log_height in zip(layout.key.tables, layout.log_heights, strict=True):
        points = quotient_chunks(description.degree) << log_height
        columns = description.width + description.preprocessed_width
        interactions = len(description.interactions)
        products = sum(node[0] == "mul" for node in description.nodes)
        values = sum(len(interaction.values) for interaction in description.interactions)
        columns += 3 * description.lookup_columns
        # a constraint is multiplied by a power of beta; a value by one of alpha; the fingerprints
        # of a column by each other and by the column and the counts
        products += 3 * (len(description.constraints) + values)
        products += interactions * (2 * EXTENSION + 3)
        total["bytes"] += points * WORD * (columns + 4)
        total["multiplications"] += points * products
    return total


def _lookup(layout: Layout) -> Counter[str]:
    total: Counter[str] = Counter()
    for description, log_height in zip(layout.key.tables, layout.log_heights, strict=True):
        rows = 1 << log_height
        interactions = len(description.interactions)
        if not interactions:
            continue
        values = sum(len(interaction.values) for interaction in description.interactions)
        columns = 3 * description.lookup_columns
        total["bytes"] += rows * WORD * (description.width + columns)
        # fingerprints; their product, its inverse through the norm (12, and 3 for the batch of
        # norms), and the numerator, for each column
        products = 3 * values + description.lookup_columns * 15
        for group in description.groups:
            products += 2 * EXTENSION * max(len(group) - 1, 1)
        total["multiplications"] += rows * (products + 3 * interactions)
    return total


def _groups(layout: Layout) -> Iterator[tuple[int, int]]:
    """(log height, base columns) of every group of openings."""
    for log_height, groups in layout.groups.items():
        for group in groups:
            yield log_height, layout.trees[group.tree].matrices[group.matrix].width


def _openings(layout: Layout) -> Counter[str]:
    total: Counter[str] = Counter()
    for log_height in layout.groups:
        rows = 1 << log_height
        # 1 / (zeta - x) through the norm; times x
        total["bytes"] += 9 * WORD * rows
        total["multiplications"] += (15 + 3) * rows
    for log_height, width in _groups(layout):
        total["bytes"] += (width + 3) * WORD << log_height
        total["multiplications"] += 3 * width << log_height
    return total


def _deep(layout: Layout) -> Counter[str]:
    total: Counter[str] = Counter()
    for log_height, groups in layout.groups.items():
        rows = 1 << log_height
        quotients = len({group.next for group in groups})
        total["bytes"] += quotients * 9 * WORD * rows
        total["multiplications"] += quotients * EXTENSION * rows
        # from one coset to all
        total["bytes"] += 2 * 3 * WORD * layout.blowup * rows
        total["multiplications"] += 3 * layout.blowup * rows * log_height // 2
        total["multiplications"] += 3 * (layout.blowup - 1) * rows
    for log_height, width in _groups(layout):
        total["bytes"] += width * WORD << log_height
        total["multiplications"] += 3 * width << log_height
    return total


def _fri(layout: Layout, hash: str) -> Counter[str]:
    total: Counter[str] = Counter()
    schedule = layout.schedule
    for log_height, log_arity in zip(schedule.layers, schedule.log_arities, strict=False):
        points, arity = layout.blowup << log_height, 1 << log_arity
        leaves = points // arity
        length = 3 * WORD * arity
        total["bytes"] += 2 * leaves * length + leaves * (DIGEST + 3 * WORD)
        total["compressions"] += leaves * compressions(hash, length)
        # a transform of each group, and Horner's rule with challenge / y
        products = 3 * arity * log_arity // 2 + EXTENSION * (arity - 1) + 3
        total["multiplications"] += leaves * products
        total += _nodes(leaves, hash)
    return total
