"""A list of messages that is fixed when the machine is made."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.air import Air, Table, padded_rows
from cstark.errors import AirError, TraceError, quoted
from cstark.field import P
from cstark.gadgets.ranges import unsigned

__all__ = ["LookupTable"]


class LookupTable(Air):
    """A fixed list of messages, each with the number of times it is looked up.

    What a table sends on the bus must be a row of the list: the instructions of a program, the
    states that may follow each other, a function by its values. The list is preprocessed, so it is
    part of the verifying key and not the prover's to choose. The counts are, and need no bound, as
    a row of the list stands for itself whatever its count is.

    The height is the next power of two, and the rows that are left repeat the last one. They allow
    nothing that the list does not.

    Parameters
    ----------
    rows : array_like
        ``(n, width)`` integers, n at least 1; one row for each message. A number below 0 stands
        for itself plus p.
    bus : str, default "lookup"
        The bus that the table receives from.

    Raises
    ------
    AirError
        If the array has another shape, or a value is no integer from 1 - p to p - 1.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> cubes = [[x, x**3] for x in range(-50, 50)]
    >>> class Asks(cs.Air):
    ...     columns = ("x", "cube")
    ...     def constrain(self, t):
    ...         t.send("lookup", [t.now.x, t.now.cube])
    >>> machine = cs.Machine({"asks": Asks(), "cubes": cs.gadgets.LookupTable(cubes)})
    >>> traces = {"asks": [[x, x**3] for x in (1, 2, 3, 1, 5, 6, 7, 8)]}
    >>> traces["cubes"] = machine.count(traces, "lookup")
    >>> bool(machine.check(traces))
    True
    """

    columns = ("count",)

    def __init__(self, rows: ArrayLike, bus: str = "lookup") -> None:
        messages = _messages(rows)
        if messages.ndim != 2 or 0 in messages.shape:
            raise AirError(
                f"LookupTable: rows of shape {messages.shape}; they must be (n, width), with at "
                "least one of each"
            )
        self.bus = bus
        self.rows = padded_rows(len(messages))
        self.preprocessed = messages.shape[1]
        filler = np.repeat(messages[-1:], self.rows - len(messages), axis=0)
        self._messages = np.concatenate([messages, filler])
        self._messages.flags.writeable = False

    def preprocessed_trace(self) -> NDArray[np.uint64]:
        """The list, filled up with its last row.

        Returns
        -------
        ndarray
            ``(self.rows, width)`` uint64, read-only.
        """
        return self._messages

    def constrain(self, t: Table) -> None:
        """State that each row receives its message, as often as its count says.

        Parameters
        ----------
        t : Table
        """
        t.receive(self.bus, [*t.preprocessed], count=t.now.count)

    def trace(self, *messages: ArrayLike) -> NDArray[np.uint64]:
        """The trace of the table when these messages are looked up.

        Of equal rows of the list, the first has the count. `Machine.count` gives the same from the
        traces of the tables that send.

        Parameters
        ----------
        *messages : array_like
            ``(n, width)`` integers below p: each message once for each time that it is sent.

        Returns
        -------
        ndarray
            ``(self.rows, 1)`` uint64: how often each row occurs.

        Raises
        ------
        TraceError
            If a message is not in the list, or an array has another shape.
        """
        places: dict[tuple[int, ...], int] = {}
        for row, message in enumerate(self._messages.tolist()):
            places.setdefault(tuple(message), row)
        counts = self.zeros()
        for array in messages:
            asked = unsigned("LookupTable.trace: messages", array)
            if asked.ndim != 2 or asked.shape[1] != self.preprocessed:
                raise TraceError(
                    f"LookupTable.trace: messages of shape {asked.shape}, not "
                    f"(n, {self.preprocessed})"
                )
            different, times = np.unique(asked, axis=0, return_counts=True)
            for message, number in zip(different.tolist(), times.tolist(), strict=True):
                row = places.get(tuple(message), -1)
                if row < 0:
                    raise TraceError(f"LookupTable.trace: {tuple(message)} is not in the list")
                counts[row] += np.uint64(number)
        return counts


def _messages(rows: ArrayLike) -> NDArray[np.uint64]:
    """The rows modulo p; refused if they are no integers between -p and p."""
    try:
        array = np.asarray(rows)
        if array.dtype.kind not in "bui":  # integers too large for any type, or none at all
            array = np.array(rows, dtype=object)
    except ValueError:
        raise AirError("LookupTable: the rows are of different lengths") from None
    for value in array.reshape(-1).tolist():
        if not isinstance(value, (int, np.integer)) or abs(int(value)) >= P:
            raise AirError(
                f"LookupTable: the rows hold {quoted(value)}, which is no integer from 1 - p to "
                "p - 1"
            )
    modulo: NDArray[np.uint64] = (array.astype(object) % P).astype(np.uint64)
    return modulo
