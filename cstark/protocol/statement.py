"""The instance that a proof is about: heights, public values, tokens and claim.

Everything here comes from the caller (or, for the heights, is checked against the key), is
validated before any work, and is absorbed before anything else.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cstark import field
from cstark.air.tokens import Token, check_tokens
from cstark.errors import StatementError, quoted
from cstark.field import P
from cstark.limits import MAX_CLAIM_BYTES, MAX_TABLES, MIN_ROWS

from .proof import encode_options
from .publics import Publics, read_publics
from .standing import Heights, Standing, encode_heights
from .transcript import Transcript
from .version import PROTOCOL

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

    from .key import MachineDescription, VerifyingKey

__all__ = [
    "Instance",
    "checked_log_heights",
    "listed_heights",
    "token_sum",
]


def _words(values: Sequence[int]) -> bytes:
    return b"".join(value.to_bytes(8, "little") for value in values)


@dataclass(frozen=True)
class Instance:
    """A validated instance of a machine.

    Attributes
    ----------
    publics : tuple of tuple of int
        Per table, in the order of the key, or of those that stand in a proof, see `at`.
    tokens : tuple of Send or Receive
    claim : bytes
    """

    publics: tuple[tuple[int, ...], ...]
    tokens: tuple[Token, ...]
    claim: bytes

    @classmethod
    def build(
        cls,
        key: MachineDescription,
        publics: Publics | None,
        tokens: Sequence[Token],
        claim: bytes,
    ) -> Instance:
        """Validate what the caller gave.

        Raises
        ------
        StatementError
            Naming the table, the value or the token.
        """
        # The tuple that was checked is what is kept: an iterator would be used up by now.
        checked = check_tokens(key.buses, tokens)
        return cls(read_publics(key, publics), checked, _claim(claim))

    def at(self, standing: Standing) -> Instance:
        """The same with public values for each table that stands in a proof."""
        return replace(self, publics=tuple(self.publics[place] for place in standing.places))

    def absorb(self, transcript: Transcript, key: VerifyingKey, heights: Heights) -> None:
        """Round 0: everything that is known before the prover speaks; see `at`."""
        transcript.absorb("protocol", PROTOCOL)
        transcript.absorb("key", key.digest)
        transcript.absorb("options", encode_options(key.options))
        transcript.absorb("log heights", encode_heights(heights))
        transcript.absorb("publics", self.public_bytes)
        transcript.absorb("tokens", self.token_bytes(key))
        transcript.absorb("claim", self.claim)

    @property
    def public_bytes(self) -> bytes:
        """For each table, how many public values it has, and they."""
        return b"".join(_words([len(values), *values]) for values in self.publics)

    def token_bytes(self, key: MachineDescription) -> bytes:
        """How many tokens there are, and they."""
        return _words([len(self.tokens)]) + b"".join(
            _words([key.bus_numbers[t.bus], t.sign % P, t.count, len(t.values), *t.values])
            for t in self.tokens
        )

    def wraps(self, key: Standing) -> bool:
        """Whether multiplicities could add up to p, so that p copies would look like none.

        Counts are added mod p: a balanced sum says that multiplicities agree mod p, and only a
        total weight below p makes them agree.  A token weighs its count, also when that is above
        p / 2: p - 1 copies are p - 1 copies, not the taking away of one.  So does a public value
        that a count depends on: the weight of the interaction bounds it.
        """
        return self.is_overweight(key) or key.weight + self.token_weight >= P

    @property
    def token_weight(self) -> int:
        """What the tokens weigh: their counts."""
        return sum(token.count for token in self.tokens)

    def is_overweight(self, key: MachineDescription) -> bool:
        """Whether a public value in a count is above the weight of its interaction."""
        return next(self._overweight_publics(key), None) is not None

    def _overweight_publics(self, key: MachineDescription) -> Iterator[tuple[str, str, int]]:
        """Table, interaction and value, where a public value in a count is above the weight."""
        for table, values in zip(key.tables, self.publics, strict=True):
            if not table.counts_of_publics:
                continue
            largest: list[int] = []  # public value that a node depends on
            for kind, *rest in table.nodes:
                if kind in ("add", "sub", "mul"):
                    largest.append(max(largest[k] for k in rest))
                else:
                    largest.append(values[rest[0]] if kind == "public" else 0)
            for number in table.counts_of_publics:
                interaction = table.interactions[number]
                if largest[interaction.count] > interaction.weight:
                    yield table.name, interaction.label, largest[interaction.count]

    def refuse_wrapping(self, key: Standing) -> None:
        """Raise if the multiplicities of this statement could reach p, see `wraps`.

        Raises
        ------
        StatementError
            Naming what is too large.
        """
        if not self.wraps(key):
            return
        for table, label, value in self._overweight_publics(key):
            raise StatementError(
                f"table {table!r}: the count of {label} depends on the public value {value}, more "
                "than its weight; a public value in a count says how often, so a message is taken "
                "away by receiving it, not by p less a number"
            )
        if self.token_weight >= P >> 1:
            raise StatementError(
                f"the counts of the tokens add up to {self.token_weight}; with those of the "
                "interactions they could reach p and wrap around; to take a message away, write a "
                "token of the other kind (cs.Send, cs.Receive)"
            )
        raise StatementError(
            "the counts of the interactions, times the heights, could reach p and wrap around; "
            "state smaller weights, or use shorter tables"
        )


def _claim(claim: bytes) -> bytes:
    if not isinstance(claim, (bytes, bytearray)):
        raise StatementError(f"the claim must be bytes, not {type(claim).__name__}")
    if len(claim) > MAX_CLAIM_BYTES:
        raise StatementError(f"the claim has {len(claim)} bytes, more than {MAX_CLAIM_BYTES}")
    return bytes(claim)


def checked_log_heights(key: MachineDescription, heights: Mapping[str, Any]) -> Heights:
    """Log2 of the heights of each table.

    Parameters
    ----------
    key : MachineDescription
    heights : mapping of str to (int or sequence of int)
        Rows of each table; tables of a fixed height may be left out. Of a table that may stand any
        number of times, one height or all of them; left out, it does not stand.

    Raises
    ------
    StatementError
        A height is missing or impossible.
    """
    names = key.names
    if not isinstance(heights, Mapping):
        raise StatementError(
            f"heights are {quoted(heights)}; they must be a mapping from table names to numbers "
            "of rows, "
            f"such as {{{names[0]!r}: 1024}}"
        )
    known = set(names)
    unknown = [name for name in heights if name not in known]
    if unknown:
        raise StatementError(
            f"heights: no table {quoted(unknown[0])}; the machine has {', '.join(names)}"
        )
    result: list[int | tuple[int, ...]] = []
    for table in key.tables:
        rows = heights.get(table.name, () if table.stands == "any" else table.rows)
        if rows is None:
            raise StatementError(f"heights: table {table.name!r} is missing")
        if table.stands == "any":
            several = [rows] if hasattr(rows, "__index__") else listed_heights(table.name, rows)
            found = (_log_height(key, table, one) for one in several)
            result.append(tuple(sorted(found, reverse=True)))
        else:
            result.append(_log_height(key, table, rows))
    return result


def listed_heights(name: str, rows: Any) -> list[Any]:
    """The heights of a table that may stand any number of times, as they were given.

    Raises
    ------
    StatementError
        They are no sequence, or there are too many.
    """
    if isinstance(rows, (str, bytes, Mapping)) or not hasattr(rows, "__len__"):
        raise StatementError(
            f"heights: table {name!r}: {quoted(rows)} is neither an int nor a sequence of ints"
        )
    if len(rows) > MAX_TABLES:
        raise StatementError(
            f"heights: table {name!r} cannot stand {len(rows)} times, more than {MAX_TABLES}"
        )
    return list(rows)


def _log_height(key: MachineDescription, table: TableDescription, rows: Any) -> int:
    max_log_height = key.options.max_log_height
    if isinstance(rows, bool) or not hasattr(rows, "__index__"):
        raise StatementError(f"heights: table {table.name!r}: {quoted(rows)} is not an int")
    rows = operator.index(rows)  # of NumPy as well
    if table.rows is not None and rows != table.rows:
        raise StatementError(f"heights: table {table.name!r} always has {table.rows} rows")
    if rows < MIN_ROWS or rows & (rows - 1) or rows > 1 << max_log_height:
        raise StatementError(
            f"heights: table {table.name!r} cannot have {quoted(rows)} rows; a power of two "
            f"from {MIN_ROWS} to 2^{max_log_height}"
        )
    return int(rows.bit_length() - 1)


def token_sum(
    key: MachineDescription, instance: Instance, z: field.Element, alpha: field.Element
) -> field.Element | None:
    """Sum of the tokens' fractions; None when a denominator is zero (probability 2^-190)."""
    total = field.ZERO
    for token in instance.tokens:
        fingerprint = field.sub(z, (key.bus_numbers[token.bus], 0, 0))
        power = alpha
        for value in token.values:
            fingerprint = field.sub(fingerprint, field.scale(power, value))
            power = field.mul(power, alpha)
        if fingerprint == field.ZERO:
            return None
        term = field.scale(field.inverse(fingerprint), token.count)
        total = field.add(total, term) if token.sign > 0 else field.sub(total, term)
    return total
