"""Permutations: rows in another order, and rows in ascending order."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.air import Air, Table
from cstark.air.rows import Operand
from cstark.errors import AirError, TraceError, quoted
from cstark.field import P
from cstark.gadgets.ranges import Limbs, unsigned

__all__ = ["Sorted", "permutation"]


def permutation(t: Table, bus: str, before: Operand, after: Operand) -> None:
    """State that two groups of columns hold the same rows, in any order.

    Every row sends what is in `before` and receives what is in `after`, each once. The count is
    constant: were it a column, one row could stand for two equal ones, and the other be anything.
    The bus is to be used for nothing else. For two tables, the one sends and the other receives
    with ``count=1``.

    Parameters
    ----------
    t : Table
        The argument of `constrain`.
    bus : str
        A bus of its own.
    before, after : array of expressions
        As many of one as of the other, of degree 1.

    Raises
    ------
    AirError
        If their numbers differ.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Shuffled(cs.Air):
    ...     columns = {"before": (2,), "after": (2,)}
    ...     def constrain(self, t):
    ...         cs.gadgets.permutation(t, "shuffle", t.now.before, t.now.after)
    >>> rows = np.arange(16, dtype=np.uint64).reshape(8, 2)
    >>> trace = np.concatenate([rows, rows[::-1]], axis=1)
    >>> bool(cs.Machine({"shuffled": Shuffled()}).check({"shuffled": trace}))
    True
    """
    left, right = (list(np.asarray(g, dtype=object).reshape(-1)) for g in (before, after))
    if len(left) != len(right):
        raise AirError(f"permutation: {len(left)} columns before and {len(right)} after")
    t.send(bus, left, count=1, name="before")
    t.receive(bus, right, count=1, name="after")


class Sorted(Air):
    """The rows that others send, in ascending order of their first value.

    It receives the messages ``(key, *values)`` of its bus, each once, so that it is as tall as
    there are messages. From row to row the key grows by 0 to ``2**width - 1``. Keys must be below
    ``2**width`` in the table that sends them: in the field alone, "larger" has no meaning, and by
    small steps a list could come around to where it began. To use the order, derive from the class
    and state more on ``t.now.key``.

    Parameters
    ----------
    gap : Limbs
        Size of the keys, of at most 32 bits; also says the bus and limb size of the `RangeTable`.
    values : int, default 0
        How many values a message has besides the key.
    bus : str, default "sorted"
        The bus that the table receives from.

    Raises
    ------
    AirError
        If `gap` is no `Limbs` of at most 32 bits, or `values` is negative.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> SIZE = cs.gadgets.Limbs(16)
    >>> class Numbers(cs.Air):
    ...     columns = {"x": (), "limbs": SIZE.shape}
    ...     def constrain(self, t):
    ...         SIZE.state(t, t.now.x, t.now.limbs)
    ...         t.send("sorted", [t.now.x])
    >>> x = np.array([3, 1, 4000, 1, 5, 9, 2, 6], dtype=np.uint64)
    >>> table, range_table = cs.gadgets.Sorted(SIZE), cs.gadgets.RangeTable(8)
    >>> ordered = table.trace(x)
    >>> ordered[:, 0].tolist()
    [1, 1, 2, 3, 5, 6, 9, 4000]
    >>> limbs = SIZE.split(x)
    >>> sent = SIZE.sent(limbs), SIZE.sent(table.view(ordered).gap)
    >>> traces = {"numbers": np.column_stack([x, limbs]), "sorted": ordered,
    ...           "range": range_table.trace(*sent)}
    >>> machine = cs.Machine({"numbers": Numbers(), "sorted": table, "range": range_table})
    >>> bool(machine.check(traces))
    True
    """

    def __init__(self, gap: Limbs, values: int = 0, bus: str = "sorted") -> None:
        if not isinstance(gap, Limbs):
            raise AirError(f"Sorted: gap must be Limbs, not {quoted(gap)}")
        if gap.width > 32:
            # 2^31 rows, the most that there are, with steps of 2^32 stay below p
            raise AirError(f"Sorted: gap has {gap.width} bits, and may have at most 32")
        if isinstance(values, bool) or not isinstance(values, int) or values < 0:
            raise AirError(f"Sorted: values must be an integer from 0, not {quoted(values)}")
        self.gap, self.bus, self.values = gap, bus, values
        self.columns: dict[str, tuple[int, ...]] = {"key": (), "step": (), "gap": gap.shape}
        if values:
            self.columns["values"] = (values,)

    def constrain(self, t: Table) -> None:
        """State the order, and receive the messages.

        Parameters
        ----------
        t : Table
        """
        now = t.now
        values = [*now["values"]] if self.values else []
        t.receive(self.bus, [now.key, *values], count=1, name="after")
        t.first_row.zero(now.step, name="no step above the first row")
        t.transition.equal(t.next.key - now.key, t.next.step, name="keys grow")
        self.gap.state(t, now.step, now.gap)

    def fill(self, trace: NDArray[np.uint64], rows: int) -> NoReturn:
        """Refuse, as each row is a message that was sent.

        Parameters
        ----------
        trace : ndarray
        rows : int

        Raises
        ------
        TraceError
            Always.
        """
        raise TraceError(f"each of its rows is one that others send, and they send {len(trace)}")

    def trace(self, keys: ArrayLike, values: ArrayLike | None = None) -> NDArray[np.uint64]:
        """The trace of the table.

        Parameters
        ----------
        keys : array_like
            ``(n,)`` integers below ``2**width``, n a power of two of at least 8, in any order.
        values : array_like, optional
            ``(n, values)`` integers below p that go with them.

        Returns
        -------
        ndarray
            ``(n, width of the table)`` uint64. Equal keys keep their order.

        Raises
        ------
        TraceError
            If a shape is another, or a number is out of range.
        """
        numbers = unsigned("Sorted.trace: keys", keys).reshape(-1)
        shape = (len(numbers), self.values)
        rest = np.zeros((len(numbers), 0), dtype=np.uint64)
        if values is not None:
            rest = unsigned("Sorted.trace: values", values)
        if rest.shape != shape:
            raise TraceError(f"Sorted.trace: values of shape {rest.shape}, not {shape}")
        if numbers.size and int(numbers.max()) >> self.gap.width:
            raise TraceError(
                f"Sorted.trace: {int(numbers.max())} has more than {self.gap.width} bits"
            )
        if rest.size and int(rest.max()) >= P:
            raise TraceError(f"Sorted.trace: {int(rest.max())} is not below p")
        order = np.argsort(numbers, kind="stable")
        trace = self.zeros(len(numbers))
        view = self.view(trace)
        view["key"] = numbers[order]
        view["step"][1:] = np.diff(view["key"])
        view["gap"] = self.gap.split(view["step"])
        if self.values:
            view["values"] = rest[order]
        return trace
