"""Runs in another order, cut off, or ended elsewhere; instructions entered in the middle."""

from __future__ import annotations

import copy

import pytest
from forged_run import Run
from forged_tables import limbs

import cstark as cs
from cstark.vm import abi
from cstark.vm.tables import FAMILIES
from cstark.vm.tables.ecall import Halt
from tests.vm import encode
from tests.vm.guests import LOW, Guest, exit_with, li

FRESH = 0x2000_0000
A, B, C, D = 5, 6, 7, 8
X = 1 << 32


class _Apart:
    """A table that sends and receives time and label by themselves, not as one token."""

    def __init__(self, table):
        self.table = table

    def __getattr__(self, attribute):
        found = getattr(self.table, attribute)
        if attribute not in ("send", "receive"):
            return found

        def message(bus, values, *, name, **options):
            if bus != "state":
                return found(bus, values, name=name, **options)
            found("state", [values[0], 0], name=f"{name}: time", **options)
            found("state", [0, values[1]], name=f"{name}: label", **options)

        return message


def with_two_tokens(air: cs.Air) -> cs.Air:
    """A family whose rows have a token of time and one of the label."""
    weaker, family = copy.copy(air), type(air)

    def constrain(self, t):
        family.constrain(self, _Apart(t))

    changes = {"constrain": constrain, "operations": family.operations}
    weaker.__class__ = type(family.__name__, (family,), changes)
    return weaker


def apart(run: Run) -> str:
    """The verdict if every family, and the verifier, had two tokens instead of one."""
    tables, tokens = run.tables, run.tokens
    run.tables = {name: with_two_tokens(air) if name in FAMILIES else air
                  for name, air in tables.items()}  # fmt: skip
    run.tokens = [
        type(token)(token.bus, part)
        for token in tokens
        for part in (
            ([token.values[0], 0], [0, token.values[1]]) if token.bus == "state"
            else (token.values,)
        )
    ]  # fmt: skip
    try:
        return run.verdict()
    finally:
        run.tables, run.tokens = tables, tokens


def test_tokens_apart_say_the_same_of_an_honest_run():
    assert apart(Run(Guest([*li(C, 1), *exit_with(C)]))) == ""


def test_instructions_in_another_order():
    """Time and label in one token: rows change places only with the program."""
    run = Run(Guest([*li(C, 1), *li(C, 2), *exit_with(C)]))
    first, second = (run.at("li", LOW + 4 * k) for k in (0, 1))
    sooner, later = (int(run.view("li").time[row]) for row in (first, second))
    run.put("li", second, time=sooner, old=[0, 0], old_time=0)
    run.put("li", first, time=later, old=[2, 0], old_time=sooner + 2)
    run.ends_with(LOW + 8, 1)
    run.settle()
    assert run.verdict() == "bus_sum"
    assert apart(run) == ""


def test_a_load_in_the_place_of_the_store_before_it():
    """The time of an access is that of its row, and the row's that of the state."""
    head = [*li(A, FRESH), *li(B, 111)]
    run = Run(Guest([*head, encode.s("sd", B, A, 0), encode.i("ld", C, A, 0), *exit_with(C)]))
    store, load = run.view("sd"), run.view("ld")
    sooner, later, read = int(store.time[0]), int(load.time[0]), int(store.a_time[0])
    run.put("ld", 0, time=sooner, a_time=read, m=[0, 0], m_time=0, gap=sooner + 3 - 1)
    run.put("sd", 0, time=later, a_time=sooner, m=[0, 0], m_time=sooner + 3, gap=4 - 1)
    run.put("mv", 0, a_time=sooner + 2)
    run.ends_with(LOW + 4 * len(head) + 8, 0)
    run.settle()
    assert run.verdict() == "bus_sum"
    assert apart(run) == ""


def test_a_sequence_entered_in_the_middle():
    """B1: `sllw` is three operations; without the first, the amount is what 33 holds, 0."""
    body = [*li(A, 5), *li(B, 1), encode.u("auipc", D, 0), encode.i("jalr", 0, D, 8)]
    run = Run(Guest([*body, encode.r("sllw", C, A, B), *exit_with(C)]))
    place = LOW + 4 * len(body)
    run.leave_out("and_small", run.at("and_small", place))
    run.put("jr", 0, bit=-X)  # to the second operation, at place + 2^32
    run.put("shift_r", 0, b=[0, 0], b_time=0, old=[0, 0], low=0, left=1, right=1 << 16,
            r=limbs(5, 5), c=[5, 0])  # fmt: skip
    run.put("addiw", 0, a=[5, 0], c=[5, 0])
    run.ends_with(place + 4, 5)
    run.settle()
    run.judge(jr=["bit is a bit"])


