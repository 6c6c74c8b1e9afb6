"""The stack machine: programs against a plain interpreter, and runs that did not happen."""

from __future__ import annotations

import numpy as np
import pytest
from forgery_support import Forgery, case_of, round_trip

import cstark as cs
from cstark.machines.stack_machine import (
    FACTORIAL,
    OPERATIONS,
    STACK,
    Processor,
    StackMachine,
    execute,
    parse,
)

P = cs.P
FIBONACCI = """push 0; set 1; push 1; set 2;
get 0; jnz 7; halt;
get 1; get 2; set 1; get 2; add; set 2;
get 0; push 1; sub; set 0; get 0; jnz 7; halt"""


def plain(program, argument):
    """Locals and stack apart, as one would write it; (result, executed instructions)."""
    local, stack, line, steps = [argument] + [0] * 15, [], 0, 0
    while True:
        name, number = program[line]
        line, steps = line + 1, steps + 1
        if name == "push":
            stack.append(number % P)
        elif name == "get":
            stack.append(local[number])
        elif name == "set":
            local[number] = stack.pop()
        elif name == "jnz":
            line = number if stack.pop() else line
        elif name == "halt":
            return local[1], steps
        else:
            top, below = stack.pop(), stack.pop()
            stack.append({"add": below + top, "sub": below - top, "mul": below * top}[name] % P)


@pytest.mark.parametrize(
    ("program", "argument"),
    [(FACTORIAL, 1), (FACTORIAL, 20), (FACTORIAL, 25), (FIBONACCI, 0), (FIBONACCI, 9),
     ("push -7; get 0; sub; set 1; halt", 5), ("halt", 3), ("push 1; jnz 3; halt; halt", 0)],
)  # fmt: skip
def test_round_trip(program, argument):
    code = parse(program)
    result, steps = plain(code, argument)
    claim = round_trip(StackMachine(program=program, argument=argument))
    assert claim == {
        "program": [list(one) for one in code], "argument": argument, "result": result,
        "rows": cs.padded_rows(steps),
    }  # fmt: skip


def test_what_it_computes():
    assert StackMachine(argument=10).prepare().claim["result"] == 3628800
    assert StackMachine(program=FIBONACCI, argument=12).prepare().claim["result"] == 144


def run():
    return case_of(StackMachine(argument=3))


def tokens(argument: int, rows: int, result: int):
    send = cs.Send("memory", [0, 0, argument, 1])
    return send, cs.Send("memory", [1, 4 * (rows + 1), result, 0])


@pytest.mark.parametrize("name", ["result", "argument"])
def test_another_value_in_the_claim(name):
    false = Forgery(StackMachine(argument=3))
    false.claim[name] += 1
    false.refused("bus memory")


def test_another_program_in_the_claim():
    false = Forgery(StackMachine(argument=3))
    false.claim["program"][4] = ["add", 0]  # was mul
    assert parse(FACTORIAL)[4] == ("mul", 0)
    false.refused("bus program")


def rewritten(case, change) -> dict[str, np.ndarray]:
    """The run of another machine, whose cells are put into the tables of this one.

    `change(step number, operation, number, a, b)` gives a result or None for the true one.
    """
    program = parse(FACTORIAL)
    rows = len(case.honest["processor"])
    steps, accesses = execute(program, 3, rows)
    writes = {}
    cells, false = {0: 3}, []
    for number, (line, top, _, _, _) in enumerate(steps):
        name, k = program[line]
        time = 4 * (number + 1)
        a = cells.get(k if name == "get" else top - 1, 0) if name not in ("push", "halt") else 0
        b = cells.get(top - 2, 0) if name in ("add", "sub", "mul") else 0
        true = {"push": k, "get": a, "set": a, "add": a + b, "sub": b - a, "mul": a * b}
        wanted = change(number, name, k, a, b)
        result = true.get(name, 0) % P if wanted is None else wanted
        to = {"push": top, "get": top, "set": k, "jnz": None, "halt": None}.get(name, top - 2)
        if to is not None:
            writes[to, time + 2] = result
            cells[to] = result
        false.append((line, top, a, b, result))
    trace = case.honest["processor"].copy()
    view = Processor(rows).view(trace)
    filled = np.array([*false, *[false[-1]] * (rows - len(false))], dtype=np.uint64)
    view.a, view.b, view.result = filled[:, 2:].T
    view.inverse = cs.gadgets.inverse_or_zero(view.a)
    view.zero = view.a == 0
    memory = cs.gadgets.Memory(cs.gadgets.Limbs(24))
    told, held = [], {}
    for at, time, value, write in [*accesses, (1, 4 * (rows + 1), 0, 0)]:
        value = writes.get((at, time), value) if write else held.get(at, 0)
        held[at] = value
        told.append((at, time, value, write))
    machine = cs.Machine(case.tables)
    traces = {**case.honest, "processor": trace, "memory": memory.trace(*zip(*told, strict=True))}
    found = tokens(3, rows, held[1])
    counted = machine.count(traces, "range")
    return {"traces": {**traces, "range": counted.reshape(-1, 1)}, "tokens": found}


def test_the_rewriter_makes_true_runs_as_well():
    case = run()
    given = rewritten(case, lambda *_: None)
    assert all(np.array_equal(given["traces"][name], case.honest[name]) for name in case.honest)


