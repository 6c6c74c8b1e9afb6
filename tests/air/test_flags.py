"""Counts of sends: a column in one must be a flag, or the author gives the weight."""

from __future__ import annotations

import numpy as np
import pytest
from air_support import table

import cstark as cs
from cstark.air import P, flags
from cstark.air.nodes import subtree
from cstark.errors import AirError

COLUMNS = {"x": (), "a": (), "b": (), "c": (), "g": (3,), "y": ()}
FIXED = {
    "preprocessed": ("used",),
    "fixed": np.arange(8).reshape(8, 1),
    "periodic": {"beat": [1, 0]},
    "publics": ("k",),
}


def described(count, state=None, **given):
    def constrain(t):
        t.send("byte", [t.now.y], count=count(t), **given)
        if state is not None:
            state(t)

    return table(constrain, COLUMNS, **FIXED)


ONE = lambda t: t.now.x  # noqa: E731 - the count of most cases

PINNED = {
    "boolean": (ONE, lambda t: t.every_row.boolean(t.now.x)),
    "product": (ONE, lambda t: t.every_row.zero(t.now.x * (t.now.x - 1))),
    "product, turned": (ONE, lambda t: t.every_row.zero(5 * (1 - t.now.x) * t.now.x)),
    "square": (ONE, lambda t: t.every_row.equal(t.now.x**2, t.now.x)),
    "square on the right": (ONE, lambda t: t.every_row.equal(t.now.x, t.now.x * t.now.x)),
    "cube": (ONE, lambda t: t.every_row.equal(t.now.x**3, t.now.x**2)),
    "written out": (ONE, lambda t: t.every_row.zero(t.now.x - t.now.x**2 + 3 - 3)),
    "a constant": (ONE, lambda t: t.every_row.equal(t.now.x, 1)),
    "zero": (ONE, lambda t: t.every_row.zero(t.now.x)),
    "cyclic": (ONE, lambda t: t.cyclic.boolean(t.now.x)),
    "cyclic, of the next row": (ONE, lambda t: t.cyclic.boolean(t.next.x)),
    "transition and last row": (
        ONE,
        lambda t: (t.transition.boolean(t.now.x), t.last_row.equal(t.now.x, 1)),
    ),
    "first row and from row to row": (
        ONE,
        lambda t: (t.first_row.zero(t.now.x), t.transition.boolean(t.next.x)),
    ),
    "condition that is a constant": (ONE, lambda t: t.every_row.when(3).boolean(t.now.x)),
    "next row": (lambda t: t.next.x, lambda t: t.every_row.boolean(t.now.x)),
    "member of a group": (lambda t: t.now.g[1], lambda t: t.every_row.boolean(t.now.g)),
    "sum of a group": (lambda t: t.now.g.sum(), lambda t: t.every_row.boolean(t.now.g)),
    "one-hot": (
        lambda t: 1 - t.now.a - t.now.b,
        lambda t: (
            t.every_row.boolean(t.now.a, t.now.b, t.now.c),
            t.every_row.equal(t.now.a + t.now.b + t.now.c, 1),
        ),
    ),
    "product of flags": (
        lambda t: t.now.a * (1 - t.now.b),
        lambda t: t.every_row.boolean(t.now.a, t.now.b),
    ),
    "twice a flag": (lambda t: 2 * t.now.a, lambda t: t.every_row.boolean(t.now.a)),
    "square of a flag": (lambda t: t.now.a**2, lambda t: t.every_row.boolean(t.now.a)),
    "what cancels": (
        lambda t: t.now.a + t.now.b - t.now.a,
        lambda t: t.every_row.boolean(t.now.b),
    ),
    "a sum that is a flag": (
        lambda t: t.now.a + t.now.b,
        lambda t: t.every_row.boolean(t.now.a + t.now.b),
    ),
    "times a sum that is a flag": (
        lambda t: t.now.x * (t.now.a - t.now.b),
        lambda t: t.every_row.boolean(t.now.x, t.now.a - t.now.b),
    ),
    "an equal of flags": (
        ONE,
        lambda t: (
            t.every_row.equal(t.now.x, t.now.a * (1 - t.now.b)),
            t.every_row.boolean(t.now.a, t.now.b),
        ),
    ),
    "an equal of an equal": (
        ONE,
        lambda t: (
            t.every_row.equal(t.now.x, 1 - t.now.a),
            t.every_row.equal(t.now.a, t.now.b * t.now.c),
            t.every_row.boolean(t.now.c, t.now.b),
        ),
    ),
    "preprocessed": (lambda t: t.preprocessed.used, None),
    "next preprocessed": (lambda t: t.preprocessed_next.used, None),
    "periodic": (lambda t: t.periodic.beat, None),
    "preprocessed times flag": (
        lambda t: t.preprocessed.used * t.now.x + t.periodic.beat,
        lambda t: t.every_row.boolean(t.now.x),
    ),
    "constant": (lambda t: 5, None),
    "negative constant": (lambda t: -1, None),
}

