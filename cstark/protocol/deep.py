"""The reduced words of a prover: the quotients of all openings of a height, combined.

See `cstark.protocol.openings`. The values of a word on coset 0 determine it but for what masks add
above degree N: they are computed there, from all the columns, and three columns are extended to
the other cosets. Short heights share the parallel regions of others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cstark import field
from cstark.field import Element
from cstark.kernels import _field, _openings, _runtime

from .commitment import Commitment
from .domain import TOGETHER, Domain, Extensions
from .layout import Layout
from .masked import added
from .matrix import Matrix
from .openings import Combination, PointWeights, by_matrix, weights_of
from .rows import ext_mul, ext_powers, words

__all__ = ["deep_words"]


def deep_words(
    combination: Combination,
    domains: Callable[[int], Domain],
    commitments: Sequence[Commitment],
    weights: dict[int, dict[int, PointWeights]],
) -> dict[int, np.ndarray]:
    """The reduced word of each height: (3, blowup, N) uint64, planar.

    Parameters
    ----------
    combination : Combination
    domains : callable
        The domain of a log height.
    commitments : sequence of Commitment
        In the order of the layout's trees.
    weights : dict
        By log height, then by point; emptied.
    """
    found: dict[int, np.ndarray] = {}
    waiting: list[_Word] = []
    size = 0
    for log_height in combination.layout.groups:
        word = _Word(combination, domains(log_height), commitments, weights.pop(log_height))
        waiting.append(word)
        size += 3 * word.domain.height
        if size > TOGETHER:
            _finish(waiting, found)
            size = 0
    _finish(waiting, found)
    return found


class _Word:
    """The word of one height on coset 0, which waits to be computed.

    Attributes
    ----------
    call : tuple
        What `_openings.combine` takes.
    first : (3, 1, N) uint64 ndarray
        What it leaves: the word.
    """

    def __init__(
        self,
        combination: Combination,
        domain: Domain,
        commitments: Sequence[Commitment],
        weights: dict[int, PointWeights],
    ) -> None:
        self.domain = domain
        self._combination = combination
        self._commitments = commitments
        log_height = domain.log_height
        sums: dict[int, np.ndarray] = {}
        parts: list[tuple[Any, ...]] = []
        for (tree, matrix), groups in by_matrix(combination.layout.combined(log_height)).items():
            committed = commitments[tree].matrices[matrix]
            coset = committed.coset(0)
            for group in groups:
                begun = group.point in sums
                if not begun:
                    sums[group.point] = _runtime.aligned((3, 1, domain.height), "DEEP sums")
                out = sums[group.point][:, 0, :]
                parts.append((coset, combination.coefficients(group), out, begun))
            del coset
            if not committed.held:  # before another one is made
                _openings.combine([(parts, [])])
                parts = []
        points = sorted(sums)
        self.first = sums[points[0]]  # the first quotient takes the place of its sums
        quotients = []
        for point in points:
            place, rotate = weights_of(log_height, point)
            value = words(combination.value(log_height, point))
            own, inverses = sums[point], weights[place].inverses
            quotients.append((own, value, inverses, rotate, self.first, point != points[0]))
        self.call = parts, quotients

    def cover(self) -> None:
        """Add the word that hides, if there is one."""
        log_height = self.domain.log_height
        weight = self._combination.mask_coefficients(log_height)
        if weight is not None:
            mask = _mask_matrix(self._combination.layout, log_height, self._commitments)
            _openings.row_sums(mask.coset(0), weight, self.first[:, 0, :], True)

    def extend(self, waiting: Extensions) -> tuple[np.ndarray, np.ndarray]:
        """The word on all cosets, planar, and its rows on all but the first, from `waiting`.

        Only the first coset of the word is filled.
        """
        domain = self.domain
        more = _reduced_masks(self._combination, domain.log_height, self._commitments)
        rows = _runtime.aligned((domain.blowup - 1, domain.height, 3), "DEEP sums")
        _openings.word_to_rows(self.first[:, 0, :], rows[-1])
        del self.first
        word = _runtime.aligned((3, domain.blowup, domain.height), "reduced words")
        _openings.rows_to_word(rows[-1], word[:, 0, :])
        domain.lde(
            rows[-1], domain.shifts[0],
            cosets=range(1, domain.blowup), out=rows, masks=more, waiting=waiting,
        )  # fmt: skip
        return word, rows


def _finish(waiting: list[_Word], found: dict[int, np.ndarray]) -> None:
    """Compute the words that wait, and put them into `found`."""
    _openings.combine([word.call for word in waiting])
    extensions, extended = Extensions(), []
    for word in waiting:
        del word.call
        word.cover()
        extended.append((word.domain.log_height, *word.extend(extensions)))
    extensions.run()
    waiting.clear()
    for log_height, values, rows in extended:
        for coset in range(1, values.shape[1]):
            _openings.rows_to_word(rows[coset - 1], values[:, coset, :])
        found[log_height] = values


def _reduced_masks(
    combination: Combination, log_height: int, commitments: Sequence[Commitment]
) -> np.ndarray | None:
    """What the reduced word has above degree N, as coefficients, (h, 3); see `Domain.lde`.

    With S_p = a + (X^N - s^N) r, of which a has degree below N, the quotient of point p is

        (S_p - v_p) / (X - p) = (X^N - s^N) (r - r(p)) / (X - p) + a polynomial of degree below N.
    """
    sums: dict[int, np.ndarray] = {}
    for (tree, matrix), groups in by_matrix(combination.layout.combined(log_height)).items():
        masks = commitments[tree].matrices[matrix].masks
        if masks is None:
            continue
        for group in groups:
            own = np.zeros((3, len(masks)), dtype=np.uint64)
            _openings.row_sums(masks, combination.coefficients(group), own, False)
            before = sums.get(group.point)
            sums[group.point] = own.T if before is None else added(before, own.T)
    total = np.zeros((0, 3), dtype=np.uint64)
    weight = combination.mask_coefficients(log_height)
    if weight is not None:
        masks = _mask_matrix(combination.layout, log_height, commitments).masks
        if masks is not None:
            own = np.zeros((3, len(masks)), dtype=np.uint64)
            _openings.row_sums(masks, weight, own, False)
            total = np.ascontiguousarray(own.T)
    for point, rows in sums.items():
        total = added(total, _divided(rows, combination.point(point)))
    return total if len(total) else None


def _divided(rows: np.ndarray, point: Element) -> np.ndarray:
    """The quotient of a polynomial by X - p, p not 0, without what is left: (n, 3) to (n - 1, 3).

    Coefficient k is the sum of rows[j] p^(j - k - 1) over j > k.
    """
    count = len(rows) - 1
    terms = ext_mul(np.ascontiguousarray(rows[:0:-1]), ext_powers(point, count)[::-1].copy())
    _field.scan("add", terms, terms)
    return ext_mul(terms[::-1].copy(), ext_powers(field.inverse(point), count))


def _mask_matrix(layout: Layout, log_height: int, commitments: Sequence[Commitment]) -> Matrix:
    """The word that hides those of FRI."""
    [found] = [
        commitment.matrices[m]
        for tree, commitment in zip(layout.trees, commitments, strict=True)
        for m in tree.at(log_height)
        if tree.matrices[m].is_mask
    ]
    return found
