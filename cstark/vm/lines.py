"""Source lines by address, from the DWARF line tables of an executable.

Only messages use them: they are parsed when the first line is asked for, no more than `MOST` bytes
of them, and a table that makes no sense ends the search instead of raising.

Source: DWARF 5, section 6.2 (line number information), and the sections of that name in versions
2 to 4.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

__all__ = ["Lines"]

MOST = 4 << 20  # bytes of line tables that are parsed
LONGEST, FILES = 1024, 1 << 16  # bytes of a name, files of a table
_STRING, _LINE_STRP, _STRP, _UDATA, _BLOCK = 0x08, 0x1F, 0x0E, 0x0F, 0x09
_SIZES = {0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16}  # DW_FORM_data1 ... data16
_PATH, _DIRECTORY = 1, 2  # DW_LNCT_path, DW_LNCT_directory_index


class _Malformed(Exception):
    """The table is none; what was found before it is kept."""


class _Reader:
    """Reads little-endian numbers and strings of a table."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > self.end:
            raise _Malformed
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def uleb(self) -> int:
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value
            if shift > 63:
                raise _Malformed

    def sleb(self) -> int:
        start = self.at
        value, bits = self.uleb(), 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) & 1 else value

    def string(self) -> str:
        end = self.data.find(b"\0", self.at, min(self.end, self.at + LONGEST))
        if end < 0:
            raise _Malformed
        text = self.data[self.at : end].decode("utf-8", "backslashreplace")
        self.at = end + 1
        return text


@dataclass
class _Header:
    """What a line program needs to know."""

    step: int
    line_base: int
    line_range: int
    opcode_base: int
    operands: bytes
    files: dict[int, str]


Range = tuple[int, int, str, int]  # first address, the one behind, file, line


@dataclass(frozen=True, eq=False)
class Lines:
    """Source lines by address.

    Parameters
    ----------
    program, line_strings, strings : bytes
        The sections ``.debug_line``, ``.debug_line_str`` and ``.debug_str``.

    Examples
    --------
    >>> Lines().find(0x1000) is None
    True
    """

    program: bytes = b""
    line_strings: bytes = b""
    strings: bytes = b""

    def find(self, address: int) -> tuple[str, int] | None:
        """File and line of the code at an address, or None if no table says so."""
        ranges = self._ranges
        k = bisect_right(ranges, address, key=lambda r: r[0]) - 1
        if k < 0 or address >= ranges[k][1]:
            return None
        return ranges[k][2], ranges[k][3]

    def show(self, address: int) -> str:
        """``file:line``, the file without its folder; empty if no table says so.

        What cannot be printed is escaped.
        """
        found = self.find(address)
        if found is None:
            return ""
        name = found[0].rpartition("/")[2]
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
        return f"{text}:{found[1]}"

    @cached_property
    def _ranges(self) -> list[Range]:
        """The ranges of all tables, by ascending first address."""
        ranges: list[Range] = []
        reader = _Reader(self.program, 0, min(len(self.program), MOST))
        try:
            while reader.at < reader.end:
                ranges.extend(self._unit(reader))
        except _Malformed:
            pass
        return sorted(ranges)

    def _unit(self, reader: _Reader) -> Iterator[Range]:
        """The ranges of the next table, which the reader passes."""
        size, wide = reader.number(4), 4
        if size == 0xFFFF_FFFF:
            size, wide = reader.number(8), 8
        if size > reader.end - reader.at:
            raise _Malformed
        unit = _Reader(reader.data, reader.at, reader.at + size)
        reader.at += size
        version = unit.number(2)
        if not 2 <= version <= 5:
            return
        header = self._header(unit, version, wide)
        yield from _run(unit, header)

    def _header(self, unit: _Reader, version: int, wide: int) -> _Header:
        if version >= 5:
            unit.take(2)  # sizes of an address and of a segment selector
        length = unit.number(wide)
        behind = unit.at + length
        step = unit.number(1)
        if version >= 4:
            unit.take(1)  # operations of an instruction: 1
        unit.take(1)  # whether rows are statements by default
        base = unit.number(1)
        line_range, opcode_base = unit.number(1), unit.number(1)
        if not line_range or not opcode_base:
            raise _Malformed
        operands = unit.take(opcode_base - 1)
        files = self._files(unit, wide) if version >= 5 else _old_files(unit)
        if behind > unit.end:
            raise _Malformed
        unit.at = behind
        return _Header(step, base - 256 if base > 127 else base, line_range, opcode_base, operands,
                       files)  # fmt: skip

    def _files(self, unit: _Reader, wide: int) -> dict[int, str]:
        """Files of version 5: two lists of entries whose form the header describes."""
        directories = [str(entry.get(_PATH, "")) for entry in self._entries(unit, wide)]
        files = {}
        for k, entry in enumerate(self._entries(unit, wide)):
            index = entry.get(_DIRECTORY, 0)
            files[k] = _joined(directories, index, str(entry.get(_PATH, "")))
        return files

    def _entries(self, unit: _Reader, wide: int) -> Iterator[dict[int, int | str]]:
        formats = [(unit.uleb(), unit.uleb()) for _ in range(unit.number(1))]
        count = unit.uleb()
        if count > FILES or (count and not formats):
            raise _Malformed
        for _ in range(count):
            yield {kind: self._value(unit, form, wide) for kind, form in formats}

    def _value(self, unit: _Reader, form: int, wide: int) -> int | str:
        if form == _STRING:
            return unit.string()
        if form in (_LINE_STRP, _STRP):
            section = self.line_strings if form == _LINE_STRP else self.strings
            return _Reader(section, unit.number(wide), len(section)).string()
        if form == _UDATA:
            return unit.uleb()
        if form == _BLOCK:
            unit.take(unit.uleb())
            return 0
        if form not in _SIZES:
            raise _Malformed
        return unit.number(_SIZES[form])


