"""What is written into a trace by name arrives as it is, or is refused."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs


class Pair(cs.Air):
    columns = {"x": (), "y": (2,)}

    def constrain(self, t):
        t.every_row.zero(t.now.x)


AIR = Pair()


def written(value, name="x", dtype=np.uint64):
    trace = np.zeros((8, 3), dtype=dtype)
    setattr(AIR.view(trace), name, value)
    return trace


@pytest.mark.parametrize(
    "value",
    [
        range(8),
        list(range(8)),
        np.arange(8),
        np.arange(8, dtype=np.int8),
        np.arange(8).astype(">u4"),
        np.arange(8).astype(object),
        7,
        np.uint64(2**64 - 1),
        [True] * 8,
        [2**63, 2, 3, 4, 5, 6, 7, 0],
        [1 << 40, np.uint8(3), 0, 0, 0, 0, 0, 1],
    ],
)
def test_integers_of_any_kind_are_written(value):
    expected = [int(x) for x in np.broadcast_to(np.array(value, dtype=object), (8,))]
    assert written(value)[:, 0].tolist() == expected


def test_a_group_broadcasts():
    assert written([3, 4], "y").tolist() == [[0, 3, 4]] * 8
    assert written(np.arange(8)[:, None], "y")[5].tolist() == [0, 5, 5]


@pytest.mark.parametrize(
    "value, message",
    [
        (1.5, "float64 holds no integers"),
        (2.0, "float64 holds no integers"),
        (np.linspace(0, 1, 8), "float64 holds no integers"),
        ([1, 2, 3, 4, 5, 6, 7, 0.5], "0.5 is no integer"),
        ("7", "holds no integers"),
        (None, "None is no integer"),
        ([None] * 8, "None is no integer"),
        (1j, "complex128 holds no integers"),
        (-1, "negative values wrap around"),
        (np.arange(8) - 4, "negative values wrap around"),
        ([2**63, -1, 0, 0, 0, 0, 0, 0], "negative values wrap around"),
        (np.arange(7), r"shape \(7,\)"),
        (2**64, "18446744073709551616 does not fit dtype uint64"),
        (np.ma.masked_array(np.arange(8), np.arange(8) == 3), "masked cells"),
    ],
)
def test_what_would_lose_something_is_refused(value, message):
    with pytest.raises(cs.TraceError, match=message) as caught:
        written(value)
    assert "table 'Pair': column 'x' cannot be assigned" in str(caught.value)
    assert caught.value.column == "x" and caught.value.table == "Pair"


def test_numbers_and_slices_are_checked_alike():
    trace = AIR.zeros(8)
    view = AIR.view(trace)
    view[1] = 5
    view[1:] = 6
    assert trace[0].tolist() == [0, 6, 6]
    for key in (1, slice(1, 3)):
        with pytest.raises(cs.TraceError, match="float64 holds no integers"):
            view[key] = 0.5
        with pytest.raises(cs.TraceError, match="negative"):
            view[key] = -1


def test_other_traces_take_what_numpy_writes_into_them():
    assert written(-3, dtype=np.int64)[0, 0] == -3
    assert written(2**70, dtype=object)[0, 0] == 2**70
    with pytest.raises(cs.TraceError, match="float64"):
        written(0.5, dtype=np.int64)
    with pytest.raises(cs.TraceError, match="300 does not fit dtype uint8"):
        written(300, dtype=np.uint8)


def test_zeros_says_what_it_takes():
    with pytest.raises(cs.AirError, match=r"of a table, not of its class: write Memory\(\).zeros"):
        Pair.zeros(8)
    with pytest.raises(cs.TraceError, match="from 8 to "):
        AIR.zeros(2**60)


def test_a_wrong_trace_does_not_load_numpy_ma():
    import subprocess
    import sys

    code = """
import sys, numpy as np, cstark as cs
class A(cs.Air):
    columns = ("x",)
    def constrain(self, t):
        t.transition.equal(t.next.x, 2 * t.now.x)
machine = cs.Machine({"a": A()}, cs.Options(queries=2, grinding=0))
machine.prove({"a": cs.goldilocks.powers(2, 8).reshape(8, 1)})
cs.goldilocks.add([1, 2], 3)
assert "numpy.ma" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
