"""Powers with one exponent for all elements or an exponent for each, of any size and sign."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.arrays.operands import apply, elements, integers, inverted
from cstark.arrays.operands.types import U64
from cstark.errors import CstarkError

__all__ = ["Kernels", "power"]


class Kernels(NamedTuple):
    """What raises the elements of a field to powers."""

    #: Shape of an element, () or (3,).
    item: tuple[int, ...]
    #: Number of units: a^order is 1 but for a = 0.
    order: int
    inverse: Callable[[U64, U64], int]
    square: Callable[[U64, U64], None]
    mul: Callable[[U64, U64, U64], None]
    #: By one 64-bit exponent, and by an array of them.
    power: Callable[[U64, int, U64], None]
    power_each: Callable[[U64, U64, U64], None]


def _exponents(exponent: Any) -> int | NDArray[Any]:
    if isinstance(exponent, np.ndarray) and exponent.ndim == 0:
        exponent = exponent[()]
    try:
        return operator.index(exponent)
    except TypeError:
        if np.ndim(exponent) == 0:
            raise CstarkError(
                f"exponent must be an integer, not {type(exponent).__name__}"
            ) from None
    return integers(exponent, "exponent")


def _magnitudes(exponents: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Absolute values, as uint64 or as Python integers, and which were negative."""
    negative = np.asarray(exponents < 0, dtype=bool)
    if exponents.dtype.kind == "O":
        return np.abs(exponents), negative
    unsigned = exponents.astype(np.uint64)  # -m becomes 2^64 - m
    return np.where(negative, ~unsigned + np.uint64(1), unsigned), negative


def _digits(magnitude: Any, order: int) -> list[Any]:
    """Digits of 64 bits, most significant first, of an integer or of each in an array."""
    if isinstance(magnitude, np.ndarray) and magnitude.dtype != object:
        return [magnitude]
    # A positive exponent stays positive, so that 0 stays 0.
    reduced = (magnitude - 1) % order + 1
    if isinstance(magnitude, np.ndarray):
        reduced = np.where(magnitude == 0, 0, reduced)
    elif magnitude == 0:
        reduced = 0
    digits: list[Any] = []
    while np.any(reduced) or not digits:
        digit = reduced & (1 << 64) - 1
        digits.append(digit if isinstance(digit, int) else digit.astype(np.uint64))
        reduced = reduced >> 64
    return digits[::-1]


def power(field: Kernels, a: ArrayLike, exponent: Any, out: Any) -> Any:
    """a ** exponent, by Horner's rule in the digits of the exponents.

    Parameters
    ----------
    field : Kernels
    a : array_like
        Elements, checked here.
    exponent : int or array_like of integers
        Broadcast with `a` (without the axis of an element's coordinates).
    out : None or ndarray or (ndarray,)
        As in a NumPy ufunc.

    Raises
    ------
    CstarkError, ZeroDivisionError
    """
    item = field.item
    array = elements(a, "a", item)
    exponents = _exponents(exponent)
    if isinstance(exponents, int):
        if exponents < 0:
            array = np.asarray(inverted(field.inverse, array, None, item))
        digits = _digits(abs(exponents), field.order)
        single = field.power
        return apply(_horner(field, single, digits), [array], out, item)[0]
    lead = array.shape[: array.ndim - len(item)]
    try:
        shape = np.broadcast_shapes(lead, exponents.shape)
        given = out[0] if isinstance(out, tuple) else out
        if isinstance(given, np.ndarray):  # the operands broadcast to its shape
            shape = np.broadcast_shapes(shape, given.shape[: given.ndim - len(item)])
    except ValueError:
        raise CstarkError(
            f"operands do not broadcast together: {array.shape} and exponents {exponents.shape}"
        ) from None
    array = np.broadcast_to(array, shape + item)
    magnitudes, negative = _magnitudes(exponents)
    if negative.any():
        # 1 / a only where the exponent is negative: a zero elsewhere has its powers.
        where = np.broadcast_to(negative, shape).reshape(shape + (1,) * len(item))
        units = np.where(where, array, elements(1, "1", item))
        inverses = inverted(field.inverse, units, None, item)
        array = np.where(where, inverses, array)
    digits = [
        np.ascontiguousarray(np.broadcast_to(digit, shape)).reshape(-1)
        for digit in _digits(magnitudes, field.order)
    ]
    return apply(_horner(field, field.power_each, digits), [array], out, item)[0]


def _horner(
    field: Kernels, single: Callable[[U64, Any, U64], None], digits: list[Any]
) -> Callable[[U64, U64], None]:
    """A kernel that raises to the power with these digits; `single` is for one digit."""

    def kernel(values: U64, result: U64) -> None:
        if len(digits) == 1:
            single(values, digits[0], result)
            return
        total, digit_power = np.empty_like(values), np.empty_like(values)
        single(values, digits[0], total)
        for digit in digits[1:]:
            field.power(total, 1 << 63, total)
            field.square(total, total)
            single(values, digit, digit_power)
            field.mul(total, digit_power, total)
        result[...] = total

    return kernel
