"""Comparison of numbers in limbs: which one is smaller, by a subtraction with borrows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.air import Table
from cstark.air.expression import Scalar
from cstark.air.rows import Operand
from cstark.errors import AirError, TraceError
from cstark.gadgets.ranges import BITS, check_integer, unsigned

__all__ = ["LessThan"]

_LIMBS = range(1, 1025)


@dataclass(frozen=True)
class LessThan:
    """Whether one number is less than another, both given as limbs of the same size.

    The numbers are subtracted limb by limb, the lowest first, as on paper::

        a[i] - b[i] - borrow[i - 1] + 2**bits * borrow[i] = difference[i]

    with borrows of 0 or 1 and differences that are looked up in a `RangeTable`. Then
    ``borrow[-1]`` is 1 where a is less than b, and 0 where it is not; `difference` is a - b modulo
    ``2**(bits * limbs)``.

    The limbs of both numbers must be in the range themselves: the table that makes them says so,
    with `Limbs` or lookups of its own. With limbs of any size, a number has several readings, and
    it could be less and not less than another.

    Parameters
    ----------
    limbs : int
        How many limbs a number has, from 1 to 1024: there is no limit of 63 bits.
    bits : int, default 8
        Bits of a limb, from 3 to 24.
    bus : str, default "range"
        The bus of the `RangeTable`.

    Raises
    ------
    AirError
        If `limbs` or `bits` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> LESS = cs.gadgets.LessThan(2)
    >>> class Pairs(cs.Air):
    ...     columns = {"a": (2,), "b": (2,), "borrow": LESS.shape, "difference": LESS.shape}
    ...     def constrain(self, t):
    ...         now = t.now
    ...         less = LESS.state(t, now.a, now.b, now.borrow, now.difference)
    ...         for limb in [*now.a, *now.b]:
    ...             t.send("range", [limb])
    >>> split = cs.gadgets.Limbs(16).split
    >>> a, b = split([1, 2, 3, 4, 500, 600, 700, 800]), split([9, 2, 1, 4, 501, 599, 700, 60000])
    >>> borrow, difference = LESS.fill(a, b)
    >>> borrow[:, -1].tolist()
    [1, 0, 0, 0, 1, 0, 0, 1]
    >>> traces = {"pairs": np.concatenate([a, b, borrow, difference], axis=1),
    ...           "range": cs.gadgets.RangeTable(8).trace(a, b, difference)}
    >>> machine = cs.Machine({"pairs": Pairs(), "range": cs.gadgets.RangeTable(8)})
    >>> bool(machine.check(traces))
    True
    """

    limbs: int
    bits: int = 8
    bus: str = "range"

    def __post_init__(self) -> None:
        check_integer("LessThan: limbs", self.limbs, _LIMBS)
        check_integer("LessThan: bits", self.bits, BITS)

    @property
    def shape(self) -> tuple[int]:
        """The shape of the groups of columns that hold the borrows and the differences."""
        return (self.limbs,)

    def state(
        self, t: Table, a: Operand, b: Operand, borrow: Operand, difference: Operand,
        count: Scalar = 1,
    ) -> Any:  # fmt: skip
        """State the subtraction on every row, and look its differences up.

        Parameters
        ----------
        t : Table
            The argument of `constrain`.
        a, b : array of expressions
            The limbs of the numbers, the lowest first, each held to its range elsewhere.
        borrow, difference : array of expressions
            Columns, which `fill` fills.
        count : expression or int, default 1
            A flag, on whose rows alone the differences are looked up and the result means
            something. The equations hold on every row.

        Returns
        -------
        expression
            1 where a is less than b, otherwise 0: the last borrow.

        Raises
        ------
        AirError
            If a group has another number of limbs.
        """
        groups: list[list[Any]] = []
        for name, group in (("a", a), ("b", b), ("borrow", borrow), ("difference", difference)):
            cells = list(np.asarray(group, dtype=object).reshape(-1))
            if len(cells) != self.limbs:
                raise AirError(f"LessThan.state: {name} has {len(cells)} limbs, not {self.limbs}")
            groups.append(cells)
        before: Any = 0
        for place, (x, y, after, rest) in enumerate(zip(*groups, strict=True)):
            t.every_row.boolean(after, name=f"borrow[{place}]")
            t.every_row.equal(
                x - y - before + 2**self.bits * after, rest, name=f"subtraction[{place}]"
            )
            t.send(self.bus, [rest], count=count, name=f"difference[{place}]")
            before = after
        return before

    def fill(self, a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """The borrows and differences for numbers.

        Parameters
        ----------
        a, b : array_like
            Limbs below ``2**bits`` along the last axis, of the same shape.

        Returns
        -------
        borrow, difference : ndarray
            uint64 of that shape. ``borrow[..., -1]`` is 1 where a is less than b; the differences
            are what the rows look up, for `RangeTable.trace`.

        Raises
        ------
        TraceError
            If the shapes are others, or a limb is too large or no integer.
        """
        x, y = (unsigned(f"LessThan.fill: {n}", v) for n, v in (("a", a), ("b", b)))
        if x.shape != y.shape or x.shape[-1:] != self.shape:
            raise TraceError(
                f"LessThan.fill: shapes {x.shape} and {y.shape}; both must end in {self.limbs}"
            )
        for name, limbs in (("a", x), ("b", y)):
            if limbs.size and int(limbs.max()) >> self.bits:
                raise TraceError(
                    f"LessThan.fill: {name} has a limb of {int(limbs.max())}, which is more than "
                    f"{self.bits} bits"
                )
        borrow, difference = np.zeros_like(x), np.zeros_like(x)
        before = np.zeros(x.shape[:-1], dtype=np.uint64)
        for place in range(self.limbs):
            taken = y[..., place] + before
            after = (x[..., place] < taken).astype(np.uint64)
            difference[..., place] = x[..., place] + (after << np.uint64(self.bits)) - taken
            borrow[..., place] = before = after
        return borrow, difference
