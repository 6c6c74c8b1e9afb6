"""The register machine: programs do what they say, and a proof says nothing else of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from forgery_support import Forgery, round_trip

import cstark as cs
from cstark.machines.register_machine import FACTORIAL, ProgramTable, RegisterMachine, parse, run
from cstark.machines.register_machine.language import MAX_LINES
from cstark.machines.register_machine.tables import OPERATION

P = cs.P

FIBONACCI = """
set r1 0
set r2 1
jnz r0 5
set r0 r1
halt
set r3 r1      # the pair (r1, r2) becomes (r2, r1 + r2)
set r1 r2
add r2 r3
add r0 -1
jnz r2 2       # always
"""
POWERS = "\n".join(["mul r0 r0"] * 20)  # runs off its end
COUNTDOWN = """
jnz r0 2
halt
add r0 -1
set r1 1
jnz r1 0
"""


def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) % P
    return a


PROGRAMS = [
    (FACTORIAL, lambda n: math.factorial(n) % P, [0, 1, 2, 10, 30]),
    (FIBONACCI, fibonacci, [0, 1, 2, 40, 200]),
    (POWERS, lambda n: pow(n, 2**20, P), [0, 1, 3, P - 2]),
    (COUNTDOWN, lambda n: 0, [0, 1, 50]),
    ("halt", lambda n: n, [0, P - 1]),
    ("mul r0 -1", lambda n: -n % P, [0, 1, P - 1]),
    ("add r1 r0\nmul r0 r1\nset r2 5\nadd r0 r2", lambda n: (n * n + 5) % P, [0, 12, P - 3]),
]


@pytest.mark.parametrize(("text", "result", "inputs"), PROGRAMS)
def test_programs_compute(text, result, inputs):
    program = parse(text.splitlines())
    for n in inputs:
        assert run(program, n, 10_000)[-1].registers[0] == result(n), n


@pytest.mark.parametrize(("text", "result", "inputs"), PROGRAMS)
def test_round_trip(text, result, inputs, tmp_path):
    (tmp_path / "program").write_text(text)
    n = inputs[-1]
    claim = round_trip(RegisterMachine(program=str(tmp_path / "program"), input=n))
    assert claim["output"] == result(n)
    assert claim["input"] == n
    assert parse(claim["program"]) == parse(text.splitlines())


def random_program(random: np.random.Generator) -> list[str]:
    lines = int(random.integers(1, 12))
    program = []
    for _ in range(lines):
        name = random.choice(["set", "add", "mul", "jnz", "halt"], p=[0.25, 0.3, 0.2, 0.2, 0.05])
        target, source = random.integers(0, 4, size=2)
        operand = f"r{source}" if random.integers(2) else str(random.integers(-3, 3))
        if name == "jnz":
            operand = str(random.integers(0, lines + 1))
        program.append("halt" if name == "halt" else f"{name} r{target} {operand}")
    return program


def interpreted(program: list[str], start: int, most: int) -> tuple[int, int] | None:
    """r0 and the number of steps, by another reading of the language; None if it goes on."""
    r, line = {"r0": start, "r1": 0, "r2": 0, "r3": 0}, 0
    for step in range(1, most + 1):
        words = program[line].split() if line < len(program) else ["halt"]
        line += 1
        if words == ["halt"]:
            return r["r0"], step
        name, target, operand = words
        if name == "jnz":
            line = line if r[target] == 0 else int(operand)
            continue
        value = r[operand] if operand in r else int(operand)
        r[target] = {"set": value, "add": r[target] + value, "mul": r[target] * value}[name] % P
    return None


def test_random_programs(tmp_path):
    """Those that halt compute what they should, and satisfy every constraint."""
    random = np.random.default_rng(5)
    halted = 0
    path = tmp_path / "program"
    for _ in range(40):
        program, start = random_program(random), int(random.integers(0, 4))
        expected = interpreted(program, start, 200)
        if expected is None:
            with pytest.raises(cs.StatementError, match="does not halt"):
                run(parse(program), start, 200)
            continue
        halted += 1
        path.write_text("\n".join(program))
        workload = RegisterMachine(program=str(path), input=start)
        claim = workload.prepare().claim
        assert (claim["output"], claim["steps"]) == expected
        assert workload.check(mutate=200), program
    assert halted > 20


def test_a_program_of_every_length_ends():
    """What comes after the last line is `halt`, also where the lines fill a power of two."""
    for lines in (1, 6, 7, 8, 9, 15, 16):
        program = parse(["add r0 1"] * lines)
        table = ProgramTable(program)
        assert len(table.operations) > lines
        assert table.operations[lines, -1] == 1
        steps = run(program, 0, 100)
        assert (len(steps), steps[-1].registers[0]) == (lines + 1, lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has 0 instructions"),
        ("# nothing", "has 0 instructions"),
        ("set r4 1", "line 1 of the text, 'set r4 1', is none of"),
        ("halt\n\nsub r1 r2", "line 3 of the text, 'sub r1 r2'"),
        ("set r1", "'set r1'"),
        ("jnz 1 r1", "'jnz 1 r1'"),
        ("jnz r1 -1", "'jnz r1 -1'"),
        ("halt halt", "'halt halt'"),
        ("jnz r1 2", "jnz r1 2: the program has the lines 0 to 0, and ends at 1"),
        (f"set r0 {P}", "line 1 of the text: 18446744069414584321 is not below p"),
        (f"set r0 -{P}", "is not below p"),
        ("set r0 " + "1" * 21, "is none of"),
        ("set r0 ١", "is none of"),
        ("\n".join(["halt"] * (MAX_LINES + 1)), "has 4097 instructions"),
    ],
)
def test_what_is_no_program(text, message):
    with pytest.raises(cs.StatementError, match=message.replace("(", r"\(")):
        parse(text.splitlines())


def test_programs_that_cannot_be_run(tmp_path):
    path = tmp_path / "program"
    with pytest.raises(cs.StatementError, match="No such file"):
        RegisterMachine(program=str(path)).prepare()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(cs.StatementError, match="no text in UTF-8"):
        RegisterMachine(program=str(path)).prepare()
    with pytest.raises(cs.StatementError, match="does not halt within 50 steps"):
        run(parse(["set r1 1", "jnz r1 0"]), 0, 50)


# --- forgeries -------------------------------------------------------------------------------

FIVE = RegisterMachine(input=5)  # 19 steps, in 32 rows


@pytest.mark.parametrize(
    ("name", "culprit"),
    [
        ("output", "with this result"),
        ("steps", "steps as claimed"),
        ("input", "and these registers"),
    ],
)
def test_another_value_in_the_claim(name, culprit):
    false = Forgery(FIVE)
    false.claim[name] += 1
    false.refused(culprit)


@pytest.mark.parametrize(
    ("line", "text"),
    [(0, "set r1 2"), (3, "add r1 r0"), (4, "add r0 -2"), (5, "jnz r0 4"), (6, "set r0 r2")],
)
def test_another_program_in_the_claim(line, text):
    """The program of the claim is the one that has been executed."""
    false = Forgery(FIVE)
    false.claim["program"][line] = text
    false.refused("bus fetch")


def test_an_instruction_that_is_not_at_its_line():
    false = Forgery(FIVE)
    cells = false.view("processor")
    cells.constant[0], cells.y[0], cells.result[0] = 7, 7, 7
    cells.inverse[0] = pow(7, -1, P)
    cells.registers[1:, 1] = np.array(cells.registers[1:, 1]) * np.uint64(7)
    assert "bus fetch" in false.wrong()


def changed_after(false: Forgery, row: int, register: int, by: int) -> None:
    """Add to a register from a row on, where nothing computes with it any more."""
    cells = false.view("processor").registers
    cells[row:, register] += np.uint64(by)


def test_a_register_that_changes_by_itself():
    false = Forgery(FIVE)
    changed_after(false, 19, 0, 1)  # after the halt
    false.claim["output"] += 1
    false.refused("registers after")
    false = Forgery(FIVE)
    changed_after(false, 5, 3, 1)  # one that no instruction names
    false.refused("registers after")


def test_a_register_that_does_not_start_with_0():
    false = Forgery(FIVE)
    changed_after(false, 0, 3, 1)
    false.refused("and these registers")


def test_going_on_after_the_end():
    """A last `set r0 999`, which no line of the program says."""
    false = Forgery(FIVE)
    cells = false.view("processor")
    cells.target[25, 0], cells.set[25], cells.constant[25] = 1, 1, 999
    cells.x[25], cells.y[25], cells.result[25] = 120, 999, 999
    cells.inverse[25] = pow(999, -1, P)
    cells.registers[26:, 0] = 999
    false.claim["output"] = 999
    culprits = {f"{name} is 0 when it is over" for name in ("target", "set", "constant")}
    false.refused(*culprits)


def test_waking_up():
    """After the halt, the program is said to run once more, from another line."""
    false = Forgery(FIVE)
    cells = false.view("processor")
    cells.busy[20] = 1
    false.refused("it goes on until it halts", "bus fetch")


def cut_off(rows: int) -> Forgery:
    """A run that stops where the table does, before it has halted."""
    false = Forgery(FIVE)
    trace = false.traces["processor"] = false.traces["processor"][:rows].copy()
    cells = false.view("processor")
    false.claim["output"] = int(cells.registers[-1, 0])
    executed = np.bincount(trace[:, 0].astype(np.int64), minlength=8)
    false.traces["program"] = executed.astype(np.uint64).reshape(-1, 1)
    return false


@pytest.mark.parametrize("rows", [8, 16])
def test_a_run_that_is_cut_off(rows):
    cut_off(rows).refused("it halts in the end")


def test_a_jump_that_is_not_made():
    """Line 5 says `jnz r0 3`; at r0 = 4 the program is said to be through."""
    false = Forgery(FIVE)
    cells = false.view("processor")
    row = cells.line.tolist().index(5)
    end = cells.line.tolist().index(6)
    trace = false.traces["processor"]
    # lines 6 and 7 follow; r0 becomes what r1 is by now
    trace[row + 1 : row + 3] = trace[end : end + 2]
    r1 = int(cells.registers[row, 1])
    cells.inverse[row] = 0
    cells.registers[row + 1] = cells.registers[row]
    cells.x[row + 1], cells.y[row + 1], cells.result[row + 1] = cells.registers[row, 0], r1, r1
    cells.inverse[row + 1] = pow(r1, -1, P)
    cells.registers[row + 2 :] = [r1, *cells.registers[row, 1:].tolist()]
    trace[row + 3 :, : 1 + sum(math.prod(shape) for shape in OPERATION.values())] = 0
    cells.line[row + 3 :] = np.arange(8, 8 + len(trace) - row - 3)
    for name in ("busy", "x", "y", "result", "inverse"):
        cells[name][row + 3 :] = 0
    cells.clock[:] = np.arange(len(trace))
    executed = np.bincount(cells.line[: row + 3].astype(np.int64), minlength=8)
    false.traces["program"] = executed.astype(np.uint64).reshape(-1, 1)
    false.claim["output"], false.claim["steps"] = r1, row + 3
    false.refused("not 0: has an inverse")


def test_starting_elsewhere():
    false = Forgery(RegisterMachine(input=0))  # set, jnz, jnz, set, halt
    trace = false.traces["processor"]
    trace[:4] = trace[1:5]
    trace[4:, 1:19] = 0
    cells = false.view("processor")
    cells.line[4:] = np.arange(8, 8 + len(trace) - 4)
    cells.busy[4:] = 0
    cells.clock[:] = np.arange(len(trace))
    # r1 is 0, so that the jump of line 2 is not made either; line 3 follows
    assert "with line 0" in false.wrong()


class _Zeros(ProgramTable):
    """Filled up with zeros, as the lesson warns."""

    def preprocessed_trace(self):
        filled = self.operations.copy()
        filled[2:] = 0
        return filled


def test_rows_of_zeros_would_be_instructions(tmp_path):
    """Line 0 could be left out: a row of zeros says that it does nothing."""
    (tmp_path / "program").write_text("add r0 1")
    false = Forgery(RegisterMachine(program=str(tmp_path / "program"), input=6))
    cells = false.view("processor")
    false.traces["processor"][0, 1:15] = 0
    for name in ("x", "y", "result", "inverse"):
        cells[name][0] = 0
    cells.registers[1:, 0] = 6
    false.traces["program"][:3, 0] = 0, 1, 1  # row 2 is one of zeros
    false.claim["output"] = 6
    false.refused("bus fetch")
    false.tables = {"program": _Zeros(parse(["add r0 1"]))}
    assert false.wrong() == set()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": P}, "integers below p"),
        ({"output": -1}, "integers below p"),
        ({"steps": 0}, "claim.steps is 0"),
        ({"steps": (1 << 20) + 1}, "not from 1 to"),
        ({"program": []}, "has 0 instructions"),
        ({"program": [5]}, "a list of strings"),
        ({"program": ["set r1  1"]}, "not spelt as"),
        ({"program": ["set r1 01"]}, "not spelt as"),
        ({"program": ["halt # now"]}, "not spelt as"),
        ({"program": ["halt", ""]}, "not spelt as"),
        ({"program": "halt"}, "is str"),
    ],
)
def test_senseless_claims_are_refused(changes, message):
    claim = {**FIVE.prepare().claim, **changes}
    with pytest.raises(cs.StatementError, match=message):
        RegisterMachine.read_statement(claim)
