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
