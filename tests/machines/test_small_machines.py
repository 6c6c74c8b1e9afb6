"""The small machines against the exact oracle: true traces hold, every changed cell is noticed."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from cstark.air import describe
from cstark.errors import StatementError
from cstark.machines import BUILT_IN, load
from cstark.machines.add_mul import AddMul
from cstark.machines.fib_pair import FibPair, advance, fibonacci_trace
from cstark.machines.read_only_memory import ReadOnlyMemory
from cstark.workload.claim import encode_claim
from tests.oracles.plain_check import imbalances, violations

P = 2**64 - 2**32 + 1

WORKLOADS = [
    FibPair(log_rows=3, sequences=1),
    FibPair(log_rows=5, sequences=3),
    AddMul(operations=0),
    AddMul(operations=1, seed=1),
    AddMul(operations=8, seed=2),
    AddMul(operations=100, seed=3),
    ReadOnlyMemory(accesses=1),
    ReadOnlyMemory(accesses=8, seed=1),
    ReadOnlyMemory(accesses=50, seed=2),
]


def read(workload):
    """Statement, descriptions and traces of a workload."""
    prepared = workload.prepare()
    _, statement = workload.read_statement(prepared.claim)
    traces = {
        name: trace() if callable(trace) else trace for name, trace in prepared.traces.items()
    }
    descriptions = {name: describe(name, air) for name, air in statement.tables.items()}
    return statement, descriptions, traces


def wrong(statement, descriptions, traces):
    """Whether the oracle objects."""
    for name, description in descriptions.items():
        if violations(description, traces[name], statement.publics.get(name, ())):
            return True
    return bool(imbalances(descriptions, traces, statement.publics, statement.tokens))


@pytest.mark.parametrize("workload", WORKLOADS, ids=str)
def test_true_traces_hold(workload):
    statement, descriptions, traces = read(workload)
    assert set(traces) == set(statement.tables)
    for name, trace in traces.items():
        assert trace.dtype == np.uint64
        assert trace.flags.c_contiguous
        assert int(trace.max()) < P
        assert trace.shape[1] == descriptions[name].width
        assert len(trace) >= 8
        assert len(trace) & (len(trace) - 1) == 0
        assert descriptions[name].rows in (None, len(trace))
        assert descriptions[name].degree <= 3
    assert not wrong(statement, descriptions, traces)


def free_cells(traces):
    """Cells that may grow by one unnoticed; each machine's docstring says why."""
    if "cpu" in traces:
        idle = np.flatnonzero(traces["cpu"][:, :2].sum(axis=1) == 0)
        unused = np.flatnonzero(traces["mul"][:, 3] == 0)  # 1 * 0 = 0 as well
        return {("cpu", row, column) for row in idle for column in (2, 3, 4)} | {
            ("mul", row, column) for row in unused for column in (0, 1)
        }
    if "memory" in traces and traces["memory"][-1, 4] == 0:
        return {("memory", len(traces["memory"]) - 1, 2)}  # one more cell, never read
    return set()


@pytest.mark.parametrize(
    "workload",
    [FibPair(log_rows=3, sequences=2), AddMul(operations=5), ReadOnlyMemory(accesses=7)],
    ids=str,
)
def test_every_changed_cell_is_noticed(workload):
    statement, descriptions, traces = read(workload)
    free = free_cells(traces)
    for name, trace in traces.items():
        for row, column in np.ndindex(*trace.shape):
            value = trace[row, column]
            trace[row, column] = (int(value) + 1) % P
            noticed = wrong(statement, descriptions, traces)
            assert noticed != ((name, row, column) in free), (name, row, column)
            trace[row, column] = value


