"""Reading ELF executables: headers, segments and symbols, every field checked.

What is accepted: ELF64, little endian, RISC-V, a static executable (``ET_EXEC``) without
compressed or floating-point code. Everything is checked before anything is copied: whatever the
bytes are, the answer is an `Elf` or an `ElfError` that names the field, and no size that a field
claims is allocated.

Source: System V ABI, chapter 4 (gABI), and the RISC-V ELF psABI specification, chapter
"Object files".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from itertools import pairwise
from mmap import mmap
from typing import Any

import numpy as np

from cstark.vm import abi
from cstark.vm.errors import ElfError
from cstark.vm.lines import Lines
from cstark.vm.symbols import Symbols

__all__ = ["Elf", "Segment", "read_elf"]

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION_TABLE = 2  # SHT_SYMTAB
EXECUTE, WRITE, READ = 1, 2, 4
SECTION_COMPRESSED = 0x800  # SHF_COMPRESSED
MAX_LINES = 64 << 20  # bytes of a section that serves messages alone
COMPRESSED = 1  # in e_flags: the file may hold compressed code
CHUNK = 1 << 16  # words of text looked at together

_PROGRAM_HEADER = np.dtype(
    [("type", "<u4"), ("flags", "<u4"), ("offset", "<u8"), ("vaddr", "<u8"), ("paddr", "<u8"),
     ("filesz", "<u8"), ("memsz", "<u8"), ("align", "<u8")]
)  # fmt: skip
_SECTION_HEADER = np.dtype(
    [("name", "<u4"), ("type", "<u4"), ("flags", "<u8"), ("addr", "<u8"), ("offset", "<u8"),
     ("size", "<u8"), ("link", "<u4"), ("info", "<u4"), ("addralign", "<u8"), ("entsize", "<u8")]
)  # fmt: skip
_SYMBOL = np.dtype(
    [("name", "<u4"), ("info", "u1"), ("other", "u1"), ("shndx", "<u2"), ("value", "<u8"),
     ("size", "<u8")]
)  # fmt: skip

_TYPES = {
    0: "an ELF file without a type",
    1: "an object file, which a linker has to make an executable",
    3: "a position-independent executable or a shared library: link with -static -no-pie",
    4: "a core dump",
}


@dataclass(frozen=True)
class Segment:
    """One loaded segment.

    Attributes
    ----------
    address : int
        Where its first byte goes (``p_vaddr``).
    data : memoryview
        Its bytes from the file (``p_filesz`` of them).
    size : int
        Its bytes in memory (``p_memsz``); those beyond the file's are zero.
    flags : int
        ``p_flags``: 1 executable, 2 writable, 4 readable.
    """

    address: int
    data: memoryview
    size: int
    flags: int

    @property
    def executable(self) -> bool:
        return bool(self.flags & EXECUTE)

    @property
    def writable(self) -> bool:
        return bool(self.flags & WRITE)

    @property
    def end(self) -> int:
        """Address behind its last byte in memory."""
        return self.address + self.size

    @property
    def data_end(self) -> int:
        """Address behind its last byte from the file."""
        return self.address + len(self.data)


@dataclass(frozen=True)
class Elf:
    """What an executable says.

    Attributes
    ----------
    entry : int
        Where execution begins.
    segments : tuple of Segment
        What is loaded, by ascending address; no two overlap.
    symbols : Symbols
        Names of functions; none in a stripped file.
    """

    entry: int
    segments: tuple[Segment, ...]
    symbols: Symbols


def _need(condition: bool, field: str, message: str) -> None:
    if not condition:
        raise ElfError(field, message)


def read_elf(data: bytes | bytearray | memoryview | mmap) -> Elf:
    """Parse an executable.

    Parameters
    ----------
    data : bytes-like
        The file. Segments of the result refer to it; nothing is copied but symbols.

    Returns
    -------
    Elf
        Its entry, segments and symbols.

    Raises
    ------
    ElfError
        If it is no file that this machine can load. The field and the reason are named.
    """
    view = memoryview(data).toreadonly().cast("B")
    magic = bytes(view[:4])
    _need(
        magic == b"\x7fELF", "EI_MAG",
        f"not an ELF file: it begins with {magic.hex() or 'nothing'}, not 7f454c46",
    )  # fmt: skip
    _need(len(view) >= HEADER.size, "e_ident",
          f"a truncated file of {len(view)} bytes; the header has {HEADER.size}")  # fmt: skip
    (ident, e_type, machine, version, entry, phoff, shoff, flags, ehsize, phentsize, phnum,
     shentsize, shnum, shstrndx) = HEADER.unpack(view[: HEADER.size])  # fmt: skip
    _identification(ident)
    _need(machine == 243, "e_machine", f"machine {machine}, not 243 (RISC-V)")
    _need(e_type == 2, "e_type", f"{_TYPES.get(e_type, f'type {e_type}')}; "
          "only a static executable (2) can be loaded")  # fmt: skip
    _need(version == 1, "e_version", f"version {version}, not 1")
    _need(ehsize == HEADER.size, "e_ehsize", f"{ehsize} bytes, not {HEADER.size}")
    _flags(flags)
    segments = _segments(view, phoff, phentsize, phnum)
    if flags & COMPRESSED:
        _no_compressed(segments)
    _need(entry % 4 == 0, "e_entry", f"{entry:#x} is no multiple of 4")
    _need(
        any(s.executable and s.address <= entry <= s.data_end - 4 for s in segments), "e_entry",
        f"{entry:#x} lies outside the text (the executable segments)",
    )  # fmt: skip
    symbols = _symbols(view, shoff, shentsize, shnum, segments)
    if shoff:
        symbols = replace(symbols, lines=_lines(view, shoff, shnum, shstrndx))
    return Elf(entry, segments, symbols)


def _identification(ident: bytes) -> None:
    _need(ident[4] == 2, "EI_CLASS", "a 32-bit file; the machine is RV64" if ident[4] == 1
          else f"class {ident[4]}, not 2 (64-bit)")  # fmt: skip
    _need(ident[5] == 1, "EI_DATA", "a big-endian file; the machine is little endian"
          if ident[5] == 2 else f"byte order {ident[5]}, not 1 (little endian)")  # fmt: skip
    _need(ident[6] == 1, "EI_VERSION", f"version {ident[6]}, not 1")
    _need(ident[7] in (0, 3), "EI_OSABI", f"operating system {ident[7]}, not 0 (System V)")
    _need(ident[8] == 0, "EI_ABIVERSION", f"version {ident[8]}, not 0")


def _flags(flags: int) -> None:
    """e_flags of the RISC-V psABI: code that runs on RV64IM, one hart."""
    _need(not flags & 6, "e_flags",
          "a floating-point calling convention: compile with -march=rv64im -mabi=lp64")  # fmt: skip
    _need(not flags & 8, "e_flags", "code for 16 registers (RVE): compile with -march=rv64im")
    known = COMPRESSED | 0x10  # the second: total store order, which one hart always has
    _need(not flags & ~known, "e_flags", f"unknown flags {flags:#x}")


def _no_compressed(segments: tuple[Segment, ...]) -> None:
    """Of a file that may hold compressed code: every word of its text is a whole instruction.

    The flag alone says little: an assembler sets it as soon as a source allows such code. From an
    address that is a multiple of 4 on, the first compressed instruction stands at one as well, and
    its two low bits are not both 1. Words of zeros, as between functions, are none.
    """
    for segment in segments:
        if segment.executable:
            skip = -segment.address % 4
            count = max(0, len(segment.data) - skip) // 4
            for first in range(0, count, CHUNK):
                words = np.frombuffer(
                    segment.data, dtype="<u4", count=min(CHUNK, count - first),
                    offset=skip + 4 * first,
                )  # fmt: skip
                (short,) = np.nonzero((words & 3 != 3) & (words != 0))
                if len(short):
                    address = segment.address + skip + 4 * (first + int(short[0]))
                    raise ElfError("e_flags", f"compressed code (C), or data in the text, at "
                                   f"{address:#x}: compile with -march=rv64im")  # fmt: skip


def _table(
    view: memoryview, dtype: np.dtype[Any], offset: int, size: int, count: int, prefix: str
) -> np.ndarray[Any, np.dtype[Any]]:
    """A table of the file (`e_phoff`, `e_phentsize`, `e_phnum` and the same of sections)."""
    _need(size == dtype.itemsize, f"e_{prefix}entsize",
          f"entries of {size} bytes, not {dtype.itemsize}")  # fmt: skip
    end = offset + count * size
    _need(
        end <= len(view), f"e_{prefix}off",
        f"a truncated file: {count} headers from byte {offset} on end at byte {end}, "
        f"the file at {len(view)}",
    )  # fmt: skip
    return np.frombuffer(view, dtype=dtype, count=count, offset=offset)


def _segments(view: memoryview, phoff: int, phentsize: int, phnum: int) -> tuple[Segment, ...]:
    _need(phnum > 0, "e_phnum", "no segments: nothing to load")
    _need(phnum <= abi.MAX_SEGMENTS, "e_phnum",
          f"{phnum} segments; at most {abi.MAX_SEGMENTS}")  # fmt: skip
    table = _table(view, _PROGRAM_HEADER, phoff, phentsize, phnum, "ph")
    segments = []
    for k, row in enumerate(table):
        kind = int(row["type"])
        _need(kind not in (2, 3), "p_type", f"segment {k} is of a dynamically linked program "
              f"({'PT_DYNAMIC' if kind == 2 else 'PT_INTERP'}): link with -static")  # fmt: skip
        if kind == 1:
            segment = _segment(view, k, row)
            if segment.size:
                segments.append(segment)
    _need(bool(segments), "e_phnum", "no segment is loaded (PT_LOAD)")
    segments.sort(key=lambda s: s.address)
    for one, two in pairwise(segments):
        _need(one.end <= two.address, "p_vaddr", f"segments overlap: one from {one.address:#x} to "
              f"{one.end:#x}, one from {two.address:#x} to {two.end:#x}")  # fmt: skip
    return tuple(segments)


def _segment(view: memoryview, k: int, row: Any) -> Segment:
    offset, address, filesz, memsz, align, flags = (
        int(row[name]) for name in ("offset", "vaddr", "filesz", "memsz", "align", "flags")
    )
    _need(
        offset + filesz <= len(view), "p_filesz",
        f"a truncated file: segment {k} has {filesz} bytes from byte {offset} on, "
        f"the file {len(view)}",
    )  # fmt: skip
    _need(filesz <= memsz, "p_filesz",
          f"segment {k} has {filesz} bytes in the file and {memsz} in memory")  # fmt: skip
    _need(align & (align - 1) == 0 if align else True, "p_align",
          f"segment {k}: {align} is no power of two")  # fmt: skip
    # GNU ld writes the address 0 for a segment of its script that turned out empty.
    _need(align <= 1 or not memsz or (address - offset) % align == 0, "p_align",
          f"segment {k}: p_vaddr {address:#x} and p_offset {offset:#x} differ modulo "
          f"{align:#x}")  # fmt: skip
    if memsz:
        _need(address >= abi.IMAGE_LOW, "p_vaddr", f"segment {k} begins at {address:#x}, below "
              f"{abi.IMAGE_LOW:#x}, where memory begins")  # fmt: skip
        _need(address < abi.STACK_TOP, "p_vaddr", f"segment {k} begins at {address:#x}; a program "
              f"must lie below {abi.STACK_TOP:#x}")  # fmt: skip
        _need(address + memsz <= abi.STACK_TOP, "p_memsz", f"segment {k} of {memsz} bytes from "
              f"{address:#x} on does not end below {abi.STACK_TOP:#x}")  # fmt: skip
    _need(flags & (EXECUTE | WRITE) != EXECUTE | WRITE, "p_flags",
          f"segment {k} is writable and executable; text must not be writable")  # fmt: skip
    return Segment(address, view[offset : offset + filesz], memsz, flags)


def _symbols(
    view: memoryview, shoff: int, shentsize: int, shnum: int, segments: tuple[Segment, ...]
) -> Symbols:
    """The names of functions: symbols of type function or none that lie in the text."""
    if shoff == 0:
        _need(shnum == 0, "e_shoff", f"{shnum} sections at no offset")
        return Symbols()
    _need(shnum > 0, "e_shnum", "a section table without sections, or with too many")
    sections = _table(view, _SECTION_HEADER, shoff, shentsize, shnum, "sh")
    (tables,) = np.nonzero(sections["type"] == SECTION_TABLE)
    if not len(tables):
        return Symbols()
    _need(len(tables) == 1, "sh_type", "more than one symbol table")
    section = sections[tables[0]]
    _need(int(section["entsize"]) == _SYMBOL.itemsize, "sh_entsize",
          f"symbols of {section['entsize']} bytes, not {_SYMBOL.itemsize}")  # fmt: skip
    table = _section(view, section, "the symbol table")
    _need(len(table) % _SYMBOL.itemsize == 0, "sh_size",
          f"a symbol table of {len(table)} bytes, no multiple of {_SYMBOL.itemsize}")  # fmt: skip
    count = len(table) // _SYMBOL.itemsize
    _need(count <= abi.MAX_SYMBOLS, "sh_size",
          f"{count} symbols; at most {abi.MAX_SYMBOLS}")  # fmt: skip
    link = int(section["link"])
    _need(link < shnum and int(sections[link]["type"]) == 3, "sh_link",
          f"the symbol table names section {link} as its strings, which is none")  # fmt: skip
    strings = _section(view, sections[link], "the strings of the symbol table")
    _need(len(strings) > 0 and strings[-1] == 0, "sh_size",
          "the strings of the symbol table do not end with a zero byte")  # fmt: skip
    symbols = np.frombuffer(table, dtype=_SYMBOL)
    if len(symbols):
        _need(int(symbols["name"].max()) < len(strings), "st_name",
              "a symbol's name lies outside the strings")  # fmt: skip
    text = np.zeros(len(symbols), dtype=np.bool_)
    for segment in segments:
        if segment.executable:
            text |= (symbols["value"] >= segment.address) & (symbols["value"] < segment.data_end)
    kind, binding = symbols["info"] & 15, symbols["info"] >> 4
    chosen = np.nonzero(text & ((kind == 2) | (kind == 0)) & (symbols["shndx"] != 0))[0]
    rank = np.where(kind == 2, 0, 4) + np.array([2, 0, 1] + [3] * 13)[binding]
    high = max((s.data_end for s in segments if s.executable), default=0)
    return Symbols.build(
        symbols["value"][chosen], symbols["size"][chosen], rank[chosen], symbols["name"][chosen],
        bytes(strings), high,
    )  # fmt: skip


def _section(view: memoryview, section: Any, what: str) -> memoryview:
    offset, size = int(section["offset"]), int(section["size"])
    _need(
        offset + size <= len(view), "sh_offset",
        f"a truncated file: {what} has {size} bytes from byte {offset} on, the file {len(view)}",
    )  # fmt: skip
    return view[offset : offset + size]


def _lines(view: memoryview, shoff: int, shnum: int, shstrndx: int) -> Lines:
    """The line tables. They only serve messages, so what is wrong with them is no error."""
    sections = np.frombuffer(view, dtype=_SECTION_HEADER, count=shnum, offset=shoff)
    if shstrndx >= shnum:
        return Lines()

    def content(section: Any) -> bytes:
        offset, size = int(section["offset"]), int(section["size"])
        plain = int(section["type"]) != 8 and not int(section["flags"]) & SECTION_COMPRESSED
        whole = plain and size <= MAX_LINES and offset + size <= len(view)
        return bytes(view[offset : offset + size]) if whole else b""

    names = content(sections[shstrndx])

    def named(name: bytes) -> bytes:
        where = names.find(b"\0" + name + b"\0") + 1
        (matching,) = np.nonzero(sections["name"] == where)
        return content(sections[matching[0]]) if where and len(matching) else b""

    return Lines(named(b".debug_line"), named(b".debug_line_str"), named(b".debug_str"))
