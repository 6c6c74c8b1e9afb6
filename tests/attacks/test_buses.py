"""Messages that are sent and not received."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

import cstark as cs
from cstark import Reason, field
from cstark.air import buses as bus_module
from cstark.protocol import statement as statement_module
from cstark.protocol.transcript import Transcript
from tests.attacks import false_statements
from tests.attacks.toolkit import (
    CheatingProver,
    Statement,
    Tampering,
    changed,
    forge,
    plain_refusal,
    refused,
    show,
    swapped,
    without,
)

P = cs.P


@pytest.mark.holds("bus sum")
@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_sums_that_do_not_cancel(lanes):
    pair = false_statements.lookup(lanes)
    forged = forge(CheatingProver, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, Reason.BUS_SUM, without("bus sum"))


class FalseSum(Tampering):
    """States a table sum that cancels the others, and goes on with it."""

    def tampered(self, item, data):
        if item == "table sums":
            total = statement_module.token_sum(self.key, self.instance, self.z, self.alpha)
            for value in self.sums.values():
                total = field.add(total, value)
            first = next(iter(self.sums))
            self.sums[first] = field.sub(self.sums[first], total)
            data = np.array(list(self.sums.values()), dtype="<u8").tobytes()
        return data


@pytest.mark.holds("constraints")
@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_a_sum_that_its_table_does_not_have(lanes):
    pair = false_statements.lookup(lanes)
    forged = forge(FalseSum, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, Reason.CONSTRAINTS, without("constraints"))


# ---- p copies -----------------------------------------------------------------------------


class Many(cs.Air):
    """Every row sends the message 5, 2^59 times."""

    columns = ("x",)

    def constrain(self, t):
        t.every_row.equal(t.now.x, 5)
        t.send("copies", [t.now.x], count=1 << 59)


@pytest.mark.holds("multiplicity")
def test_multiplicity_wraps_around():
    """2^64 copies of a message are 2^32 - 1, in the field: the statement is that few are sent."""
    machine = cs.Machine({"many": Many()}, cs.Options(queries=6, grinding=0, max_log_height=8))

    def said(rows, count):
        return (
            Statement(machine, tokens=(cs.Receive("copies", [5], count=count),)),
            {"many": np.full((rows, 1), 5, dtype=np.uint64)},
        )

    true, few = said(8, 1 << 62)
    false, many = said(32, (1 << 32) - 1)
    assert 32 << 59 != (1 << 32) - 1
    honest = machine.prove(few, tokens=true.tokens)
    with pytest.raises(cs.StatementError, match="wrap"):
        machine.prove(many, tokens=false.tokens)
    forged = forge(CheatingProver, false, many)
    show(true, honest, false, forged, Reason.MULTIPLICITY, without("multiplicity"))


class Once(cs.Air):
    """Every row sends the message 5."""

    columns = ("x",)

    def constrain(self, t):
        t.every_row.equal(t.now.x, 5)
        t.send("copies", [t.now.x])


def of_once(*tokens):
    machine = cs.Machine({"once": Once()}, cs.Options(queries=6, grinding=0, max_log_height=8))
    return Statement(machine, tokens=tokens)


class Takes(cs.Air):
    """Every row receives the message 5."""

    columns = ("x",)

    def constrain(self, t):
        t.every_row.equal(t.now.x, 5)
        t.receive("copies", [t.now.x])


def tokens_for(value):
    """What balances 8 rows that send one message 5 and take `value`."""
    kind = cs.Receive if value < 1 else cs.Send
    return (kind("copies", [5], count=8 * abs(1 - value)),)


FIVES = {"once": np.full((8, 1), 5, dtype=np.uint64)}


@pytest.mark.holds("multiplicity")
@pytest.mark.parametrize("less", [1, 2, P // 2 - 9])
def test_counts_of_tokens_that_take_messages_away(less):
    """8 are sent; 8 + k and p - k are said to be received, p + 8 in all."""
    true = of_once(cs.Receive("copies", [5], count=8))
    false = of_once(
        cs.Receive("copies", [5], count=8 + less), cs.Receive("copies", [5], count=P - less)
    )
    honest = true.machine.prove(FIVES, tokens=true.tokens)
    for call in (true.machine.prove, true.machine.check):
        with pytest.raises(cs.StatementError, match=r"counts of the tokens add up to.*wrap"):
            call(FIVES, tokens=false.tokens)
    forged = forge(CheatingProver, false, FIVES)
    show(true, honest, false, forged, Reason.MULTIPLICITY, without("multiplicity"))


@pytest.mark.holds("multiplicity")
def test_counts_of_tokens_up_to_the_limit():
    """Weights and counts of p - 1 in all are accepted, of p + 1 refused."""
    count = (P - 1 - 8 - 8) // 2
    for more in (0, 1):
        statement = of_once(
            cs.Send("copies", [5], count=count + more),
            cs.Receive("copies", [5], count=count + more + 8),
        )
        proof = forge(CheatingProver, statement, FIVES)
        if more:
            refused(statement, proof, Reason.MULTIPLICITY)
            with without("multiplicity"):
                statement.verify(proof)
        else:
            statement.verify(proof)
            assert statement.machine.check(FIVES, tokens=statement.tokens)


class Several(cs.Air):
    """Sends the message 5 once on every row, and receives it as often as is said."""

    columns = ("x",)
    publics = ("many", "few", "one")

    def __init__(self, place, count):
        self.place, self.count = place, count

    def constrain(self, t):
        t.every_row.equal(t.now.x, 5)
        said = [(t.send, 1, 1), (t.receive, self.count(t.publics), 6)]
        other = [(t.send, 1, 1), (t.receive, t.publics.one, 1)]
        for call, count, weight in [*other * self.place, *said, *other * (2 - self.place)]:
            call("copies", [t.now.x], count=count, weight=weight)


COUNTS = {
    "alone": (lambda p: p.many, [1, 0], [P - 1, 0]),
    "the second": (lambda p: p.few, [7, 1], [7, P - 1]),
    "a multiple": (lambda p: 2 * p.many - 1, [1, 0], [P - 1, 0]),
    "a sum": (lambda p: p.many + p.few, [1, 0], [P - 1, 0]),
    "two that wrap": (lambda p: p.many + p.few, [1, 0], [P // 2, P // 2 + 2]),
    "a product": (lambda p: p.many * p.few, [1, 1], [P - 1, 1]),
    "just above": (lambda p: p.many - p.few, [6, 5], [7, 6]),
}


@pytest.mark.holds("multiplicity")
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("kind", COUNTS)
def test_public_counts_that_take_messages_away(kind, place):
    """A public value of p - 1 in a count says p - 1 times, and -1 times is what would be proved."""
    count, good, bad = COUNTS[kind]
    tables = [("few", Once()), ("t", Several(place, count)), ("more", Takes())]
    machine = machine_of(dict(tables[place:] + tables[:place]))
    value = count(SimpleNamespace(many=bad[0], few=bad[1])) % P
    value -= P * (value > P // 2)
    true = Statement(machine, {"t": [*good, 1]}, tokens=tokens_for(1), claim=b"{}")
    false = Statement(machine, {"t": [*bad, 1]}, tokens=tokens_for(value), claim=b"{}")
    traces = {"few": FIVES["once"], "t": FIVES["once"], "more": FIVES["once"]}
    honest = machine.prove(traces, true.publics, tokens=true.tokens, claim=b"{}")
    for call in (machine.prove, machine.check):
        with pytest.raises(cs.StatementError, match="'t': the count of receive on 'copies'"):
            call(traces, false.publics, tokens=false.tokens)
    forged = forge(CheatingProver, false, traces)
    show(true, honest, false, forged, Reason.MULTIPLICITY, without("multiplicity"))
    assert plain_refusal(false, forged) == "multiplicity"


def test_public_counts_of_providers_are_free():
    """A provider may receive -1 times: what it is told of how often says nothing."""

    class Provider(cs.Air):
        columns = ("x",)
        publics = ("many",)

        def constrain(self, t):
            t.every_row.equal(t.now.x, 5)
            t.receive("copies", [t.now.x], count=t.publics.many)

    machine = machine_of({"t": Provider()})
    tokens = (cs.Receive("copies", [5], count=8),)
    proof = machine.prove({"t": FIVES["once"]}, {"t": [P - 1]}, tokens=tokens, claim=b"{}")
    said = Statement(machine, {"t": [P - 1]}, tokens=tokens, claim=b"{}")
    said.verify(proof)
    assert plain_refusal(said, proof) == ""


# ---- messages that look alike -------------------------------------------------------------


class OneWord(cs.Air):
    columns = ("x",)

    def constrain(self, t):
        t.send("short", [t.now.x])


class TwoWords(cs.Air):
    columns = ("x", "y")

    def constrain(self, t):
        t.receive("long", [t.now.x, t.now.y])


def one_name(air, name):
    """The same table with its bus called otherwise."""

    class Renamed(type(air)):
        def constrain(self, t):
            def call(kind):
                return lambda bus, values: getattr(t, kind)(name, values)

            super().constrain(SimpleNamespace(now=t.now, send=call("send"),
                                              receive=call("receive")))  # fmt: skip

    return Renamed()


def machine_of(tables):
    return cs.Machine(tables, cs.Options(queries=6, grinding=0, max_log_height=8))


def test_tuple_widths_mixed_on_a_bus():
    """[x] and [x, 0] have one fingerprint: a bus has one width, in tables and in tokens.

    The same two tables on one bus; honest is a machine whose widths agree.
    """
    x = np.arange(8, dtype=np.uint64).reshape(8, 1)
    padded = np.concatenate([x, np.zeros_like(x)], axis=1)
    tables = {"one": one_name(OneWord(), "b"), "two": one_name(TwoWords(), "b")}
    with pytest.raises(cs.AirError, match="two widths"):
        machine_of(tables)

    def lax(descriptions):
        found = {i.bus: len(i.values) for d in descriptions for i in d.interactions}
        return {n: bus_module.Bus(k + 1, w) for k, (n, w) in enumerate(sorted(found.items()))}

    with swapped(bus_module.number_buses, lax):
        weak = machine_of(tables)
        proof = weak.prove({"one": x, "two": padded}, check=False)
        weak.verify(proof, min_security=0)  # sent [x], received [x, 0]
        assert weak.verifying_key().to_json()
    with pytest.raises(cs.CstarkError, match="two widths"):
        cs.VerifyingKey.from_json(weak.verifying_key().to_json())


def test_tokens_of_another_width():
    pair = false_statements.lookup()
    for values in ([1], [1, 2, 0]):
        with pytest.raises(cs.StatementError, match="values"):
            pair.true.but(tokens=(cs.Send("range", values),)).verify(pair.honest())


def test_messages_of_another_bus():
    """Sent on one bus and received on another: the number of the bus is in the fingerprint."""
    x = np.arange(16, dtype=np.uint64).reshape(8, 2)

    class TwoMore(cs.Air):
        columns = ("x", "y")

        def constrain(self, t):
            t.send("short", [t.now.x, t.now.y])

    true = machine_of({"one": one_name(TwoMore(), "long"), "two": TwoWords()})
    true.verify(true.prove({"one": x, "two": x}), min_security=0)
    tables = {"one": TwoMore(), "two": TwoWords()}
    machine = machine_of(tables)
    with pytest.raises(cs.TraceError):
        machine.prove({"one": x, "two": x})
    forged = forge(CheatingProver, Statement(machine), {"one": x, "two": x})
    with pytest.raises(cs.VerificationError) as refusal:
        machine.verify(forged, min_security=0)
    assert refusal.value.reason is Reason.BUS_SUM

    honest_number = bus_module.number_buses

    def all_one(descriptions):
        return {name: bus._replace(number=1) for name, bus in honest_number(descriptions).items()}

    with swapped(honest_number, all_one):
        weak = machine_of(tables)
        weak.verify(forge(CheatingProver, Statement(weak), {"one": x, "two": x}), min_security=0)


# ---- zero denominators --------------------------------------------------------------------


@contextmanager
def unlucky(bus: int, values: list[int]):
    """z meets the fingerprint of a message: what happens once in 2^190 proofs."""
    honest = Transcript.extension

    def extension(self, label):
        value = honest(self, label)
        if label == "z":
            self.z_drawn = True
            return unlucky_z[0]
        if label == "alpha":
            # z is drawn first: keep alpha fixed so that z can be told beforehand
            return alpha
        return value

    alpha = (3, 5, 7)
    message, power = (bus, 0, 0), alpha
    for value in values:
        message = field.add(message, field.scale(power, value))
        power = field.mul(power, alpha)
    unlucky_z = [message]
    with changed(Transcript, "extension", extension):
        yield


@pytest.mark.holds("token denominator")
def test_token_with_a_zero_denominator():
    """1 / 0 taken for 0 makes a token vanish."""
    pair = false_statements.lookup()
    token = pair.false.tokens[0]

    class Blind(CheatingProver):
        def round_2_lookup(self):
            with swapped(statement_module.token_sum, lambda *_: field.ZERO):
                super().round_2_lookup()

    honest = pair.honest()
    with unlucky(1, list(token.values)):
        with pytest.raises(cs.TraceError, match="another claim"):
            forge(CheatingProver, pair.false, pair.wrong)
        forged = forge(Blind, pair.false, pair.wrong)
    pair.true.verify(honest)
    with unlucky(1, list(token.values)):
        with pytest.raises(cs.VerificationError) as refusal:
            pair.false.verify(forged)
        assert refusal.value.reason is Reason.BUS_SUM
        assert "denominator" in str(refusal.value)
        with without("token denominator"):
            pair.false.verify(forged)


def test_table_with_a_zero_denominator():
    """The prover makes an error of it, never a proof."""
    pair = false_statements.lookup()
    with unlucky(1, [1, 2]), pytest.raises(cs.TraceError, match="fingerprint"):
        forge(CheatingProver, pair.true, pair.traces)
