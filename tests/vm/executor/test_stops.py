"""Each way in which a guest is stopped: kind, pc, address, cycle, before any row of it counts."""

from __future__ import annotations

import pickle

import pytest

from cstark.errors import CstarkError, StatementError
from cstark.vm import abi
from cstark.vm.executor import COUNT, FAST, ErrorKind, GuestError, run
from cstark.vm.symbols import Symbols
from tests.vm import encode
from tests.vm.guests import A0, A7, LOW, Guest, exit_with, li

BASE = 0x2000_0000


def stopped(words: list[int], mode: int = FAST, **options) -> GuestError:
    with pytest.raises(GuestError) as caught:
        Guest(words).run(mode=mode, **options)
    error = caught.value
    assert isinstance(error, CstarkError)
    assert f"{error.pc:#x}" in str(error) and str(error.cycle) in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.kind, again.pc) == (str(error), error.kind, error.pc)
    return error


def after(words: list[int], last: int) -> tuple[list[int], int]:
    """Words with one more, and its address."""
    return [*words, last, encode.NOP, *exit_with()], LOW + 4 * len(words)


@pytest.mark.parametrize("mode", [FAST, COUNT])
@pytest.mark.parametrize(
    ("kind", "setup", "word", "address"),
    [
        (ErrorKind.ILLEGAL_INSTRUCTION, [encode.NOP], 0xFFFF_FFFF, None),
        (ErrorKind.ILLEGAL_INSTRUCTION, [encode.NOP], 0, None),
        (ErrorKind.BREAKPOINT, [encode.NOP], encode.EBREAK, None),
        (ErrorKind.BAD_JUMP, [encode.NOP], encode.j(0, -8), LOW - 4),
        (ErrorKind.BAD_JUMP, [encode.NOP], encode.j(1, 6), LOW + 10),
        (ErrorKind.BAD_JUMP, [encode.NOP], encode.b("beq", 0, 0, 2048), LOW + 4 + 2048),
        (ErrorKind.BAD_JUMP, li(5, 7), encode.b("bne", 5, 0, 2), LOW + 6),
        (ErrorKind.BAD_JUMP, li(5, LOW + 2), encode.i("jalr", 0, 5, 0), LOW + 2),
        (ErrorKind.BAD_JUMP, li(5, LOW), encode.i("jalr", 1, 5, -2048), LOW - 2048),
        (ErrorKind.BAD_JUMP, li(5, LOW + 2**32), encode.i("jalr", 0, 5, 0), LOW + 2**32),
        (ErrorKind.BAD_JUMP, li(5, -4), encode.i("jalr", 0, 5, 4), 0),
        (ErrorKind.UNKNOWN_CALL, li(A7, 94), encode.ECALL, 94),
        (ErrorKind.UNKNOWN_CALL, li(A7, 2**64 - 1), encode.ECALL, 2**64 - 1),
        (ErrorKind.UNKNOWN_CALL, [*li(A7, abi.WRITE), *li(A0, 3)], encode.ECALL, abi.WRITE),
        (ErrorKind.OUTSIDE_MEMORY, li(5, 0), encode.i("lb", 6, 5, 0), 0),
        (ErrorKind.OUTSIDE_MEMORY, li(5, LOW), encode.i("lw", 6, 5, -1), LOW - 1),
        (ErrorKind.OUTSIDE_MEMORY, li(5, abi.END), encode.i("ld", 6, 5, 0), abi.END),
        (ErrorKind.OUTSIDE_MEMORY, li(5, abi.END), encode.i("ld", 6, 5, -7), abi.END - 7),
        (ErrorKind.OUTSIDE_MEMORY, li(5, abi.END), encode.s("sh", 6, 5, -1), abi.END - 1),
        (ErrorKind.OUTSIDE_MEMORY, li(5, 2**32 + BASE), encode.i("lbu", 6, 5, 0), 2**32 + BASE),
        (ErrorKind.OUTSIDE_MEMORY, li(5, 2**64 - 1), encode.s("sd", 6, 5, 2047), 2046),
        (ErrorKind.OUTSIDE_MEMORY, li(5, 4), encode.s("sb", 6, 5, -8), 2**64 - 4),
        (ErrorKind.STORE_TO_TEXT, li(5, LOW), encode.s("sb", 6, 5, 0), LOW),
        (ErrorKind.STORE_TO_TEXT, li(5, LOW + 16), encode.s("sd", 6, 5, 1), LOW + 17),
    ],
)
def test_stops(kind, setup, word, address, mode):
    words, pc = after(setup, word)
    error = stopped(words, mode)
    executed = len(Guest([*setup, encode.NOP]).code) - 1
    if kind is ErrorKind.BAD_JUMP:
        executed += 1  # the jump itself has been executed
    assert (error.kind, error.pc) == (kind, pc)
    assert error.address == (pc if address is None else address)
    assert error.cycle == executed
    assert error.instruction


