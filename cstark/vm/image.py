"""The image of a program: what memory holds before the first instruction, and where to begin."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cstark.vm import abi
from cstark.vm.elf import Elf, read_elf
from cstark.vm.errors import ElfError
from cstark.vm.isa import Code, expand, why_none
from cstark.vm.isa.decode import NONE, decode
from cstark.vm.symbols import Symbols

__all__ = ["Image", "load", "program_id"]

SMALLEST = 8  # words


@dataclass(frozen=True, eq=False)
class Image:
    """Memory before the first instruction, as far as the file of a program fills it.

    `Program.from_elf` makes one of a file, `Image.from_text` of instructions.

    Attributes
    ----------
    low : int
        Address of the first word, a multiple of 8.
    words : ndarray of uint64, shape (words,)
        A power of two of words, at least 8; zeros where the file loads nothing.
    text : tuple of int
        First address of the text and the one behind its last instruction, multiples of 4.
    entry : int
        Where execution begins.
    symbols : Symbols
        Names of functions.
    holes : tuple of tuple of int
        Parts of the text's range that are no text: (first address, address behind).

    Raises
    ------
    ElfError
        If these do not fit together or into the memory map.

    Notes
    -----
    Bytes behind the file's last one, up to `cstark.vm.abi.STACK_TOP`, are memory filled with zeros
    and no part of the image.

    Examples
    --------
    >>> from cstark import vm
    >>> image = vm.Image.from_text([0x05D00893, 0x00000073])
    >>> hex(image.entry), hex(image.end), len(image.words)
    ('0x10000', '0x10040', 8)
    """

    low: int
    words: NDArray[np.uint64]
    text: tuple[int, int]
    entry: int
    symbols: Symbols = field(default_factory=Symbols)
    holes: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        count = len(self.words)
        if self.words.dtype != np.uint64 or self.words.ndim != 1:
            raise ElfError("words", "must be a one-dimensional array of uint64")
        if count < SMALLEST or count & (count - 1):
            raise ElfError("words", f"{count} words; a power of two from {SMALLEST} on is needed")
        if self.low % abi.WORD or self.low < abi.IMAGE_LOW:
            raise ElfError("low", f"{self.low:#x} is no multiple of 8 from {abi.IMAGE_LOW:#x} on")
        if count * abi.WORD > abi.MAX_IMAGE:
            raise ElfError("words", f"{count * abi.WORD} bytes; at most {abi.MAX_IMAGE}")
        if self.end >= abi.STACK_TOP:
            raise ElfError(
                "words", f"{count} words from {self.low:#x} on (a power of two) end at "
                f"{self.end:#x}, not below {abi.STACK_TOP:#x}",
            )  # fmt: skip
        first, behind = self.text
        if first % 4 or behind % 4 or not self.low <= first < behind <= self.end:
            raise ElfError("text", f"[{first:#x}, {behind:#x}) is no text of whole instructions "
                           f"in the image [{self.low:#x}, {self.end:#x})")  # fmt: skip
        if any(a % 4 or b % 4 or not first <= a <= b <= behind for a, b in self.holes):
            raise ElfError("holes", f"{self.holes} are no parts of the text "
                           f"[{first:#x}, {behind:#x})")  # fmt: skip
        if self.entry % 4 or not first <= self.entry < behind:
            raise ElfError("e_entry", f"{self.entry:#x} is no multiple of 4 in the text "
                           f"[{first:#x}, {behind:#x})")  # fmt: skip
        word = int(self.text_words[(self.entry - first) // 4])
        if decode(np.array([word], dtype=np.uint32)).number[0] == NONE:
            raise ElfError(
                "e_entry", f"no instruction of RV64IM at {self.entry:#x}: {word:#010x} "
                f"is {why_none(word)}",
            )  # fmt: skip
        self.words.flags.writeable = False

    @classmethod
    def from_text(
        cls, words: Any, low: int = 0x1_0000, entry: int | None = None, data: Any = ()
    ) -> Image:
        """Make an image of instructions, and of data words behind them.

        Parameters
        ----------
        words : array_like of uint32
            The instructions.
        low : int
            The address of the first one, a multiple of 8.
        entry : int, optional
            The address where execution begins; by default that of the first instruction.
        data : array_like of uint64
            Words behind the text, from the next multiple of 8 on.

        Returns
        -------
        Image

        Raises
        ------
        ElfError
            If it does not fit into the memory map, or the entry holds no instruction.

        Examples
        --------
        >>> image = Image.from_text([0x00000513, 0x05D00893, 0x00000073])
        >>> hex(image.low), len(image.words), image.fixed.tolist()[:3]
        ('0x10000', 8, [True, True, False])
        """
        text = np.asarray(words, dtype="<u4")
        content = text.tobytes() + bytes(-4 * len(text) % 8)
        content += np.asarray(data, dtype="<u8").tobytes()
        size = SMALLEST
        while size * abi.WORD < len(content):
            size *= 2
        array = np.zeros(size, dtype=np.uint64)
        array.view(np.uint8)[: len(content)] = np.frombuffer(content, dtype=np.uint8)
        return cls(low, array, (low, low + 4 * len(text)), low if entry is None else entry)

    @property
    def end(self) -> int:
        """The address behind the last word."""
        return self.low + abi.WORD * len(self.words)

    @property
    def fixed_range(self) -> tuple[int, int]:
        """The words that no store may change, as the first address and the one behind the last."""
        first, behind = self.text
        return first - first % abi.WORD, behind + -behind % abi.WORD

    @property
    def fixed(self) -> NDArray[np.bool_]:
        """For each word of the image, whether it is text, wholly or in part: ``(words,)`` bool."""
        first, behind = ((address - self.low) // abi.WORD for address in self.fixed_range)
        fixed = np.zeros(len(self.words), dtype=np.bool_)
        fixed[first:behind] = True
        return fixed

    @property
    def text_words(self) -> NDArray[np.uint32]:
        """The words of the text; 0, which is no instruction, in its holes."""
        first, behind = ((address - self.low) // 4 for address in self.text)
        words: NDArray[np.uint32] = self.words.view(np.uint32)[first:behind]
        if self.holes:
            words = words.copy()
            for begin, end in self.holes:
                words[(begin - self.text[0]) // 4 : (end - self.text[0]) // 4] = 0
        return words

    def expand(self) -> Code:
        """The operations of the text (`cstark.vm.isa.expand`)."""
        return expand(self.text_words, self.text[0])

    def __repr__(self) -> str:
        return (
            f"<Image: [{self.low:#x}, {self.end:#x}), text [{self.text[0]:#x}, "
            f"{self.text[1]:#x}), entry {self.entry:#x}>"
        )


def load(source: str | os.PathLike[str] | bytes | bytearray | memoryview | Elf) -> Image:
    """The image of an executable.

    Parameters
    ----------
    source : path or bytes-like or Elf
        The file, its bytes, or what `cstark.vm.elf.read_elf` made of them.

    Returns
    -------
    Image
        What memory holds at the start.

    Raises
    ------
    ElfError
        If the machine cannot load it; the field and the reason are named.
    OSError
        If the file cannot be read.
    """
    if isinstance(source, Elf):
        return _build(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _build(read_elf(source))
    path = Path(source)
    status = path.stat()  # before opening, which would wait for whoever writes to a pipe
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise ElfError("file", f"{path} is no regular file")
    with path.open("rb") as file:
        if not status.st_size:
            raise ElfError("EI_MAG", f"{path} is empty")
        return _build(read_elf(mmap(file.fileno(), 0, access=ACCESS_READ)))  # nothing is read yet


def _build(elf: Elf) -> Image:
    segments = elf.segments
    low = min(s.address for s in segments) // abi.WORD * abi.WORD
    end = max((s.data_end for s in segments if len(s.data)), default=low)
    if end - low > abi.MAX_IMAGE:
        raise ElfError("p_vaddr", f"the file fills memory from {low:#x} to {end:#x}, "
                       f"{end - low} bytes; at most {abi.MAX_IMAGE}")  # fmt: skip
    text, holes = _text(elf)
    size = SMALLEST
    while size * abi.WORD < end - low:
        size *= 2
    if low + size * abi.WORD >= abi.STACK_TOP:
        raise ElfError("p_vaddr", f"the image, {size} words (a power of two) from {low:#x} on, "
                       f"does not end below {abi.STACK_TOP:#x}")  # fmt: skip
    words = np.zeros(size, dtype=np.uint64)
    content = words.view(np.uint8)
    for segment in segments:
        content[segment.address - low : segment.data_end - low] = np.frombuffer(
            segment.data, dtype=np.uint8
        )
    return Image(low, words, text, elf.entry, elf.symbols, holes)


def _text(elf: Elf) -> tuple[tuple[int, int], tuple[tuple[int, int], ...]]:
    """The range of the text, and what in it is none."""
    ranges = [(-(-s.address // 4) * 4, s.data_end // 4 * 4) for s in elf.segments if s.executable]
    ranges = [(first, behind) for first, behind in ranges if first < behind]
    first, behind = ranges[0][0], ranges[-1][1]  # the entry lies in one of them
    fixed = (first // abi.WORD * abi.WORD, -(-behind // abi.WORD) * abi.WORD)
    for s in elf.segments:
        if s.writable and s.address < fixed[1] and s.end > fixed[0]:
            raise ElfError(
                "p_vaddr", f"the writable segment [{s.address:#x}, {s.end:#x}) lies among the text "
                f"[{first:#x}, {behind:#x}) or shares a word of 8 bytes with it",
            )  # fmt: skip
    holes = tuple((one[1], two[0]) for one, two in pairwise(ranges) if one[1] < two[0])
    return (first, behind), holes


def program_id(image: Image, code: Code) -> str:
    """Identity of a program: a digest of all that the verifier knows of it.

    Parameters
    ----------
    image : Image
        The memory image, the text's range and the entry.
    code : Code
        The decoded program.

    Returns
    -------
    str
        64 hexadecimal digits: SHA-256 of the tag ``cstark RV64IM program 1`` (ended by a zero
        byte), then as 8-byte little-endian numbers: the entry, the image's low end and its number
        of words, the text's range, the number of operations, the rows of the table ``program``,
        the words of the image.
    """
    digest = hashlib.sha256(b"cstark RV64IM program 1\0")
    head = (image.entry, image.low, len(image.words), *image.text, len(code))
    digest.update(np.array(head, dtype="<u8").tobytes())
    digest.update(np.ascontiguousarray(code.rows(), dtype="<u8").data)
    digest.update(np.ascontiguousarray(image.words, dtype="<u8").data)
    return digest.hexdigest()
