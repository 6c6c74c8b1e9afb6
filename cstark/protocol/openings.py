"""Out-of-domain openings and the DEEP combination.

For tables of height N all openings are at zeta and at zeta g. With one power of gamma for each
(column, point) pair, the reduced word of a height is

    r(x) = (v_0 - S_0(x)) / (zeta - x)  +  (v_1 - S_1(x)) / (zeta g - x)

where S_p(x) sums gamma^k f(x) over the columns f opened at point p and v_p sums gamma^k f(point).
One quotient per point: r is a polynomial exactly when every opened value is right (DEEP-ALI,
eprint 2019/336), and no rate is lost for tables of different heights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cstark import field
from cstark.field import Element
from cstark.kernels import _field, _openings, _runtime

from .commitment import Commitment
from .domain import Domain
from .layout import PIN, Layout, MatrixShape, OpeningGroup
from .matrix import Matrix
from .rows import ext_add, repeated, words

__all__ = [
    "Combination",
    "Pins",
    "PointWeights",
    "deep_word",
    "evaluate_openings",
    "evaluate_pins",
    "point_weights",
]


def weights_of(log_height: int, point: int) -> tuple[int, int]:
    """(point of the weights, rows by which they are moved) that serve a point of a height.

    The next row of what has as many rows as the code is that of the domain.
    """
    return (0, 1) if point == log_height else (point, 0)


def point_weights(layout: Layout, log_height: int) -> list[int]:
    """The points of a height that need weights of their own, see `OpeningGroup.point`."""
    return sorted({weights_of(log_height, g.point)[0] for g in layout.combined(log_height)})


class PointWeights:
    """What evaluating at zeta and zeta g needs at one height, shared by all matrices.

    Attributes
    ----------
    inverses : (3, 1, N) uint64 ndarray
        1 / (zeta - x) on coset 0, planar; deleted by `deep_word`.
    weights : (3, N) uint64 ndarray
        x_i / (zeta - x_i) on coset 0; only for the openings, which delete it.
    factor : Element
        (zeta^N - s^N) / (N s^N), the same for zeta and zeta g.
    """

    def __init__(self, domain: Domain, zeta: Element) -> None:
        n, shift = domain.height, domain.shifts[0]
        self.inverses = _runtime.aligned((3, 1, n), "point weights")
        _openings.inverse_differences(shift, 1, domain.log_height, words(zeta), self.inverses)
        self.weights = _runtime.aligned((3, n), "point weights")
        _openings.scale_by_points(shift, domain.log_height, self.inverses[:, 0, :], self.weights)
        # Barycentric interpolation on the coset s<g>, where prod_i (X - x_i) = X^N - s^N has the
        # derivative N x_i^(N-1) = N s^N / x_i at x_i:
        #   f(zeta) = (zeta^N - s^N) / (N s^N)  sum_i  x_i f(x_i) / (zeta - x_i).
        # At zeta g the weights are those at zeta, moved by one row.
        power = pow(shift, n, field.P)
        self._zeta = zeta
        self._above = field.sub(field.power(zeta, n), (power, 0, 0))
        self.factor = field.scale(self._above, pow(n * power, -1, field.P))

    def mask_weights(self, length: int, step: int) -> np.ndarray:
        """(3, length): (point^N - s^N) point^i, point = zeta step, for step^N = 1."""
        point, weight, found = field.scale(self._zeta, step), self._above, []
        for _ in range(length):
            found.append(weight)
            weight = field.mul(weight, point)
        return np.ascontiguousarray(np.array(found, dtype=np.uint64).T)


def evaluate_openings(
    layout: Layout,
    commitments: Sequence[Commitment],
    weights: dict[int, dict[int, PointWeights]],
) -> list[Element]:
    """All openings, in the order of the layout; `weights` are by log height, then by point."""
    values = [field.ZERO] * layout.openings
    for log_height in layout.groups:
        points = weights[log_height]
        for (tree, matrix), groups in by_matrix(layout.groups[log_height]).items():
            shape = layout.trees[tree].matrices[matrix]
            coset = commitments[tree].matrices[matrix].coset(0)
            for group in groups:
                values[group.start : group.start + len(group.columns)] = _opened(
                    coset, commitments[tree].matrices[matrix].masks, shape, points, group
                )
            del coset  # before another one is made
        for point in points.values():
            del point.weights
    return values


def by_matrix(groups: Sequence[OpeningGroup]) -> dict[tuple[int, int], list[OpeningGroup]]:
    """The groups of a height by (tree, matrix), so that each matrix is read once."""
    found: dict[tuple[int, int], list[OpeningGroup]] = {}
    for group in groups:
        found.setdefault((group.tree, group.matrix), []).append(group)
    return found


def _opened(
    coset: np.ndarray,
    masks: np.ndarray | None,
    shape: MatrixShape,
    points: dict[int, PointWeights],
    group: OpeningGroup,
) -> list[Element]:
    """The opened values of a group, from its matrix on coset 0 and what it has above degree N."""
    place, rotate = weights_of(shape.log_height, group.point)
    base = _columns_at(coset, masks, shape, points[place], rotate)
    if shape.extension:
        base = [
            field.add(
                base[3 * c],
                field.add(field.times_w(base[3 * c + 1], 1), field.times_w(base[3 * c + 2], 2)),
            )
            for c in range(shape.columns)
        ]
    return [base[c] for c in group.columns]


def _columns_at(
    coset: np.ndarray,
    masks: np.ndarray | None,
    shape: MatrixShape,
    point: PointWeights,
    rotate: int,
) -> list[Element]:
    """All base columns of a matrix at a point, or at that times g^rotate."""
    sums = np.empty((shape.width, 3), dtype=np.uint64)
    _openings.column_sums(coset, shape.width, point.weights, rotate, sums)
    base = [field.mul(point.factor, (a, b, c)) for a, b, c in sums.tolist()]
    if masks is not None:
        step = field.base_root(shape.log_rows) if rotate else 1
        _openings.column_sums(masks, shape.width, point.mask_weights(len(masks), step), 0, sums)
        more = [(a, b, c) for a, b, c in sums.tolist()]
        base = [field.add(value, other) for value, other in zip(base, more, strict=True)]
    return base


@dataclass(frozen=True)
class Pins:
    """What a shard says of its main columns before it knows any other challenge.

    Attributes
    ----------
    eta : Element
        Combines the columns of a height.
    omega : Element
        Where they are evaluated; outside the base field.
    values : dict of int to Element
        sum_c eta^c f_c(omega) over the main columns f_c of each code height, in the order of its
        leaf.
    """

    eta: Element
    omega: Element
    values: Mapping[int, Element]


NO_PINS = Pins(field.ONE, field.ZERO, {})


def evaluate_pins(
    layout: Layout,
    main: Commitment,
    domains: Callable[[int], Domain],
    eta: Element,
    omega: Element,
) -> Pins:
    """The pins of the main columns that have been committed to."""
    values = {}
    for log_height, groups in layout.pins.items():
        point = PointWeights(domains(log_height), omega)
        total, power = field.ZERO, field.ONE
        for group in groups:
            shape = layout.trees[group.tree].matrices[group.matrix]
            matrix = main.matrices[group.matrix]
            for value in _columns_at(matrix.coset(0), matrix.masks, shape, point, 0):
                total = field.add(total, field.mul(power, value))
                power = field.mul(power, eta)
        values[log_height] = total
    return Pins(eta, omega, values)


class Combination:
    """The openings and the powers of gamma that combine them: the numbers of DEEP.

    Parameters
    ----------
    layout : Layout
    gamma : Element
    openings : sequence of Element
        All opened values, in the order of the layout.
    zeta : Element
    pins : Pins, optional
        Where the layout has some.
    """

    def __init__(
        self,
        layout: Layout,
        gamma: Element,
        openings: Sequence[Element],
        zeta: Element,
        pins: Pins | None = None,
    ) -> None:
        self.layout = layout
        self.zeta = zeta
        self._openings = np.array(openings, dtype=np.uint64).reshape(-1, 3)
        factors = repeated(gamma, layout.terms)
        factors[0] = field.ONE
        self._powers = np.empty_like(factors)
        _field.scan("ext_mul", factors, self._powers)
        self._pins = NO_PINS if pins is None else pins

    def point(self, point: int) -> Element:
        """See `OpeningGroup.point`."""
        if point == PIN:
            return self._pins.omega
        return field.scale(self.zeta, field.base_root(point))

    def _power(self, number: int) -> Element:
        a, b, c = self._powers[number].tolist()
        return a, b, c

    def coefficients(self, group: OpeningGroup) -> np.ndarray:
        """(width, 3) uint64: what each base column of the group's matrix counts in S_p."""
        shape = self.layout.trees[group.tree].matrices[group.matrix]
        out = np.zeros((shape.width, 3), dtype=np.uint64)
        if group.point == PIN:
            power = field.mul(self._power(group.power), field.power(self._pins.eta, group.start))
            for column in group.columns:
                out[column] = power
                power = field.mul(power, self._pins.eta)
            return out
        columns = group.columns
        powers = self._powers[group.power : group.power + len(columns)]
        if shape.extension:
            for number, column in enumerate(columns):
                a, b, c = powers[number].tolist()
                for coordinate in range(3):
                    out[3 * column + coordinate] = field.times_w((a, b, c), coordinate)
        elif isinstance(columns, range):
            out[columns.start : columns.stop : columns.step] = powers
        else:
            out[list(columns)] = powers
        return out

    def value(self, log_height: int, point: int) -> Element:
        """v_p: the opened values of one height and point, combined."""
        if point == PIN:
            power = self._power(self.layout.pins[log_height][0].power)
            return field.mul(power, self._pins.values[log_height])
        total = field.ZERO
        for group in self.layout.groups[log_height]:
            if group.point == point:
                count = len(group.columns)
                part = _field.ext_dot(
                    self._powers[group.power : group.power + count],
                    self._openings[group.start : group.start + count],
                )
                total = field.add(total, part)
        return total

    def mask_coefficients(self, log_height: int) -> np.ndarray | None:
        """(3, 3) uint64: what the coordinates of a word that hides count; None if there is none."""
        if log_height not in self.layout.mask_powers:
            return None
        a, b, c = self._powers[self.layout.mask_powers[log_height]].tolist()
        return np.array([field.times_w((a, b, c), k) for k in range(3)], dtype=np.uint64)


