"""Cells by call stack: what the compiled module refuses, and ways into and out of functions."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.vm import Image, Program
from cstark.vm.executor import COUNT, PROFILE, start
from cstark.vm.executor._executor import TABLES
from cstark.vm.symbols import Symbols
from tests.vm import encode
from tests.vm.guests import exit_with

LOW = 0x1_0000
RA, T0 = 1, 5


def program(words, names):
    image = Image.from_text(words)
    high = LOW + 4 * len(words)
    places = {LOW + 4 * at: name for at, name in names.items()}
    symbols = Symbols.named(places, high=high)
    return Program(Image(image.low, image.words, image.text, image.entry, symbols))


def stacks(words, names):
    return dict(program(words, names).run().profile().stacks)


def test_a_tail_call_takes_the_place_of_its_caller():
    end = exit_with()
    at = 1 + len(end)
    words = [encode.j(RA, 4 * at), *end, encode.j(0, 4), encode.i("jalr", 0, RA, 0)]
    found = stacks(words, {0: "main", at: "first", at + 1: "second"})
    assert set(found) == {("main",), ("main", "first"), ("main", "second")}


def test_running_on_into_the_next_function_is_no_call():
    words = [encode.i("addi", T0, 0, 1), *exit_with()]
    assert set(stacks(words, {0: "one", 1: "two"})) == {("one",), ("two",)}


def test_calls_through_a_register_and_jumps_that_are_no_calls():
    end = exit_with()
    at = 3 + len(end)
    words = [
        encode.u("auipc", T0, 0),
        encode.i("jalr", RA, T0, 4 * at),  # a call
        encode.i("addi", RA, RA, 0),  # no call: it only writes to x1
        *end,
        encode.i("jalr", 0, RA, 0),
    ]
    assert set(stacks(words, {0: "main", at: "called"})) == {("main",), ("main", "called")}


def test_a_return_over_several_frames_unwinds_them():
    end = exit_with()
    at = 2 + len(end)
    words = [
        encode.j(RA, 4 * at),
        *end,
        encode.NOP,
        encode.i("addi", 6, RA, 0),  # outer: keeps the address in x6
        encode.j(RA, 4),
        encode.i("addi", RA, 6, 0),  # inner: returns to main at once
        encode.i("jalr", 0, RA, 0),
    ]
    found = stacks(words, {0: "main", at: "outer", at + 2: "inner"})
    assert set(found) == {("main",), ("main", "outer"), ("main", "outer", "inner")}


def test_code_without_symbols_has_a_name():
    assert set(stacks(exit_with(), {})) == {("(no symbol)",)}


def test_what_the_compiled_module_refuses():
    made = program(exit_with(), {0: "main"})
    n = len(made.code)
    function = np.zeros(n + 1, np.uint32)
    turn, cost = np.zeros(n + 1, np.uint8), np.ones(TABLES, np.uint64)
    hart = start(made.code, made.image, b"", PROFILE)
    with pytest.raises(ValueError, match=r"needs a call of profile"):
        hart.run(1)
    with pytest.raises(ValueError, match="no profile"):
        hart.stacks()
    short = [(function[1:], turn, cost), (function, turn[1:], cost), (function, turn, cost[1:])]
    for wrong in short:
        with pytest.raises(ValueError):
            hart.profile(*wrong)
    hart.profile(function, turn, cost)
    with pytest.raises(ValueError, match="once"):
        hart.profile(function, turn, cost)
    hart.run(100)
    _, _, cells = hart.stacks()
    assert int(cells.sum()) == hart.rows
    with pytest.raises(ValueError, match="mode PROFILE"):
        start(made.code, made.image, b"", COUNT).profile(function, turn, cost)
