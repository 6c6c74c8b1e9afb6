"""Honest runs: the compiled traces equal plain Python's and satisfy all tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstark.air.describe import describe
from cstark.errors import StatementError
from cstark.kernels import _runtime
from cstark.machines import rv64
from cstark.machines.fib_iterative import fibonacci_program
from cstark.machines.rv64 import (
    BASE,
    Program,
    _trace,
    add,
    addi,
    bne,
    ecall,
    execute,
    load_immediate,
    lui,
)
from tests.oracles.plain_check import P, imbalances, violations
from tests.oracles.plain_rv64 import Judge, PlainCpu

EXIT = [addi(17, 0, 93), ecall()]


def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a % 2**64


def assert_satisfied(run: rv64.Execution) -> None:
    """The claim's tables accept the run's traces, exactly."""
    statement = rv64.statement(rv64.claim_of(run))
    descriptions = {name: describe(name, air) for name, air in statement.tables.items()}
    traces = run.traces()
    for name, description in descriptions.items():
        assert violations(description, traces[name], statement.publics.get(name, ())) == []
    assert imbalances(descriptions, traces, statement.publics) == {}


def assert_as_plain(run: rv64.Execution) -> None:
    """The run and its CPU trace are those of the plain interpreter."""
    plain = PlainCpu(run.program).run()
    assert (run.steps, list(run.registers)) == (len(plain.rows), plain.registers)
    traces = run.traces()
    assert np.array_equal(traces["cpu"], plain.trace())
    assert traces["register"][:, 4].tolist() == plain.times
    assert int(traces["program"].sum()) == run.steps


@pytest.mark.parametrize("n", [0, 1, 2, 4, 50, 93, 94, 100])
def test_fibonacci(n):
    run = execute(fibonacci_program(n))
    assert run.a0 == fibonacci(n)  # F(94) is the first beyond 64 bits
    assert run.steps == 5 * n + 6
    assert_as_plain(run)
    assert_satisfied(run)


@pytest.mark.parametrize("steps", [2, 7, 8, 9, 15, 16, 17, 63, 64, 65])
def test_steps_around_powers_of_two(steps):
    words = [addi(10, 10, 3)] * (steps - 2) + EXIT
    run = execute(Program(words))
    assert run.steps == steps
    assert len(run.traces()["cpu"]) == max(8, 1 << (steps - 1).bit_length())
    assert_as_plain(run)
    assert_satisfied(run)


PROGRAMS = {
    "x0 stays zero": [addi(0, 0, 5), add(10, 0, 0), *EXIT],
    "x0 as a target of lui and add": [lui(0, 0xFFFFF), addi(1, 0, 1), add(0, 1, 1), *EXIT],
    "rs1 = rs2 = rd": [addi(10, 0, 7), add(10, 10, 10), add(10, 10, 10), *EXIT],
    "branch not taken": [addi(1, 0, 4), addi(2, 0, 4), bne(1, 2, 8), addi(10, 0, 1), *EXIT],
    "branch taken forward": [addi(1, 0, 4), bne(1, 0, 8), addi(10, 0, 1), *EXIT],
    "branch on itself": [bne(5, 5, -4), bne(0, 0, 4000), addi(1, 0, 1), bne(1, 0, 4), *EXIT],
    "differ in the top limb only": [
        *load_immediate(1, 1 << 63),
        *load_immediate(2, 0),
        bne(1, 2, 8),
        addi(10, 0, 1),
        *EXIT,
    ],
    "equal modulo p": [*load_immediate(1, P), bne(1, 0, 8), addi(10, 0, 1), *EXIT],
    "equal modulo p, not zero": [
        *load_immediate(1, P + 5),
        *load_immediate(2, 5),
        bne(1, 2, 8),
        addi(10, 0, 1),
        *EXIT,
    ],
    "sign extension": [lui(1, 0x80000), addi(2, 0, -1), add(10, 1, 2), addi(3, 2, -2048), *EXIT],
    "carries through all limbs": [
        addi(1, 0, -1),
        addi(2, 0, 1),
        add(10, 1, 2),
        add(3, 1, 1),
        *EXIT,
    ],
    "loop downward": [addi(5, 0, 3), add(10, 10, 5), addi(5, 5, -1), bne(5, 0, -8), *EXIT],
    "jump over another exit": [
        addi(1, 0, 1),
        *EXIT[:1],
        bne(1, 0, 8),
        ecall(),
        addi(10, 0, 9),
        ecall(),
    ],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    run = execute(Program(PROGRAMS[name]))
    assert_as_plain(run)
    assert_satisfied(run)


def test_results_known_in_advance():
    def a0(name):
        return execute(Program(PROGRAMS[name])).a0

    assert a0("x0 stays zero") == 0
    assert a0("rs1 = rs2 = rd") == 28
    assert a0("branch not taken") == 1
    assert a0("branch taken forward") == 0
    assert a0("differ in the top limb only") == 0
    assert a0("equal modulo p") == 0
    assert a0("equal modulo p, not zero") == 0
    assert a0("sign extension") == 0xFFFFFFFF7FFFFFFF
    assert a0("carries through all limbs") == 0
    assert a0("loop downward") == 6
    assert a0("jump over another exit") == 9


def test_entry_inside_the_program():
    run = execute(Program([addi(10, 0, 1), addi(10, 10, 2), *EXIT], BASE + 4))
    assert (run.a0, run.steps) == (2, 3)
    assert_as_plain(run)
    assert_satisfied(run)


register = st.integers(0, 5)
straight = st.one_of(
    st.builds(addi, register, register, st.sampled_from([0, 1, -1, 2047, -2048, 5])),
    st.builds(add, register, register, register),
    st.builds(lui, register, st.sampled_from([0, 1, 0x7FFFF, 0x80000, 0xFFFFF])),
    st.builds(bne, register, register, st.sampled_from([4, 8, 12])),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(straight, min_size=1, max_size=60))
def test_random_programs(words):
    # forward branches skip up to two words; the nops keep them out of the exit
    run = execute(Program([*words, addi(10, 1, 0), addi(0, 0, 0), addi(0, 0, 0), *EXIT]))
    assert_as_plain(run)
    tables = rv64.machine_tables(run.program.words)
    descriptions = {name: describe(name, tables[name]) for name in ("cpu", "program")}
    judge = Judge(descriptions, rv64.statement(rv64.claim_of(run)).publics["cpu"])
    assert judge.problems(run.traces()["cpu"]) == set()


# --- errors of the executor -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([addi(1, 0, 1)], "after 1 steps the program continues at 0x10004"),
        ([addi(1, 0, 1), bne(1, 0, -8)], "continues at 0xfffc"),
        ([addi(1, 0, 1), bne(1, 0, 6), *EXIT], "continues at 0x1000a"),
        ([addi(17, 0, 94), ecall()], "the ecall at 0x10004 has 94 in a7"),
        ([addi(17, 0, -1), ecall()], f"has {2**64 - 1} in a7"),
        ([ecall()], "the ecall at 0x10000 has 0 in a7"),
    ],
)
def test_runs_that_do_not_halt_well(words, message):
    with pytest.raises(StatementError, match=message):
        execute(Program(words))


def test_a_program_that_never_halts():
    endless = Program([addi(1, 0, 1), bne(1, 0, 0), *EXIT])
    with pytest.raises(StatementError, match="not halted after 100000 steps"):
        execute(endless, max_steps=100_000)
    exact = Program([addi(10, 0, 3)] * 8 + EXIT)
    assert execute(exact, max_steps=10).steps == 10
    with pytest.raises(StatementError, match="not halted after 9 steps"):
        execute(exact, max_steps=9)


@pytest.mark.parametrize("limit", [0, -1, rv64.MAX_STEPS + 1])
def test_max_steps_out_of_range(limit):
    with pytest.raises(StatementError, match="max_steps"):
        execute(Program(EXIT), max_steps=limit)


# --- spans and threads ------------------------------------------------------------------------


@pytest.fixture
def threads():
    before = _runtime.threads()
    yield _runtime.set_threads
    _runtime.set_threads(before)


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_long_runs_cross_spans(threads, offset):
    """Steps around multiples of a span: rows equal plain Python's for any number of threads."""
    steps = 2 * _trace.SPAN + offset
    n = (steps - 6) // 5
    words = list(fibonacci_program(n).words)
    words[-1:] = [addi(0, 0, 0)] * (steps - 5 * n - 6) + [ecall()]
    run = execute(Program(words))
    assert run.steps == steps
    expected = PlainCpu(run.program).run().trace()
    for count in (1, 2, 3, 7):
        threads(count)
        traces = run.traces()
        assert np.array_equal(traces["cpu"], expected)
        if count == 1:
            ranges = traces["range"]
        assert np.array_equal(traces["range"], ranges)
    assert int(ranges.sum()) == 8 * run.steps + 2 * int(expected[:, 6].sum())