FREE = {
    "nothing said": (ONE, None, "now.x"),
    "next row": (lambda t: t.next.x, None, "next.x"),
    "transition": (ONE, lambda t: t.transition.boolean(t.now.x), "now.x"),
    "of the next row": (ONE, lambda t: t.transition.boolean(t.next.x), "now.x"),
    "transition and first row": (
        ONE,
        lambda t: (t.transition.boolean(t.now.x), t.first_row.boolean(t.now.x)),
        "now.x",
    ),
    "ends": (
        ONE,
        lambda t: (t.first_row.boolean(t.now.x, t.next.x), t.last_row.boolean(t.now.x)),
        "now.x",
    ),
    "condition": (ONE, lambda t: t.every_row.when(t.now.a).boolean(t.now.x), "now.x"),
    "condition that is a flag": (
        ONE,
        lambda t: (
            t.every_row.boolean(t.now.a),
            t.every_row.when(t.now.a).boolean(t.now.x),
        ),
        "now.x",
    ),
    "fixed condition": (
        ONE,
        lambda t: t.every_row.when(t.periodic.beat).boolean(t.now.x),
        "now.x",
    ),
    "public condition": (ONE, lambda t: t.every_row.when(t.publics.k).boolean(t.now.x), "now.x"),
    "another member": (
        lambda t: t.now.g[1],
        lambda t: t.every_row.boolean(t.now.g[0], t.now.g[2]),
        "now.g[1]",
    ),
    "another column": (
        lambda t: t.now.a * t.now.b,
        lambda t: t.every_row.boolean(t.now.a),
        "now.b",
    ),
    "sum": (lambda t: 1 - t.now.a - t.now.b, lambda t: t.every_row.boolean(t.now.b), "now.a"),
    "three values": (
        ONE,
        lambda t: t.every_row.zero(t.now.x * (t.now.x - 1) * (t.now.x - 2)),
        "now.x",
    ),
    "minus one": (ONE, lambda t: t.every_row.zero(t.now.x * (t.now.x + 1)), "now.x"),
    "a square": (ONE, lambda t: t.every_row.equal(t.now.x**2, 1), "now.x"),
    "no constant": (ONE, lambda t: t.every_row.equal(t.now.x, 2), "now.x"),
    "equals what is free": (ONE, lambda t: t.every_row.equal(t.now.x, t.now.a), "now.x"),
    "sum of flags": (
        ONE,
        lambda t: (
            t.every_row.boolean(t.now.a, t.now.b),
            t.every_row.equal(t.now.x, t.now.a + t.now.b),
        ),
        "now.x",
    ),
    "each other": (
        ONE,
        lambda t: (
            t.every_row.equal(t.now.x, 1 - t.now.a),
            t.every_row.equal(t.now.a, 1 - t.now.x),
        ),
        "now.x",
    ),
    "a sum is a flag": (
        lambda t: t.now.a,
        lambda t: t.every_row.boolean(t.now.a + t.now.b),
        "now.a",
    ),
    "a sum is a flag on most rows": (
        lambda t: t.now.a + t.now.b,
        lambda t: t.transition.boolean(t.now.a + t.now.b),
        "now.a",
    ),
    "product is zero": (ONE, lambda t: t.every_row.zero(t.now.x * t.now.a), "now.x"),
    "preprocessed factor": (lambda t: t.preprocessed.used * t.now.x, None, "now.x"),
}


