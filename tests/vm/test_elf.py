"""What is no program for this machine is refused, with the field's name and before any work."""

from __future__ import annotations

import os
import pickle
import random
import struct
import tracemalloc

import numpy as np
import pytest

from cstark.errors import CstarkError
from cstark.vm import abi, elf, image
from cstark.vm.errors import ElfError
from tests.vm import encode, make_elf
from tests.vm.make_elf import EXIT, RW, Load, build, ident, program_header

TOP = abi.STACK_TOP
SYMBOLS = [make_elf.Symbol("_start", 0x10000)]


def load(address=0x10000, data=EXIT, flags=make_elf.RX, memsz=None, **fields):
    return [Load(address, data, flags, memsz, fields)]


REFUSED = [
    # the file as a whole
    ("EI_MAG", b"", "nothing"),
    ("EI_MAG", b"#!/bin/sh\necho", "not an ELF file"),
    ("EI_MAG", b"\x7fEL", "not an ELF file"),
    ("e_ident", b"\x7fELF", "truncated file of 4 bytes"),
    ("e_ident", build()[:63], "truncated"),
    # the header
    ("EI_CLASS", build(e_ident=ident(4, 1)), "32-bit"),
    ("EI_CLASS", build(e_ident=ident(4, 0)), "class 0"),
    ("EI_DATA", build(e_ident=ident(5, 2)), "big-endian"),
    ("EI_DATA", build(e_ident=ident(5, 7)), "byte order 7"),
    ("EI_VERSION", build(e_ident=ident(6, 0)), "version 0"),
    ("EI_OSABI", build(e_ident=ident(7, 9)), "operating system 9"),
    ("EI_ABIVERSION", build(e_ident=ident(8, 1)), "version 1"),
    ("e_type", build(e_type=1), "object file"),
    ("e_type", build(e_type=3), "position-independent"),
    ("e_type", build(e_type=4), "core"),
    ("e_type", build(e_type=0), "without a type"),
    ("e_type", build(e_type=0xFF00), "type 65280"),
    ("e_machine", build(e_machine=62), "machine 62, not 243"),
    ("e_version", build(e_version=2), "version 2"),
    ("e_ehsize", build(e_ehsize=52), "52 bytes, not 64"),
    ("e_flags", build(load(data=EXIT + b"\x01\x45\x82\x80"), e_flags=1), "(C), or data"),
    ("e_flags", build(load(data=EXIT + b"\x01\x45\x82\x80"), e_flags=1), "at 0x10008:"),
    ("e_flags", build(load(0x10002, bytes(2) + EXIT + b"\1\0\0\0"), e_entry=0x10004, e_flags=1),
     "at 0x1000c:"),
    ("e_flags", build(load(data=EXIT + bytes(1 << 19) + b"\1\0\0\0"), e_flags=1), "at 0x90008:"),
    ("e_flags", build(e_flags=5), "floating-point"),
    ("e_flags", build(e_flags=4), "floating-point"),
    ("e_flags", build(e_flags=8), "RVE"),
    ("e_flags", build(e_flags=0x20), "unknown flags"),
    ("e_flags", build(e_flags=0xFF00_0000), "unknown flags"),
    ("e_entry", build(e_entry=0x10002), "multiple of 4"),
    ("e_entry", build(e_entry=0x10008), "outside the text"),
    ("e_entry", build(e_entry=0xFFFC), "outside the text"),
    ("e_entry", build(e_entry=0), "outside the text"),
    ("e_entry", build(e_entry=(1 << 64) - 4), "outside the text"),
    ("e_entry", build([*load(), Load(0x20000, EXIT, RW)], e_entry=0x20000), "outside the text"),
    ("e_entry", build(load(memsz=64), e_entry=0x10010), "outside the text"),
    ("e_phnum", build([]), "no segments"),
    ("e_phnum", build(load(p_type=4)), "no segment is loaded"),
    ("e_phnum", build(load(memsz=0, data=b"")), "no segment is loaded"),
    ("e_phnum", build(e_phnum=abi.MAX_SEGMENTS + 1), f"at most {abi.MAX_SEGMENTS}"),
    ("e_phnum", build(e_phnum=0xFFFF), "at most"),
    ("e_phentsize", build(e_phentsize=55), "55 bytes, not 56"),
    ("e_phentsize", build(e_phentsize=0), "0 bytes"),
    ("e_phoff", build(e_phoff=len(build()) - 55), "truncated"),
    ("e_phoff", build(e_phoff=(1 << 64) - 56), "truncated"),
    ("e_phoff", build()[:100], "truncated"),
    # segments
    ("p_type", build(extra=program_header(2)), "PT_DYNAMIC"),
    ("p_type", build(extra=program_header(3)), "PT_INTERP"),
    ("p_filesz", build()[:-1], "truncated"),
    ("p_filesz", build(load(p_offset=(1 << 64) - 16)), "truncated"),
    ("p_filesz", build(load(p_filesz=1 << 40, p_memsz=1 << 40)), "truncated"),
    ("p_filesz", build(load(p_memsz=7)), "8 bytes in the file and 7 in memory"),
    ("p_memsz", build(load(memsz=1 << 40)), "1099511627776 bytes"),
    ("p_memsz", build(load(memsz=(1 << 64) - 0x10000)), "does not end below"),
    ("p_memsz", build(load(memsz=(1 << 64) - 1)), "does not end below"),
    ("p_memsz", build(load(memsz=TOP - 0x10000 + 1)), "does not end below"),
    ("p_vaddr", build(load(address=0xFF0), e_entry=0xFF0), "below 0x1000"),
    ("p_vaddr", build(load(address=0), e_entry=0), "below 0x1000"),
    ("p_vaddr", build(load(address=TOP)), "must lie below"),
    ("p_vaddr", build([*load(), Load((1 << 64) - 16, bytes(16), RW)]), "must lie below"),
    ("p_vaddr", build([*load(), Load(0x8000_0000, bytes(16), RW)]), "must lie below"),
    ("p_vaddr", build([*load(), Load(0x10004, bytes(16), RW)]), "overlap"),
    ("p_vaddr", build([*load(), Load(0x10000, EXIT)]), "overlap"),
    ("p_vaddr", build([*load(), Load(0xFFF0, bytes(8), RW, 17)]), "overlap"),
    ("p_vaddr", build([*load(), *load(0x9000, memsz=0x10000)]), "overlap"),
    ("p_vaddr", build([*load(), Load(0x10008 + abi.MAX_IMAGE, bytes(8), RW)]), "at most"),
    ("p_vaddr", build(load(address=TOP - 16)), "power of two"),
    ("p_vaddr", build(load(address=TOP - 64)), "power of two"),
    ("p_vaddr", build([*load(data=EXIT * 2 + bytes(4)), Load(0x10014, bytes(8), RW)]), "shares"),
    ("p_vaddr", build([*load(), Load(0x11000, b"", RW, 8), Load(0x12000, EXIT)]), "among the text"),
    ("p_align", build(load(p_align=24)), "no power of two"),
    ("p_align", build(load(p_align=0x1000)), "differ modulo"),
    ("p_flags", build(load(flags=7)), "writable and executable"),
    ("p_flags", build([*load(), Load(0x20000, EXIT, 3)]), "writable and executable"),
    ("e_entry", build(load(data=bytes(8))), "no instruction of RV64IM at 0x10000"),
    ("e_entry", build(load(data=make_elf.words(encode.EBREAK))), "0x00100073"),
    # sections and symbols
    ("e_shoff", build(symbols=SYMBOLS)[:-1], "truncated"),
    ("e_shoff", build(symbols=SYMBOLS, e_shoff=1 << 63), "truncated"),
    ("e_shoff", build(e_shnum=3), "at no offset"),
    ("e_shnum", build(symbols=SYMBOLS, e_shnum=0), "without sections"),
    ("e_shentsize", build(symbols=SYMBOLS, e_shentsize=63), "63 bytes"),
    ("sh_entsize", build(symbols=SYMBOLS, symbol_section={"sh_entsize": 16}), "16 bytes"),
    ("sh_size", build(symbols=SYMBOLS, symbol_section={"sh_size": 47}), "no multiple"),
    ("sh_offset", build(symbols=SYMBOLS, symbol_section={"sh_size": 24 << 40}), "truncated"),
    ("sh_offset", build(symbols=SYMBOLS, symbol_section={"sh_offset": 1 << 63}), "truncated"),
    ("sh_link", build(symbols=SYMBOLS, symbol_section={"sh_link": 1}), "which is none"),
    ("sh_link", build(symbols=SYMBOLS, symbol_section={"sh_link": 99}), "which is none"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "data", "reason"), REFUSED, ids=[f"{k}-{r[0]}" for k, r in enumerate(REFUSED)]
)
def test_refused(field, data, reason):
    """With the field's name, and without memory for what the file claims."""
    tracemalloc.start()
    try:
        with pytest.raises(ElfError) as caught:
            image.load(data)
        assert tracemalloc.get_traced_memory()[1] < 100_000 + 2 * len(data)
    finally:
        tracemalloc.stop()
    assert caught.value.field == field
    assert str(caught.value).startswith(field + ": ")
    assert reason in str(caught.value)
    assert isinstance(caught.value, CstarkError)