@pytest.mark.parametrize(
    "workload", [FibPair(log_rows=3, sequences=2), ReadOnlyMemory(accesses=7)], ids=str
)
def test_every_changed_public_value_is_noticed(workload):
    statement, descriptions, traces = read(workload)
    for name, values in statement.publics.items():
        for i in range(len(values)):
            values[i] += 1
            assert wrong(statement, descriptions, traces), (name, i)
            values[i] -= 1
    assert not wrong(statement, descriptions, traces)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_workloads_are_deterministic_and_pickle(name):
    workload = load(name)()
    assert pickle.loads(pickle.dumps(workload)) == workload
    first, second = workload.prepare(), workload.prepare()
    assert encode_claim(first.claim) == encode_claim(second.claim)
    for table, trace in first.traces.items():
        again = second.traces[table]
        if not isinstance(trace, list):  # a table may stand several times
            trace, again = [trace], [again]
        for one, other in zip(trace, again, strict=True):
            made = (one(), other()) if callable(one) else (one, other)
            assert np.array_equal(*made)


def test_seeds_matter():
    for kind in (AddMul, ReadOnlyMemory):
        tables = [next(iter(kind(seed=seed).prepare().traces.values())) for seed in (0, 1)]
        assert not np.array_equal(*tables)


@pytest.mark.parametrize(
    ("name", "claim", "message"),
    [
        ("fib_pair", {}, "has no 'log_rows'"),
        ("fib_pair", {"log_rows": 2, "start": [[0, 1]], "result": [[0, 1]]}, "log_rows is 2"),
        ("fib_pair", {"log_rows": 27, "start": [[0, 1]], "result": [[0, 1]]}, "log_rows is 27"),
        ("fib_pair", {"log_rows": True, "start": [[0, 1]], "result": [[0, 1]]}, "is bool"),
        ("fib_pair", {"log_rows": 3, "start": [], "result": []}, "a pair for each sequence"),
        ("fib_pair", {"log_rows": 3, "start": [[0, 1]], "result": []}, "a pair for each sequence"),
        ("fib_pair", {"log_rows": 3, "start": [[0, P]], "result": [[0, 1]]}, "below p"),
        ("fib_pair", {"log_rows": 3, "start": [[0, -1]], "result": [[0, 1]]}, "below p"),
        ("fib_pair", {"log_rows": 3, "start": [[0, True]], "result": [[0, 1]]}, "below p"),
        ("fib_pair", {"log_rows": 3, "start": [[0, 1, 2]], "result": [[0, 1]]}, "not a pair"),
        ("fib_pair", {"log_rows": 3, "start": ["ab"], "result": [[0, 1]]}, "not a pair"),
        ("add_mul", {"cpu_rows": 0}, "cpu_rows is 0"),
        ("add_mul", {"cpu_rows": 12}, "cpu_rows is 12"),
        ("add_mul", {"cpu_rows": 1 << 40}, "not a power of two from 8"),
        ("add_mul", {"cpu_rows": "8"}, "is str"),
        ("add_mul", {"cpu_rows": 8, "more": 1}, "unknown field 'more'"),
        ("read_only_memory", {"rows": 9, "first_access": [0, 0], "first_cell": [0, 0, 0]}, "is 9"),
        ("read_only_memory", {"rows": 8, "first_access": [0], "first_cell": [0] * 3}, "below p"),
        ("read_only_memory", {"rows": 8, "first_access": [0, 0], "first_cell": [P] * 3}, "three"),
    ],
)
def test_senseless_claims_are_refused(name, claim, message):
    with pytest.raises(StatementError, match=message):
        load(name).read_statement(claim)


# --- fib_pair --------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [2, 4, 8, 16, 1024])
@pytest.mark.parametrize("sequences", [1, 3])
def test_fibonacci_trace_row_by_row(rows, sequences):
    start = np.array([range(sequences), range(7, 7 + sequences)], dtype=np.uint64)
    start[:, 0] = P - 1
    trace = fibonacci_trace(start, rows)
    left, right = ([int(value) for value in side] for side in start)
    for row in trace.tolist():
        assert row == left + right
        left = [(a + b) % P for a, b in zip(left, right, strict=True)]
        right = [(a + b) % P for a, b in zip(left, right, strict=True)]


