"""`describe`: run an `Air` once and keep what it stated as data."""

from __future__ import annotations

import inspect
import os
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from cstark.air.air import Air
from cstark.air.bus import record_message
from cstark.air.columns import ColumnLayout, Namespace
from cstark.air.description import (
    STANDS,
    Constraint,
    Interaction,
    TableDescription,
    assemble,
)
from cstark.air.expression import Expression, Recorder, Scalar, object_array
from cstark.air.flags import Flags
from cstark.air.free import named_columns
from cstark.air.nodes import Node, P, is_name
from cstark.air.periodic import periodic_columns
from cstark.air.rows import METHODS, SELECTORS, Equation, Operand, RowSelector
from cstark.errors import AirError, UnknownColumnError, did_you_mean, quoted
from cstark.limits import MAX_ROWS, MIN_ROWS

__all__ = ["Table", "describe"]

Result = TypeVar("Result")

_SPACES = {
    "now": ("columns", "main", 0),
    "next": ("columns", "main", 1),
    "preprocessed": ("preprocessed", "preprocessed", 0),
    "preprocessed_next": ("preprocessed", "preprocessed", 1),
    "periodic": ("periodic", "periodic", 0),
    "publics": ("publics", None, 0),
}
"""Attribute of `Table` -> declaration, source of the column nodes, next row."""


