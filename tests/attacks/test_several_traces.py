"""A table that may stand any number of times: each of its traces is held like a table of its own.

Forgeries in the last trace, of their number, order and heights, and of the weights over all.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

import cstark as cs
from cstark import Reason, field
from cstark.protocol.layout import Layout
from tests.attacks.test_one_quotient import drawn
from tests.attacks.test_policy import restated
from tests.attacks.toolkit import (
    CheatingProver,
    Statement,
    changed,
    forge,
    plain_refusal,
    refused,
    show,
    show_adaptive,
    stated,
    without,
)
from tests.oracles import zoo

P = cs.P


def told(case, **options):
    """The statement of a case, with its honest proof."""
    true = stated(case, **options)
    return true, case.prove(true.machine)


@contextmanager
def blind_to_the_last_trace():
    """A protocol whose quotients leave out the last of four traces, on both sides."""
    whole = Layout._quotient

    def shortened(self, log_rows):
        found = whole(self, log_rows)
        kept = tuple(t for t in found.tables if not self.key.tables[t].name.endswith("(4 of 4)"))
        return replace(found, tables=kept)

    with changed(Layout, "_quotient", shortened):
        yield


@pytest.mark.holds("constraints")
@pytest.mark.parametrize("zk", [False, True])
def test_the_last_trace_is_forged(zk):
    """Word 63 of halves 0 and 0, in the last of three traces of one height."""
    case = zoo.several(5, 4, 4, 4)
    true, honest = told(case, zk=zk, queries=4)
    wrong = [trace.copy() for trace in case.traces["halves"]]
    wrong[-1][2, 0] ^= np.uint64(1)
    forged = {**case.traces, "halves": wrong}
    assert not true.machine.check(forged)

    def attack():
        again = stated(case, zk=zk, queries=4)  # layouts are kept, so that of another machine
        return again, forge(CheatingProver, again, forged)

    show_adaptive(true, honest, attack, blind_to_the_last_trace())
    assert plain_refusal(true, forge(CheatingProver, true, forged)) == "constraints"


class Counter(cs.Air):
    """Counts up by one."""

    columns = ("x",)
    stands = "any"

    def constrain(self, t):
        t.transition.equal(t.next.x, t.now.x + 1)


def counting(step):
    """A counter that is off by a step in the middle."""
    trace = np.arange(16, dtype=np.uint64).reshape(-1, 1)
    for row in range(8, 16):
        trace[row, 0] = (int(trace[row, 0]) + step) % P
    return trace


def test_violations_of_two_traces_that_cancel():
    """Each trace has its own power of delta: with delta = 1, +5 and -5 are no violation."""
    machine = cs.Machine({"t": Counter()}, cs.Options(queries=6, grinding=0, max_log_height=8))
    true = Statement(machine)
    honest = machine.prove({"t": [counting(0), counting(0)]})
    wrong = {"t": [counting(5), counting(-5)]}
    show_adaptive(
        true, honest, lambda: (true, forge(CheatingProver, true, wrong)),
        drawn("delta", field.ONE),
    )  # fmt: skip


class Coin(cs.Air):
    """One coin, whatever the height; stands once."""

    columns = ("paid",)
    periodic = {"first": (1, 0, 0, 0, 0, 0, 0, 0)}
    rows = 8

    def constrain(self, t):
        t.send("coin", [7], count=t.periodic.first)
        t.every_row.equal(t.now.paid, t.periodic.first)


def coins(count):
    """A machine with one coin, and the statement that so many have been received."""
    machine = cs.Machine({"coin": Coin()}, cs.Options(queries=6, grinding=0, max_log_height=8))
    return Statement(machine, tokens=(cs.Receive("coin", [7], count=count),))


def coin():
    trace = np.zeros((8, 1), dtype=np.uint64)
    trace[0, 0] = 1
    return trace


@pytest.mark.holds("standing")
@pytest.mark.parametrize("count", [0, 2, 3])
def test_a_table_that_stands_once_stands_more_or_less_often(count):
    """Two coins are spent, or the one there is is not."""
    true, false = coins(1), coins(count)
    honest = true.machine.prove({"coin": coin()}, tokens=true.tokens)
    true.verify(honest)
    if not count:  # nothing at all is no proof
        with pytest.raises(cs.CstarkError, match="0 tables stand"):
            forge(CheatingProver, false, {"coin": []})
        return
    forged = forge(CheatingProver, false, {"coin": [coin()] * count})
    show(true, honest, false, forged, Reason.HEIGHTS, without("standing"))
    assert plain_refusal(false, forged) == "heights"


@pytest.mark.holds("standing")
def test_one_height_in_the_place_of_a_list():
    """Two files of one proof: a list of one trace, and its height as that of a table."""
    case = zoo.several(4)
    true, honest = told(case)
    forged = restated(honest, log_heights=(4, 4))
    assert honest.log_heights == ((4,), 4)
    error = refused(true, forged, Reason.HEIGHTS)
    assert "gives one height" in str(error)


@pytest.mark.holds("order of traces")
def test_traces_in_another_order():
    case = zoo.several(5, 4, 3)
    true, honest = told(case)
    for order in ((1, 0, 2), (0, 2, 1), (2, 1, 0)):
        traces = [case.traces["halves"][number] for number in order]
        forged = forge(CheatingProver, true, {**case.traces, "halves": traces})
        show(true, honest, true, forged, Reason.HEIGHTS, without("order of traces"))


def test_another_number_of_traces_in_the_header():
    """Dropped, added, another height: challenges depend on all of it."""
    case = zoo.several(5, 4, 3)
    true, honest = told(case)
    for heights in ((5, 4), (4, 3), (5, 3), (5, 4, 3, 3), (5, 5, 4, 3), (5, 4, 4), (6, 4, 3), ()):
        refused(true, restated(honest, log_heights=(heights, 4)), *Reason)
    true.verify(honest)


class Timed(cs.Air):
    """Zero on one row of sixteen."""

    columns = ("x",)
    periodic = {"first": (1, *[0] * 15)}
    stands = "any"

    def constrain(self, t):
        t.every_row.zero(t.periodic.first * t.now.x)


class Fixed(Timed):
    """The same with a height of its own."""

    rows = 16


@pytest.mark.parametrize(
    ("table", "said"), [(Timed(), "a periodic column is longer"), (Fixed(), "has 16 rows")]
)
def test_the_last_trace_has_a_height_that_none_may_have(table, said):
    """Heights are checked trace by trace, not by the tallest."""
    machine = cs.Machine({"t": table}, cs.Options(queries=6, grinding=0, max_log_height=8))
    honest = machine.prove({"t": [np.zeros((16, 1), dtype=np.uint64)] * 2})
    true = Statement(machine)
    true.verify(honest)
    error = refused(true, restated(honest, log_heights=((4, 3),)), Reason.HEIGHTS)
    assert said in str(error)


@pytest.mark.holds("bus sum")
def test_a_trace_is_left_out():
    """The list counts what a third trace asks for, which is not there."""
    case = zoo.several(5, 4, 3)
    true, honest = told(case)
    traces = {**case.traces, "halves": case.traces["halves"][:2]}
    forged = forge(CheatingProver, true, traces)
    show(true, honest, true, forged, Reason.BUS_SUM, without("bus sum"))
    assert plain_refusal(true, forged) == "bus sum"


class Bulk(cs.Air):
    """Sends 7 an enormous number of times from each row that is real."""

    columns = ("real",)
    stands = "any"
    each = (P - 1) >> 4

    def constrain(self, t):
        t.every_row.boolean(t.now.real)
        t.send("m", [7], count=self.each * t.now.real, weight=self.each)


class Single(cs.Air):
    """Sends and receives 7, once from each row that is real."""

    columns = ("sent", "received")
    rows = 8

    def constrain(self, t):
        t.every_row.boolean(t.now.sent)
        t.every_row.boolean(t.now.received)
        t.send("m", [7], count=t.now.sent)
        t.receive("m", [7], count=t.now.received, weight=1)


@pytest.mark.holds("multiplicity")
def test_weights_wrap_over_all_traces():
    """Two traces of 8 rows send p - 1 copies, and one more is sent: p look like none."""
    options = cs.Options(queries=6, grinding=0, max_log_height=3)
    machine = cs.Machine({"bulk": Bulk(), "single": Single()}, options)
    true = Statement(machine)
    few = np.zeros((8, 2), dtype=np.uint64)
    few[0] = 1
    one = few.copy()
    one[0, 1] = 0
    nothing, all_of_it = np.zeros((8, 1), dtype=np.uint64), np.ones((8, 1), dtype=np.uint64)
    honest = machine.prove({"bulk": [nothing], "single": few})
    forged = forge(CheatingProver, true, {"bulk": [all_of_it] * 2, "single": one})
    show(true, honest, true, forged, Reason.MULTIPLICITY, without("multiplicity"))
    assert plain_refusal(true, forged) == "multiplicity"
    with pytest.raises(cs.StatementError, match="wrap around"):
        machine.prove({"bulk": [nothing] * 2, "single": few})


@pytest.mark.holds("expected height")
def test_another_number_of_traces_than_expected():
    case = zoo.several(5, 4, 3)
    true, honest = told(case)
    verify = true.machine.verify
    verify(honest, min_security=0, heights={"halves": [8, 32, 16]})
    for rows in ([32, 16], [32, 16, 8, 8], [], 32, [32, 16, 16]):
        with pytest.raises(cs.VerificationError, match=r"2\^5, 2\^4, 2\^3 rows, .* expected"):
            verify(honest, min_security=0, heights={"halves": rows})
        with without("expected height"):
            verify(honest, min_security=0, heights={"halves": rows})


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("32", "neither an int nor a sequence"),
        ({32: 1}, "neither an int nor a sequence"),
        (3.5, "neither an int nor a sequence"),
        ([32, 7], "7"),
        ([32, "16"], "not an int"),
        ([32] * 4097, "cannot stand 4097 times"),
    ],
)
def test_heights_that_no_traces_have(rows, said):
    machine = told(zoo.several(5, 4, 3))[0].machine
    assert machine.estimate({"halves": [32, 16, 8]}).heights["halves"] == (32, 16, 8)
    with pytest.raises(cs.StatementError, match=rf"heights: table 'halves'.*{said}"):
        machine.estimate({"halves": rows})


@pytest.mark.holds("number of tables")
def test_more_traces_than_a_proof_has():
    case = zoo.several(3)
    true, honest = told(case)
    with pytest.raises(cs.ProofFormatError, match="1 to 4096 tables, not 4097"):
        restated(honest, log_heights=((3,) * 4096, 4))
    start = honest.to_bytes().index(bytes([0x80, 1, 0, 3, 4]))
    for count in (0xFFFF, 4096, 5000):
        data = bytearray(honest.to_bytes() + bytes([3]) * count)
        data[start + 1 : start + 3] = count.to_bytes(2, "little")
        refused(true, bytes(data), *Reason)
