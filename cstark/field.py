"""Scalar arithmetic in F = F_p[w] / (w^3 - 2) on tuples of three Python integers.

The verifier computes with these; the prover uses them to prepare constants for its kernels.
An element c0 + c1 w + c2 w^2 is the tuple (c0, c1, c2) of integers in [0, p).

Standard library only, and nothing of this package is imported.

Examples
--------
>>> w = (0, 1, 0)
>>> power(w, 3)
(2, 0, 0)
>>> mul(w, inverse(w))
(1, 0, 0)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

__all__ = [
    "ONE",
    "ZERO",
    "Element",
    "P",
    "add",
    "base_root",
    "element",
    "horner",
    "inverse",
    "lift",
    "mul",
    "neg",
    "power",
    "scale",
    "square",
    "sub",
    "times_w",
]

P = 2**64 - 2**32 + 1
Element = tuple[int, int, int]
ZERO: Element = (0, 0, 0)
ONE: Element = (1, 0, 0)


def element(values: Iterable[int]) -> Element:
    """Three integers (a tuple, a NumPy array of shape (3,), ...) as an element.

    Raises
    ------
    ValueError
        When there are not exactly three, or one is not in [0, p).
    """
    coordinates = tuple(int(value) for value in values)
    if len(coordinates) != 3 or not all(0 <= value < P for value in coordinates):
        raise ValueError(f"an extension element is three integers below p, not {coordinates}")
    return coordinates


def lift(value: int) -> Element:
    """The base-field element `value` as an element of F."""
    return (value % P, 0, 0)


@lru_cache(maxsize=64)
def base_root(log_order: int) -> int:
    """The root of unity 7^((p - 1) / 2^log_order) of order 2^log_order, 0 <= log_order <= 32."""
    if not 0 <= log_order <= 32:
        raise ValueError(f"the base field has no root of unity of order 2^{log_order}")
    return pow(7, (P - 1) >> int(log_order), P)


def add(a: Element, b: Element) -> Element:
    """a + b."""
    return ((a[0] + b[0]) % P, (a[1] + b[1]) % P, (a[2] + b[2]) % P)


def sub(a: Element, b: Element) -> Element:
    """a - b."""
    return ((a[0] - b[0]) % P, (a[1] - b[1]) % P, (a[2] - b[2]) % P)


def neg(a: Element) -> Element:
    """-a."""
    return (-a[0] % P, -a[1] % P, -a[2] % P)


def scale(a: Element, b: int) -> Element:
    """a times the integer b."""
    return (a[0] * b % P, a[1] * b % P, a[2] * b % P)


def mul(a: Element, b: Element) -> Element:
    """a b, from w^3 = 2."""
    a0, a1, a2 = a
    b0, b1, b2 = b
    return (
        (a0 * b0 + 2 * (a1 * b2 + a2 * b1)) % P,
        (a0 * b1 + a1 * b0 + 2 * a2 * b2) % P,
        (a0 * b2 + a1 * b1 + a2 * b0) % P,
    )


def square(a: Element) -> Element:
    """a^2."""
    return mul(a, a)


def inverse(a: Element) -> Element:
    """1 / a, through the norm: a times its adjugate lies in the base field.

    Raises
    ------
    ZeroDivisionError
        When a is zero.
    """
    a0, a1, a2 = a
    b0 = (a0 * a0 - 2 * a1 * a2) % P
    b1 = (2 * a2 * a2 - a0 * a1) % P
    b2 = (a1 * a1 - a0 * a2) % P
    norm = (a0 * b0 + 2 * (a1 * b2 + a2 * b1)) % P
    if norm == 0:
        raise ZeroDivisionError("inverse of zero in the extension field")
    return scale((b0, b1, b2), pow(norm, -1, P))


def power(a: Element, exponent: int) -> Element:
    """a^exponent; a negative exponent inverts first."""
    if exponent < 0:
        a, exponent = inverse(a), -exponent
    result = ONE
    while exponent:
        if exponent & 1:
            result = mul(result, a)
        exponent >>= 1
        if exponent:
            a = mul(a, a)
    return result


def horner(coefficients: Iterable[Element], x: Element) -> Element:
    """The polynomial with these coefficients (constant first) at x."""
    result = ZERO
    for coefficient in reversed(tuple(coefficients)):
        result = add(mul(result, x), coefficient)
    return result


def times_w(a: Element, exponent: int) -> Element:
    """a w^exponent, 0 <= exponent <= 2."""
    for _ in range(exponent):
        a = (2 * a[2] % P, a[0], a[1])
    return a
