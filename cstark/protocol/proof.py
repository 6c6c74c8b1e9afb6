"""The proof file.

The page `cstark.protocol`, section The proof file, has every byte of it.

The parser never trusts a length: it computes each one and takes exactly that much.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from cstark.errors import OptionsError

from .checks import require
from .options import ResolvedOptions
from .transcript import ALGORITHMS, Ledger, P, silent

__all__ = ["MAGIC", "VERSION", "Proof", "Reader", "encode_options"]

MAGIC = b"cstark\r\n"
VERSION = 1
_NAMES = {number: name for name, number in ALGORITHMS.items()}
MAX_TABLES = 1 << 12
MAX_CLAIM_BYTES = 1 << 20


def encode_options(options: ResolvedOptions) -> bytes:
    """The 18 bytes from the flags to the coset offset; also what the transcript absorbs."""
    numbers = [
        0,  # flags
        0,  # salt length
        options.blowup.bit_length() - 1,
        ALGORITHMS[options.hash],
        options.fri_arity.bit_length() - 1,
        options.final_length.bit_length() - 1,
        options.grinding,
        options.max_log_height,
    ]
    return (
        bytes(numbers)
        + options.queries.to_bytes(2, "little")
        + options.coset_offset.to_bytes(8, "little")
    )


class Reader:
    """Takes exactly what it is asked for from a proof's bytes, or raises."""

    def __init__(self, data: bytes | memoryview, ledger: Ledger = silent) -> None:
        self._data = memoryview(data)
        self._offset = 0
        self._ledger = ledger

    def take(self, count: int, what: str) -> memoryview:
        """The next `count` bytes."""
        left = len(self._data) - self._offset
        require(
            count <= left,
            "length",
            f"the proof ends inside {what}: {count} bytes wanted, {left} left",
        )
        taken = self._data[self._offset : self._offset + count]
        self._offset += count
        self._ledger("item", what, bytes(taken))
        return taken

    def number(self, size: int, what: str) -> int:
        """An unsigned integer of `size` bytes."""
        return int.from_bytes(self.take(size, what), "little")

    def digest(self, what: str) -> bytes:
        """32 bytes."""
        return bytes(self.take(32, what))

    def digests(self, count: int, what: str) -> np.ndarray:
        """(count, 32) uint8."""
        taken = self.take(32 * count, what)
        return np.frombuffer(taken, dtype=np.uint8).reshape(count, 32)

    def elements(self, rows: int, width: int, what: str) -> np.ndarray:
        """(rows, width) uint64, every word below p."""
        words = np.frombuffer(self.take(8 * rows * width, what), dtype="<u8")
        require(
            not words.size or int(words.max()) < P,
            "canonical",
            f"{what} holds a word that is not below p",
        )
        return words.astype(np.uint64, copy=False).reshape(rows, width)

    def end(self) -> None:
        """Nothing may follow."""
        left = len(self._data) - self._offset
        require(not left, "end", f"{left} bytes follow the end of the proof")

    @property
    def offset(self) -> int:
        return self._offset


