"""Timestamped memory: random programs, and each equation with a memory that forgets."""

from __future__ import annotations

import numpy as np
import pytest
from attack import Case

import cstark as cs
from cstark.gadgets import Limbs, Memory, RangeTable

P = cs.P
GAP = Limbs(10, 5)


class Program(cs.Air):
    """Accesses in the order of time; what the last one found is public."""

    columns = ("time", "on", "address", "value", "write")
    publics = ("found",)

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        t.first_row.zero(now.time)
        t.transition.equal(t.next.time, now.time + 1)
        t.every_row.boolean(now.write)
        t.every_row.boolean(now.on)
        t.send(
            "memory", [now.address, now.time, now.value, now.write], count=now.on, name="accesses"
        )
        t.last_row.equal(now.value, t.publics.found)


# address, value, write; the row of address 99 is no access
ACCESSES = [(5, 7, 1), (5, 7, 0), (9, 0, 0), (99, 0, 0), (9, 3, 1), (5, 8, 1), (9, 3, 0), (5, 8, 0)]


def program(accesses: list[tuple[int, int, int]]) -> np.ndarray:
    return np.array(
        [[time, a != 99, a, v, w] for time, (a, v, w) in enumerate(accesses)], dtype=np.uint64
    )


def traces_of(memory: Memory, trace: np.ndarray) -> dict[str, np.ndarray]:
    time, on, address, value, write = trace.T
    kept = on == 1
    sorted_ = memory.trace(address[kept], time[kept], value[kept], write[kept])
    gaps = GAP.sent(memory.view(sorted_).gap)
    return {"program": trace, "memory": sorted_, "range": RangeTable(5).trace(gaps)}


def case() -> Case:
    memory = Memory(GAP)
    tables = {"program": Program(), "memory": memory, "range": RangeTable(5)}
    return Case(tables, traces_of(memory, program(ACCESSES)), {"program": [8]})


@pytest.mark.parametrize("seed", range(3))
def test_random_programs(seed):
    rng = np.random.default_rng(seed)
    cells: dict[int, int] = {}
    accesses = []
    for _ in range(32):
        address, write = int(rng.integers(6)) ** 3, int(rng.integers(2))
        if write:
            cells[address] = int(rng.integers(P, dtype=np.uint64))
        accesses.append((address, cells.get(address, 0), write))
    memory = Memory(GAP)
    tables = {"program": Program(), "memory": memory, "range": RangeTable(5)}
    assert Case(tables, traces_of(memory, program(accesses)), {"program": [accesses[-1][1]]})


def forged(accesses, change, *culprits: str, found: int, bus: str = "") -> None:
    """A program whose memory is as `trace` sorts it, and then changed."""
    honest = case()
    memory = honest.tables["memory"]
    traces = traces_of(memory, program(accesses))
    cells = memory.view(traces["memory"])
    change(cells)
    sent = GAP.sent(cells.gap)
    traces["range"] = RangeTable(5).trace(sent[sent < 32])
    unused = {"range": RangeTable(5).trace([])} if bus else {}
    honest.forged(traces, *culprits, bus=bus, publics={"program": [found]}, repaired=unused)


