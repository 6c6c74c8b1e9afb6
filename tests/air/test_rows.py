"""Selectors: which rows, which equations, which errors."""

from __future__ import annotations

import numpy as np
import pytest
from air_support import random_trace, table

from cstark.errors import AirError
from tests.oracles import plain_check

ALL = ("first_row", "last_row", "transition", "every_row", "cyclic")
GROUP = {"x": (), "a": (2, 3), "b": (3,)}


@pytest.mark.parametrize(
    ("attribute", "selector", "degree"),
    [
        ("first_row", "first", 3),
        ("last_row", "last", 3),
        ("transition", "transition", 2),
        ("every_row", "every", 2),
        ("cyclic", "cyclic", 2),
    ],
)
def test_selectors(attribute, selector, degree):
    description = table(lambda t: getattr(t, attribute).equal(t.now.a * t.now.b, t.now.c))
    (constraint,) = description.constraints
    assert (constraint.selector, constraint.degree) == (selector, degree)
    assert constraint.expression == "now.a * now.b = now.c"
    assert constraint.name == ""
    assert constraint.label == constraint.expression
    trace = random_trace(1, 8, 4)
    rows = {"first": [0], "last": [7], "transition": range(7)}.get(selector, range(8))
    assert plain_check.violations(description, trace) == [(0, row) for row in rows]


@pytest.mark.parametrize("attribute", ["first_row", "transition", "cyclic"])
def test_who_may_read_the_next_row(attribute):
    description = table(lambda t: getattr(t, attribute).equal(t.next.c, t.now.a))
    assert description.next_main == (2,)


@pytest.mark.parametrize(
    ("attribute", "hint"),
    [("every_row", r"t\.transition .*or t\.cyclic"), ("last_row", "read t.now there")],
)
def test_who_may_not(attribute, hint):
    with pytest.raises(AirError, match=f"{attribute} cannot hold .next.c = now.a.*{hint}"):
        table(lambda t: getattr(t, attribute).equal(t.next.c, t.now.a))
    with pytest.raises(AirError, match="reads the next row"):
        table(lambda t: getattr(t, attribute).when(t.next.a).zero(t.now.b))
    with pytest.raises(AirError, match="reads the next row"):
        table(
            lambda t: getattr(t, attribute).zero(t.preprocessed_next.f),
            preprocessed=("f",),
            fixed=np.zeros((8, 1), dtype=np.uint64),
        )


def test_a_next_row_that_cancels_is_not_read():
    description = table(lambda t: t.every_row.zero(t.now.a + t.next.b * 0))
    assert description.next_main == ()


def test_arrays_broadcast():
    def constrain(t):
        n = t.now
        t.every_row.equal(n.a, n.b, name="same")
        t.every_row.zero(n.a)
        t.every_row.boolean(n.x, n.b, name="flag")
        t.every_row.equal([n.x, n.x + 3], [[2], [5]])
        t.every_row.zero(t.now)

    constraints = table(constrain, GROUP).constraints
    assert [c.name for c in constraints[:6]] == [
        f"same[{i},{j}]" for i in range(2) for j in range(3)
    ]
    assert constraints[5].expression == "now.a[1,2] = now.b[2]"
    assert constraints[6].expression == "now.a[0,0] = 0"
    assert [c.name for c in constraints[12:16]] == ["flag", "flag[0]", "flag[1]", "flag[2]"]
    assert constraints[12].expression == "now.x is 0 or 1"
    assert constraints[12].label == "flag"
    assert constraints[19].expression == "now.x + 3 = 5"
    assert len(constraints) == 16 + 4 + 10


def test_impossible_members_of_an_array():
    with pytest.raises(AirError, match="`1 = 2` can never hold"):
        table(lambda t: t.every_row.equal([t.now.a, 1], 2))


def test_trivial_members_of_an_array_are_dropped():
    description = table(lambda t: t.every_row.equal([t.now.a, 1, t.now.b], [1, 1, t.now.b]))
    assert [c.expression for c in description.constraints] == ["now.a = 1"]


