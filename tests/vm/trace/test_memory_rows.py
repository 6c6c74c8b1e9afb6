"""Loads and stores of every size at every place, and the tables of memory around them."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from cstark.vm import abi
from cstark.vm.executor import COUNT
from cstark.vm.trace.planning import RECORDED
from cstark.vm.trace.record import traces
from tests.vm import encode
from tests.vm.guests import A0, LOW, Guest, exit_with, li
from tests.vm.lockstep import agree

SIZES = {"ld": 8, "lw": 4, "lwu": 4, "lh": 2, "lhu": 2, "lb": 1, "lbu": 1, "sd": 8, "sw": 4,
         "sh": 2, "sb": 1}  # fmt: skip


def output(words: int, at: int = 28) -> list[int]:
    """The length of an output of so many words into its window, whose address is in a register."""
    return [*li(at, abi.OUTPUT), *li(27, 8 * words), encode.s("sd", 27, at, 0)]


def test_every_size_at_every_place():
    """Loads from, and stores to, each offset of a word, with the sign bit set and not."""
    body, slot = [*li(6, 0x8F7E6D5C4B3A2918), *li(28, 0x2000_0000)], 0
    for name, size in SIZES.items():
        for offset in range(8):
            if name in encode.LOADS:
                body += [encode.i(name, 7, 5, offset), encode.s("sd", 7, 28, 8 * (slot % 200))]
            else:
                body += [encode.s(name, 6, 5, offset), encode.i("addi", 6, 6, 0x1F * size),
                         encode.i("ld", 7, 5, 0), encode.i("ld", 8, 5, 8),
                         encode.r("xor", 9, 9, 7), encode.r("xor", 9, 9, 8)]  # fmt: skip
            slot += 1
    data = [0x8070605040302010, 0xFFEEDDCCBBAA9988, 0x0123456789ABCDEF]
    at = LOW + (1 << 11)
    guest = Guest([*li(5, at), *body, *exit_with(9)], data)
    pad = (at - guest.data_at) // 4
    guest = Guest([*li(5, at), *body, *exit_with(9), *[encode.NOP] * pad], data)
    assert guest.data_at == at
    hart = guest.check()
    agree(guest, hart)
    rows = dict(zip(RECORDED, hart.table_rows.tolist(), strict=True))
    assert rows["mis_load"] == 7 + 6 * 2 + 4 * 2 and rows["mis_store"] == 7 + 6 + 4
    assert rows["sub_load"] == 8 * 2 + 4 * 2 and rows["sub_store"] == 8 + 4


@pytest.mark.parametrize("seed", range(4))
def test_random_accesses(seed):
    """Around the ends of the image, of the stack and of the first page, in any order."""
    rnd = random.Random(seed)
    end = LOW + (1 << 14)
    bases = [end - 32, abi.STACK_TOP - 64, 0x0100_0FE0, abi.INPUT + 8, abi.OUTPUT + 64]
    words = [*li(6, rnd.getrandbits(64))]
    for _ in range(300):
        name, base = rnd.choice(list(SIZES)), rnd.choice(bases)
        words += li(5, base + rnd.randrange(56) + (imm := rnd.randrange(-64, 64)))
        if name in encode.LOADS:
            words += [encode.i(name, 7, 5, -imm), encode.r("add", 6, 6, 7)]
        else:
            words += [encode.s(name, 6, 5, -imm), encode.r("mul", 6, 6, 5)]
    words += exit_with(6)
    guest = Guest([*words, *[encode.NOP] * (2500 - len(words))])
    assert guest.image.end == end
    input = rnd.randbytes(61)
    agree(guest, guest.check(input), input)


def test_input_becomes_output():
    """All lengths modulo 8 pass through the windows; bytes behind the end are 0."""
    copy = [
        *li(5, abi.INPUT), *li(6, abi.OUTPUT), encode.i("ld", 7, 5, 0),
        encode.s("sd", 7, 6, 0),
        encode.b("beq", 7, 0, 28),  # nothing to copy
        encode.i("lbu", 8, 5, 8), encode.s("sb", 8, 6, 8), encode.i("addi", 5, 5, 1),
        encode.i("addi", 6, 6, 1), encode.i("addi", 7, 7, -1), encode.b("bne", 7, 0, -20),
        *exit_with(),
    ]  # fmt: skip
    guest = Guest(copy)
    for length in (0, 1, 7, 8, 9, 63, 64, 65):
        input = random.Random(length).randbytes(length)
        assert guest.check(input).output() == input


def test_words_beyond_input_and_output():
    """A guest may read behind the input, and use the output window as memory."""
    words = [*li(5, abi.INPUT + 4096), encode.i("ld", 7, 5, 0), *li(6, abi.OUTPUT + 8000),
             encode.s("sd", 5, 6, 0), encode.s("sd", 6, 5, 8), *output(0),
             *exit_with(7)]  # fmt: skip
    guest = Guest(words)
    hart = guest.check(b"abc")
    heights = guest.plan(hart, b"abc").heights
    assert heights["input"] == 1024 and heights["output"] == 1024


def test_old_registers_and_old_words():
    """What was not accessed for more than 2^16 is refreshed; a word's age has an upper limb."""
    count = 40_000
    words = [
        *li(20, 0x2000_0000), encode.s("sd", 20, 20, 8), *li(5, count),
        encode.i("addi", 5, 5, -1), encode.b("bne", 5, 0, -4),
        encode.i("ld", 10, 20, 8), encode.i("addi", 10, 10, 0), *li(17, abi.EXIT), encode.ECALL,
    ]  # fmt: skip
    guest = Guest(words)
    hart = guest.check()
    assert hart.exit_code == 0x2000_0000
    rows = guest.plan(hart).rows
    # x20, x10 and x17 rest for the 8 count of the loop.
    assert rows["refresh"] == 3 * (8 * count >> 16)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 30])
