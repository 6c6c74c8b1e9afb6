"""Messages, weights, tokens and bus numbers."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from air_support import table

from cstark.air import P, Receive, Send, Token, check_tokens, number_buses
from cstark.errors import AirError, StatementError
from tests.oracles import plain_check

GROUP = {"x": (), "a": (2, 3), "n": ()}
FIXED = {
    "preprocessed": ("f", "g"),
    "fixed": np.array([[k, P - 2 * k] for k in [0, 1, 2, 3, 4, 5, 6, 7]], dtype=object) % P,
    "periodic": {"r": [3, -9]},
    "publics": ("k",),
}


def interaction(action):
    def constrain(t):
        t.every_row.boolean(t.now[:])
        action(t)

    (found,) = table(constrain, GROUP, **FIXED).interactions
    return found


def test_values_are_flattened():
    description = table(
        lambda t: t.send("b", [t.now.x, [t.now.a, (5, np.int64(6))], t.next.x], name="mine"), GROUP
    )
    (found,) = description.interactions
    assert [description.render(value) for value in found.values] == [
        "now.x",
        *(f"now.a[{i},{j}]" for i in range(2) for j in range(3)),
        "5",
        "6",
        "next.x",
    ]
    assert description.render(found.count) == "1"
    assert (found.bus, found.sign, found.weight, found.name) == ("b", 1, 1, "mine")
    assert found.label == "mine"
    assert found.location.startswith(__file__)
    assert description.next_main == (0,)
    for values in (lambda t: t.now, lambda t: t.now[:], lambda t: t.now.x, lambda t: 3):
        assert interaction(lambda t, values=values: t.receive("b", values(t))).sign == -1


@pytest.mark.parametrize(
    ("count", "sent", "received"),
    [
        (lambda t: 1, 1, 1),
        (lambda t: -1, 1, 1),
        (lambda t: 5, 5, 5),
        (lambda t: P - 5, 5, 5),
        (lambda t: np.int64(-7), 7, 7),
        (lambda t: t.now.x, 1, 0),
        (lambda t: t.next.x, 1, 0),
        (lambda t: t.now.x + t.now.n, 2, 0),
        (lambda t: 1 - t.now.x, 2, 0),
        (lambda t: t.now.x - t.now.n, 2, 0),
        (lambda t: t.now.a[0].sum(), 3, 0),
        (lambda t: 2 * t.now.x - 3 * t.now.n + 4, 9, 0),
        (lambda t: t.now.x + t.now.n - t.now.x, 1, 0),
        (lambda t: 2 * (t.now.x - t.now.n) + 2 * t.now.n, 2, 0),
        (lambda t: t.now.x * t.now.n, 1, 0),
        (lambda t: (1 - t.now.x) * (2 + t.now.n), 6, 0),
        (lambda t: t.now.x * t.now.n * 3, 3, 0),
        (lambda t: t.preprocessed.f, 7, 0),
        (lambda t: t.preprocessed.g, 14, 0),
        (lambda t: t.preprocessed.f * t.now.x + 1, 8, 0),
        (lambda t: t.periodic.r, 9, 0),
    ],
)
def test_default_weights(count, sent, received):
    assert interaction(lambda t: t.send("b", [t.now.x], count=count(t))).weight == sent
    assert interaction(lambda t: t.receive("b", [t.now.x], count=count(t))).weight == received


def test_given_weights():
    assert interaction(lambda t: t.send("b", [1], t.now.x, weight=9)).weight == 9
    assert interaction(lambda t: t.receive("b", [1], t.now.x, weight=np.int64(9))).weight == 9
    assert interaction(lambda t: t.send("b", [1], t.publics.k, weight=0)).weight == 0
    assert interaction(lambda t: t.send("b", [1], 3, weight=4)).weight == 4


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda t, s: s("", [1]), "the bus '' is no name"),
        (lambda t, s: s(3, [1]), "the bus 3 is no name"),
        (lambda t, s: s("a\nb", [1]), "is no name"),
        (lambda t, s: s("\ud800", [1]), "is no name"),
        (lambda t, s: s("b", []), "on bus 'b': a message needs at least one value"),
        (lambda t, s: s("b", [[], ()]), "at least one value"),
        (lambda t, s: s("b", {"x": 1}), "values are dict; write a list"),
        (lambda t, s: s("b", "xy"), "values are str"),
        (lambda t, s: s("b", [(v for v in [1])]), "values are generator"),
        (lambda t, s: s("b", [1.5]), "is not an integer"),
        (lambda t, s: s("b", None), "expected an expression"),
        (lambda t, s: s("b", [1, t.now.x * t.now.n]), r"value 1, now.x \* now.n, has degree 2"),
        (lambda t, s: s("b", [1], 0), "count is the constant 0"),
        (lambda t, s: s("b", [1], t.now.x - t.now.x), "count is the constant 0"),
        (lambda t, s: s("b", [1], 0.5), "is not an integer"),
        (lambda t, s: s("b", [1], [1, 2]), "count must be one expression"),
        (lambda t, s: s("b", [1], t.now.a), "count must be one expression"),
        (lambda t, s: s("b", [1], t.now.x, -1), r"weight=-1 is not in \[0, p\)"),
        (lambda t, s: s("b", [1], t.now.x, P), "is not in"),
        (lambda t, s: s("b", [1], t.now.x, 1.0), "weight=1.0 is not an integer"),
        (lambda t, s: s("b", [1], t.now.x, True), "weight=True is not an integer"),
        (lambda t, s: s("b", [1], 5, 4), "weight=4 does not bound the count 5"),
        (lambda t, s: s("b", [1], -5, 4), "weight=4 does not bound the count 5"),
        (lambda t, s: s("b", [1], t.now.x, 1, 7), "name=7 is not a string"),
    ],
)
@pytest.mark.parametrize("verb", ["send", "receive"])
def test_errors(action, message, verb):
    with pytest.raises(AirError, match=message) as caught:
        table(lambda t: action(t, getattr(t, verb)), GROUP)
    assert "table 'demo'" in str(caught.value)


def test_counts_without_a_known_bound():
    with pytest.raises(AirError, match=r"depends on a public value.*give weight="):
        table(lambda t: t.send("b", [1], t.publics.k * t.now.x), GROUP, publics=("k",))
    with pytest.raises(AirError, match=r"coefficients so large.*give weight="):
        table(lambda t: t.send("b", [1], t.now.x / 2 + t.now.n / 2), GROUP)
    table(lambda t: t.receive("b", [1], t.publics.k), GROUP, publics=("k",))


def one(name, **buses):
    def constrain(t):
        for bus, width in buses.items():
            t.send(bus, [t.now[0]] * width)

    return table(constrain, 1, name=name)


def test_bus_numbers():
    tables = [one("u", z=1, add=3), one("v", mul=2, add=3)]
    expected = {"add": (1, 3), "mul": (2, 2), "z": (3, 1)}
    assert number_buses(tables) == expected
    assert list(number_buses(tables)) == ["add", "mul", "z"]
    assert number_buses(reversed(tables)) == expected
    assert number_buses({d.name: d for d in tables}) == expected
    assert number_buses([]) == {}


def test_two_widths_name_both_tables():
    with pytest.raises(
        AirError, match=r"'add' has two widths: 3 in table 'u' \(.*\) and 2 in table 'v'"
    ):
        number_buses([one("u", add=3), one("v", add=2)])


def test_tokens():
    token = Send("b", [1, np.uint64(2)], count=3)
    assert (token.bus, token.values, token.count, token.sign) == ("b", (1, 2), 3, 1)
    assert all(type(value) is int for value in token.values)
    assert Receive("b", (1, 2)).sign == -1
    assert Receive("b", np.array([[1, 2]], dtype=np.uint8)).values == (1, 2)
    assert Send("b", [1]) == Send("b", (1,)) != Receive("b", [1])
    assert len({Send("b", [1]), Send("b", [1])}) == 1
    assert pickle.loads(pickle.dumps(token)) == token
    assert Send("b", [P - 1], count=0).count == 0
    with pytest.raises(AttributeError):
        token.bus = "c"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", [1]), "is no name"),
        ((3, [1]), "is no name"),
        (("b", 5), "must be a sequence of integers, not int"),
        (("b", "12"), "must be a sequence"),
        (("b", []), "at least one value"),
        (("b", [1, 2.0]), "value 1 is 2.0, not an integer"),
        (("b", [True]), "value 0 is True, not an integer"),
        (("b", [[1]]), "not an integer"),
        (("b", [-1]), r"value 0 is -1, not in \[0, p\)"),
        (("b", [P]), "not in"),
        (("b", [1], -1), "count is -1, not in"),
        (("b", [1], P), "not in"),
        (("b", [1], None), "count is None, not an integer"),
    ],
)
@pytest.mark.parametrize("kind", [Send, Receive])
def test_bad_tokens(kind, arguments, message):
    with pytest.raises(StatementError, match=message) as caught:
        kind(*arguments)
    assert kind.__name__ in str(caught.value)


def test_tokens_must_fit_the_buses():
    buses = {"b": (1, 2)}
    check_tokens(buses, [Send("b", [1, 2]), Receive("b", [3, 4])])
    with pytest.raises(StatementError, match="no table uses the bus; the buses are 'b'"):
        check_tokens(buses, [Send("c", [1, 2])])
    with pytest.raises(StatementError, match="no table uses the bus; the buses are none"):
        check_tokens({}, [Send("c", [1, 2])])
    with pytest.raises(StatementError, match="messages of 2 values, not 1"):
        check_tokens(buses, [Send("b", [1])])
    for wrong in (("b", [1, 2], 1), Token("b", [1, 2]), None):
        with pytest.raises(StatementError, match="is not a token: use"):
            check_tokens(buses, [wrong])


def test_imbalances():
    def constrain(t):
        t.send("b", [t.now.x, t.next.x], count=t.now.n, weight=3)
        t.receive("b", [t.preprocessed.f, t.publics.k], count=2)

    description = table(constrain, ("x", "n"), **FIXED)
    trace = np.zeros((8, 2), dtype=np.uint64)
    trace[:, 0] = range(8)
    trace[7, 1] = P - 3
    found = plain_check.imbalances(
        [description],
        {"demo": trace},
        {"demo": [9]},
        [Receive("b", [5, 9], 1), Send("b", [6, 9], 2), Send("b", [7, 0], 3)],
    )
    expected = {("b", (k, 9)): P - 2 for k in range(8)}
    expected["b", (5, 9)] = P - 3
    del expected["b", (6, 9)]
    assert found == expected
