"""The two fields polynomials are over: which array module computes, what an element looks like."""

from __future__ import annotations

from types import ModuleType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.arrays import ext3, goldilocks
from cstark.arrays.operands import elements
from cstark.errors import CstarkError, quoted

__all__ = ["U64", "Field", "axes", "item", "lift", "module", "polynomial"]

Field = Literal["base", "ext3"]
U64 = NDArray[np.uint64]

_MODULES: dict[str, ModuleType] = {"base": goldilocks, "ext3": ext3}


def module(field: str, name: str = "field") -> ModuleType:
    """The array module of a field, or an error that says what `name` may be."""
    if field not in _MODULES:
        raise CstarkError(f"{name} must be 'base' or 'ext3', not {quoted(field)}")
    return _MODULES[field]


def item(field: str) -> tuple[int, ...]:
    """Shape of an element."""
    return (3,) if field == "ext3" else ()


def axes(values: U64, field: str) -> tuple[int, ...]:
    """Shape of an array of elements, without the axis of their coordinates."""
    return values.shape[: values.ndim - len(item(field))]


def polynomial(
    coefficients: ArrayLike, name: str, field: str, what: str = "of coefficients"
) -> U64:
    """Coefficients, checked; at least one axis."""
    module(field)
    array = elements(coefficients, name, item(field))
    if not axes(array, field):
        raise CstarkError(f"{name} must be an array {what}, not a number")
    return array


def lift(values: U64, field: str, target: str) -> U64:
    """`values` of one field as values of another, which contains it."""
    return ext3.lift(values) if (field, target) == ("base", "ext3") else values
