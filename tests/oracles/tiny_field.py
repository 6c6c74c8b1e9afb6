"""Arithmetic over a field of 193 elements, of its extension by a cube root, and of polynomials.

An array of elements of F = F_193[w] / (w^3 - 5) ends in an axis of 3; polynomials have the axis of
their coefficients before it, and before that comes the axis of proofs.
"""

from __future__ import annotations

import numpy as np

P, ROOT, W3 = 193, 5, 5  # 5 generates the multiplicative group, and is no cube
UNITS = np.eye(3, dtype=np.int64)


def mul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Products of elements."""
    c = [a[..., i, None] * b for i in range(3)]
    out = np.empty(np.broadcast_shapes(a.shape, b.shape), dtype=np.int64)
    out[..., 0] = c[0][..., 0] + W3 * (c[1][..., 2] + c[2][..., 1])
    out[..., 1] = c[0][..., 1] + c[1][..., 0] + W3 * c[2][..., 2]
    out[..., 2] = c[0][..., 2] + c[1][..., 1] + c[2][..., 0]
    return out % P


def power(a: np.ndarray, exponent: int) -> np.ndarray:
    result = np.broadcast_to(UNITS[0], a.shape)
    while exponent:
        if exponent & 1:
            result = mul(result, a)
        a, exponent = mul(a, a), exponent >> 1
    return result


def inverse(a: np.ndarray) -> np.ndarray:
    return power(a, P**3 - 2)


def lift(a: np.ndarray | int) -> np.ndarray:
    """Elements of the base field as elements."""
    return np.asarray(a)[..., None] * UNITS[0]


def at(polynomial: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Values at an element."""
    result = np.zeros((len(polynomial), 3), dtype=np.int64)
    for k in range(polynomial.shape[1] - 1, -1, -1):
        result = (mul(result, point) + polynomial[:, k]) % P
    return result


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of polynomials."""
    out = np.zeros((max(len(a), len(b)), a.shape[1] + b.shape[1] - 1, 3), dtype=np.int64)
    for k in range(a.shape[1]):
        out[:, k : k + b.shape[1]] += mul(a[:, k, None], b)
    return out % P


def total(*terms: np.ndarray) -> np.ndarray:
    """Sum of polynomials of different lengths."""
    out = np.zeros((max(map(len, terms)), max(t.shape[1] for t in terms), 3), dtype=np.int64)
    for term in terms:
        out[:, : term.shape[1]] += term
    return out % P


def times_end(a: np.ndarray, n: int, end: int) -> np.ndarray:
    """(X^n - end) a."""
    out = np.zeros((len(a), a.shape[1] + n, 3), dtype=np.int64)
    out[:, n:] += a
    out[:, : a.shape[1]] -= end * a
    return out % P


def over_end(a: np.ndarray, n: int, end: int) -> np.ndarray:
    """a / (X^n - end), which must leave nothing."""
    rest = a.copy()
    for k in range(a.shape[1] - 1, n - 1, -1):
        rest[:, k - n] = (rest[:, k - n] + end * rest[:, k]) % P
    assert not rest[:, :n].any()
    return rest[:, n:]


def over_point(a: np.ndarray, point: np.ndarray) -> np.ndarray:
    """(a - a(point)) / (X - point)."""
    out = np.zeros((len(a), a.shape[1] - 1, 3), dtype=np.int64)
    carry = np.zeros((len(a), 3), dtype=np.int64)
    for k in range(a.shape[1] - 1, 0, -1):
        carry = (mul(carry, point) + a[:, k]) % P
        out[:, k - 1] = carry
    return out


def turned(a: np.ndarray, factor: int) -> np.ndarray:
    """a(factor X)."""
    return a * np.array([pow(factor, k, P) for k in range(a.shape[1])])[:, None] % P


def interpolated(rows: np.ndarray, root: int) -> np.ndarray:
    """Coefficients of polynomials by their values on the rows, (proofs, N, 3)."""
    n = rows.shape[1]
    matrix = [[pow(root, -i * k, P) * pow(n, -1, P) % P for i in range(n)] for k in range(n)]
    return np.einsum("ki,bic->bkc", np.array(matrix), rows) % P


def inverse_matrix(matrix: np.ndarray) -> np.ndarray:
    """Of a 3 by 3 matrix modulo 193."""
    cofactors = [
        [
            matrix[(i + 1) % 3, (j + 1) % 3] * matrix[(i + 2) % 3, (j + 2) % 3]
            - matrix[(i + 1) % 3, (j + 2) % 3] * matrix[(i + 2) % 3, (j + 1) % 3]
            for i in range(3)
        ]
        for j in range(3)
    ]
    adjugate = np.array(cofactors) % P
    return adjugate * pow(int((matrix[0] @ adjugate[:, 0]) % P), -1, P) % P