def test_zero_filled_memory_keeps_a_row_that_fills_up(count):
    words = [*li(5, 0x2000_0000)]
    for k in range(count):
        words.append(encode.s("sd", 5, 5, 64 * k - 1024))
    guest = Guest([*words, *exit_with()])
    hart = guest.check()
    assert guest.plan(hart).rows["fresh"] == count
    assert guest.plan(hart).heights["fresh"] > count


def test_first_and_last_word_of_zero_filled_memory():
    draft = Guest([encode.NOP] * 24)
    end = draft.image.end
    words = [*li(5, end), encode.s("sb", 5, 5, 0), *li(6, abi.STACK_TOP),
             encode.s("sh", 6, 6, -2), encode.i("ld", 7, 5, -8), *exit_with()]  # fmt: skip
    guest = Guest([*words, *[encode.NOP] * (24 - len(words))])
    assert guest.image.end == end
    hart = guest.check()
    addresses, values, _ = hart.touched(end, abi.STACK_TOP)
    assert addresses.tolist() == [end, abi.STACK_TOP - 8]
    assert values.tolist() == [end & 0xFF, (abi.STACK_TOP & 0xFFFF) << 48]


def test_recorded_twice_is_the_same():
    words = [*li(5, 0x2000_0000), encode.s("sd", 5, 5, 3), encode.i("lw", 7, 5, 1), *exit_with(7)]
    guest = Guest(words)
    one, two = guest.traces(b"xyz")[1], guest.traces(b"xyz")[1]
    assert one.keys() == two.keys()
    assert all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("input", [b"ab", b"abc" * 100])
def test_plan_of_another_run(input):
    words = [*li(5, abi.INPUT), encode.i("ld", 6, 5, 0), encode.i("addi", 6, 6, -1),
             encode.b("blt", 0, 6, -4), *exit_with()]  # fmt: skip
    guest = Guest(words)
    plan = guest.plan(guest.run(b"abc", COUNT), b"abc")
    assert traces(guest.code, guest.image, b"abc", plan)
    with pytest.raises(ValueError, match="another run"):
        traces(guest.code, guest.image, input, plan)


def test_log_leaves_no_rows_but_its_own():
    """Printing reads memory without an access."""
    text = struct.pack("<Q", int.from_bytes(b"hi guest", "little"))
    words = [*li(5, 0x2000_0000), *li(6, int.from_bytes(text, "little")), encode.s("sd", 6, 5, 0),
             *li(A0, 1), encode.i("addi", 11, 5, 3), *li(12, 5), *li(17, abi.WRITE), encode.ECALL,
             *li(A0, 2), *li(12, 0), encode.ECALL, *exit_with()]  # fmt: skip
    guest = Guest(words)
    hart = guest.check()
    assert hart.log == b"guest"
    rows = guest.plan(hart).rows
    assert rows["print"] == 2 and rows["fresh"] == 1
    assert (
        hart.counts.sum()
        == hart.rows
        == sum(count for name, count in rows.items() if name in RECORDED and name != "refresh")
    )


def test_counting_and_recording_agree_with_the_fast_mode():
    words = [*li(5, 0x2000_0000), encode.s("sd", 5, 5, 3), encode.r("div", 6, 5, 5),
             *exit_with(6)]  # fmt: skip
    guest = Guest(words)
    fast, counted = guest.run(), guest.run(mode=COUNT)
    for name in ("rows", "instructions", "exit_code", "halted"):
        assert getattr(fast, name) == getattr(counted, name)
    assert fast.rows == fast.instructions + 6  # div is seven operations
    assert fast.registers.tolist() == counted.registers.tolist()
