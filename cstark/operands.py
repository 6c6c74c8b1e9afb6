"""What the array modules do around a kernel call: check, broadcast, allocate, name what is wrong.

`cstark.goldilocks` works on arrays of numbers, `cstark.ext3` on arrays whose last axis holds the
three coordinates of an extension element.  That axis is the `item`: () or (3,), and takes no
part in broadcasting.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.errors import CstarkError
from cstark.kernels import _field

__all__ = ["P", "apply", "elements", "integer", "inverted", "place"]

P = 2**64 - 2**32 + 1

U64 = NDArray[np.uint64]


def place(flat: int, shape: tuple[int, ...]) -> str:
    """Index of the element at position `flat`, as it is written: [4] or [4, 2]; nothing in 0-d."""
    index = np.unravel_index(flat, shape)
    return "[" + ", ".join(str(int(i)) for i in index) + "]" if shape else ""


def integer(value: Any, name: str) -> int:
    """`value` as an int, or a `CstarkError` that names it."""
    try:
        return operator.index(value)
    except TypeError:
        raise CstarkError(f"{name} must be an integer, not {type(value).__name__}") from None


def _refuse(value: int, where: str) -> CstarkError:
    if value < 0:
        return CstarkError(f"{where} is {value}: negative; write p - {-value} (cs.P is p)")
    return CstarkError(f"{where} is {value}: not below p = 2^64 - 2^32 + 1")


def _from_objects(value: ArrayLike, name: str) -> U64:
    """Nested lists that mix small and large integers, which NumPy makes floats or objects of."""
    array = np.array(value, dtype=object)
    flat = array.reshape(-1)
    for position, number in enumerate(flat):
        where = name + place(position, array.shape)
        if isinstance(number, (bool, np.bool_)) or not isinstance(number, (int, np.integer)):
            raise CstarkError(f"{where} is not an integer: {number!r}")
        if not 0 <= number < P:
            raise _refuse(int(number), where)
    return array.astype(np.uint64)


def elements(value: ArrayLike, name: str, item: tuple[int, ...] = ()) -> U64:
    """`value` as an array of field elements, checked; a uint64 array is not copied.

    Parameters
    ----------
    value : int or array_like of integers
        Every value in [0, p).  A number with an `item` of (3,) is a base-field element.
    name : str
        What errors call it.
    item : tuple of int
        () for base-field elements, (3,) for extension elements.

    Raises
    ------
    CstarkError
        Other types, a value outside of [0, p) (named with its index), a last axis that is not 3.
    """
    if isinstance(value, np.ndarray) and value.dtype == np.uint64:
        array = value
    else:
        try:
            array = np.asarray(value)
        except ValueError:
            raise CstarkError(f"{name} is not an array: its rows differ in length") from None
        kind = array.dtype.kind
        if array.size == 0 and not isinstance(value, (np.ndarray, np.generic)):
            array = np.zeros(array.shape, np.uint64)
        elif kind in "fO" and not isinstance(value, (float, np.ndarray, np.generic)):
            array = _from_objects(value, name)
        elif kind == "O":
            array = _from_objects(array, name)
        elif kind not in "iu":
            raise CstarkError(f"{name} must hold integers below p, not {array.dtype}")
        elif kind == "i" and array.size and array.min() < 0:
            position = int(np.argmax(array.reshape(-1) < 0))
            raise _refuse(int(array.reshape(-1)[position]), name + place(position, array.shape))
    if item and array.ndim and array.shape[-1] != 3:
        raise CstarkError(f"the last axis of {name} must be 3, but its shape is {array.shape}")
    shape = array.shape
    array = np.require(array, np.uint64, ["C", "A"]).reshape(shape)  # which made 0-d arrays 1-d
    invalid = _field.first_invalid(array.reshape(-1))
    if invalid >= 0:
        raise _refuse(int(array.reshape(-1)[invalid]), name + place(invalid, shape))
    if item and not shape:
        array = np.array([array[()], 0, 0], dtype=np.uint64)
    return array


def _target(out: object, shape: tuple[int, ...]) -> U64:
    """`out` as given to a function (as to a NumPy ufunc: an array or a tuple of one), checked."""
    if isinstance(out, tuple) and len(out) == 1:
        out = out[0]
    if not isinstance(out, np.ndarray) or out.dtype != np.uint64:
        dtype = getattr(out, "dtype", type(out).__name__)
        raise CstarkError(f"out must be a uint64 array, not {dtype}")
    if not out.flags.writeable:
        raise CstarkError("out is read-only")
    try:
        fits = np.broadcast_shapes(shape, out.shape) == out.shape
    except ValueError:
        fits = False
    if not fits:
        raise CstarkError(f"out has shape {out.shape}, the result {shape}")
    return out


@overload
def apply(
    kernel: Callable[..., int | None], operands: list[U64], out: object, item: tuple[int]
) -> tuple[U64, int | None]: ...
@overload  # an array or, without axes, a number: what NumPy's ufuncs call Any
def apply(
    kernel: Callable[..., int | None], operands: list[U64], out: object, item: tuple[()] = ()
) -> tuple[Any, int | None]: ...
def apply(
    kernel: Callable[..., int | None], operands: list[U64], out: object, item: tuple[int, ...] = ()
) -> tuple[Any, int | None]:
    """Call ``kernel(*operands, result)`` on broadcast, flattened arrays.

    Parameters
    ----------
    kernel : callable
        Takes C-contiguous arrays, flat or of shape (n, 3), the last one to be written; that one
        may be an operand.
    operands : list of ndarray
        From `elements`.
    out : None or ndarray or (ndarray,)
        As in a NumPy ufunc: operands broadcast to its shape; any strides; may overlap operands.
    item : tuple of int
        () or (3,).

    Returns
    -------
    result : `out`, a new array, or a NumPy scalar when it would have no axes
    status : what `kernel` returned

    Raises
    ------
    CstarkError
        Shapes that do not broadcast, an unfit `out`.
    """
    axes = len(item)
    shapes = [a.shape[: a.ndim - axes] for a in operands]
    try:
        shape = np.broadcast_shapes(*shapes) + item
    except ValueError:
        raise CstarkError(
            "operands do not broadcast together: " + " and ".join(str(a.shape) for a in operands)
        ) from None
    target = None if out is None else _target(out, shape)
    if target is not None:
        shape = target.shape
        if shape[len(shape) - axes :] != item:
            raise CstarkError(f"the last axis of out must be 3, but its shape is {shape}")
    inputs = [np.ascontiguousarray(np.broadcast_to(a, shape)) for a in operands]
    if (
        target is None
        or not (target.flags.c_contiguous and target.flags.aligned)
        or any(_partly_shared(target, a) for a in inputs)
    ):
        result = np.empty(shape, np.uint64)
    else:
        result = target
    flat = (-1, *item)
    status = kernel(*(a.reshape(flat) for a in inputs), result.reshape(flat))
    if target is None:
        return (result if result.ndim else result[()]), status
    if result is not target:
        target[...] = result
    return target, status


def _partly_shared(out: U64, a: U64) -> bool:
    """Whether `a` overlaps `out` otherwise than as the same contiguous array."""
    return np.may_share_memory(out, a) and out.ctypes.data != a.ctypes.data


@overload
def inverted(kernel: Callable[..., int], a: U64, out: object, item: tuple[int]) -> U64: ...
@overload
def inverted(kernel: Callable[..., int], a: U64, out: object, item: tuple[()] = ()) -> Any: ...
def inverted(
    kernel: Callable[..., int], a: U64, out: object, item: tuple[int] | tuple[()] = ()
) -> Any:
    """`apply` an inversion; a zero is a ZeroDivisionError with its index."""
    result, zero = apply(kernel, [a], out, item)
    if zero is not None and zero >= 0:
        shape = result.shape[: result.ndim - len(item)]
        where = place(zero, shape)
        error = ZeroDivisionError("inverse of zero" + (f" at index {where}" if where else ""))
        error.__dict__["index"] = tuple(int(i) for i in np.unravel_index(zero, shape))
        raise error
    return result
