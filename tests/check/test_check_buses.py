"""Unbalanced buses: which messages, by how much, and who touches them."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.air import P, Receive, Send, number_buses
from cstark.check import buses, counts
from cstark.errors import TraceError
from tests.check.check_support import array, elements, random_table, run_check, table
from tests.oracles import plain_check

WIDTHS = [("narrow", 1), ("wide", 3)]


def surplus_of(report) -> dict[tuple[str, tuple[int, ...]], int]:
    return {(i.bus, i.values): i.surplus % P for i in report.imbalances}


@pytest.mark.parametrize("words", [1 << 25, 100])
@pytest.mark.parametrize("seed", range(12))
def test_random_machines_agree_with_the_oracle(monkeypatch, seed, words):
    monkeypatch.setattr(buses, "MAX_DETAILED", 10**6)
    monkeypatch.setattr(counts, "_WORDS", words)
    generator = np.random.default_rng(seed)
    tables = [random_table(generator, f"t{k}", WIDTHS) for k in range(3)]
    traces = [elements(generator, (16, d.width)) % np.uint64(3) for d in tables]
    publics = [elements(generator, d.publics).tolist() for d in tables]
    used = number_buses(tables)
    tokens = []
    for _ in range(4):
        kind = Send if generator.random() < 0.5 else Receive
        for bus in used:
            values = elements(generator, used[bus][1]).tolist()
            tokens.append(kind(bus, values, count=int(elements(generator, 1)[0])))
    expected = plain_check.imbalances(
        tables,
        {d.name: trace for d, trace in zip(tables, traces, strict=True)},
        {d.name: values for d, values in zip(tables, publics, strict=True)},
        tokens,
    )
    report = run_check(tables, traces, publics, tokens)
    per_bus = {bus: sum(key[0] == bus for key in expected) for bus in used}
    assert report.unbalanced == {bus: n for bus, n in per_bus.items() if n}
    found = surplus_of(report)
    for imbalance in report.imbalances:
        assert expected[imbalance.bus, imbalance.values] == imbalance.surplus % P
        assert abs(imbalance.surplus) <= P // 2
        _check_near_misses(imbalance, expected)
        _check_touches(imbalance, tables, traces, publics, tokens)
        if imbalance.missing:
            assert imbalance.messages == per_bus[imbalance.bus]
    complete = {i.bus for i in report.imbalances if not i.missing}
    assert {key: v for key, v in expected.items() if key[0] in complete} == {
        key: v for key, v in found.items() if key[0] in complete
    }


def _check_near_misses(imbalance, expected):
    near = sorted(
        values
        for (bus, values), surplus in expected.items()
        if bus == imbalance.bus
        and (surplus <= P // 2) != (imbalance.surplus > 0)
        and sum(a != b for a, b in zip(values, imbalance.values, strict=True)) == 1
    )
    none = imbalance.missing or len(imbalance.values) == 1
    assert list(imbalance.near_misses) == ([] if none else near[:3])


def _check_touches(imbalance, tables, traces, publics, tokens):
    touched = 0
    rows_of = {}
    for d, trace, values in zip(tables, traces, publics, strict=True):
        nodes = plain_check.node_values(d, trace, values)
        for interaction in d.interactions:
            if interaction.bus != imbalance.bus:
                continue
            for row in range(len(trace)):
                count = nodes[interaction.count][row]
                message = tuple(nodes[node][row] for node in interaction.values)
                if count and message == imbalance.values:
                    touched += 1
                    key = (d.name, row, interaction.sign)
                    rows_of.setdefault(key, set()).add(count)
    for number, token in enumerate(tokens):
        if token.bus == imbalance.bus and token.count and token.values == imbalance.values:
            touched += 1
            label = f"token {number}, {type(token).__name__}"
            rows_of[None, label, token.sign] = {token.count}
    assert imbalance.touched == touched
    assert 0 < len(imbalance.touches) <= touched
    assert len(imbalance.touches) == len(set(imbalance.touches)) or len(rows_of) < touched
    for touch in imbalance.touches:
        key = (touch.table, touch.row, touch.sign)
        if touch.table is None:
            key = (None, touch.interaction, touch.sign)
        assert touch.count % P in rows_of[key]


def adder(name="adder"):
    def constrain(t):
        t.receive("add", [t.now.a, t.now.b, t.now.c], count=t.now.count, name="look up")

    return table(name, ("a", "b", "c", "count"), constrain)


def user(name="user"):
    def constrain(t):
        t.send("add", [t.now.x, t.now.y, t.now.z])

    return table(name, ("x", "y", "z"), constrain)


USES = [[1, 2, 3]] * 4 + [[2, 2, 4]] * 3 + [[5, 5, 10]]
SUMS = [[1, 2, 3, 4], [2, 2, 4, 3], [5, 5, 10, 1]] + [[0, 0, 0, 0]] * 5


def test_a_balanced_bus():
    assert run_check([adder(), user()], [array(SUMS), array(USES)])


def test_one_wrong_value_gives_two_near_misses():
    uses = [list(row) for row in USES]
    uses[5] = [2, 2, -4]
    report = run_check([adder(), user()], [array(SUMS), array(uses)])
    assert not report
    assert report.violations == ()
    assert report.unbalanced == {"add": 2}
    missing, extra = report.imbalances
    assert (missing.values, missing.surplus) == ((2, 2, 4), -1)
    assert (extra.values, extra.surplus) == ((2, 2, P - 4), 1)
    assert missing.near_misses == (extra.values,)
    assert extra.near_misses == (missing.values,)
    assert [(t.table, t.row, t.interaction, t.sign, t.count) for t in missing.touches] == [
        ("adder", 1, "look up", -1, 3),
        ("user", 4, "send on 'add'", 1, 1),
        ("user", 6, "send on 'add'", 1, 1),
    ]
    assert [(t.table, t.row) for t in extra.touches] == [("user", 5)]
    text = str(report)
    assert "bus 'add': (2, 2, -4) is sent once more than received" in text
    assert "table 'user', row 5 (send on 'add') sends it" in text
    assert "near miss: (2, 2, 4), wrong the other way, has 4 for -4 as value 2" in text
    with pytest.raises(TraceError) as caught:
        report.raise_for_failure()
    assert (caught.value.table, caught.value.row) == ("adder", 1)
    for part in ("'add'", "(2, 2, 4)", "'adder', row 1", "'user', row 4"):
        assert part in str(caught.value)


def test_tokens_balance_and_are_named():
    traces = [array(SUMS), array(USES)]
    tokens = [Send("add", [1, 1, 2], count=2), Receive("add", [1, 1, 2], count=2)]
    assert run_check([adder(), user()], traces, tokens=tokens)
    (found,) = run_check([adder(), user()], traces, tokens=tokens[:1]).imbalances
    assert (found.values, found.surplus, found.touched) == ((1, 1, 2), 2, 1)
    (touch,) = found.touches
    assert (touch.table, touch.row, touch.interaction) == (None, None, "token 0, Send")
    with pytest.raises(TraceError, match="token 0, Send sends it 2 times"):
        run_check([adder(), user()], traces, tokens=tokens[:1]).raise_for_failure()
    # a token of count 0 says nothing
    assert run_check([adder(), user()], traces, tokens=[Send("add", [9, 9, 9], count=0)])


def test_counts_are_signed_field_elements():
    sums = [list(row) for row in SUMS]
    sums[3] = [7, 7, 7, -1]  # received -1 times
    (found,) = run_check([adder(), user()], [array(sums), array(USES)]).imbalances
    assert (found.values, found.surplus) == ((7, 7, 7), 1)
    assert found.touches[0].count == -1
    # counts that add up to p are no count at all: sums are modulo p
    sums[3], sums[4] = [7, 7, 7, P // 2], [7, 7, 7, P - P // 2]
    assert run_check([adder(), user()], [array(sums), array(USES)])


@pytest.mark.parametrize("rows", [8, 4096])
def test_a_bus_that_nobody_receives_is_one_line(rows):
    trace = array([[i, 1, 2] for i in range(rows)])
    report = run_check([user()], [trace])
    (found,) = report.imbalances
    assert report.unbalanced == {"add": rows}
    assert (found.missing, found.messages, found.idle) == ("receive", rows, ())
    assert (found.values, found.near_misses) == ((0, 1, 2), ())
    assert f"{rows:,} messages are sent, but nothing is ever received" in str(report)
    assert "no table and no token has a receive on it" in str(report)
    assert len(str(report)) < 500
    with pytest.raises(TraceError, match="nothing is ever received"):
        report.raise_for_failure()
    # a token that receives something else makes it an ordinary imbalance
    ordinary = run_check([user()], [trace], tokens=[Receive("add", [0, 1, 3])])
    assert [i.missing for i in ordinary.imbalances] == [""] * min(rows + 1, 50)
    assert ordinary.unbalanced == {"add": rows + 1}
    assert ordinary.imbalances[0].near_misses == ((0, 1, 3),)


def test_a_bus_that_nobody_sends_on():
    (found,) = run_check([adder()], [array(SUMS)]).imbalances
    assert (found.missing, found.messages) == ("send", 3)
    assert found.surplus == -4
    assert "3 messages are received, but nothing is ever sent" in str(
        run_check([adder()], [array(SUMS)])
    )


def test_forgotten_multiplicities_are_named():
    sums = array(SUMS)
    sums[:, 3] = 0
    report = run_check([adder(), user()], [sums, array(USES)])
    (found,) = report.imbalances
    assert (found.missing, found.idle) == ("receive", ("adder: look up",))
    assert "the counts of adder: look up are 0 in every row" in str(report)


def test_sends_of_both_signs_are_no_missing_side():
    def constrain(t):
        t.send("x", [t.now.v], count=t.now.sign, weight=1)

    description = table("t", ("v", "sign"), constrain)
    good = array([[k // 2, 1 - 2 * (k % 2)] for k in range(8)])
    assert run_check([description], [good])
    good[0, 0] = 9
    report = run_check([description], [good])
    assert surplus_of(report) == {("x", (0,)): P - 1, ("x", (9,)): 1}
    assert [i.missing for i in report.imbalances] == ["", ""]


def test_of_a_great_many_messages_the_smallest_are_kept(monkeypatch):
    monkeypatch.setattr(buses, "_KEPT", 3)
    monkeypatch.setattr(counts, "_WORDS", 100)
    generator = np.random.default_rng(0)
    uses = [[int(i), 1, 2] for i in generator.permutation(256)]
    sums = [[int(i), 1, 3, 1] for i in generator.permutation(64)]
    report = run_check([adder(), user()], [array(sums), array(uses)])
    assert report.unbalanced == {"add": 320}
    assert [(i.values, i.surplus) for i in report.imbalances] == [
        ((0, 1, 2), 1),
        ((0, 1, 3), -1),
        ((1, 1, 2), 1),
        ((1, 1, 3), -1),
        ((2, 1, 2), 1),
        ((2, 1, 3), -1),
    ]
    assert "... and 314 more unbalanced messages on bus 'add'" in str(report)


def test_a_busy_message_shows_both_sides():
    uses = array([[1, 2, 3]] * 64)
    sums = array([[1, 2, 3, 63]] + [[0, 0, 0, 0]] * 7)
    (found,) = run_check([adder(), user()], [sums, uses]).imbalances
    assert (found.surplus, found.touched) == (1, 65)
    assert [(t.table, t.row) for t in found.touches] == [
        ("adder", 0),
        ("user", 0),
        ("user", 1),
        ("user", 2),
    ]
    assert "and 61 more" in str(run_check([adder(), user()], [sums, uses]))


def test_two_buses_do_not_mix():
    def constrain(t):
        t.send("one", [t.now.v])
        t.receive("two", [t.now.v])

    def other(t):
        t.receive("one", [t.next.v])
        t.send("two", [t.next.v])

    tables = [table("a", ("v",), constrain), table("b", ("v",), other)]
    traces = [array([[i] for i in range(8)]), array([[(i + 3) % 8] for i in range(8)])]
    assert run_check(tables, traces)
    traces[1][2] = 77
    report = run_check(tables, traces)
    assert surplus_of(report) == {
        ("one", (5,)): 1,
        ("one", (77,)): P - 1,
        ("two", (5,)): P - 1,
        ("two", (77,)): 1,
    }
    assert [t.row for t in report.imbalances[1].touches] == [1]


def test_interactions_of_one_name_are_told_apart():
    def constrain(t):
        t.send("byte", [t.now.low, 0])
        t.send("byte", [t.now.high, t.now.low + t.now.high])
        t.send("byte", [t.now.high, 7], count=0 * t.now.low + 1, name="named")
        t.receive("byte", [t.now.low, 1])

    trace = array([[5, k] for k in range(8)])
    report = run_check([table("t", ("low", "high"), constrain)], [trace])
    found = {
        (i.values, touch.row): touch.interaction for i in report.imbalances for touch in i.touches
    }
    assert found[(5, 0), 2] == "send on 'byte': now.low, 0"
    assert found[(3, 8), 3] == "send on 'byte': now.high, now.low + now.high"
    assert found[(3, 7), 3] == "named"
    assert found[(5, 1), 0] == "receive on 'byte'"
    long = table("t", 40, lambda t: [t.send("x", [sum(t.now[k:])]) for k in range(2)].clear())
    report = run_check([long], [array([[1] * 40] * 8)])
    assert report.imbalances[0].touches[0].interaction.endswith("…")


def test_touches_come_in_order_of_rows():
    def constrain(t):
        t.send("byte", [t.now.a, 0])
        t.send("byte", [t.now.b, 0])

    trace = array([[k % 2, (k + 1) % 2] for k in range(8)])
    (found,) = run_check([table("t", ("a", "b"), constrain)], [trace]).imbalances
    assert [touch.row for touch in found.touches] == [0, 1, 2, 3, 4, 5]