class Table:
    """The argument of `Air.constrain`: columns, selectors and buses of one table.

    Attributes
    ----------
    now, next : Namespace
        The columns at a row and at the row after it.
    preprocessed, preprocessed_next : Namespace
        The preprocessed columns, likewise.
    periodic, publics : Namespace
        The periodic columns and the public values.
    first_row, last_row, transition, every_row, cyclic : RowSelector
        The rows on which equations hold.

    Examples
    --------
    >>> import cstark as cs
    >>> class Countdown(cs.Air):
    ...     columns = ("n",)
    ...     publics = ("start",)
    ...     def constrain(self, t: cs.Table) -> None:
    ...         t.first_row.equal(t.now.n, t.publics.start)
    ...         t.transition.equal(t.next.n, t.now.n - 1)
    ...         t.last_row.zero(t.now.n)
    """

    now: Namespace
    next: Namespace
    preprocessed: Namespace
    preprocessed_next: Namespace
    periodic: Namespace
    publics: Namespace
    first_row: RowSelector
    last_row: RowSelector
    transition: RowSelector
    every_row: RowSelector
    cyclic: RowSelector

    def __init__(
        self,
        recorder: Recorder,
        layouts: dict[str, ColumnLayout],
        bounds: Callable[[Node], int],
    ) -> None:
        self._recorder = recorder
        self._layouts = layouts
        self._bounds = bounds
        self._equations: list[Equation] = []
        self._messages: list[Interaction] = []
        self._of_flags: list[Interaction] = []  # sent, with a weight that takes columns for flags
        for attribute, (declared, source, next_row) in _SPACES.items():
            make = _maker(recorder, attribute, source, next_row)
            setattr(self, attribute, Namespace(layouts[declared], attribute, make, self._suggest))
        for attribute in SELECTORS:
            setattr(self, attribute, RowSelector(recorder, attribute, self._equations.append))

    def send(
        self,
        bus: str,
        values: Operand,
        count: Scalar = 1,
        weight: int | None = None,
        name: str | None = None,
    ) -> None:
        """Send a message on a bus from every row, `count` times.

        Parameters
        ----------
        bus : str
            Name of the bus; it has one width in the whole machine.
        values : sequence or array of expressions and integers
            The message, flattened; degree at most 1.  The next of the last row is the first.
            A message of one value need not be a list, unless its count is an expression.
        count : expression or int, default 1
            How often; its degree may be up to the blowup.  Without `weight`, each of its columns
            must be a flag, which equations of the table hold to 0 or 1 on every row
            (``t.every_row.boolean(flag)``), or a preprocessed or periodic column: if the count
            could be 1 on one row and p - 1, which is -1, on another, the two would cancel, and
            whatever they say nobody would have to receive it.  A count that its flags can make
            negative, such as ``new - old``, receives where it is negative.
        weight : int, optional
            Bound on ``|count|`` that the constraints of the table enforce; nobody checks that
            they do.  It also bounds the public values in the count: a statement with a larger one,
            such as p - 1 for -1, is refused.  By default ``|k|`` for a constant, else the sum of
            the absolute coefficients (preprocessed and periodic columns at their largest value).
        name : str, optional
            What errors call the interaction.

        Raises
        ------
        AirError
            If an argument is wrong; when `constrain` has returned, also if a column in the count
            need not be 0 or 1 and no weight is given.
        """
        self._record(1, bus, values, count, weight, name)

    def receive(
        self,
        bus: str,
        values: Operand,
        count: Scalar = 1,
        weight: int | None = None,
        name: str | None = None,
    ) -> None:
        """Receive a message from a bus at every row, `count` times.

        Parameters
        ----------
        bus, values, count
            As for `send`.
        weight : int, optional
            As for `send`, but 0 by default for a count that is not constant: a provider's row
            must be true for any count, and what balance then says is that every message sent is
            a row of a provider, not how often.  Where receiving is itself an event, as of the
            token that a memory word waits with, both sides state ``weight=1`` and hold their
            counts to 0 or 1.
        name : str, optional
            As for `send`.

        Raises
        ------
        AirError
            If an argument is wrong.
        """
        self._record(-1, bus, values, count, weight, name)

    def _record(
        self,
        sign: int,
        bus: str,
        values: Operand,
        count: Scalar,
        weight: int | None,
        name: str | None,
    ) -> None:
        self._recorder.check_open("t.send" if sign > 0 else "t.receive")
        message = record_message(
            self._recorder, self._bounds, sign, bus, values, count, weight, name
        )
        self._messages.append(message)
        if sign > 0 and weight is None and self._recorder.value(message.count) is None:
            self._of_flags.append(message)

    def _check_counts(self) -> None:
        """Refuse a count of a send that reads a column which need be no flag."""
        if not self._of_flags:
            return
        flags = Flags(self._recorder.nodes, self._equations)
        for message in self._of_flags:
            free = flags.free_column(message.count)
            if free is None:
                continue
            column = self._recorder.leaf(free)
            at = f" (at {message.location})" if message.location else ""
            raise self._recorder.error(
                f"{message.label}{at}: its count {self._recorder.text(message.count)} reads "
                f"{column}, which no equation holds to 0 or 1 on every row; sent once on one row "
                "and p - 1 times, which is -1 times, on another, a message is sent without being "
                f"received. State t.every_row.boolean({_as_now(column)}), or give weight=, a bound "
                "on |count| that the constraints of the table enforce"
            )

    def _suggest(self, name: str) -> str:
        for space in ("now", "preprocessed", "periodic", "publics"):
            if name in self._layouts[_SPACES[space][0]].entries:
                return f"t.{space}.{name}"
        return ""

    if not TYPE_CHECKING:  # a type checker that saw it would let any name pass

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("__") or "_layouts" not in self.__dict__:
                raise AttributeError(name)
            where = self._suggest(name)
            hint = f"; did you mean {where}?"
            if not where and (name in METHODS or "assert" in name):
                hint = "; equations are stated on rows, such as t.every_row.equal(a, b)"
            elif not where:
                known = (*_SPACES, *SELECTORS, "send", "receive")
                hint = did_you_mean(name, known) or f": there are {', '.join(known)}"
            raise UnknownColumnError(
                f"table {self._recorder.table!r}: the argument of constrain has no {name!r}{hint}"
            )

    def __repr__(self) -> str:
        return f"<Table {self._recorder.table!r}>"


