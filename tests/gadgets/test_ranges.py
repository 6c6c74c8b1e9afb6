"""Ranges: numbers in limbs, and what each lookup of a limb is for."""

from __future__ import annotations

import numpy as np
import pytest
from attack import Case

import cstark as cs
from cstark.gadgets import Limbs, RangeTable

ROWS = 8


class Numbers(cs.Air):
    """A number a row, the last of which is public."""

    publics = ("last",)

    def __init__(self, limbs: Limbs) -> None:
        self.limbs = limbs
        self.columns = {"x": (), "limbs": limbs.shape}

    def constrain(self, t: cs.Table) -> None:
        self.limbs.state(t, t.now.x, t.now.limbs)
        t.last_row.equal(t.now.x, t.publics.last)


def case(limbs: Limbs, values: np.ndarray) -> Case:
    parts = limbs.split(values)
    table = RangeTable(limbs.bits)
    return Case(
        {"numbers": Numbers(limbs), "range": table},
        {"numbers": np.column_stack([values, parts]), "range": table.trace(limbs.sent(parts))},
        {"numbers": [int(values[-1])]},
    )


@pytest.mark.parametrize("bits", [3, 4, 5, 8])
@pytest.mark.parametrize("width", [1, 3, 4, 8, 20, 32, 33, 62, 63])
def test_every_width_splits_and_joins(width, bits):
    limbs = Limbs(width, bits)
    top = (1 << width) - 1
    values = np.array([0, 1, top, top >> 1, top // 3, top, 0, top], dtype=np.uint64)
    parts = limbs.split(values)
    joined = [sum(int(v) << bits * i for i, v in enumerate(row)) for row in parts]
    assert joined == values.tolist()
    assert int(limbs.sent(parts).max()) < 1 << bits


@pytest.mark.parametrize(("width", "bits"), [(1, 3), (8, 8), (20, 8), (63, 8), (63, 4)])
def test_the_largest_number_passes_and_the_next_does_not(width, bits):
    limbs, top = Limbs(width, bits), (1 << width) - 1
    honest = case(limbs, np.full(ROWS, top, dtype=np.uint64))
    traces = honest.traces()
    cells = traces["numbers"]
    cells[-1, 0] = top + 1
    # the lower limbs stay; the highest one has one more bit, or is one more than a limb
    cells[-1, 1:] = 0
    cells[-1, -1] = (top + 1) >> bits * (limbs.shape[0] - 1)
    scale = 1 << (-width % bits)
    in_range = [v for v in limbs.sent(cells[:, 1:]).tolist() if v < 1 << bits]
    traces["range"] = RangeTable(bits).trace(in_range)
    honest.forged(
        traces,
        "limb" if scale == 1 else "highest limb",
        bus="range",
        publics={"numbers": [top + 1]},
        repaired={"range": RangeTable(bits).trace(cells[:, 1:] if scale > 1 else [])},
    )


def test_a_fraction_for_the_highest_limb():
    """Scaled, it is in the table; as it stands, it is not: why it is looked up twice."""
    limbs = Limbs(20, 8)
    honest = case(limbs, np.arange(ROWS, dtype=np.uint64))
    traces = honest.traces()
    fraction = pow(16, -1, cs.P)
    traces["numbers"][-1] = [fraction * 2**16 % cs.P, 0, 0, fraction]
    sent = [*limbs.sent(traces["numbers"][:-1, 1:]).tolist(), 0, 0, 1]
    traces["range"] = RangeTable(8).trace(sent)
    scaled = (traces["numbers"][:-1, -1] * np.uint64(16)).tolist()
    honest.forged(
        traces,
        "limb",
        bus="range",
        publics={"numbers": [fraction * 2**16 % cs.P]},
        repaired={"range": RangeTable(8).trace([*scaled, 1])},
    )


def test_limbs_of_another_number():
    honest = case(Limbs(20, 8), np.arange(ROWS, dtype=np.uint64))
    traces = honest.traces()
    traces["numbers"][-1, 0] = cs.P - 1
    honest.forged(traces, "sum of limbs", publics={"numbers": [cs.P - 1]})


def test_lookups_of_some_rows_only():
    limbs = Limbs(10, 4)

    class Some(cs.Air):
        columns = {"on": (), "x": (), "limbs": limbs.shape}

        def constrain(self, t: cs.Table) -> None:
            t.every_row.boolean(t.now.on)
            limbs.state(t, t.now.x, t.now.limbs, count=t.now.on)

    x = np.arange(ROWS, dtype=np.uint64) * np.uint64(100)
    parts, on = limbs.split(x), np.arange(ROWS) % 2
    table = RangeTable(4)
    traces = {
        "some": np.column_stack([on.astype(np.uint64), x, parts]),
        "range": table.trace(limbs.sent(parts[on == 1])),
    }
    traces["some"][0, 1:] = [5000, 5000, 0, 0]  # not looked up
    assert Case({"some": Some(), "range": table}, traces)


def test_numbers_of_any_type_are_taken():
    """NumPy makes floats of a list with numbers above and below 2^63."""
    top = (1 << 63) - 1
    assert Limbs(63, 21).split([top, 0, 5])[0].tolist() == [(1 << 21) - 1] * 3
    for dtype in (bool, np.uint8, ">u4", object):
        assert RangeTable(3).trace(np.array([1, 0, 1], dtype=dtype))[:2, 0].tolist() == [1, 2]
    assert RangeTable(3).trace([]).sum() == 0
    with pytest.raises(cs.TraceError, match="has more than 63 bits"):
        Limbs(63).split([1 << 63, 0])
    with pytest.raises(cs.TraceError, match="is not from 0 to 2"):
        Limbs(63).split([1 << 64, 0])
    with pytest.raises(cs.TraceError, match="not integers"):
        Limbs(63).split([0.5, 0])


def test_bad_arguments_are_named():
    for bits in (2, 25, 8.0, True, "8"):
        with pytest.raises(cs.AirError, match="RangeTable: bits must be an integer from 3 to 24"):
            RangeTable(bits)
    with pytest.raises(cs.AirError, match="Limbs: width must be an integer from 1 to 63, not 64"):
        Limbs(64)
    with pytest.raises(cs.AirError, match="Limbs: bits"):
        Limbs(8, 2)
    with pytest.raises(cs.TraceError, match="256 is not in the table"):
        RangeTable(8).trace([0, 256])
    with pytest.raises(cs.TraceError, match="-1 is negative"):
        RangeTable(8).trace(np.array([-1]))
    with pytest.raises(cs.TraceError, match="not integers"):
        RangeTable(8).trace(np.array([0.5]))
    with pytest.raises(cs.TraceError, match="1024 has more than 10 bits"):
        Limbs(10).split([1024])
    with pytest.raises(cs.TraceError, match="must have 2 limbs"):
        Limbs(10).sent(np.zeros((8, 3), dtype=np.uint64))
    with pytest.raises(cs.AirError, match="3 limbs, but 10 bits in limbs of 8 are 2"):
        Limbs(10).state(None, 0, [0, 0, 0])


class OfLimbs(cs.Air):
    """A number without a column of its own."""

    columns = {"limbs": (2,), "twice": ()}

    def constrain(self, t: cs.Table) -> None:
        t.every_row.equal(t.now.twice, 2 * Limbs(10, 8).number(t, t.now.limbs), name="twice")


def test_the_number_of_limbs():
    limbs = Limbs(10, 8)
    x = np.arange(8, dtype=np.uint64) * 146
    split = limbs.split(x)
    traces = {"numbers": np.column_stack([split, 2 * x])}
    machine = cs.Machine({"numbers": OfLimbs(), "range": RangeTable(8)})
    traces["range"] = RangeTable(8).trace(limbs.sent(split))
    assert np.array_equal(machine.count(traces, "range"), traces["range"][:, 0])
    honest = Case({"numbers": OfLimbs(), "range": RangeTable(8)}, traces)
    false = honest.traces()
    false["numbers"][5] = [0, 4, 2 * 1024]  # eleven bits: the highest limb is looked up twice
    false["range"] = RangeTable(8).trace(
        np.append(limbs.sent(false["numbers"][:5, :2]), limbs.sent(false["numbers"][6:, :2]))
    )
    false["range"][[0, 4], 0] += np.uint64(1)
    honest.forged(
        false,
        "highest limb",
        bus="range",
        repaired={"range": RangeTable(8).trace(false["numbers"][:, :2])},
    )
    with pytest.raises(cs.AirError, match="Limbs: 3 limbs"):
        limbs.number(None, [0, 0, 0])