def test_other_bad_symbols():
    good = build(symbols=SYMBOLS)
    assert [name for _, name in image.load(good).symbols] == ["_start"]
    at = good.index(b"\0_start\0")
    with pytest.raises(ElfError, match=r"^sh_size: .* do not end with a zero byte"):
        image.load(make_elf.patch(good, at + 7, b"x"))
    with pytest.raises(ElfError, match=r"^st_name: "):
        image.load(make_elf.patch(good, at - 24, struct.pack("<I", 8)))
    section = good.index(struct.pack("<II", 0, 3), at)
    with pytest.raises(ElfError, match="more than one symbol table"):
        image.load(make_elf.patch(good, section + 4, struct.pack("<I", 2)))


def test_limits_of_segments():
    """The last that is allowed, and one more (in the table above)."""
    null = program_header(0)
    assert image.load(build(extra=null * (abi.MAX_SEGMENTS - 1)))
    with pytest.raises(ElfError, match=f"^e_phnum: {abi.MAX_SEGMENTS + 1} segments"):
        image.load(build(extra=null * abi.MAX_SEGMENTS))


def test_limits_of_memory():
    fits = build([*load(), Load(0x10000 + abi.MAX_IMAGE - 8, bytes(8), RW)])
    assert len(image.load(fits).words) * 8 == abi.MAX_IMAGE
    for extra in (1, 8):
        with pytest.raises(ElfError, match=f"at most {abi.MAX_IMAGE}"):
            image.load(build([*load(), Load(0x10000 + abi.MAX_IMAGE - 8, bytes(8 + extra), RW)]))
    assert image.load(build(load(address=TOP - 128))).end == TOP - 64
    assert image.load(build(load(address=0x1000))).low == 0x1000
    assert image.load(build(load(memsz=TOP - 0x10000))).end == 0x10040


