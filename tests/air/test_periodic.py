"""Periodic columns: what may be declared, and groups of them in proofs."""

from __future__ import annotations

import numpy as np
import pytest
from air_support import table

import cstark as cs
from cstark.errors import AirError
from cstark.field import P
from tests.oracles import plain_check


class Schedule(cs.Air):
    """Adds up a group of two by three columns of period four, and one alone of period two."""

    columns = {"sum": (2, 3), "n": ()}

    def __init__(self, values):
        self.periodic = {"on": [1, 0], "rc": values}

    def constrain(self, t):
        t.first_row.zero(t.now.sum)
        t.transition.equal(t.next.sum, t.now.sum + t.periodic.on * t.periodic.rc)
        t.every_row.equal(t.now.n, t.periodic.rc[1, 2] + t.periodic.rc.sum())


VALUES = np.arange(24).reshape(4, 2, 3) - 5


def schedule_trace(values, rows=16):
    air = Schedule(values)
    trace = np.zeros((rows, 7), dtype=np.int64)
    view, values = air.view(trace), np.array(values)
    for row in range(rows):
        if row:
            view.sum[row] = view.sum[row - 1] + (row % 2) * values[(row - 1) % 4]
        view.n[row] = values[row % 4, 1, 2] + values[row % 4].sum()
    return cs.goldilocks.residues(trace)


@pytest.mark.parametrize("values", [VALUES, VALUES.tolist(), tuple(VALUES), list(VALUES)])
def test_groups(values):
    machine = cs.Machine({"schedule": Schedule(values)})
    (described,) = machine.descriptions
    assert described.periodic_names[:3] == ("on", "rc[0,0]", "rc[0,1]")
    assert described.periodic[1:] == tuple(
        tuple(int(v) % P for v in VALUES[:, i, j]) for i in range(2) for j in range(3)
    )
    assert all(type(v) is int for column in described.periodic for v in column)
    traces = {"schedule": schedule_trace(VALUES)}
    assert machine.check(traces)
    machine.verify(machine.prove(traces))


def test_a_group_is_the_columns_one_by_one():
    class Apart(Schedule):
        def __init__(self):
            self.periodic = {"on": [1, 0]}
            for i, j in np.ndindex(2, 3):
                self.periodic[f"rc{i}{j}"] = VALUES[:, i, j]

        def constrain(self, t):
            rc = np.array([[t.periodic[f"rc{i}{j}"] for j in range(3)] for i in range(2)])
            t.first_row.zero(t.now.sum)
            t.transition.equal(t.next.sum, t.now.sum + t.periodic.on * rc)
            t.every_row.equal(t.now.n, rc[1, 2] + rc.sum())

    group, apart = cs.Machine({"t": Schedule(VALUES)}), cs.Machine({"t": Apart()})
    assert group.verifying_key() == apart.verifying_key()


def test_a_false_value_of_a_group_is_noticed():
    machine = cs.Machine({"schedule": Schedule(VALUES)})
    other = VALUES.copy()
    other[2, 1, 0] += 1
    traces = {"schedule": schedule_trace(other)}
    assert "rc" in str(machine.check(traces))
    proof = machine.prove(traces, check=False)
    with pytest.raises(cs.VerificationError):
        machine.verify(proof)
    cs.Machine({"schedule": Schedule(other)}).verify(
        cs.Machine({"schedule": Schedule(other)}).prove(traces)
    )


def test_periodic():
    d = table(
        lambda t: t.every_row.equal(t.now.a, t.periodic.r * t.periodic.s + t.periodic.u),
        periodic={"r": [1, -1], "s": np.arange(4), "u": (P - 1,)},
    )
    assert d.periodic == ((1, P - 1), (0, 1, 2, 3), (P - 1,))
    assert all(type(v) is int for values in d.periodic for v in values)
    assert d.periodic_names == ("r", "s", "u")
    trace = np.zeros((8, 4), dtype=np.uint64)
    trace[:, 0] = [(r * s - 1) % P for r, s in zip([1, -1] * 4, [0, 1, 2, 3] * 2, strict=True)]
    assert plain_check.violations(d, trace) == []
    assert table(lambda t: t.every_row.boolean(t.now.a), periodic=None).periodic == ()


@pytest.mark.parametrize(
    ("periodic", "message"),
    [
        ([1, 2], "`periodic` is list; it must be a dict"),
        ({"r": []}, "'r' has 0 values; their number must be a power of two"),
        ({"r": [1, 2, 3]}, "'r' has 3 values"),
        ({"r": 5}, "must be a sequence of integers"),
        ({"r": "12"}, "must be a sequence of integers"),
        ({"r": np.array(5)}, "must be a sequence of integers"),
        ({"r": np.zeros((3, 2), dtype=int)}, "'r' has 3 values"),
        ({"r": np.zeros((0, 2), dtype=int)}, "'r' has 0 values"),
        ({"r": np.zeros((2, 0), dtype=int)}, r"gives 'r' the shape \(0,\)"),
        ({"r": np.zeros((2, 2))}, "'r' holds 0.0, which is not an integer"),
        ({"r": [[1, 2], [3]]}, r"'r' has values of different shapes, \[3\] among them"),
        ({"r": [[1, 2], 3]}, "'r' has values of different shapes, 3 among them"),
        ({"r": [1, [2]]}, r"\[2\], which is not an integer"),
        ({"r": [[1, P], [0, 0]]}, "not below p in size"),
        ({"r": np.zeros((1, 1 << 17), dtype=int)}, "'r' is a group of more than 65536 columns"),
        ({"r": [1.0]}, "1.0, which is not an integer"),
        ({"r": [P]}, "not below p in size"),
        ({"r": [-P]}, "not below p in size"),
        ({3: [1]}, "3, which is no name"),
    ],
)
def test_bad_periodic(periodic, message):
    with pytest.raises(AirError, match=message):
        table(lambda t: t.every_row.boolean(t.now.a), periodic=periodic)
