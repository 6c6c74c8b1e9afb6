"""Dishonest traces: each is refused, and by the check that is there to refuse it.

A forgery is judged with the providing tables repaired in its favour (`Judge`).  The set of problems
found is compared exactly: take the named constraint out of the table, and the forgery passes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cstark.air.describe import describe
from cstark.machines import rv64
from cstark.machines.fib_iterative import fibonacci_program
from cstark.machines.rv64 import BASE, Program, add, addi, bne, ecall, execute, load_immediate
from tests.oracles.plain_check import P, imbalances, violations
from tests.oracles.plain_rv64 import Judge, PlainCpu, limbs

EXIT = [addi(17, 0, 93), ecall()]


def judge_for(program: Program, steps: int, a0: int) -> Judge:
    tables = rv64.machine_tables(program.words, program.entry)
    descriptions = {name: describe(name, tables[name]) for name in ("cpu", "program")}
    return Judge(descriptions, [program.entry, steps, *limbs(a0)])


def judge_of(run: rv64.Execution) -> Judge:
    return judge_for(run.program, run.steps, run.a0)


def problems(program: Program, cpu: PlainCpu, a0: int, steps: int | None = None) -> set[str]:
    trace = cpu.trace()
    count = sum(row["real"] for row in cpu.rows)
    return judge_for(program, count if steps is None else steps, a0).problems(trace)


# --- single cells -----------------------------------------------------------------------------


def changed(value: int, width: int) -> set[int]:
    """Several changes of a cell: by one, of a bit, to the edges, to a random element."""
    others = {value + 1, value - 1, value ^ 1, value + width, 0, 1, 65535, 65536, -1, 93}
    others |= {0x1234567890ABCDEF, -value}
    return {v % P for v in others} - {value}


CELL_PROGRAMS = {
    "fibonacci 0": fibonacci_program(0),
    "fibonacci 1": fibonacci_program(1),
    "fibonacci 4": fibonacci_program(4),
    "all rows real": fibonacci_program(2),
    "wide values": Program(
        [
            *load_immediate(1, 2**64 - 3),
            *load_immediate(2, P),
            add(10, 1, 2),
            bne(2, 0, 8),
            addi(0, 0, 1),
            add(0, 10, 10),
            addi(10, 10, -7),
            bne(10, 10, 8),
            *EXIT,
        ]
    ),
}


@pytest.mark.parametrize("name", CELL_PROGRAMS)
def test_no_cell_of_the_cpu_is_free(name):
    """Every cell of every row, padding included, every change: all refused."""
    run = execute(CELL_PROGRAMS[name])
    judge, honest = judge_of(run), run.traces()["cpu"]
    assert judge.problems(honest) == set()
    rows, width = honest.shape
    for row in range(rows):
        variants, labels = [], []
        for column in range(width):
            for value in sorted(changed(int(honest[row, column]), width)):
                trace = honest.copy()
                trace[row, column] = value
                variants.append(trace)
                labels.append((row, judge.cpu.column_names[column], value))
        for label, found in zip(labels, judge.judge(variants), strict=True):
            assert found, label


def test_no_two_cells_of_a_row_are_free():
    run = execute(fibonacci_program(2))
    judge, honest = judge_of(run), run.traces()["cpu"]
    random = np.random.default_rng(1)
    for row in range(len(honest)):
        variants = []
        for _ in range(60):
            trace = honest.copy()
            for column in random.choice(honest.shape[1], 2, replace=False):
                step = random.choice([1, P - 1, 65536, P - 65536, 2, 4])
                trace[row, column] = (int(trace[row, column]) + int(step)) % P
            variants.append(trace)
        assert all(judge.judge(variants))


def test_cells_of_the_other_tables():
    """Counts and last tokens: every change is noticed by a constraint or a bus."""
    run = execute(fibonacci_program(1))
    statement = rv64.statement(rv64.claim_of(run))
    descriptions = {name: describe(name, air) for name, air in statement.tables.items()}
    honest = run.traces()
    for name in ("program", "register"):
        others = {key: descriptions[key] for key in ("cpu", "register", "program")}
        for row in range(len(honest[name])):
            for column in range(honest[name].shape[1]):
                for change in (1, P - 1):
                    trace = honest[name].copy()
                    trace[row, column] = (int(trace[row, column]) + change) % P
                    refused = violations(descriptions[name], trace) != []
                    if not refused:
                        buses = imbalances(others, {**honest, name: trace}, statement.publics)
                        refused = any(bus == name for bus, _ in buses)
                    assert refused, (name, row, column, change)
    for row in (0, 1, 93, 65535):
        trace = honest["range"].copy()
        trace[row, 0] = (int(trace[row, 0]) + 1) % P
        assert imbalances(descriptions, {**honest, "range": trace}, statement.publics)


# --- claims -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 4, 100])
def test_another_claim(n):
    run = execute(fibonacci_program(n))
    trace = run.traces()["cpu"]
    for steps in (run.steps - 1, run.steps + 1, 0, len(trace), P - 1):
        if steps != run.steps:
            judge = judge_for(run.program, steps, run.a0)
            assert judge.problems(trace) == {"steps as claimed"}
    values = {run.a0 + 1, run.a0 - 1, run.a0 + P, run.a0 ^ 1 << 16, run.a0 ^ 1 << 63}
    for a0 in values:
        judge = judge_for(run.program, run.steps, a0 % 2**64)
        assert judge.problems(trace) == {"a0 is the claimed one"}


def test_another_entry():
    run = execute(Program([addi(0, 0, 0), *EXIT]))
    judge = judge_for(replace(run.program, entry=BASE + 4), run.steps, run.a0)
    assert judge.problems(run.traces()["cpu"]) == {"it is at the entry"}


@pytest.mark.parametrize("index", range(11))
def test_a_word_of_the_program_changed(index):
    run = execute(fibonacci_program(4))
    words = list(run.program.words)
    words[index] = addi(6, 6, 1)
    judge = judge_for(Program(words), run.steps, run.a0)
    assert judge.problems(run.traces()["cpu"]) == {"bus program"}


# --- start and end (traps 1, 2, 5) ------------------------------------------------------------


def test_nothing_but_padding():
    program = fibonacci_program(1)
    cpu = PlainCpu(program)
    cpu.pad(16)
    found = problems(program, cpu, a0=12345, steps=11)
    assert found == {"the first row is real", "it is at the entry"}


def test_nothing_but_padding_that_knows_the_entry():
    program = fibonacci_program(1)
    cpu = PlainCpu(program)
    cpu.rows.append({"real": 0, "clock": 0, "pc": BASE})
    found = problems(program, cpu, a0=12345, steps=11)
    assert found == {"the first row is real", "padding: pc"}


def test_the_clock_does_not_start_at_zero():
    """A run that counts from 100 on would prove 100 steps too many."""
    program = fibonacci_program(1)
    cpu = PlainCpu(program, start=100).run()
    assert problems(program, cpu, a0=1, steps=111) == {"the clock starts at 0"}


def test_the_clock_jumps():
    program = fibonacci_program(1)
    cpu = PlainCpu(program)
    cpu.step()
    cpu.start = 50
    assert problems(program, cpu.run(), a0=1, steps=61) == {"the clock counts"}


def test_it_stops_without_ecall():
    program = fibonacci_program(4)
    cpu = PlainCpu(program)
    for _ in range(7):
        cpu.step()
    assert problems(program, cpu, a0=999, steps=999) == {"real until it halts"}


def test_the_trace_ends_without_ecall():
    program = fibonacci_program(4)
    cpu = PlainCpu(program)
    for _ in range(8):
        cpu.step()
    assert len(cpu.trace()) == 8
    assert problems(program, cpu, a0=999, steps=999) == {"it halts in the end"}


def test_it_continues_after_ecall():
    program = Program([*EXIT, addi(10, 0, 1), ecall()])
    cpu = PlainCpu(program)
    for _ in range(4):
        cpu.step()
    assert problems(program, cpu, a0=1) == {
        "real until it halts",
        "steps as claimed",
        "a0 is the claimed one",
    }
    # with a first call that agrees with the claim as far as it can
    program = Program([*EXIT, ecall()])
    cpu = PlainCpu(program)
    for _ in range(3):
        cpu.step()
    assert problems(program, cpu, a0=0) == {"real until it halts", "steps as claimed"}


def test_it_starts_again_in_the_padding():
    program = Program(EXIT)
    cpu = PlainCpu(program).run()
    cpu.rows += [{"real": 0, "clock": 2, "halts": P - 1}]
    cpu.pc = BASE
    cpu.step()
    cpu.step()
    found = problems(program, cpu, a0=0, steps=5)
    assert {"padding: halts"} <= found


@pytest.mark.parametrize("number", [0, 92, 94, 93 + 65536, 93 + 2**48])
def test_another_call_than_exit(number):
    program = Program([*load_immediate(17, number), addi(10, 0, 4), ecall()])
    assert problems(program, PlainCpu(program).run(), a0=4) == {"a7 is exit"}


# --- the program (traps 6, 7, 20, 26) ---------------------------------------------------------


def test_an_instruction_that_is_not_there():
    program = Program([addi(10, 0, 1), *EXIT])
    cpu = PlainCpu(program)
    cpu.step(word=addi(10, 0, 2))
    assert problems(program, cpu.run(), a0=2) == {"bus program"}


@pytest.mark.parametrize(
    "cells", [{"writes": 1}, {"rd": 1}, {"low": 9}, {"jump": 4}, {"rs1": 3}, {"pc": BASE + 8}]
)
def test_an_instruction_with_another_cell(cells):
    program = Program([addi(0, 0, 5), addi(1, 0, 1), add(10, 0, 1), *EXIT])
    cpu = PlainCpu(program)
    cpu.step(**cells)
    cpu.run()
    assert "bus program" in problems(program, cpu, a0=1)


def test_writing_x0():
    program = Program([addi(0, 0, 5), add(10, 0, 0), addi(17, 0, 83), ecall()])
    cpu = PlainCpu(program)
    cpu.step(writes=1)
    cpu.step()
    cpu.step(result=93)  # addi adds x0 twice: as rs1 and as the absent rs2
    cpu.step()
    assert cpu.registers[10] == 10
    assert problems(program, cpu, a0=10) == {"bus program"}


def test_the_unused_rows_of_the_program():
    """They look like a nop at address 0: only `used` keeps the CPU from executing them."""
    program = Program([addi(1, 0, 1), *EXIT])
    cpu = PlainCpu(program)
    cpu.step(pc_after=0)
    cpu.step(word=addi(0, 0, 0), pc=0, pc_after=BASE + 4)
    found = problems(program, cpu.run(), a0=0)
    assert "bus program" in found

    table = describe("program", rv64.machine_tables(program.words)["program"])
    trace = np.zeros((8, 1), dtype=np.uint64)
    trace[7] = 1
    assert violations(table, trace) == [(0, 7)]


@pytest.mark.parametrize(
    ("words", "pc_after"),
    [
        ([addi(1, 0, 1), bne(1, 0, 8), addi(10, 0, 1), *EXIT], BASE + 8),  # taken, but goes on
        ([addi(1, 0, 1), bne(1, 1, 8), addi(10, 0, 1), *EXIT], BASE + 12),  # not taken, but jumps
        ([addi(1, 0, 1), bne(1, 0, 8), addi(10, 0, 1), *EXIT], BASE),  # elsewhere
        ([addi(1, 0, 1), add(2, 1, 0), addi(10, 0, 1), *EXIT], BASE + 12),  # not a branch
    ],
)
def test_a_wrong_target(words, pc_after):
    program = Program(words)
    cpu = PlainCpu(program)
    cpu.step()
    cpu.step(pc_after=pc_after)
    cpu.run()
    assert problems(program, cpu, a0=cpu.registers[10]) == {"next pc"}


def test_a_target_outside_of_the_program():
    """Below address 0 is p minus something: no row of PROGRAM, used or not."""
    program = Program([addi(1, 0, 1), bne(1, 0, -4096), *EXIT])
    cpu = PlainCpu(program)
    cpu.step()
    cpu.step()
    cpu.step(word=addi(17, 0, 93))
    cpu.step(word=ecall())
    assert problems(program, cpu, a0=0) == {"bus program"}


# --- the branch condition (traps 18, 19) ------------------------------------------------------


@pytest.mark.parametrize("pair", [(5, 3), (2**48, 0), (P, 0), (P + 7, 7), (2**32, 1)])
def test_a_branch_that_should_be_taken(pair):
    words = [*load_immediate(1, pair[0]), *load_immediate(2, pair[1])]
    program = Program([*words, bne(1, 2, 8), addi(10, 0, 1), *EXIT])
    cpu = PlainCpu(program)
    for _ in words:
        cpu.step()
    cpu.step(differ=0, pc_after=cpu.pc + 4)
    cpu.run()
    assert problems(program, cpu, a0=1) == {"not equal: differ is 1"}


def test_a_branch_that_should_not_be_taken():
    program = Program([bne(1, 2, 8), addi(10, 0, 1), *EXIT])
    cpu = PlainCpu(program)
    cpu.step(differ=1, pc_after=BASE + 8)
    cpu.run()
    assert problems(program, cpu, a0=0) == {"equal: differ is 0"}


def test_an_inverse_of_nothing():
    program = Program([addi(10, 0, 0), *EXIT])
    cpu = PlainCpu(program).run()
    cpu.rows[0]["inverse"] = 77
    assert problems(program, cpu, a0=0) == {"equal: inverse is 0"}


# --- sums (traps 15, 16, 17) ------------------------------------------------------------------


CARRY = [f"carry out of limb {i}" for i in range(4)]


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (12, set(CARRY)),
        (11 + P, set(CARRY[:3])),  # equal modulo p
        (11 + 2**48, {CARRY[3]}),
        ([11 - 65536, 1, 0, 0], {"bus range"}),  # the carries agree, but it is no limb
        ([11, -65536, 1, 0], {"bus range"}),
        ([11 + 65536, 0, 0, 0], set(CARRY) | {"bus range"}),
    ],
)
def test_a_wrong_sum(result, found):
    program = Program([addi(1, 0, 5), addi(2, 1, 6), *EXIT])
    cpu = PlainCpu(program)
    cpu.step()
    cpu.step(result=result)
    assert problems(program, cpu.run(), a0=0) == found


def test_addition_that_does_not_wrap():
    """The sum of 2^64 - 1 and 1 with 65536 in the highest limb: no carry, but no limb either."""
    program = Program([addi(1, 0, -1), addi(2, 0, 1), add(3, 1, 2), *EXIT])
    cpu = PlainCpu(program)
    cpu.step()
    cpu.step()
    cpu.step(result=[0, 0, 0, 65536])
    assert problems(program, cpu.run(), a0=0) == {"bus range"}


# --- registers (traps 8 to 14, 21) ------------------------------------------------------------


def test_a_value_never_written():
    program = Program([addi(10, 1, 0), *EXIT])
    cpu = PlainCpu(program)
    cpu.step(a=7)
    assert problems(program, cpu.run(), a0=7) == {"bus register"}


def test_an_old_value():
    """x1 was 5 when it was read last, and was written since."""
    program = Program([addi(1, 0, 5), addi(1, 0, 6), add(10, 1, 0), *EXIT])
    cpu = PlainCpu(program)
    cpu.step()
    cpu.step()
    cpu.step(a=5, a_time=3)
    assert problems(program, cpu.run(), a0=5) == {"bus register"}


def test_a_future_value():
    """x1 is read before it is written, with the token that the write leaves: the bus balances."""
    program = Program([addi(10, 1, 0), addi(1, 0, 9), *EXIT])
    cpu = PlainCpu(program)
    cpu.step(a=9, a_time=7)  # the write in row 1 has time 4 + 3
    row = cpu.step()
    # the write takes the first token; the last one left is the one of the read
    row["old"], row["old_time"], row["old_gap"] = [0] * 4, 0, 6
    found = problems(program, cpu.run(), a0=9)
    assert found == {"bus range"}


def test_a_token_taken_from_itself():
    """A read that takes its own token needs no token before it."""
    program = Program([addi(10, 1, 0), *EXIT])
    cpu = PlainCpu(program)
    row = cpu.step(a=1234, a_time=1)
    row["a_gap"] = 65535
    assert problems(program, cpu.run(), a0=1234) == {"bus range"}


def test_padding_that_writes_a_register():
    program = Program(EXIT)
    cpu = PlainCpu(program).run()
    cpu.rows.append(
        {
            "real": 0,
            "clock": 2,
            "writes": 1,
            "rd": 10,
            "old_gap": 5,
            "old_time": 5,
            "result": [1] * 4,
        }
    )
    cpu.rows[2]["old_time"], cpu.rows[2]["old_gap"] = 6, 4  # ecall read a0 at time 4 + 2
    assert problems(program, cpu, a0=0) == {
        "padding: writes",
        "padding: rd",
        "padding: result",
        "carry out of limb 0",
        "carry out of limb 1",
        "carry out of limb 2",
        "carry out of limb 3",
    }


def test_every_count_is_bounded_and_weighs_one():
    """Messages of the CPU count `real` or `writes`, those of REGISTER one, and nothing provides
    with a count of its own what it was not asked for."""
    tables = rv64.machine_tables(EXIT)
    cpu = describe("cpu", tables["cpu"])
    names = cpu.column_names
    for interaction in cpu.interactions:
        kind, source, index, following = cpu.nodes[interaction.count]
        assert (kind, source, following) == ("column", "main", 0)
        assert names[index] in ("real", "writes")
        assert interaction.weight == 1
    register = describe("register", tables["register"])
    assert [(i.sign, register.nodes[i.count], i.weight) for i in register.interactions] == [
        (1, ("constant", 1), 1),
        (-1, ("constant", 1), 1),
    ]
    for name in ("program", "range"):
        (interaction,) = describe(name, tables[name]).interactions
        assert (interaction.sign, interaction.weight) == (-1, 0)


def test_fixed_heights_and_preprocessed_ranges():
    tables = rv64.machine_tables(EXIT)
    descriptions = {name: describe(name, air) for name, air in tables.items()}
    assert {name: d.rows for name, d in descriptions.items()} == {
        "cpu": None,
        "program": 8,
        "register": 32,
        "range": 65536,
    }
    assert descriptions["range"].preprocessed[:, 0].tolist() == list(range(65536))
    assert descriptions["register"].preprocessed[:, 0].tolist() == list(range(32))
    # what the program table says is in its preprocessed columns, all of it
    (interaction,) = descriptions["program"].interactions
    nodes = descriptions["program"].nodes
    assert all(nodes[value][:2] == ("column", "preprocessed") for value in interaction.values)
