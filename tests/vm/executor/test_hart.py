"""The compiled hart: signals, threads, memory, and what it refuses."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from cstark.vm import abi, isa
from cstark.vm.executor import COUNT, FAST, RECORD, ErrorKind, GuestError, Hart, _executor, run
from cstark.vm.trace.header import layout
from cstark.vm.trace.planning import RECORDED
from tests.vm import encode
from tests.vm.guests import LOW, Guest, exit_with, li

ROOT = Path(__file__).resolve().parents[3]
FOREVER = [encode.j(0, 0)]


def toucher(step: int) -> Guest:
    """Stores to zero-filled memory, `step` bytes apart, until it is stopped."""
    return Guest([*li(5, 0x0100_0000), *li(6, step), encode.s("sd", 5, 5, 0),
                  encode.r("add", 5, 5, 6), encode.j(0, -8)])  # fmt: skip


def test_widths_are_those_of_the_tables():
    assert [_executor.width(k) for k in range(_executor.TABLES)] == [
        layout(name)["width"] for name in RECORDED
    ]


def test_numbers_said_twice():
    """What C has to know when it is compiled is what `abi` says."""
    guest = Guest(FOREVER).start()
    assert len(guest.registers) == len(guest.register_times) == abi.REGISTERS
    assert abi.MAX_MEMORY % abi.PAGE == 0


def test_codes_are_those_of_the_decoder():
    """The executor takes every code of the decoder, and no other."""
    for code in range(1100):
        operation = np.zeros(1, isa.OPERATION)
        operation["code"], operation["rd"], operation["last"] = code, 5, 1
        if code in isa.BY_CODE:
            hart(operation)
        else:
            with pytest.raises(ValueError, match="operation 0 is none of the machine"):
                hart(operation)


def hart(operations: np.ndarray, **changes) -> Hart:
    """A hart from its parts, one of which is changed."""
    parts = {
        "index": np.zeros(1, np.uint32), "low": LOW, "entry": 0, "image_low": LOW,
        "image": np.zeros(8, np.uint64), "text": (LOW, LOW + 4), "input": b"", "mode": FAST,
        "map": (abi.INPUT, abi.OUTPUT, abi.END), "calls": (abi.EXIT, abi.WRITE), "max_rows": 100,
        "max_output": abi.MAX_OUTPUT, "max_log": 16, "max_pages": 4,
    }  # fmt: skip
    return Hart(operations, **{**parts, **changes})


ONE = Guest(FOREVER).code.operations


@pytest.mark.parametrize(
    "changes",
    [
        {"index": np.array([1], np.uint32)},
        {"entry": 1},
        {"entry": -1},
        {"mode": 4},
        {"image_low": LOW + 4},
        {"image_low": 0},
        {"map": (abi.OUTPUT, abi.INPUT, abi.END)},
        {"map": (abi.INPUT, abi.OUTPUT, 1 << 32)},
        {"image": np.zeros(1 << 27, np.uint64)},
        {"input": memoryview(bytearray(1 << 29))},
        {"max_output": 1 << 30},
        {"mode": COUNT, "max_rows": (1 << 28) + 1},
        {"mode": RECORD},
        {"mode": RECORD, "traces": [None] * 3},
        {"mode": RECORD, "traces": [np.zeros((8, 3), np.uint64)] * len(RECORDED)},
    ],
)
def test_malformed_parts(changes):
    with pytest.raises(ValueError):
        hart(ONE, **changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [("rs1", 48), ("rs2", 255), ("rd", 48), ("last", 2), ("code", 0), ("code", 65535),
     ("follow", 2), ("target", 0xFFFF_FFFE)],
)  # fmt: skip
def test_malformed_operations(field, value):
    operations = ONE.copy()
    operations[field] = value
    with pytest.raises(ValueError, match="operation 0 is none of the machine"):
        hart(operations)


def test_x0_is_never_written():
    """An operation that writes rd = 0 would change the constant 0."""
    for code, operation in isa.BY_CODE.items():
        if "rd" in operation.slots:
            operations = ONE.copy()
            operations["code"] = code
            with pytest.raises(ValueError, match="none of the machine"):
                hart(operations)


def test_operations_of_another_layout():
    with pytest.raises(ValueError, match="56 bytes"):
        hart(np.zeros(1, [("label", "u8")]))


def test_what_it_was_made_of_may_go_away():
    """Operations are copied, other arrays are kept alive."""
    guest = Guest([*li(5, abi.INPUT), encode.i("ld", 6, 5, 8), *exit_with(6)])
    operations, input = guest.code.operations.copy(), bytearray(b"12345678")
    hart = guest.start(memoryview(input))
    guest.code.operations["code"] = 0
    del guest
    with pytest.raises(BufferError):
        input.clear()
    assert not hart.run(1000)
    assert hart.exit_code == int.from_bytes(b"12345678", "little")
    assert operations["code"].all()


@pytest.mark.parametrize("mode", [FAST, COUNT])
def test_a_run_in_parts_is_the_same_run(mode):
    """However few rows at a time: also where a part ends within a sequence."""
    words = [*li(5, 1000), encode.r("div", 6, 5, 5), encode.i("addi", 5, 5, -1),
             encode.b("bne", 5, 0, -8), *exit_with(6)]  # fmt: skip
    whole = Guest(words).run(mode=mode)
    parts = Guest(words).start(mode=mode)
    while parts.run(7):
        pass
    assert parts.rows == whole.rows == parts.instructions + 6 * 1000
    assert parts.registers.tolist() == whole.registers.tolist()
    assert parts.table_rows.tolist() == whole.table_rows.tolist()
    assert parts.counts.tolist() == whole.counts.tolist()


def test_no_more_rows_than_asked_for():
    hart = Guest(FOREVER).start()
    for rows in (0, 1, 12_345, 1 << 20):
        before = hart.rows
        assert hart.run(rows)
        assert hart.rows == before + rows


def test_ctrl_c():
    """A signal ends a run that never would."""
    text = (
        "from tests.vm.guests import Guest\nfrom tests.vm import encode\n"
        "hart = Guest([encode.j(0, 0)]).start(max_rows=1 << 62)\n"
        "try:\n    print('running', flush=True)\n    hart.run(1 << 62)\n"
        "except KeyboardInterrupt:\n    print('interrupted', flush=True)\n"
        "print(hart.run(10))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE,
                               text=True)  # fmt: skip
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    assert process.stdout.read() == "True\n"
    assert process.wait(60) == 0


def test_progress_can_end_a_run():
    guest = Guest(FOREVER)
    seen = []

    def progress(rows: int) -> None:
        seen.append(rows)
        if len(seen) == 3:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        run(guest.start(), guest.code, progress=progress)
    assert seen == sorted(seen) and len(set(seen)) == 3


def test_other_threads_run_meanwhile():
    """The GIL is not held; but the hart is one thread's while it runs."""
    hart = Guest(FOREVER).start(max_rows=1 << 40)
    thread = threading.Thread(target=lambda: hart.run(1 << 27))
    thread.start()
    while not hart.rows:
        pass
    for use in (lambda: hart.run(1), lambda: hart.read(LOW, 8), lambda: hart.log, hart.output):
        with pytest.raises(RuntimeError, match="another thread"):
            use()
    thread.join()
    assert hart.rows == 1 << 27 and hart.run(1) and hart.log == b""


