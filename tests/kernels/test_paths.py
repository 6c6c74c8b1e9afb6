"""The paths of Merkle trees against sets and dictionaries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.kernels import _paths


def climb(known, rows):
    """What `_paths.climb` returns, by the definition."""
    parents = sorted({n // (2 * rows) * rows + n % rows for n in known})
    pool, children = list(known), {}
    for parent in parents:
        left = parent // rows * 2 * rows + parent % rows
        pool += [child for child in (left, left + rows) if child not in known]
        children[parent] = left
    place = {node: k for k, node in enumerate(pool)}
    left = [place[children[parent]] for parent in parents]
    right = [place[children[parent] + rows] for parent in parents]
    return parents, pool[len(known) :], left, right


@given(st.data())
def test_against_the_definition(data):
    rows = 1 << data.draw(st.integers(0, 5))
    blocks = data.draw(st.integers(1, 4))
    known = sorted(data.draw(st.sets(st.integers(0, 2 * rows * blocks - 1))))
    known_array = np.array(known, dtype=np.int64)
    [found] = _paths.climb(known_array, [rows])
    assert tuple(part.tolist() for part in found) == climb(known, rows)
    levels, several = [rows >> k for k in range(rows.bit_length())], []
    for level in levels:
        several.append(climb(known, level))
        known = several[-1][0]
    found = _paths.climb(known_array, levels)
    assert [tuple(part.tolist() for part in step) for step in found] == several


def test_all_nodes_and_none():
    every = np.arange(16)
    [(parents, missing, left, right)] = _paths.climb(every, [4])
    assert parents.tolist() == list(range(8)) and not len(missing)
    assert every[left].tolist() == [0, 1, 2, 3, 8, 9, 10, 11]
    assert every[right].tolist() == [4, 5, 6, 7, 12, 13, 14, 15]
    assert [len(part) for part in _paths.climb(every[:0], [4])[0]] == [0, 0, 0, 0]


def test_the_largest_numbers():
    top = (1 << 62) - 1  # of a level of 2^62 nodes
    [(parents, missing, left, right)] = _paths.climb(np.array([top]), [1 << 61])
    assert parents.tolist() == [(1 << 61) - 1] and missing.tolist() == [(1 << 61) - 1]
    assert (left.tolist(), right.tolist()) == ([1], [0])


@pytest.mark.parametrize("known", [[-1, 2], [3, 2], [2, 2], [0, 1, 1]])
def test_numbers_that_do_not_ascend(known):
    with pytest.raises(ValueError, match=r"known\[\d\] is -?\d: numbers must ascend from 0 on"):
        _paths.climb(np.array(known), [2])


@pytest.mark.parametrize("rows", [0, -4])
def test_no_rows(rows):
    with pytest.raises(ValueError, match="rows must be positive"):
        _paths.climb(np.array([1]), [2, rows])


@given(st.data())
def test_positions_folded(data):
    log_rows = data.draw(st.integers(0, 8))
    log_word = data.draw(st.integers(0, log_rows))
    log_groups = data.draw(st.integers(0, log_word))
    drawn = data.draw(st.lists(st.integers(0, (4 << log_rows) - 1)))
    positions = np.array(drawn, dtype=np.int64)
    coset, row = positions >> log_rows, positions & ((1 << log_rows) - 1)
    at = (coset << log_groups) | row % (1 << log_groups)
    leaves = _paths.fold_positions(positions, log_rows, log_groups)
    assert np.array_equal(leaves, np.unique(at))
    leaf, member = _paths.group_places(positions, log_rows, log_word, log_groups, leaves)
    assert np.array_equal(leaves[leaf], at)
    assert np.array_equal(member, row % (1 << log_word) >> log_groups)
    if len(leaves):
        with pytest.raises(ValueError, match="in no group"):
            _paths.group_places(positions, log_rows, log_word, log_groups, leaves + 1)


def test_positions_that_cannot_be_folded():
    none = np.zeros(0, dtype=np.int64)
    for logs in [(63, 0), (0, 63), (-1, 0), (0, -1)]:
        with pytest.raises(ValueError, match="log rows"):
            _paths.fold_positions(none, *logs)
    for logs in [(63, 1, 1), (1, 2, 1), (2, 1, 2), (1, 1, -1)]:
        with pytest.raises(ValueError, match="descend"):
            _paths.group_places(none, *logs, none)


@pytest.mark.parametrize("arity", [1, 2, 8])
def test_groups_taken(arity):
    rng = np.random.default_rng(arity)
    word = rng.integers(0, 2**63, (3, 4, 16), dtype=np.uint64)
    rows = 16 // arity
    for count in (0, 1, 50):
        leaves = rng.integers(0, 4 * rows, count)
        out = np.zeros((count, arity, 3), dtype=np.uint64)
        _paths.take_groups(word, leaves, out)
        for leaf, group in zip(leaves.tolist(), out, strict=True):
            q, i = divmod(leaf, rows)
            assert np.array_equal(group, word[:, q, i::rows].T)


def test_groups_that_are_not_there():
    word, out = np.zeros((3, 2, 8), dtype=np.uint64), np.zeros((1, 4, 3), dtype=np.uint64)
    for leaf in (-1, 4):
        with pytest.raises(ValueError, match=r"leaves\[0\]"):
            _paths.take_groups(word, np.array([leaf]), out)
    with pytest.raises(ValueError, match="groups of 3"):
        _paths.take_groups(word, np.array([0]), np.ascontiguousarray(out[:, :3]))
    for shape in [(word[:2], np.array([0]), out), (word, np.array([0, 1]), out)]:
        with pytest.raises(ValueError, match="out must have shape"):
            _paths.take_groups(*shape)


@pytest.mark.parametrize("width", [0, 1, 3, 8])
def test_rows_taken(width):
    rng = np.random.default_rng(width)
    first, wide = rng.integers(0, 2**63, (2, 16, 8), dtype=np.uint64)
    cosets = [np.ascontiguousarray(first[:, :width]), wide]  # one has more words than are wanted
    for count in (0, 1, 50):
        positions = rng.integers(0, 32, count)
        out = np.zeros((count, width), dtype=np.uint64)
        if width:
            _paths.take_rows(cosets, positions, out)
        else:
            _paths.take_rows([wide], positions, out)
        expected = [(cosets[n // 16][n % 16, :width] if width else []) for n in positions.tolist()]
        assert out.tolist() == [list(row) for row in expected]


def test_rows_that_are_not_there():
    rows, out = np.zeros((4, 3), dtype=np.uint64), np.zeros((1, 3), dtype=np.uint64)
    for cosets, position, name in [
        ([rows], 4, r"positions\[0\] is 4"),
        ([rows, rows], 8, r"positions\[0\] is 8"),
        ([rows], -1, r"positions\[0\] is -1"),
        ([], 0, "no cosets"),
        ([rows, rows[:2]], 0, r"cosets\[1\]"),
        ([rows, rows[:, :2]], 0, r"cosets\[1\]"),
        ([rows[:, ::-1]], 0, r"cosets\[0\]"),
        ([rows[:0]], 0, r"cosets\[0\]"),
    ]:
        with pytest.raises(ValueError, match=name):
            _paths.take_rows(cosets, np.array([position]), out)
    with pytest.raises(ValueError, match="out"):
        _paths.take_rows([rows], np.array([0, 1]), out)
