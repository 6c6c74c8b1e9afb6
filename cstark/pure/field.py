"""The field F_p, p = 2^64 - 2^32 + 1, and its cubic extension F = F_p[w] / (w^3 - 2).

Base elements are plain ints in [0, p), written as 8 little-endian bytes; elements of F are `Ext`,
written as the 24 bytes of their coordinates.
"""

from __future__ import annotations

from collections.abc import Iterable

P = 2**64 - 2**32 + 1
WORD = 8  # bytes of a base element
EXT = 24  # bytes of an element of F


def root(order: int) -> int:
    """The generator 7^((p-1)/order) of the roots of unity of this order, a power of two."""
    return pow(7, (P - 1) // order, P)


def invert(a: int) -> int:
    """1 / a; `ZeroDivisionError` for zero."""
    if a % P == 0:
        raise ZeroDivisionError("no inverse of zero")
    return pow(a, -1, P)


class Ext:
    """c0 + c1 w + c2 w^2 with w^3 = 2; never changed after it is made."""

    __slots__ = ("c0", "c1", "c2")

    def __init__(self, c0: int, c1: int = 0, c2: int = 0) -> None:
        self.c0 = c0 % P
        self.c1 = c1 % P
        self.c2 = c2 % P

    def __add__(self, other: Ext) -> Ext:
        return Ext(self.c0 + other.c0, self.c1 + other.c1, self.c2 + other.c2)

    def __sub__(self, other: Ext) -> Ext:
        return Ext(self.c0 - other.c0, self.c1 - other.c1, self.c2 - other.c2)

    def __mul__(self, other: Ext) -> Ext:
        a0, a1, a2 = self.c0, self.c1, self.c2
        b0, b1, b2 = other.c0, other.c1, other.c2
        return Ext(
            a0 * b0 + 2 * (a1 * b2 + a2 * b1),
            a0 * b1 + a1 * b0 + 2 * a2 * b2,
            a0 * b2 + a1 * b1 + a2 * b0,
        )

    def __pow__(self, exponent: int) -> Ext:
        """Raise to a power by repeated squaring; exponents are not negative."""
        result, square = ONE, self
        while exponent:
            if exponent & 1:
                result = result * square
            square = square * square
            exponent >>= 1
        return result

    def inverse(self) -> Ext:
        """1 / self; `ZeroDivisionError` for zero.

        With the adjugate d of the matrix of x -> self * x, self * d is the norm, a base element.
        """
        a0, a1, a2 = self.c0, self.c1, self.c2
        d0, d1, d2 = a0 * a0 - 2 * a1 * a2, 2 * a2 * a2 - a0 * a1, a1 * a1 - a0 * a2
        scale = invert(a0 * d0 + 2 * (a1 * d2 + a2 * d1))
        return Ext(d0 * scale, d1 * scale, d2 * scale)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ext) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def key(self) -> tuple[int, int, int]:
        """The coordinates."""
        return self.c0, self.c1, self.c2

    def in_base_field(self) -> bool:
        """Whether both higher coordinates are zero."""
        return self.c1 == 0 and self.c2 == 0

    def __repr__(self) -> str:
        return f"Ext{self.key()}"


ZERO, ONE, W, W_SQUARED = Ext(0), Ext(1), Ext(0, 1), Ext(0, 0, 1)


def horner(coefficients: Iterable[Ext], x: Ext) -> Ext:
    """c_0 + c_1 x + c_2 x^2 + ..., coefficients given from the highest down."""
    result = ZERO
    for coefficient in coefficients:
        result = result * x + coefficient
    return result


def word_bytes(values: Iterable[int]) -> bytes:
    """Base elements, or other numbers below 2^64, 8 bytes each."""
    return b"".join(value.to_bytes(WORD, "little") for value in values)


def ext_bytes(values: Iterable[Ext]) -> bytes:
    """Elements of F, 24 bytes each."""
    return b"".join(word_bytes(value.key()) for value in values)