def deep_word(
    combination: Combination,
    domain: Domain,
    commitments: Sequence[Commitment],
    weights: dict[int, PointWeights],
) -> np.ndarray:
    """The reduced word of one height: (3, blowup, N) uint64, planar.

    Its values on coset 0 determine it but for what masks add above degree N: the values are
    computed there, from all the columns, and three columns are extended to the other cosets.
    """
    more = _reduced_masks(combination, domain.log_height, commitments)
    # no name for it: it is to be freed on the way
    return extend_word(domain, _reduced_first(combination, domain, commitments, weights), more)


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
            sums[group.point] = own.T if before is None else _added(before, own.T)
    total = np.zeros((0, 3), dtype=np.uint64)
    weight = combination.mask_coefficients(log_height)
    if weight is not None:
        masks = _mask_matrix(combination.layout, log_height, commitments).masks
        if masks is not None:
            own = np.zeros((3, len(masks)), dtype=np.uint64)
            _openings.row_sums(masks, weight, own, False)
            total = np.ascontiguousarray(own.T)
    for point, rows in sums.items():
        at = combination.point(point)
        quotient = np.zeros((len(rows), 3), dtype=np.uint64)
        value = field.ZERO
        for k in range(len(rows) - 1, 0, -1):  # Horner's rule leaves the quotient by X - p
            value = field.add(field.mul(value, at), tuple(rows[k].tolist()))
            quotient[k - 1] = value
        total = _added(total, quotient)
    return total if len(total) else None


