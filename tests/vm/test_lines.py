"""Lines of the source: tables of every version, written by a small encoder, and broken ones."""

from __future__ import annotations

import random
import struct

import pytest

from cstark.vm import lines
from cstark.vm.executor import GuestError, run, start
from cstark.vm.image import load
from cstark.vm.lines import Lines
from cstark.vm.symbols import Symbols
from tests.vm import encode, make_elf

STRINGS = b"\0src\0main.c\0inc/a.h\0"
ENTRIES = b"\3\1\x1f\2\x0b\5\x1e\3"  # columns of the table of files in version 5, and 3 files
OPERANDS = bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])
BASE, RANGE, OPCODES = -5, 14, 13


def uleb(value: int) -> bytes:
    out = b""
    while True:
        value, low = value >> 7, value & 0x7F
        if not value:
            return out + bytes([low])
        out += bytes([low | 0x80])


def sleb(value: int) -> bytes:
    out = b""
    while True:
        low, value = value & 0x7F, value >> 7
        if value == (-1 if low & 0x40 else 0):
            return out + bytes([low])
        out += bytes([low | 0x80])


def table(version: int, program: bytes, wide: bool = False) -> bytes:
    """A line table of two files, src/main.c and inc/a.h."""
    offset = "<Q" if wide else "<I"
    rest = bytes([1]) + (bytes([1]) if version >= 4 else b"") + bytes([1])
    rest += struct.pack("<bBB", BASE, RANGE, OPCODES) + OPERANDS
    if version >= 5:
        rest += bytes([1]) + uleb(1) + uleb(0x08) + uleb(2) + b"/here\0src\0"
        rest += ENTRIES
        for name in (b"main.c", b"main.c", b"inc/a.h"):
            index = 1 if name == b"main.c" else 0
            rest += struct.pack(offset, STRINGS.index(name)) + bytes([index]) + bytes(16)
    else:
        rest += b"src\0\0main.c\0" + uleb(1) + uleb(5) + uleb(9) + b"inc/a.h\0" + bytes(3) + b"\0"
    head = struct.pack("<H", version) + (bytes([8, 0]) if version >= 5 else b"")
    body = head + struct.pack(offset, len(rest)) + rest + program
    return (b"\xff\xff\xff\xff" if wide else b"") + struct.pack(offset, len(body)) + body


Row = tuple[int, str, int]


def random_program(rnd: random.Random, address: int) -> tuple[bytes, list[Row], int]:
    """A line program with all opcodes, its rows, and where its sequence ends."""
    out = b"\0" + uleb(9) + b"\2" + struct.pack("<Q", address)
    line, file, rows = 1, 1, []
    names = {1: "src/main.c", 2: "inc/a.h"}
    for _ in range(40):
        kind = rnd.randrange(9)
        if kind == 0:
            file = rnd.choice((1, 2))
            out += b"\4" + uleb(file)
        elif kind == 1:
            change = rnd.randrange(-line + 1, 300)
            out, line = out + b"\3" + sleb(change), line + change
        elif kind == 2:
            step = rnd.randrange(1000)
            out, address = out + b"\2" + uleb(step), address + step
        elif kind == 3:
            out, address = out + b"\x08", address + (255 - OPCODES) // RANGE
        elif kind == 4:
            out, address = out + b"\x09" + struct.pack("<H", 4), address + 4
        elif kind == 5:  # what says nothing of lines: columns, marks, an unknown extension
            out += rnd.choice((b"\5" + uleb(700), b"\6", b"\x0a", b"\0\2\x04\x07", b"\0\3\x80ab"))
        elif kind == 6:
            out += b"\1"
            rows.append((address, names[file], line))
        else:
            advance, change = rnd.randrange(10), rnd.randrange(max(BASE, 1 - line), BASE + RANGE)
            opcode = change - BASE + RANGE * advance + OPCODES
            if opcode < 256:
                out += bytes([opcode])
                address, line = address + advance, line + change
                rows.append((address, names[file], line))
    address += 4
    return out + b"\2" + uleb(4) + b"\0\1\1", rows, address


