"""What lists determine: by their answers, and by what the row that comes next asks of them."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs


class Listed(cs.Air):
    """The messages of a list, each any number of times."""

    columns = ("count",)

    def __init__(self, bus, messages) -> None:
        self.bus = bus
        self.messages = np.array(messages, dtype=np.uint64)
        self.preprocessed = {"value": (self.messages.shape[1],)}

    def preprocessed_trace(self):
        return self.messages

    def constrain(self, t):
        t.receive(self.bus, t.preprocessed.value, count=t.now.count)

    def trace(self, asked):
        count = np.array([sum(list(m) == list(a) for a in asked) for m in self.messages.tolist()])
        return count.astype(np.uint64).reshape(-1, 1)


class Sign(cs.Air):
    """Of a number of 8 bits: the upper half, its top bit, and what is below the top bit."""

    columns = ("upper", "sign", "below")
    preprocessed = ("number",)

    def __init__(self, numbers) -> None:
        self.numbers = np.array(numbers, dtype=np.uint64).reshape(-1, 1)

    def preprocessed_trace(self):
        return self.numbers

    def constrain(self, t):
        now, number = t.now, t.preprocessed.number
        t.send("top", [now.upper, now.sign])
        t.send("half", [number - 16 * now.upper])
        t.send("below", [now.below])
        t.every_row.equal(now.below, number - 128 * now.sign)


def test_an_answer_is_no_free_flag():
    """`upper` is held by ranges alone, so its top bit moves with it: that is not freedom."""
    numbers = [0, 5, 127, 128, 200, 255, 16, 77]
    tables = {
        "sign": Sign(numbers),
        "top": Listed("top", [[x, x >> 3] for x in range(16)]),
        "half": Listed("half", [[x] for x in range(16)]),
        "below": Listed("below", [[x] for x in range(128)]),
    }
    traces = {
        "sign": np.array([[n >> 4, n >> 7, n & 127] for n in numbers], dtype=np.uint64),
        "top": tables["top"].trace([[n >> 4, n >> 7] for n in numbers]),
        "half": tables["half"].trace([[n & 15] for n in numbers]),
        "below": tables["below"].trace([[n & 127] for n in numbers]),
    }
    report = cs.Machine(tables).check(traces, mutate=1)
    assert report, str(report)
    assert [held.table for held in report.rank.held] == ["sign"]


class Walk(cs.Air):
    """Goes from a label to the next: what a row leaves open, the next row's lookup closes."""

    columns = ("at", "bit")
    preprocessed = ("step", "target")

    def __init__(self, targets) -> None:
        self.targets = targets

    def preprocessed_trace(self):
        return np.stack([np.arange(8), self.targets], axis=1).astype(np.uint64)

    def constrain(self, t):
        now, fixed = t.now, t.preprocessed
        t.every_row.boolean(now.bit)
        t.receive("state", [fixed.step, now.at], count=1)
        t.send("state", [fixed.step + 1, fixed.target - now.bit])
        t.send("label", [now.at])


@pytest.mark.parametrize(("stride", "found"), [(2, set()), (1, {"walk.bit"})])
def test_a_jump_to_a_label(stride, found):
    """A wrong bit is an odd address: refused if all labels are even, and only then."""
    targets = [9, 4, 7, 12, 3, 6, 5, 8]
    to = [t - t % 2 for t in targets]
    at = [2, *to[:-1]]
    labels = Listed("label", [[stride * k] for k in range(16)])
    machine = cs.Machine({"walk": Walk(targets), "labels": labels})
    traces = {
        "walk": np.array([at, [t % 2 for t in targets]], dtype=np.uint64).T.copy(),
        "labels": labels.trace([[a] for a in at]),
    }
    tokens = [cs.Send("state", [0, 2]), cs.Receive("state", [8, to[-1]])]
    report = machine.check(traces, tokens=tokens, mutate=1)
    assert report.valid
    rows = {one.row for one in report.rank.undetermined}
    columns = {f"{one.table}.{one.columns[0]}" for one in report.rank.undetermined}
    # nobody asks after the last row: the verifier has its result, from whatever bit
    assert columns - {"walk.bit"} == set() and (found <= columns)
    assert stride == 1 or (rows <= {7} and all(one.rows == 1 for one in report.rank.undetermined))
