"""Polynomials with their values on a subgroup and its cosets, by recursion on Python integers."""

from __future__ import annotations

from functools import cache

import numpy as np

P = 0xFFFFFFFF00000001
EDGES = [0, 1, 2**32 - 1, 2**32, 2**32 + 1, P - 2**32, P - 2, P - 1]
POOL = 12
SHIFTS = [1, 3, 0xDEADBEEF12345678 % P, P - 1]


def root(k: int) -> int:
    return pow(7, (P - 1) >> k, P)


def recursion(rows: np.ndarray, w: int) -> np.ndarray:
    """Radix 2, decimation in time, on an object array (rows, columns)."""
    n = len(rows)
    if n == 1:
        return rows
    even, odd = recursion(rows[::2], w * w % P), recursion(rows[1::2], w * w % P)
    twiddles = np.array([pow(w, i, P) for i in range(n // 2)], dtype=object)[:, None]
    odd = odd * twiddles % P
    return np.concatenate([(even + odd) % P, (even - odd) % P])


def random_columns(rows: int, columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, P, (rows, columns), dtype=np.uint64)


@cache
def pool(k: int) -> tuple[np.ndarray, ...]:
    """Coefficients, values on the subgroup and on the cosets SHIFTS of POOL polynomials."""
    n = 1 << k
    values = random_columns(n, POOL, seed=k)
    for column, edge in enumerate(EDGES[2:6]):
        values[:, column] = edge
    values[:, 4] = [EDGES[i * i % 8] for i in range(n)]
    values[:, 5] = P - 1
    values[:, 6] = 0
    values[n // 2, 6] = P - 1
    values[1::2, 7] = P - 1
    values[::2, 7] = 0
    values = values.astype(object)
    w = root(k)
    coefficients = recursion(values, pow(w, -1, P)) * pow(n, -1, P) % P
    cosets = []
    for shift in SHIFTS:
        scale = np.array([pow(shift, i, P) for i in range(n)], dtype=object)[:, None]
        cosets.append(recursion(coefficients * scale % P, w))
    return tuple(a.astype(np.uint64) for a in (coefficients, values, np.array(cosets)))


def pick(array: np.ndarray, width: int) -> np.ndarray:
    """A matrix of `width` columns from the pool: any width sees many of them."""
    return np.take(array, (np.arange(width) * 5 + width) % POOL, axis=-1)
