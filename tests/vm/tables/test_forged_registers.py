"""Runs and rows whose registers hold what they do not: x0, and the register of an address."""

from __future__ import annotations

import numpy as np
import pytest
from forged_run import Run
from forged_tables import Attack, limbs, row_of

from cstark.vm import abi
from cstark.vm.tables.registers import STEP, Refresh
from tests.vm import encode
from tests.vm.guests import LOW, Guest, exit_with, li

A, B, C = 5, 6, 7
FRESH = 0x2000_0000
X = 1 << 32
READ = ["rs1 taken", "rs1 put back"]


def test_x0_read_as_something_else():
    """0 - 5 = -4, with 1 read from x0."""
    run = Run(Guest([*li(A, 5), encode.r("sub", C, 0, A), *exit_with(C)]))
    run.put("sub", 0, a=[1, 0], c=limbs(-4 % 2**64, 4))
    run.ends_with(LOW + 8, -4 % 2**64)
    run.settle(sub=READ)
    run.judge(sub=READ)


def test_x0_read_as_something_else_by_a_branch():
    """0 < 2^32 + 5 is not taken, with 2^33 + 9 read from x0."""
    honest = row_of("branch_lt", encode.b("blt", 0, A, 8), 5 + X, 0)
    assert honest["rs1"] == 0 and honest["lt"] == 1
    Attack("branch_lt", honest, {"a": [9, 2], "lt": 0, "m": [0, 0]}).judge(*READ)


def test_x0_written():
    """A load whose result nothing can read writes register 32; here it would write x0."""
    words = [*li(A, LOW + 40), encode.i("ld", 0, A, 0), encode.r("sub", C, 0, B), *exit_with(C)]
    run = Run(Guest([*words, *[encode.NOP] * (10 - len(words))], [77]))
    assert int(run.view("ld").rd[0]) == abi.SINK
    run.put("ld", 0, rd=0)
    run.put("sub", 0, a=[77, 0], a_time=int(run.view("ld").time[0]) + 2, c=[77, 0, 0, 0])
    run.ends_with(LOW + 4 * (len(li(A, LOW + 40)) + 2), 77)
    run.settle()
    run.judge(ld=["fetch"])


def test_two_reads_of_one_register_differ():
    """5 + 5 = 11: the second read has a time of its own, so it finds what the first one left."""
    honest = row_of("add", encode.r("add", C, A, A), 5, 0)
    Attack("add", honest, {"b": [6, 0], "c": [11, 0, 0, 0]}).judge("rs2 taken", "rs2 put back")


@pytest.mark.parametrize(("rs1", "name"), [(A, "sub"), (C, "sub_inplace")])
def test_an_operand_that_is_the_target_too(rs1, name):
    """rs2 is read before rd is written: what it finds is what the instruction before left."""
    run = Run(Guest([*li(A, 5), *li(C, 9), encode.r("sub", C, rs1, C), *exit_with(C)]))
    wrong = (5 if rs1 == A else 9) - 3
    run.put(name, 0, b=[3, 0], c=limbs(wrong % 2**64, 4))
    run.ends_with(LOW + 12, wrong)
    run.settle()
    assert run.verdict() != ""
    read = ["rs2 taken", "rs2 put back"]
    taken = "old_time" if name == "sub" else "a_time"
    run.put(name, 0, **{taken: int(run.view(name).b_time[0])})  # the token that rs2 leaves there
    run.settle(**{name: read})
    run.judge(**{name: read})


def test_an_address_with_an_upper_half():
    """2^32 + an address is none: the upper half of an address is the constant 0."""

    def program(upper: int) -> Guest:
        head = [*li(A, FRESH), *li(B, upper), encode.shift("slli", B, B, 32)]
        return Guest([*head, encode.r("add", A, A, B), encode.i("ld", C, A, 0), *exit_with(C)])

    run = Run(program(0))
    run.become(program(1))
    run.put("li", run.at("li", LOW + 4), imm0=1)
    run.put("half_up", 0, a=[1, 0], old=[1, 0])
    run.put("add_inplace", 0, b=[0, 1], c=[*limbs(FRESH), 1, 0])
    run.settle()
    run.judge(ld=READ)


def test_a_load_from_nowhere_into_x0():
    """That nothing reads the result of a load does not make it a load of memory there is."""

    def program(address: int) -> Guest:
        assert len(li(A, address)) == 1
        return Guest([*li(A, address), encode.i("lw", 0, A, 0), *li(C, 7), *exit_with(C)])

    run = Run(program(FRESH))
    run.become(program(0x7F8))  # below the first page
    run.put("li", run.at("li", LOW), imm0=0x7F8)
    run.put("lw", 0, a=0x7F8)
    run.traces["fresh"][0] = 0
    run.settle()
    run.put("fresh", 0, low=(run.tables["fresh"].limit - run.tables["fresh"].first) % 2**16)
    run.put("fresh", 7, low=(run.tables["fresh"].limit - run.tables["fresh"].first) % 2**16)
    run.judge(lw=["word taken", "word put back"])


class OtherRefresh(Refresh):
    """Makes a token younger, and whatever the prover likes of its value."""

    columns = {**Refresh.columns, "new": (2,)}

    def constrain(self, t):
        n = t.now
        t.every_row.boolean(n.real, name="real is a bit")
        t.receive("register", [n.register, *n.value, n.time], count=n.real, weight=1, name="taken")
        t.send("register", [n.register, *n.new, n.time + STEP], count=n.real, name="put back")


def test_a_token_made_younger_with_another_value():
    """V8: a row of REFRESH has one value, which is taken and put back."""
    rounds = 9000
    words = [*li(C, 7), *li(A, rounds), encode.i("addi", A, A, -1), encode.b("bne", A, 0, -4)]
    run = Run(Guest([*words, *exit_with(C)]), providers=True)
    (row,) = (k for k, number in enumerate(run.view("refresh").register)
              if number == C and run.view("refresh").real[k] == 1)  # fmt: skip
    run.put("mv", 0, a=[8, 0])
    run.put("halt", 0, b=[8, 0])
    run.claim("halt", [8, 0])
    honest = run.traces["refresh"].copy()
    run.put("refresh", row, value=[8, 0])
    run.settle()
    assert run.verdict() == "bus_sum"
    run.tables["refresh"] = OtherRefresh()
    run.traces["refresh"] = np.hstack([honest, honest[:, 2:4]])
    run.put("refresh", row, new=[8, 0])
    run.settle()
    assert run.verdict() == ""
