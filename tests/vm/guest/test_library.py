"""The library of the guests, by every compiler, against Python."""

from __future__ import annotations

import random

import pytest

from tests.vm.guest.emulator import GuestError, execute

M64, M128 = 2**64 - 1, 2**128 - 1
EDGES = [0, 1, 2, 3, 63, 64, 65, 127, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, M64, 2**64,
         2**64 + 1, 2**96, 2**127 - 1, 2**127, 2**127 + 1, M128 - 1, M128,
         0x8000_0000_0000_0000_0000_0000_FFFF_FFFF, M64 << 64, (M64 - 1) << 64 | M64]  # fmt: skip


def signed(x: int, bits: int = 128) -> int:
    x &= (1 << bits) - 1
    return x - (1 << bits) if x >> (bits - 1) else x


def quotient(a: int, b: int) -> int:
    q = abs(a) // abs(b)
    return -q if (a < 0) != (b < 0) else q


def swap(x: int, size: int) -> int:
    return int.from_bytes(x.to_bytes(size, "little"), "big")


def expected(a: int, b: int) -> list[int]:
    out = []
    sa, sb, by = signed(a), signed(b), b & 127
    if b:
        q = quotient(sa, sb)
        out += [a // b, a % b, q, sa - q * sb] * 3
    product = sa * sb
    out += [product, product, product, int(signed(product) != product)]
    shifts = [a << by, a >> by, sa >> by]
    out += shifts * 2
    out += [-a, 1 + (a > b) - (a < b), 1 + (sa > sb) - (sa < sb)]
    x, y = a & M64, a & (2**32 - 1)

    def zeros(value: int) -> int:
        return (value & -value).bit_length() - 1

    if y:
        out += [64 - x.bit_length(), zeros(x), 32 - y.bit_length(), zeros(y)]
        out += [64 - x.bit_length(), zeros(y)]
    if a:
        out += [128 - a.bit_length(), zeros(a)]
    for value in (x, y):
        out += [value.bit_count(), value.bit_count() % 2]
    out += [zeros(x) + 1 if x else 0, zeros(y) + 1 if y else 0]
    sx = signed(x, 64)
    out += [63 - (~sx if sx < 0 else sx).bit_length()]
    out += [a.bit_count(), a.bit_count() % 2, zeros(a) + 1 if a else 0]
    out += [swap(y, 4), swap(x, 8), x.bit_count(), swap(x, 8)]
    return [value & M128 for value in out]


@pytest.mark.parametrize("optimize", ["2", "0", "s"])
def test_128_bits(program, optimize):
    source = random.Random(4)
    pairs = [(a, b) for a in EDGES for b in EDGES]
    if optimize != "2":
        pairs = pairs[::5]
    for _ in range(150 if optimize == "2" else 20):
        a, b = (source.getrandbits(source.randrange(1, 129)) for _ in range(2))
        pairs += [(a, b), (a, max(b, 1) * (a // max(b, 1) or 1) & M128)]
    # Quotients whose first estimate is too large.
    for _ in range(50):
        d = source.getrandbits(64) << 64 | source.getrandbits(64) | 1 << 127
        pairs += [(d * source.randrange(1, 3) - source.randrange(2) & M128, d), (d - 1, d)]
    for at in range(0, len(pairs), 200):
        part = pairs[at : at + 200]
        data = b"".join(value.to_bytes(16, "little") for pair in part for value in pair)
        run = execute(program("wide.c", optimize), data)
        values = [int.from_bytes(run.output[k : k + 16], "little")
                  for k in range(0, len(run.output), 16)]  # fmt: skip
        wanted = [value for a, b in part for value in expected(a, b)]
        assert run.exit_code == 0 and values == wanted


def arena_after(records: list[tuple[int, int, int, int]]) -> bytes:
    arena = bytearray((7 * i + i // 64) % 256 for i in range(512))
    orders = bytearray()
    for what, to, start, n in records:
        if what in (0, 1):
            arena[to : to + n] = bytes(arena[start : start + n])
        elif what == 2:
            arena[to : to + n] = bytes([start % 256]) * n
        else:
            a, b = bytes(arena[to : to + n]), bytes(arena[start : start + n])
            orders.append(0 if a == b else 1 if a < b else 2)
    return bytes(orders + arena)


def check_memory(program: bytes, records: list[tuple[int, int, int, int]]) -> None:
    data = b"".join(number.to_bytes(2, "little") for record in records for number in record)
    run = execute(program, data)
    assert run.exit_code == 0
    assert run.output == arena_after(records)


def test_memory(program):
    """Every alignment of both ends at every small size, overlapping both ways."""
    elf = program("memory.c")
    for n in (*range(34), 40, 63, 64, 65, 100):
        records = []
        for to in range(8):
            for start in range(8):
                records += [(0, 160 + to, 8 + start, n), (1, 300 + start, 296 + to, n),
                            (3, 160 + to, 8 + start, n), (3, 300 + start, 8 + to, n)]  # fmt: skip
            records += [(2, 400 + to, 0 if to % 3 else 0x1FF - n, n), (3, 400, 401, n)]
        check_memory(elf, records)


def test_random_memory(program):
    source = random.Random(5)
    records = []
    for _ in range(1500):
        what, n = source.randrange(4), source.choice((source.randrange(20), source.randrange(200)))
        to, start = source.randrange(512 - n), source.randrange(512 - n)
        if what == 0 and abs(to - start) < n:
            what = 1
        records.append((what, to, source.randrange(2**16) if what == 2 else start, n))
    check_memory(program("memory.c"), records)


def test_memcpy_takes_whole_words(program):
    """1,024 bytes take about 3 instructions for eight of them."""
    data = (0).to_bytes(2, "little") * 2 + (256).to_bytes(2, "little") * 2
    with_copy = execute(program("memory.c"), data * 5).steps
    without = execute(program("memory.c"), b"").steps
    assert (with_copy - without) / 5 < 3 * 256 / 8 + 60


TEXTS = [b"", b"a", b"ab", b"abcdefg", b"abcdefgh", b"abcdefghi", b"abcdefgh" * 5, b"\xff\x01",
         b"xabcabd", b"abcabd", b"abd", b"zz", b"aab"]  # fmt: skip


def test_strings(program):
    elf = program("strings.c")
    for i, a in enumerate(TEXTS):
        for j, b in enumerate(TEXTS):
            if (i + 2 * j) % 4 == 0:
                most, c = ((0, 97), (3, 98), (20, 255))[(i + j) % 3]
                run = execute(elf, bytes([most, c]) + a + b"\0" + b + b"\0")
                assert run.exit_code == 0
                values = [int.from_bytes(run.output[8 * k : 8 * k + 8], "little", signed=True)
                          for k in range(11)]  # fmt: skip
                x, y = a[:most], b[:most]
                assert values == [
                    len(a), len(b), min(len(a), most), (a > b) - (a < b), (x > y) - (x < y),
                    a.find(bytes([c])), a.rfind(bytes([c])), len(a), len(a),
                    a.find(bytes([c])), a.find(b),
                ]  # fmt: skip
                first = (a + b + b"\0").ljust(1024, b"#")
                second = y.ljust(most, b"\0").ljust(1024, b"#")
                third = (b"###" + b + b"\0").ljust(1024, b"#")
                assert run.output[88:] == first + second + third


def test_heap(program):
    source = random.Random(6)
    records = bytearray()
    for _ in range(600):
        size = source.choice((0, 1, 15, 16, 17, source.randrange(100), source.randrange(3000)))
        records += bytes([source.randrange(4), source.randrange(256)]) + size.to_bytes(2, "little")
    run = execute(program("heap.c"), bytes(records), most=20_000_000)
    assert run.exit_code == 0


LIMIT = 256 * 1024


@pytest.mark.parametrize(
    ("sizes", "accepted"),
    [
        ([], True),
        ([0], True),
        ([1, 2, 3, 0, 8, 13], True),
        ([LIMIT], True),
        ([LIMIT - 1, 1], True),
        ([LIMIT + 1], False),
        ([LIMIT, 1], False),
        ([5, LIMIT - 4], False),
        ([2**32 - 1], False),
    ],
)
def test_output(program, sizes, accepted):
    pattern = bytes(i % 251 + 1 for i in range(LIMIT))
    code = 0xFEDC_BA98_7654_3210
    data = b"".join(size.to_bytes(4, "little") for size in sizes) + code.to_bytes(8, "little")
    run = execute(program("io.c"), data, most=20_000_000)
    if not accepted:
        assert run.exit_code == 134 and run.log == b"panic: more than 256 KiB of output\n"
        return
    assert run.exit_code == code
    assert run.output == b"".join(pattern[:size] for size in sizes)
    assert run.log == (b"pq\0r018446744073709551615-922337203685477580870x00xfedcba9876543210")


@pytest.mark.parametrize("length", [2**29 - 7, 2**32, 2**63, M64])
def test_an_input_longer_than_its_window(program, length):
    run = execute(program("io.c"), bytes(8), length=length)
    assert run.exit_code == 134 and b"longer than its window" in run.log and run.output == b""


def test_an_input_that_is_not_there_cannot_be_read(program):
    with pytest.raises(GuestError):
        execute(program("io.c"), bytes(8), length=2**29 - 8, most=50_000_000)


@pytest.mark.parametrize("optimize", ["0", "1", "2", "3", "s", "z", "fast"])
def test_start(program, optimize):
    assert execute(program("start.c", optimize)).exit_code == M64 - 4
