"""Periodic columns: short, uncommitted, evaluated by everybody.

A column of period P on a domain of height N repeats its P values, so it is a polynomial of degree
below P in X^(N/P). On the coset s<g> it repeats as well: its values are those of that polynomial
on the coset of the P-th roots of unity with shift s^(N/P).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cstark.kernels import _ntt

from . import extension as ext
from .domain import Domain, root_of_unity

__all__ = ["coset_values", "value_at"]


def coset_values(
    columns: Sequence[Sequence[int]], domain: Domain, coset: int
) -> list[np.ndarray]:
    """(period,) uint64 values of each column on a coset: row i has entry i mod period."""
    result = []
    for values in columns:
        period = len(values)
        source = np.array(values, dtype=np.uint64).reshape(period, 1)
        shift = pow(domain.shifts[coset], domain.height // period, ext.P)
        out = np.empty((1, period, 4), dtype=np.uint64)
        plan = _ntt.Plan(period.bit_length() - 1)
        _ntt.lde(plan, source, out, np.array([shift], dtype=np.uint64))
        result.append(np.ascontiguousarray(out[0, :, 0]))
    return result


def value_at(values: Sequence[int], log_height: int, zeta: ext.Extension) -> ext.Extension:
    """The column at zeta: barycentric interpolation over the period.

    With y = zeta^(N/P) outside the base field: f = (y^P - 1) / P * sum_k v_k w^k / (y - w^k).
    """
    log_period = len(values).bit_length() - 1
    y = zeta
    for _ in range(log_height - log_period):
        y = ext.mul(y, y)
    root, point = root_of_unity(log_period), 1
    total = ext.ZERO
    for value in values:
        total = ext.add(
            total, ext.scale(ext.inverse(ext.sub(y, (point, 0, 0))), value * point % ext.P)
        )
        point = point * root % ext.P
    above = ext.sub(ext.power(y, len(values)), ext.ONE)
    return ext.scale(ext.mul(above, total), pow(len(values), -1, ext.P))
