"""The rule on buses of one side, case by case."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.air import Air, P, Receive, Send, TableDescription, describe, one_sided


def described(state, **attributes):
    class Demo(Air):
        columns = ("a", "b")

        def constrain(self, t):
            state(t)

        def __init__(self):
            self.__dict__.update(attributes)

    if "fixed" in attributes:
        Demo.preprocessed = 1
        Demo.preprocessed_trace = lambda self: self.fixed
    return describe("demo", Demo())


def receive(count, **attributes):
    return described(
        lambda t: t.receive("x", [t.now.a], count=count(t), weight=P - 1), **attributes
    )


def send(count):
    return described(lambda t: t.send("x", [t.now.a], count=count(t), weight=P - 1))


@pytest.mark.parametrize("exchange", [receive, send])
@pytest.mark.parametrize(
    ("count", "named"),
    [
        (lambda t: 1, True),
        (lambda t: t.now.b, True),
        (lambda t: t.next.b * 5 + t.now.a, True),
        (lambda t: 1 - t.now.b, True),
        (lambda t: (1 - t.now.b) * t.now.a, True),
        (lambda t: t.now.a**2, True),
        (lambda t: P - 1, False),
        (lambda t: -t.now.b, False),
        (lambda t: t.now.a - t.now.b, False),
        (lambda t: 1 - 2 * t.now.b, False),
        (lambda t: (1 - 2 * t.now.b) * t.now.a, False),
    ],
)
def test_counts_that_may_be_negative_make_a_second_side(exchange, count, named):
    sign = 1 if exchange is send else -1
    assert one_sided([exchange(count)], []) == ({"x": sign} if named else {})


def test_public_values_may_be_negative():
    assert one_sided([receive(lambda t: t.publics.n, publics=("n",))], []) == {}


@pytest.mark.parametrize(("value", "named"), [(3, True), (P - 1, False)])
def test_known_columns_are_taken_as_they_are(value, named):
    fixed = np.arange(8, dtype=np.uint64).reshape(-1, 1)
    fixed[2] = value
    for table in (
        receive(lambda t: t.preprocessed[0], fixed=fixed),
        receive(lambda t: t.periodic.p, periodic={"p": [0, value]}),
    ):
        assert one_sided([table], []) == ({"x": -1} if named else {})
    for limit, named in ((6, False), (7, True)):  # the column counts to 7
        fixed = np.arange(8, dtype=np.uint64).reshape(-1, 1)
        table = receive(lambda t, k=limit: k - t.preprocessed[0], fixed=fixed)
        assert one_sided([table], []) == ({"x": -1} if named else {})
    table = receive(lambda t: -t.periodic.p, periodic={"p": [P - 1, P - 2]})
    assert one_sided([table], []) == {"x": -1}
    key = TableDescription.from_data(receive(lambda t: t.preprocessed[0], fixed=fixed).to_data())
    assert one_sided([key], []) == {}  # a key does not know the values


def test_another_table_or_a_token_is_a_second_side():
    provider, user = receive(lambda t: t.now.b), send(lambda t: 1)
    assert one_sided([provider, user], []) == {}
    assert one_sided([provider], [Send("x", [1])]) == {}
    assert one_sided([provider], [Send("x", [1], count=0)]) == {}
    assert one_sided([provider], [Receive("x", [1])]) == {"x": -1}
    assert one_sided([user], [Receive("x", [1])]) == {}
    assert one_sided([user, user], [Send("x", [1])]) == {"x": 1}


def test_several_buses():
    def state(t):
        t.send("b", [t.now.a])
        t.send("c", [t.now.a])
        t.receive("c", [t.now.b])
        t.receive("a", [t.now.b], count=t.now.a)

    assert list(one_sided([described(state)], []).items()) == [("a", -1), ("b", 1)]
    assert one_sided([described(lambda t: t.every_row.boolean(t.now.a))], []) == {}
