"""What somebody writes who has never seen the library: each error says what to write instead."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest

from cstark.air import Air, describe
from cstark.errors import AirError, UnknownColumnError


def fib(constrain, **attributes):
    body = {"columns": ("left", "right"), "publics": ("start",), **attributes}
    return type("Fib", (Air,), {**body, "constrain": lambda self, t: constrain(t)})()


def use_if(t):
    if t.now.left == 1:
        t.every_row.zero(t.now.right)


def forget_equal(t):
    t.every_row.boolean(t.now.left)
    t.transition.when(t.now.left, 1 - t.now.right)


def forget_equal_after_two(t):
    t.every_row.when(t.now.left).when(t.now.right)
    t.every_row.boolean(t.now.left)


MISTAKES = {
    "misspelt column": (lambda t: t.now.lefft, "no column 'lefft'; did you mean 'left'"),
    "misspelt public": (lambda t: t.publics.strat, "no public value 'strat'; did you mean 'start'"),
    "misspelt rows": (lambda t: t.nwo.left, "has no 'nwo'; did you mean 'now'"),
    "misspelt selector": (lambda t: t.evry_row.zero(0), "'evry_row'; did you mean 'every_row'"),
    "misspelt method": (
        lambda t: t.every_row.eqal(t.now.left, 0),
        r"t\.every_row has no 'eqal'; did you mean 'equal'",
    ),
    "selected rows that are called": (
        lambda t: t.first_row(t.now.left),
        r"t\.first_row is not called; write t\.first_row\.equal\(a, b\)",
    ),
    "other vocabulary": (
        lambda t: t.assert_zero(0),
        r"no 'assert_zero'; equations are stated on rows, such as t\.every_row\.equal",
    ),
    "equal without rows": (lambda t: t.equal(0, 1), "equations are stated on rows"),
    "something else": (lambda t: t.whatever, "'whatever': there are now, next, .* send, receive"),
    "no rows named": (lambda t: t.left, r"did you mean t\.now\.left"),
    "a column number too high": (lambda t: t.now[2], "no column 2: .* 2, .* numbers 0 to 1"),
    "a period that is not there": (lambda t: t.periodic[0], "it declares no `periodic`"),
    "an index that is an expression": (lambda t: t.now[t.now.left], "by its name or its number"),
    "a name in quotes": (
        lambda t: t.every_row.equal(t.now.left, "right"),
        r"not a str \('right'\); a column is read as t\.now\.right",
    ),
    "None": (lambda t: t.every_row.equal(t.now.left, None), r"not a value \(None\)"),
    "two expressions": (
        lambda t: t.every_row.zero(t.now.left, t.now.right),
        r"name=now\.right is not a string; for a second expression write equal\(a, b\)",
    ),
    "bus and values swapped": (
        lambda t: t.send([t.now.left], "bus"),
        r'no name .*write t\.send\("name", \[value, \.\.\.\]\)',
    ),
    "values without a list": (
        lambda t: t.send("bus", t.now.left, t.now.right),
        r"write t\.send\('bus', \[value, \.\.\.\]\), or .* count=\.\.\.\)",
    ),
    "if and ==": (use_if, r"now\.left has no value.*== cannot.*t\.every_row\.equal\(a, b\)"),
    "a comparison as a statement": (lambda t: t.now.left == 1, r"state an equation as"),
    "max": (lambda t: max(t.now.left, t.now.right), "cannot be ordered.*bits or limbs"),
    "where": (lambda t: np.where(t.now.left, 1, 0), r"t\.every_row\.when\(flag\)\.equal"),
    "in": (lambda t: t.now.left in (0, 1), "== cannot compare"),
    "next of every row": (
        lambda t: t.every_row.equal(t.next.left, t.now.right),
        r"use t\.transition .* or t\.cyclic",
    ),
    "an assignment": (lambda t: setattr(t.now, "left", 3), "constraints are equations"),
    "a return": (lambda t: t.now.left - t.now.right, "constrain returned Expression"),
    "nothing at all": (lambda t: None, "neither a constraint nor a bus: any trace would do"),
    "a forgotten call": (lambda t: [t.every_row.equal].clear(), "neither a constraint nor a bus"),
    "when without an equation": (
        forget_equal,
        r"t\.transition\.when\(now\.left, 1 - now\.right\) \(at .*test_advice\.py:\d+\) states "
        "nothing; call equal, zero or boolean",
    ),
    "two of them": (forget_equal_after_two, r"when\(now\.left, now\.right\) .* states nothing"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_constrain(name):
    constrain, message = MISTAKES[name]
    with pytest.raises(AirError, match=message) as caught:
        describe("fib", fib(constrain))
    assert "table 'fib'" in str(caught.value)


def test_when_may_be_kept_and_used_twice():
    def constrain(t):
        active = t.transition.when(t.now.left)
        for flag in (t.now.right, 1 - t.now.right):
            active.when(flag).zero(t.next.left)
        t.every_row.when(t.now.left).when(t.now.right).equal(1, t.now.left)

    assert len(describe("fib", fib(constrain)).constraints) == 3


def test_an_unknown_attribute_of_the_table_points_at_the_rows():
    class Stray(Air):
        columns = ("left",)
        publics = {"start": (2,)}

        def __init__(self):
            self.limit = 3

        def constrain(self, t):
            t.every_row.zero(getattr(self, self.what))

    stray = Stray()
    for what, where in (("left", "t.now.left"), ("start", "t.publics.start")):
        stray.what = what
        with pytest.raises(AttributeError, match=rf"'{what}'; in .* it is {re.escape(where)}\n"):
            describe("stray", stray)
    stray.what = "limits"
    with pytest.raises(AttributeError, match=r"'Stray' has no attribute 'limits'\n"):
        describe("stray", stray)
    assert pickle.loads(pickle.dumps(fib)) is fib and not hasattr(stray, "__array__")


class FromColumns(Air):
    """A declaration that is computed, and fails."""

    @property
    def columns(self):
        return self.names

    def constrain(self, t):
        t.every_row.zero(t.now[0])


def test_a_computed_declaration_fails_as_usual():
    with pytest.raises(AttributeError, match="no attribute"):
        describe("t", FromColumns())


def test_signatures():
    class Short(Air):
        columns = ("x",)

        def constrain(self):
            pass

    class Misspelt(Air):
        columns = ("x",)

        def constraint(self, t):
            pass

    class Fuller(Air):
        columns = ("x",)

        def constrain(self, t, scale=2):
            t.every_row.equal(t.now.x, scale)

    with pytest.raises(AirError, match=r"Short\.constrain takes no table; write def"):
        describe("t", Short())
    with pytest.raises(AirError, match=r"not define constrain.*\(it defines 'constraint'\)"):
        describe("t", Misspelt())
    assert describe("t", Fuller()).constraints[0].expression == "now.x = 2"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("left right", r"is the string 'left right'; write \('left', 'right'\)"),
        ("left, right", r"write \('left', 'right'\)"),
        (("a", "a"), "holds the name 'a' twice"),
        (("a", "class"), "'class', which is not a Python identifier"),
        (("_group",), "'_group', which is reserved; choose another"),
        ((), r"declares no columns; .* columns = \(\"a\", \"b\"\)"),
    ],
)
def test_columns(columns, message):
    with pytest.raises(AirError, match=message):
        describe("fib", fib(lambda t: None, columns=columns))


def test_unknown_names_are_attribute_errors():
    for constrain in (lambda t: t.every_row.eqal, lambda t: t.nwo, lambda t: t.now.lefft):
        with pytest.raises(UnknownColumnError):
            describe("fib", fib(constrain))
    found = []
    describe("fib", fib(lambda t: found.append(hasattr(t.every_row, "eqal")) or use(t)))
    assert found == [False]


def use(t):
    t.every_row.boolean(t.now.left)