def expected(rows: list[Row], end: int, address: int) -> tuple[str, int] | None:
    before = [row for row in rows if row[0] <= address]
    return before[-1][1:] if before and address < end else None


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("version", [2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(4))
def test_every_row_of_random_tables(version, seed, wide):
    rnd = random.Random(seed)
    one, rows, end = random_program(rnd, 0x10000)
    two, more, last = random_program(rnd, end + 100)
    found = Lines(table(version, one + two, wide) + table(version, b""), STRINGS)
    for address in {a + d for a, *_ in rows + more for d in (-1, 0, 1)} | {end - 1, end, last}:
        wanted = expected(rows, end, address) if address < end + 100 else expected(
            more, last, address)  # fmt: skip
        assert found.find(address) == wanted, hex(address)


def test_only_the_name_is_shown():
    program = b"\0\x09\2" + struct.pack("<Q", 0x1000) + b"\1\2\4\0\1\1"
    found = Lines(table(4, program))
    assert found.find(0x1003) == ("src/main.c", 1)
    assert found.show(0x1000) == "main.c:1" and found.show(0x1004) == found.show(0xFFF) == ""
    odd = table(4, program).replace(b"main.c", b"ma\x1b.\xff\n")
    assert Lines(odd).show(0x1000) == "ma\\x1b.\\xff\\n:1"


def test_what_is_broken_ends_the_search_without_an_error():
    rnd = random.Random(5)
    good = b"\0\x09\2" + struct.pack("<Q", 0x1000) + b"\1\2\4\0\1\1"
    for version in (2, 4, 5):
        first, second = table(version, good), table(version, random_program(rnd, 0x5000)[0])
        whole = first + second
        for length in range(0, len(whole), 3):
            assert (Lines(whole[:length], STRINGS).find(0x1000) is not None) == (
                length >= len(first)
            )
        for _ in range(300):
            data = bytearray(whole)
            for _ in range(rnd.randrange(1, 4)):
                value = rnd.choice((0, 0x7F, 0x80, 0xFF, rnd.getrandbits(8)))
                data[rnd.randrange(len(data))] = value
            Lines(bytes(data), STRINGS[: rnd.randrange(20)], b"").show(0x5003)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 50,
        table(5, b"").replace(ENTRIES, b"\0" + uleb(1 << 60)),  # of no columns
        table(5, b"").replace(ENTRIES, b"\1\1\x09" + uleb(1 << 60)),
        table(4, b"\0" + uleb(1 << 62) + b"\2"),
        table(4, b"\0\1\2"),
        table(4, b"").replace(struct.pack("<bBB", BASE, RANGE, OPCODES), b"\0\0\0"),
        table(6, b""),
    ],
)  # fmt: skip
def test_sizes_that_a_table_claims_are_not_believed(data):
    assert Lines(data, STRINGS).find(0x1000) is None


def test_no_more_than_so_much_is_parsed(monkeypatch):
    program = b"\0\x09\2" + struct.pack("<Q", 0x1000) + b"\1\2\4\0\1\1"
    data = table(4, b"") * 3 + table(4, program)
    assert Lines(data).find(0x1000)
    monkeypatch.setattr(lines, "MOST", len(table(4, b"")) * 3)
    assert Lines(data).find(0x1000) is None


def with_lines(program: bytes, **section: int) -> bytes:
    """A file whose first section besides the empty one is its line table."""
    text = make_elf.words(encode.i("addi", 5, 0, 0), encode.i("ld", 6, 5, 0))
    data = make_elf.build([make_elf.Load(0x10000, text)])
    names = b"\0.debug_line\0.shstrtab\0"
    sections = [
        {},
        {"sh_name": 1, "sh_type": 1, "sh_offset": len(data), "sh_size": len(program)} | section,
        {"sh_name": 13, "sh_type": 3, "sh_offset": len(data) + len(program), "sh_size": len(names)},
    ]
    at = len(data) + len(program) + len(names)
    data += program + names
    for fields in sections:
        values = dict.fromkeys(make_elf.SECTION_FIELDS, 0) | fields
        data += struct.pack(make_elf.SECTION, *(values[n] for n in make_elf.SECTION_FIELDS))
    header = struct.unpack(make_elf.HEADER, data[:64])
    fields = dict(zip(make_elf.HEADER_FIELDS, header, strict=True))
    fields |= {"e_shoff": at, "e_shentsize": 64, "e_shnum": 3, "e_shstrndx": 2}
    return struct.pack(make_elf.HEADER, *fields.values()) + data[64:]


LINE = b"\0\x09\2" + struct.pack("<Q", 0x10000) + b"\3\x0a\1\2\x08\0\1\1"


def test_an_error_of_the_guest_names_the_line():
    image = load(with_lines(table(4, LINE)))
    code = image.expand()
    with pytest.raises(GuestError) as caught:
        run(start(code, image), code, symbols=image.symbols)
    assert caught.value.line == "main.c:11"
    assert "ld t1,0(t0) at pc 0x10004 (main.c:11), after 1 row" in str(caught.value)


@pytest.mark.parametrize(
    "section",
    [{"sh_size": 1 << 62}, {"sh_offset": 1 << 63}, {"sh_flags": 0x800}, {"sh_type": 8},
     {"sh_name": 2}, {"sh_name": 1 << 31}],
)  # fmt: skip
def test_a_section_that_cannot_be_used_is_none(section):
    assert load(with_lines(table(4, LINE))).symbols.line(0x10000) == "main.c:11"
    assert load(with_lines(table(4, LINE), **section)).symbols.line(0x10000) == ""


def test_symbols_without_lines():
    assert Symbols.named({0x1000: "f"}, high=0x1010).line(0x1000) == ""
