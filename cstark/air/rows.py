"""Selectors: on which rows an equation holds.

============== ======================================= ==================================
`first_row`    the first row                           may read the next row
`last_row`     the last row                            the current row only
`transition`   every row but the last                  may read the next row
`every_row`    every row                               the current row only
`cyclic`       every row; the first follows the last   may read the next row
============== ======================================= ==================================
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeAlias

import numpy as np

from cstark.air.columns import Namespace
from cstark.air.expression import Expression, Expressions, Recorder, Scalar, object_array
from cstark.errors import UnknownColumnError, did_you_mean, quoted

__all__ = [
    "METHODS",
    "SELECTORS",
    "Equation",
    "Operand",
    "RowSelector",
    "broadcast",
    "caller",
    "check_name",
]

Operand: TypeAlias = "Scalar | np.ndarray | Namespace | Sequence[Operand]"
"""What equations and messages take: an expression, an integer, or any nesting of them."""


SELECTORS = {
    "first_row": "first",
    "last_row": "last",
    "transition": "transition",
    "every_row": "every",
    "cyclic": "cyclic",
}
"""Attribute of the argument of `constrain` -> selector in a description."""

METHODS = ("equal", "zero", "boolean", "when")
"""What a selector has."""

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep

_NEXT_ROW_HINTS = {
    "every_row": (
        "the last row has no next row: use t.transition (every row but the last) or t.cyclic "
        "(the first row follows the last)"
    ),
    "last_row": "the last row has no next row: read t.now there",
}


class Equation(NamedTuple):
    """A constraint as `constrain` recorded it; `node` must be zero."""

    selector: str
    node: int
    name: str
    expression: str
    location: str


class RowSelector:
    """The rows on which equations hold; arrays broadcast.

    Raises
    ------
    AirError
        If an equation reads the next row where there is none, or if, whatever the cells are, it
        can never hold or always holds (found by evaluating it at random points).

    Examples
    --------
    >>> from cstark.air import Air, describe
    >>> class Counter(Air):
    ...     columns = ("count", "active")
    ...     def constrain(self, t):
    ...         t.first_row.zero(t.now.count)
    ...         t.every_row.boolean(t.now.active)
    ...         t.transition.when(t.now.active).equal(t.next.count, t.now.count + 1)
    >>> for constraint in describe("counter", Counter()).constraints:
    ...     print(constraint.selector, constraint.degree, constraint.expression)
    first 2 now.count = 0
    every 2 now.active is 0 or 1
    transition 2 when now.active: next.count = now.count + 1
    """

    __slots__ = ("_attribute", "_conditions", "_recorder", "_sink")

    def __init__(
        self,
        recorder: Recorder,
        attribute: str,
        sink: Callable[[Equation], None],
        conditions: tuple[Expressions, ...] = (),
    ) -> None:
        self._recorder = recorder
        self._attribute = attribute
        self._sink = sink
        self._conditions = conditions

    def equal(self, a: Operand, b: Operand, name: str | None = None) -> None:
        """State ``a = b``.

        Parameters
        ----------
        a, b : expression, int, or array of them
            The two sides; they broadcast, with one constraint for each element.
        name : str, optional
            What errors call the constraint.
        """
        self._state(
            (a, b), name, lambda a, b: a - b, lambda a, b: f"{a} = {b}", "both sides are the same"
        )

    def zero(self, e: Operand, name: str | None = None) -> None:
        """State ``e = 0``.

        Parameters
        ----------
        e : expression or array of expressions
            What vanishes.
        name : str, optional
            What errors call the constraint.
        """
        self._state((e,), name, lambda e: e, lambda e: f"{e} = 0", "it is the constant 0")

    def boolean(self, *e: Operand, name: str | None = None) -> None:
        """State that each argument is 0 or 1.

        Parameters
        ----------
        *e : expression or array of expressions
            The flags.
        name : str, optional
            What errors call the constraint.
        """
        if not e:
            raise self._recorder.error("boolean() needs at least one expression")
        for flag in e:
            self._state(
                (flag,),
                name,
                lambda f: f * (f - 1),
                lambda f: f"{f} is 0 or 1",
                "it is a constant",
            )

    def when(self, *selectors: Operand) -> RowSelector:
        """Select those of these rows where the product of `selectors` is not zero.

        Parameters
        ----------
        *selectors : expression, int, or array of them
            Factors; each adds its degree to the constraint.
        """
        if not selectors:
            raise self._recorder.error("when() needs at least one selector")
        self._recorder.check_open(f"t.{self._attribute}")
        added = tuple(broadcast(self._recorder, "when", [one])[0] for one in selectors)
        made = RowSelector(self._recorder, self._attribute, self._sink, self._conditions + added)
        self._is_used()
        self._recorder.unused[made] = caller()
        return made

    def _is_used(self) -> None:
        self._recorder.unused.pop(self, None)

    def refuse_unused(self, location: str) -> NoReturn:
        """Say that nothing was stated on these rows, which `when` made at `location`."""
        conditions = ", ".join(str(condition) for condition in self._conditions)
        raise self._recorder.error(
            f"t.{self._attribute}.when({conditions}) (at {location}) states nothing; call equal, "
            "zero or boolean on it, or remove it"
        )

    if not TYPE_CHECKING:  # a type checker that saw them would let any name and any call pass

        def __call__(self, *arguments: object) -> NoReturn:
            raise self._recorder.error(
                f"t.{self._attribute} is not called; write t.{self._attribute}.equal(a, b) or "
                f"t.{self._attribute}.zero(e)"
            )

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("__") or name in self.__slots__:
                raise AttributeError(name)
            hint = did_you_mean(name, METHODS) or f": there are {', '.join(METHODS)}"
            raise UnknownColumnError(
                f"table {self._recorder.table!r}: t.{self._attribute} has no {name!r}{hint}"
            )

    def __repr__(self) -> str:
        return f"<{self._attribute} of table {self._recorder.table!r}>"

    def _state(
        self,
        sides: tuple[Operand, ...],
        name: str | None,
        combine: Callable[..., Expression],
        describe: Callable[..., str],
        why: str,
    ) -> None:
        recorder = self._recorder
        recorder.check_open(f"t.{self._attribute}")
        check_name(recorder, name)
        self._is_used()
        location = caller()
        count = len(self._conditions)
        arrays = broadcast(recorder, self._attribute, [*self._conditions, *sides])
        shape = arrays[0].shape
        trivial, text = 0, ""
        for index in np.ndindex(*shape):
            members = [array[index] for array in arrays]
            conditions, parts = members[:count], members[count:]
            text = describe(*parts)
            result = combine(*parts)
            for condition in reversed(conditions):
                result = condition * result
            if conditions:
                text = f"when {', '.join(map(str, conditions))}: {text}"
            node = recorder.node_of(result)
            value = recorder.constant_value(node)
            if value == 0:
                trivial += 1
                continue
            if value is not None:
                raise recorder.error(f"`{text}` can never hold")
            self._check_rows(node, text)
            suffix = f"[{','.join(map(str, index))}]" if index and name else ""
            self._sink(
                Equation(SELECTORS[self._attribute], node, (name or "") + suffix, text, location)
            )
        if trivial == arrays[0].size:
            what = f"`{text}` always holds" if trivial else "an empty array states nothing"
            raise recorder.error(f"{what}{f': {why}' if trivial else ''}; remove it or correct it")

    def _check_rows(self, node: int, text: str) -> None:
        hint = _NEXT_ROW_HINTS.get(self._attribute)
        if hint and self._recorder.reads_next[node]:
            raise self._recorder.error(
                f"{self._attribute} cannot hold `{text}`, which reads the next row; {hint}"
            )


def broadcast(recorder: Recorder, where: str, values: Sequence[Operand]) -> list[Expressions]:
    """Object arrays of expressions with one common shape.

    Parameters
    ----------
    recorder : Recorder
        The run the expressions must belong to.
    where : str
        For messages.
    values : sequence
        Expressions, integers, arrays, nested sequences, namespaces.
    """
    arrays = []
    for value in values:
        if isinstance(value, Namespace):
            value = value[:]
        if isinstance(value, (list, tuple, np.ndarray)):
            try:
                array = object_array(value)
            except ValueError:
                raise recorder.error(f"{where}: a nested sequence has ragged lengths") from None
        else:
            array = np.empty((), dtype=object)
            array[()] = value
        flat = array.reshape(-1)
        for place in range(flat.size):
            flat[place] = recorder.expression(flat[place])
        arrays.append(array)
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = " and ".join(str(array.shape) for array in arrays)
        raise recorder.error(f"{where}: the shapes {shapes} do not broadcast") from None


def caller() -> str:
    """``file:line`` of the nearest frame outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def check_name(recorder: Recorder, name: object) -> None:
    """Refuse a constraint or interaction name that is not a string."""
    if name is not None and not isinstance(name, str):
        hint = ""
        if isinstance(name, (Expression, np.ndarray, int)):
            hint = "; for a second expression write equal(a, b) or another call"
        raise recorder.error(f"name={quoted(name)} is not a string{hint}")