def test_when():
    def constrain(t):
        n = t.now
        t.every_row.when(n.x).zero(n.a[0, 0])
        t.transition.when(n.x, 1 - n.b[0]).when(n.b[1]).equal(t.next.x, 5, name="jump")
        t.every_row.when(n.b).zero(n.a)
        t.last_row.when(n.x).boolean(n.b[2])

    description = table(constrain, GROUP)
    first, jump, *others, last = description.constraints
    assert first.expression == "when now.x: now.a[0,0] = 0"
    assert first.degree == 2
    assert jump.expression == "when now.x, 1 - now.b[0], now.b[1]: next.x = 5"
    assert (jump.degree, jump.name, jump.selector) == (4, "jump", "transition")
    assert [c.expression for c in others][:2] == [
        "when now.b[0]: now.a[0,0] = 0",
        "when now.b[1]: now.a[0,1] = 0",
    ]
    assert len(others) == 6
    assert last.degree == 4
    trace = np.zeros((8, 10), dtype=np.uint64)
    trace[:, 1] = 4
    trace[2, 0] = 1
    # row 2: x = 1, so a[0,0] = 4 violates the first; b = 0 switches the others off
    assert plain_check.violations(description, trace) == [(0, 2)]


def test_when_leaves_the_selector_alone():
    def constrain(t):
        rows = t.every_row.when(t.now.a)
        rows.when(t.now.b).zero(t.now.c)
        rows.zero(t.now.d)

    assert [c.degree for c in table(constrain).constraints] == [3, 2]


ALWAYS = {
    "sum": lambda t: t.every_row.equal(2 * t.now.a, t.now.a + t.now.a),
    "order of three": lambda t: t.every_row.equal(
        (t.now.a + t.now.b) + t.now.c, t.now.a + (t.now.b + t.now.c)
    ),
    "distribution": lambda t: t.every_row.zero(
        (t.now.a + 1) * t.now.b - t.now.a * t.now.b - t.now.b
    ),
    "square": lambda t: t.every_row.equal(
        (t.now.a + 1) ** 2, t.now.a**2 + 2 * t.now.a + 1, name="binomial"
    ),
    "fraction": lambda t: t.every_row.equal(t.now.a / 2 + t.now.a / 2, t.now.a),
    "next rows": lambda t: t.transition.equal(3 * t.next.a, 2 * t.next.a + t.next.a),
    "first": lambda t: t.first_row.equal(2 * t.now.a, t.now.a + t.now.a),
    "last": lambda t: t.last_row.equal(2 * t.now.a, t.now.a + t.now.a),
    "cyclic": lambda t: t.cyclic.equal(2 * t.next.a, t.next.a + t.next.a),
    "condition": lambda t: t.every_row.when(t.now.b).equal(2 * t.now.a, t.now.a + t.now.a),
    "condition that is never met": lambda t: t.every_row.when(2 * t.now.b - t.now.b - t.now.b).zero(
        t.now.a
    ),
    "boolean": lambda t: t.every_row.boolean(2 * t.now.a - t.now.a - t.now.a + 1),
    "public": lambda t: t.first_row.equal(2 * t.publics.k, t.publics.k + t.publics.k),
    "preprocessed": lambda t: t.every_row.zero(2 * t.preprocessed.f - t.preprocessed.f * 2),
    "periodic": lambda t: t.every_row.zero(3 * t.periodic.r - t.periodic.r - 2 * t.periodic.r),
    "all members": lambda t: t.every_row.equal(
        [2 * t.now.a, t.now.b], [t.now.a + t.now.a, t.now.b]
    ),
}

NEVER = {
    "sum": lambda t: t.every_row.equal(2 * t.now.a + 1, t.now.a + t.now.a),
    "one member": lambda t: t.every_row.equal([t.now.b, 2 * t.now.a + 1], [1, t.now.a + t.now.a]),
    "boolean": lambda t: t.every_row.boolean(2 * t.now.a - t.now.a - t.now.a + 2),
    "publics": lambda t: t.first_row.equal(2 * t.publics.k - t.publics.k, t.publics.k - 1),
    "power": lambda t: t.transition.zero((t.next.a + 1) * (t.next.a - 1) - t.next.a**2),
}

SPACES = {"publics": ("k",), "preprocessed": ("f",), "fixed": np.arange(8).reshape(8, 1),
          "periodic": {"r": [1, 2]}}  # fmt: skip


@pytest.mark.parametrize("case", ALWAYS)
def test_equations_that_always_hold(case):
    """Found by their values, not by how they are written."""
    with pytest.raises(AirError, match="always holds") as caught:
        table(ALWAYS[case], **SPACES)
    assert "table 'demo'" in str(caught.value)