def order(cells, rows: list[int], steps: list[int]) -> None:
    """Put the accesses in this order, with these steps, in limbs where they fit."""
    for name in ("address", "time", "value", "write", "used"):
        cells[name] = cells[name][rows].copy()
    cells.step = np.array([s % P for s in steps], dtype=np.uint64)
    for row, step in enumerate(steps):
        step %= P
        cells.gap[row] = [step % 32, step // 32] if step < 1 << 10 else [step, 0]


WRONG = [*ACCESSES[:-1], (5, 7, 0)]  # the last read finds what was there before


def test_a_read_of_another_value():
    forged(WRONG, lambda cells: None, "what was there is read", found=7)


def test_a_cell_that_does_not_begin_with_zero():
    accesses = list(ACCESSES)
    accesses[-1] = (800, 5, 0)
    forged(accesses, lambda cells: None, "cells begin with 0", found=5)


# sorted: 5 at 0 1 5 7, 9 at 2 4 6, padding


def test_a_read_before_its_write():
    def change(cells):
        order(cells, [0, 1, 3, 2, 4, 5, 6, 7], [0, 0, 5, -3, 3, 1, 1, 0])
        cells.same = [0, 1, 1, 1, 0, 1, 1, 0]

    forged(WRONG, change, "limb", found=7, bus="range")


def test_a_step_that_is_not_the_difference():
    def change(cells):
        order(cells, [0, 1, 3, 2, 4, 5, 6, 7], [0, 0, 5, 0, 3, 1, 1, 0])
        cells.same = [0, 1, 1, 1, 0, 1, 1, 0]

    forged(WRONG, change, "order", found=7)


def test_limbs_of_another_step():
    def change(cells):
        order(cells, [0, 1, 3, 2, 4, 5, 6, 7], [0, 0, 5, -3, 3, 1, 1, 0])
        cells.same = [0, 1, 1, 1, 0, 1, 1, 0]
        cells.gap[3] = 0

    forged(WRONG, change, "sum of limbs", found=7)


def test_a_cell_with_two_lives():
    """The last read begins address 5 again, and finds 0."""

    def change(cells):
        order(cells, [0, 1, 2, 4, 5, 6, 3, 7], [0, 0, 3, 3, 1, 1, -5, 0])
        cells.same = [0, 1, 1, 0, 1, 1, 0, 0]

    forged([*ACCESSES[:-1], (5, 0, 0)], change, "limb", found=0, bus="range")


def test_a_cell_of_another_address():
    """A read of address 9 said to be in the life of address 5."""

    accesses = [(5, 7, 1), (5, 7, 0), (5, 8, 1), (99, 0, 0), (99, 0, 0), (99, 0, 0), (99, 0, 0)]

    def one_life(cells):
        order(cells, list(range(8)), [0, 0, 0, 4, 0, 0, 0, 0])
        cells.same = [0, 1, 1, 1, 0, 0, 0, 0]

    forged([*accesses, (9, 8, 0)], one_life, "the same address", found=8)


def test_the_first_row_has_no_row_above():
    accesses = [(99, 0, 0)] * 7

    def change(cells):
        cells.same[0] = 1

    forged([*accesses, (5, 77, 0)], change, "a cell begins in the first row", found=77)


def test_a_flag_of_two():
    """A write 4 later than the access above passes for one that is 8 later."""

    def change(cells):
        cells.same[2], cells.step[2], cells.gap[2] = 2, 7, [7, 0]

    forged(ACCESSES, change, "same is a flag", found=8)


def test_padding_between_accesses():
    """A write that nobody sent, in a row that is not in use."""

    def change(cells):
        order(cells, [0, 1, 2, 7, 3, 4, 5, 6], [0, 0, 3, 0, 1, 3, 1, 1])
        cells.used = [1, 1, 1, 0, 1, 1, 1, 1]
        cells.same = [0, 1, 1, 1, 1, 0, 1, 1]
        cells.address[3], cells.time[3], cells.value[3], cells.write[3] = 5, 5, 666, 1

    forged([*ACCESSES[:-1], (5, 666, 0)], change, "padding comes last", found=666)


def test_an_access_that_was_not_received():
    honest = case()
    traces = honest.traces()
    traces["program"][-1, 3] = 7
    memory = traces["memory"]
    cells = honest.tables["memory"].view(memory)
    unused = np.zeros_like(memory)
    honest.forged(
        traces,
        "accesses",
        bus="memory",
        publics={"program": [7]},
        repaired={"memory": unused, "range": RangeTable(5).trace(GAP.sent(unused[:, -2:]))},
    )
    assert cells.used.sum() == 7


def test_free_cells_of_the_order():
    """Other cells that would not make a statement false, held so that none is free."""

    def first(cells):
        cells.step[0], cells.gap[0] = 3, [3, 0]

    def padding(cells):
        cells.step[7], cells.gap[7] = 3, [3, 0]

    forged(ACCESSES, first, "no step above the first row", found=8)
    forged(ACCESSES, padding, "no step in padding", found=8)


def test_only_padding_is_free():
    """The other free cells are those of the program's row that makes no access."""
    honest = case()
    report = cs.Machine(honest.tables).check(honest.honest, honest.publics, mutate=200)
    found = {(free.table, free.column) for free in report.mutations.unexplained}
    assert not {column for table, column in found if table == "memory"}
    assert found


def test_bad_arguments_are_named():
    with pytest.raises(cs.AirError, match="gap must be Limbs, not 16"):
        Memory(16)
    with pytest.raises(cs.AirError, match="gap has 33 bits"):
        Memory(Limbs(33))
    memory = Memory(GAP)
    with pytest.raises(cs.TraceError, match="two accesses to address 4 at time 2"):
        memory.trace([4, 4], [2, 2], [0, 0], [0, 0])
    with pytest.raises(cs.TraceError, match="lengths"):
        memory.trace([4, 4], [2], [0, 0], [0, 0])
    with pytest.raises(cs.TraceError, match="1025 between neighbours does not fit in 10 bits"):
        memory.trace([0, 1025], [0, 0], [0, 0], [0, 0])
    with pytest.raises(cs.TraceError, match="not below p"):
        memory.trace([P], [0], [0], [0])
    assert memory.trace([], [], [], []).shape[0] == 8
