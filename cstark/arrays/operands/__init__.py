"""What the array modules do around a kernel call: check, broadcast, allocate, name what is wrong.

`cstark.goldilocks` works on arrays of numbers, `cstark.ext3` on arrays whose last axis holds the
three coordinates of an extension element.  That axis is the `item`: () or (3,), and takes no
part in broadcasting.

Here: operands and `out` of anything.  `cstark.arrays.operands.axes` folds and scans along axes,
`cstark.arrays.operands.exponents` raises to powers, `cstark.arrays.operands.matrices` multiplies
matrices.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.arrays.operands.types import U64
from cstark.errors import CstarkError, quoted
from cstark.field import P
from cstark.kernels import _field

__all__ = ["P", "apply", "deliver", "elements", "integer", "inverted", "place", "words"]


_U64 = np.dtype(np.uint64)


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
        return CstarkError(
            f"{where} is {quoted(value)}: negative; write p - {quoted(-value)} (cs.P is p), or "
            "take "
            "cs.goldilocks.residues"
        )
    return CstarkError(f"{where} is {quoted(value)}: not below p = 2^64 - 2^32 + 1")


def integers(value: ArrayLike, name: str, what: str = "integers") -> NDArray[Any]:
    """`value` as an array of some integer dtype, or of Python integers (dtype object).

    Raises
    ------
    CstarkError
        Anything else, named with its index where single elements are wrong.
    """
    # nobody has a masked array before its module is loaded, which takes long
    if "numpy.ma" in sys.modules and isinstance(value, np.ma.MaskedArray):
        raise CstarkError(f"{name} is a masked array: fill it first, masks are not kept")
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return value
    try:
        array = np.asarray(value)
    except ValueError:
        raise CstarkError(f"{name} is not an array: its rows differ in length") from None
    kind = array.dtype.kind
    given = isinstance(value, (np.ndarray, np.generic))
    if array.size == 0 and not given:
        return np.zeros(array.shape, np.uint64)
    # Nested lists that mix small and large integers NumPy makes floats or objects of.
    if kind == "O" or (kind == "f" and not given and not isinstance(value, float)):
        array = np.array(value, dtype=object)
        flat = array.reshape(-1)
        for position, number in enumerate(flat):
            try:
                if isinstance(number, (bool, np.bool_)):
                    raise TypeError
                flat[position] = operator.index(number)
            except TypeError:
                where = name + place(position, array.shape)
                raise CstarkError(f"{where} is not an integer: {quoted(number)}") from None
        return flat.reshape(array.shape)
    if kind not in "iu":
        raise CstarkError(f"{name} must hold {what}, not {array.dtype}")
    return array


def words(value: ArrayLike, name: str, limit: int = 1 << 64) -> U64:
    """`value` as a C-contiguous, aligned array of native uint64; without need it is not copied.

    Raises
    ------
    CstarkError
        What is no integer, or not in [0, limit); the first one is named with its index. Arrays
        that are uint64 already are taken as they are.
    """
    # The usual cases first, in a fraction of the time.
    if type(value) is np.ndarray and value.dtype == _U64 and value.flags.carray:
        return value
    if type(value) is int and 0 <= value < limit:
        return np.array(value, _U64)
    array = integers(value, name, "integers below p" if limit == P else "integers")
    kind = array.dtype.kind
    if kind != "u" and array.size:
        wrong = (array < 0) | (array >= limit) if kind == "O" else array < 0
        if wrong.any():
            position = int(np.argmax(wrong))
            number = int(array.reshape(-1)[position])
            where = name + place(position, array.shape)
            if limit == P or number < 0:
                raise _refuse(number, where)
            raise CstarkError(f"{where} is {quoted(number)}: not below 2^64")
    # np.require makes 0-d arrays 1-d.
    return np.require(array, np.uint64, ["C", "A"]).reshape(array.shape)


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
    array = words(value, name, P)
    if item and array.ndim and array.shape[-1] != 3:
        raise CstarkError(
            f"the last axis of {name} must be 3, but its shape is {array.shape}: cs.ext3.lift "
            "makes elements of base-field ones"
        )
    shape = array.shape
    invalid = _field.first_invalid(array.reshape(-1))
    if invalid >= 0:
        raise _refuse(int(array.reshape(-1)[invalid]), name + place(invalid, shape))
    if item and not shape:
        array = np.array([array[()], 0, 0], dtype=np.uint64)
    return array


def _target(out: Any, shape: tuple[int, ...], dtype: type = np.uint64, exact: bool = False) -> Any:
    """`out` as given to a function (as to a NumPy ufunc: an array or a tuple of one), checked."""
    if isinstance(out, tuple) and len(out) == 1:
        out = out[0]
    if not isinstance(out, np.ndarray) or out.dtype != dtype:
        found = getattr(out, "dtype", type(out).__name__)
        raise CstarkError(f"out must be a {dtype.__name__} array, not {found}")
    if not out.flags.writeable:
        raise CstarkError("out is read-only")
    try:
        fits = shape == out.shape or (
            not exact and np.broadcast_shapes(shape, out.shape) == out.shape
        )
    except ValueError:
        fits = False
    if not fits:
        raise CstarkError(f"out has shape {out.shape}, the result {shape}")
    return out


def deliver(
    kernel: Callable[[NDArray[Any]], None],
    shape: tuple[int, ...],
    out: Any,
    sources: Sequence[NDArray[Any]] = (),
    *,
    in_place: bool = False,
    dtype: type = np.uint64,
    allocate: Callable[[tuple[int, ...]], NDArray[Any]] | None = None,
) -> Any:
    """Call `kernel` on an array it may write, and leave the result in `out`.

    Parameters
    ----------
    kernel : callable
        Takes the C-contiguous array of `shape` to be written.
    shape : tuple of int
    out : None or ndarray or (ndarray,)
        As in a NumPy ufunc, but of this very shape; any strides; may overlap the sources.
    sources : sequence of ndarray
        What `kernel` reads.
    in_place : bool
        Whether the kernel may write to a source itself.
    dtype : numpy scalar type
        Of the result.
    allocate : callable, optional
        Makes an array of `shape`; default ``numpy.empty``.

    Returns
    -------
    ndarray, or a NumPy scalar when it would have no axes
        It is `out`, when that is given.

    Raises
    ------
    CstarkError
        An unfit `out`.
    """
    target = None if out is None else _target(out, shape, dtype, exact=True)
    direct = target is not None and target.flags.c_contiguous and target.flags.aligned
    if target is None or not direct or any(_shared(target, a, in_place) for a in sources):
        result = np.empty(shape, dtype) if allocate is None else allocate(shape)
    else:
        result = target
    kernel(result)
    if target is None:
        return result if result.ndim else result[()]
    if result is not target:
        target[...] = result
    return target


def _shared(out: NDArray[Any], a: NDArray[Any], in_place: bool) -> bool:
    """Whether a kernel that writes `out` might destroy what it has yet to read of `a`."""
    if out is a:
        return not in_place
    if not np.may_share_memory(out, a):
        return False
    same = out.ctypes.data == a.ctypes.data and out.shape == a.shape and out.strides == a.strides
    return not (in_place and same)


def apply(
    kernel: Callable[..., int | None], operands: list[U64], out: Any, item: tuple[int, ...] = ()
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
        lead = shapes[0] if shapes[0] == shapes[-1] else np.broadcast_shapes(*shapes)
        shape = lead + item
    except ValueError:
        raise CstarkError(
            "operands do not broadcast together: " + " and ".join(str(a.shape) for a in operands)
        ) from None
    target = None if out is None else _target(out, shape)
    if target is not None:
        shape = target.shape
        if shape[len(shape) - axes :] != item:
            raise CstarkError(f"the last axis of out must be 3, but its shape is {shape}")
    inputs = [
        np.ascontiguousarray(a if a.shape == shape else np.broadcast_to(a, shape)) for a in operands
    ]
    flat = (-1, *item)
    status: int | None = None

    def run(result: NDArray[Any]) -> None:
        nonlocal status
        status = kernel(*(a.reshape(flat) for a in inputs), result.reshape(flat))

    return deliver(run, shape, target, inputs, in_place=True), status


def inverted(
    kernel: Callable[..., int],
    a: U64,
    out: Any,
    item: tuple[int, ...] = (),
    what: str = "inverse of zero",
    whose: str = "",
) -> Any:
    """`apply` an inversion; a zero is a ZeroDivisionError: `what`, at index ... `whose`."""
    result, zero = apply(kernel, [a], out, item)
    if zero is not None and zero >= 0:
        shape = result.shape[: result.ndim - len(item)]
        where = place(zero, shape)
        error = ZeroDivisionError(what + (f" at index {where}{whose}" if where else ""))
        error.index = tuple(int(i) for i in np.unravel_index(zero, shape))  # type: ignore[attr-defined]
        raise error
    return result