@pytest.mark.parametrize("case", NEVER)
def test_equations_that_never_hold(case):
    with pytest.raises(AirError, match="can never hold"):
        table(NEVER[case], **SPACES)


def test_equations_that_may_hold():
    """Nearly those, and some that vanish on many rows: all of them say something."""

    def constrain(t):
        n = t.now
        t.every_row.equal(2 * n.a, n.a + n.b)
        t.every_row.zero((n.a + 1) * n.b - n.a * n.b - n.a)
        t.every_row.zero(n.a * (n.a - 1))
        t.first_row.equal(t.publics.k, 1)
        t.every_row.equal(t.preprocessed.f, t.periodic.r)

    assert len(table(constrain, **SPACES).constraints) == 5


def test_members_that_always_hold_are_dropped_however_written():
    """A symmetric matrix need not leave its diagonal out."""
    description = table(lambda t: t.every_row.equal([t.now.a, 2 * t.now.b], [1, t.now.b + t.now.b]))
    assert [c.expression for c in description.constraints] == ["now.a = 1"]


def test_counts_that_are_always_zero():
    for count in (
        lambda t: 2 * t.now.a - t.now.a - t.now.a,
        lambda t: (t.now.a + t.now.b) ** 2 - t.now.a**2 - t.now.b**2 - 2 * t.now.a * t.now.b,
    ):
        for verb in ("send", "receive"):
            with pytest.raises(AirError, match="count is the constant 0"):
                table(lambda t, c=count, v=verb: getattr(t, v)("b", [t.now.a], count=c(t)))


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda t: t.every_row.equal(t.now.a, t.now.a), "`now.a = now.a` always holds: both"),
        (lambda t: t.every_row.zero(t.now.a - t.now.a), "`0 = 0` always holds"),
        (lambda t: t.every_row.zero(0), "always holds"),
        (lambda t: t.every_row.zero(3), "`3 = 0` can never hold"),
        (lambda t: t.every_row.equal(1, 2), "`1 = 2` can never hold"),
        (lambda t: t.every_row.boolean(1), "always holds"),
        (lambda t: t.every_row.boolean(2), "can never hold"),
        (lambda t: t.every_row.boolean(), r"boolean\(\) needs at least one"),
        (lambda t: t.every_row.when(), r"when\(\) needs at least one"),
        (lambda t: t.every_row.when(0).zero(t.now.a), "always holds"),
        (lambda t: t.every_row.zero([]), "an empty array states nothing"),
        (lambda t: t.every_row.zero(1.5), "is not an integer"),
        (lambda t: t.every_row.zero("a"), "expected an expression or an integer, not a str"),
        (lambda t: t.every_row.zero(None), "expected an expression"),
        (lambda t: t.every_row.equal([t.now.a, t.now.b], [1, 2, 3]), r"\(2,\) and \(3,\) do not"),
        (lambda t: t.every_row.zero([[t.now.a], [t.now.b, t.now.c]]), "ragged"),
        (lambda t: t.every_row.zero(t.now.a, name=3), "name=3 is not a string"),
        (lambda t: t.every_row.when([t.now.a] * 2).zero([t.now.b] * 3), "do not broadcast"),
        (lambda t: t.every_row.when("x"), "expected an expression"),
    ],
)
def test_errors(action, message):
    with pytest.raises(AirError, match=message) as caught:
        table(action)
    assert "table 'demo'" in str(caught.value)


def test_equations_of_publics_alone_are_allowed():
    description = table(lambda t: t.every_row.equal(t.publics.k, 5), publics=("k",))
    assert description.constraints[0].degree == 0
    assert description.degree == 1


def test_locations_name_this_file():
    def helper(t):
        t.every_row.boolean(t.now.a)

    description = table(helper)
    path, line = description.constraints[0].location.rsplit(":", 1)
    assert path == __file__
    assert int(line) == helper.__code__.co_firstlineno + 1


def test_repr():
    seen = []

    def constrain(t):
        seen.append((repr(t), repr(t.every_row)))
        t.every_row.boolean(t.now.a)

    table(constrain)
    assert seen == [("<Table 'demo'>", "<every_row of table 'demo'>")]