def cut_off(run: Run, time: int) -> None:
    """Nothing is executed from a time on."""
    for name, row in list(run.rows_from(time)):
        run.traces[name][row] = 0


def test_a_run_cut_off():
    """A run that does not halt has no last token at the label where runs end, and no exit code."""
    run = Run(Guest([*li(C, 1), *li(C, 2), *exit_with(C)]))
    time = int(run.view("mv").time[0])
    cut_off(run, time)
    run.claim("state", [time, abi.HALT])
    run.settle()
    assert run.verdict() == "bus_sum"
    run.tokens = [token for token in run.tokens if token.bus != "halt"]
    assert run.verdict() == "bus_sum"  # still: it ended at no such label
    run.claim("state", [time, LOW + 8])
    assert run.verdict() == ""


@pytest.mark.parametrize("longer", [-4, 4])
def test_a_step_less_or_more(longer):
    """The last token has the time of the last row, whatever the verifier is told."""
    run = Run(Guest([*li(C, 1), *exit_with(C)]))
    (end,) = (t for t in run.tokens if t.bus == "state" and isinstance(t, cs.Receive))
    run.claim("state", [end.values[0] + longer, abi.HALT])
    assert run.verdict() == "bus_sum"


class GoesOn(Halt):
    """An exit after which the run goes on."""

    operations = "ecall"
    own = Halt.own

    def target(self, n):
        return n.next


def test_two_ends():
    """The row that halts leads to a label of its own, and the verifier takes one exit code."""

    def program(first: int) -> Guest:
        return Guest([*li(10, 1), *li(17, first), encode.ECALL, *li(10, 2), *li(17, abi.EXIT),
                      encode.ECALL])  # fmt: skip

    run = Run(program(abi.WRITE))
    run.become(program(abi.EXIT))
    view, call = run.view("print"), run.at("print", LOW + 8)
    time, seen = int(view.time[call]), int(view.a_time[call])
    run.traces["print"][:] = 0
    first, result, second = (run.at("li", LOW + 4 * k) for k in (1, 3, 4))
    written = int(run.view("li").time[run.at("li", LOW)]) + 2
    run.put("li", first, imm0=abi.EXIT)
    run.put("li", result, old_time=time + 1)  # a0 is read now
    run.put("li", second, old=[abi.EXIT, 0])
    run.put("halt", 1, real=1, time=time, pc=LOW + 8, next=LOW + 12, a_time=seen, b=[1, 0],
            b_time=written)  # fmt: skip
    run.settle()
    assert run.verdict() == "bus_sum"
    run.tables["halt"] = GoesOn()
    (end,) = (t for t in run.tokens if t.bus == "state" and isinstance(t, cs.Receive))
    run.claim("state", [end.values[0], LOW + 24])
    assert run.verdict() == "bus_sum"  # still: there is an exit code more
    run.tokens.append(cs.Receive("halt", [1, 0]))
    assert run.verdict() == ""


def test_a_call_that_there_is_not():
    """A call with another number is taken for one that prints."""

    def program(number: int) -> Guest:
        return Guest([*li(10, 1), *li(17, number), encode.ECALL, *li(C, 7), *exit_with(C)])

    run = Run(program(abi.WRITE))
    run.become(program(5))
    run.put("li", run.at("li", LOW + 4), imm0=5)
    again = run.at("li", LOW + 20)
    run.put("li", again, old=[5, 0], old_time=int(run.view("print").a_time[0]))
    run.settle()
    run.judge(print=["a7 taken", "a7 put back"])


def test_no_operation_in_the_rows_that_fill_up_the_program():
    """Their message is an operation at label 0; nobody fetches it."""
    run = Run(Guest([*li(C, 1), *exit_with(C)]))
    run.tokens.append(cs.Send("fetch", [0] * 8))
    assert run.verdict() == "bus_sum"
    fixed = run.tables["program"].preprocessed_trace()
    assert not fixed[-1].any()
    run.put("program", len(fixed) - 1, count=1)
    run.judge(program=["only operations are fetched"])
