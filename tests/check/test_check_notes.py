"""What a report says about what a statement leaves open."""

from __future__ import annotations

import numpy as np

import cstark as cs
from cstark import P


class Squares(cs.Air):
    columns = ("x", "square", "asked")

    def __init__(self, weight=None):
        self.weight = weight

    def constrain(self, t):
        now = t.now
        t.every_row.equal(now.square, now.x**2)
        if self.weight == 1:
            t.every_row.boolean(now.asked)
        t.receive("square", [now.x, now.square], count=now.asked, weight=self.weight)


def squares(weight=None):
    return cs.Machine({"squares": Squares(weight)}, cs.Options(queries=4, grinding=0))


def trace(asked):
    x = np.arange(8, dtype=np.uint64)
    return {"squares": np.stack([x, x * x, np.array(asked, dtype=np.uint64)], axis=1)}


class Opening(cs.Air):
    columns = ("x",)
    publics = {"first": (), "last": (), "vector": (4,)}
    rows = 8

    def __init__(self, reads):
        self.reads = reads

    def constrain(self, t):
        t.every_row.boolean(t.now.x)
        for name in self.reads:
            t.first_row.equal(t.now.x, np.ravel([t.publics[name]])[0])


def test_public_values_that_nothing_reads():
    """Whatever they are, the same proof would do: they are no part of what is proved."""
    trace, publics = np.ones(8, dtype=np.uint64), [1, 7, 1, 7, 7, 7]
    found = {
        names: cs.Machine({"opening": Opening(names)}).check(
            {"opening": trace}, {"opening": publics}
        )
        for names in (("first",), ("first", "vector"), ("first", "vector", "last"))
    }
    one, two, _ = found.values()
    assert one.notes == (
        "table 'opening': nothing reads public values 'last', 'vector[0]', 'vector[1]', … 2 more, "
        "so a proof holds for any value there",
    )
    assert "'last', 'vector[1]', 'vector[2]', … 1 more" in two.notes[0]
    machine = cs.Machine({"opening": Opening(("first",))}, cs.Options(queries=4, grinding=0))
    for last in (7, 8):
        given = {"opening": [1, last, 1, 7, 7, 7]}
        machine.verify(machine.prove({"opening": trace}, given), given, min_security=0)


def test_a_message_reads_public_values():
    class Sends(Opening):
        def constrain(self, t):
            super().constrain(t)
            t.send("values", [t.now.x, t.publics.last, *t.publics.vector])

    tokens = [cs.Receive("values", [1, 7, 1, 7, 7, 7], 8)]
    report = cs.Machine({"opening": Sends(("first",))}).check(
        {"opening": np.ones(8, dtype=np.uint64)}, {"opening": [1, 7, 1, 7, 7, 7]}, tokens=tokens
    )
    assert report and not report.notes


def test_a_token_that_meets_free_counts():
    """Sent: a row of the provider. Received: perhaps by a row with count -1, and so by nobody."""
    sent = squares().check(trace([0, 0, 0, 5, 0, 0, 0, 0]), tokens=[cs.Send("square", [3, 9], 5)])
    assert sent and len(sent.notes) == 1
    assert "bus 'square': the counts of squares: receive on 'square' are free" in sent.notes[0]
    assert "proved to be one of its rows, not how often" in sent.notes[0]
    assert f"({sent.notes[0]})" in str(sent).splitlines()
    assert "not how often" in sent._repr_html_()
    assert sent.to_dict()["notes"] == list(sent.notes)

    tokens = [cs.Receive("square", [3, 9])]
    taken = trace([0, 0, 0, P - 1, 0, 0, 0, 0])
    received = squares().check(taken, tokens=tokens)
    assert received and "it is not proved that anybody sends it" in received.notes[0]
    # and so it is: the proof verifies, though nobody sends (3, 9)
    machine = squares()
    machine.verify(machine.prove(taken, tokens=tokens), tokens=tokens, min_security=0)

    both = squares().check(
        trace([0] * 8), tokens=[cs.Receive("square", [3, 9]), cs.Send("square", [3, 9])]
    )
    assert len(both.notes) == 2


def test_no_token_and_no_free_count():
    assert squares().check(trace([0] * 8)).notes == ()
    once = trace([0, 0, 0, 1, 0, 0, 0, 0])
    assert squares(1).check(once, tokens=[cs.Send("square", [3, 9])]).notes == ()


def test_constant_counts_and_other_buses_are_not_free():
    class Other(cs.Air):
        columns = ("x", "used")

        def constrain(self, t):
            t.receive("free", [t.now.x], count=t.now.used)
            t.receive("bound", [t.now.x])

    machine = cs.Machine({"other": Other()}, cs.Options(queries=4, grinding=0))
    rows = {"other": np.zeros((8, 2), dtype=np.uint64)}
    assert machine.check(rows, tokens=[cs.Send("bound", [0], 8)]).notes == ()
    (note,) = machine.check(rows, tokens=[cs.Send("bound", [0], 8), cs.Send("free", [0], 0)]).notes
    assert note.startswith("bus 'free': the counts of other: receive on 'free' are free")


class Counter(cs.Air):
    """Counts from a public number, for as long as its height says."""

    columns = ("n",)

    def __init__(self, rows=None, says=("first",), publics=()):
        self.rows, self.says, self.publics = rows, says, publics

    def constrain(self, t):
        t.transition.equal(t.next.n, t.now.n + 1)
        if "first" in self.says:
            t.first_row.zero(t.now.n)
        if "last" in self.says:
            t.last_row.equal(t.now.n, 7)
        if self.publics:
            t.transition.equal(t.next.n - t.now.n, t.publics.step)


OPEN = [{"says": ("first",)}, {"says": ("last",)}, {"says": (), "publics": ("step",)}]
CLOSED = [{"rows": 8, "says": ("first", "last"), "publics": ("step",)}, {"says": ()}]


def counted(**shape):
    machine = cs.Machine({"counter": Counter(**shape)}, cs.Options(queries=4, grinding=0))
    rows = {"counter": np.arange(8, dtype=np.uint64).reshape(8, 1)}
    publics = {"counter": [1] * len(shape.get("publics", ()))}
    return machine, machine.check(rows, publics)


def test_heights_that_the_prover_chooses():
    """Named by check and by print(machine), where something is said of first or last rows."""
    for shape in OPEN:
        machine, report = counted(**shape)
        assert report
        (note,) = report.notes
        assert note.startswith("table 'counter': height chosen by the prover;")
        assert f"({note})" in str(report).splitlines()
        assert "height chosen by the prover: counter" in str(machine)
    for shape in CLOSED:
        machine, report = counted(**shape)
        assert report and report.notes == ()
        assert "chosen by the prover" not in str(machine)


def test_many_heights_in_one_sentence():
    machine = cs.Machine({f"t{k}": Counter() for k in range(5)}, cs.Options(queries=4, grinding=0))
    rows = np.arange(8, dtype=np.uint64).reshape(8, 1)
    (note,) = machine.check(dict.fromkeys((f"t{k}" for k in range(5)), rows)).notes
    assert note.startswith("tables 't0', 't1', 't2', … 2 more: height chosen by the prover")
