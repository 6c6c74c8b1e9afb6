"""A bus that nobody can use is found by check and by prove, though it balances."""

from __future__ import annotations

import json

import numpy as np
import pytest

import cstark as cs

FEW = cs.Options(queries=8, grinding=0)


class Squares(cs.Air):
    columns = ("x", "square", "asked")

    def __init__(self, bus="square"):
        self.bus = bus

    def constrain(self, t):
        t.every_row.equal(t.now.square, t.now.x**2)
        t.receive(self.bus, [t.now.x, t.now.square], count=t.now.asked, name="answer")


class Asks(cs.Air):
    columns = ("x", "square", "asks")

    def constrain(self, t):
        t.every_row.boolean(t.now.asks)
        t.send("square", [t.now.x, t.now.square], count=t.now.asks)


def squares(asked=0):
    x = np.arange(8, dtype=np.uint64)
    return np.stack([x, x * x, np.full(8, asked, dtype=np.uint64)], axis=1)


def refused(machine, traces, message, **settings):
    report = machine.check(traces, **settings)
    assert not report and not report.valid
    assert message in str(report)
    for check in (True, False):
        with pytest.raises(cs.TraceError) as caught:
            machine.prove(traces, check=check, **settings)
        assert message in str(caught.value)
    return report, caught.value


def test_a_provider_that_nobody_can_ask():
    machine = cs.Machine({"squares": Squares()}, FEW)
    report, error = refused(
        machine,
        {"squares": squares()},
        "bus 'square': only receives (squares: answer), and no table and no token has a send\n",
    )
    assert (error.table, error.constraint) == ("squares", "bus 'square'")
    text = str(report)
    assert text.startswith("1 one-sided bus ('square'), in squares (8 rows)")
    assert "add the send, correct the name of the bus, or remove the receive" in " ".join(
        text.split()
    )
    assert report.violations == report.imbalances == () and report.unbalanced == {}
    assert report.to_dict()["one_sided"] == [
        {
            "bus": "square",
            "missing": "send",
            "tables": ["squares"],
            "interactions": ["squares: answer"],
            "similar": "",
        }
    ]
    assert json.loads(json.dumps(report.to_dict())) == report.to_dict()
    assert "<td>squares: answer</td>" in report._repr_html_()


def test_an_asker_that_nobody_can_answer():
    machine = cs.Machine({"asks": Asks()}, FEW)
    message = "bus 'square': only sends (asks: send on 'square'), and no table and no token has a"
    report, _ = refused(machine, {"asks": squares()}, f"{message} receive\n")
    assert report.one_sided[0].missing == "receive"


@pytest.mark.parametrize("asked", [0, 1])
def test_a_misspelt_bus_is_recognised(asked):
    machine = cs.Machine({"squares": Squares("sqaure"), "asks": Asks()}, FEW)
    traces = {"squares": squares(asked), "asks": squares(asked)}
    report, _ = refused(machine, traces, "did you mean bus 'square'?")
    assert "did you mean bus 'sqaure'?" in str(report)
    if asked:
        assert [i.similar for i in report.imbalances] == ["square", "sqaure"]
        assert report.one_sided == ()
    else:
        assert [lone.similar for lone in report.one_sided] == ["square", "sqaure"]


def test_what_is_received_for_nothing_is_an_imbalance():
    machine = cs.Machine({"squares": Squares()}, FEW)
    report, error = refused(
        machine,
        {"squares": squares(2)},
        "8 messages are received, but nothing is ever sent: no table and no token has a send on it",
    )
    assert report.one_sided == () and report.unbalanced == {"square": 8}
    assert error.table == "squares"


def test_tokens_are_a_side():
    machine = cs.Machine({"squares": Squares()}, FEW)
    for count in (0, 4):
        trace = squares()
        trace[3, 2] = count
        tokens = [cs.Send("square", [3, 9], count=count)]
        assert machine.check({"squares": trace}, tokens=tokens)
        proof = machine.prove({"squares": trace}, tokens=tokens)
        machine.verify(proof, tokens=tokens, min_security=0)


def test_two_tables_that_have_nothing_to_say_this_time():
    machine = cs.Machine({"squares": Squares(), "asks": Asks()}, FEW)
    traces = {"squares": squares(), "asks": squares()}
    assert machine.check(traces)
    machine.verify(machine.prove(traces), min_security=0)


class Moves(cs.Air):
    """Sends -1, 0 or 1 times: one interaction with two sides."""

    columns = ("x", "new", "old")

    def constrain(self, t):
        t.every_row.boolean(t.now.new, t.now.old)
        t.send("moves", [t.now.x], count=t.now.new - t.now.old)


@pytest.mark.parametrize("moved", [0, 1])
def test_signed_counts_are_two_sides(moved):
    trace = np.full((8, 3), 5, dtype=np.uint64)
    trace[:, 1] = np.arange(8) % 2 * moved
    trace[:, 2] = moved - trace[:, 1]
    machine = cs.Machine({"moves": Moves()}, FEW)
    assert machine.check({"moves": trace})
    machine.verify(machine.prove({"moves": trace}), min_security=0)


class Flips(cs.Air):
    """Sends -1 or 1 times, by a column that is not called a flag."""

    columns = ("x", "sign")

    def constrain(self, t):
        t.every_row.zero(t.now.sign**2 - 1)
        t.send("flips", [t.now.x], count=t.now.sign, weight=1)


def test_a_bus_of_sends_that_balances_is_proved():
    trace = np.full((8, 2), 5, dtype=np.uint64)
    trace[:, 1] = [1, cs.P - 1] * 4
    machine = cs.Machine({"flips": Flips()}, FEW)
    assert machine.check({"flips": trace})
    machine.verify(machine.prove({"flips": trace}), min_security=0)
    trace[0, 0] = 6
    refused(machine, {"flips": trace}, "bus 'flips': (5) is received once more than sent")
