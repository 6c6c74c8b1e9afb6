"""A guest with two functions: reads n, adds 1 to n by recursion, writes and returns the sum."""

from __future__ import annotations

from cstark.vm import abi
from tests.vm import encode
from tests.vm.guests import exit_with, li
from tests.vm.make_elf import Load, Symbol, build, words

RA, SP, S0, A0, A7 = 1, 2, 8, 10, 17
LOW = 0x1_0000


def _program() -> tuple[list[int], dict[str, int]]:
    total = [  # a0 = a0 + total(a0 - 1), down to 0
        encode.b("bne", A0, 0, 8),
        encode.i("jalr", 0, RA, 0),
        encode.i("addi", SP, SP, -16),
        encode.s("sd", RA, SP, 8),
        encode.s("sd", A0, SP, 0),
        encode.i("addi", A0, A0, -1),
        encode.j(RA, -24),
        encode.i("ld", 5, SP, 0),
        encode.i("ld", RA, SP, 8),
        encode.i("addi", SP, SP, 16),
        encode.r("add", A0, A0, 5),
        encode.i("jalr", 0, RA, 0),
    ]
    start = [
        *li(SP, abi.STACK_TOP),
        *li(S0, abi.INPUT),
        encode.i("ld", A0, S0, 8),
    ]
    after = [
        *li(S0, abi.OUTPUT),
        encode.s("sd", A0, S0, 8),
        *li(5, 8),
        encode.s("sd", 5, S0, 0),
        encode.i("addi", 9, A0, 0),
        *li(A0, 1),  # print "sum" from behind the text
        *li(11, LOW + 4 * 64),
        *li(12, 4),
        *li(A7, abi.WRITE),
        encode.ECALL,
        *exit_with(9),
    ]
    call = encode.j(RA, 4 * (1 + len(after)))
    text = [*start, call, *after, *total]
    text += [encode.NOP] * (64 - len(text))
    places = {"_start": LOW, "total": LOW + 4 * (len(start) + 1 + len(after))}
    return text, places


TEXT, FUNCTIONS = _program()
ELF = build(
    [Load(LOW, words(*TEXT)), Load(LOW + 4 * len(TEXT), b"sum\n\0\0\0\0", flags=4)],
    [Symbol(name, address) for name, address in FUNCTIONS.items()],
    e_entry=LOW,
)


def number(n: int) -> bytes:
    """The input."""
    return n.to_bytes(8, "little")


def total(n: int) -> int:
    """The exit code, and as 8 bytes the output."""
    return n * (n + 1) // 2
