"""Columns on a few points off their code: what the remainder of a quotient is computed from.

The remainder of a quotient has few coefficients, so its values on v<w>, w of order m, determine
it; but where the chunks interpolate the quotient on all cosets of the code, none of the code's
points has one. There columns are known by their remainders modulo X^m - v^m, and modulo X^m - (v
g)^m for the next row: sums of m-th coefficients, taken while the transform has them in the cache.
Codes that are taller than their tables have a coset without chunks, of which m points will do.
"""

from __future__ import annotations

import numpy as np

from cstark.field import P, base_root
from cstark.kernels import _field, _ntt, _openings, _runtime
from cstark.program.powers import powers

from .domain import Domain, scale_rows

__all__ = [
    "Fold",
    "fold_length",
    "fold_point",
    "inverse_first",
    "inverse_zerofiers",
    "periodic_values",
    "points_of_coset",
]


def fold_point(offset: int) -> int:
    """v: the least number that is in no coset of a code with this offset, nor in a trace domain."""
    v = 2
    while pow(v, 1 << 32, P) == 1 or pow(v, 1 << 32, P) == pow(offset, 1 << 32, P):
        v += 1
    return v


def fold_length(domain: Domain, coefficients: int) -> int:
    """m: a power of two, at least as large as a number of coefficients and as a transform needs."""
    return max(_ntt.outer_rows(domain.plan), 1 << (coefficients - 1).bit_length())


class Fold:
    """The columns of a matrix modulo X^m - v^m and X^m - (v g)^m.

    Parameters
    ----------
    domain : Domain
        Of the code.
    log_rows : int
        Log2 of the rows of the table, which g generates.
    length : int
        m, a power of two up to the height of the code.
    width : int
    point : int
        v.
    """

    def __init__(self, domain: Domain, log_rows: int, length: int, width: int, point: int) -> None:
        self._domain = domain
        self._length = length
        self._points = point, point * base_root(log_rows) % P
        self._shift = 1
        self._values = _runtime.aligned((2, length, width), "folded columns")

    def begin(self, shift: int) -> tuple[np.ndarray, np.ndarray]:
        """Where the transform of f(shift X) puts the folds, and the weights it takes."""
        self._shift, count = shift, self._domain.height // self._length
        inverse = pow(shift, -1, P)
        weights = [powers(pow(v * inverse, self._length, P), count) for v in self._points]
        return self._values, np.stack(weights)

    def take(self, coefficients: np.ndarray) -> None:
        """Fold columns whose coefficients are at hand: (n, width), n a multiple of m."""
        count, width = len(coefficients) // self._length, coefficients.shape[1]
        weights = np.zeros((3, count), dtype=np.uint64)
        for k, point in enumerate(self._points):
            weights[k] = powers(pow(point, self._length, P), count)
        sums = np.empty((self._length * width, 3), dtype=np.uint64)
        rows = coefficients.reshape(count, self._length * width)
        _openings.column_sums(rows, len(sums), weights, 0, sums)
        for k in range(2):
            self._values[k] = sums[:, k].reshape(self._length, width)

    def finish(self, masks: np.ndarray | None, following: bool) -> np.ndarray:
        """Values on v<w>, or in turn there and at the next rows: (m, width) or (2 m, width).

        Parameters
        ----------
        masks : (h, width) uint64 ndarray, optional
            The columns have these as well, see `Domain.lde`.
        following : bool
            With the next rows.
        """
        step = 1 + following
        out = np.empty((step * self._length, self._values.shape[2]), dtype=np.uint64)
        plan = _ntt.Plan(self._length.bit_length() - 1)
        n = self._domain.height
        for k, point in enumerate(self._points[:step]):
            folded = self._values[k]
            scale_rows(folded, powers(point * pow(self._shift, -1, P), self._length), folded)
            if masks is not None:
                factor = (pow(point, n, P) - pow(self._shift, n, P)) % P
                own = np.empty(masks.shape, dtype=np.uint64)
                scale_rows(masks, scaled_powers(point, len(masks), factor), own)
                _field.add(
                    folded[: len(own)].reshape(-1), own.reshape(-1), folded[: len(own)].reshape(-1)
                )
            values = np.empty_like(folded)
            _ntt.transform(plan, folded, values, False)
            out[k::step] = values
        return out


def scaled_powers(base: int, count: int, factor: int) -> np.ndarray:
    """factor base^i for i < count."""
    out = np.empty(count, dtype=np.uint64)
    _field.mul(powers(base, count), np.full(count, factor, dtype=np.uint64), out)
    return out


def inverse_first(log_rows: int, point: int, length: int) -> np.ndarray:
    """1 / (x - 1) on v<w>, and in turn at the next rows of tables of 2^log_rows: (2 m,)."""
    out = np.empty(2 * length, dtype=np.uint64)
    for k, start in enumerate((point, point * base_root(log_rows) % P)):
        found = np.empty(length, dtype=np.uint64)
        _openings.inverse_points(start, length.bit_length() - 1, found)
        out[k::2] = found
    return out


def inverse_zerofiers(log_rows: int, point: int, length: int) -> np.ndarray:
    """1 / (x^N - 1) on v<w> for tables of N = 2^log_rows rows: (m,)."""
    step = pow(base_root(length.bit_length() - 1), 1 << log_rows, P)
    period = max(1, length >> log_rows)
    power, found = pow(point, 1 << log_rows, P), []
    for _ in range(period):
        found.append(pow(power - 1, -1, P))
        power = power * step % P
    return np.tile(np.array(found, dtype=np.uint64), length // period)


def periodic_values(values: np.ndarray, rows: int, point: int, length: int) -> np.ndarray:
    """A periodic column of a table of so many rows on v<w>, each value twice: (2 q,), q at most m.

    It has the values of a polynomial of degree below the period P at X^(rows / P), which takes q
    different values there.
    """
    period = len(values)
    stride = rows // period
    start, count = pow(point, stride, P), max(1, length // stride)
    coefficients = np.empty((period, 1), dtype=np.uint64)
    source = np.asarray(values, dtype=np.uint64).reshape(period, 1)
    _ntt.transform(_ntt.Plan(period.bit_length() - 1), source, coefficients, True)
    terms = np.zeros(max(period, count), dtype=np.uint64)
    _field.mul(coefficients.reshape(-1), powers(start, period), terms[:period])
    while len(terms) > count:  # on the roots of unity of order `count`
        half = len(terms) // 2
        shorter = np.empty(half, dtype=np.uint64)
        _field.add(terms[:half], terms[half:], shorter)
        terms = shorter
    out = np.empty((count, 1), dtype=np.uint64)
    _ntt.transform(_ntt.Plan(count.bit_length() - 1), terms.reshape(count, 1), out, False)
    return np.repeat(out.reshape(-1), 2)


def points_of_coset(coset: np.ndarray, length: int, log_rows: int) -> np.ndarray:
    """Columns at every (M / m)-th point of a coset of a code, and in turn at the next rows.

    Parameters
    ----------
    coset : (M, width) uint64 ndarray
    length : int
        m.
    log_rows : int
        Log2 of the rows of the table: the next one is M / rows points on.
    """
    height = len(coset)
    out = np.empty((2 * length, coset.shape[1]), dtype=np.uint64)
    out[::2] = coset[:: height // length]
    places = np.arange(0, height, height // length) + (height >> log_rows)
    out[1::2] = coset[places % height]
    return out
