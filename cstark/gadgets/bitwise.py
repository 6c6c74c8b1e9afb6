"""Bitwise operations: a table of all pairs of small numbers with their AND."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.air import Air, Table
from cstark.air.expression import Scalar
from cstark.errors import TraceError
from cstark.field import P
from cstark.gadgets.ranges import check_integer, unsigned

__all__ = ["BitwiseTable"]

_BITS = range(2, 13)  # tables have at least 8 rows, and 2^24 are what options allow
_HALF = (P + 1) // 2


class BitwiseTable(Air):
    """All pairs of bytes with their AND, each with the number of times it is looked up.

    One message, ``(a, b, a AND b)``, serves every operation, as ``a + b`` counts the common bits
    twice: ``a XOR b = a + b - 2 (a AND b)`` and ``a OR b = a + b - (a AND b)``. A lookup also
    says that all three are in range, so an operation on bytes needs no range check beside it.

    Parameters
    ----------
    bits : int, default 8
        Size of an operand, from 2 to 12; the table has ``2**(2 * bits)`` rows.
    bus : str, default "bitwise"
        The bus that the table receives from.

    Raises
    ------
    AirError
        If `bits` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> BYTES = cs.gadgets.BitwiseTable()
    >>> class Masked(cs.Air):
    ...     columns = ("a", "b", "both", "different")
    ...     def constrain(self, t):
    ...         BYTES.state_and(t, t.now.a, t.now.b, t.now.both)
    ...         BYTES.state_xor(t, t.now.a, t.now.b, t.now.different)
    >>> a, b = np.arange(8, dtype=np.uint64) + 248, np.arange(8, dtype=np.uint64) * 30
    >>> trace = np.column_stack([a, b, a & b, a ^ b])
    >>> traces = {"masked": trace, "bytes": BYTES.trace((a, b), (a, b))}  # looked up twice
    >>> bool(cs.Machine({"masked": Masked(), "bytes": BYTES}).check(traces))
    True
    """

    columns = ("count",)
    preprocessed = ("a", "b", "both")

    def __init__(self, bits: int = 8, bus: str = "bitwise") -> None:
        check_integer("BitwiseTable: bits", bits, _BITS)
        self.bits, self.bus = int(bits), bus
        self.rows = 1 << 2 * self.bits

    def preprocessed_trace(self) -> NDArray[np.uint64]:
        """All pairs, with their AND.

        Returns
        -------
        ndarray
            ``(2**(2 * bits), 3)`` uint64: a, b and a AND b; row ``2**bits * a + b`` is that of
            a and b.
        """
        pairs = np.arange(self.rows, dtype=np.uint64)
        a, b = pairs >> np.uint64(self.bits), pairs & np.uint64((1 << self.bits) - 1)
        return np.stack([a, b, a & b], axis=1)

    def constrain(self, t: Table) -> None:
        """State that each row receives its pair and AND, as often as its count says.

        Parameters
        ----------
        t : Table
        """
        row = t.preprocessed
        t.receive(self.bus, [row.a, row.b, row.both], count=t.now.count)

    def state_and(self, t: Table, a: Scalar, b: Scalar, result: Scalar, count: Scalar = 1) -> None:
        """State that the result is a AND b, and that all are in range.

        Parameters
        ----------
        t : Table
            The argument of `constrain` of the table that has them.
        a, b, result : expression or int
            Of degree at most 1.
        count : expression or int, default 1
            A flag, on whose rows alone it is stated.
        """
        t.send(self.bus, [a, b, result], count=count, name="and")

    def state_xor(self, t: Table, a: Scalar, b: Scalar, result: Scalar, count: Scalar = 1) -> None:
        """State that the result is a XOR b, and that all are in range.

        Parameters
        ----------
        t : Table
            The argument of `constrain` of the table that has them.
        a, b, result : expression or int
            Of degree at most 1.
        count : expression or int, default 1
            A flag, on whose rows alone it is stated.
        """
        t.send(self.bus, [a, b, (a + b - result) * _HALF], count=count, name="xor")

    def state_or(self, t: Table, a: Scalar, b: Scalar, result: Scalar, count: Scalar = 1) -> None:
        """State that the result is a OR b, and that all are in range.

        Parameters
        ----------
        t : Table
            The argument of `constrain` of the table that has them.
        a, b, result : expression or int
            Of degree at most 1.
        count : expression or int, default 1
            A flag, on whose rows alone it is stated.
        """
        t.send(self.bus, [a, b, a + b - result], count=count, name="or")

    def trace(self, *pairs: tuple[ArrayLike, ArrayLike]) -> NDArray[np.uint64]:
        """The trace of the table when these pairs are looked up.

        Parameters
        ----------
        *pairs : tuple of two array_like
            a and b of one lookup in each row, of equal shapes: one tuple for each operation.

        Returns
        -------
        ndarray
            ``(2**(2 * bits), 1)`` uint64: how often each pair occurs.

        Raises
        ------
        TraceError
            If shapes differ, or a number is out of range or no integer.
        """
        counts = np.zeros(self.rows, dtype=np.uint64)
        for first, second in pairs:
            a = unsigned("BitwiseTable.trace: a", first)
            b = unsigned("BitwiseTable.trace: b", second)
            if a.shape != b.shape:
                raise TraceError(f"BitwiseTable.trace: shapes {a.shape} and {b.shape} differ")
            for numbers in (a, b):
                if numbers.size and int(numbers.max()) >> self.bits:
                    raise TraceError(
                        f"BitwiseTable.trace: {int(numbers.max())} has more than {self.bits} bits"
                    )
            rows = ((a << np.uint64(self.bits)) + b).reshape(-1).astype(np.int64)
            counts += np.bincount(rows, minlength=self.rows).astype(np.uint64)
        return counts.reshape(-1, 1)