class Proof:
    """A proof, as bytes with a parsed header.

    `from_bytes` checks the magic, the version and the header. Everything else is read by
    `Machine.verify`, because only a statement says how long it must be.

    Attributes
    ----------
    options : ResolvedOptions
    log_heights : tuple of int
        log2 of the number of rows, per table.
    claim : bytes
    report : Report or None
        How the proof was made; only where it was made, never in the file.
    """

    def __init__(
        self,
        options: ResolvedOptions,
        log_heights: tuple[int, ...],
        claim: bytes,
        body: bytes | memoryview,
        report: Any = None,
    ) -> None:
        self.options = options
        self.log_heights = tuple(log_heights)
        self.claim = claim
        self.body = body
        self.report = report

    def _header(self) -> bytes:
        return b"".join(
            [
                MAGIC,
                VERSION.to_bytes(2, "little"),
                encode_options(self.options),
                len(self.log_heights).to_bytes(2, "little"),
                bytes(self.log_heights),
                len(self.claim).to_bytes(4, "little"),
                self.claim,
            ]
        )

    def to_bytes(self) -> bytes:
        """The proof file."""
        return self._header() + self.body

    __bytes__ = to_bytes

    def __len__(self) -> int:
        return len(self._header()) + len(self.body)

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Proof:
        """Read a proof file's header and keep the rest.

        Raises
        ------
        ProofFormatError
            Wrong magic or version, an option with an impossible value, or a short file.
        """
        proof = cls.parse_header(data)
        proof.body = bytes(proof.body)
        return proof

    @classmethod
    def parse_header(cls, data: bytes | bytearray | memoryview) -> Proof:
        """Read a proof file's header; `body` is a view of the rest, which is not copied.

        For the verifier, which bounds the length of the body before it keeps one.

        Raises
        ------
        ProofFormatError
        """
        view = _view(data)
        reader = Reader(view)
        require(
            bytes(reader.take(len(MAGIC), "magic")) == MAGIC,
            "magic",
            "this is no cstark proof: the magic is wrong",
        )
        version = reader.number(2, "version")
        require(
            version == VERSION,
            "version",
            f"the proof has version {version}; this is version {VERSION}",
        )
        flags, salt = reader.number(1, "flags"), reader.number(1, "salt length")
        require(
            flags == 0 and salt == 0,
            "reserved",
            "the proof uses features reserved for a later version",
        )
        options = cls._read_options(reader)
        tables = reader.number(2, "number of tables")
        require(
            1 <= tables <= MAX_TABLES,
            "number of tables",
            f"a proof has 1 to {MAX_TABLES} tables, not {tables}",
        )
        log_heights = tuple(reader.take(tables, "log heights"))
        for log_height in log_heights:
            require(
                3 <= log_height <= options.max_log_height,
                "header heights",
                f"a table of height 2^{log_height} is not between 2^3 and "
                f"2^{options.max_log_height}",
            )
        length = reader.number(4, "length of the claim")
        require(
            length <= MAX_CLAIM_BYTES,
            "claim length",
            f"a claim of {length} bytes is longer than allowed",
        )
        claim = bytes(reader.take(length, "claim"))
        return cls(options, log_heights, claim, view[reader.offset :])

    @staticmethod
    def _read_options(reader: Reader) -> ResolvedOptions:
        names = ("blowup", "hash", "FRI arity", "final length", "grinding", "max log height")
        log_blowup, hash_id, log_arity, log_final, grinding, max_log_height = (
            reader.number(1, f"option {name}") for name in names
        )
        queries = reader.number(2, "option queries")
        offset = reader.number(8, "option coset offset")
        require(
            max(log_blowup, log_arity, log_final) <= 32 and hash_id in _NAMES,
            "option range",
            "an option of the proof has an impossible value",
        )
        options, problem = None, ""
        try:
            options = ResolvedOptions(
                blowup=1 << log_blowup,
                queries=queries,
                grinding=grinding,
                hash=_NAMES[hash_id],
                fri_arity=1 << log_arity,
                final_length=1 << log_final,
                coset_offset=offset,
                max_log_height=max_log_height,
            )
        except OptionsError as error:
            problem = str(error)
        require(options, "option values", f"an option of the proof is impossible: {problem}")
        return cast(ResolvedOptions, options)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proof) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def __repr__(self) -> str:
        heights = ", ".join(f"2^{h}" for h in self.log_heights)
        return f"<Proof: {len(self):,} bytes, tables of {heights} rows>"

    def __reduce__(self):
        return (
            type(self),
            (self.options, self.log_heights, self.claim, self.body, self.report),
        )


def _view(data: object) -> memoryview:
    """The bytes of a file, wherever they are, without copying them if they are contiguous."""
    problem = f"a proof is bytes, not {type(data).__name__}"
    view = None
    if isinstance(data, (bytes, bytearray, memoryview)):
        try:
            view = memoryview(data)
            view = view.cast("B") if view.c_contiguous else memoryview(bytes(view))
        except (TypeError, ValueError) as error:  # a released buffer, one with a zero in its shape
            view, problem = None, f"the bytes of the proof cannot be read: {error}"
    require(view is not None, "bytes", problem)
    return cast(memoryview, view)
