"""The field in numba, as one writes it there: what ``peers.py`` measures beside cstark.

Every constant is a ``uint64``: numba, like NumPy, makes floats of unsigned and signed integers
that meet.  Compiled for one thread, on first use.
"""

from __future__ import annotations

import numpy as np
from numba import njit

U = np.uint64
P = U(2**64 - 2**32 + 1)
LOW = U(2**32 - 1)
HALF, ZERO, ONE = U(32), U(0), U(1)
BLOCK = 1024


@njit(inline="always")
def product(a, b):
    """a b mod p, from four products of halves; 2^64 = 2^32 - 1 and 2^96 = -1."""
    a0, a1, b0, b1 = a & LOW, a >> HALF, b & LOW, b >> HALF
    low, middle, other, high = a0 * b0, a0 * b1, a1 * b0, a1 * b1
    other += low >> HALF
    middle += other & LOW
    high += (other >> HALF) + (middle >> HALF)
    low = (middle << HALF) | (low & LOW)
    top = high >> HALF
    r = low - top
    r -= LOW if low < top else ZERO
    more = (high & LOW) * LOW
    r += more
    r += LOW if r < more else ZERO
    return r - P if r >= P else r


@njit(inline="always")
def total(a, b):
    """a + b mod p."""
    r = a + b
    r += LOW if r < a else ZERO
    return r - P if r >= P else r


@njit(inline="always")
def difference(a, b):
    """a - b mod p."""
    r = a - b
    return r - LOW if a < b else r


@njit
def multiply(a, b, out):
    """out = a b, elementwise."""
    for i in range(len(a)):
        out[i] = product(a[i], b[i])


@njit
def inverse(a):
    """a^(p - 2)."""
    result, exponent = ONE, P - U(2)
    while exponent:
        if exponent & ONE:
            result = product(result, a)
        a = product(a, a)
        exponent >>= ONE
    return result


@njit
def invert(a, out):
    """out = 1 / a, elementwise: one inversion for each block (Montgomery's trick)."""
    for first in range(0, len(a), BLOCK):
        last = min(first + BLOCK, len(a))
        running = ONE
        for i in range(first, last):
            out[i] = running
            running = product(running, a[i])
        running = inverse(running)
        for i in range(last - 1, first - 1, -1):
            out[i] = product(out[i], running)
            running = product(running, a[i])


@njit
def ntt(a, roots, out):
    """Radix 2: bits of the indices reversed, then one pass for each level; `roots` are those of
    order len(a), half of them."""
    n = len(a)
    reverse = 0
    for i in range(n):
        out[reverse] = a[i]
        bit = n >> 1
        while reverse & bit:
            reverse ^= bit
            bit >>= 1
        reverse |= bit
    half = 1
    while half < n:
        step = n // (2 * half)
        for first in range(0, n, 2 * half):
            for k in range(half):
                left, right = out[first + k], product(out[first + half + k], roots[k * step])
                out[first + k] = total(left, right)
                out[first + half + k] = difference(left, right)
        half *= 2


@njit
def polynomials(a, b, roots, back, scale, out):
    """out = the product of two polynomials of half its length."""
    n = len(out)
    padded, left, right = np.zeros(n, np.uint64), np.empty(n, np.uint64), np.empty(n, np.uint64)
    padded[: len(a)] = a
    ntt(padded, roots, left)
    padded[: len(b)] = b
    ntt(padded, roots, right)
    for i in range(n):
        left[i] = product(product(left[i], right[i]), scale)
    ntt(left, back, out)
