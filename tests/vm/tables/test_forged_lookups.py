"""Whole machines, with their own tables of ranges, bytes and shifts, that look up what is false.

Each run claims another exit code than that of the program, by one lookup that is no fact. The
real tables refuse it, whatever counts the forger gives them; without the lookup, or with a table
whose facts are the prover's own cells, it is accepted.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
from forged_run import Run
from forged_tables import facts, limbs, loosened

from cstark.air import P
from cstark.vm import abi
from cstark.vm.buses import BUSES
from cstark.vm.tables import FAMILIES, tables_of
from cstark.vm.tables.ranges import RANGES
from tests.vm import encode
from tests.vm.guests import LOW, Guest, exit_with, li

L, X = 1 << 16, 1 << 32
A, B, C = 5, 6, 7


def guest_of(*body: int, data=()) -> tuple[Guest, int]:
    """A guest that exits with C, and the address of its last instruction before the end."""
    return Guest([*body, *exit_with(C)], list(data)), LOW + 4 * (len(body) - 1)


def upper_half(run: Run, place: int, halves: list[int], code: int) -> None:
    """The instruction at a place takes the upper half of C, which is now of these halves."""
    run.put("half_down", run.at("half_down", place), a=halves, old=halves)
    run.ends_with(place + 4, code)


def added() -> Run:
    """5 + 7 = 7 + 2^32 - 2^32 + 5: a limb below 0 carries into the upper half."""
    guest, place = guest_of(
        *li(A, 5), *li(B, 7), encode.r("add", C, A, B), encode.shift("srli", C, C, 32)
    )
    run = Run(guest, providers=True)
    run.put("add", 0, c=[12, -L, 1, 0])
    upper_half(run, place, [12 - X, 1], 1)
    return run


def tallest(rounds: int) -> Run:
    """The same in the last row of the tallest table of the machine."""
    guest, place = guest_of(
        *li(C, rounds), encode.i("addi", C, C, -1), encode.b("bne", C, 0, -4),
        encode.i("addi", C, C, 7), encode.shift("srli", C, C, 32),
    )  # fmt: skip
    run = Run(guest, providers=True)
    row = run.at("addi_inplace", place - 4)
    assert row == rounds
    run.put("addi_inplace", row, c=[7, -L, 1, 0])
    upper_half(run, place, [7 - X, 1], 1)
    return run


def not_extended() -> Run:
    """The sign of a sum of words is 0 although its top bit is 1."""
    guest, place = guest_of(
        *li(A, X // 2 - 1), *li(B, 1), encode.r("addw", C, A, B), encode.shift("srli", C, C, 32)
    )
    run = Run(guest, providers=True)
    run.put("addw", 0, s=0)
    upper_half(run, place, [X // 2, 0], 0)
    return run


def wide_byte() -> Run:
    """A byte of 9 bits is loaded."""
    words = [*li(A, LOW + 40), encode.i("lbu", C, A, 2), *exit_with(C)]
    guest = Guest([*words, *[encode.NOP] * (10 - len(words))], [0x0706_0504_0302_0100])
    assert guest.data_at == LOW + 40
    run = Run(guest, providers=True)
    run.put("sub_load", 0, q=2 + 256, p=3 - 1, r=2 + 256)
    run.ends_with(LOW + 4 * len(li(A, LOW + 40)) + 4, 2 + 256)
    return run


def another_and() -> Run:
    """12 and 10 = 9."""
    guest, place = guest_of(*li(A, 12), *li(B, 10), encode.r("and", C, A, B))
    run = Run(guest, providers=True)
    run.put("and", 0, z=[9, *[0] * 7])
    run.ends_with(place + 4, 9)
    return run


def another_power() -> Run:
    """5 << 1 = 20, as if 2^1 were 4."""
    shift = encode.r("sll", C, A, B)
    guest, place = guest_of(*li(A, 5), *li(B, 1), shift, shift)
    run = Run(guest, providers=True)
    run.put("shift_r", 1, left=4, r=limbs(20, 5), c=[20, 0])
    run.ends_with(place + 4, 20)
    return run


def call_of_the_future() -> Run:
    """A call to exit is taken for one to print: a7 is what is written to it only later.

    Register by register the tokens are in order but at this one place: the first constant, the
    second one, the call between them, the third one.
    """

    def program(first: int) -> Guest:
        return Guest([
            *li(10, 1), *li(17, first), encode.ECALL, *li(C, 2), *li(17, abi.WRITE), *exit_with(C)
        ])  # fmt: skip

    wanted, other = program(abi.EXIT), program(abi.WRITE)
    run = Run(other, providers=True)  # which prints nothing: a0 is no file
    run.guest, run.tables = wanted, tables_of(wanted.code, wanted.image)
    del run.tables["rare"]
    first, second, third = (run.at("li", LOW + 4 * k) for k in (1, 4, 6))
    call, view = run.at("print", LOW + 8), run.view("li")
    now, later = int(run.view("print").time[call]), int(view.time[second]) + 2
    run.put("li", first, imm0=abi.EXIT)
    run.put("li", second, old=[abi.EXIT, 0], old_time=int(view.time[first]) + 2)
    run.put("print", call, a_time=later)
    run.put("li", third, old_time=now)
    image = run.view("image")
    for row, word in enumerate(wanted.image.words.tolist()):
        assert int(image.time[row]) == 0
        run.put("image", row, value=[word % X, word >> 32])
    run.honest = [*Run(wanted).tokens]  # three rows, and exit code 1
    return run


CASES = {
    # bus, the run, table and rule
    "range": ("range", added, "add", "limb of the sum 1"),
    "range: the tallest table": (
        "range", functools.partial(tallest, 3000), "addi_inplace", "limb of the sum 1"),
    "range: the last family": ("range", call_of_the_future, "print", "a7 is older"),
    "top": ("top", not_extended, "addw", "upper limb of the result"),
    "low": ("low", wide_byte, "sub_load", "bytes of the limb"),
    "bytes": ("bytes", another_and, "and", "byte 0"),
    "shift": ("shift", another_power, "shift_r", "the amount"),
}  # fmt: skip


def forged_run(case: str) -> tuple[Run, str]:
    """The run of a case, with last tokens and counts that fit, and the bus it is about."""
    bus, forged, _, _ = CASES[case]
    run = forged()
    run.settle()
    return run, bus


def provider(bus: str) -> str:
    (name,) = BUSES[bus].received
    return name


def false_lookup(run: Run) -> tuple[str, list[int]]:
    """The one message to a table of facts that is none."""
    found = [
        (bus, list(values))
        for _, _, bus, sign, values, _, _ in run.messages()
        if BUSES[bus].free and bus != "fetch" and not facts(bus, list(values))
    ]
    ((bus, values),) = found
    return bus, values


def unused(run: Run, name: str) -> int:
    """A row of a table of facts that nobody asks for."""
    return int(np.flatnonzero(~run.traces[name].any(axis=1))[-1])


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_fact(case):
    """Refused by the real tables; accepted without the lookup."""
    _, _, table, rule = CASES[case]
    run, bus = forged_run(case)
    assert set(run.tables) >= {"range", provider(bus)}
    assert false_lookup(run)[0] == bus
    run.judge(**{table: [rule]})


@pytest.mark.parametrize("case", ["range", "range: the last family", "top", "bytes", "shift"])
def test_no_count_makes_it_a_fact(case):
    """One more of another fact, one less, or all of the counts of the field."""
    run, bus = forged_run(case)
    name, column = provider(bus), bus if bus in RANGES else "count"
    assert run.verdict() == "bus_sum"
    asked = int(np.flatnonzero(run.view(name)[column])[0])
    for counts in (
        {unused(run, name): 1},  # as many in all as are looked up
        {asked: 1},
        {asked: -1},
        {asked: 1, unused(run, name): -1},
        {asked: (P - 1) // 2, unused(run, name): (P + 1) // 2},
    ):
        run.counts = {(name, row): {column: change} for row, change in counts.items()}
        assert run.verdict() == "bus_sum", counts


@pytest.mark.parametrize("case", ["range", "range: the last family", "top", "bytes", "shift"])
def test_facts_of_the_prover_s_own(case):
    """That its rows are preprocessed is what makes a table of facts one."""
    run, bus = forged_run(case)
    assert run.verdict() == "bus_sum"
    name, column = provider(bus), bus if bus in RANGES else "count"
    _, values = false_lookup(run)
    row, table = unused(run, name), run.tables[name]
    run.tables[name] = loosened(table)
    own = np.hstack([run.traces[name], table.preprocessed_trace()])
    cells = dict(zip(own_columns(bus), values, strict=True))
    run.traces[name] = own
    run.put(name, row, **cells, **{column: 1})
    run.count = lambda lookups: None  # the counts are those of before, and this one
    assert run.verdict() == ""


def own_columns(bus: str) -> tuple[str, ...]:
    """The columns of a table of facts that a message on the bus is made of."""
    if bus in RANGES:
        return ("x", {"top": "bit", "low": "byte"}.get(bus, ""))[: len(BUSES[bus].message)]
    return BUSES[bus].message


@pytest.mark.nightly
def test_a_family_taller_than_the_tables_of_facts():
    run = tallest(70_000)
    run.settle()
    heights = {name: len(trace) for name, trace in run.traces.items()}
    assert max(heights, key=lambda name: heights[name]) in ("addi_inplace", "branch_zero")
    assert heights["addi_inplace"] > heights["range"]
    run.judge(addi_inplace=["limb of the sum 1"])


def test_the_last_family_that_looks_something_up():
    """The order of the machine ends with `print`, the tables of facts behind it."""
    assert list(FAMILIES)[-1] == "print"
    assert set(BUSES["range"].senders(FAMILIES)) >= {"print", "mis_store"}
