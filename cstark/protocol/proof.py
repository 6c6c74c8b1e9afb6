"""The proof file.

All numbers little-endian; F = 24 bytes (three canonical words), D = a 32-byte digest::

    8   magic "cstark\\r\\n"         2   version            1   flags, 0 (zero-knowledge reserved)
    1   salt length, 0 (reserved)
    1   log2 blowup                 1   hash id            1   log2 FRI arity   1  log2 final length
    1   grinding bits               1   max log height     2   queries          8  coset offset
    2   number of tables            1 each                 their log heights
    4   length of the claim         ...                    the claim
    --- the body; every length from here on follows from the statement ---
    D   main root
    D   lookup root                 when a table has interactions
    F   table sums                  one per table with interactions, in the order of the key
    D   quotient root
    F   openings                    one per (column, point), in the order of `Layout.groups`
    D   FRI roots                   one per fold
    F   final polynomial            its coefficients, constant first
    8   nonce
    per tree (preprocessed, main, lookup, quotient), then per FRI layer:
        rows or groups at the distinct positions, ascending; tallest height first
        D   siblings                of the pruned multiproof, level by level

The parser never trusts a length: it computes each one and takes exactly that much.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cstark.errors import OptionsError, ProofFormatError

from .options import ResolvedOptions
from .transcript import ALGORITHMS, P

__all__ = ["MAGIC", "VERSION", "Proof", "Reader", "encode_options"]

MAGIC = b"cstark\r\n"
VERSION = 1
_NAMES = {number: name for name, number in ALGORITHMS.items()}
MAX_TABLES = 1 << 12


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

    def __init__(self, data: bytes | memoryview, offset: int = 0) -> None:
        self._data = memoryview(data)
        self._offset = offset

    def take(self, count: int, what: str) -> memoryview:
        """The next `count` bytes."""
        left = len(self._data) - self._offset
        if count > left:
            raise ProofFormatError(
                f"the proof ends inside {what}: {count} bytes wanted, {left} left"
            )
        start = self._offset
        self._offset += count
        return self._data[start : self._offset]

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
        if words.size and int(words.max()) >= P:
            raise ProofFormatError(f"{what} holds a word that is not below p")
        return words.astype(np.uint64, copy=False).reshape(rows, width)

    def extensions(self, count: int, what: str) -> list[tuple[int, int, int]]:
        """`count` extension elements as tuples of ints."""
        return [tuple(row) for row in self.elements(count, 3, what).tolist()]

    def end(self) -> None:
        """Nothing may follow."""
        left = len(self._data) - self._offset
        if left:
            raise ProofFormatError(f"{left} bytes follow the end of the proof")

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
        if bytes(reader.take(len(MAGIC), "the magic")) != MAGIC:
            raise ProofFormatError("this is no cstark proof: the magic is wrong")
        version = reader.number(2, "the version")
        if version != VERSION:
            raise ProofFormatError(f"the proof has version {version}; this is version {VERSION}")
        if reader.number(1, "the flags") or reader.number(1, "the salt length"):
            raise ProofFormatError("the proof uses features reserved for a later version")
        names = ("blowup", "hash", "FRI arity", "final length", "grinding", "max log height")
        log_blowup, hash_id, log_arity, log_final, grinding, max_log_height = (
            reader.number(1, f"the option {name}") for name in names
        )
        queries = reader.number(2, "the option queries")
        offset = reader.number(8, "the option coset offset")
        if max(log_blowup, log_arity, log_final) > 32 or hash_id not in _NAMES:
            raise ProofFormatError("an option of the proof has an impossible value")
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
            raise ProofFormatError(f"an option of the proof is impossible: {error}") from None
        tables = reader.number(2, "the number of tables")
        if not 1 <= tables <= MAX_TABLES:
            raise ProofFormatError(f"a proof has 1 to {MAX_TABLES} tables, not {tables}")
        log_heights = tuple(reader.take(tables, "the heights"))
        for log_height in log_heights:
            if not 3 <= log_height <= options.max_log_height:
                raise ProofFormatError(
                    f"a table of height 2^{log_height} is not between 2^3 and "
                    f"2^{options.max_log_height}"
                )
        length = reader.number(4, "the length of the claim")
        if length > 1 << 20:
            raise ProofFormatError(f"a claim of {length} bytes is longer than allowed")
        claim = bytes(reader.take(length, "the claim"))
        return cls(options, log_heights, claim, view[reader.offset :])

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
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise ProofFormatError(f"a proof is bytes, not {type(data).__name__}")
    try:
        view = memoryview(data)
        return view.cast("B") if view.c_contiguous else memoryview(bytes(view))
    except (TypeError, ValueError) as error:  # a released buffer, one with a zero in its shape
        raise ProofFormatError(f"the bytes of the proof cannot be read: {error}") from None
