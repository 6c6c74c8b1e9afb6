"""Integer solutions of linear equations over the field, within a box: lattice reduction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cstark.air.nodes import P

__all__ = ["boxed_vectors"]

_SCALE = 1 << 12
_VISITS = 1500
"""Nodes of the search tree of `boxed_vectors`."""

Vector = list[int]


def boxed_vectors(
    generators: Sequence[Sequence[int]], lows: Sequence[int], highs: Sequence[int]
) -> Iterator[Vector]:
    """Integer vectors, not zero, that are modulo p combinations of some vectors, in a box.

    They are looked for in a reduced basis of the lattice, and with a bound on the work: all of
    them are found when there are few.

    Parameters
    ----------
    generators : sequence of sequence of int
        Elements of the field.
    lows, highs : sequence of int
        For each coordinate the least and the largest value, around 0.

    Yields
    ------
    list of int

    Examples
    --------
    >>> near = boxed_vectors([[1, pow(2, -16, P)]], [-9, -9], [9, 9])  # x = 2^16 y
    >>> list(near)
    []
    >>> near = boxed_vectors([[1, pow(2, -16, P)]], [-9, -9], [2**16, 9])
    >>> list(near)
    [[65536, 1]]
    """
    sizes = [max(1, -low, high) for low, high in zip(lows, highs, strict=True)]
    weights = [max(1, _SCALE * max(sizes) // size) for size in sizes]
    basis = _lattice(generators, len(sizes))
    basis = _reduced([[v * w for v, w in zip(row, weights, strict=True)] for row in basis])
    basis = [[v // w for v, w in zip(row, weights, strict=True)] for row in basis]
    return _search(basis, lows, highs, weights)


def _lattice(generators: Sequence[Sequence[int]], size: int) -> list[Vector]:
    """A basis of all integer vectors that are combinations of the generators modulo p."""
    rows = [[value % P for value in row] for row in generators]
    pivots: list[int] = []
    for number in range(len(rows)):
        row = rows[number]
        pivot = next((k for k in range(size) if row[k]), size)
        if pivot == size:
            continue
        scale = pow(row[pivot], -1, P)
        rows[number] = row = [value * scale % P for value in row]
        pivots.append(pivot)
        for other in range(len(rows)):
            if other != number and rows[other][pivot]:
                factor = rows[other][pivot]
                rows[other] = [(a - factor * b) % P for a, b in zip(rows[other], row, strict=True)]
    basis = [[v - P if v > P // 2 else v for v in row] for row in rows if any(row)]
    for k in range(size):
        if k not in pivots:
            basis.append([P if j == k else 0 for j in range(size)])
    return basis


def _reduced(basis: list[Vector]) -> list[Vector]:
    """An LLL-reduced basis (delta = 3/4), in integers: Cohen, algorithm 2.6.7."""
    n = len(basis)
    b = [list(row) for row in basis]
    d = [1] + [0] * n  # d[i + 1] = determinant of the Gram matrix of the first i + 1
    lam = [[0] * n for _ in range(n)]

    def gram(k: int) -> None:
        for j in range(k + 1):
            u = sum(x * y for x, y in zip(b[k], b[j], strict=True))
            for i in range(j):
                u = (d[i + 1] * u - lam[k][i] * lam[j][i]) // d[i]
            if j < k:
                lam[k][j] = u
            else:
                d[k + 1] = u

    def size_reduce(k: int, j: int) -> None:
        if 2 * abs(lam[k][j]) <= d[j + 1]:
            return
        q = (2 * lam[k][j] + d[j + 1]) // (2 * d[j + 1])
        b[k] = [x - q * y for x, y in zip(b[k], b[j], strict=True)]
        lam[k][j] -= q * d[j + 1]
        for i in range(j):
            lam[k][i] -= q * lam[j][i]

    def swap(k: int, last: int) -> None:
        b[k], b[k - 1] = b[k - 1], b[k]
        for j in range(k - 1):
            lam[k][j], lam[k - 1][j] = lam[k - 1][j], lam[k][j]
        mu = lam[k][k - 1]
        new = (d[k - 1] * d[k + 1] + mu * mu) // d[k]
        for i in range(k + 1, last + 1):
            t = lam[i][k]
            lam[i][k] = (d[k + 1] * lam[i][k - 1] - mu * t) // d[k]
            lam[i][k - 1] = (new * t + mu * lam[i][k]) // d[k + 1]
        d[k] = new

    gram(0)
    k, last = 1, 0
    while k < n:
        if k > last:
            last = k
            gram(k)
        size_reduce(k, k - 1)
        if 4 * (d[k + 1] * d[k - 1] + lam[k][k - 1] ** 2) < 3 * d[k] * d[k]:
            swap(k, last)
            k = max(1, k - 1)
        else:
            for j in range(k - 2, -1, -1):
                size_reduce(k, j)
            k += 1
    return b


def _search(
    basis: list[Vector], lows: Sequence[int], highs: Sequence[int], weights: Sequence[int]
) -> Iterator[Vector]:
    """Vectors in the box, by enumeration of the coefficients from the last one down."""
    n = len(basis)
    scaled = [[float(v * w) for v, w in zip(row, weights, strict=True)] for row in basis]
    star: list[list[float]] = []
    mu = [[0.0] * n for _ in range(n)]
    norms: list[float] = []
    for i, row in enumerate(scaled):
        left = list(row)
        for j in range(i):
            mu[i][j] = sum(x * y for x, y in zip(row, star[j], strict=True)) / norms[j]
            left = [x - mu[i][j] * y for x, y in zip(left, star[j], strict=True)]
        star.append(left)
        norms.append(max(sum(x * x for x in left), 1e-9))
    sides = [
        max(-low, high) * weight for low, high, weight in zip(lows, highs, weights, strict=True)
    ]
    radius = sum(float(side) ** 2 for side in sides) * 1.0001
    visits = 0
    coefficients = [0] * n

    def descend(level: int, left: float) -> Iterator[Vector]:
        nonlocal visits
        visits += 1
        if level < 0:
            found = [
                sum(c * row[k] for c, row in zip(coefficients, basis, strict=True))
                for k in range(n)
            ]
            inside = all(a <= v <= b for a, v, b in zip(lows, found, highs, strict=True))
            if any(found) and inside:
                yield found
            return
        center = -sum(coefficients[i] * mu[i][level] for i in range(level + 1, n))
        middle = round(center)
        for distance in range(_VISITS):
            alive = False
            for value in {middle + distance, middle - distance}:
                rest = left - (value - center) ** 2 * norms[level]
                if rest >= 0 and visits < _VISITS:
                    alive = True
                    coefficients[level] = value
                    yield from descend(level - 1, rest)
            coefficients[level] = 0
            if not alive and distance > 1:
                return

    return descend(n - 1, radius)
