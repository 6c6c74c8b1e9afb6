"""Built-in machines leave no cell free without saying so, and say nothing that is not so."""

from __future__ import annotations

import pytest

import cstark as cs
from cstark.machines import BUILT_IN, load
from cstark.vm.tables.equality import BranchZero

CASES = [
    ("add_mul", {"operations": 50, "seed": 3}),
    ("add_mul", {"operations": 0}),
    ("fib_iterative", {"iterations": 9}),
    ("fib_iterative", {"iterations": 0}),
    ("fib_pair", {"log_rows": 5, "sequences": 3}),
    ("keccak", {"text": "free cells"}),
    ("hash_chain", {"log_rows": 3}),
    ("lookup_bench", {"scale": 9}),
    ("network", {"log_rows": 3}),
    ("range_check", {"log_rows": 5, "seed": 3}),
    ("read_only_memory", {"accesses": 60, "seed": 1}),
    ("read_only_memory", {"accesses": 700}),
    ("read_write_memory", {"log_rows": 5}),
    ("register_machine", {"input": 7}),
    ("register_machine", {"input": 0}),
    ("sorting", {"log_rows": 5, "rank": 0}),
    ("sorting", {"log_rows": 7, "seed": 3}),
    ("stack_machine", {"argument": 3}),
    ("stack_machine", {"program": "halt", "argument": 0}),
    ("sudoku", {}),
    ("sudoku", {"puzzle": "0" * 81}),
]
FREE = {"add_mul": {"cpu.a", "cpu.b", "cpu.c", "mul.a", "mul.b"},
        "read_only_memory": {"memory.sorted_value", "memory.sorted_address"},
        "stack_machine": {f"memory.{c}" for c in ("address", "time", "write", "same")},
        }  # fmt: skip
FILLED = {"fib_iterative"}


def test_every_workload_is_here():
    assert {name for name, _ in CASES} == set(BUILT_IN)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_no_cell_is_free_without_a_reason(name, arguments, request):
    cells = 200_000 if request.config.getoption("--nightly") else 6_000
    report = load(name)(**arguments).check(mutate=cells)
    assert report, str(report)
    free = {f"{c.table}.{c.column}" for c in report.mutations.free}
    if name in FILLED:  # tables of instructions: rows without one are free
        assert all(c.reason for c in report.mutations.free)
    else:
        assert free <= FREE.get(name, set())


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


def _made(given):
    """The traces of a table, of which there may be several, or none."""
    traces = given if isinstance(given, list) else [given]
    return [trace() if callable(trace) else trace for trace in traces]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_every_public_value_is_bound(name, arguments):
    workload = load(name)(**arguments)
    prepared = workload.prepare()
    _, statement = workload.read_statement(prepared.claim)
    machine = cs.Machine(statement.tables, workload.default_options())
    given = machine.statement(statement.publics, tokens=statement.tokens).publics
    for number, description in enumerate(machine.descriptions):
        publics = list(given.get(description.name, ()))
        program = machine.proving_key.programs.check(number)
        for trace in _made(prepared.traces.get(description.name, [])):
            assert not program.violations(trace, description.preprocessed, publics)
        # a table with public values stands once, so `trace` is its only one
        for k, value in enumerate(publics):
            for new in ((value + 1) % cs.P, cs.P // 3, int(value == 0)):
                changed = [*publics[:k], new, *publics[k + 1 :]]
                if new != value and not program.violations(
                    trace, description.preprocessed, changed
                ):
                    label = description.public_names[k].partition("[")[0]
                    assert label == FREE_PUBLICS.get(name), (name, k, value, new)


class _WithoutInverse(BranchZero):
    """Branches whose inverse may be anything: nothing sends a register of zeros to `next`."""

    def work(self, t, n):
        t.every_row.zero((n.to - n.imm0) * (n.a[0] + n.a[1]))


def test_a_missing_constraint_is_found():
    workload = load("fib_iterative")(iterations=9)
    prepared = workload.prepare()
    _, statement = workload.read_statement(prepared.claim)
    options = workload.default_options()
    machine = cs.Machine({**statement.tables, "branch_zero": _WithoutInverse()}, options)
    report = machine.check(
        prepared.traces,
        statement.publics,
        tokens=statement.tokens,
        mutate=6_000,
    )
    assert report.valid and not report
    found = {(c.table, c.column) for c in report.mutations.free if not c.reason}
    assert found == {("branch_zero", "i")}