def test_limits_of_symbols():
    symbols = struct.pack("<IBBHQQ", 0, 2, 0, 1, 0x10000, 0) * abi.MAX_SYMBOLS
    good = build(symbols=[], symbol_section={"sh_size": len(symbols)})
    where = len(good)
    # The table moves behind the file; the section's offset is the only mention of it.
    section = good.index(struct.pack("<II", 0, 2))
    for more in (0, 24):
        data = good + symbols + bytes(more)
        data = make_elf.patch(data, section + 24, struct.pack("<QQ", where, len(symbols) + more))
        if more:
            with pytest.raises(ElfError, match=f"^sh_size: {abi.MAX_SYMBOLS + 1} symbols"):
                image.load(data)
        else:
            assert len(image.load(data).symbols) == 0  # none has a name


def test_what_need_not_be_understood_is_ignored():
    notes = b"".join(program_header(kind) for kind in (0, 4, 6, 7, 0x6474E551, 0x70000003))
    for header in ({"e_flags": 0x10}, {"e_flags": 0x01}, {"e_ident": ident(7, 3)},
                   {"e_shstrndx": 77}):  # fmt: skip
        assert image.load(build(extra=notes, **header)).entry == 0x10000
    empty = Load(0, b"", make_elf.R, fields={"p_vaddr": 0, "p_offset": 8, "p_align": 0x1000})
    assert image.load(build([*load(), empty])).entry == 0x10000
    assert image.load(build(load(p_align=0))).entry == 0x10000
    empty = Load(0, b"", RW, 0, {"p_align": 0x1000})  # as GNU ld leaves it
    assert image.load(build([*load(), empty])).entry == 0x10000
    assert image.load(build(load(p_paddr=1 << 63))).entry == 0x10000


