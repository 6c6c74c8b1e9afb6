"""Images: what is loaded, against pyelftools; the text and its holes; the program's identity."""

from __future__ import annotations

import hashlib
import io
import random
import struct

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile

from cstark.vm import abi, image, isa
from cstark.vm.errors import ElfError
from cstark.vm.image import Image
from cstark.vm.symbols import Symbols
from tests.vm import encode
from tests.vm.make_elf import EXIT, RW, Load, R, Symbol, build, words


def reference(data: bytes) -> dict[int, int]:
    """Byte by address as pyelftools finds them; zero-filled ones are not listed."""
    memory: dict[int, int] = {}
    for segment in ELFFile(io.BytesIO(data)).iter_segments("PT_LOAD"):
        start = segment["p_vaddr"]
        memory.update(enumerate(segment.data(), start))
    return memory


def random_file(rnd: random.Random) -> bytes:
    """Text, read-only data, data and zeros, at odd addresses and of odd sizes."""
    nops = words(*[encode.NOP] * rnd.randrange(20))
    text = nops + EXIT + rnd.randbytes(rnd.randrange(9))
    loads = [Load(rnd.randrange(0x1000, 0x8000) & ~3, text)]
    at = loads[0].address + len(text) + 8
    for flags in rnd.sample((R, RW, RW, R), rnd.randrange(4)):
        at += rnd.choice((0, 1, 3, 7, 8, 100, 5000))
        data = rnd.randbytes(rnd.choice((0, 1, 5, 8, 13, 200)))
        memsz = len(data) + rnd.choice((0, 0, 1, 3, 100))
        loads.append(Load(at, data, flags, memsz))
        at += memsz
    entry = loads[0].address
    order = loads[:1] + rnd.sample(loads[1:], len(loads) - 1)
    return build(order, e_entry=entry)


@pytest.mark.parametrize("seed", range(60))
def test_memory_is_what_the_reference_loads(seed):
    data = random_file(random.Random(seed))
    made = image.load(data)
    memory = reference(data)
    content = made.words.view(np.uint8)
    expected = np.zeros(len(content), dtype=np.uint8)
    for address, byte in memory.items():
        expected[address - made.low] = byte
    assert (content == expected).all()
    file = ELFFile(io.BytesIO(data))
    lowest = min(s["p_vaddr"] for s in file.iter_segments("PT_LOAD") if s["p_memsz"])
    assert made.low == lowest // 8 * 8
    assert made.entry == file.header["e_entry"]


def test_where_data_ends_and_zeros_begin_in_one_word():
    """The word keeps the bytes of .data; the zeros of .bss do not erase them."""
    made = image.load(build([Load(0x10000, EXIT), Load(0x10023, b"\x11\x22\x33", RW, 400)]))
    assert made.words[4] == 0x33_2211 << 24
    assert made.words[5:].sum() == 0


def test_zeros_in_front_belong_to_the_image():
    made = image.load(build([Load(0x10000, EXIT), Load(0x8004, b"", RW, 12)]))
    assert made.low == 0x8000 and made.words[:0x1000].sum() == 0
    assert made.words[0x1000] == int.from_bytes(EXIT, "little")


def test_zeros_behind_do_not():
    made = image.load(build([Load(0x10000, EXIT), Load(0x20000, b"", RW, 1 << 29)]))
    assert (made.low, len(made.words)) == (0x10000, 8)


def test_text_of_several_segments_has_holes():
    """Read-only data between two texts is not executable, whatever its words would mean."""
    nop = words(encode.NOP)
    loads = [Load(0x10000, nop * 3 + EXIT), Load(0x10020, nop * 2, R), Load(0x10032, nop * 5)]
    made = image.load(build(loads))
    assert made.text == (0x10000, 0x10044)
    assert made.holes == ((0x10014, 0x10034),)
    code = made.expand()
    rows = [code.at(a) != isa.NOWHERE for a in range(0x10000, 0x10048, 4)]
    assert rows[:5] == [True] * 5 and rows[5:13] == [False] * 8
    assert made.words[4] == 0x0000_0013_0000_0013
    assert made.fixed.tolist()[:10] == [True] * 9 + [False]
    assert made.fixed_range == (0x10000, 0x10048)