def describe(name: str, air: Air) -> TableDescription:
    """Run `Air.constrain` and describe the table as data.

    Parameters
    ----------
    name : str
        Name of the table in its machine.
    air : Air
        The table.

    Returns
    -------
    TableDescription
        Canonical: it depends on what the table states, not on how often or in which order it
        looked at columns.

    Raises
    ------
    AirError
        If the table is wrong; the message names it and what to write instead.
    Exception
        Whatever `constrain` raises, with a note of table, file and line.

    Examples
    --------
    >>> from cstark.air import Air, describe
    >>> class Adder(Air):
    ...     columns = ("a", "b", "c", "count")
    ...     def constrain(self, t):
    ...         now = t.now
    ...         t.every_row.equal(now.c, now.a + now.b)
    ...         t.receive("add", [now.a, now.b, now.c], count=now.count)
    >>> adder = describe("adder", Adder())
    >>> adder.constraints[0].expression, adder.interactions[0].weight
    ('now.c = now.a + now.b', 0)
    """
    _check_subject(name, air)
    layouts = {
        attribute: ColumnLayout(name, attribute, getattr(air, attribute))
        for attribute in ("columns", "preprocessed", "publics")
    }
    if layouts["columns"].width == layouts["preprocessed"].width == 0:
        raise AirError(
            f"table {name!r}: `columns` declares no columns; write a tuple of names, such as "
            'columns = ("a", "b")'
        )
    layouts["periodic"], periodic = periodic_columns(name, air.periodic)
    rows = _rows(name, "rows", air.rows)
    preprocessed = _preprocessed(name, air, layouts["preprocessed"], rows)
    if preprocessed is not None:
        rows = len(preprocessed)

    inputs = named_columns(name, "inputs", air.inputs, layouts["columns"].labels)
    marks = named_columns(name, "marks", air.marks, layouts["columns"].labels)
    _check_signature(name, air)
    recorder = Recorder(name, _leaf_text(layouts))
    table = Table(recorder, layouts, _column_bounds(periodic, preprocessed))
    try:
        result: object = _noted(name, "constrain", lambda: air.constrain(table))
    finally:
        recorder.is_open = False
    if result is not None:
        raise AirError(
            f"table {name!r}: constrain returned {type(result).__name__}; it states equations by "
            "calls such as t.every_row.equal(a, b) and returns nothing"
            + (" (remove yield)" if inspect.isgenerator(result) else "")
        )
    for rows_selected, location in recorder.unused.items():
        rows_selected.refuse_unused(location)
    table._check_counts()
    return assemble(
        name=name,
        column_names=layouts["columns"].labels,
        preprocessed_names=layouts["preprocessed"].labels,
        public_names=layouts["publics"].labels,
        periodic_names=layouts["periodic"].labels,
        periodic=periodic,
        rows=rows,
        source=recorder,
        constraints=[
            Constraint(e.selector, e.node, 0, e.name, e.expression, e.location)
            for e in table._equations
        ],
        interactions=table._messages,
        preprocessed=preprocessed,
        max_rows=_rows(name, "max_rows", air.max_rows),
        inputs=inputs,
        marks=marks,
        stands=_stands(name, air.stands),
    )


def _stands(name: str, stands: object) -> str:
    if not isinstance(stands, str) or stands not in STANDS:
        hint = did_you_mean(stands, STANDS) if isinstance(stands, str) else ""
        raise AirError(
            f"table {name!r}: `stands` is {quoted(stands)}; it is one of "
            f"{', '.join(map(repr, STANDS))}{hint}"
        )
    return stands


def _as_now(column: str) -> str:
    """How `constrain` writes a column of this row or of the next one, on this row."""
    return "t.now" + column.removeprefix("now").removeprefix("next")


def _check_subject(name: object, air: object) -> None:
    if not is_name(name):
        raise AirError(f"the table name {quoted(name)} is not a printable string")
    if isinstance(air, type) and issubclass(air, Air):
        raise AirError(f"table {name!r}: {air.__name__} is a class; write {air.__name__}()")
    if not isinstance(air, Air):
        raise AirError(f"table {name!r}: {type(air).__name__} does not derive from cs.Air")


def _check_signature(name: str, air: Air) -> None:
    try:
        inspect.signature(air.constrain).bind(None)
    except ValueError:  # compiled code need not tell
        return
    except TypeError:
        raise AirError(
            f"table {name!r}: {type(air).__name__}.constrain takes no table; write "
            "def constrain(self, t)"
        ) from None


def _maker(
    recorder: Recorder, attribute: str, source: str | None, next_row: int
) -> Callable[[int], Expression]:
    def make(index: int) -> Expression:
        recorder.check_open(f"t.{attribute}")
        if source is None:
            return Expression(recorder, recorder.public(index))
        return Expression(recorder, recorder.column(source, index, next_row))

    return make


def _leaf_text(layouts: dict[str, ColumnLayout]) -> Callable[[Node], str]:
    places = {
        (source, next_row): (space, declared)
        for space, (declared, source, next_row) in _SPACES.items()
    }

    def text(node: Node) -> str:
        source, index, next_row = (None, node[1], 0) if node[0] == "public" else node[1:]
        space, declared = places[source, next_row]
        label = layouts[declared].labels[index]
        return space + label if label.startswith("[") else f"{space}.{label}"

    return text