def test_every_truncation_is_refused():
    data = build([*load(), Load(0x20000, bytes(24), RW, 100)], symbols=SYMBOLS)
    for length in range(len(data)):
        with pytest.raises(ElfError):
            image.load(data[:length])
    assert image.load(data)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_files_load_or_are_refused(seed):
    """Bytes and fields changed at random: an image within the map, or an ElfError."""
    rnd = random.Random(seed)
    good = build([*load(), Load(0x20000, bytes(24), RW, 100)], symbols=SYMBOLS)
    loaded = 0
    interesting = [0, 1, 2, 7, 8, 0xFF, 0xFFFF, 0x10000, 1 << 31, (1 << 32) - 1, 1 << 40, 1 << 63,
                   (1 << 64) - 1, (1 << 64) - 0x10000]  # fmt: skip
    for _ in range(400):
        data = good
        for _ in range(rnd.choice((1, 1, 1, 2, 4))):
            at = rnd.randrange(len(data))
            if rnd.random() < 0.5:
                change = bytes([rnd.randrange(256)])
            else:
                at -= at % 8
                change = struct.pack("<Q", rnd.choice(interesting))
            data = make_elf.patch(data, at, change)[: len(good)]
        try:
            made = image.load(data)
        except ElfError as error:
            assert error.field and str(error).startswith(error.field)
        else:
            loaded += 1
            assert abi.IMAGE_LOW <= made.low < made.end <= abi.STACK_TOP
            assert made.low <= made.text[0] <= made.entry < made.text[1] <= made.end
            assert len(made.words) * 8 <= abi.MAX_IMAGE
            assert image.program_id(made, made.expand())
            assert [made.symbols.show(a) for a in range(0xFFF0, 0x10020, 4)]
    assert 0 < loaded < 400


def test_random_bytes_behind_a_good_identification():
    rnd = random.Random(3)
    for _ in range(2000):
        with pytest.raises(ElfError):
            image.load(make_elf.IDENT + rnd.randbytes(rnd.choice((48, 64, 120, 500))))


def test_files(tmp_path):
    path = tmp_path / "guest.elf"
    path.write_bytes(build(symbols=SYMBOLS))
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()),
                   memoryview(path.read_bytes()), elf.read_elf(path.read_bytes())):  # fmt: skip
        made = image.load(source)
        assert made.entry == 0x10000 and len(made.symbols) == 1
    path.write_bytes(b"")
    with pytest.raises(ElfError, match="is empty"):
        image.load(path)
    with pytest.raises(FileNotFoundError):
        image.load(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        image.load(tmp_path)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(ElfError, match="no regular file"):  # and does not wait for a writer
        image.load(fifo)


def test_a_huge_file_that_is_none_costs_nothing(tmp_path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(build()[:64])
        file.truncate(1 << 40)
    tracemalloc.start()
    try:
        with pytest.raises(ElfError):
            image.load(path)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def test_errors_travel_between_processes():
    with pytest.raises(ElfError) as caught:
        image.load(b"")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.field, str(again)) == (caught.value.field, str(caught.value))


def test_the_image_refers_to_nothing_of_the_file():
    data = bytearray(build())
    made = image.load(data)
    before = np.array(made.words)
    data[:] = bytes(len(data))
    assert (made.words == before).all() and not made.words.flags.writeable
