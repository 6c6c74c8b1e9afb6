"""Evaluation domains, shared: everything that depends on a height alone is computed once.

The key of the cache is all that a domain depends on: log height, blowup and coset offset.
(Leaving the offset out once made two tables of another prover share a wrong domain.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cstark.field import P, base_root
from cstark.kernels import _field, _ntt, _openings, _runtime
from cstark.program.powers import powers

from .recent import Recent

if TYPE_CHECKING:
    from .fold import Fold

__all__ = ["Domain", "DomainCache", "Extensions", "scale_rows", "scaled"]

TOGETHER = 1 << 19
"""Words of the sources that wait to be extended: with more they are."""

_BLOCK = 1 << 10  # rows: their factors, repeated for each column, stay in the cache


def scaled(rows: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """A copy of rows, each times its factor."""
    out = np.empty(rows.shape, dtype=np.uint64)
    scale_rows(rows, factors, out)
    return out


def scale_rows(rows: np.ndarray, factors: np.ndarray, out: np.ndarray) -> None:
    """Each row times its factor: (n, width), (n,) to (n, width); `out` may be `rows`."""
    for first in range(0, len(rows), _BLOCK):
        part = slice(first, first + _BLOCK)
        repeated = np.repeat(factors[part], rows.shape[1])
        _field.mul(rows[part].reshape(-1), repeated, out[part].reshape(-1))


class Extensions:
    """Extensions that wait until there is enough to do for all threads.

    A small table has too little work for several threads, or too little to pay for waking them.
    What waits holds memory, so it is not much: what is larger is extended at once.
    """

    def __init__(self) -> None:
        self._calls: list[tuple[Any, ...]] = []
        self._words = 0

    def add(self, call: tuple[Any, ...], words: int) -> None:
        """Take the arguments of an extension whose source has so many words."""
        self._calls.append(call)
        self._words += words
        if self._words > TOGETHER:
            self.run()

    def run(self) -> None:
        """Extend what waits."""
        calls, self._calls, self._words = self._calls, [], 0
        _ntt.lde_many(calls)


class Domain:
    """The trace domain of a height and its LDE cosets.

    Attributes
    ----------
    log_height, blowup, offset : int
        What it depends on.
    generator : int
        g, of order ``2**log_height``.
    shifts : tuple of int
        s_q = offset * root(blowup * height)^q; coset q is { s_q g^i }.
    plan
        Twiddle tables of the transforms.
    """

    def __init__(self, log_height: int, blowup: int, offset: int) -> None:
        self.log_height = log_height
        self.height = 1 << log_height
        self.blowup = blowup
        self.offset = offset
        self.generator = base_root(log_height)
        step = base_root(log_height + blowup.bit_length() - 1)
        self.shifts = tuple(offset * pow(step, q, P) % P for q in range(blowup))
        self.plan = _ntt.Plan(log_height)

    def lde(
        self,
        source: np.ndarray,
        source_shift: int = 1,
        cosets: Sequence[int] | None = None,
        *,
        out: np.ndarray | None = None,
        label: str = "other",
        masks: np.ndarray | None = None,
        fold: Fold | None = None,
        waiting: Extensions | None = None,
        in_place: bool = False,
    ) -> list[np.ndarray]:
        """Extend columns to all cosets, or to some.

        Parameters
        ----------
        source : (height, width) uint64 ndarray
            Values on ``source_shift * <g>``. Never written, unless `in_place`; it may be the last
            coset of `out`.
        cosets : sequence of int, optional
            Which of them; default: all, in order.
        out : (cosets, height, width) uint64 ndarray, optional
            Where the result goes; default: a new buffer, counted under `label`.
        masks : (h, width) uint64 ndarray, optional
            Coefficients of r, h at most the height: (X^height - source_shift^height) r, which is 0
            where the source has its values, is added to the columns f.
        fold : Fold, optional
            Receives f, with no masks, modulo two polynomials of its own.
        waiting : Extensions, optional
            Where this one waits for others; the result, and the fold, are there when they have run.
        in_place : bool
            The last of several cosets takes the place of the source, so that there are fewer pages
            to be touched; without `out`.

        Returns
        -------
        list of (height, width) uint64 ndarray
            By coset; entry i of that for q is at s_q g^i.
        """
        inverse = pow(source_shift, -1, P)
        # f(source_shift * X) has the coefficients that the transform sees; evaluating it at
        # s_q / source_shift * g^i gives f(s_q g^i).
        wanted = range(self.blowup) if cosets is None else cosets
        shifts = np.array([self.shifts[q] * inverse % P for q in wanted], dtype=np.uint64)
        last = source if in_place else None
        if out is None:
            out = _runtime.aligned((len(shifts) - in_place, *source.shape), label)
        factors = None
        if masks is not None:
            if source_shift != 1:  # the transform sees f(source_shift X)
                masks = scaled(masks, powers(source_shift, len(masks)))
            own = pow(source_shift, self.height, P)
            factors = np.array(
                [(pow(self.shifts[q], self.height, P) - own) % P for q in wanted], dtype=np.uint64
            )
        values, weights = (None, None) if fold is None else fold.begin(source_shift)
        call = (self.plan, source, out, shifts, masks, factors, values, weights, last, False)
        if waiting is None:
            _ntt.lde(*call)
        else:
            waiting.add(call, source.size)
        return [*out, source] if in_place else list(out)

    def evaluate(
        self,
        coefficients: np.ndarray,
        cosets: Sequence[int] | None = None,
        *,
        out: np.ndarray | None = None,
        label: str = "other",
        fold: Fold | None = None,
        waiting: Extensions | None = None,
    ) -> list[np.ndarray]:
        """Evaluate polynomials on all cosets, or on some.

        Parameters
        ----------
        coefficients : (n, width) uint64 ndarray
            The constants first; n at most the height. Never written.
        cosets, out, label, fold, waiting
            As for `lde`.

        Returns
        -------
        list of (height, width) uint64 ndarray
            By coset.
        """
        wanted = range(self.blowup) if cosets is None else cosets
        shifts = np.array([self.shifts[q] for q in wanted], dtype=np.uint64)
        if out is None:
            out = _runtime.aligned((len(wanted), self.height, coefficients.shape[1]), label)
        values, weights = (None, None) if fold is None else fold.begin(1)
        call = (self.plan, coefficients, out, shifts, None, None, values, weights, None, True)
        if waiting is None:
            _ntt.lde(*call)
        else:
            waiting.add(call, coefficients.size)
        return list(out)

    def inverse_first(self, shift: int) -> np.ndarray:
        """1 / (x_i - 1) on shift * <g>, (height,) uint64: the first-row selector without Z_H."""
        found = _runtime.aligned(self.height, "selectors")
        # no x_i is 1: the coset does not meet the trace domain
        _openings.inverse_points(shift, self.log_height, found)
        return found


class DomainCache(Recent[tuple[int, int, int], Domain]):
    """Least recently used domains, at most `limit` of them; counts hits and misses."""

    def __init__(self, limit: int = 32) -> None:
        super().__init__(limit)

    def get(self, log_height: int, blowup: int, offset: int) -> Domain:
        """The domain of exactly these three numbers."""
        return self.find((log_height, blowup, offset), lambda: Domain(log_height, blowup, offset))
