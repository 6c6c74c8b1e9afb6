"""Statement files, also called key files: a whole statement as data.

A `VerifyingKey` is a machine; a statement also has public values, tokens and a claim.  Its file
holds all four, so that a verifier needs none of the machine's code::

    {"claim": {...}, "format": "cstark statement", "key": {...}, "publics": {"fib": [...]},
     "tokens": [["send", "bus", [1, 2], 1]], "version": 2}

``key`` is `VerifyingKey.to_json`, as an object; ``claim`` is null where there is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cstark.air.tokens import Receive, Send, Token, check_tokens
from cstark.errors import CstarkError, StatementError, quoted
from cstark.protocol.key import KEY_FORMAT, STATEMENT_FORMAT, VerifyingKey
from cstark.protocol.publics import read_publics
from cstark.protocol.version import VERSION
from cstark.text import canonical_json
from cstark.workload.claim import decode_claim, encode_claim

if TYPE_CHECKING:
    from cstark.protocol.proof import Proof
    from cstark.protocol.shards.proof import ShardedProof

__all__ = ["StatementFile"]

_TOKENS = {"send": Send, "receive": Receive}


@dataclass(frozen=True)
class StatementFile:
    """A statement as data: all that a verifier needs besides the proof.

    `Machine.statement` makes one, and so does ``cstark key``.  What `to_json` writes is read by
    `from_json`, by ``cstark verify --key`` and by the second verifier, ``python -m cstark.pure``.

    Attributes
    ----------
    key : VerifyingKey
        The machine: whoever verifies trusts it, or compares its `digest` with one that is trusted.
    publics : mapping of str to sequence of int
        Public values by table.
    tokens : tuple of Send or Receive
        Messages that the verifier adds.
    claim : bytes
        What the proof must claim: empty, or the canonical JSON that `cs.encode_claim` makes.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Doubling(cs.Air):
    ...     columns = ("x",)
    ...     publics = ("start",)
    ...     def constrain(self, t):
    ...         t.first_row.equal(t.now.x, t.publics.start)
    ...         t.transition.equal(t.next.x, 2 * t.now.x)
    >>> machine = cs.Machine({"doubling": Doubling()})
    >>> trace = np.array([[5 << i] for i in range(8)], dtype=np.uint64)
    >>> proof = machine.prove({"doubling": trace}, {"doubling": [5]})
    >>> text = machine.statement({"doubling": [5]}).to_json()  # to be kept in a file
    >>> statement = cs.StatementFile.from_json(text)
    >>> statement.verify(proof)
    >>> statement.publics
    {'doubling': [5]}
    """

    key: VerifyingKey
    publics: Mapping[str, Sequence[int]]
    tokens: tuple[Token, ...] = ()
    claim: bytes = b""

    def verify(
        self,
        proof: Proof | ShardedProof | bytes,
        *,
        heights: Mapping[str, int | Sequence[int]] | None = None,
        min_security: int = 100,
        regime: str = "best",
    ) -> None:
        """Return if the proof holds for this statement, raise otherwise.

        Parameters
        ----------
        proof : Proof, ShardedProof or bytes
            Of the kind that the key is for.
        heights : mapping of str to (int or sequence of int), optional
            Rows that tables must have; of no proof in shards.
        min_security : int
            The proven bits that are demanded, at the heights in the file.
        regime : {"best", "unique"}
            Which bounds prove them: the better of both, or unique decoding alone.

        Raises
        ------
        VerificationError
            If the proof is refused; `reason` says why.
        StatementError
            If the public values or tokens do not suit the key, or the demands are malformed.
        """
        self.key.verify(
            proof, self.publics, tokens=self.tokens, claim=self.claim, heights=heights,
            min_security=min_security, regime=regime,
        )  # fmt: skip

    def to_json(self) -> str:
        """Give the statement as canonical JSON: equal statements give equal text.

        Returns
        -------
        str

        Raises
        ------
        StatementError
            If the claim is neither empty nor canonical JSON, or public values are not in order.
        """
        named = [name for name, values in self.publics.items() if isinstance(values, Mapping)]
        if named:
            raise StatementError(
                f"publics of table {named[0]!r} are given by name; a statement file has them in "
                "order: machine.statement(publics) makes one from names"
            )
        names = {kind: name for name, kind in _TOKENS.items()}
        return canonical_json(
            {
                "format": STATEMENT_FORMAT,
                "version": VERSION,
                "key": json.loads(self.key.to_json()),
                "publics": {
                    name: [int(value) for value in values] for name, values in self.publics.items()
                },
                "tokens": [
                    [names[type(token)], token.bus, [int(v) for v in token.values], token.count]
                    for token in self.tokens
                ],
                "claim": decode_claim(self.claim) if self.claim else None,
            }
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> StatementFile:
        """Read a statement back.

        Parameters
        ----------
        text : str or bytes
            From `to_json`, perhaps with other white space.

        Returns
        -------
        StatementFile

        Raises
        ------
        StatementError
            If it is not one, or its public values or tokens do not suit its key.
        """
        if not isinstance(text, (str, bytes)):
            raise StatementError(f"not a key file: it is {type(text).__name__}, not text")
        try:
            # json would guess other encodings, and take the last of a repeated name
            text = text.decode() if isinstance(text, bytes) else text
            data = json.loads(
                text,
                object_pairs_hook=_unrepeated,
                parse_float=_no_fraction,
                parse_constant=_no_fraction,
            )
        except (ValueError, RecursionError) as error:
            raise StatementError(f"not a key file: {error}") from None
        if isinstance(data, dict) and data.get("format") == KEY_FORMAT:
            raise StatementError(
                "not a key file: this is a verifying key alone, without public values, tokens and "
                "a claim; cs.VerifyingKey.from_json reads it, machine.statement(publics) and "
                "`cstark key` write statements"
            )
        fields = {"format", "version", "key", "publics", "tokens", "claim"}
        if not isinstance(data, dict) or set(data) != fields:
            raise StatementError(f"not a key file: its fields are {', '.join(sorted(fields))}")
        if data["format"] != STATEMENT_FORMAT or data["version"] != VERSION:
            raise StatementError(
                f"not a key file of version {VERSION}: format {quoted(data['format']):.60}, "
                f"version {quoted(data['version']):.20}"
            )
        if not isinstance(data["publics"], dict) or not isinstance(data["tokens"], list):
            raise StatementError("not a key file: publics is an object, tokens a list")
        try:
            key = VerifyingKey.from_json(canonical_json(data["key"]))
        except CstarkError as error:
            raise StatementError(f"not a key file: {error}") from None
        for name, values in data["publics"].items():
            if not isinstance(values, list):
                raise StatementError(
                    f"not a key file: publics of table {quoted(name)} are not a list"
                )
        tokens = tuple(_token(i, token) for i, token in enumerate(data["tokens"]))
        read_publics(key, data["publics"])
        check_tokens(key.buses, tokens)
        claim = b"" if data["claim"] is None else encode_claim(data["claim"])
        return cls(key, data["publics"], tokens, claim)

    def __repr__(self) -> str:
        return f"<StatementFile: {self.key!r}, {len(self.claim)} bytes of claim>"


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; readers differ in which of two values they take."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_fraction(text: str) -> None:
    raise ValueError(f"{text[:40]}: numbers are integers")


def _token(index: int, data: Any) -> Token:
    if not isinstance(data, list) or len(data) != 4 or not isinstance(data[2], list):
        raise StatementError(
            f'not a key file: token {index} is not like ["send", "bus", [1, 2], 1]'
        )
    kind, bus, values, count = data
    if kind not in ("send", "receive"):
        raise StatementError(f"not a key file: token {index} is neither sent nor received")
    try:
        return _TOKENS[kind](bus, values, count)
    except StatementError as error:
        raise StatementError(f"not a key file: token {index}: {error}") from None
