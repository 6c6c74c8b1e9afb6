"""Counts beyond the weights that their tables state."""

from __future__ import annotations

import json

import numpy as np
import pytest

import cstark as cs

MILLION = 1_000_000


class Sender(cs.Air):
    columns = ("x", "count")

    def __init__(self, weight: int = 1) -> None:
        self.weight = weight

    def constrain(self, t):
        t.send("bus", [t.now.x], count=t.now.count, weight=self.weight)


class Receiver(cs.Air):
    """A provider, or a table of which a weight is stated."""

    columns = ("x", "count")

    def __init__(self, weight: int | None = None) -> None:
        self.weight = weight

    def constrain(self, t):
        t.receive("bus", [t.now.x], count=t.now.count, weight=self.weight)


def trace(*counts):
    values = np.zeros((8, 2), dtype=np.uint64)
    values[:, 0] = np.arange(8)
    values[: len(counts), 1] = [count % cs.P for count in counts]
    return values


def machine(sender=1, receiver=None):
    tables = {"sender": Sender(sender), "receiver": Receiver(receiver)}
    return cs.Machine(tables, cs.Options(queries=2, grinding=0, max_log_height=8))


def both(*counts):
    return {"sender": trace(*counts), "receiver": trace(*counts)}


def test_a_count_of_a_million_and_weight_one():
    traces = both(1, 0, MILLION, 2)
    report = machine().check(traces)
    assert not report and not report.valid and not report.violations and not report.unbalanced
    (one,) = report.overweight
    assert (one.table, one.row, one.count, one.weight) == ("sender", 2, MILLION, 1)
    assert (one.rows, one.most) == (2, MILLION)
    text = str(report)
    assert text.startswith("1 count beyond a weight")
    for part in ("'sender', row 2", "1,000,000", "weight 1", "2 rows", "weight=1000000", "boolean"):
        assert part in text, part
    assert "1,000,000" in report._repr_html_()
    assert json.loads(json.dumps(report.to_dict()))["overweight"][0]["count"] == MILLION
    for refuse in (report.raise_for_failure, lambda: machine().prove(traces)):
        with pytest.raises(cs.TraceError, match="1,000,000, more than its weight 1") as refused:
            refuse()
        assert (refused.value.table, refused.value.row) == ("sender", 2)


def test_the_cure():
    fitting = machine(sender=MILLION)
    traces = both(1, 0, MILLION, 2)
    assert fitting.check(traces)
    fitting.verify(fitting.prove(traces), min_security=0)
    assert machine().check(both(1, 1, 0))


@pytest.mark.parametrize(("counts", "weight", "found"), [
    ((3,), 3, 0), ((4,), 3, 1), ((-3,), 3, 0), ((-4,), 3, 1), ((0,), 0, 0), ((1,), 0, 1),
])  # fmt: skip
def test_limits_and_signs(counts, weight, found):
    report = machine(sender=weight).check(both(*counts))
    assert len(report.overweight) == found and bool(report) == (not found)
    if found:
        assert report.overweight[0].count == counts[0]


def test_receivers():
    """A provider's counts are free; one with a weight keeps to it."""
    assert machine(sender=9).check(both(9))
    report = machine(sender=9, receiver=8).check(both(9))
    assert [one.table for one in report.overweight] == ["receiver"]


def test_one_count_for_many_messages_and_tall_tables():
    class Many(cs.Air):
        columns = ("x", "flag")

        def constrain(self, t):
            for k in range(5):
                t.send("bus", [t.now.x + k], count=t.now.flag, weight=1, name=f"message {k}")
                t.receive("bus", [t.now.x + k], count=t.now.flag, weight=2)

    values = np.zeros((1 << 15, 2), dtype=np.uint64)
    values[20_000, 1] = 2
    report = cs.Machine({"many": Many()}).check({"many": values})
    assert [one.interaction for one in report.overweight] == [f"message {k}" for k in range(5)]
    assert {one.row for one in report.overweight} == {20_000}
