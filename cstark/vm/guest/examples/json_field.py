"""What ``json_field.c`` computes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["make_input", "reference"]

_DEEPEST = 64
_SPACE = re.compile(r"[ \t\n\r]*")


def make_input(size: int = 1) -> bytes:
    """A document with 2 `size` lines of history, and the path ``address.city``."""
    document = {
        "name": "Ada Lovelace",
        "born": 1815,
        "history": [{"year": 1840 + k, "note": 'a "quoted" note'} for k in range(2 * size)],
        "address": {"street": "St James's Square 12", "city": "London", "geo": [51.5, -1.4e-1]},
        "verified": True,
    }
    return b"address.city\n" + json.dumps(document, indent=1).encode()


def _constant(text: str) -> float:
    raise ValueError(text)


_DECODER = json.JSONDecoder(parse_constant=_constant)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Name (as written) and extent of the value of each member of the valid object at `at`."""
    at = _skip(text, at + 1)
    while text[at] != "}":
        _, end = _DECODER.raw_decode(text, at)
        name = text[at + 1 : end - 1]
        start = _skip(text, _skip(text, end) + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield name, start, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, inner)) if isinstance(value, (dict, list)) and value else 0


def reference(data: bytes) -> tuple[bytes, int]:
    """Output and exit code for an input."""
    path, feed, document = data.partition(b"\n")
    if not feed:
        return b"", 2
    text = document.decode("latin-1")  # bytes above 127 are looked at by nobody
    try:
        value, end = _DECODER.raw_decode(text, _skip(text, 0))
    except (ValueError, RecursionError):
        return b"", 2
    if _skip(text, end) != len(text) or _depth(value) > _DEEPEST:
        return b"", 2
    start = _skip(text, 0)
    for wanted in path.decode("latin-1").split("."):
        if text[start] != "{":
            return b"", 1
        found = [(at, end) for name, at, end in _members(text, start) if name == wanted]
        if len(found) > 1:
            return b"", 2
        if not found:
            return b"", 1
        start, end = found[0]
    field = text[start:end].encode("latin-1")
    return hashlib.sha256(document).digest() + path + b"=" + field, 0
