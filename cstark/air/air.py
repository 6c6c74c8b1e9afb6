"""`Air`: the class that users derive their tables from."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cstark.air.columns import ColumnLayout, Declaration, View
from cstark.errors import AirError, TraceError, nearest, quoted
from cstark.limits import MAX_ROWS, MIN_ROWS

if TYPE_CHECKING:
    from cstark.air.describe import Table
    from cstark.air.free import FreeCells

__all__ = ["Air"]

_SPACES = {
    "columns": "now",
    "preprocessed": "preprocessed",
    "periodic": "periodic",
    "publics": "publics",
}
"""Declaration -> where `constrain` finds what it declares."""


class _Width:
    """Number of columns of the trace, counted from the declaration; tables may set their own."""

    def __get__(self, air: Air | None, owner: type[Air]) -> Any:
        return self if air is None else _layout(air).width


def _check_made(air: object, call: str) -> None:
    """Refuse ``Memory.zeros(8)``: what a table declares may be set when it is made."""
    if not isinstance(air, Air):
        raise AirError(f"{call} is asked of a table, not of its class: write Memory().{call}")


def _layout(air: Air) -> ColumnLayout:
    return ColumnLayout(type(air).__name__, "columns", air.columns)


class Air:
    """A table: its columns, and the equations and messages of its rows.

    Derive from it, declare the columns and write `constrain`.  The declarations are read from
    the instance, so ``__init__`` may set them; it need not call this class.

    Attributes
    ----------
    columns : int, tuple of str, or dict of str to shape
        The columns of the trace: a number, names, or names with shapes
        (``{"pc": (), "state": (5, 5)}``); a shape makes a group of columns.  There may be none
        where there are preprocessed ones; the table then needs no trace.
    publics : int, tuple of str, or dict of str to shape
        The public values; none by default.
    preprocessed : int, tuple of str, or dict of str to shape
        Columns that are part of the table and the same in every proof; none by default.  They
        fix the height of the table.
    periodic : dict of str to array_like of int
        Columns that repeat a few values, a power of two of them: ``(period,)`` for one column,
        ``(period, *shape)`` for a group.  They are not committed: the verifier evaluates them.
    width : int
        Number of columns of the trace; read from `columns`, members of groups counted.
    rows : int or None
        The only allowed height, a power of two of at least 8.
    inputs : sequence of str
        Columns, or groups, that the prover may choose, such as a secret. The rank test of
        ``check(mutate=...)`` asks whether all others are determined; proofs do not depend on it.
    marks : sequence of str
        Columns, or groups, by which people know a row, such as a program counter or a flag that
        says what kind of row it is. `Machine.check` shows those that are not 0 beside the number of
        a row; proofs do not depend on it.
    max_rows : int or None
        The tallest height that is still sound, a power of two, for a table whose argument holds
        up to it only; a machine refuses options that allow more (`Options.max_log_height`).
    stands : {"once", "any", "every"}
        How often the table stands in a proof. ``"once"``, the default: exactly once. ``"any"``: as
        often as the prover likes, at heights of its choice, or not at all; such a table has neither
        public values nor preprocessed columns, its first and last rows are those of each trace, and
        no trace continues another. ``"every"``: once, and where a statement is proved in shards
        (`Machine.prove_shards`), once in each of them, whereas a table of the kind ``"once"`` then
        stands in the last shard alone.

    Examples
    --------
    >>> from cstark.air import Air, describe
    >>> class FibonacciPair(Air):
    ...     columns = ("left", "right")
    ...     publics = ("left0", "right0")
    ...     def constrain(self, t):
    ...         now, nxt, pub = t.now, t.next, t.publics
    ...         t.first_row.equal(now.left, pub.left0)
    ...         t.first_row.equal(now.right, pub.right0)
    ...         t.transition.equal(nxt.left, now.left + now.right)
    ...         t.transition.equal(nxt.right, now.right + nxt.left)
    >>> describe("fib", FibonacciPair())
    <TableDescription 'fib': 2 columns, 4 constraints, 0 interactions, degree 2>
    """

    columns: Declaration = ()
    publics: Declaration = ()
    preprocessed: Declaration = ()
    periodic: Mapping[str, Sequence[Any] | np.ndarray] = {}
    rows: Any = None  # int or None: a table that sets an int may use it as one
    inputs: Sequence[str] = ()
    marks: Sequence[str] = ()
    max_rows: int | None = None
    stands: str = "once"
    if TYPE_CHECKING:
        width: int  # a subclass may use the name for what it likes
    else:
        width = _Width()

    if not TYPE_CHECKING:  # a type checker should go on to report unknown attributes

        def __getattr__(self, name: str) -> Any:
            hint = ""
            for attribute, space in _SPACES.items():
                declared = inspect.getattr_static(self, attribute)
                if isinstance(declared, (tuple, list, dict)) and name in declared:
                    hint = f"; in constrain(self, t) it is t.{space}.{name}"
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}{hint}")

    def constrain(self, t: Table) -> None:
        """State what the rows of the table satisfy; to be overridden.

        Parameters
        ----------
        t : Table
            Gives the columns (``t.now``, ``t.next``, ...), the selectors (``t.every_row``, ...),
            ``t.send`` and ``t.receive``.
        """
        near = nearest("constrain", vars(type(self)))
        hint = f" (it defines {near!r})" if near else ""
        raise AirError(
            f"{type(self).__name__} does not define constrain(self, t){hint}; it states the "
            "equations of the table"
        )

    def preprocessed_trace(self) -> ArrayLike:
        """The values of the preprocessed columns; to be overridden by tables that have them.

        Returns
        -------
        array_like
            ``(rows, columns)`` integers in ``[0, p)``, best uint64; rows a power of two of at
            least 8. Those of a single column may be ``(rows,)``. They are copied when a machine
            is made.
        """
        raise AirError(
            f"{type(self).__name__} declares `preprocessed` columns but does not define "
            "preprocessed_trace(self), which returns their values"
        )

    def free_cells(self, cells: View) -> Iterable[FreeCells]:
        """The cells that the table leaves open on purpose; none by default.

        ``machine.check(..., mutate=N)`` changes cells and reports what nothing notices; what is
        named here is reported as explained. It has no part in proofs.

        Parameters
        ----------
        cells : View
            A valid trace, by column names.

        Returns
        -------
        iterable of FreeCells

        Examples
        --------
        >>> import cstark as cs
        >>> class Messages(cs.Air):
        ...     columns = ("flag", "value")
        ...     def constrain(self, t):
        ...         t.every_row.boolean(t.now.flag)
        ...         t.send("values", [t.now.value], count=t.now.flag)
        ...     def free_cells(self, cells):
        ...         return [cs.FreeCells(("value",), cells.flag == 0, "nothing is sent")]
        """
        return ()

    def fill(self, trace: NDArray[np.uint64], rows: int) -> ArrayLike:
        """Give a trace with more rows behind it, which only fill the table up.

        ``machine.prove(..., pad_to=...)`` asks for it. By default the rows are zeros. Where those
        break a constraint, or count in the balance of a bus, a table says here what else they are.

        Parameters
        ----------
        trace : ndarray
            ``(used, width)``, as it was given; without rows where the table stands once more than
            there are traces.
        rows : int
            A power of two, more than `used`.

        Returns
        -------
        array_like
            ``(rows, width)``; it begins with the rows of `trace`, unless others say the same.

        Raises
        ------
        TraceError
            By a table that cannot have more rows than its trace: says why.

        Examples
        --------
        A clock goes on:

        >>> import numpy as np
        >>> import cstark as cs
        >>> class Clock(cs.Air):
        ...     columns = ("clock",)
        ...     def constrain(self, t):
        ...         t.first_row.zero(t.now.clock)
        ...         t.transition.equal(t.next.clock, t.now.clock + 1)
        ...     def fill(self, trace, rows):
        ...         return np.arange(rows, dtype=np.uint64).reshape(-1, 1)
        >>> trace = np.arange(8, dtype=np.uint64)
        >>> cs.Machine({"clock": Clock()}).prove({"clock": trace}, pad_to={"clock": 32}).log_heights
        (5,)
        """
        filled = np.zeros((rows, *trace.shape[1:]), dtype=trace.dtype)
        filled[: len(trace)] = trace
        return filled

    def zeros(self, rows: int | None = None) -> NDArray[np.uint64]:
        """A trace of zeros, to be filled in.

        Parameters
        ----------
        rows : int, optional
            A power of two, at least 8. By default the fixed height of the table: its `rows`, or
            that of its preprocessed columns.

        Returns
        -------
        ndarray
            ``(rows, width)`` uint64, C-contiguous.

        Raises
        ------
        TraceError
            If no trace of the table can have so many rows.

        Examples
        --------
        >>> import cstark as cs
        >>> class Pair(cs.Air):
        ...     columns = {"x": (), "y": (2,)}
        >>> air = Pair()
        >>> trace = air.zeros(8)
        >>> air.view(trace).x = range(8)
        >>> air.width, trace[3].tolist()
        (3, [3, 0, 0])
        """
        _check_made(self, "zeros(rows)")
        table = type(self).__name__
        fixed = self.rows
        if (
            fixed is None
            and rows is None
            and ColumnLayout(table, "preprocessed", self.preprocessed).width
        ):
            fixed = len(np.asarray(self.preprocessed_trace()))
        rows = fixed if rows is None else rows
        if rows is None:
            raise TraceError(
                f"table {table!r} has no fixed height: say the number of rows, as in zeros(1024)",
                table=table,
            )
        if isinstance(rows, bool) or not isinstance(rows, (int, np.integer)):
            raise TraceError(
                f"table {table!r}: {quoted(rows)} rows; it must be an int", table=table
            )
        if rows < MIN_ROWS or rows & (rows - 1) or rows > MAX_ROWS:
            raise TraceError(
                f"table {table!r}: {quoted(rows)} rows; the number of rows is a power of two, "
                f"from {MIN_ROWS} to {MAX_ROWS}",
                table=table,
            )
        if fixed is not None and rows != fixed:
            raise TraceError(f"table {table!r} always has {fixed} rows, not {rows}", table=table)
        return np.zeros((int(rows), _layout(self).width), dtype=np.uint64)

    def view(self, trace: np.ndarray) -> View:
        """The columns of a trace by name, without copying.

        Parameters
        ----------
        trace : ndarray
            ``(rows, columns)``, any dtype; of a single column also ``(rows,)``.

        Returns
        -------
        View
            ``view.name`` is an array ``(rows,)``, for a group ``(rows, *shape)``; assignment
            ``view.name = values`` writes into the trace.

        Raises
        ------
        TraceError
            If the trace is no two-dimensional array of the width of the table.

        Examples
        --------
        >>> import numpy as np
        >>> from cstark.air import Air
        >>> class Pair(Air):
        ...     columns = {"x": (), "y": (2,)}
        >>> trace = np.zeros((8, 3), dtype=np.uint64)
        >>> view = Pair().view(trace)
        >>> view.x = np.arange(8)
        >>> view.y[:, 1] = 5
        >>> trace[3].tolist()
        [3, 0, 5]
        """
        return View(_layout(self), trace)