def _added(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The sum of coefficients, (m, 3) and (n, 3)."""
    long, short = (a, b) if len(a) >= len(b) else (b, a)
    out = np.array(long, dtype=np.uint64)
    out[: len(short)] = ext_add(
        np.ascontiguousarray(out[: len(short)]), np.ascontiguousarray(short)
    )
    return out


def _reduced_first(
    combination: Combination,
    domain: Domain,
    commitments: Sequence[Commitment],
    weights: dict[int, PointWeights],
) -> np.ndarray:
    """The reduced word on coset 0: (3, 1, N), planar."""
    sums: dict[int, np.ndarray] = {}
    for (tree, matrix), groups in by_matrix(combination.layout.combined(domain.log_height)).items():
        coset = commitments[tree].matrices[matrix].coset(0)
        for group in groups:
            begun = group.point in sums
            if not begun:
                sums[group.point] = _runtime.aligned((3, 1, domain.height), "DEEP sums")
            coefficients = combination.coefficients(group)
            _openings.row_sums(coset, coefficients, sums[group.point][:, 0, :], begun)
        del coset
    points = sorted(sums)
    total = sums[points[0]]  # the first quotient takes the place of its sums
    for point in points:
        place, rotate = weights_of(domain.log_height, point)
        value = words(combination.value(domain.log_height, point))
        own = sums.pop(point)
        inverses = weights[place].inverses
        _openings.add_quotient(own, value, inverses, rotate, total, own is not total)
    weights.clear()
    weight = combination.mask_coefficients(domain.log_height)
    if weight is not None:
        mask = _mask_matrix(combination.layout, domain.log_height, commitments)
        _openings.row_sums(mask.coset(0), weight, total[:, 0, :], True)
    return total


def _mask_matrix(layout: Layout, log_height: int, commitments: Sequence[Commitment]) -> Matrix:
    """The word that hides those of FRI."""
    [found] = [
        commitment.matrices[m]
        for tree, commitment in zip(layout.trees, commitments, strict=True)
        for m in tree.at(log_height)
        if tree.matrices[m].is_mask
    ]
    return found


def extend_word(domain: Domain, first: np.ndarray, more: np.ndarray | None = None) -> np.ndarray:
    """Extend a word from coset 0, (3, 1, N), to all cosets: (3, blowup, N).

    `more` are the coefficients that it has above degree N, see `Domain.lde`.
    """
    rows = _runtime.aligned((domain.blowup - 1, domain.height, 3), "DEEP sums")
    _openings.word_to_rows(first[:, 0, :], rows[-1])
    del first
    word = _runtime.aligned((3, domain.blowup, domain.height), "reduced words")
    _openings.rows_to_word(rows[-1], word[:, 0, :])
    domain.lde(rows[-1], domain.shifts[0], cosets=range(1, domain.blowup), out=rows, masks=more)
    for coset in range(1, domain.blowup):
        _openings.rows_to_word(rows[coset - 1], word[:, coset, :])
    return word
