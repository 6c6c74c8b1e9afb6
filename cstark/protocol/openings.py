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
from .rows import ext_add, ext_mul, ext_powers, repeated, words

__all__ = [
    "Combination",
    "Pins",
    "PointWeights",
    "evaluate_openings",
    "evaluate_pins",
    "point_weights",
]

W, W2 = field.times_w(field.ONE, 1), field.times_w(field.ONE, 2)


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
        1 / (zeta - x) on coset 0, planar; for `deep_words`.
    weights : (3, N) uint64 ndarray
        x_i / (zeta - x_i) on coset 0; only for the openings, which empty it.
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
        point = field.scale(self._zeta, step)
        return np.ascontiguousarray(ext_powers(point, length, self._above).T)


def evaluate_openings(
    layout: Layout,
    commitments: Sequence[Commitment],
    weights: dict[int, dict[int, PointWeights]],
) -> list[Element]:
    """All openings, in the order of the layout; `weights` are by log height, then by point."""
    values = [field.ZERO] * layout.openings
    waiting = _Waiting(values)
    for log_height in layout.groups:
        points, held = weights[log_height], True
        for (tree, matrix), groups in by_matrix(layout.groups[log_height]).items():
            committed = commitments[tree].matrices[matrix]
            shape = layout.trees[tree].matrices[matrix]
            coset = committed.coset(0)
            for group in groups:
                waiting.add(coset, committed.masks, shape, points, group)
            del coset
            if not committed.held:  # before another one is made
                waiting.run()
                held = False
        if not held:
            waiting.run()
            _forget(points)
    waiting.run()
    for points in weights.values():
        _forget(points)
    return values


def _forget(points: dict[int, PointWeights]) -> None:
    """Free what only the openings of a height need."""
    for point in points.values():
        point.weights = np.empty((3, 0), dtype=np.uint64)


def by_matrix(groups: Sequence[OpeningGroup]) -> dict[tuple[int, int], list[OpeningGroup]]:
    """The groups of a height by (tree, matrix), so that each matrix is read once."""
    found: dict[tuple[int, int], list[OpeningGroup]] = {}
    for group in groups:
        found.setdefault((group.tree, group.matrix), []).append(group)
    return found


class _Waiting:
    """Groups to be opened, in one parallel region for all.

    Parameters
    ----------
    values : list of Element
        Where the opened values go.
    """

    def __init__(self, values: list[Element]) -> None:
        self._values = values
        self._calls: list[ColumnCall] = []
        self._groups: list[tuple[OpeningGroup, MatrixShape, PointWeights, list[np.ndarray]]] = []

    def add(
        self,
        coset: np.ndarray,
        masks: np.ndarray | None,
        shape: MatrixShape,
        points: dict[int, PointWeights],
        group: OpeningGroup,
    ) -> None:
        """Take a group of a matrix: its values on coset 0, and what it has above degree N."""
        place, rotate = weights_of(shape.log_height, group.point)
        point = points[place]
        calls = _column_calls(coset, masks, shape, point, rotate)
        self._groups.append((group, shape, point, [call[-1] for call in calls]))
        self._calls += calls

    def run(self) -> None:
        """Evaluate what waits."""
        if not self._calls:
            return
        _openings.column_sums_many(self._calls)
        opened = _columns_of([(point, sums) for _, _, point, sums in self._groups])
        places = [k for k, (_, shape, _, _) in enumerate(self._groups) if shape.extension]
        if places:
            joined = _joined(np.concatenate([opened[k] for k in places]))
            for k in places:
                columns = self._groups[k][1].columns
                opened[k], joined = joined[:columns], joined[columns:]
        for (group, _, _, _), values in zip(self._groups, opened, strict=True):
            listed = values.tolist()
            chosen: list[Element] = [tuple(listed[c]) for c in group.columns]
            self._values[group.start : group.start + len(chosen)] = chosen
        self._calls, self._groups = [], []


def _joined(coordinates: np.ndarray) -> np.ndarray:
    """Values over F from the values of their coordinates as polynomials: (3 m, 3) to (m, 3)."""
    a, b, c = (np.ascontiguousarray(coordinates[k::3]) for k in range(3))
    return ext_add(a, ext_add(ext_mul(b, repeated(W, len(b))), ext_mul(c, repeated(W2, len(c)))))


ColumnCall = tuple[np.ndarray, int, np.ndarray, int, np.ndarray]  # of `_openings.column_sums`


def _column_calls(
    coset: np.ndarray,
    masks: np.ndarray | None,
    shape: MatrixShape,
    point: PointWeights,
    rotate: int,
) -> list[ColumnCall]:
    """What computes all base columns of a matrix at a point, or at that times g^rotate."""
    sums = np.empty((shape.width, 3), dtype=np.uint64)
    calls = [(coset, shape.width, point.weights, rotate, sums)]
    if masks is not None:
        step = field.base_root(shape.log_rows) if rotate else 1
        more = point.mask_weights(len(masks), step)
        calls.append((masks, shape.width, more, 0, np.empty_like(sums)))
    return calls


def _columns_of(groups: Sequence[tuple[PointWeights, Sequence[np.ndarray]]]) -> list[np.ndarray]:
    """The columns of each group, (width, 3), once its `_column_calls` have been computed."""
    widths = [len(sums[0]) for _, sums in groups]
    factors = np.array([point.factor for point, _ in groups], dtype=np.uint64)
    own = np.concatenate([sums[0] for _, sums in groups])
    base = ext_mul(own, np.repeat(factors, widths, axis=0))
    found, end = [], 0
    for (_, sums), width in zip(groups, widths, strict=True):
        start, end = end, end + width
        columns = base[start:end]
        for more in sums[1:]:
            columns = ext_add(columns, more)
        found.append(columns)
    return found


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
            calls = _column_calls(matrix.coset(0), matrix.masks, shape, point, 0)
            _openings.column_sums_many(calls)
            [opened] = _columns_of([(point, [call[-1] for call in calls])])
            del calls  # before another coset is made
            for a, b, c in opened.tolist():
                total = field.add(total, field.mul(power, (a, b, c)))
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
        self._powers = powers = ext_powers(gamma, layout.terms)
        # of each power: what the three coordinates of an extension column count, see `_joined`
        turned = [ext_mul(powers, repeated(w, len(powers))) for w in (W, W2)]
        self._coordinates = np.stack([powers, *turned], axis=1)
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
            coordinates = self._coordinates[group.power : group.power + len(columns)]
            out.reshape(-1, 3, 3)[list(columns)] = coordinates
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
        groups = [group for group in self.layout.groups[log_height] if group.point == point]
        count = sum(len(group.columns) for group in groups)  # one after another in both lists
        first = groups[0]
        return _field.ext_dot(
            self._powers[first.power : first.power + count],
            self._openings[first.start : first.start + count],
        )

    def mask_coefficients(self, log_height: int) -> np.ndarray | None:
        """(3, 3) uint64: what the coordinates of a word that hides count; None if there is none."""
        if log_height not in self.layout.mask_powers:
            return None
        found: np.ndarray = self._coordinates[self.layout.mask_powers[log_height]].copy()
        return found
