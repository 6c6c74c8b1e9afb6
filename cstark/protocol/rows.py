"""Arithmetic on rows that the verifier computes with: few of them, out of place, checked shapes.

Field elements are (m,) uint64 arrays, extension elements (m, 3). Shapes are equal; nothing is
broadcast. The public array modules do the same and more, with checks of every value.
"""

from __future__ import annotations

import numpy as np

from cstark.field import ONE, Element
from cstark.kernels import _field

__all__ = [
    "ext_add",
    "ext_inverse",
    "ext_mul",
    "ext_powers",
    "ext_scale",
    "ext_sub",
    "inverse",
    "mul",
    "power",
    "repeated",
    "words",
]


def words(value: Element) -> np.ndarray:
    """An extension element as a kernel takes it: (3,) uint64."""
    return np.array(value, dtype=np.uint64)


def repeated(value: Element, count: int) -> np.ndarray:
    """`count` rows of one extension element: (count, 3)."""
    return np.repeat(words(value).reshape(1, 3), count, axis=0)


def mul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a b in the base field."""
    out = np.empty_like(a)
    _field.mul(a, b, out)
    return out


def power(a: np.ndarray, exponent: int) -> np.ndarray:
    """a^exponent in the base field."""
    out = np.empty_like(a)
    _field.power(a, exponent, out)
    return out


def inverse(a: np.ndarray) -> np.ndarray:
    """1 / a in the base field."""
    out = np.empty_like(a)
    _field.inverse(a, out)
    return out


def ext_add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a + b in the extension field."""
    out = np.empty_like(a)
    _field.add(a.reshape(-1), b.reshape(-1), out.reshape(-1))
    return out


def ext_sub(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a - b in the extension field."""
    out = np.empty_like(a)
    _field.sub(a.reshape(-1), b.reshape(-1), out.reshape(-1))
    return out


def ext_mul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a b in the extension field."""
    out = np.empty_like(a)
    _field.ext_mul(a, b, out)
    return out


def ext_scale(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Extension elements a times base field elements b, (m,)."""
    return mul(a.reshape(-1), np.repeat(b, 3)).reshape(a.shape)


def ext_powers(base: Element, count: int, first: Element = ONE) -> np.ndarray:
    """first base^0 ... first base^(count - 1) in the extension field: (count, 3); count > 0."""
    factors = repeated(base, count)
    factors[0] = first
    out = np.empty_like(factors)
    _field.scan("ext_mul", factors, out)
    return out


def ext_inverse(a: np.ndarray) -> np.ndarray:
    """1 / a in the extension field."""
    out = np.empty_like(a)
    _field.ext_inverse(a, out)
    return out
