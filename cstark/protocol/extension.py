"""The cubic extension F = F_p[w] / (w^3 - 2), one element at a time, in Python integers.

An element is the tuple (c0, c1, c2) of canonical coordinates. For the few elements that the
protocol handles outside the kernels: challenges, openings, sums.
"""

from __future__ import annotations

__all__ = [
    "ONE",
    "ZERO",
    "Extension",
    "P",
    "add",
    "inverse",
    "mul",
    "neg",
    "power",
    "scale",
    "sub",
    "times_w",
]

P = 0xFFFFFFFF00000001

Extension = tuple[int, int, int]

ZERO: Extension = (0, 0, 0)
ONE: Extension = (1, 0, 0)


def add(a: Extension, b: Extension) -> Extension:
    """a + b."""
    return (a[0] + b[0]) % P, (a[1] + b[1]) % P, (a[2] + b[2]) % P


def sub(a: Extension, b: Extension) -> Extension:
    """a - b."""
    return (a[0] - b[0]) % P, (a[1] - b[1]) % P, (a[2] - b[2]) % P


def neg(a: Extension) -> Extension:
    """-a."""
    return -a[0] % P, -a[1] % P, -a[2] % P


def mul(a: Extension, b: Extension) -> Extension:
    """a b, with w^3 = 2."""
    a0, a1, a2 = a
    b0, b1, b2 = b
    return (
        (a0 * b0 + 2 * (a1 * b2 + a2 * b1)) % P,
        (a0 * b1 + a1 * b0 + 2 * a2 * b2) % P,
        (a0 * b2 + a1 * b1 + a2 * b0) % P,
    )


def scale(a: Extension, k: int) -> Extension:
    """a k for k in the base field."""
    return a[0] * k % P, a[1] * k % P, a[2] * k % P


def times_w(a: Extension, exponent: int) -> Extension:
    """a w^exponent, 0 <= exponent <= 2."""
    for _ in range(exponent):
        a = (2 * a[2] % P, a[0], a[1])
    return a


def inverse(a: Extension) -> Extension:
    """1 / a through the norm to the base field.

    Raises
    ------
    ZeroDivisionError
        For a = 0.
    """
    a0, a1, a2 = a
    b0 = (a0 * a0 - 2 * a1 * a2) % P
    b1 = (2 * a2 * a2 - a0 * a1) % P
    b2 = (a1 * a1 - a0 * a2) % P
    norm = (a0 * b0 + 2 * (a1 * b2 + a2 * b1)) % P
    if norm == 0:
        raise ZeroDivisionError("0 has no inverse in the extension field")
    return scale((b0, b1, b2), pow(norm, -1, P))


def power(a: Extension, exponent: int) -> Extension:
    """a^exponent for exponent >= 0."""
    result = ONE
    while exponent:
        if exponent & 1:
            result = mul(result, a)
        a = mul(a, a)
        exponent >>= 1
    return result
