"""The verifier of a proof in shards: heads first, then common challenges, then each shard.

::

    8   magic "shards\\r\\n"   2  version   18  options   4  S   4  length of the claim, and it
    of each of the S shards: 8  length; then: number of tables and heights, main root, one element
    (the pin) for each height with main columns, lookup root and all that follows in a proof
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .errors import Refused
from .field import EXT, Ext, P, ext_bytes, word_bytes
from .hashes import DIGEST, HASHES
from .key import VERSION, Statement
from .limits import MAX_SHARDS
from .proof import SHARDS_MAGIC, Header, Reader, options_bytes, read_heights
from .security import proven_bits
from .shape import Shape, shape_of
from .transcript import Event, Transcript
from .verify import (
    Pins,
    check_bus_sum,
    check_publics,
    check_rounds,
    public_bytes,
    standing,
    token_bytes,
    total_weight,
)

SHARD = b"cstark shard of a multi-table STARK, Goldilocks^3, version 2"
SHARDS = b"cstark shards of a multi-table STARK, Goldilocks^3, version 2"


class Part:
    """One shard: its statement, which is about the tables that stand there, and its transcript."""

    def __init__(
        self,
        whole: Statement,
        data: bytes,
        place: tuple[int, int],
        trace: Callable[[Event], None] | None,
    ) -> None:
        index, count = place
        self.reader = Reader(data)
        self.header = Header(b"", read_heights(self.reader), b"")
        self.last = index == count - 1
        about, rows = standing(whole, self.header, {}, self.last)
        refuse_tiny(about, self.reader.left)
        self.statement = replace(about, tokens=())
        self.shape: Shape = shape_of(self.statement, rows, count)
        self.root = whole.preprocessed_root if self.last else whole.shard_root
        self.place = place
        self.transcript = Transcript(HASHES[whole.options.hash], trace)

    def begin(self) -> bytes:
        """Rounds 0 and 1; returns the state of the transcript."""
        index, count = self.place
        transcript, options = self.transcript, self.statement.options
        transcript.absorb("protocol", SHARD)
        transcript.absorb("key", self.statement.digest)
        transcript.absorb("options", options_bytes(options))
        transcript.absorb("shard", word_bytes([count, index]))
        transcript.absorb("log heights", self.header.height_bytes)
        transcript.absorb("publics", public_bytes(self.statement))
        self.main_root = self.reader.take(DIGEST if self.shape.rows["main"] else 0)
        transcript.absorb("main root", self.main_root)
        eta = transcript.extension("eta")
        omega = transcript.extension_outside_base("omega")
        heights = [n for n in self.shape.distinct if n in self.shape.pins]
        values = self.reader.elements(len(heights))
        transcript.absorb("pins", ext_bytes(values))
        self.pins = Pins(eta, omega, dict(zip(heights, values, strict=True)))
        return transcript.state

    def finish(self, shared: bytes, z: Ext, alpha: Ext) -> list[Ext]:
        """All other rounds; returns the table sums."""
        found: list[Ext] = []
        self.transcript.absorb("shared", shared + ext_bytes([z, alpha]))
        roots = {"preprocessed": self.root or b"", "main": self.main_root}
        check_rounds(
            self.statement, self.shape, self.transcript, self.reader, roots, (z, alpha),
            found.extend, self.pins,
        )  # fmt: skip
        return found


def verify_shards(
    statement: Statement,
    proof: bytes,
    min_security: float,
    expected: Mapping[str, int | Sequence[int]],
    regime: str,
    trace: Callable[[Event], None] | None,
) -> None:
    """Check a proof in shards; raises `Refused` if it is not accepted."""
    if expected:
        raise Refused("heights", "heights are expected of a proof in shards, which has many")
    if not statement.sharded:
        raise Refused("statement", "the proof is in shards, and the key is of other proofs")
    data = read_shards(statement, Reader(proof))
    count = len(data)
    parts = [Part(statement, part, (index, count), trace) for index, part in enumerate(data)]
    check_policy(statement, parts, min_security, regime)
    hasher = HASHES[statement.options.hash]
    states = [part.begin() for part in parts]
    joint = Transcript(hasher, trace)
    joint.absorb("protocol", SHARDS)
    joint.absorb("key", statement.digest)
    joint.absorb("options", options_bytes(statement.options))
    joint.absorb("shards", word_bytes([count]))
    joint.absorb("tokens", token_bytes(statement))
    joint.absorb("claim", statement.claim)
    for state in states:
        joint.absorb("head", state)
    z, alpha = joint.extension("z"), joint.extension("alpha")
    sums: list[Ext] = []
    for part in parts:
        sums += part.finish(joint.state, z, alpha)
    check_bus_sum(statement, sums, z, alpha)


def read_shards(statement: Statement, reader: Reader) -> list[bytes]:
    """Compare the header with the statement; returns the shards, unread."""
    reader.take(len(SHARDS_MAGIC))
    version = reader.number(2)
    if version != VERSION:
        raise Refused("format", f"version {version}, not {VERSION}")
    options, count = reader.take(18), reader.number(4)
    if not 1 <= count <= MAX_SHARDS:
        raise Refused("format", f"{count} shards")
    claim = reader.take(reader.number(4))
    data = [reader.take(reader.number(8)) for _ in range(count)]
    reader.end()
    if options != options_bytes(statement.options):
        raise Refused("options", "the proof was made with other options")
    if claim != statement.claim:
        raise Refused("statement", "the proof carries another claim")
    return data


def refuse_tiny(statement: Statement, length: int) -> None:
    """Refuse a shard whose tables cannot be opened in what is left of it.

    What follows takes work for every table that stands, in each of thousands of shards: a byte,
    which says how tall one is, must not set it off.
    """
    columns = sum(table.width + table.preprocessed_width for table in statement.tables)
    if length < columns * EXT:
        raise Refused("format", f"{length} bytes, too few for the openings of {columns} columns")


def check_policy(statement: Statement, parts: list[Part], min_security: float, regime: str) -> None:
    """Each shard is strong enough for the messages of all, and no count wraps around."""
    messages = sum(part.shape.messages for part in parts) + len(statement.tokens)
    for part in parts:
        elsewhere = messages - part.shape.messages
        bits = proven_bits(part.statement, part.shape, regime, elsewhere)
        if not bits >= min_security >= 0:  # neither nan nor a negative number is a policy
            raise Refused("security", f"{bits} proven bits, fewer than are demanded")
    weight = sum(total_weight(part.statement, part.shape) for part in parts)
    if weight + sum(token.count for token in statement.tokens) >= P:
        raise Refused("multiplicity", "the counts of messages could wrap around p")
    check_publics(statement)