@pytest.mark.parametrize(("name", "place"), [("push", 0), ("set", 0), ("mul", 0), ("mul", -1)])
def test_a_result_that_is_wrong(name, place):
    """One instruction gives something else, and everybody believes it."""
    case = run()
    program = parse(FACTORIAL)
    steps, _ = execute(program, 3, 256)
    wrong = [k for k, (line, *_) in enumerate(steps) if program[line][0] == name][place]
    given = rewritten(case, lambda number, *_: 5 if number == wrong else None)
    assert given["tokens"] != case.tokens, "another result is claimed"
    case.forged(given["traces"], "result", tokens=given["tokens"])


def cells_of(case, traces):
    return Processor(len(traces["processor"])).view(traces["processor"])


def test_a_run_that_is_cut_off():
    """Another height, and no halt in the last row."""
    case = run()
    rows = 32
    program = parse(FACTORIAL)
    steps, accesses = execute(program, 3, 256)
    assert len(steps) > rows
    trace = case.honest["processor"][:rows].copy()
    ended = 4 * (rows + 1)
    known = [one for one in accesses if one[1] < ended]
    result = [value for at, _, value, write in known if at == 1 and write][-1]
    memory = cs.gadgets.Memory(cs.gadgets.Limbs(24))
    told = [*known, (1, ended, result, 0)]
    traces = {**case.honest, "processor": trace, "memory": memory.trace(*zip(*told, strict=True))}
    case.tables = {**case.tables, "processor": Processor(rows)}
    machine = cs.Machine(case.tables)
    traces |= {bus: machine.count(traces, bus).reshape(-1, 1) for bus in ("program", "range")}
    case.forged(traces, "it halts", tokens=tokens(3, rows, result))


def test_a_jump_that_is_not_taken():
    """The counter is said to be 0 when it is 2, and the program ends early."""
    case = run()
    program = parse(FACTORIAL)
    steps, accesses = execute(program, 3, 256)
    rows = len(case.honest["processor"])
    jump = next(k for k, (line, *_) in enumerate(steps) if program[line][0] == "jnz")
    traces = case.traces()
    view = cells_of(case, traces)
    view.zero[jump], view.inverse[jump] = 1, 0
    halt = len(program) - 1
    top = int(view.top[jump]) - 1
    for name, value in (("line", halt), ("top", top), ("number", 0), ("a", 0), ("b", 0),
                        ("result", 0), ("inverse", 0), ("zero", 1)):  # fmt: skip
        view[name][jump + 1 :] = value
    view.flags[jump + 1 :] = np.eye(len(OPERATIONS), dtype=np.uint64)[-1]
    known = [one for one in accesses if one[1] < 4 * (jump + 2)]
    result = [value for at, _, value, write in known if at == 1 and write][-1]
    told = [*known, (1, 4 * (rows + 1), result, 0)]
    memory = cs.gadgets.Memory(cs.gadgets.Limbs(24))
    traces["memory"] = memory.trace(*zip(*told, strict=True))
    machine = cs.Machine(case.tables)
    traces |= {bus: machine.count(traces, bus).reshape(-1, 1) for bus in ("program", "range")}
    case.forged(traces, "flag of zero", "flag of nonzero", tokens=tokens(3, rows, result))


@pytest.mark.parametrize(("column", "culprit"), [("a", "no operand"), ("b", "no second operand")])
def test_an_operand_of_an_instruction_that_has_none(column, culprit):
    case = run()
    traces = case.traces()
    view = cells_of(case, traces)
    view[column][-1] = 1
    if column == "a":
        view.inverse[-1], view.zero[-1] = 1, 0
    case.forged(traces, culprit)


def test_start_and_stack():
    case = run()
    traces = case.traces()
    view = cells_of(case, traces)
    assert view.top[0] == STACK
    machine = cs.Machine(case.tables)
    for column, names in (("clock", {"start", "the clock counts"}), ("line", {"start"}),
                          ("top", {"start", "the stack"})):  # fmt: skip
        changed = case.traces()
        cells_of(case, changed)[column][0] += np.uint64(1)
        report = machine.check(changed, tokens=case.tokens)
        assert names <= {v.name.partition("[")[0] for v in report.violations}


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"program": []}, "0 lines, not 1"),
        ({"program": [["halt", 0]] * 1025}, "1025 lines"),
        ({"program": [["jump", 0]]}, "not a list of instructions"),
        ({"program": [["halt"]]}, "not a list of instructions"),
        ({"program": [["halt", True]]}, "not a list of instructions"),
        ({"program": [["push", P]]}, "not a list of instructions"),
        ({"program": ["halt"]}, "not a list of instructions"),
        ({"argument": P}, "integers below p"),
        ({"result": -1}, "integers below p"),
        ({"rows": 12}, "claim.rows is 12"),
        ({"rows": 1 << 21}, "not a power of two from 8"),
    ],
)
def test_senseless_claims_are_refused(claim, message):
    good = {"program": [["halt", 0]], "argument": 0, "rows": 8, "result": 0}
    with pytest.raises(cs.StatementError, match=message):
        StackMachine.read_statement({**good, **claim})


NO_PROGRAMS = ["jump 2", "push", "push x", "add 1", "jnz 1 2", "push ²", "get --1"]


@pytest.mark.parametrize("text", [*NO_PROGRAMS, pytest.param("push " + "9" * 5000, id="long")])
def test_what_is_no_program(text):
    with pytest.raises(cs.StatementError, match=r"is no (instruction|number)"):
        StackMachine(program=f"{text}; halt").prepare()


def test_a_program_that_does_not_end():
    for text in ("push 1; jnz 0", "push 1"):
        with pytest.raises(cs.StatementError, match="does not halt"):
            execute(parse(text), 0, 1000)
