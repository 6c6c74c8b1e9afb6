"""The instance that a proof is about: heights, public values, tokens and claim.

Everything here comes from the caller (or, for the heights, is checked against the key), is
validated before any work, and is absorbed before anything else.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from cstark import extension as ext
from cstark.air.bus import Receive, Send, check_tokens
from cstark.errors import StatementError

from .proof import MAX_CLAIM_BYTES, encode_options
from .transcript import P, Transcript

if TYPE_CHECKING:
    from cstark.key import VerifyingKey

__all__ = ["MAX_CLAIM_BYTES", "PROTOCOL", "Instance", "check_min_security", "token_sum"]

PROTOCOL = b"cstark multi-table STARK, Goldilocks^3, version 1"


def _words(values: Sequence[int]) -> bytes:
    return b"".join(value.to_bytes(8, "little") for value in values)


@dataclass(frozen=True)
class Instance:
    """A validated instance of a machine.

    Attributes
    ----------
    publics : tuple of tuple of int
        Per table, in the order of the key.
    tokens : tuple of Send or Receive
    claim : bytes
    """

    publics: tuple[tuple[int, ...], ...]
    tokens: tuple[Send | Receive, ...]
    claim: bytes

    @classmethod
    def build(
        cls,
        key: VerifyingKey,
        publics: Mapping[str, Sequence[int]] | None,
        tokens: Sequence[Any],
        claim: bytes,
    ) -> Instance:
        """Validate what the caller gave.

        Raises
        ------
        StatementError
            Naming the table, the value or the token.
        """
        check_tokens(key.buses, tokens)
        return cls(_publics(key, publics), tuple(tokens), _claim(claim))

    def absorb(self, transcript: Transcript, key: VerifyingKey, log_heights: Sequence[int]) -> None:
        """Round 0: everything that is known before the prover speaks."""
        transcript.absorb("protocol", PROTOCOL)
        transcript.absorb("key", key.digest)
        transcript.absorb("options", encode_options(key.options))
        transcript.absorb("log heights", bytes(log_heights))
        transcript.absorb(
            "publics",
            b"".join(_words([len(values), *values]) for values in self.publics),
        )
        transcript.absorb(
            "tokens",
            _words([len(self.tokens)])
            + b"".join(
                _words([key.buses[t.bus][0], t.sign % P, t.count, len(t.values), *t.values])
                for t in self.tokens
            ),
        )
        transcript.absorb("claim", self.claim)

    def wraps(self, key: VerifyingKey, log_heights: Sequence[int]) -> bool:
        """Whether multiplicities could add up to p, so that p copies would look like none.

        Counts are added mod p: a balanced sum says that multiplicities agree mod p, and only a
        total weight below p makes them agree.
        """
        total = sum(
            interaction.weight << log_height
            for table, log_height in zip(key.tables, log_heights, strict=True)
            for interaction in table.interactions
        )
        return total + sum(min(t.count, P - t.count) for t in self.tokens) >= P


def _publics(
    key: VerifyingKey, publics: Mapping[str, Sequence[int]] | None
) -> tuple[tuple[int, ...], ...]:
    publics = {} if publics is None else publics
    if not isinstance(publics, Mapping):
        raise StatementError("publics must be a mapping from table names to sequences of ints")
    unknown = [name for name in publics if name not in key.names]
    if unknown:
        raise StatementError(
            f"publics for table {unknown[0]!r}: the machine has {', '.join(key.names)}"
        )
    result = []
    for table in key.tables:
        values = publics.get(table.name, ())
        if isinstance(values, (str, bytes, Mapping, Set)) or not hasattr(values, "__len__"):
            raise StatementError(f"publics of table {table.name!r} must be a sequence of ints")
        if len(values) != table.publics:
            raise StatementError(
                f"table {table.name!r} has {table.publics} public values, not {len(values)}"
            )
        result.append(
            tuple(
                _element(f"public value {i} of table {table.name!r}", value)
                for i, value in enumerate(values)
            )
        )
    return tuple(result)


def _element(what: str, value: Any) -> int:
    if isinstance(value, bool):
        raise StatementError(f"{what} is {value!r}, not an int")
    try:
        number = operator.index(value)
    except TypeError:
        raise StatementError(f"{what} is {value!r}, not an int") from None
    if not 0 <= number < P:
        raise StatementError(f"{what} is {number}, not in 0..p-1 (p = {P})")
    return number


def _claim(claim: bytes) -> bytes:
    if not isinstance(claim, (bytes, bytearray)):
        raise StatementError(f"the claim must be bytes, not {type(claim).__name__}")
    if len(claim) > MAX_CLAIM_BYTES:
        raise StatementError(f"the claim has {len(claim)} bytes, more than {MAX_CLAIM_BYTES}")
    return bytes(claim)


def check_min_security(bits: object) -> None:
    """Refuse what no number of bits is below: nothing may pass a policy by being no policy."""
    if isinstance(bits, bool) or not isinstance(bits, Real) or bits != bits:
        raise StatementError(f"min_security is {bits!r}; it must be a number of bits")


def token_sum(
    key: VerifyingKey, instance: Instance, z: ext.Element, alpha: ext.Element
) -> ext.Element | None:
    """Sum of the tokens' fractions; None when a denominator is zero (probability 2^-190)."""
    total = ext.ZERO
    for token in instance.tokens:
        fingerprint = ext.sub(z, (key.buses[token.bus][0], 0, 0))
        power = alpha
        for value in token.values:
            fingerprint = ext.sub(fingerprint, ext.scale(power, value))
            power = ext.mul(power, alpha)
        if fingerprint == ext.ZERO:
            return None
        term = ext.scale(ext.inverse(fingerprint), token.count)
        total = ext.add(total, term) if token.sign > 0 else ext.sub(total, term)
    return total
