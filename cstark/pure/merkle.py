"""The root that a pruned multiproof leads to.

A level of height n has blowup * n nodes, (q, i) at q n + i. The parent of (q, i) and (q, i + n/2)
is (q, i) at height n/2; rows of that height, where there are any, are hashed into it. At height 1
the blowup nodes are one block, halved likewise (i with i + half) down to one.
"""

from __future__ import annotations

from .hashes import Hash
from .proof import Reader


def at_height(position: int, tall: int, short: int) -> int:
    """The node of height `short` that node `position` = q tall + i of height `tall` lies under."""
    coset, row = divmod(position, tall)
    return coset * short + row % short


def root(hasher: Hash, blowup: int, leaves: dict[int, dict[int, bytes]], reader: Reader) -> bytes:
    """The root above the opened leaves, with siblings taken from the proof.

    Parameters
    ----------
    hasher, blowup
    leaves : dict
        Height -> node -> H_leaf of its row; the heights of the tree's matrices. At every height
        the nodes are those that the same positions lie under.
    reader : Reader
        Gives, level by level, for each parent of a known node, ascending, the unknown child.
    """
    height = max(leaves)
    known = leaves[height]
    # A block of b nodes is a "coset" of b nodes: the last levels are the first ones with other
    # numbers.
    levels = [(n, leaves.get(n // 2)) for n in _halvings(height)]
    levels += [(n, None) for n in _halvings(blowup)]
    for size, joining in levels:
        half = size // 2
        parents = sorted({at_height(node, size, half) for node in known})
        joined: list[bytes] = []
        for parent in parents:
            coset, row = divmod(parent, half)
            pair = (coset * size + row, coset * size + row + half)
            both = (known[node] if node in known else reader.digests(1)[0] for node in pair)
            joined.append(b"".join(both))
        if joining is None:
            digests = hasher.nodes(joined)
        else:
            digests = hasher.injected(
                [both + joining[parent] for both, parent in zip(joined, parents, strict=True)]
            )
        known = dict(zip(parents, digests, strict=True))
    return known[0]


def _halvings(size: int) -> list[int]:
    """size, size / 2, ..., 2."""
    return [size >> k for k in range(size.bit_length() - 1)]
