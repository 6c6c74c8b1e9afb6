"""Timestamped memory: all accesses by address and time, so that a read finds the last write."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.air import Air, FreeCells, Table, View, padded_rows
from cstark.errors import AirError, TraceError, quoted
from cstark.field import P
from cstark.gadgets.ranges import Limbs, unsigned

__all__ = ["Memory"]


class Memory(Air):
    """Every access to a memory, sorted; a cell that was never written holds 0.

    A table that uses the memory sends each access, once, as the message ``(address, time, value,
    write)``: `write` is 1 for a write of the value and 0 for a read that found it. This table
    receives the same messages in another order, by address and then by time, in which what is true
    of a read is a matter of neighbours.

    What holds, and why:

    * Each row in use is received exactly once, so the rows are the accesses, none twice or left
      out. The rows in use come first: a row between them that nobody sent could be a write.
    * Within an address the times grow, and from one address to the next the addresses grow, each
      by at least 1 and at most ``2**width``, as `gap`, in limbs that are looked up, says. All steps
      together stay below p, so an address that is left does not come again.
    * A read has the value of the row above if that has its address, otherwise 0.

    The sender answers for the times: no two accesses of an address have the same one, they are
    below ``2**width``, and each access comes later than those before it, such as a multiple of a
    row number that the table counts from 0. `write` must be 0 or 1.

    Parameters
    ----------
    gap : Limbs
        Size of the differences of times and of addresses, of at most 32 bits; also says the bus
        and limb size of the `RangeTable`.
    bus : str, default "memory"
        The bus that the table receives from.

    Raises
    ------
    AirError
        If `gap` is no `Limbs`, or has more than 32 bits.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Program(cs.Air):
    ...     columns = ("time", "address", "value", "write")
    ...     def constrain(self, t):
    ...         t.first_row.zero(t.now.time)
    ...         t.transition.equal(t.next.time, t.now.time + 1)
    ...         t.every_row.boolean(t.now.write)
    ...         t.send("memory", [t.now.address, t.now.time, t.now.value, t.now.write])
    >>> accesses = np.array([[5, 5, 9, 5, 9, 5, 5, 0],
    ...                      [7, 7, 0, 8, 3, 8, 8, 0],
    ...                      [1, 0, 0, 1, 1, 0, 0, 0]], dtype=np.uint64).T
    >>> time = np.arange(8, dtype=np.uint64)
    >>> gap = cs.gadgets.Limbs(16)
    >>> memory = cs.gadgets.Memory(gap)
    >>> table = memory.trace(accesses[:, 0], time, accesses[:, 1], accesses[:, 2])
    >>> traces = {"program": np.column_stack([time, accesses]), "memory": table,
    ...           "range": cs.gadgets.RangeTable(8).trace(gap.sent(memory.view(table).gap))}
    >>> tables = {"program": Program(), "memory": memory, "range": cs.gadgets.RangeTable(8)}
    >>> bool(cs.Machine(tables).check(traces))
    True
    """

    def __init__(self, gap: Limbs, bus: str = "memory") -> None:
        if not isinstance(gap, Limbs):
            raise AirError(f"Memory: gap must be Limbs, not {quoted(gap)}")
        if gap.width > 32:
            # 2^31 rows, the most that there are, with steps of 2^32 stay below p
            raise AirError(f"Memory: gap has {gap.width} bits, and may have at most 32")
        self.gap, self.bus = gap, bus
        self.columns: dict[str, tuple[int, ...]] = {
            "address": (),
            "time": (),
            "value": (),
            "write": (),  # 1: the value is written, 0: it is read
            "used": (),  # 1: an access, 0: padding
            "same": (),  # 1: the row above has the same address
            "step": (),  # what the time, or the address, is more than above, less 1
            "gap": gap.shape,  # its limbs
        }

    def constrain(self, t: Table) -> None:
        """State the order of the accesses and what reads find, and receive the accesses.

        Parameters
        ----------
        t : Table
        """
        now, nxt = t.now, t.next
        t.every_row.boolean(now.used, name="used is a flag")
        t.transition.zero((1 - now.used) * nxt.used, name="padding comes last")
        t.every_row.boolean(now.same, name="same is a flag")
        t.first_row.zero(now.same, name="a cell begins in the first row")
        t.transition.zero(nxt.same * (nxt.address - now.address), name="the same address")

        later, higher = nxt.time - now.time, nxt.address - now.address
        t.transition.zero(
            nxt.used * (nxt.step + 1 - nxt.same * (later - higher) - higher), name="order"
        )
        self.gap.state(t, now.step, now.gap)
        t.first_row.zero(now.step, name="no step above the first row")
        t.every_row.zero((1 - now.used) * now.step, name="no step in padding")

        t.transition.zero(
            nxt.same * (1 - nxt.write) * (nxt.value - now.value), name="what was there is read"
        )
        t.every_row.zero((1 - now.same) * (1 - now.write) * now.value, name="cells begin with 0")
        t.receive(
            self.bus, [now.address, now.time, now.value, now.write], count=now.used, weight=1,
            name="an access",
        )  # fmt: skip

    def free_cells(self, cells: View) -> list[FreeCells]:
        """The cells of padding, which no access and no read looks at.

        Parameters
        ----------
        cells : View
            A valid trace.

        Returns
        -------
        list of FreeCells
        """
        columns = ("address", "time", "value", "write", "same")
        return [FreeCells(columns, cells.used == 0, "padding is no access")]

    def trace(
        self, address: ArrayLike, time: ArrayLike, value: ArrayLike, write: ArrayLike
    ) -> NDArray[np.uint64]:
        """The trace of the table for these accesses, in any order.

        Parameters
        ----------
        address, time, value, write : array_like
            ``(n,)`` integers below p, one for each access. What they say is not looked at: `check`
            tells of a read that did not find its value.

        Returns
        -------
        ndarray
            ``(rows, width of the table)`` uint64, where `rows` is the next power of two of at least
            8. For the `RangeTable`: ``gap.sent(memory.view(trace).gap)``.

        Raises
        ------
        TraceError
            If lengths differ, a number is not below p, an address has two accesses at one time, or
            a step is too large for `gap`.
        """
        columns = [
            unsigned(f"Memory.trace: {name}", array).reshape(-1)
            for name, array in zip(
                ("address", "time", "value", "write"), (address, time, value, write), strict=True
            )
        ]
        used = len(columns[0])
        if any(len(column) != used for column in columns):
            raise TraceError(f"Memory.trace: lengths {[len(c) for c in columns]} differ")
        if used and max(int(column.max()) for column in columns) >= P:
            raise TraceError("Memory.trace: a number is not below p")
        order = np.lexsort((columns[1], columns[0]))
        address, time, value, write = (column[order] for column in columns)
        same = address[1:] == address[:-1]
        difference = np.where(same, np.diff(time), np.diff(address))
        if (difference == 0).any():
            row = int(np.argmin(difference))
            raise TraceError(
                f"Memory.trace: two accesses to address {int(address[row])} at time "
                f"{int(time[row])}"
            )
        steps = difference - np.uint64(1)
        if steps.size and int(steps.max()) >> self.gap.width:
            raise TraceError(
                f"Memory.trace: a difference of {int(difference.max())} between neighbours does "
                f"not fit in {self.gap.width} bits"
            )
        trace = self.zeros(padded_rows(used))
        view = self.view(trace)
        for name, cells in (("address", address), ("time", time), ("value", value),
                            ("write", write), ("used", 1)):  # fmt: skip
            view[name][:used] = cells
        view["same"][1:used], view["step"][1:used] = same, steps
        view["gap"] = self.gap.split(view["step"])
        return trace
