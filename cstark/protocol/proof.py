"""The proof file.

The page `cstark.protocol`, section The proof file, has every byte of it.

The parser never trusts a length: it computes each one and takes exactly that much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeGuard, cast

import numpy as np

from cstark.errors import OptionsError
from cstark.limits import MAX_CLAIM_BYTES, MAX_TABLES, MIN_LOG_HEIGHT

from .hiding import SALT_BYTES
from .options import ResolvedOptions
from .refusals import require
from .standing import SEVERAL, Heights, encode_heights, of_table
from .transcript import ALGORITHMS
from .version import VERSION

if TYPE_CHECKING:
    from cstark.report import Report

    from .shards.proof import ShardedProof
__all__ = [
    "MAGIC",
    "SHARDS_MAGIC",
    "Proof",
    "Reader",
    "encode_options",
    "read_heights",
    "read_options",
]

MAGIC = b"cstark\r\n"
SHARDS_MAGIC = b"shards\r\n"
_NAMES = {number: name for name, number in ALGORITHMS.items()}


def is_sharded(proof: object) -> TypeGuard[ShardedProof | bytes]:
    """Whether a proof, as an object or as its bytes, is one in shards."""
    if isinstance(proof, (bytes, bytearray, memoryview)):
        with suppress(TypeError, ValueError):  # of a released buffer, say
            return bytes(proof[: len(SHARDS_MAGIC)]) == SHARDS_MAGIC
        return False
    return type(proof).__name__ == "ShardedProof"


def encode_options(options: ResolvedOptions) -> bytes:
    """The 18 bytes from zk to the coset offset; also what the transcript absorbs."""
    numbers = [
        int(options.zk),
        SALT_BYTES if options.zk else 0,
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

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        self._offset = 0

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
        return taken

    def number(self, size: int, what: str) -> int:
        """An unsigned integer of `size` bytes."""
        return int.from_bytes(self.take(size, what), "little")

    def end(self) -> None:
        """Nothing may follow."""
        left = len(self._data) - self._offset
        require(not left, "end", f"{left} bytes follow the end of the proof")

    @property
    def offset(self) -> int:
        """Bytes taken so far."""
        return self._offset


class Proof:
    """A proof, as bytes with a parsed header.

    `from_bytes` checks the magic, the version and the header. Everything else is read by
    `Machine.verify`, because only a statement says how long it must be.

    Attributes
    ----------
    options : ResolvedOptions
        What it was made with, as the file says.
    log_heights : tuple of (int or tuple of int)
        Log2 of the number of rows of each table, in the order of the machine; of a table that may
        stand any number of times, those of all its traces, tallest first.
    claim : bytes
        What the proof claims, empty or canonical JSON; `cs.decode_claim` reads it.
    report : Report or None
        How the proof was made; only where it was made, never in the file.

    Raises
    ------
    ProofFormatError
        For a field that no file could hold: of a wrong type, a height that the options do not
        allow, too many tables, a claim that is too long.

    Examples
    --------
    >>> from cstark.machines.fib_pair import FibPair
    >>> proof = FibPair(log_rows=4).prove()
    >>> proof.log_heights, proof.report is None
    ((4,), False)
    >>> again = Proof.from_bytes(proof.to_bytes())
    >>> again == proof, again.report is None
    (True, True)
    """

    def __init__(
        self,
        options: ResolvedOptions,
        log_heights: Heights,
        claim: bytes,
        body: bytes | memoryview,
        report: Report | None = None,
    ) -> None:
        heights = _whole_numbers(log_heights)
        every = [log_height for item in heights for log_height in of_table(item)]
        problem = _wrong_field(options, every, claim, body)
        check_fields(problem)
        _check_tables(len(heights))
        _check_tables(len(every))
        for log_height in every:
            require(
                MIN_LOG_HEIGHT <= log_height <= options.max_log_height,
                "header heights",
                f"a table of height 2^{log_height} is not between 2^{MIN_LOG_HEIGHT} and "
                f"2^{options.max_log_height}",
            )
        check_claim_length(len(claim))
        self.options = options
        self.log_heights = heights
        self.claim = bytes(claim)
        self.body = body
        self.report = report

    def _header(self) -> bytes:
        return b"".join(
            [
                MAGIC,
                VERSION.to_bytes(2, "little"),
                encode_options(self.options),
                len(self.log_heights).to_bytes(2, "little"),
                encode_heights(self.log_heights),
                len(self.claim).to_bytes(4, "little"),
                self.claim,
            ]
        )

    def to_bytes(self) -> bytes:
        """Give the bytes of the proof file.

        Returns
        -------
        bytes
        """
        return self._header() + self.body

    __bytes__ = to_bytes

    def __len__(self) -> int:
        return len(self._header()) + len(self.body)

    def reread(self) -> Proof:
        """The proof that is in the bytes of this one; the body is not copied."""
        proof = Proof.parse_header(self._header())
        proof.body = view_of(self.body)
        return proof

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Proof:
        """Read a proof file's header and keep the rest.

        Parameters
        ----------
        data : bytes-like
            The proof file.

        Returns
        -------
        Proof

        Raises
        ------
        ProofFormatError
            For a wrong magic or version, an option with an impossible value, or a short file.
        """
        proof = cls.parse_header(data)
        proof.body = bytes(proof.body)
        return proof

    @classmethod
    def parse_header(cls, data: bytes | bytearray | memoryview) -> Proof:
        """Read a proof file's header; `body` is a view of the rest, which is not copied.

        For the verifier, which bounds the length of the body before it keeps one.

        Parameters
        ----------
        data : bytes-like

        Returns
        -------
        Proof

        Raises
        ------
        ProofFormatError
            As for `from_bytes`.
        """
        view = view_of(data)
        reader = Reader(view)
        check_magic(bytes(reader.take(len(MAGIC), "magic")), MAGIC)
        options = read_options(reader)
        log_heights = read_heights(reader)
        length = reader.number(4, "length of the claim")
        check_claim_length(length)  # before it is read
        claim = bytes(reader.take(length, "claim"))
        return cls(options, log_heights, claim, view[reader.offset :])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proof) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def __repr__(self) -> str:
        heights = ", ".join(f"2^{h}" for item in self.log_heights for h in of_table(item))
        return f"<Proof: {len(self):,} bytes, tables of {heights} rows>"

    def __reduce__(self) -> tuple[type[Proof], tuple[object, ...]]:
        return (
            type(self),
            (self.options, self.log_heights, self.claim, self.body, self.report),
        )


def check_magic(found: bytes, wanted: bytes) -> None:
    """The file is of the kind that is wanted."""
    kinds = {
        MAGIC: "this is a proof that is not in shards; cs.Proof reads it",
        SHARDS_MAGIC: "this is a proof in shards; cs.ShardedProof reads it",
    }
    other = "this is no cstark proof: the magic is wrong"
    require(found == wanted, "magic", kinds.get(found, other))


def check_fields(problem: str) -> None:
    """An object is one that a file could hold."""
    require(not problem, "fields", f"no proof has such {problem}")


def read_options(reader: Reader) -> ResolvedOptions:
    """Version and options, as they stand after the magic."""
    version = reader.number(2, "version")
    require(
        version == VERSION,
        "version",
        f"the proof has version {version}; this is version {VERSION}",
    )
    zk, salt = reader.number(1, "option zk"), reader.number(1, "salt length")
    require(
        salt == (SALT_BYTES if zk else 0),
        "reserved",
        f"salts of {salt} bytes are for a later version",
    )
    return _read_options(reader, zk)


def _read_options(reader: Reader, zk: int) -> ResolvedOptions:
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
            zk=zk or False,
        )
    except OptionsError as error:
        problem = str(error)
    require(options, "option values", f"an option of the proof is impossible: {problem}")
    return cast(ResolvedOptions, options)


def _check_tables(tables: int) -> None:
    require(
        1 <= tables <= MAX_TABLES,
        "number of tables",
        f"a proof has 1 to {MAX_TABLES} tables, not {tables}",
    )


def check_claim_length(length: int) -> None:
    require(
        length <= MAX_CLAIM_BYTES,
        "claim length",
        f"a claim of {length} bytes is longer than allowed",
    )


def read_heights(reader: Reader) -> tuple[int | tuple[int, ...], ...]:
    """The number of tables, and the log heights of all traces of each."""
    tables = reader.number(2, "number of tables")
    _check_tables(tables)
    found: list[int | tuple[int, ...]] = []
    for _ in range(tables):
        first = reader.number(1, "log heights")
        if first == SEVERAL:
            found.append(tuple(reader.take(reader.number(2, "log heights"), "log heights")))
        else:
            found.append(first)
    return tuple(found)


def _whole_numbers(values: object) -> tuple[int | tuple[int, ...], ...]:
    """The values as Python's own integers, which do not overflow; () if one is no integer."""
    if not isinstance(values, Iterable) or isinstance(values, (str, bytes)):
        return ()
    found: list[int | tuple[int, ...]] = []
    for value in values:
        if _is_whole(value):
            found.append(int(value))
        elif isinstance(value, tuple) and all(map(_is_whole, value)):
            found.append(tuple(map(int, value)))
        else:
            return ()
    return tuple(found)


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _wrong_field(options: object, heights: Sequence[int], claim: object, body: object) -> str:
    """What is wrong with the fields of a proof, "" if nothing."""
    if not isinstance(options, ResolvedOptions):
        return f"options: {type(options).__name__}, not ResolvedOptions"
    if not isinstance(claim, (bytes, bytearray)):
        return f"claim: {type(claim).__name__}, not bytes"
    if not isinstance(body, (bytes, bytearray, memoryview)):
        return f"body: {type(body).__name__}, not bytes"
    return "" if all(0 <= v < 256 for v in heights) else "log heights: each is one byte"


def view_of(data: object) -> memoryview:
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
