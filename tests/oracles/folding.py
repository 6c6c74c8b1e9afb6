"""What FRI shows as a linear map of the words it folds, made by the prover's own folds.

Challenges and positions are given. Then all that a proof shows of FRI, the groups that are opened
and the final polynomial, is a linear function over F of what hides and of what is to be hidden:
ranks tell whether the former covers what the latter can change (`cstark.protocol.hiding`).
"""

from __future__ import annotations

from collections.abc import Sequence

import flint
import numpy as np

import cstark as cs
from cstark import field
from cstark.field import Element, P
from cstark.protocol.commitment import distinct_positions
from cstark.protocol.fri import FriProver, OpenedLayer, groups_at
from cstark.protocol.layout import Layout
from cstark.protocol.transcript import ALGORITHMS

Vector = list[Element]  # all that is shown of one word


class _Dictated:
    """Where a prover of FRI writes, and where its challenges come from."""

    def __init__(self, seed: int) -> None:
        self.transcript, self._seed = self, seed

    def write(self, label: str, data: bytes) -> None:
        """Nobody reads it."""

    def extension(self, label: str) -> Element:
        layer = int(label.rsplit(" ", 1)[1])
        a, b, c = np.random.default_rng((self._seed, layer)).integers(1, P, 3, np.uint64).tolist()
        return a, b, c


class Folding:
    """FRI of a layout under given challenges and positions.

    Parameters
    ----------
    layout : Layout
    positions : sequence of int
        Of the tallest domain, as a verifier draws them.
    seed : int
        Of the challenges.
    """

    def __init__(self, layout: Layout, positions: Sequence[int], seed: int = 0) -> None:
        self.layout, self.seed = layout, seed
        self.top = layout.log_max_height
        self.positions = np.unique(np.array(positions, dtype=np.int64))
        self.layers = [OpenedLayer(layout, k, self.positions) for k in range(layout.schedule.folds)]

    def seen(self, log_height: int) -> np.ndarray:
        """Where a code height is opened."""
        return distinct_positions(self.positions, self.top, log_height)

    def word(self, log_height: int, coefficients: Sequence[int]) -> np.ndarray:
        """A polynomial in y on all points, y = w^(q + blowup i) at (q, i): (3, blowup, M)."""
        blowup, height = self.layout.blowup, 1 << log_height
        padded = np.zeros((blowup * height, 1), dtype=np.uint64)
        padded[: len(coefficients), 0] = coefficients
        out = np.zeros((3, blowup, height), dtype=np.uint64)
        out[0] = cs.fft.ntt(padded).reshape(height, blowup).T
        return out

    def vanishing(self, log_height: int) -> list[int]:
        """The polynomial with the root y at each opened position of a code height."""
        root, blowup = field.base_root(log_height + self.layout.log_blowup), self.layout.blowup
        found = [1]
        for position in self.seen(log_height).tolist():
            coset, row = divmod(position, 1 << log_height)
            point = pow(root, coset + blowup * row, P)
            found = [
                (below - point * same) % P
                for below, same in zip([0, *found], [*found, 0], strict=True)
            ]
        return found

    def committed(self, log_height: int, word: np.ndarray) -> FriProver:
        """A prover that has folded this word, with 0 at all other code heights."""
        words = {
            height: np.zeros((3, self.layout.blowup, 1 << height), dtype=np.uint64)
            for height in self.layout.dimensions
        }
        words[log_height] = word
        prover = FriProver(ALGORITHMS[self.layout.key.options.hash], self.layout, words)
        prover.commit(_Dictated(self.seed))  # type: ignore[arg-type]
        return prover

    def shown(self, log_height: int, word: np.ndarray, hides: bool) -> Vector:
        """What a proof shows: opened groups of each layer, and the final polynomial.

        Of a word that `hides` also its values at the positions, as a tree shows them.
        """
        return self._shown(self.committed(log_height, word), word, hides)

    def _shown(self, prover: FriProver, word: np.ndarray, hides: bool) -> Vector:
        found = []
        for layer, (folded, _) in zip(self.layers, prover.layers, strict=True):
            found.append(groups_at(folded, layer.known.shape[1].bit_length() - 1, layer.leaves))
        coset, row = np.divmod(self.seen(self.top), 1 << self.top)
        own = word[:, coset, row].T if hides else np.zeros((len(coset), 3), dtype=np.uint64)
        return elements_of(*found, prover.final, own)

    def of_masks(self, count: int, log_height: int | None = None) -> list[Vector]:
        """What is shown of each coefficient of the word that hides, of degree below `count`."""
        height = self.top if log_height is None else log_height
        return [
            self.shown(height, self.word(height, [0] * k + [1]), height == self.top)
            for k in range(count)
        ]

    def of_words(self) -> list[Vector]:
        """What is shown of all reduced words that have given values, 0, where they are opened."""
        found = []
        for log_height, dimension in self.layout.dimensions.items():
            roots = self.vanishing(log_height)
            for k in range(dimension + 1 - len(roots)):
                word = self.word(log_height, [0] * k + roots)
                found.append(self.shown(log_height, word, False))
        return found

    def numbers(self) -> int:
        """Elements of F that a proof shows of FRI, each counted once: final polynomial and groups.

        An opened group shows its fold and arity - 1 more; less where the parts of its word have
        fewer coefficients than groups are opened.
        """
        found = self.layout.final_length
        for k, layer in enumerate(self.layers):
            found += (layer.known.shape[1] - 1) * min(len(layer.leaves), self.parts(k))
        return found

    def parts(self, layer: int) -> int:
        """Coefficients of the parts that a layer's fold combines."""
        schedule = self.layout.schedule
        return self.layout.final_length << schedule.layers[layer + 1] - schedule.layers[-1]

    def beyond(self, layer: int, leaf: int, coefficients: Sequence[int]) -> tuple[Vector, Vector]:
        """Of a word that hides: what is shown, with all that a layer folds to; and one leaf."""
        word = self.word(self.top, coefficients)
        prover = self.committed(self.top, word)
        whole = [folded.transpose(1, 2, 0) for folded, _ in prover.layers[layer + 1 : layer + 2]]
        arity = self.layout.schedule.log_arities[layer]
        group = groups_at(prover.layers[layer][0], arity, np.array([leaf]))
        return self._shown(prover, word, True) + elements_of(*whole, prover.final), elements_of(
            group
        )


def elements_of(*arrays: np.ndarray) -> Vector:
    """The elements of arrays whose last axis has the three coordinates."""
    rows = np.concatenate([array.reshape(-1, 3) for array in arrays])
    return [(a, b, c) for a, b, c in rows.tolist()]


def rank(vectors: Sequence[Vector]) -> int:
    """Over F: a third of the rank over F_p of all products with 1, w and w^2."""
    if not vectors:
        return 0
    numbers: list[int] = []
    for vector in vectors:
        for power in range(3):
            for value in vector:
                numbers += field.times_w(value, power)
    matrix = flint.nmod_mat(3 * len(vectors), 3 * len(vectors[0]), numbers, P)
    found, rest = divmod(matrix.rank(), 3)
    assert not rest
    return int(found)
