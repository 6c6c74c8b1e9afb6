"""The page of buses is what the tables do, and the counts of messages are what it says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from forged_tables import Attack, messages, row_of, verdict, without
from tables_support import (
    TABLES,
    assignments,
    circles,
    columns_of,
    described,
    evaluate,
    flags_of,
    table,
)

import cstark as cs
from cstark.air import P, describe
from cstark.air.nodes import subtree
from cstark.vm import abi
from cstark.vm.buses import BUSES, VERIFIER
from cstark.vm.tables import FAMILIES
from cstark.vm.tables.registers import STEP, WEIGHT
from tests.vm import encode

DESCRIBED = {name: described(name) for name in TABLES}
FLAGS = {name: flags_of(description) for name, description in DESCRIBED.items()}
FACTS = {name for name, bus in BUSES.items() if bus.free}


def on(bus, sign):
    return {
        name
        for name, description in DESCRIBED.items()
        if any(one.bus == bus and one.sign == sign for one in description.interactions)
    }


def test_no_other_bus():
    used = {one.bus for description in DESCRIBED.values() for one in description.interactions}
    assert used == set(BUSES)


@pytest.mark.parametrize("name", BUSES)
def test_members_and_messages(name):
    bus = BUSES[name]
    assert on(name, +1) == bus.senders(FAMILIES) - {VERIFIER}
    assert on(name, -1) == bus.receivers(FAMILIES) - {VERIFIER}
    for description in DESCRIBED.values():
        for one in description.interactions:
            if one.bus == name:
                assert len(one.values) == len(bus.message), (description.name, one.label)


def test_members_of_a_smaller_machine():
    present = ["jump", "add", "halt"]
    assert BUSES["register"].senders(present) == {"add", "halt", "registers", "refresh"}
    assert BUSES["top"].senders(present) == set()
    assert BUSES["state"].receivers(present) == {*present, VERIFIER}


def test_facts_are_received_alone():
    """A free count on a table that sends, or on a token, could take back what was said (B4)."""
    for name, description in DESCRIBED.items():
        free = [one for one in description.interactions if one.weight == 0]
        assert {one.bus for one in free} <= FACTS
        assert all(one.sign == -1 for one in free)
        if free:
            assert len(free) == len(description.interactions), name
            for one in free:
                for value in one.values:
                    kinds = {description.nodes[k][1] for k in subtree(description.nodes, value)}
                    assert kinds == {"preprocessed"}, (name, one.label)


class OwnRange(cs.Air):
    """Numbers that are in range because this table, which looks them up in itself, says so."""

    columns = {"x": (), "count": ()}

    def constrain(self, t):
        t.receive("range", [t.now.x], count=t.now.count)
        t.send("range", [t.now.x])


def test_no_fact_rests_on_itself():
    """V7: what tables of facts look up leads back to none of them."""
    assert circles(DESCRIBED.values()) == set()
    assert circles([DESCRIBED["add"], describe("range", OwnRange())]) == {"range"}


def test_what_rests_on_itself_proves_anything():
    """A limb of 17 bits is refused by the verifier's facts, and accepted by such a table."""
    honest = row_of("add", encode.r("add", 7, 5, 6), (1 << 32) - 1, 1)
    attack = Attack("add", honest, {"c": [0, 1 << 16, 0, 0]})
    add = FAMILIES["add"]()
    tokens = attack.tokens(add, attack.forged)
    assert verdict({"add": add}, {"add": attack.forged}, tokens) == "bus_sum"
    asked = Counter(values[0] for bus, _, values, _ in messages("add", add, attack.forged)
                    if bus == "range")  # fmt: skip
    trace = np.zeros((8, 2), dtype=np.uint64)
    for row, (x, count) in enumerate(sorted(asked.items())):
        trace[row] = x, count + 1
    trace[len(asked) :] = 1, 1
    tokens = [token for token in tokens if token.bus != "range"]
    traces = {"add": attack.forged, "range": trace}
    assert verdict({"add": add, "range": OwnRange()}, traces, tokens) == ""


