"""The proof file: header, then a body whose every length follows from the statement.

::

    8   magic "cstark\\r\\n"   2  version
    18  options: zk, salt length, log2 blowup, hash id, log2 FRI arity, log2 final length,
        grinding, max log height (1 byte each), queries (2), coset offset (8)
    2   number of tables       of each: 1  its log2 height; or, of a table that may stand any number
        of times, 1  the number 128, 2  how many traces it has, 1 each  their log2 heights
    4   length of the claim    .. the claim

All numbers are little-endian; words are canonical, below p.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Refused
from .field import EXT, WORD, Ext, P
from .hashes import DIGEST
from .key import VERSION, Options

MAGIC = b"cstark\r\n"
SHARDS_MAGIC = b"shards\r\n"
SEVERAL = 128  # in the place of a height: a list follows
SALT = 16  # bytes of each, where the traces are hidden
HASH_IDS = {"keccak256": 0, "blake3": 1, "sha256": 2}


class Reader:
    """Takes bytes from the front; refuses where there are too few."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes have not been taken."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > self.left:
            raise Refused("format", f"the file ends within {count} bytes from {self._at}")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size: int) -> int:
        """A number of `size` bytes, little-endian."""
        return int.from_bytes(self.take(size), "little")

    def words(self, count: int) -> list[int]:
        """Elements of the base field."""
        data = self.take(count * WORD)
        words = [int.from_bytes(data[at : at + WORD], "little") for at in range(0, len(data), WORD)]
        if words and max(words) >= P:
            raise Refused("format", f"a word before byte {self._at} is not below p")
        return words

    def elements(self, count: int) -> list[Ext]:
        """Elements of F."""
        words = self.words(count * EXT // WORD)
        return [Ext(*words[at : at + 3]) for at in range(0, len(words), 3)]

    def digests(self, count: int) -> list[bytes]:
        """Digests of 32 bytes."""
        data = self.take(count * DIGEST)
        return [data[at : at + DIGEST] for at in range(0, len(data), DIGEST)]

    def end(self) -> None:
        """Refuse what is left over."""
        if self.left:
            raise Refused("format", f"{self.left} bytes after the proof")


@dataclass(frozen=True)
class Header:
    """What stands before the body; nothing of it is believed before it is compared."""

    options: bytes
    heights: tuple[int | tuple[int, ...], ...]  # log2, by table; a tuple where 128 stands
    claim: bytes

    @property
    def height_bytes(self) -> bytes:
        """The heights as they stand in the file."""
        data = b""
        for height in self.heights:
            if isinstance(height, int):
                data += bytes([height])
            else:
                data += bytes([SEVERAL]) + len(height).to_bytes(2, "little") + bytes(height)
        return data


def options_bytes(options: Options) -> bytes:
    """The 18 bytes that stand for the options in the file and in the transcript."""

    def log2(value: int) -> int:
        return value.bit_length() - 1

    return (
        bytes([
            options.zk, SALT if options.zk else 0, log2(options.blowup), HASH_IDS[options.hash],
            log2(options.fri_arity), log2(options.final_length), options.grinding,
            options.max_log_height,
        ])
        + options.queries.to_bytes(2, "little")
        + options.coset_offset.to_bytes(8, "little")
    )  # fmt: skip


def read_header(reader: Reader) -> Header:
    """Take the header."""
    if reader.take(len(MAGIC)) != MAGIC:
        raise Refused("format", "not a cstark proof")
    version = reader.number(2)
    if version != VERSION:
        raise Refused("format", f"version {version}, not {VERSION}")
    options = reader.take(18)
    heights = read_heights(reader)
    return Header(options, heights, reader.take(reader.number(4)))


def read_heights(reader: Reader) -> tuple[int | tuple[int, ...], ...]:
    """Take the number of tables, and the log heights of each."""
    heights: list[int | tuple[int, ...]] = []
    for _ in range(reader.number(2)):
        height = reader.number(1)
        several = height == SEVERAL
        heights.append(tuple(reader.take(reader.number(2))) if several else height)
    return tuple(heights)
