"""ELF files for tests, field by field: well-formed unless a field is overridden."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from tests.vm import encode

HEADER = "<16sHHIQQQIHHHHHH"
HEADER_FIELDS = ("e_ident", "e_type", "e_machine", "e_version", "e_entry", "e_phoff", "e_shoff",
                 "e_flags", "e_ehsize", "e_phentsize", "e_phnum", "e_shentsize", "e_shnum",
                 "e_shstrndx")  # fmt: skip
PROGRAM = "<IIQQQQQQ"
PROGRAM_FIELDS = ("p_type", "p_flags", "p_offset", "p_vaddr", "p_paddr", "p_filesz", "p_memsz",
                  "p_align")  # fmt: skip
SECTION = "<IIQQQQIIQQ"
SECTION_FIELDS = ("sh_name", "sh_type", "sh_flags", "sh_addr", "sh_offset", "sh_size", "sh_link",
                  "sh_info", "sh_addralign", "sh_entsize")  # fmt: skip
IDENT = b"\x7fELF\x02\x01\x01" + bytes(9)
RX, RW, R = 5, 6, 4


@dataclass
class Load:
    """One segment: address, bytes, flags; `fields` override its header."""

    address: int
    data: bytes
    flags: int = RX
    memsz: int | None = None
    fields: dict[str, int] = field(default_factory=dict)


@dataclass
class Symbol:
    name: str
    value: int
    size: int = 0
    kind: int = 2
    binding: int = 1
    shndx: int = 1


def words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


EXIT = words(encode.i("addi", 17, 0, 93), encode.ECALL)
"""The shortest program: exits with what a0 holds."""


def build(
    loads: list[Load] | None = None,
    symbols: list[Symbol] | None = None,
    symbol_section: dict[str, int] | None = None,
    extra: bytes = b"",
    **header: int | bytes,
) -> bytes:
    """A file with these segments.

    Parameters
    ----------
    loads : list of Load
        By default the shortest program at 0x10000.
    symbols : list of Symbol, optional
        A symbol table; without it the file has no sections.
    symbol_section : dict
        Overrides fields of the symbol table's section header.
    extra : bytes
        Further program headers.
    header
        Overrides fields of the file header.
    """
    loads = [Load(0x10000, EXIT)] if loads is None else loads
    at = 64 + 56 * len(loads) + len(extra)
    headers, content = b"", b""
    for load in loads:
        gap = (load.address - at - len(content)) % 16
        content += bytes(gap)
        values = {
            "p_type": 1, "p_flags": load.flags, "p_offset": at + len(content),
            "p_vaddr": load.address, "p_paddr": load.address, "p_filesz": len(load.data),
            "p_memsz": len(load.data) if load.memsz is None else load.memsz, "p_align": 16,
        } | load.fields  # fmt: skip
        headers += struct.pack(PROGRAM, *(values[name] for name in PROGRAM_FIELDS))
        content += load.data
    sections = b""
    shoff = shnum = 0
    if symbols is not None:
        strings, table = b"\0", bytes(24)
        for s in symbols:
            info = s.binding << 4 | s.kind
            table += struct.pack("<IBBHQQ", len(strings), info, 0, s.shndx, s.value, s.size)
            strings += s.name.encode() + b"\0"
        offset = at + len(content)
        content += table + strings
        symtab = dict.fromkeys(SECTION_FIELDS, 0) | {
            "sh_type": 2, "sh_offset": offset, "sh_size": len(table), "sh_link": 2,
            "sh_entsize": 24, "sh_addralign": 8, "sh_info": 1,
        } | (symbol_section or {})  # fmt: skip
        strtab = dict.fromkeys(SECTION_FIELDS, 0) | {
            "sh_type": 3, "sh_offset": offset + len(table), "sh_size": len(strings),
            "sh_addralign": 1,
        }  # fmt: skip
        shoff, shnum = at + len(content), 3
        for section in (dict.fromkeys(SECTION_FIELDS, 0), symtab, strtab):
            sections += struct.pack(SECTION, *(section[name] for name in SECTION_FIELDS))
    entry = loads[0].address if loads else 0x10000
    fields: dict[str, int | bytes] = {
        "e_ident": IDENT, "e_type": 2, "e_machine": 243, "e_version": 1, "e_entry": entry,
        "e_phoff": 64, "e_shoff": shoff, "e_flags": 0, "e_ehsize": 64, "e_phentsize": 56,
        "e_phnum": len(loads) + len(extra) // 56, "e_shentsize": 64 if shnum else 0,
        "e_shnum": shnum, "e_shstrndx": 0,
    } | header  # fmt: skip
    head = struct.pack(HEADER, *(fields[name] for name in HEADER_FIELDS))
    return head + headers + extra + content + sections


def patch(data: bytes, offset: int, value: bytes) -> bytes:
    return data[:offset] + value + data[offset + len(value) :]


def ident(position: int, value: int) -> bytes:
    return patch(IDENT, position, bytes([value]))


def program_header(kind: int) -> bytes:
    return struct.pack(PROGRAM, kind, R, 0, 0x10000, 0x10000, 8, 8, 8)
