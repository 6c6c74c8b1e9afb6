"""Under-constrained tables: each is found, and without what was left out nothing is."""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark.gadgets import RangeTable
from tests.check.rank_support import Poseidon2Rounds, gallery, poseidon2, without


def undetermined(report: cs.CheckReport) -> set[str]:
    assert report.valid, str(report)
    found = {f"{one.table}.{one.columns[0]}" for one in report.rank.undetermined}
    assert bool(report) == (not found and bool(report.mutations))
    return found


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ("cube 1", "rounds.cube[1]"),
        ("power 0", "rounds.power[0]"),
        ("mix 2", "rounds.state[2]"),
        ("", ""),
    ],
)
def test_a_round_of_poseidon2(left_out, expected):
    trace, publics = poseidon2()
    air = without(Poseidon2Rounds(), left_out) if left_out else Poseidon2Rounds()
    machine = cs.Machine({"rounds": air})
    report = machine.check({"rounds": trace}, {"rounds": publics}, mutate=1)
    assert undetermined(report) == ({expected} if expected else set())
    # one cell at a time shows nothing of it but its sign, where only its square is read, and what
    # is free in the last row, after which nothing comes
    cells = [cell for column in report.mutations.free for cell in column.examples]
    assert {cell.row for cell in cells if cell.change != "negated"} <= {15}
    assert {cell.column for cell in cells if cell.row < 15} <= {expected.removeprefix("rounds.")}
    for one in report.rank.undetermined:
        assert one.new and one.new != one.old and not one.ranges


PLANTS = {
    "no sum": ("add_mul", {"operations": 50}, "add", {"names": ["now.c"]}, {"cpu.c"}),
    "a register may change": (
        "register_machine",
        {"input": 7},
        "processor",
        {"names": ["registers after"]},
        {f"processor.registers[{k}]" for k in range(4)},
    ),
    "no result": (
        "register_machine",
        {"input": 7},
        "processor",
        {"names": ["result"]},
        {"processor.result"},
    ),
    "no operand": (
        "register_machine",
        {"input": 7},
        "processor",
        {"names": ["x"]},
        {"processor.x"},
    ),
    "a memory that forgets": (
        "read_write_memory",
        {"log_rows": 5},
        "memory",
        {"names": ["what was there is read"]},
        {"sequence.inverse"},
    ),
    "numbers need not grow": (
        "sorting",
        {"log_rows": 5},
        "sorted",
        {"names": ["keys grow"]},
        {"sorted.step", *(f"sorted.gap[{k}]" for k in range(4))},
    ),
    "jumps anywhere": (
        "fib_iterative",
        {"iterations": 9},
        "branch_zero",
        {"names": ["not zero: taken"]},
        {"branch_zero.to", "branch_zero.i"},
    ),
}


class _SumsOfAnything(cs.Air):
    """`add_mul.Adder` without its equation."""

    columns = ("a", "b", "c", "count")

    def constrain(self, t):
        now = t.now
        t.receive("add", [now.a, now.b, now.c], count=now.count)

    def free_cells(self, cells):
        return [cs.FreeCells(("a", "b", "c"), cells.count == 0, "idle")]


@pytest.mark.parametrize("plant", PLANTS)
def test_a_built_in_machine_less_a_constraint(plant):
    name, arguments, table, how, expected = PLANTS[plant]

    def change(air):
        return _SumsOfAnything() if name == "add_mul" else without(air, *how["names"])

    machine, traces, publics, tokens = gallery(name, arguments, table, change)
    found = undetermined(machine.check(traces, publics, tokens=tokens, mutate=1))
    assert expected & found, found
    assert {column.partition(".")[0] for column in found} <= {e.partition(".")[0] for e in expected}
    machine, traces, publics, tokens = gallery(name, arguments)
    assert not undetermined(machine.check(traces, publics, tokens=tokens, mutate=1))


@pytest.mark.parametrize("place", range(7))
def test_a_byte_that_is_not_looked_up(place):
    """Over the integers: the other bytes can be told apart only if all of them are bytes."""
    machine, traces, publics, tokens = gallery(
        "range_check",
        {"log_rows": 5},
        "generator",
        lambda air: without(air, bus="range", place=place),
    )
    others = [k for k in range(7) if k != place]
    traces["range"] = RangeTable(8).trace(traces["generator"][:, others])
    report = machine.check(traces, publics, tokens=tokens, mutate=1)
    assert undetermined(report)
    assert all(one.ranges and one.new for one in report.rank.undetermined)
    machine, traces, publics, tokens = gallery("range_check", {"log_rows": 5})
    report = machine.check(traces, publics, tokens=tokens, mutate=1)
    assert not undetermined(report)
    (held,) = report.rank.held
    assert held.searched and len(held.columns) == 7


@pytest.mark.nightly
def test_keccak_less_chi():
    machine, traces, publics, _ = gallery(
        "keccak", {"text": "abc"}, "keccak", lambda air: without(air, "chi, iota")
    )
    found = undetermined(machine.check(traces, publics, mutate=1))
    assert found and all(column.startswith("keccak.out") for column in found)


def test_what_is_shown_holds():
    """The second row of an example, put in the place of the first, passes a full check."""

    class Split(cs.Air):
        columns = ("low", "high", "square")
        preprocessed = ("whole",)

        def preprocessed_trace(self):
            return np.full((8, 1), 1000, dtype=np.uint64)

        def constrain(self, t):
            now = t.now
            t.every_row.equal(now.low + 256 * now.high, t.preprocessed.whole)
            t.every_row.equal(now.square, now.low * now.low)

    trace = np.full((8, 3), (1000 % 256, 1000 // 256, (1000 % 256) ** 2), dtype=np.uint64)
    machine = cs.Machine({"split": Split()})
    report = machine.check({"split": trace}, mutate=1)
    assert undetermined(report) and not report.mutations.free
    (one,) = report.rank.undetermined
    assert set(one.columns) == {"low", "high", "square"}
    for column, old, new in zip(one.columns, one.old, one.new, strict=True):
        place = ("low", "high", "square").index(column)
        assert trace[one.row, place] == old != new
        trace[one.row, place] = new
    assert machine.check({"split": trace}).valid
    with pytest.raises(cs.TraceError, match=r"'low'|'high'|'square'") as refused:
        report.raise_for_failure()
    assert refused.value.row == one.row and refused.value.table == "split"