def test_data_in_the_text_has_no_row():
    """Constants between functions: no operation if they decode to nothing."""
    text = EXIT + words(0, 0xFFFFFFFF, 0x00100073, encode.NOP)
    code = image.load(build([Load(0x10000, text)])).expand()
    assert [code.at(0x10000 + 4 * k) != isa.NOWHERE for k in range(6)] == [
        True, True, False, False, False, True]  # fmt: skip
    assert code.at(0x10002) == code.at(0xFFFC) == code.at(0x10018) == isa.NOWHERE
    assert len(code) == 3


def test_headers_of_the_file_at_the_start_of_the_text():
    """A linker may load the file's headers with the text; 2 bytes off the grid as well."""
    made = image.load(build([Load(0x10002, bytes(2) + EXIT)], e_entry=0x10004))
    assert made.text == (0x10004, 0x1000C) and made.low == 0x10000
    assert made.fixed.tolist() == [True, True] + [False] * 6


def test_from_text():
    made = Image.from_text([encode.NOP] * 3, 0x2000, data=[7, 8])
    assert made.words.tolist() == [0x13_0000_0013, 0x13, 7, 8, 0, 0, 0, 0]
    assert made.text == (0x2000, 0x200C) and made.entry == 0x2000 and made.end == 0x2040
    assert len(Image.from_text([encode.NOP] * 17).words) == 16
    assert Image.from_text([0, encode.NOP], entry=0x10004).entry == 0x10004


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"words": np.zeros(12, np.uint64)}, "words"), ({"words": np.zeros(4, np.uint64)}, "words"),
        ({"words": np.zeros(8, np.int64)}, "words"),
        ({"words": np.zeros((8, 1), np.uint64)}, "words"),
        ({"words": np.zeros(abi.MAX_IMAGE // 4, np.uint64)}, "words"),
        ({"low": 0x1004}, "low"), ({"low": 0xFF8}, "low"), ({"low": abi.STACK_TOP - 64}, "words"),
        ({"text": (0x1000, 0x1000)}, "text"), ({"text": (0x1002, 0x1010)}, "text"),
        ({"text": (0xFFC, 0x1010)}, "text"), ({"text": (0x1000, 0x1044)}, "text"),
        ({"entry": 0x1002}, "e_entry"), ({"entry": 0x1010}, "e_entry"),
        ({"entry": 0xFFC}, "e_entry"), ({"entry": 0x1008}, "e_entry"),
        ({"holes": ((0x1000, 0x1004),)}, "e_entry"),
    ],
)  # fmt: skip
def test_an_image_that_does_not_fit_is_refused(change, field):
    array = np.zeros(8, np.uint64)
    array[0] = 0x13_0000_0013
    good = {"low": 0x1000, "words": array, "text": (0x1000, 0x1010), "entry": 0x1000}
    assert Image(**good).entry == 0x1000
    with pytest.raises(ElfError) as caught:
        Image(**good | change)
    assert caught.value.field == field


def test_identity_depends_on_all_that_is_proved():
    data = build([Load(0x10000, words(encode.NOP) + EXIT), Load(0x20000, bytes(8), RW)])
    base = image.load(data)
    known = image.program_id(base, base.expand())
    assert len(known) == 64 and int(known, 16)
    again = image.load(build([Load(0x10000, words(encode.NOP) + EXIT), Load(0x20000, bytes(8), RW)],
                             symbols=[Symbol("main", 0x10000)]))  # fmt: skip
    assert image.program_id(again, again.expand()) == known  # names and notes are no part of it
    others = [
        build([Load(0x10000, words(encode.NOP) + EXIT), Load(0x20000, bytes(8), RW)],
              e_entry=0x10004),
        build([Load(0x10000, words(encode.NOP + 128) + EXIT), Load(0x20000, bytes(8), RW)]),
        build([Load(0x10000, words(encode.NOP) + EXIT), Load(0x20000, bytes(7) + b"\1", RW)]),
        build([Load(0x10000, words(encode.NOP) + EXIT), Load(0x40000, bytes(8), RW)]),
        build([Load(0x10008, words(encode.NOP) + EXIT), Load(0x20000, bytes(8), RW)]),
        build([Load(0x10000, words(encode.NOP) + EXIT), Load(0x20000, bytes(8), R)]),
    ]  # fmt: skip
    ids = [image.program_id(i, i.expand()) for i in map(image.load, others)]
    assert len({known, *ids[:-1]}) == 6
    assert ids[-1] == known  # the machine does not protect read-only data


def test_identity_does_not_change():
    """What verifiers have pinned must stay what it is."""
    made = Image.from_text([encode.i("addi", 17, 0, 93), encode.ECALL])
    code = made.expand()
    known = image.program_id(made, code)
    assert known == "0d6e4758c379f9bcb0eac710f2a365869d0335a2618b0fb1dcf8cb4f3bf6a641"
    rows = [0x10000, 32, 0, 0, 17, 93, 0, 0x10004, 0x10004, 848, 17, 10, 0, 0, 0, 0x10008]
    words = [0x05D0_0893 | 0x73 << 32] + [0] * 7
    numbers = [0x10000, 0x10000, 8, 0x10000, 0x10008, 2, *rows, *words]
    data = b"cstark RV64IM program 1\0" + struct.pack(f"<{len(numbers)}Q", *numbers)
    assert known == hashlib.sha256(data).hexdigest()


def names(symbols: list[Symbol], text: int = 64) -> Symbols:
    data = EXIT + words(*[encode.NOP] * (text // 4 - 2))
    return image.load(build([Load(0x10000, data)], symbols=symbols)).symbols


def test_symbols_are_functions_by_address():
    made = names([Symbol("b", 0x10010), Symbol("a", 0x10000), Symbol("c", 0x10020, size=8)])
    assert list(made) == [(0x10000, "a"), (0x10010, "b"), (0x10020, "c")]
    assert made.find(0x1000C) == ("a", 12) and made.find(0x10010) == ("b", 0)
    assert made.find(0x10024) == ("c", 4) and made.find(0x10028) is None
    assert made.show(0x10024) == "c+0x4" and made.show(0x10028) == made.show(-4) == ""
    assert made.find(0xFFFC) is None and made.find(1 << 64) is None
    assert made.address("b") == 0x10010 and made.address("z") is None


def test_symbols_at_one_address():
    """A function before a label, a global before a weak before a local name."""
    made = names([
        Symbol("label", 0x10000, kind=0), Symbol("local", 0x10000, binding=0),
        Symbol("weak", 0x10000, binding=2), Symbol("global", 0x10000), Symbol("late", 0x10000),
    ])  # fmt: skip
    assert list(made) == [(0x10000, "global")]


def test_symbols_that_name_no_function():
    """Data, sections, undefined ones, mapping symbols, labels inside a function."""
    made = names([
        Symbol("object", 0x10000, kind=1), Symbol("section", 0x10000, kind=3),
        Symbol("undefined", 0x10000, shndx=0), Symbol("outside", 0x10040), Symbol("", 0x10004),
        Symbol("$x", 0x10000, kind=0), Symbol(".L1", 0x10004, kind=0),
        Symbol("f", 0x10008, size=16), Symbol("loop", 0x10010, kind=0),
        Symbol("g", 0x10018, kind=0), Symbol("$f", 0x10020),
    ])  # fmt: skip
    assert list(made) == [(0x10008, "f"), (0x10018, "g"), (0x10020, "$f")]
    assert made.show(0x10010) == "f+0x8"


def test_symbols_with_wild_sizes():
    made = names([Symbol("a", 0x10000, size=1 << 63), Symbol("b", 0x10010, size=(1 << 64) - 1)])
    assert made.find(0x1000C) == ("a", 12) and made.find(0x1003C) == ("b", 0x2C)
    assert made.find(0x10040) is None


def test_names_can_be_printed():
    long = Symbol("x" * 9000, 0x10020)
    made = names([Symbol("a\x1b[31m\n", 0x10000), Symbol("é", 0x10010), long])
    assert [name for _, name in made] == ["a\\x1b[31m\\n", "é", "x" * 4096]
