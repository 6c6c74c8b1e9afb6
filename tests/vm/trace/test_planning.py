"""Rows and heights that a counted run foretells, and which family each row goes to."""

from __future__ import annotations

import numpy as np
import pytest

from cstark import vm
from cstark.errors import TraceError
from cstark.vm import abi
from cstark.vm.executor import COUNT, FAST, RECORD
from cstark.vm.tables import FAMILIES, row_cells, tables_of
from cstark.vm.trace import record
from cstark.vm.trace.header import layout
from cstark.vm.trace.planning import RECORDED, plan
from tests.vm import encode, summing
from tests.vm.guests import Guest, exit_with, li

COUNTDOWN = [*li(5, 20), encode.i("addi", 5, 5, -1), encode.b("bne", 5, 0, -4), *exit_with()]


def rows_of(words: list[int]) -> dict[str, int]:
    guest = Guest([*words, *exit_with()])
    rows = guest.plan(guest.check()).rows
    return {name: rows[name] for name in rows if name in FAMILIES and rows[name]}


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [(1, 2, True), (2, 1, True), (1 << 32, 5, False), (5, 1 << 32, False), (7, 7, True),
     (1 << 32, (1 << 33) - 1, True), (1 << 63, (1 << 63) + 1, True), (1 << 63, 1, False),
     (2**64 - 1, 2**64 - 2, True), (2**64 - 1, 0, False)],
)  # fmt: skip
def test_comparisons_of_equal_high_halves_are_near(a, b, near):
    words = [*li(6, a), *li(7, b)]
    words += [encode.r("sltu", 8, 6, 7), encode.r("slt", 9, 6, 7)]
    for name in ("bltu", "bgeu", "blt", "bge"):
        words += [encode.b(name, 6, 7, 8), encode.NOP]
    rows = rows_of(words)
    assert rows.get("near_set", 0) == (2 if near else 0)
    assert rows.get("near_branch", 0) == (4 if near else 0)
    for name, count in (("set_ltu", 1), ("set_lt", 1), ("branch_ltu", 2), ("branch_lt", 2)):
        assert rows.get(name, 0) == (0 if near else count)


@pytest.mark.parametrize(
    ("name", "family", "size"),
    [("ld", "ld", 8), ("lw", "lw", 4), ("lwu", "lw", 4), ("lh", "sub_load", 2),
     ("lbu", "sub_load", 1), ("sd", "sd", 8), ("sw", "sw", 4), ("sh", "sub_store", 2),
     ("sb", "sub_store", 1)],
)  # fmt: skip
def test_only_misaligned_accesses_go_to_the_general_families(name, family, size):
    words = li(5, 0x2000_0000)
    for offset in range(8):
        words.append(encode.word(name, 6, 5, 6, offset))
    rows = rows_of(words)
    other = "mis_load" if name in encode.LOADS else "mis_store"
    assert rows[family] == 8 // size
    assert rows.get(other, 0) == 8 - 8 // size


def test_rows_add_up():
    guest = Guest(COUNTDOWN)
    hart = guest.run(mode=COUNT)
    planned = guest.plan(hart)
    assert planned.total == hart.rows == sum(planned.rows.get(name, 0) for name in FAMILIES)
    assert planned.rows["addi_inplace"] == planned.rows["branch_zero"] == 20
    assert planned.heights["addi_inplace"] == (32,) and planned.heights["fresh"] == 8
    assert planned.heights["halt"] == (8,) and planned.heights["refresh"] == ()
    traces = record.traces(guest.code, guest.image, b"", planned)
    tables = [found if isinstance(found, list) else [found] for found in traces.values()]
    assert planned.words == sum(table.size for found in tables for table in found)
    heights = {
        name: tuple(map(len, found)) if isinstance(found, list) else len(found)
        for name, found in traces.items()
    }
    assert heights == planned.heights


def test_a_table_that_would_be_too_tall(monkeypatch):
    guest = Guest(COUNTDOWN)
    hart = guest.run(mode=COUNT)
    cells = row_cells(tables_of(guest.code, guest.image))
    del cells["range"]
    monkeypatch.setattr(abi, "MAX_LOG_HEIGHT", 6)
    assert plan(hart, guest.code, guest.image, b"", cells)
    monkeypatch.setattr(abi, "MAX_LOG_HEIGHT", 4)
    with pytest.raises(TraceError, match=r"registers would have 64 rows.*2\^4") as caught:
        plan(hart, guest.code, guest.image, b"", cells)
    assert caught.value.table == "registers"
    del cells["registers"]
    # A family has as many tables as it needs.
    assert plan(hart, guest.code, guest.image, b"", cells).heights["addi_inplace"] == (16, 8)


def test_runs_that_cannot_be_planned():
    guest = Guest(COUNTDOWN)
    cells = row_cells(tables_of(guest.code, guest.image))
    unfinished = guest.start(mode=COUNT)
    unfinished.run(3)
    with pytest.raises(ValueError, match="has not come to its end"):
        plan(unfinished, guest.code, guest.image, b"", cells)
    counted = guest.run(mode=COUNT)
    without = {name: width for name, width in cells.items() if name != "addi_inplace"}
    with pytest.raises(ValueError, match=r"no tables .*addi_inplace"):
        plan(counted, guest.code, guest.image, b"", without)
    with pytest.raises(ValueError, match="keeps no times"):
        plan(guest.run(mode=FAST), guest.code, guest.image, b"", cells)


def test_recording_in_parts_gives_the_same_rows():
    guest = Guest([*li(6, 0x2000_0003), encode.s("sd", 6, 6, 4), encode.r("rem", 7, 6, 6),
                   *COUNTDOWN])  # fmt: skip
    planned = guest.plan(guest.run(mode=COUNT))

    def recorded(part: int) -> list[np.ndarray]:
        traces = [
            np.zeros(
                (planned.height(name) if name in planned.heights else 0, layout(name)["width"]),
                np.uint64,
            )
            for name in RECORDED
        ]
        hart = guest.start(mode=RECORD, traces=traces)
        while hart.run(part):
            pass
        return [*traces, *hart.lookups.values()]

    whole = recorded(10**6)
    for part in (1, 5):
        assert all(np.array_equal(a, b) for a, b in zip(whole, recorded(part), strict=True))


def test_recording_is_measured_on_the_first_rows(monkeypatch):
    program = vm.Program.from_elf(summing.ELF)
    execution = program.run(summing.number(3000))
    asked, real = [], record.invert
    monkeypatch.setattr(record, "SAMPLE", 1000)
    monkeypatch.setattr(
        record, "invert", lambda name, trace, rows: asked.append(rows) or real(name, trace, rows)
    )
    parts = program.code, program.image, summing.number(3000), execution.plan
    assert execution.steps > 2000
    assert record.recording_rate(*parts) > 0
    assert 0 < sum(asked) < 1000  # the branches among them
    short = program.run(b"")
    assert short.steps < 1000
    assert record.recording_rate(program.code, program.image, b"", short.plan) > 0