@pytest.mark.parametrize("case", PINNED)
def test_flags(case):
    described(*PINNED[case])


@pytest.mark.parametrize("case", FREE)
def test_columns_that_are_no_flags(case):
    """Refused with the column and both ways out; accepted with a weight, and when received."""
    count, state, column = FREE[case]
    with pytest.raises(AirError) as caught:
        described(count, state)
    message = str(caught.value)
    for part in (f"reads {column},", "table 'demo'", "'byte'", "test_flags.py:", "weight="):
        assert part in message
    assert (
        f"t.every_row.boolean({column.replace('now', 't.now').replace('next', 't.now')})" in message
    )
    assert described(count, state, weight=7).interactions[0].weight == 7

    def receive(t):
        t.receive("byte", [t.now.y], count=count(t))

    assert table(receive, COLUMNS, **FIXED).interactions[0].weight == 0


def test_constraints_may_come_later_and_through_helpers():
    """What counts is all that `constrain` states, in whatever order."""

    class Base(cs.Air):
        columns = {"flag": (), "x": ()}

        def constrain(self, t):
            t.send("b", [t.now.x], count=t.now.flag)
            self.also(t)

        def also(self, t):
            t.every_row.boolean(t.now.flag)

    class Without(Base):
        def also(self, t):
            t.every_row.equal(t.now.x, t.now.x**2)

    cs.air.describe("base", Base())
    with pytest.raises(AirError, match=r"reads now\.flag"):
        cs.air.describe("without", Without())


@pytest.mark.parametrize("turn", [1, -1])
def test_the_work_grows_with_the_table(turn, monkeypatch):
    """Flags that follow from each other in a chain, in either order, and as many sends."""

    def work(size):
        visited = []

        def counted(*arguments, **named):
            found = subtree(*arguments, **named)
            visited.append(len(found or ()))
            return found

        def constrain(t):
            for k in range(1, size)[::turn]:
                t.every_row.equal(t.now[k], 1 - t.now[k - 1])
                t.send("b", [t.now[k]], count=t.now[k])
            t.every_row.boolean(t.now[0])

        monkeypatch.setattr(flags, "subtree", counted)
        assert len(table(constrain, size).interactions) == size - 1
        return sum(visited)

    assert work(400) < 2.2 * work(200)


def two_counts(weight):
    """The attack that the rule is about: 300 is sent once and -1 times, and no byte received."""

    class Users(cs.Air):
        columns = ("value", "count")

        def constrain(self, t):
            t.send("byte", [t.now.value], count=t.now.count, weight=weight)

    class Bytes(cs.Air):
        columns = ("used",)
        preprocessed = ("value",)

        def preprocessed_trace(self):
            return np.arange(256, dtype=np.uint64).reshape(256, 1)

        def constrain(self, t):
            t.receive("byte", [t.preprocessed.value], count=t.now.used)

    return cs.Machine({"users": Users(), "bytes": Bytes()}, cs.Options(queries=4, grinding=0))


def test_what_a_false_weight_lets_through():
    """Why the rule is there; who gives a weight by hand answers for it."""
    with pytest.raises(AirError, match=r"reads now\.count"):
        two_counts(None)
    users = np.zeros((8, 2), dtype=np.uint64)
    users[:2] = [[300, 1], [300, P - 1]]
    traces = {"users": users, "bytes": np.zeros((256, 1), dtype=np.uint64)}
    machine = two_counts(1)
    machine.verify(machine.prove(traces), min_security=0)
