"""Sizes: a table of all small numbers, and numbers of any width as limbs that are in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.air import Air, Table, pack
from cstark.air.expression import Scalar
from cstark.air.rows import Operand
from cstark.errors import AirError, TraceError, quoted

__all__ = ["BITS", "Limbs", "RangeTable", "check_integer", "unsigned"]

BITS = range(3, 25)  # tables have at least 8 rows; 2^24 of them are what options allow
_MAX_WIDTH = 63


class RangeTable(Air):
    """The numbers from 0 to ``2**bits - 1``, each with the number of times it is looked up.

    What a table sends on the bus must be one of these numbers. The counts are the prover's to
    choose and need no bound, as each row is true whatever its count is.

    Parameters
    ----------
    bits : int
        From 3, as tables have at least eight rows, to 24.
    bus : str, default "range"
        The bus that the table receives from.

    Raises
    ------
    AirError
        If `bits` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Digits(cs.Air):
    ...     columns = ("digit",)
    ...     def constrain(self, t):
    ...         t.send("range", [t.now.digit])
    >>> digits = np.array([[3], [1], [4], [1], [5], [2], [6], [5]], dtype=np.uint64)
    >>> table = cs.gadgets.RangeTable(3)
    >>> machine = cs.Machine({"digits": Digits(), "range": table})
    >>> bool(machine.check({"digits": digits, "range": table.trace(digits)}))
    True
    """

    columns = ("count",)
    preprocessed = ("value",)

    def __init__(self, bits: int, bus: str = "range") -> None:
        check_integer("RangeTable: bits", bits, BITS)
        self.rows = 1 << bits  # the whole range, and nothing but the range
        self.bus = bus

    def preprocessed_trace(self) -> NDArray[np.uint64]:
        """The numbers themselves.

        Returns
        -------
        ndarray
            ``(2**bits, 1)`` uint64: 0, 1, and so on.
        """
        return np.arange(self.rows, dtype=np.uint64).reshape(-1, 1)

    def constrain(self, t: Table) -> None:
        """State that each row receives its number, as often as its count says.

        Parameters
        ----------
        t : Table
        """
        t.receive(self.bus, [t.preprocessed.value], count=t.now.count)

    def trace(self, *numbers: ArrayLike) -> NDArray[np.uint64]:
        """The trace of the table when these numbers are looked up.

        Parameters
        ----------
        *numbers : array_like
            Arrays of integers of any shape: each number once for each time that it is sent.

        Returns
        -------
        ndarray
            ``(2**bits, 1)`` uint64: how often each number occurs.

        Raises
        ------
        TraceError
            If a number is not in the table, or is no integer.
        """
        counts = np.zeros(self.rows, dtype=np.uint64)
        for array in numbers:
            found = unsigned("RangeTable.trace: numbers", array).reshape(-1)
            if found.size and int(found.max()) >= self.rows:
                raise TraceError(
                    f"RangeTable.trace: {int(found.max())} is not in the table, which has the "
                    f"numbers from 0 to {self.rows - 1}"
                )
            # below 2^24, so that int64, which bincount needs, holds it
            counts += np.bincount(found.astype(np.int64), minlength=self.rows).astype(np.uint64)
        return counts.reshape(-1, 1)


@dataclass(frozen=True)
class Limbs:
    """A number from 0 to ``2**width - 1`` as limbs of `bits` bits, the lowest first.

    The limbs are columns of one's own table, in a group of shape ``limbs.shape``. `number` looks
    each of them up in a `RangeTable` of the same `bits` and gives the number that they make;
    `state` also holds a column to that number.
    If `width` is no multiple of `bits`, the highest limb has fewer bits; it is looked up twice, as
    it stands and multiplied by the power of two that makes its largest value just fit.

    Parameters
    ----------
    width : int
        Bits of the number, from 1 to 63: with 64, some field elements would have two
        decompositions.
    bits : int, default 8
        Bits of a limb, from 3 to 24.
    bus : str, default "range"
        The bus of the `RangeTable`.

    Raises
    ------
    AirError
        If `width` or `bits` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> SIZE = cs.gadgets.Limbs(20, bits=8)
    >>> SIZE.shape
    (3,)
    >>> class Small(cs.Air):
    ...     columns = {"x": (), "limbs": SIZE.shape}
    ...     def constrain(self, t):
    ...         SIZE.state(t, t.now.x, t.now.limbs)
    >>> x = np.arange(8, dtype=np.uint64) * 149796
    >>> limbs = SIZE.split(x)
    >>> limbs[7].tolist()
    [252, 255, 15]
    >>> traces = {"small": np.column_stack([x, limbs]),
    ...           "range": cs.gadgets.RangeTable(8).trace(SIZE.sent(limbs))}
    >>> machine = cs.Machine({"small": Small(), "range": cs.gadgets.RangeTable(8)})
    >>> bool(machine.check(traces))
    True
    """

    width: int
    bits: int = 8
    bus: str = "range"

    def __post_init__(self) -> None:
        check_integer("Limbs: width", self.width, range(1, _MAX_WIDTH + 1))
        check_integer("Limbs: bits", self.bits, BITS)

    @property
    def shape(self) -> tuple[int]:
        """The shape of a group of columns that holds the limbs: ``(number of limbs,)``."""
        return (-(-self.width // self.bits),)

    @property
    def _scale(self) -> int:
        """What the highest limb is multiplied by for its second lookup; 1 for none."""
        return 1 << (-self.width % self.bits)

    def number(self, t: Table, limbs: Operand, count: Scalar = 1) -> Any:
        """The number that limbs make, each of which is looked up.

        Parameters
        ----------
        t : Table
            The argument of `constrain`.
        limbs : array of expressions
            As many as `shape` says, of degree 1.
        count : expression or int, default 1
            A flag, on whose rows alone the limbs are looked up: where it is 0, the number may be
            any field element.

        Returns
        -------
        expression
            Of degree 1: an integer from 0 to ``2**width - 1``.

        Raises
        ------
        AirError
            If the number of limbs is another one.

        Examples
        --------
        >>> import cstark as cs
        >>> BYTES = cs.gadgets.Limbs(16)
        >>> class Doubled(cs.Air):
        ...     columns = {"x": BYTES.shape, "twice": ()}
        ...     def constrain(self, t):
        ...         t.every_row.equal(t.now.twice, 2 * BYTES.number(t, t.now.x))
        """
        parts = list(np.asarray(limbs, dtype=object).reshape(-1))
        if (len(parts),) != self.shape:
            raise AirError(
                f"Limbs: {len(parts)} limbs, but {self.width} bits in limbs of {self.bits} "
                f"are {self.shape[0]}"
            )
        lower = len(parts) - 1
        sizes = [self.bits] * lower + [self.width - self.bits * lower]
        for limb in parts:
            t.send(self.bus, [limb], count=count, name="limb")
        if self._scale > 1:
            t.send(self.bus, [parts[-1] * self._scale], count=count, name="highest limb")
        return pack(parts, sizes)

    def state(self, t: Table, value: Scalar, limbs: Operand, count: Scalar = 1) -> None:
        """State on every row that the value is the sum of its limbs, and look the limbs up.

        Parameters
        ----------
        t : Table
            The argument of `constrain`.
        value : expression
            Of a degree that the table allows.
        limbs : array of expressions
            As many as `shape` says, of degree 1.
        count : expression or int, default 1
            A flag, on whose rows alone the limbs are looked up: where it is 0, the value is not
            bounded. The sum is stated on every row.

        Raises
        ------
        AirError
            If the number of limbs is another one.

        Examples
        --------
        The example of the class shows it.
        """
        number = self.number(t, limbs, count)
        t.every_row.equal(value, number, name="sum of limbs")

    def split(self, values: ArrayLike) -> NDArray[np.uint64]:
        """The limbs of numbers.

        Parameters
        ----------
        values : array_like
            Integers from 0 to ``2**width - 1``, of any shape.

        Returns
        -------
        ndarray
            uint64, of one axis more: the limbs, the lowest first.

        Raises
        ------
        TraceError
            If a number has more than `width` bits, or is no integer.
        """
        numbers = unsigned("Limbs.split: values", values)
        if numbers.size and int(numbers.max()) >> self.width:
            raise TraceError(f"Limbs.split: {int(numbers.max())} has more than {self.width} bits")
        shifts = np.arange(self.shape[0], dtype=np.uint64) * np.uint64(self.bits)
        limbs: NDArray[np.uint64] = (numbers[..., None] >> shifts) & np.uint64((1 << self.bits) - 1)
        return limbs

    def sent(self, limbs: ArrayLike) -> NDArray[np.uint64]:
        """The numbers that rows with these limbs send, for `RangeTable.trace`.

        Parameters
        ----------
        limbs : array_like
            Limbs of the rows that look them up, along the last axis.

        Returns
        -------
        ndarray
            ``(n,)`` uint64, without order: every limb, and the highest ones once more where they
            are looked up twice.

        Raises
        ------
        TraceError
            If the last axis has another length than `shape` says.
        """
        parts = unsigned("Limbs.sent: limbs", limbs)
        if parts.shape[-1:] != self.shape:
            raise TraceError(
                f"Limbs.sent: an array of shape {parts.shape}; its last axis must have "
                f"{self.shape[0]} limbs"
            )
        flat = parts.reshape(-1)
        if self._scale == 1:
            return flat
        return np.concatenate([flat, parts[..., -1].reshape(-1) * np.uint64(self._scale)])


def unsigned(name: str, values: ArrayLike) -> NDArray[np.uint64]:
    """Integers of any type as uint64; a `TraceError` for what does not fit."""
    array = np.asarray(values)
    if array.dtype.kind == "f" and not isinstance(values, np.ndarray):
        # an empty list, or one whose numbers fit no integer type together
        array = np.asarray(values, dtype=object)
    if array.dtype.kind == "O" and all(isinstance(v, (int, np.integer)) for v in array.flat):
        small = [int(v) for v in array.flat if not 0 <= v < 1 << 64]
        if small:
            raise TraceError(f"{name}: {quoted(small[0])} is not from 0 to 2^64 - 1")
        return array.astype(np.uint64)
    if array.dtype.kind not in "bui":
        raise TraceError(f"{name} are of dtype {array.dtype}, not integers")
    if array.dtype.kind == "i" and array.size and int(array.min()) < 0:
        raise TraceError(f"{name}: {int(array.min())} is negative")
    return array.astype(np.uint64)


def check_integer(name: str, value: object, allowed: range) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value not in allowed:
        raise AirError(
            f"{name} must be an integer from {allowed[0]} to {allowed[-1]}, not {quoted(value)}"
        )
