"""Periodic columns: short, uncommitted, evaluated by everybody.

`coset_values` is for the prover; `cstark.program.periodic_at` evaluates one at a point.

A column of period P on a domain of height N repeats its P values, so it is a polynomial of degree
below P in X^(N/P). On the coset s<g> it repeats as well: its values are those of that polynomial
on the coset of the P-th roots of unity with shift s^(N/P).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cstark import field
from cstark.kernels import _ntt

__all__ = ["coset_values"]


def coset_values(columns: Sequence[Sequence[int]], start: int, rows: int) -> list[np.ndarray]:
    """(period,) uint64 values of each column on start * <g>: row i has entry i mod period."""
    result = []
    for values in columns:
        period = len(values)
        source = np.array(values, dtype=np.uint64).reshape(period, 1)
        shift = pow(start, rows // period, field.P)
        out = np.empty((1, period, 1), dtype=np.uint64)
        plan = _ntt.Plan(period.bit_length() - 1)
        _ntt.lde(plan, source, out, np.array([shift], dtype=np.uint64))
        result.append(out[0, :, 0])
    return result
