"""The state of a run between two rows, and what is executed from there on."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from cstark.vm import abi
from cstark.vm.executor import COUNT, FAST, RECORD, restore, watch, watched
from cstark.vm.trace.header import layout
from cstark.vm.trace.inverses import INVERSES, invert
from cstark.vm.trace.planning import RECORDED
from cstark.vm.trace.snapshot import Snapshot
from tests.vm import encode
from tests.vm.guests import Guest, exit_with, li

DATA = 0x0200_0000
BODY = [
    *li(5, DATA), *li(7, 40),
    encode.s("sd", 7, 5, 0), encode.i("ld", 6, 5, 8), encode.i("lh", 8, 5, 7),  # crosses words
    encode.s("sh", 8, 5, 15), encode.i("addi", 5, 5, 8), encode.i("addi", 7, 7, -1),
    encode.b("bne", 7, 0, -24), *exit_with(6),
]  # fmt: skip
EVERYWHERE = (0, abi.END)


def at_row(rows: int, mode: int = COUNT):
    guest = Guest(BODY)
    hart = guest.start(mode=mode)
    assert hart.run(rows) or not rows
    return guest, hart


@pytest.mark.parametrize("rows", [0, 1, 2, 5, 50, 130])
@pytest.mark.parametrize("length", [1, 3, 60, 10**6])
def test_a_part_of_a_run_is_executed_from_its_snapshot(rows, length):
    guest, hart = at_row(rows)
    before = Snapshot.of(hart)
    counted = hart.table_rows
    watch(hart)
    hart.run(length)
    snapshot = before.holding(*watched(hart))
    assert snapshot.rows == rows

    again = guest.start(mode=COUNT)
    pickle.loads(pickle.dumps(snapshot)).restore(again)
    again.run(length)
    assert again.rows == hart.rows and again.halted == hart.halted and again.pc == hart.pc
    assert np.array_equal(again.registers, hart.registers)
    assert np.array_equal(again.register_times, hart.register_times)
    assert np.array_equal(again.table_rows, hart.table_rows - counted)
    words = zip(*again.touched(*EVERYWHERE), strict=True)
    assert set(words) <= set(zip(*hart.touched(*EVERYWHERE), strict=True))


def test_watched_words_are_as_they_were_before():
    _, hart = at_row(23)
    held = dict(zip(*(a.tolist() for a in hart.touched(*EVERYWHERE)[:2]), strict=True))
    seen = dict(zip(*(a.tolist() for a in hart.touched(*EVERYWHERE)[::2]), strict=True))
    watch(hart)
    assert [len(array) for array in watched(hart)] == [0, 0, 0]
    hart.run(40)
    addresses, values, times = (array.tolist() for array in watched(hart))
    assert addresses == sorted(set(addresses)) and len(addresses) > 5
    assert 0 in times and any(times)
    for address, value, time in zip(addresses, values, times, strict=True):
        assert (value, time) == (held.get(address, 0), seen.get(address, 0))
    touched, _, later = (array.tolist() for array in hart.touched(*EVERYWHERE))
    now = 4 * 24
    assert {a for a, t in zip(touched, later, strict=True) if t >= now} == set(addresses)
    watch(hart)  # begins anew
    hart.run(1)
    assert len(watched(hart)[0]) <= 2


def test_watching_has_its_place():
    guest, hart = at_row(3, FAST)
    with pytest.raises(ValueError, match="mode COUNT"):
        watch(hart)
    done = guest.run(mode=COUNT)
    with pytest.raises(ValueError, match="before the run is over"):
        watch(done)


def parts() -> dict:
    _, hart = at_row(20)
    return {
        "rows": 20, "operation": hart.operation, "registers": hart.registers,
        "register_times": hart.register_times,
        **dict(zip(("addresses", "values", "times"), hart.touched(*EVERYWHERE), strict=True)),
    }  # fmt: skip


def changed(name: str, value: int):
    array = parts()[name].copy()
    array[-1] = value
    return array


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rows", 1 << 26, "is at operation"),
        ("operation", 10**6, "at operation 1000000"),
        ("operation", -1, "at operation -1"),
        ("registers", np.zeros(47, np.uint64), "48 registers"),
        ("register_times", np.zeros(49, np.uint64), "48 registers"),
        ("register_times", changed("register_times", 84), "register 47 was accessed at time 84"),
        ("values", np.zeros(1, np.uint64), "an address, a value and a time"),
        ("times", changed("times", 84), "of time 84"),
        ("addresses", changed("addresses", 12), "no word 0xc"),
        ("addresses", changed("addresses", abi.END), "no word 0x80000000"),
        ("addresses", changed("addresses", DATA + 1), "no word 0x2000001"),
    ],
)
def test_states_that_no_run_can_have(name, value, message):
    hart = Guest(BODY).start(mode=COUNT)
    with pytest.raises(ValueError, match=message):
        restore(hart, **{**parts(), name: value})
    assert hart.rows == 0 and not hart.registers.any()
    restore(hart, **parts())
    assert hart.rows == 20


def test_only_a_hart_that_keeps_times_and_has_not_run_is_restored():
    for hart in (Guest(BODY).start(mode=FAST), at_row(1)[1]):
        with pytest.raises(ValueError, match="keeps times is restored before it runs"):
            restore(hart, **parts())


@pytest.mark.parametrize(
    "damage",
    [
        {"packed": b""}, {"packed": b"nothing of the kind"}, {"words": 10**9}, {"words": 3},
    ],
)  # fmt: skip
def test_damaged_snapshots(damage):
    _, hart = at_row(20)
    snapshot = Snapshot.of(hart).holding(*hart.touched(*EVERYWHERE))
    assert snapshot.words > 3
    with pytest.raises(ValueError, match="snapshot"):
        replace(snapshot, **damage).restore(Guest(BODY).start(mode=COUNT))


def test_a_part_that_is_recorded():
    guest, hart = at_row(20)
    before = Snapshot.of(hart)
    watch(hart)
    counted = hart.table_rows
    hart.run(50)
    rows = (hart.table_rows - counted).tolist()
    traces = [
        np.zeros((count, layout(name)["width"]), np.uint64)
        for name, count in zip(RECORDED, rows, strict=True)
    ]
    again = guest.start(mode=RECORD, traces=[t if len(t) else None for t in traces])
    before.holding(*watched(hart)).restore(again)
    again.run(50)
    whole = guest.traces()[1]
    for name, part in zip(RECORDED, traces, strict=True):
        if len(part):
            if name in INVERSES:
                invert(name, part, len(part))
            first = int(counted[RECORDED.index(name)])
            assert np.array_equal(whole[name][first : first + len(part)], part), name
