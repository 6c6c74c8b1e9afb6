"""The library's floating-point arithmetic is IEEE 754, bit by bit: NumPy says what that is."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.vm.guest.emulator import execute

F64, F32 = np.float64, np.float32


def bits(x) -> int:
    """Of a double or a float; one pattern for all that is no number."""
    if isinstance(x, F32):
        return 0x7FC0_0000 if np.isnan(x) else int(x.view(np.uint32))
    return 0x7FF8 << 48 if np.isnan(x) else int(F64(x).view(np.uint64))


def integer(x, low: int, high: int) -> int:
    """Towards zero; the nearest one where there is none; 0 for what is no number."""
    if np.isnan(x):
        return 0
    if np.isinf(x):
        return high if x > 0 else low
    return max(low, min(high, int(x)))


def orders(a, b) -> int:
    all_of_them = (a == b, a != b, a < b, a <= b, a > b, a >= b, not a < b, not a >= b)
    return sum(int(bool(order)) << k for k, order in enumerate(all_of_them))


def expected(x: int, y: int) -> list[int]:
    with np.errstate(all="ignore"):
        a, b = np.array([x, y], dtype=np.uint64).view(F64)
        c, d = np.array([x & 0xFFFF_FFFF, y & 0xFFFF_FFFF], dtype=np.uint32).view(F32)
        i, u = np.array(x, dtype=np.uint64).view(np.int64)[()], np.uint64(x)
        i32, u32 = np.int32(_low(x)), np.uint32(x % 2**32)
        out = [bits(a + b), bits(a - b), bits(a * b), bits(a / b), orders(a, b), bits(-a)]
        out += [bits(c + d), bits(c - d), bits(c * d), bits(c / d), orders(c, d), bits(-c)]
        out += [bits(F64(c)), bits(F32(a))]
        out += [bits(F64(n)) for n in (i, u, i32, u32)]
        out += [bits(n.astype(F32)) for n in (i, u, i32, u32)]
    for number in (a, c):
        for size in (64, 32):
            out.append(integer(number, -(2 ** (size - 1)), 2 ** (size - 1) - 1))
        out += [integer(number, 0, 2**64 - 1), integer(number, 0, 2**32 - 1)]
    return [value % 2**64 for value in out]


def _low(x: int) -> int:
    """The low 32 bits as a signed number."""
    x %= 2**32
    return x - 2**32 if x >> 31 else x


EXPONENTS64 = [0, 1, 2, 0x3CA, 0x3CB, 0x3FE, 0x3FF, 0x400, 0x41D, 0x41E, 0x433, 0x43E, 0x43F, 0x47F,
               0x7FE, 0x7FF]  # fmt: skip


def numbers(source: random.Random):
    """Doubles of every kind, and in their low halves floats of every kind."""
    while True:
        fraction = source.choice((0, 1, 2**52 - 1, 2**51, source.getrandbits(52)))
        if source.randrange(2):  # many zeros at the end: ties
            fraction = source.getrandbits(52) >> (n := source.randrange(53)) << n
        exponent = source.choice((*EXPONENTS64, *[0x3FF + source.randrange(-60, 60)] * 8))
        x = source.getrandbits(1) << 63 | exponent << 52 | fraction
        if source.randrange(2):
            low = source.choice((0, 1, 2, 60, 100, 126, 127, 128, 150, 157, 158, 190, 254, 255))
            part = source.choice((0, 1, 2**23 - 1, 2**22, source.getrandbits(23)))
            x = x >> 32 << 32 | source.getrandbits(1) << 31 | low << 23 | part
        if not source.randrange(6):  # integers that are nearly half way between two floats
            x = (1 << 63 | source.getrandbits(24) << 39 | 1 << 38 | source.randrange(2)) >> (
                source.randrange(38)
            )
        yield x


@pytest.mark.parametrize("optimize", ["2", "0"])
def test_floats(program, optimize):
    source = numbers(random.Random(8))
    pairs = [(next(source), next(source)) for _ in range(1500 if optimize == "2" else 150)]
    pairs += [(x, x) for x, _ in pairs[:50]] + [(x, x ^ 1 << 63) for x, _ in pairs[:50]]
    pairs += [(x, x ^ 1) for x, _ in pairs[:50]]
    for at in range(0, len(pairs), 500):
        part = pairs[at : at + 500]
        data = b"".join(value.to_bytes(8, "little") for pair in part for value in pair)
        run = execute(program("float.c", optimize), data, most=20_000_000)
        values = np.frombuffer(run.output, dtype="<u8").reshape(len(part), -1)
        assert run.exit_code == 0
        for (x, y), row in zip(part, values.tolist(), strict=True):
            assert row == expected(x, y), (hex(x), hex(y))


def test_what_it_costs(program):
    """About a hundred instructions an operation, as the documentation says: 47 of them a pair."""
    source = numbers(random.Random(9))
    data = b"".join(next(source).to_bytes(8, "little") for _ in range(200))
    none, some = (execute(program("float.c"), part).steps for part in (b"", data))
    assert 30 < (some - none) / 100 / 47 < 130
