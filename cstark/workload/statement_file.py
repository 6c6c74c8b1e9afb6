"""Key files: a whole statement as data, for verifiers that have no workload's code.

A `VerifyingKey` is a machine; a statement also has public values, tokens and a claim.  A key file
holds all four, so that ``cstark verify --key KEY FILE`` needs nothing else::

    {"claim": {...}, "format": "cstark statement", "key": {...}, "publics": {"fib": [...]},
     "tokens": [["send", "bus", [1, 2], 1]], "version": 1}

``key`` is `VerifyingKey.to_json`, as an object.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cstark.air.bus import Receive, Send, Token
from cstark.errors import CstarkError, StatementError
from cstark.protocol.key import VerifyingKey
from cstark.workload.claim import decode_claim, encode_claim

__all__ = ["StatementFile"]

_FORMAT = "cstark statement"
_VERSION = 1
_TOKENS = {"send": Send, "receive": Receive}


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


@dataclass(frozen=True)
class StatementFile:
    """A statement as data.

    Attributes
    ----------
    key : VerifyingKey
    publics : mapping of str to sequence of int
    tokens : tuple of Send or Receive
    claim : bytes
        Canonical JSON, see `cstark.workload.claim`.
    """

    key: VerifyingKey
    publics: Mapping[str, Sequence[int]]
    tokens: tuple[Token, ...]
    claim: bytes

    def to_json(self) -> str:
        """Canonical JSON."""
        names = {kind: name for name, kind in _TOKENS.items()}
        return _canonical(
            {
                "format": _FORMAT,
                "version": _VERSION,
                "key": json.loads(self.key.to_json()),
                "publics": {
                    name: [int(value) for value in values] for name, values in self.publics.items()
                },
                "tokens": [
                    [names[type(token)], token.bus, [int(v) for v in token.values], token.count]
                    for token in self.tokens
                ],
                "claim": decode_claim(self.claim),
            }
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> StatementFile:
        """Read a key file.

        Raises
        ------
        StatementError
            If it is not one; whether public values and tokens suit the key is checked when a
            proof is verified.
        """
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
        fields = {"format", "version", "key", "publics", "tokens", "claim"}
        if not isinstance(data, dict) or set(data) != fields:
            raise StatementError(f"not a key file: its fields are {', '.join(sorted(fields))}")
        if data["format"] != _FORMAT or data["version"] != _VERSION or data["version"] is True:
            raise StatementError(f"not a key file of version {_VERSION}")
        if not isinstance(data["publics"], dict) or not isinstance(data["tokens"], list):
            raise StatementError("not a key file: publics is an object, tokens a list")
        try:
            key = VerifyingKey.from_json(_canonical(data["key"]))
        except CstarkError as error:
            raise StatementError(f"not a key file: {error}") from None
        tokens = tuple(_token(i, token) for i, token in enumerate(data["tokens"]))
        return cls(key, data["publics"], tokens, encode_claim(data["claim"]))


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; readers differ in which of two values they take."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_fraction(text: str) -> None:
    raise ValueError(f"{text[:40]}: numbers are integers")


def _token(index: int, data: Any) -> Token:
    try:
        kind, bus, values, count = data
        return _TOKENS[kind](bus, values, count)
    except (KeyError, TypeError, ValueError) as error:
        raise StatementError(f"not a key file: token {index}: {error}") from None