def test_past_the_last_instruction():
    error = stopped([encode.NOP] * 4)
    assert (error.kind, error.pc) == (ErrorKind.BAD_JUMP, LOW + 12)
    assert (error.address, error.cycle) == (LOW + 16, 4)


def test_a_word_that_is_text_in_part_takes_no_store():
    """The table of the image keeps the whole word; the next one is data."""
    text = [*li(5, LOW), encode.s("sw", 5, 5, 0), *exit_with()]
    assert len(text) % 2
    end = LOW + 4 * len(text)
    for offset, refused in ((0, True), (3, True), (4, False)):
        text[: len(li(5, end))] = li(5, end)
        text[len(li(5, end))] = encode.s("sw", 5, 5, offset)
        guest = Guest(text, [0, 0])
        if refused:
            assert stopped(text).kind is ErrorKind.STORE_TO_TEXT
        else:
            assert guest.run().halted


def test_a_misaligned_store_that_begins_before_the_text():
    data_first = Guest([encode.NOP])
    assert data_first.image.text[0] == data_first.image.low  # nothing lies below it here
    words, pc = after(li(5, LOW - 4), encode.s("sd", 6, 5, 0))
    error = stopped(words)
    assert (error.kind, error.pc) == (ErrorKind.OUTSIDE_MEMORY, pc)


@pytest.mark.parametrize(
    ("length", "tail", "address"),
    [
        (abi.MAX_OUTPUT + 1, 0, abi.OUTPUT),
        (2**64 - 1, 0, abi.OUTPUT),
        (3, 1 << 24, abi.OUTPUT + 11),
        (7, 1 << 63, abi.OUTPUT + 15),
    ],
)
def test_output_that_is_none(length, tail, address):
    words = [*li(5, abi.OUTPUT), *li(6, length), encode.s("sd", 6, 5, 0), *li(6, tail),
             encode.s("sd", 6, 5, 8), *exit_with()]  # fmt: skip
    error = stopped(words)
    assert error.kind is ErrorKind.BAD_OUTPUT and error.address == address
    assert error.pc == LOW + 4 * (len(words) - 1)


def test_as_much_output_as_there_may_be():
    words = [*li(5, abi.OUTPUT), *li(6, abi.MAX_OUTPUT), encode.s("sd", 6, 5, 0), *exit_with()]
    assert Guest(words).run().output() == bytes(abi.MAX_OUTPUT)


@pytest.mark.parametrize("mode", [FAST, COUNT])
def test_step_limit(mode):
    """Exactly so many rows are executed, and one that halts may be the last."""
    error = stopped([encode.j(0, 0)], mode, max_rows=1000)
    assert error.kind is ErrorKind.STEP_LIMIT
    assert error.cycle == 1000 and "1000 rows" in str(error)
    guest = Guest(exit_with())
    total = len(guest.code)
    assert guest.run(mode=mode, max_rows=total).halted
    assert stopped(exit_with(), mode, max_rows=total - 1).kind is ErrorKind.STEP_LIMIT


@pytest.mark.parametrize(
    ("address", "length", "where"),
    [
        (0, 1, 0),
        (abi.END - 4, 5, abi.END),
        (abi.END, 1, abi.END),
        (2**64 - 1, 2, 2**64 - 1),
        (BASE, 2**64 - 1, abi.END),
    ],
)
def test_printing_what_is_no_memory(address, length, where):
    words = [*li(A0, 1), *li(11, address), *li(12, length), *li(A7, abi.WRITE), encode.ECALL,
             *exit_with()]  # fmt: skip
    error = stopped(words)
    assert (error.kind, error.address) == (ErrorKind.OUTSIDE_MEMORY, where)


def test_a_stopped_hart_stays_stopped():
    guest = Guest([encode.NOP, encode.EBREAK])
    hart = guest.start()
    assert not hart.run(10) and not hart.run(10)
    assert hart.rows == 1 and not hart.halted and hart.exit_code is None


def test_options_are_checked():
    guest = Guest(exit_with())
    with pytest.raises(StatementError, match="max_rows"):
        guest.start(max_rows=0)
    with pytest.raises(StatementError, match="max_rows"):
        guest.start(mode=COUNT, max_rows=abi.MAX_ROWS + 1)
    with pytest.raises(StatementError, match="bytes of input"):
        guest.start(memoryview(bytearray(abi.MAX_INPUT + 1)))


def test_the_function_is_named():
    words = [encode.NOP, *li(5, 8), encode.i("ld", 6, 5, 0), *exit_with()]
    guest = Guest(words)
    symbols = Symbols.named({LOW: "_start", LOW + 4: "main"}, high=LOW + 4 * len(words))
    hart = guest.start()
    with pytest.raises(GuestError) as caught:
        run(hart, guest.code, symbols=symbols)
    assert caught.value.function == "main+0x4"
    assert str(caught.value) == (
        "access outside memory, at 0x8: ld t1,0(t0) at pc 0x10008 in main+0x4, after 2 rows"
    )


def test_what_an_illegal_instruction_is():
    words, _ = after([encode.NOP], 0x0000_0001)
    assert "compressed" in str(stopped(words))
