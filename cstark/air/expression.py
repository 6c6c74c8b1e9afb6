"""Expressions: what a column, a public value and arithmetic on them are inside `constrain`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cstark.air.nodes import Node, NodeList, P, operate, random_elements, render
from cstark.errors import AirError, quoted

__all__ = ["MAX_EXPONENT", "Expression", "Expressions", "Recorder", "Scalar", "object_array"]

Scalar: TypeAlias = "Expression | int | np.integer[Any]"
"""What one field element can be written as inside `constrain`."""

Expressions: TypeAlias = NDArray[np.object_]
"""An array of expressions."""

MAX_EXPONENT = 64
"""Largest exponent of ``**`` on an expression that is not a constant."""


class Recorder(NodeList):
    """The nodes of one run of `constrain`, and the table they belong to.

    Parameters
    ----------
    table : str
        Name of the table, for messages.
    leaf : callable
        Text of a column or public node.
    """

    __slots__ = ("_draw", "_points", "is_open", "leaf", "magnitudes", "table", "unused")

    def __init__(self, table: str, leaf: Callable[[Node], str]) -> None:
        super().__init__()
        self.table = table
        self.leaf = leaf
        self.is_open = True
        self.unused: dict[Any, str] = {}  # selectors of `when` that state nothing yet: where made
        self.magnitudes: dict[int, int | None] = {}  # of counts, see `cstark.air.bus`
        self._draw = random_elements()
        self._points: list[tuple[int, int]] = []  # of each node, its values at two points

    def error(self, message: str) -> AirError:
        """An `AirError` that names the table."""
        return AirError(f"table {self.table!r}: {message}")

    def integer(self, value: object) -> int | None:
        """An integer constant from `value`; None if `value` is not a number at all.

        Raises
        ------
        AirError
            For a number that is not an integer below `P` in size.
        """
        if isinstance(value, (int, np.integer, np.bool_)):
            number = int(value)
            if not -P < number < P:
                raise self.error(
                    f"the integer {quoted(number)} is not below p = 2**64 - 2**32 + 1 in size; "
                    f"write {quoted(number)} % cs.P if its residue is meant"
                )
            return number
        if isinstance(value, (float, complex, np.inexact)) or hasattr(value, "as_integer_ratio"):
            raise self.error(
                f"{quoted(value)} is not an integer: field elements are integers below p; "
                "write a fraction as a division, such as x / 2"
            )
        return None

    def node_of(self, value: object) -> int:
        """The node of an expression of this run or of an integer.

        Raises
        ------
        AirError
            For anything else, and for expressions of another table or of another run.
        """
        if isinstance(value, Expression):
            if value._recorder is not self:
                self._refuse_foreign(value)
            if not self.is_open:
                raise self.error(_CLOSED.format(value))
            return value._node
        number = self.integer(value)
        if number is None:
            hint = ""
            if isinstance(value, str) and value.isidentifier():
                hint = f"; a column is read as t.now.{value}"
            raise self.error(
                "expected an expression or an integer, not "
                f"{_kind_of(value)} ({_short(value)}){hint}"
            )
        return self.constant(number)

    def expression(self, value: object) -> Expression:
        """`value` as an expression of this run."""
        if isinstance(value, Expression) and value._recorder is self and self.is_open:
            return value
        return Expression(self, self.node_of(value))

    def constant_value(self, node: int) -> int | None:
        """The value of a node that is the same whatever the columns and public values are.

        Folding knows the constants that were written as such; here every node is evaluated at two
        random points.  A polynomial of degree d that is no constant has the same value at both
        with a probability of at most d / p, below 2^-53.
        """
        points = self._points
        for kind, *rest in self.nodes[len(points) :]:
            if kind in ("column", "public"):
                points.append((next(self._draw), next(self._draw)))
            elif kind == "constant":
                points.append((rest[0], rest[0]))
            else:
                (one, other), (one_b, other_b) = points[rest[0]], points[rest[1]]
                points.append((operate(kind, one, one_b), operate(kind, other, other_b)))
        one, other = self._points[node]
        return one if one == other else None

    def check_open(self, what: str) -> None:
        """Refuse what would come too late: after `constrain` has returned."""
        if not self.is_open:
            raise self.error(
                f"{what} is used outside constrain, of which it is the argument `t`: what a table "
                "reads, states and exchanges is written there, while constrain runs"
            )

    def text(self, node: int) -> str:
        """A node as text."""
        return render(self.nodes, node, self.leaf)

    def _refuse_foreign(self, value: Expression) -> NoReturn:
        other = value._recorder
        if not other.is_open:
            raise self.error(_CLOSED.format(value))
        raise self.error(
            f"{value} belongs to table {other.table!r}; tables meet only on a bus: "
            "send it there and receive it here"
        )


_CLOSED = (
    "{} was made in an earlier run of constrain; expressions live only while constrain runs: "
    "read columns from the argument of constrain each time instead of storing expressions"
)


class Expression:
    """A polynomial in the columns and public values of a table.

    Expressions come from the namespaces of the argument of `Air.constrain`.  They take
    ``+ - *`` with expressions and with integers below p in size (negative ones are field
    negatives), ``/`` by a non-zero integer, ``**`` by a small one.  NumPy object arrays of
    expressions broadcast, `sum`, `roll` and `reshape` as usual.

    Raises
    ------
    AirError
        For anything that needs a value (``if``, ``==``, ``<``, ``int()``), for floats, for
        integers that are too large and for expressions of another table.

    Examples
    --------
    >>> from cstark.air import Air, describe
    >>> class Square(Air):
    ...     columns = ("x", "y")
    ...     def constrain(self, t):
    ...         print(t.now.x**2 - 3, (1 - t.now.y) / 2)
    ...         t.every_row.equal(t.now.y, t.now.x**2)
    >>> describe("square", Square()).degree
    now.x**2 - 3 (1 - now.y) / 2
    2
    """

    # No __array_ufunc__: NumPy then wraps an expression as an object scalar, so that
    # ``array + expression``, ``numpy.int64(3) * expression`` and ufunc calls all broadcast.
    __slots__ = ("_node", "_recorder")
    __hash__: ClassVar[None]  # type: ignore[assignment]  # as `__eq__` makes it

    def __init__(self, recorder: Recorder, node: int) -> None:
        self._recorder = recorder
        self._node = node

    @property
    def degree(self) -> int:
        """Degree in the columns."""
        return self._recorder.degrees[self._node]

    def __repr__(self) -> str:
        return self._recorder.text(self._node)

    def __add__(self, other: Scalar) -> Expression:
        return self._combine("add", other, False)

    def __radd__(self, other: Scalar) -> Expression:
        return self._combine("add", other, True)

    def __sub__(self, other: Scalar) -> Expression:
        return self._combine("sub", other, False)

    def __rsub__(self, other: Scalar) -> Expression:
        return self._combine("sub", other, True)

    def __mul__(self, other: Scalar) -> Expression:
        return self._combine("mul", other, False)

    def __rmul__(self, other: Scalar) -> Expression:
        return self._combine("mul", other, True)

    def __neg__(self) -> Expression:
        return 0 - self

    def __pos__(self) -> Expression:
        return self

    def __truediv__(self, other: Scalar) -> Expression:
        if isinstance(other, np.ndarray):
            return NotImplemented
        error = self._recorder.error
        if isinstance(other, Expression) and other._recorder is self._recorder:
            divisor = self._recorder.value(other._node)
        else:
            divisor = self._recorder.integer(other)
        if divisor is None:
            raise error(
                f"cannot divide {self} by {_short(other)}, only by a non-zero integer; "
                "for a quotient q add a column q and constrain q * divisor = dividend"
            )
        if divisor == 0:
            raise error(f"{self} is divided by zero")
        return self * pow(divisor, -1, P)

    def __rtruediv__(self, other: object) -> NoReturn:
        raise self._recorder.error(
            f"cannot divide by the expression {self}; "
            "for an inverse add a column inv and constrain inv * x = 1"
        )

    def __pow__(self, exponent: SupportsIndex, modulus: object = None) -> Expression:
        if isinstance(exponent, np.ndarray):
            return NotImplemented
        error = self._recorder.error
        if modulus is not None:
            raise error("pow() takes no modulus here: all arithmetic is modulo p")
        if not isinstance(exponent, (int, np.integer)):
            raise error(f"the exponent of {self} is {_short(exponent)}; it must be an integer")
        exponent = int(exponent)
        constant = self._recorder.value(self._node)
        if constant is not None and exponent >= 0:
            return self._recorder.expression(pow(constant, exponent, P))
        if not 0 <= exponent <= MAX_EXPONENT:
            raise error(
                f"the exponent of {self} is {quoted(exponent)}; it must lie in "
                f"0..{MAX_EXPONENT} (keep "
                "high powers in columns of their own; for an inverse constrain inv * x = 1)"
            )
        result = self._recorder.expression(1)
        for bit in bin(exponent)[2:]:
            result = result * result
            if bit == "1":
                result = result * self
        return result

    def __rpow__(self, base: object) -> NoReturn:
        raise self._recorder.error(
            f"an expression cannot be an exponent ({_short(base)} ** {self}); "
            "decompose the exponent into bits in columns, or look the power up on a bus"
        )

    def __bool__(self) -> NoReturn:
        raise self._no_value(
            "if, and, or, not cannot depend on it",
            "multiply by it, or write t.every_row.when(flag).equal(...)",
        )

    def __eq__(self, other: object) -> NoReturn:
        raise self._no_value(
            "== cannot compare it",
            "state an equation as t.every_row.equal(a, b)",
        )

    def __ne__(self, other: object) -> NoReturn:
        raise self._no_value(
            "!= cannot compare it",
            "prove x != 0 with a column inv and t.every_row.equal(x * inv, 1)",
        )

    def _ordered(self, other: object) -> NoReturn:
        raise self._no_value(
            "it cannot be ordered",
            "prove a range by decomposing into bits or limbs, or by a lookup on a bus",
        )

    __lt__ = __le__ = __gt__ = __ge__ = _ordered

    def _as_number(self) -> NoReturn:
        raise self._no_value(
            "it cannot become a number or an index",
            "select with products of flags and expressions instead",
        )

    __int__ = __float__ = __complex__ = __index__ = _as_number

    def _bitwise(self, other: object = None) -> NoReturn:
        raise self._no_value(
            "& | ^ ~ << >> % // work on values",
            "write a * b for and, a + b - a * b for or, a + b - 2 * a * b for xor, 1 - a for not "
            "(of flags), x * 2**k for a shift, and decompose into bits for the rest",
        )

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _bitwise
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _bitwise
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = _bitwise

    def _no_value(self, what: str, instead: str) -> AirError:
        return self._recorder.error(
            f"{self} has no value while the table is described, so {what}; {instead}"
        )

    def _combine(self, kind: str, other: Scalar, swapped: bool) -> Expression:
        if isinstance(other, np.ndarray):
            return NotImplemented  # the array broadcasts and comes back element by element
        recorder = self._recorder
        if not recorder.is_open:
            recorder.node_of(self)  # says so
        if isinstance(other, Expression) and other._recorder is recorder:
            theirs = other._node
        else:
            theirs = recorder.node_of(other)
        a, b = (theirs, self._node) if swapped else (self._node, theirs)
        return Expression(recorder, recorder.operation(kind, a, b))


def object_array(values: object) -> Expressions:
    """A new object array of nested sequences.

    Raises
    ------
    ValueError
        If the sequences have ragged lengths.
    """
    array = np.array(values, dtype=object)
    if any(isinstance(leaf, (list, tuple, np.ndarray)) for leaf in array.reshape(-1)):
        raise ValueError("ragged nested sequence")
    return array


def _kind_of(value: Any) -> str:
    if value is None:
        return "a value"
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def _short(value: object) -> str:
    text = quoted(value)
    return text if len(text) <= 60 else text[:57] + "..."