def _column_bounds(
    periodic: tuple[tuple[int, ...], ...], preprocessed: np.ndarray | None
) -> Callable[[Node], int]:
    """How large a column in a count is taken to be: known values at their largest, others 1."""

    def bound(node: Node) -> int:
        _, source, index, _ = node
        if source == "main":
            return 1
        if source == "periodic":
            return max(min(value, P - value) for value in periodic[index])
        assert preprocessed is not None
        values = preprocessed[:, index]
        return int(np.minimum(values, np.uint64(P) - values).max())

    return bound


def _rows(name: str, what: str, rows: object) -> int | None:
    if rows is None:
        return None
    if not isinstance(rows, (int, np.integer)) or isinstance(rows, bool):
        raise AirError(f"table {name!r}: `{what}` is {quoted(rows)}; it must be None or an integer")
    _check_height(name, f"`{what}`", int(rows))
    return int(rows)


def _check_height(name: str, what: str, rows: int) -> None:
    if not MIN_ROWS <= rows <= MAX_ROWS or rows & (rows - 1):
        raise AirError(
            f"table {name!r}: {what} is {quoted(rows)}; it must be a power of two from {MIN_ROWS} "
            f"to {MAX_ROWS}"
        )


def _preprocessed(name: str, air: Air, layout: ColumnLayout, rows: int | None) -> np.ndarray | None:
    defined = type(air).preprocessed_trace is not Air.preprocessed_trace
    if layout.width == 0:
        if defined:
            raise AirError(
                f"table {name!r} defines preprocessed_trace but declares no `preprocessed` "
                "columns; name them there"
            )
        return None
    values = _noted(name, "preprocessed_trace", air.preprocessed_trace)
    what = f"table {name!r}: preprocessed_trace"
    if values is None:
        raise AirError(f"{what} returns None; it must return an array (rows, {layout.width})")
    if isinstance(values, np.ndarray):
        # What the machine says is fixed here: the author may fill the array with something else,
        # or another program the file that it is mapped to, while it is being checked even.
        values = np.array(values, order="C", subok=False)
    array = _exact(values, what, layout.labels)
    if array.ndim == layout.width == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2 or array.shape[1] != layout.width:
        raise AirError(
            f"{what} has shape {array.shape}; {layout.width} preprocessed columns need "
            f"(rows, {layout.width})"
        )
    _check_height(name, "the height of preprocessed_trace", len(array))
    if rows is not None and rows != len(array):
        raise AirError(f"{what} has {len(array)} rows, but `rows` is {rows}")
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array.view()  # of a read-only array: cannot be made writable again


def _exact(values: object, what: str, labels: Sequence[str]) -> NDArray[np.uint64]:
    """`values` as uint64, without rounding or wrapping anything."""
    try:
        array = values if isinstance(values, np.ndarray) else object_array(values)
    except ValueError:
        raise AirError(f"{what} is a ragged nested sequence") from None
    if array.dtype == object:
        for value in array.reshape(-1):
            if not isinstance(value, (int, np.integer)):
                raise AirError(f"{what} holds {quoted(value)}, which is not an integer")
    elif array.dtype.kind not in "iu":
        raise AirError(f"{what} has dtype {array.dtype}; it must hold integers, best uint64")
    if array.size and (array.min() < 0 or array.max() >= P):
        place = tuple(np.argwhere((array < 0) | (array >= P))[0].tolist())
        where = f"at {place}"
        if len(place) == 2 and array.shape[1] == len(labels):
            where = f"in row {place[0]}, column {labels[place[1]]!r}"
        raise AirError(
            f"{what} holds {quoted(array[place])} {where}, which is not in 0..p-1; write "
            f"{quoted(array[place])} % cs.P"
        )
    return array.astype(np.uint64, copy=False)


_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_NUMPY = os.path.dirname(os.path.abspath(np.__file__)) + os.sep


def _noted(name: str, what: str, call: Callable[[], Result]) -> Result:
    """Run the author's code; an exception gets a note of table, file and line."""
    try:
        return call()
    except Exception as error:
        place = ""
        for frame in traceback.extract_tb(error.__traceback__):
            if not frame.filename.startswith((_PACKAGE, _NUMPY)):
                place = f', file "{frame.filename}", line {frame.lineno}'
        if isinstance(error, AirError) and f"table {name!r}" not in str(error):
            error.args = (f"table {name!r}: {error}",)  # raised by what knows no table
        error.add_note(f"in {what} of table {name!r}{place}")
        raise
