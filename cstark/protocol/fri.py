"""Batched FRI over all heights.

The domain is y = x / h, the subgroup of order blowup * N without its offset, in coset order:
position (q, i) is y = w^(q + blowup i). A fold of arity a takes the word f to

    f'(y^a) = a * sum_k  challenge^k  f_k(y^a)      where  f(y) = sum_k y^k f_k(y^a)

(the factor a is kept: it is the same for everybody). The reduced word r of a height that is
reached joins as f' + challenge^a r: a power that no part of f' carries, without which an error in
r could be cancelled by one in f' (the roll-in flaw published for another system in 2025).

The group of positions that fold together is i, i + N/a, ..., in one coset; it is one leaf of the
layer's tree. Of a group, a proof carries the members at which no query stands: at a query the
verifier knows the value already, from the layer before, and the tree's root judges it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from cstark import field
from cstark.field import Element
from cstark.kernels import _fri, _hash, _ntt, _paths, _runtime

from .commitment import distinct_positions
from .layout import Layout
from .merkle import MerkleTree, digests, recompute_root, sibling_count
from .refusals import require
from .rows import ext_add, ext_mul, ext_scale, inverse, mul, power, repeated, words
from .stream import ProofWriter

__all__ = ["FriProver", "FriVerifier", "domain_points"]


class FriProver:
    """The prover's side of FRI: commit phase, then openings.

    Parameters
    ----------
    algorithm : int
        Hash id of the kernels.
    layout : Layout
    words : mapping of int to (3, blowup, N) uint64 ndarray
        Reduced word by log height; emptied as the words are used up.
    """

    def __init__(self, algorithm: int, layout: Layout, words: dict[int, np.ndarray]) -> None:
        self._algorithm = algorithm
        self._layout = layout
        self._words = words
        self.layers: list[tuple[np.ndarray, MerkleTree]] = []
        self.challenges: list[Element] = []
        self.final = np.empty((0, 3), dtype=np.uint64)

    def commit(self, stream: ProofWriter) -> None:
        """Fold down to the final polynomial: write the roots, then the coefficients."""
        schedule = self._layout.schedule
        word = self._words.pop(schedule.layers[0])
        for layer, log_arity in enumerate(schedule.log_arities):
            arity = 1 << log_arity
            tree = self._tree(word, arity)
            stream.write(f"FRI root {layer}", tree.root)
            challenge = stream.transcript.extension(f"fold challenge {layer}")
            folded = _runtime.aligned((3, word.shape[1], word.shape[2] // arity), "FRI words")
            _fri.fold(word, arity, words(challenge), folded)
            joining = schedule.joins[layer + 1]
            if joining is not None:
                factor = field.power(challenge, arity)
                _fri.join(folded, words(factor), self._words.pop(joining))
            self.layers.append((word, tree))
            self.challenges.append(challenge)
            word = folded
        self.final = interpolate(word, self._layout.final_length)
        stream.write("final polynomial", self.final.tobytes())

    def _tree(self, word: np.ndarray, arity: int) -> MerkleTree:
        blowup, rows = word.shape[1], word.shape[2] // arity
        leaves = {rows.bit_length() - 1: digests(blowup, rows)}
        _hash.word_leaf_digests(self._algorithm, word, arity, leaves[rows.bit_length() - 1])
        return MerkleTree(self._algorithm, leaves, "FRI trees")  # which empties the dict

    def open(self, positions: np.ndarray, write: Callable[[str, bytes], None]) -> None:
        """Write members of groups and siblings of every layer, as they stand in the proof."""
        for layer, (word, tree) in enumerate(self.layers):
            opened = OpenedLayer(self._layout, layer, positions)
            log_arity = self._layout.schedule.log_arities[layer]
            groups = groups_at(word, log_arity, opened.leaves)
            write(f"values of FRI layer {layer}", groups[~opened.known].tobytes())
            missing = groups_at(word, log_arity, tree.missing_leaves(opened.leaves))
            siblings = tree.siblings(opened.leaves, group_digests(self._algorithm, missing))
            write(f"siblings of FRI layer {layer}", siblings)


def groups_at(word: np.ndarray, log_arity: int, leaves: np.ndarray) -> np.ndarray:
    """What leaves of a layer hold: (k, arity, 3) uint64."""
    groups = np.empty((len(leaves), 1 << log_arity, 3), dtype=np.uint64)
    _paths.take_groups(word, leaves, groups)
    return groups


def group_digests(algorithm: int, groups: np.ndarray) -> np.ndarray:
    """Leaf digests of groups: (k, arity, 3) uint64 to (k, 32) uint8."""
    out = np.empty((len(groups), 32), dtype=np.uint8)
    if len(groups):
        width = 3 * groups.shape[1]
        block = np.ascontiguousarray(groups).reshape(1, len(groups), width)
        _hash.leaf_digests(algorithm, [block], [width], out[None])
    return out


class OpenedLayer:
    """Where the queries stand in one layer.

    Parameters
    ----------
    layout : Layout
    layer : int
    positions : (m,) int64 ndarray
        Distinct positions of the tallest domain, ascending.

    Attributes
    ----------
    leaves : (k,) int64 ndarray
        The layer's distinct leaves with a query, ascending.
    leaf, member : (m,) int64 ndarray
        Where each position stands: which of `leaves`, which member of that group.
    known : (k, arity) bool ndarray
        The members with a query. A proof carries the others, leaf by leaf, ascending.
    log_rows : int
        Log2 of the leaves of one coset.
    """

    __slots__ = ("_blowup", "known", "leaf", "leaves", "log_rows", "member")

    def __init__(self, layout: Layout, layer: int, positions: np.ndarray) -> None:
        log_height = layout.schedule.layers[layer]
        self._blowup = layout.blowup
        self.log_rows = log_height - layout.schedule.log_arities[layer]
        self.leaves = distinct_positions(positions, layout.log_max_height, self.log_rows)
        self.leaf, self.member = _paths.group_places(
            positions, layout.log_max_height, log_height, self.log_rows, self.leaves
        )
        self.known = np.zeros((len(self.leaves), layout.schedule.arities[layer]), dtype=bool)
        self.known[self.leaf, self.member] = True

    def carried(self) -> int:
        """Values that a proof carries: the members without a query."""
        return int(self.known.size - np.count_nonzero(self.known))

    def siblings(self) -> int:
        """Digests in the layer's multiproof."""
        return sibling_count(self._blowup, self.log_rows, self.leaves)

    def groups(self, carried: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Whole groups, (k, arity, 3), from the carried values and those known at the positions.

        Positions that share a member share its value as well: both fold the same group of the
        layer before and read the same rows.
        """
        groups = np.empty((*self.known.shape, 3), dtype=np.uint64)
        groups[~self.known] = carried
        groups[self.leaf, self.member] = expected
        return groups


def interpolate(word: np.ndarray, length: int) -> np.ndarray:
    """The first coefficients in y, constant first, of a word on all points: (length, 3).

    Coset 0 alone, whose points are exactly <g>, determines as many as it has points.
    """
    cosets = 1 if length <= word.shape[2] else word.shape[1]
    n = cosets * word.shape[2]
    # position (q, i) is w^(q + blowup i)
    values = np.ascontiguousarray(word[:, :cosets].transpose(2, 1, 0)).reshape(n, 3)
    out = np.empty((n, 3), dtype=np.uint64)
    _ntt.transform(_ntt.Plan(n.bit_length() - 1), values, out, True)
    return out[:length]


class FriVerifier:
    """The verifier's side of FRI, from opened groups.

    Parameters
    ----------
    algorithm : int
    layout : Layout
    roots : sequence of bytes
        One per fold.
    challenges : sequence of Element
        One per fold.
    final : (final_length, 3) uint64 ndarray
    positions : (m,) int64 ndarray
        Distinct positions, ascending.
    points : (m,) uint64 ndarray
        y at these positions.

    Attributes
    ----------
    layers : list of OpenedLayer
        One per fold.
    """

    def __init__(
        self,
        algorithm: int,
        layout: Layout,
        roots: Sequence[bytes],
        challenges: Sequence[Element],
        final: np.ndarray,
        positions: np.ndarray,
        points: np.ndarray,
    ) -> None:
        self._algorithm = algorithm
        self._layout = layout
        self._roots = roots
        self._challenges = challenges
        self._final = final
        self._points = points
        self.layers = [OpenedLayer(layout, k, positions) for k in range(layout.schedule.folds)]

    def check(
        self,
        carried: Sequence[np.ndarray],
        siblings: Sequence[np.ndarray],
        reduced: Mapping[int, np.ndarray],
    ) -> None:
        """Check every fold at every position.

        Parameters
        ----------
        carried : sequence of (n, 3) uint64 ndarray
            By layer, the members of groups that the proof carries.
        siblings : sequence of (k, 32) uint8 ndarray
        reduced : mapping of int to (m, 3) uint64 ndarray
            By log height, the value of the reduced word at each position, recomputed from the
            openings of the trees.

        Raises
        ------
        VerificationError
        """
        schedule = self._layout.schedule
        expected = reduced[schedule.layers[0]]
        points = self._points
        for layer, log_arity in enumerate(schedule.log_arities):
            opened = self.layers[layer]
            values = opened.groups(carried[layer], expected)
            self._check_root(layer, values, siblings[layer])
            # y of a group's first member: a member's y over W^member, W of order `arity`
            turns = inverse_turns(log_arity)[opened.member]
            first = np.empty(len(opened.leaves), dtype=np.uint64)
            first[opened.leaf] = mul(points, turns)
            folded = self._fold(values, first, log_arity, self._challenges[layer])
            expected = np.ascontiguousarray(folded[opened.leaf])
            points = power(points, 1 << log_arity)
            joining = schedule.joins[layer + 1]
            if joining is not None:
                factor = field.power(self._challenges[layer], 1 << log_arity)
                expected = ext_add(
                    expected, ext_mul(reduced[joining], repeated(factor, len(expected)))
                )
        self._check_final(points, expected)

    def _check_root(self, layer: int, groups: np.ndarray, siblings: np.ndarray) -> None:
        opened = self.layers[layer]
        root = recompute_root(
            self._algorithm,
            self._layout.blowup,
            opened.log_rows,
            opened.leaves,
            {opened.log_rows: group_digests(self._algorithm, groups)},
            siblings,
        )
        require(
            root == self._roots[layer],
            "FRI root",
            f"FRI layer {layer}: its root is not that of the opened values and of those "
            "computed from the layer before",
        )

    def _fold(
        self, values: np.ndarray, first: np.ndarray, log_arity: int, challenge: Element
    ) -> np.ndarray:
        """Fold opened groups, whose first members are at `first`: (m, arity, 3) to (m, 3)."""
        count, arity = len(first), 1 << log_arity
        # Along a group f(y W^j) = sum_k (y^k f_k) W^(jk): an inverse transform of length `arity`
        # gives y^k f_k, and the sum of (challenge / y)^k y^k f_k is evaluated by Horner's rule.
        columns = np.ascontiguousarray(values.transpose(1, 0, 2)).reshape(arity, 3 * count)
        parts = np.empty_like(columns)
        _ntt.transform(_ntt.Plan(log_arity), columns, parts, True)
        parts = parts.reshape(arity, count, 3)
        ratio = ext_scale(repeated(challenge, count), inverse(first))
        result = np.ascontiguousarray(parts[arity - 1])
        for k in range(arity - 2, -1, -1):
            result = ext_add(ext_mul(result, ratio), np.ascontiguousarray(parts[k]))
        return ext_scale(result, np.full(count, arity, dtype=np.uint64))

    def _check_final(self, points: np.ndarray, expected: np.ndarray) -> None:
        value = np.tile(self._final[-1], (len(points), 1))
        factors = np.repeat(points, 3)
        for coefficient in self._final[-2::-1]:
            scaled = mul(value.reshape(-1), factors).reshape(value.shape)
            value = ext_add(scaled, np.tile(coefficient, (len(points), 1)))
        require(
            np.array_equal(value, expected),
            "final polynomial",
            "the final polynomial does not go through the folded values",
        )


def domain_points(layout: Layout, positions: np.ndarray) -> np.ndarray:
    """y = w^(q + blowup i) at positions (q, i) of the tallest domain: (m,) uint64."""
    root = field.base_root(layout.log_max_height + layout.log_blowup)
    coset = positions >> layout.log_max_height
    row = positions & ((1 << layout.log_max_height) - 1)
    exponents = (coset + layout.blowup * row).tolist()
    return np.array([pow(root, e, field.P) for e in exponents], dtype=np.uint64)


@lru_cache
def inverse_turns(log_arity: int) -> np.ndarray:
    """W^-j for j < arity, W of order arity."""
    inverse = pow(field.base_root(log_arity), -1, field.P)
    return np.array([pow(inverse, j, field.P) for j in range(1 << log_arity)], dtype=np.uint64)
