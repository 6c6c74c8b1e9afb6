"""Changes that get past the header: they know where the fields of a proof and of a key are."""

from __future__ import annotations

import json
import random
from typing import Any

from cstark.arrays.goldilocks import P
from tests.fuzz.target import ELF, KEY, MODES, STATEMENT, Subject, subjects

__all__ = ["mutate"]

_WORDS = (0, 1, 2, P - 1, P, P + 1, 2**32 - 1, 2**32, 2**63, 2**64 - 1)
_INTEGERS = (0, 1, -1, 2, 3, 7, 8, 31, 32, 64, 255, 1024, 2**16, 2**31, 2**32, 2**60, P - 1, P)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to three changes of an input of `cstark` fuzzing; see `tests.fuzz.target`."""
    if len(data) < 2:
        return bytes([rng.randrange(256), rng.randrange(256)]) + data
    subject = subjects()[data[0] % len(subjects())]
    head, body = bytearray(data[:2]), bytearray(data[2:])
    mode = head[1] % MODES
    if mode in (KEY, STATEMENT):
        return bytes(head) + _mutate_text(subject.text(mode), bytes(body), rng)
    if mode == ELF:
        return bytes(head) + _mutate_file(body, rng)
    if rng.random() < 0.05:
        head[1] = 1 - mode
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        _mutate_proof(subject, body, rng)
    return bytes(head + body)


def _mutate_proof(subject: Subject, body: bytearray, rng: random.Random) -> None:
    # one in four goes to any place, the others to a field, each as likely whatever its length
    start, length, _ = rng.choice(subject.spans)
    if rng.random() < 0.25 or length == 0:
        start, length = rng.randrange(max(1, len(body))), rng.choice((1, 8, 24, 32))
    if start < 36 and rng.random() < 0.7:  # the header: single bytes
        at = rng.randrange(36)
        if at < len(body):
            body[at] = rng.choice((0, 1, 2, 3, 4, 31, 32, 255, rng.randrange(256)))
        return
    unit = 8 if length % 32 else rng.choice((8, 32))
    at = start + unit * rng.randrange(max(1, length // unit))
    old = bytes(body[at : at + unit])
    kind = rng.randrange(10)
    if kind == 0 and old:  # a bit
        body[at + rng.randrange(len(old))] ^= 1 << rng.randrange(8)
    elif kind == 1 and len(old) >= 8:  # one more, or one less
        word = int.from_bytes(old[:8], "little") + rng.choice((1, -1))
        body[at : at + 8] = (word % 2**64).to_bytes(8, "little")
    elif kind == 2 and len(old) >= 8:  # a telling word
        body[at : at + 8] = rng.choice(_WORDS).to_bytes(8, "little")
    elif kind == 3:  # its neighbour
        body[at : at + 2 * unit] = body[at + unit : at + 2 * unit] + old
    elif kind == 4:  # missing
        del body[at : at + unit]
    elif kind == 5:  # twice
        body[at:at] = old
    elif kind == 6:  # another place of the file
        source = rng.randrange(max(1, len(body) - unit + 1))
        body[at : at + unit] = body[source : source + unit]
    elif kind == 7:  # cut, or longer
        if rng.random() < 0.5:
            del body[at:]
        else:
            body += bytes(rng.randrange(256) for _ in range(unit))
    elif kind == 8:  # the same field of the honest proof: back on the right way
        body[start : start + length] = subject.proof[start : start + length]
    else:  # random
        body[at : at + unit] = rng.randbytes(unit)


_SIZES = (0, 1, 4, 7, 8, 56, 64, 0xFFFF, 0x10000, 0x10001, 0x2000B, 1 << 26, 1 << 30, 1 << 31,
          (1 << 32) - 1, 1 << 40, 1 << 63, (1 << 64) - 0x10000, (1 << 64) - 1)  # fmt: skip


def _mutate_file(body: bytearray, rng: random.Random) -> bytes:
    """Fields of an ELF file stand at multiples of their size."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        size = rng.choice((1, 2, 4, 8))
        at = rng.randrange(max(1, len(body))) // size * size
        if rng.random() < 0.05:
            del body[at:]
            continue
        old = int.from_bytes(body[at : at + size], "little")
        value = rng.choice((rng.choice(_SIZES), old + 1, old - 1, old ^ 1 << rng.randrange(64)))
        body[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    return bytes(body)


def _mutate_text(honest: str, text: bytes, rng: random.Random) -> bytes:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, (dict, list)) or rng.random() < 0.1:
        raw = bytearray(text)
        at = rng.randrange(len(raw) + 1)
        raw[at : at + rng.randrange(3)] = rng.choice(
            (b"", b"0", b"9" * 5000, b"[" * 20000, b'"', b"\\ud800", b"\xff", b"1e9", b"true", b"-")
        )
        return rng.choice((bytes(raw), honest.encode()))
    for _ in range(rng.choice((1, 1, 2))):
        _mutate_json(data, rng)
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _places(data: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """(container, index) of everything inside."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for index, value in list(items):
        found.append((data, index))
        if isinstance(value, (dict, list)):
            _places(value, found)
    return found


def _mutate_json(data: Any, rng: random.Random) -> None:
    places = _places(data, [])
    if not places:
        return
    container, index = rng.choice(places)
    value = container[index]
    kind = rng.randrange(6)
    if kind == 0 and isinstance(container, list):
        container.insert(index, value)
    elif kind == 1:
        del container[index]
    elif kind == 2:
        other, place = rng.choice(places)
        container[index] = other[place] if not isinstance(other[place], (dict, list)) else value
    elif kind == 3 and type(value) is int:
        container[index] = value + rng.choice((1, -1, 7))
    elif kind == 4:
        container[index] = rng.choice((None, True, 1.5, "", "x", "\ud800", "add", [], {}, [0]))
    else:
        container[index] = rng.choice(_INTEGERS)
