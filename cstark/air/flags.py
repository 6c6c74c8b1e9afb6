"""Which columns the constraints of a table hold to 0 and 1, and which columns a count reads.

A send with a count of 1 on one row and of p - 1, which is -1, on another row sends nothing in all:
whatever it says, nobody has to receive it.  So a column in the count of a send must be a flag, and
here is what is recognised as the reason: equations that leave the column no other values.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from cstark.air.nodes import Node, P, operate, random_elements, subtree
from cstark.air.rows import Equation

__all__ = ["Flags"]

_FIRST, _MIDDLE, _LAST = 1, 2, 4
_EVERY = _FIRST | _MIDDLE | _LAST
"""Rows of a table, which has at least 8 of them."""

_ROWS = {
    ("every", 0): _EVERY,
    ("cyclic", 0): _EVERY,
    ("cyclic", 1): _EVERY,
    ("transition", 0): _FIRST | _MIDDLE,
    ("transition", 1): _MIDDLE | _LAST,
    ("first", 0): _FIRST,
    ("last", 0): _LAST,
}
"""Selector, next row -> the rows of which an equation speaks."""

_MOST_DEGREE = 16
_MOST_COLUMNS = 7
"""Larger equations are passed over: 2^6 assignments of the other columns are tried."""
_MOST_NODES = 400


class Flags:
    """What the equations of a table hold to 0 and 1.

    Recognised are, on all rows (or on the transition and on the last row, and the like),

    * an equation in one column whose only solutions are 0 and 1, such as ``x * (1 - x) = 0``,
      ``x**2 = x``, ``x = 1``; the same of a larger expression, such as ``boolean(a + b)``;
    * an equation that leaves a column only 0 and 1 whatever the other columns of it are, where
      those are flags: ``x = a * b``, ``x = 1 - a``.

    A condition (`when`) that may be 0 leaves a column free there, and so pins nothing.

    Parameters
    ----------
    nodes : sequence of tuple
        The arithmetic of a table.
    equations : iterable of Equation
        What the table states.

    Attributes
    ----------
    columns : set of int
        Main columns that are 0 or 1 on every row.
    expressions : set of int
        Nodes that are 0 or 1 on every row, though their columns need not be.
    """

    def __init__(self, nodes: Sequence[Node], equations: Iterable[Equation]) -> None:
        self._nodes = nodes
        self._rows_of: dict[tuple[str, int], int] = {}
        self.columns: set[int] = set()
        self.expressions: set[int] = set()
        self._free: dict[int, Node | None] = {}
        waiting = []
        users: dict[int, list[tuple[Equation, list[int]]]] = {}
        for equation in equations:
            columns = self._columns(equation.node)
            if columns is not None:
                waiting.append((equation, columns))
                for column in columns:
                    users.setdefault(nodes[column][2], []).append((equation, columns))
            self._pin_expressions(equation)
        while waiting:
            equation, columns = waiting.pop()
            for column in columns:
                if self._pin_column(equation, column, columns):
                    waiting += users[nodes[column][2]]  # each column is news once

    def free_column(self, count: int) -> Node | None:
        """A column that a count depends on and that may be other than 0 and 1, if there is one."""
        if count not in self._free:
            self._free[count] = self._find_free(count)
        return self._free[count]

    def _find_free(self, count: int) -> Node | None:
        if not self._reads_free[count]:
            return None
        members = subtree(self._nodes, count, stop=self.expressions) or []
        slopes = _slopes(self._nodes, count, members, self.expressions)
        for index in members:
            # That of ``a + b - a`` does not change with `a`.
            if self._is_free(index) and slopes.get(index, 0):
                return self._nodes[index]
        return None

    @cached_property
    def _reads_free(self) -> list[bool]:
        """Of each node, whether a column that need be no flag stands below it."""
        reads: list[bool] = []
        for index, (kind, *rest) in enumerate(self._nodes):
            if kind in ("add", "sub", "mul") and index not in self.expressions:
                reads.append(reads[rest[0]] or reads[rest[1]])
            else:
                reads.append(self._is_free(index))
        return reads

    def _is_free(self, index: int) -> bool:
        node = self._nodes[index]
        return node[:2] == ("column", "main") and node[2] not in self.columns

    def _columns(self, root: int) -> list[int] | None:
        """Nodes of the columns of an equation; None if it has too many, or other leaves."""
        columns = []
        members = subtree(self._nodes, root, limit=_MOST_NODES)
        if members is None:
            return None
        for index in members:
            node = self._nodes[index]
            if node[0] == "public" or (node[0] == "column" and node[1] != "main"):
                return None
            if node[0] == "column":
                columns.append(index)
        return columns if len(columns) <= _MOST_COLUMNS else None

    def _pin_column(self, equation: Equation, column: int, columns: Sequence[int]) -> bool:
        """Whether the column is one flag more, by this equation with the flags known so far."""
        _, _, number, following = self._nodes[column]
        rows = _ROWS.get((equation.selector, following), 0)
        if number in self.columns or not rows & ~self._rows_of.get(("column", number), 0):
            return False
        others = [other for other in columns if other != column]
        if any(self._nodes[other][2] not in self.columns for other in others):
            return False
        for flags in itertools.product((0, 1), repeat=len(others)):
            known = dict(zip(others, flags, strict=True))
            if not _is_flag(self._nodes, equation.node, column, known):
                return False
        if not self._note(("column", number), rows):
            return False
        self.columns.add(number)
        return True

    def _pin_expressions(self, equation: Equation) -> None:
        rows = _ROWS[equation.selector, 0]
        children = [equation.node]
        for _ in range(2):  # e * (e - 1) has e at one step, e * e - e at one and at two
            children = [
                child
                for index in children
                if self._nodes[index][0] in ("add", "sub", "mul")
                for child in self._nodes[index][1:]
            ]
            for atom in dict.fromkeys(children):
                is_leaf = self._nodes[atom][0] not in ("add", "sub", "mul")
                if is_leaf or not _is_flag(self._nodes, equation.node, atom, {}):
                    continue
                if self._note(("expression", atom), rows):
                    self.expressions.add(atom)

    def _note(self, what: tuple[str, int], rows: int) -> bool:
        """Add rows on which something is a flag; whether it now is on all."""
        self._rows_of[what] = self._rows_of.get(what, 0) | rows
        return self._rows_of[what] == _EVERY


def _slopes(
    nodes: Sequence[Node], root: int, members: Sequence[int], leaves: Collection[int]
) -> dict[int, int]:
    """Of each node below `root`, the derivative of `root` in it at a random point.

    It is zero where `root` does not depend on the node, and else with a probability of at most the
    degree over p.
    """
    draw = random_elements()
    values: dict[int, int] = {}
    for index in members:
        kind, *rest = nodes[index]
        if kind == "constant":
            values[index] = rest[0]
        elif index in leaves or kind in ("column", "public"):
            values[index] = next(draw)
        else:
            values[index] = operate(kind, values[rest[0]], values[rest[1]])
    slopes = {root: 1}
    for index in reversed(members):
        kind, *rest = nodes[index]
        slope = slopes.get(index, 0)
        if index in leaves or kind not in ("add", "sub", "mul") or not slope:
            continue
        a, b = rest
        by_a = slope * values[b] if kind == "mul" else slope
        by_b = slope * values[a] if kind == "mul" else -slope if kind == "sub" else slope
        slopes[a] = (slopes.get(a, 0) + by_a) % P
        slopes[b] = (slopes.get(b, 0) + by_b) % P
    return slopes


def _is_flag(nodes: Sequence[Node], root: int, atom: int, known: Mapping[int, int]) -> bool:
    """Whether an equation, a polynomial in one unknown `atom`, has no solution but 0 and 1."""
    polynomial = _polynomial(nodes, root, atom, known)
    if polynomial is None or not any(polynomial):
        return False
    while len(polynomial) > 1:
        if polynomial[0] == 0:  # divide by x
            polynomial = polynomial[1:]
        elif sum(polynomial) % P == 0:  # divide by x - 1: minus the sums of what came before
            sums = list(itertools.accumulate(polynomial))
            polynomial = [-s % P for s in sums[:-1]]
        else:
            return False
    return True


def _polynomial(
    nodes: Sequence[Node], root: int, atom: int, known: Mapping[int, int]
) -> list[int] | None:
    """Coefficients of a node in `atom`, lowest first, without leading zeros.

    None if anything else is unknown, or the degree is large.
    """
    members = subtree(nodes, root, stop=(atom,), limit=_MOST_NODES)
    if members is None or atom not in members:
        return None
    values: dict[int, list[int]] = {}
    for index in members:
        kind, *rest = nodes[index]
        if index == atom:
            value = [0, 1]
        elif index in known:
            value = [known[index]]
        elif kind == "constant":
            value = [rest[0]]
        elif kind in ("column", "public"):
            return None
        else:
            value = _combine(kind, values[rest[0]], values[rest[1]])
        while value and value[-1] == 0:
            value.pop()
        if len(value) > _MOST_DEGREE + 1:
            return None
        values[index] = value
    return values[root]


def _combine(kind: str, a: list[int], b: list[int]) -> list[int]:
    if kind == "mul":
        product = [0] * (len(a) + len(b))
        for i, left in enumerate(a):
            for j, right in enumerate(b):
                product[i + j] = (product[i + j] + left * right) % P
        return product
    sign = 1 if kind == "add" else -1
    pairs = itertools.zip_longest(a, b, fillvalue=0)
    return [(left + sign * right) % P for left, right in pairs]
