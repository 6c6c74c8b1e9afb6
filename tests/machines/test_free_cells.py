"""Built-in machines leave no cell free without saying so, and say nothing that is not so."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark.machines import BUILT_IN, load
from cstark.machines.rv64.cpu import Cpu

CASES = [
    ("add_mul", {"operations": 50, "seed": 3}),
    ("add_mul", {"operations": 0}),
    ("fib_iterative", {"iterations": 9}),
    ("fib_iterative", {"iterations": 0}),
    ("fib_pair", {"log_rows": 5, "sequences": 3}),
    ("keccak", {"text": "free cells"}),
    ("lookup_bench", {"scale": 9}),
    ("range_check", {"log_rows": 5, "seed": 3}),
    ("read_only_memory", {"accesses": 60, "seed": 1}),
    ("read_only_memory", {"accesses": 700}),
    ("read_write_memory", {"log_rows": 5}),
    ("register_machine", {"input": 7}),
    ("register_machine", {"input": 0}),
    ("sorting", {"log_rows": 5, "rank": 0}),
    ("sorting", {"log_rows": 7, "seed": 3}),
]
FREE = {"add_mul": {"cpu.a", "cpu.b", "cpu.c", "mul.a", "mul.b"},
        "read_only_memory": {"memory.sorted_value", "memory.sorted_address"}}  # fmt: skip


def test_every_workload_is_here():
    assert {name for name, _ in CASES} == set(BUILT_IN)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_no_cell_is_free_without_a_reason(name, arguments, request):
    cells = 200_000 if request.config.getoption("--nightly") else 6_000
    report = load(name)(**arguments).check(mutate=cells)
    assert report, str(report)
    assert {f"{c.table}.{c.column}" for c in report.mutations.free} <= FREE.get(name, set())


@pytest.mark.parametrize("name", FREE)
def test_what_is_said_to_be_free_is_free(name):
    found = set()
    for case, arguments in CASES:
        if case == name:
            free = load(name)(**arguments).check(mutate=1).mutations.free
            found |= {f"{c.table}.{c.column}" for c in free}
    assert found == FREE[name]


# Which of eight public values is 1 says at which byte the padding starts. The claim's reader makes
# them from the length, so they are never anything else; the table relies on that.
FREE_PUBLICS = {"keccak": "pad_byte"}


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_every_public_value_is_bound(name, arguments):
    workload = load(name)(**arguments)
    prepared = workload.prepare()
    _, statement = workload.read_statement(prepared.claim)
    machine = cs.Machine(statement.tables)
    for number, description in enumerate(machine.descriptions):
        trace = prepared.traces[description.name]
        trace = trace() if callable(trace) else trace
        publics = list(statement.publics.get(description.name, ()))
        program = machine.proving_key.programs.check(number)
        assert not program.violations(trace, description.preprocessed, publics)
        for k, value in enumerate(publics):
            for new in ((value + 1) % cs.P, cs.P // 3, int(value == 0)):
                changed = [*publics[:k], new, *publics[k + 1 :]]
                if new != value and not program.violations(
                    trace, description.preprocessed, changed
                ):
                    label = description.public_names[k].partition("[")[0]
                    assert label == FREE_PUBLICS.get(name), (name, k, value, new)


class _WithoutComparison(Cpu):
    """The processor, with an inverse that may be anything."""

    def _comparison(self, t):
        now = t.now
        distance = ((now.a - now.b) ** 2).sum()
        t.every_row.equal(distance * now.inverse, now.differ)
        t.every_row.zero((1 - now.differ) * distance)


def test_a_missing_constraint_is_found():
    workload = load("fib_iterative")(iterations=9)
    prepared = workload.prepare()
    _, statement = workload.read_statement(prepared.claim)
    machine = cs.Machine({**statement.tables, "cpu": _WithoutComparison()})
    report = machine.check(prepared.traces, statement.publics, mutate=6_000)
    assert report.valid and not report
    assert {(c.table, c.column) for c in report.mutations.free} == {("cpu", "inverse")}
