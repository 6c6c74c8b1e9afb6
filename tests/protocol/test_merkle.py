"""Trees against a direct reading of the rule, and multiproofs against trees."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from cstark.protocol import merkle
from cstark.protocol.merkle import MerkleTree, paths, recompute_root, sibling_count

SHA256 = 2


def tagged(tag: int, *parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts) + bytes([tag])).digest()


def plain_root(blowup: int, leaves: dict[int, np.ndarray]) -> bytes:
    top = max(leaves)
    level = {(q, i): leaves[top][q, i].tobytes() for q in range(blowup) for i in range(1 << top)}
    for log_rows in range(top - 1, -1, -1):
        half = 1 << log_rows
        above = {}
        for q in range(blowup):
            for i in range(half):
                pair = level[q, i], level[q, i + half]
                if log_rows in leaves:
                    above[q, i] = tagged(3, *pair, leaves[log_rows][q, i].tobytes())
                else:
                    above[q, i] = tagged(2, *pair)
        level = above
    nodes = [level[q, 0] for q in range(blowup)]
    while len(nodes) > 1:
        half = len(nodes) // 2
        nodes = [tagged(2, nodes[i], nodes[i + half]) for i in range(half)]
    return nodes[0]


@pytest.mark.parametrize("blowup", [2, 4, 8])
@pytest.mark.parametrize("heights", [(0,), (1,), (3,), (4, 3), (5, 3), (5, 4, 3), (6, 3)])
@pytest.mark.parametrize("least", [merkle.LEAST_SKIPPED, 0])
def test_roots_and_multiproofs(blowup, heights, least, monkeypatch):
    monkeypatch.setattr(merkle, "LEAST_SKIPPED", least)
    rng = np.random.default_rng(sum(heights) + blowup)
    leaves = {h: rng.integers(0, 256, (blowup, 1 << h, 32), dtype=np.uint8) for h in heights}
    top = max(heights)
    tree = MerkleTree(SHA256, dict(leaves))
    assert tree.skipped == (0 if least else min(2, top))
    assert tree.root == plain_root(blowup, leaves)
    assert tree.nodes.size == 32 * ((blowup << top >> tree.skipped) - 1)
    for count in (1, 2, 5, blowup << top):
        positions = np.unique(rng.integers(0, blowup << top, count))
        missing = {top: tree.missing_leaves(positions), **tree.missing_joined(positions)}
        again = {h: leaves[h].reshape(-1, 32)[at] for h, at in missing.items()}
        assert set(again) == {h for h in heights if h == top or h >= top - tree.skipped}
        found = tree.siblings(positions, again.pop(top), again)
        siblings = np.frombuffer(found, dtype=np.uint8).reshape(-1, 32)
        assert len(siblings) == sibling_count(blowup, top, positions)
        opened = {}
        for h in heights:
            coset, row = np.divmod(positions, 1 << top)
            at = np.unique((coset << h) | (row & ((1 << h) - 1)))
            opened[h] = np.ascontiguousarray(leaves[h].reshape(-1, 32)[at])
        assert recompute_root(SHA256, blowup, top, positions, opened, siblings) == tree.root
        for h in heights:
            wrong = {k: v.copy() for k, v in opened.items()}
            wrong[h][int(rng.integers(len(wrong[h]))), 7] ^= 1
            assert recompute_root(SHA256, blowup, top, positions, wrong, siblings) != tree.root
        for k in range(len(siblings)):
            wrong_siblings = siblings.copy()
            wrong_siblings[k, 31] ^= 128
            found = recompute_root(SHA256, blowup, top, positions, opened, wrong_siblings)
            assert found != tree.root
        with pytest.raises(ValueError, match="left over"):
            extra = np.concatenate([siblings, siblings[:1], np.zeros((1, 32), np.uint8)])
            recompute_root(SHA256, blowup, top, positions, opened, extra)
        if len(siblings):
            with pytest.raises(ValueError, match="too few"):
                recompute_root(SHA256, blowup, top, positions, opened, siblings[:-1])


def test_all_positions_need_no_siblings():
    assert sibling_count(4, 5, np.arange(4 << 5)) == 0


def test_a_parent_is_never_without_a_known_child():
    for step in paths(2, 6, np.array([0, 3, 64, 127])):
        assert np.all(np.diff(step.parents) > 0)
        assert np.all(np.minimum(step.left, step.right) >= 0)
