"""Out-of-domain openings and the DEEP combination.

For tables of height N all openings are at zeta and at zeta g. With one power of gamma for each
(column, point) pair, the reduced word of a height is

    r(x) = (v_0 - S_0(x)) / (zeta - x)  +  (v_1 - S_1(x)) / (zeta g - x)

where S_p(x) sums gamma^k f(x) over the columns f opened at point p and v_p sums gamma^k f(point).
One quotient per point: r is a polynomial exactly when every opened value is right (DEEP-ALI,
eprint 2019/336), and no rate is lost for tables of different heights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cstark import extension as ext
from cstark.kernels import _openings, _runtime

from .commitment import Commitment
from .domain import Domain
from .layout import Layout, OpeningGroup

__all__ = ["deep_word", "evaluate_openings", "gamma_powers", "matrix_coefficients", "point_value"]

Extension = ext.Element


def _words(value: Extension) -> np.ndarray:
    return np.array(value, dtype=np.uint64)


class PointWeights:
    """What evaluating at zeta and zeta g needs at one height, shared by all matrices.

    Attributes
    ----------
    inverses : (3, 1, N) uint64 ndarray or None
        1 / (zeta - x) on coset 0, planar; given up by `deep_word`.
    weights : (3, N) uint64 ndarray or None
        x_i / (zeta - x_i) on coset 0; only for the openings.
    factor : Extension
        (zeta^N - s^N) / (N s^N), the same for zeta and zeta g.
    """

    def __init__(self, domain: Domain, zeta: Extension) -> None:
        n, shift = domain.height, domain.shifts[0]
        self.inverses: np.ndarray | None = _runtime.aligned((3, 1, n))
        _openings.inverse_differences(shift, 1, domain.log_height, _words(zeta), self.inverses)
        self.weights: np.ndarray | None = _runtime.aligned((3, n))
        _openings.scale_by_points(shift, domain.log_height, self.inverses[:, 0, :], self.weights)
        # Barycentric interpolation on the coset s<g>, where prod_i (X - x_i) = X^N - s^N has the
        # derivative N x_i^(N-1) = N s^N / x_i at x_i:
        #   f(zeta) = (zeta^N - s^N) / (N s^N)  sum_i  x_i f(x_i) / (zeta - x_i).
        # At zeta g the weights are those at zeta, moved by one row.
        power = pow(shift, n, ext.P)
        above = ext.sub(ext.power(zeta, n), (power, 0, 0))
        self.factor = ext.scale(above, pow(n * power, -1, ext.P))


def evaluate_openings(
    layout: Layout,
    commitments: Sequence[Commitment],
    weights: dict[int, PointWeights],
) -> list[Extension]:
    """All openings, in the order of the layout."""
    values: list[Extension] = []
    for log_height, groups in layout.groups.items():
        point = weights[log_height]
        for group in groups:
            shape = layout.trees[group.tree].matrices[group.matrix]
            matrix = commitments[group.tree].matrices[group.matrix][0]
            sums = np.empty((shape.width, 3), dtype=np.uint64)
            _openings.column_sums(matrix, shape.width, point.weights, int(group.next), sums)
            base = [ext.mul(point.factor, tuple(row)) for row in sums.tolist()]
            if shape.extension:
                base = [
                    ext.add(
                        base[3 * c],
                        ext.add(ext.times_w(base[3 * c + 1], 1), ext.times_w(base[3 * c + 2], 2)),
                    )
                    for c in range(shape.columns)
                ]
            values += [base[c] for c in group.columns]
        point.weights = None
    return values


def gamma_powers(gamma: Extension, count: int) -> list[Extension]:
    """1, gamma, gamma^2, ..."""
    powers, power = [], ext.ONE
    for _ in range(count):
        powers.append(power)
        power = ext.mul(power, gamma)
    return powers


def matrix_coefficients(
    layout: Layout, group: OpeningGroup, powers: Sequence[Extension]
) -> np.ndarray:
    """(width, 3) uint64: what each base column of the group's matrix counts in S_p."""
    shape = layout.trees[group.tree].matrices[group.matrix]
    out = np.zeros((shape.width, 3), dtype=np.uint64)
    for number, column in enumerate(group.columns):
        power = powers[group.start + number]
        if shape.extension:
            for coordinate in range(3):
                out[3 * column + coordinate] = ext.times_w(power, coordinate)
        else:
            out[column] = power
    return out


def point_value(
    groups: Sequence[OpeningGroup],
    is_next: bool,
    powers: Sequence[Extension],
    openings: Sequence[Extension],
) -> Extension:
    """v_p: the opened values of one height and point, combined."""
    total = ext.ZERO
    for group in groups:
        if group.next == is_next:
            for k in range(group.start, group.start + len(group.columns)):
                total = ext.add(total, ext.mul(powers[k], openings[k]))
    return total


def deep_word(
    layout: Layout,
    domain: Domain,
    commitments: Sequence[Commitment],
    weights: PointWeights,
    powers: Sequence[Extension],
    openings: Sequence[Extension],
) -> np.ndarray:
    """The reduced word of one height: (3, blowup, N) uint64, planar.

    It has degree below N, so its values on coset 0 determine it: they are computed there, from
    all the columns, and three columns are extended to the other cosets.
    """
    groups = layout.groups[domain.log_height]
    n = domain.height
    first = _runtime.aligned((3, 1, n))
    first[:] = 0
    sums = _runtime.aligned((3, 1, n))
    for is_next in (False, True):
        members = [group for group in groups if group.next == is_next]
        for position, group in enumerate(members):
            matrix = commitments[group.tree].matrices[group.matrix]
            coefficients = matrix_coefficients(layout, group, powers)
            _openings.row_sums(matrix[0], coefficients, sums[:, 0, :], position > 0)
        if members:
            value = _words(point_value(groups, is_next, powers, openings))
            _openings.add_quotient(sums, value, weights.inverses, int(is_next), first)
    del sums
    weights.inverses = None
    return extend_word(domain, first[:, 0, :])


def extend_word(domain: Domain, first: np.ndarray) -> np.ndarray:
    """From its values on coset 0, (3, N), a word of degree below N on all: (3, blowup, N)."""
    word = _runtime.aligned((3, domain.blowup, domain.height))
    word[:, 0, :] = first
    others = domain.lde(np.ascontiguousarray(first.T), domain.shifts[0], cosets=slice(1, None))
    for coset in range(1, domain.blowup):
        word[:, coset, :] = others[coset - 1, :, :3].T
    return word