def test_bursts(threads, monkeypatch):
    """Rows written by several calls are those written by one."""
    from cstark.machines.rv64 import trace as module

    program = fibonacci_program(9000)
    expected = execute(program).traces()
    monkeypatch.setattr(module, "_BURST", 2)
    run = execute(program)
    assert run.steps == 45006
    for name, trace in run.traces().items():
        assert np.array_equal(trace, expected[name]), name


def test_wrong_snapshots_are_noticed():
    run = execute(fibonacci_program(4000))
    operations = np.zeros((1, _trace.OPERATION_COLUMNS), dtype=np.uint64)
    out = np.zeros((4 * _trace.SPAN, _trace.WIDTH), dtype=np.uint64)
    ranges = np.zeros((1, 65536), dtype=np.uint64)
    (snapshots,) = run._snapshots
    with pytest.raises(ValueError, match="belongs to another run"):
        _trace.write_rows(operations, snapshots, 0, run.steps, out, ranges)
    with pytest.raises(ValueError, match="multiple"):
        _trace.write_rows(operations, snapshots, 5, run.steps, out, ranges)
    with pytest.raises(ValueError, match="snapshots"):
        _trace.write_rows(operations, snapshots[:1], 0, run.steps, out, ranges)
    with pytest.raises(ValueError, match="out"):
        _trace.write_rows(operations, snapshots, 0, run.steps, out[:, :35].copy(), ranges)
    with pytest.raises(ValueError, match="ranges"):
        _trace.write_rows(operations, snapshots, 0, run.steps, out, ranges[:, :9].copy())


def test_registers_beyond_the_last_are_refused():
    operations = np.zeros((1, _trace.OPERATION_COLUMNS), dtype=np.uint64)
    operations[0, 3] = 32
    state = np.zeros(_trace.STATE, dtype=np.uint64)
    snapshots = np.zeros((1, _trace.STATE), dtype=np.uint64)
    with pytest.raises(ValueError, match="x31"):
        _trace.advance(operations, state, np.zeros(1, dtype=np.uint64), snapshots)


def test_the_machine_is_small():
    """What the prover pays for: 36 columns, 17 messages, degree 3 at blowup 2."""
    tables = rv64.machine_tables([*EXIT])
    descriptions = {name: describe(name, air) for name, air in tables.items()}
    cpu = descriptions["cpu"]
    assert (cpu.width, len(cpu.interactions), cpu.degree) == (36, 17, 3)
    assert cpu.width == _trace.WIDTH
    assert max(d.degree for d in descriptions.values()) == 3