def test_fibonacci_trace_with_blocks_that_stop_growing(monkeypatch):
    start = np.array([[0, 5], [1, 9]], dtype=np.uint64)
    whole = fibonacci_trace(start, 512)
    for words in (1, 8, 64):
        monkeypatch.setattr("cstark.machines.fib_pair.BLOCK_WORDS", words)
        assert np.array_equal(fibonacci_trace(start, 512), whole)


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 1000])
def test_advance(rows):
    left, right = 3, P - 5
    for _ in range(rows):
        left = (left + right) % P
        right = (left + right) % P
    assert advance(3, P - 5, rows) == (left, right)


def test_the_first_sequence_is_fibonaccis():
    claim = FibPair(log_rows=3).prepare().claim
    assert claim["start"][0] == [0, 1]
    assert claim["result"][0] == [377, 610]  # F(14), F(15)


# --- add_mul, read_only_memory ---------------------------------------------------------------


def test_counts_add_up():
    traces = AddMul(operations=1000, seed=5).prepare().traces
    cpu, add, mul = traces["cpu"], traces["add"], traces["mul"]
    assert int(add[:, 3].sum()) == int(cpu[:, 0].sum())
    assert int(mul[:, 3].sum()) == int(cpu[:, 1].sum())
    assert int(cpu[:, :2].sum()) == 1000
    assert int(add[:, 3].max()) > 1


def test_a_memory_with_two_values_for_an_address_is_noticed():
    workload = ReadOnlyMemory(accesses=8, seed=1)
    statement, descriptions, traces = read(workload)
    memory = traces["memory"]
    # The last access reads something else, and a memory row (one that only fills) says so too.
    memory[-1, 4] += np.uint64(1)
    cell = int(memory[-1, 2])
    target = int(memory[-1, 3])
    used = np.flatnonzero(memory[:, 0] == cell)[-1] if cell in memory[:, 0] else len(memory) - 1
    old = (int(memory[used, 0]), int(memory[used, 1]))
    memory[used, :2] = cell, (target + 1) % P
    memory[-1, 3] = (target + 1) % P
    home = next(
        row for row in range(len(memory)) if (int(memory[row, 2]), int(memory[row, 3])) == old
    )
    memory[home, 4] -= np.uint64(1)
    if used == 0:
        statement.publics["memory"][:2] = [int(value) for value in memory[0, :2]]
    if home == 0:
        statement.publics["memory"][4] = int(memory[0, 4])
    assert not imbalances(descriptions, traces, statement.publics)
    broken = violations(descriptions["memory"], memory, statement.publics["memory"])
    names = {descriptions["memory"].constraints[index].name for index, _ in broken}
    assert names == {"single value"}


# --- finding workloads -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fib", "there is no workload 'fib'; built in are fib_pair"),
        ("", "there is no workload ''"),
        (":x", "there is no workload ':x'"),
        ("os:", "there is no workload 'os:'"),
        ("no_such_module_here:X", "there is no module 'no_such_module_here'"),
        ("os.nothing:X", "there is no module 'os.nothing'"),
        ("os:nothing", "os has no 'nothing'"),
        ("cstark.machines.sorting:Sort", "sorting has no 'Sort', only Sorting$"),
        ("os:getcwd", "not a subclass of cstark.Workload"),
        ("cstark.workload:Workload", "not a subclass of cstark.Workload"),
    ],
)
def test_workloads_that_are_not_there(name, message):
    with pytest.raises(StatementError, match=message):
        load(name)


def test_load_by_module_and_attribute():
    assert load("cstark.machines.add_mul:AddMul") is AddMul


def test_a_missing_import_of_the_workloads_module_passes_through(tmp_path, monkeypatch):
    (tmp_path / "needs_more.py").write_text("import surely_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="surely_not_there"):
        load("needs_more:X")