def _joined(directories: list[str], index: int | str, name: str) -> str:
    """A file's path; directory 0 is the one that the compiler ran in, which says nothing."""
    if isinstance(index, int) and 0 < index < len(directories) and not name.startswith("/"):
        return f"{directories[index]}/{name}"
    return name


def _old_files(unit: _Reader) -> dict[int, str]:
    """Files of versions 2 to 4: counted from 1, each list ended by an empty name."""
    directories = [""]
    while len(directories) < FILES and (name := unit.string()):
        directories.append(name)
    files: dict[int, str] = {}
    while name := unit.string():
        if len(files) == FILES:
            raise _Malformed
        files[len(files) + 1] = _joined(directories, unit.uleb(), name)
        unit.uleb()  # time of change
        unit.uleb()  # length
    return files


def _run(unit: _Reader, header: _Header) -> Iterator[Range]:
    """Run a line program; each of its rows reaches to the next one of its sequence."""
    address, file, line = 0, 1, 1
    row: tuple[int, str, int] | None = None
    while unit.at < unit.end:
        opcode = unit.number(1)
        emit, ends = False, False
        if opcode >= header.opcode_base:
            advance, change = divmod(opcode - header.opcode_base, header.line_range)
            address += advance * header.step
            line += header.line_base + change
            emit = True
        elif opcode == 0:
            size = unit.uleb()
            inner = _Reader(unit.data, unit.at, unit.at + size)
            unit.take(size)
            kind = inner.number(1)
            ends = kind == 1
            if kind == 2:
                address = inner.number(size - 1)
        elif opcode == 1:
            emit = True
        elif opcode == 2:
            address += unit.uleb() * header.step
        elif opcode == 3:
            line += unit.sleb()
        elif opcode == 4:
            file = unit.uleb()
        elif opcode == 8:
            address += (255 - header.opcode_base) // header.line_range * header.step
        elif opcode == 9:
            address += unit.number(2)
        else:  # columns, marks, and what later versions may add
            for _ in range(header.operands[opcode - 1]):
                unit.uleb()
        if emit or ends:
            if row is not None and row[0] < address:
                yield row[0], address, row[1], row[2]
            row = None if ends else (address, header.files.get(file, "?"), line)
        if ends:
            address, file, line = 0, 1, 1
