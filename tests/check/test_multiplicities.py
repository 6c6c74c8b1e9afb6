"""`Machine.count`: counts of lists from the messages that are sent to them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cstark as cs
from cstark.check import counts as counting


class Sender(cs.Air):
    """Messages of two values under a flag, on a bus; unflagged rows send nothing."""

    columns = ("a", "b", "on")

    def __init__(self, bus="pairs"):
        self.bus = bus

    def constrain(self, t):
        t.every_row.boolean(t.now.on)
        t.send(self.bus, [t.now.a, t.now.b], count=t.now.on)


class Pairs(cs.Air):
    """All pairs below `n`, fixed; the last one is repeated up to the height."""

    columns = ("used",)
    preprocessed = ("a", "b")

    def __init__(self, n):
        self.n = n

    def preprocessed_trace(self):
        pairs = [(a, b) for a in range(self.n) for b in range(self.n)]
        height = max(8, 1 << (len(pairs) - 1).bit_length())
        return np.array(pairs + pairs[-1:] * (height - len(pairs)))

    def constrain(self, t):
        t.receive("pairs", [*t.preprocessed], count=t.now.used)


class Squares(cs.Air):
    """A list of its own main columns, and so long as the prover likes."""

    columns = ("a", "b", "used")

    def constrain(self, t):
        t.every_row.equal(t.now.b, t.now.a * t.now.a)
        t.receive("pairs", [t.now.a, t.now.b], count=t.now.used)


class Operations(cs.Air):
    """Two kinds of messages on one bus, each with its count."""

    columns = ("ands", "xors")
    preprocessed = ("x", "y", "and_", "xor")

    def preprocessed_trace(self):
        x, y = np.divmod(np.arange(16), 4)
        return np.stack([x, y, x & y, x ^ y], axis=1)

    def constrain(self, t):
        p = t.preprocessed
        t.receive("ops", [0, p.x, p.y, p.and_], count=t.now.ands)
        t.receive("ops", [1, p.x, p.y, p.xor], count=t.now.xors)


class Operator(cs.Air):
    columns = ("kind", "x", "y", "result")

    def constrain(self, t):
        t.every_row.boolean(t.now.kind)
        t.send("ops", [*t.now])


def sent(rows, rng=None, n=3):
    rng = np.random.default_rng(1) if rng is None else rng
    trace = rng.integers(0, n, (rows, 3), dtype=np.uint64)
    trace[:, 2] %= 2
    return trace


@pytest.mark.parametrize("words", [1 << 27, 100])
def test_counts_of_a_fixed_list_that_repeats_a_row(monkeypatch, words):
    monkeypatch.setattr(counting, "_WORDS", words)  # so that messages are gone through again
    machine = cs.Machine({"sender": Sender(), "other": Sender(), "pairs": Pairs(3)})
    traces = {"sender": sent(64), "other": sent(1 << 15, np.random.default_rng(2))}
    counts = machine.count(traces, "pairs")
    assert counts.shape == (16,) and counts.dtype == np.uint64
    every = Counter(
        (int(a), int(b)) for trace in traces.values() for a, b, on in trace.tolist() if on
    )
    wanted = [every[a, b] for a in range(3) for b in range(3)]
    assert counts.tolist() == wanted + [0] * 7
    traces["pairs"] = counts.reshape(-1, 1)
    assert machine.check(traces)
    machine.verify(machine.prove(traces))


@given(seed=st.integers(0, 1 << 32), height=st.sampled_from([8, 16, 64]))
@settings(max_examples=20, deadline=None)
def test_counts_of_a_list_of_main_columns_balance(seed, height):
    rng = np.random.default_rng(seed)
    machine = cs.Machine({"sender": Sender(), "squares": Squares()})
    roots = rng.integers(0, 5, (32, 1), dtype=np.uint64)
    sender = np.concatenate([roots, roots**2, rng.integers(0, 2, (32, 1), np.uint64)], axis=1)
    squares = np.zeros((height, 3), dtype=np.uint64)
    squares[:, 0] = np.arange(height) % 5  # with repeats
    squares[:, 1] = squares[:, 0] ** 2
    squares[:, 2] = 99  # what stands there before is no matter
    traces = {"sender": sender, "squares": squares}
    squares[:, 2] = machine.count(traces, "pairs")
    assert not squares[5:, 2].any()  # the first of equal rows counts for all
    assert machine.check(traces)


def test_a_list_of_two_kinds_has_two_columns_of_counts():
    machine = cs.Machine({"operator": Operator(), "operations": Operations()})
    rng = np.random.default_rng(3)
    kind, x, y = rng.integers(0, 2, 64), rng.integers(0, 4, 64), rng.integers(0, 4, 64)
    operator = np.stack([kind, x, y, np.where(kind == 0, x & y, x ^ y)], axis=1)
    counts = machine.count({"operator": operator}, "ops")
    assert counts.shape == (16, 2)
    assert counts.sum(axis=0).tolist() == [64 - kind.sum(), kind.sum()]
    assert machine.check({"operator": operator, "operations": counts})


def test_tokens_send_and_receive():
    machine = cs.Machine({"sender": Sender(), "pairs": Pairs(3)})
    trace = Sender().zeros(8)
    trace[0] = 1, 2, 1
    tokens = [cs.Send("pairs", [2, 2], 5), cs.Receive("pairs", [1, 2])]
    counts = machine.count({"sender": trace}, "pairs", tokens=tokens)
    assert counts.tolist() == [0] * 8 + [5] + [0] * 7
    assert machine.check({"sender": trace, "pairs": counts.reshape(-1, 1)}, tokens=tokens)


def test_other_receivers_come_off():
    """An event receives some messages; only the rest is asked of the list."""

    class Taker(cs.Air):
        columns = ("a", "b", "on")

        def constrain(self, t):
            t.every_row.boolean(t.now.on)
            t.receive("pairs", [t.now.a, t.now.b], count=t.now.on, weight=1)

    machine = cs.Machine({"sender": Sender(), "taker": Taker(), "pairs": Pairs(3)})
    sender, taker = sent(8), Taker().zeros(8)
    sender[:, 2] = 1
    sender[0, :2] = taker[0, :2] = 7, 8  # in no row of the list
    taker[0, 2] = 1
    traces = {"sender": sender, "taker": taker}
    counts = machine.count(traces, "pairs")
    assert counts.sum() == 7
    assert machine.check({**traces, "pairs": counts.reshape(-1, 1)})
    assert machine.count({**traces, "pairs": counts.reshape(-1, 1)}, "pairs", table="taker")[0] == 1
    taker[1] = 7, 8, 1
    with pytest.raises(cs.TraceError, match=r"'taker', row 0: .*receives \(7, 8\) more often than"):
        machine.count(traces, "pairs")


def test_a_table_that_lists_what_it_sends_itself():
    class Chain(cs.Air):
        columns = ("x", "next", "used")

        def constrain(self, t):
            t.receive("x", [t.now.x], count=t.now.used)
            t.send("x", [t.now.next])

    trace = np.stack([np.arange(8), (np.arange(8) + 3) % 8 // 2 * 2, np.zeros(8, int)], axis=1)
    machine = cs.Machine({"chain": Chain()})
    trace[:, 2] = machine.count({"chain": trace}, "x")
    assert trace[:, 2].tolist() == [2, 0, 2, 0, 2, 0, 2, 0]
    assert machine.check({"chain": trace})


def test_public_values_are_wanted_where_messages_read_them():
    class Public(cs.Air):
        columns = ("x",)
        publics = ("shift", "other")

        def constrain(self, t):
            t.first_row.equal(t.now.x, t.publics.other)
            t.send("pairs", [t.now.x, t.publics.shift])

    class Open(Public):
        def constrain(self, t):
            t.first_row.equal(t.now.x, t.publics.other)
            t.send("pairs", [t.now.x, 1])

    trace = {"t": np.zeros((8, 1), dtype=np.uint64)}
    machine = cs.Machine({"t": Public(), "pairs": Pairs(3)})
    counts = machine.count(trace, "pairs", {"t": {"shift": 2, "other": 0}})
    assert counts[:9].tolist() == [0, 0, 8, 0, 0, 0, 0, 0, 0]
    with pytest.raises(cs.StatementError, match="table 't' has 2 public values, not 0"):
        machine.count(trace, "pairs")
    assert cs.Machine({"t": Open(), "pairs": Pairs(3)}).count(trace, "pairs")[1] == 8


def test_a_message_that_the_list_has_not():
    machine = cs.Machine({"first": Sender(), "sender": Sender(), "pairs": Pairs(3)})
    traces = {"first": sent(8), "sender": sent(1 << 15)}
    traces["sender"][20_000] = 3, 1, 1
    traces["sender"][20_001] = 3, 1, 1
    with pytest.raises(cs.TraceError) as caught:
        machine.count(traces, "pairs")
    assert str(caught.value) == (
        "bus 'pairs': table 'sender', row 20000: send on 'pairs' sends (3, 1), of which table "
        "'pairs' has no row"
    )
    assert (caught.value.table, caught.value.row) == ("sender", 20_000)
    traces["first"][5] = 0, 9, 1
    with pytest.raises(
        cs.TraceError, match=r"'first', row 5: .*\(0, 9\).*; at least 2 different messages"
    ):
        machine.count(traces, "pairs")
    tokens = [cs.Send("pairs", [1, 1]), cs.Send("pairs", [8, 8])]
    with pytest.raises(cs.TraceError, match=r"token 1, Send, sends \(8, 8\)"):
        machine.count({n: sent(8) for n in traces}, "pairs", tokens=tokens)


def test_the_first_row_is_named_whichever_line_sends():
    class Two(cs.Air):
        columns = ("a", "b")

        def constrain(self, t):
            t.send("pairs", [t.now.a, 0], name="left")
            t.send("pairs", [t.now.b, 0], name="right")

    machine = cs.Machine({"two": Two(), "pairs": Pairs(3)})
    trace = Two().zeros(8)
    trace[6, 0] = trace[2, 1] = 5
    with pytest.raises(cs.TraceError, match=r"'two', row 2: right sends \(5, 0\)"):
        machine.count({"two": trace}, "pairs")


@pytest.mark.parametrize(
    ("tables", "arguments", "message"),
    [
        ({}, {"bus": "pear"}, "no table uses the bus 'pear'; there are 'pairs'; did you mean"),
        ({}, {"bus": 7}, "no table uses the bus 7"),
        ({}, {"table": "pair"}, "no table 'pair'; there are sender, pairs; did you mean 'pairs'"),
        ({}, {"table": 3}, "no table 3"),
        ({}, {"table": "sender"}, "table 'sender' does not receive on bus 'pairs' as often as"),
        ({"more": Pairs(3)}, {}, "tables 'pairs', 'more' receive on bus 'pairs': say which"),
        ({}, {"publics": {"sender": [1]}}, "has 0 public values, not 1"),
        ({}, {"tokens": [cs.Send("pairs", [1])]}, "2 values, not 1"),
    ],
)
def test_what_cannot_be_counted_is_said(tables, arguments, message):
    machine = cs.Machine({"sender": Sender(), "pairs": Pairs(3), **tables})
    with pytest.raises(cs.StatementError, match=message):
        machine.count({"sender": sent(8)}, **{"bus": "pairs", **arguments})


def test_a_count_that_is_no_column_cannot_be_filled_in():
    class Twice(Squares):
        def constrain(self, t):
            t.receive("pairs", [t.now.a, t.now.b], count=2 * t.now.used)

    class Shared(Squares):
        def constrain(self, t):
            t.receive("pairs", [t.now.a, t.now.b], count=t.now.used)
            t.receive("pairs", [t.now.b, t.now.a], count=t.now.used)

    for air, message in [(Twice(), "no table receives on bus"), (Shared(), "counted apart")]:
        machine = cs.Machine({"sender": Sender(), "list": air})
        with pytest.raises(cs.StatementError, match=message):
            machine.count({"sender": sent(8), "list": air.zeros(8)}, "pairs")


def test_traces_are_read_as_elsewhere():
    machine = cs.Machine({"sender": Sender(), "squares": Squares()})
    squares = Squares().zeros(8)
    for traces, message in [
        ({"squares": squares}, "no trace for table 'sender'"),
        ({"sender": sent(8)}, "no trace for table 'squares'"),
        ({"sender": sent(8), "sqares": squares}, "no table 'sqares'.*did you mean 'squares'"),
        ({"sender": sent(8)[:5], "squares": squares}, "5 rows; the number of rows"),
        ([squares], "must be a mapping"),
    ]:
        with pytest.raises(cs.TraceError, match=message):
            machine.count(traces, "pairs")


def test_other_tables_are_not_asked_for():
    class Apart(cs.Air):
        columns = ("x",)
        publics = ("y",)

        def constrain(self, t):
            t.every_row.equal(t.now.x, t.publics.y)

    machine = cs.Machine({"apart": Apart(), "sender": Sender(), "pairs": Pairs(3)})
    assert machine.count({"sender": lambda: sent(8)}, "pairs").sum() == sent(8)[:, 2].sum()


def test_callables_are_called_once():
    calls = []
    machine = cs.Machine({"sender": Sender(), "pairs": Pairs(3)})

    def trace():
        calls.append(1)
        return sent(8)

    machine.count({"sender": trace}, "pairs")
    assert calls == [1]


def test_little_memory_means_more_passes(monkeypatch):
    """Of many different messages some are counted each time; a message that is missing is seen."""
    passes = []

    class Many(cs.Air):
        columns = ("x",)

        def constrain(self, t):
            t.send("n", [t.now.x])

    class Numbers(cs.Air):
        columns = ("n", "used")

        def constrain(self, t):
            t.transition.equal(t.next.n, t.now.n + 1)
            t.receive("n", [t.now.n], count=t.now.used)

    class Counted(counting.Tally):
        def __init__(self, *arguments):
            passes.append(1)
            super().__init__(*arguments)

    monkeypatch.setattr(counting, "Tally", Counted)
    monkeypatch.setattr(counting, "_WORDS", 5_000)
    machine = cs.Machine({"many": Many(), "numbers": Numbers()})
    many = np.random.default_rng(5).integers(0, 4096, (8192, 1))
    numbers = np.stack([np.arange(4096), np.zeros(4096, dtype=int)], axis=1)
    found = machine.count({"many": many, "numbers": numbers}, "n")
    assert found.tolist() == np.bincount(many[:, 0], minlength=4096).tolist()
    assert len(passes) > 2
    many[7000] = 5000
    with pytest.raises(cs.TraceError, match=r"'many', row 7000: .*\(5000\)"):
        machine.count({"many": many, "numbers": numbers}, "n")
