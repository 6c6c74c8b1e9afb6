"""Flags: whether a value is zero, and one of several."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.air import Expression, Table
from cstark.air.expression import Scalar
from cstark.air.rows import Operand
from cstark.arrays import goldilocks
from cstark.errors import AirError, TraceError
from cstark.field import P
from cstark.gadgets.ranges import unsigned

__all__ = ["inverse_or_zero", "is_zero", "nonzero", "one_hot", "one_hot_of"]


def is_zero(t: Table, x: Scalar, inverse: Scalar, flag: Scalar) -> None:
    """State on every row that the flag is 1 where x is 0, and 0 where it is not.

    A value times its inverse is 1, and 0 times anything is 0. So ``flag = 1 - x * inverse``, and
    ``x * flag = 0``: for x = 0 the first makes the flag 1, for another x the second makes it 0.
    What the inverse is where x is 0 would be the prover's to choose; a third equation holds it to
    0, so that no cell is free.

    Parameters
    ----------
    t : Table
        The argument of `constrain`.
    x : expression
        Of degree 1; the equations are of one degree more.
    inverse : expression
        A column that `inverse_or_zero` fills.
    flag : expression
        A column: 1 where x is 0.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Zeros(cs.Air):
    ...     columns = ("x", "inverse", "flag")
    ...     def constrain(self, t):
    ...         cs.gadgets.is_zero(t, t.now.x, t.now.inverse, t.now.flag)
    >>> x = np.array([0, 1, 2, 0, 5, 6, 7, 8], dtype=np.uint64)
    >>> trace = np.column_stack([x, cs.gadgets.inverse_or_zero(x), (x == 0).astype(np.uint64)])
    >>> bool(cs.Machine({"zeros": Zeros()}).check({"zeros": trace}))
    True
    """
    t.every_row.equal(flag, 1 - x * inverse, name="flag of zero")
    t.every_row.zero(x * flag, name="flag of nonzero")
    t.every_row.zero(inverse * flag, name="no inverse of zero")


def nonzero(t: Table, x: Scalar, inverse: Scalar) -> None:
    """State on every row that x is not 0: it has an inverse.

    Parameters
    ----------
    t : Table
        The argument of `constrain`.
    x, inverse : expression
        A value, and a column that `inverse_or_zero` fills.

    Examples
    --------
    >>> import cstark as cs
    >>> class Divisors(cs.Air):
    ...     columns = ("x", "inverse")
    ...     def constrain(self, t):
    ...         cs.gadgets.nonzero(t, t.now.x, t.now.inverse)
    """
    t.every_row.equal(x * inverse, 1, name="has an inverse")


def inverse_or_zero(values: ArrayLike) -> NDArray[np.uint64]:
    """The inverse modulo p of each value, and 0 for 0.

    Parameters
    ----------
    values : array_like
        Integers below p, of any shape.

    Returns
    -------
    ndarray
        uint64 of the same shape.

    Raises
    ------
    TraceError
        If a value is not below p, or is no integer.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.gadgets.inverse_or_zero([0, 1, 2]).tolist()
    [0, 1, 9223372034707292161]
    """
    numbers = unsigned("inverse_or_zero: values", values)
    if numbers.size and int(numbers.max()) >= P:
        raise TraceError(f"inverse_or_zero: {int(numbers.max())} is not below p")
    zero = numbers == 0
    inverses: NDArray[np.uint64] = np.asarray(
        goldilocks.batch_inverse(np.where(zero, np.uint64(1), numbers)), dtype=np.uint64
    )
    return np.where(zero, np.uint64(0), inverses)


def one_hot(t: Table, flags: Operand, active: Scalar = 1) -> Any:
    """State on every row that one of the flags is 1 and the others are 0.

    Each is 0 or 1, and they sum up to 1. The sum alone would let 2 and p - 1 pass.

    Parameters
    ----------
    t : Table
        The argument of `constrain`.
    flags : array of expressions
        At least one, of degree 1.
    active : expression or int, default 1
        What the flags sum up to: a flag of the row, so that on rows in which it is 0 none of them
        is 1. That it is 0 or 1 is for the caller to state.

    Returns
    -------
    expression
        The number of the flag that is 1, counted from 0, of degree 1; 0 where none is.

    Raises
    ------
    AirError
        If there are no flags.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Chosen(cs.Air):
    ...     columns = {"flags": (3,), "number": ()}
    ...     def constrain(self, t):
    ...         number = cs.gadgets.one_hot(t, t.now.flags)
    ...         t.every_row.equal(t.now.number, number)
    >>> numbers = [0, 1, 2, 0, 1, 2, 0, 1]
    >>> trace = np.column_stack([cs.gadgets.one_hot_of(numbers, 3), numbers]).astype(np.uint64)
    >>> bool(cs.Machine({"chosen": Chosen()}).check({"chosen": trace}))
    True
    """
    each: list[Expression] = list(np.asarray(flags, dtype=object).reshape(-1))
    if not each:
        raise AirError("one_hot: there are no flags")
    total: Any = 0
    number: Any = 0
    for place, one in enumerate(each):
        t.every_row.boolean(one, name=f"flag[{place}]")
        total = total + one
        number = number + place * one
    t.every_row.equal(total, active, name="one of the flags")
    return number


def one_hot_of(numbers: ArrayLike, size: int) -> NDArray[np.uint64]:
    """The flags of `one_hot` for numbers.

    Parameters
    ----------
    numbers : array_like
        Integers from 0 to ``size - 1``, of any shape.
    size : int
        How many flags there are.

    Returns
    -------
    ndarray
        uint64, of one axis more, of length `size`: 1 at the number, otherwise 0.

    Raises
    ------
    TraceError
        If a number is `size` or more, or is no integer.

    Examples
    --------
    >>> import cstark as cs
    >>> cs.gadgets.one_hot_of([2, 0], 3).tolist()
    [[0, 0, 1], [1, 0, 0]]
    """
    given = unsigned("one_hot_of: numbers", numbers)
    if given.size and int(given.max()) >= size:
        raise TraceError(f"one_hot_of: {int(given.max())} is not from 0 to {size - 1}")
    places = np.arange(size, dtype=np.uint64)
    flags: NDArray[np.uint64] = (given[..., None] == places).astype(np.uint64)
    return flags