@pytest.mark.parametrize("mode", [FAST, COUNT])
def test_memory_is_what_was_touched(mode):
    """Pages, not the address space; and no more of them than allowed."""
    guest = toucher(abi.PAGE)
    hart = guest.start(mode=mode)
    hart.run(3000)
    assert 998 <= hart.pages <= 1002
    part = hart_of(guest, max_pages=100, mode=mode)
    assert not part.run(1 << 20)
    assert part.error[0] == ErrorKind.MEMORY_LIMIT and part.pages == 100


def hart_of(guest: Guest, **changes) -> Hart:
    return hart(guest.code.operations, **{
        "index": guest.code.index, "text": guest.image.text, "image": guest.image.words,
        "max_rows": 1 << 20, **changes,
    })  # fmt: skip


def test_memory_limit_says_so(monkeypatch):
    monkeypatch.setattr(abi, "MAX_MEMORY", 1 << 20)
    guest = toucher(64)
    with pytest.raises(GuestError, match="touched more than 1 MiB of memory") as caught:
        guest.run()
    assert caught.value.kind is ErrorKind.MEMORY_LIMIT
    assert caught.value.address == 0x0100_0000 + (1 << 20)


def test_log_is_bounded():
    guest = Guest([*li(10, 1), *li(11, LOW), *li(12, 40), *li(17, abi.WRITE), encode.ECALL,
                   encode.ECALL, *exit_with()])  # fmt: skip
    hart = hart_of(guest, max_log=50)
    hart.run(1000)
    assert hart.halted and len(hart.log) == 50 and hart.log_dropped == 30
    text = guest.image.words.tobytes()[:40]
    assert hart.log == text + text[:10]


def test_reading_memory():
    guest = Guest([*li(5, 0x2000_0001), *li(6, 0x0807060504030201), encode.s("sd", 6, 5, 0),
                   *exit_with()])  # fmt: skip
    hart = guest.run(b"input")
    assert hart.read(0x2000_0000, 10) == bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 0])
    assert hart.read(abi.INPUT, 16) == b"\5" + bytes(7) + b"input" + bytes(3)
    assert hart.read(LOW, 8) == guest.image.words.tobytes()[:8]
    assert hart.read(abi.END, 0) == b"" and hart.output() == b""
    for address, length in ((LOW - 1, 1), (abi.END - 1, 2), (0, 1), (LOW, 1 << 40)):
        with pytest.raises(ValueError, match="does not lie in memory"):
            hart.read(address, length)


def test_touched_words():
    guest = Guest([*li(5, 0x2000_0000), encode.s("sd", 5, 5, 8), encode.i("lb", 6, 5, -4096 // 4),
                   encode.i("ld", 6, 5, 8), *exit_with()])  # fmt: skip
    with pytest.raises(ValueError, match="keeps no times"):
        guest.run().touched(0, abi.END)
    hart = guest.run(mode=COUNT)
    addresses, values, times = hart.touched(0, abi.END)
    assert addresses.tolist() == [0x2000_0000 - 1024, 0x2000_0008]
    assert values.tolist() == [0, 0x2000_0000] and times.tolist() == [4 * 3 + 3, 4 * 4 + 3]
    assert hart.count_touched(0x2000_0000, abi.END) == 1
    assert hart.last_touched(0, abi.END) == 0x2000_0008
    assert hart.last_touched(0x2000_0010, abi.END) is None
    assert hart.count_touched(5, 3) == 0


def test_a_trace_that_is_too_short():
    """Nothing is written behind its end."""
    guest = Guest([*li(5, 100), encode.i("addi", 5, 5, -1), encode.b("bne", 5, 0, -4),
                   *exit_with()])  # fmt: skip
    traces = [np.zeros((8, layout(name)["width"]), np.uint64) for name in RECORDED]
    with pytest.raises(RuntimeError, match="fewer rows"):
        guest.start(mode=RECORD, traces=traces).run(1000)
    with pytest.raises(RuntimeError, match="fewer rows"):
        guest.start(mode=RECORD, traces=[None] * len(RECORDED)).run(1000)