def test_tokens_have_weight_one():
    for name, description in DESCRIBED.items():
        for one in description.interactions:
            if one.bus not in FACTS or one.sign == +1:
                # The weight of a refreshed token bounds the rows of all proofs and shards, so
                # that times cannot wrap around the field.
                wanted = WEIGHT if (name, one.label) == ("refresh", "taken") else 1
                assert one.weight == wanted, (name, one.label)
                assert (P // WEIGHT + 2) * STEP + 4 * abi.MAX_ROWS < P - (1 << 32)


@pytest.mark.parametrize("name", FAMILIES)
def test_counts_are_bits_that_vanish_with_real(name):
    """V1: filling rows send and receive nothing; a real row counts each message once or not."""
    description = DESCRIBED[name]
    flags = FLAGS[name]
    for one in description.interactions:
        columns = columns_of(description, one.count)
        assert columns <= flags, one.label
        seen = set()
        for cells in assignments(description, columns | {"real"}, flags):
            count = evaluate(description, one.count, cells)
            assert count in (0, 1), (one.label, cells)
            assert cells["real"] or count == 0, (one.label, cells)
            seen.add(count)
        assert seen == {0, 1}, one.label


@pytest.mark.parametrize("name", FAMILIES)
def test_one_token_of_state_leaves_a_real_row(name):
    """Whatever the flags, one token is taken and one left, and all of it advances by 4."""
    description = DESCRIBED[name]
    left = [one for one in description.interactions if (one.bus, one.sign) == ("state", +1)]
    taken = [one for one in description.interactions if (one.bus, one.sign) == ("state", -1)]
    assert len(taken) == 1
    for cells in assignments(description, {"real"}.union(
        *(columns_of(description, one.count) for one in left)), FLAGS[name]
    ):  # fmt: skip
        counts = [evaluate(description, one.count, cells) for one in left]
        assert sum(counts) == evaluate(description, taken[0].count, cells) == cells["real"]
    for one in left:
        later = evaluate(description, one.values[0], {"time": 1000})
        assert later == 1004 and columns_of(description, one.values[0]) == {"time"}


def test_slots_of_time_are_distinct():
    """V3: rs1, rs2, rd and memory have times of their own in [time, time + 4)."""
    for name in FAMILIES:
        description = DESCRIBED[name]
        times = []
        for one in description.interactions:
            if one.bus in ("register", "memory") and one.sign == +1:
                times.append(evaluate(description, one.values[-1], {"time": 1000}) - 1000)
                assert columns_of(description, one.values[-1]) == {"time"}
        registers = [k for k in times if k < 3]
        assert len(set(registers)) == len(registers), name
        assert set(times) <= {0, 1, 2, 3}


def test_what_is_taken_is_put_back():
    """Each access receives a token and sends one of the same register or address."""
    for name in FAMILIES:
        description = DESCRIBED[name]
        for bus in ("register", "memory"):
            taken = [one for one in description.interactions if (one.bus, one.sign) == (bus, -1)]
            put = [one for one in description.interactions if (one.bus, one.sign) == (bus, +1)]
            assert {one.values[0] for one in taken} == {one.values[0] for one in put}, name
            for one in taken:
                same = [two for two in put if two.values[0] == one.values[0]]
                for cells in assignments(description, {"real"}.union(
                    *(columns_of(description, two.count) for two in (one, *same))), FLAGS[name]
                ):  # fmt: skip
                    back = sum(evaluate(description, two.count, cells) for two in same)
                    assert back == evaluate(description, one.count, cells), (name, one.label)


def test_nobody_writes_another_register():
    """V12: registers are written at rd alone, whose number the fetch pins."""
    for name, family in FAMILIES.items():
        description = DESCRIBED[name]
        for one in description.interactions:
            if (one.bus, one.sign) != ("register", +1):
                continue
            matching = [
                two
                for two in description.interactions
                if two.bus == "register" and two.sign == -1 and two.values[0] == one.values[0]
            ]
            same = [k for k in (1, 2) if one.values[k] in [two.values[k] for two in matching]]
            if same != [1, 2]:
                assert family.writes, name
                assert columns_of(description, one.values[0]) == {"rd"}, name


def test_refresh_keeps_the_value():
    description = describe("refresh", table("refresh"))
    taken, put = description.interactions
    assert taken.values[:3] == put.values[:3]
    assert evaluate(description, put.values[3], {"time": 7}) == 7 + 2**16


def test_first_tokens_have_time_zero():
    """V13: whatever a run does comes later; the verifier's token of state has time 4."""
    first = [
        (description, one)
        for description in DESCRIBED.values()
        for one in description.interactions
        if one.label == "first token"
    ]
    assert len(first) == 5  # image, zero-filled memory, two windows, registers
    for description, one in first:
        assert description.nodes[one.values[-1]] == ("constant", 0)


def test_first_and_last_token_of_one_row_belong_together():
    """V9, V10: the same register or address, with the same count."""
    for name in ("image", "fresh", "input", "output", "registers"):
        ends = {one.label: one for one in DESCRIBED[name].interactions}
        first, last = ends["first token"], ends["last token"]
        assert (first.bus, first.values[0], first.count) == (last.bus, last.values[0], last.count)


@pytest.mark.parametrize("name", [*FAMILIES, "fresh", "refresh", "output"])
def test_without_its_bit_a_row_could_be_taken_back(name):
    """A count of 1 here and of p - 1 there would cancel: no table may leave that open."""
    rule = "shown is a bit" if name == "output" else "real is a bit"
    with pytest.raises(cs.AirError, match=rule.split()[0]):
        describe(name, without(table(name), rule))
