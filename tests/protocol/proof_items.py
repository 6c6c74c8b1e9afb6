"""A proof taken apart into its named items."""

from __future__ import annotations

import cstark as cs
from cstark.protocol.proof import Proof, Reader
from tests.oracles.forging import verify_aloud
from tests.oracles.zoo import Case

__all__ = ["header_items", "items_of", "recorded_items"]


def items_of(case: Case, machine: cs.Machine, data: bytes) -> list[tuple[str, bytes]]:
    """(name, bytes) of all items of a valid proof, in order: together they are the file."""
    entries: list[tuple[str, str, bytes]] = []
    verify_aloud(
        machine.verifying_key(), data, case.publics, lambda *entry: entries.append(entry),
        tokens=case.tokens,
    )  # fmt: skip
    items = header_items(data) + recorded_items(entries)
    assert b"".join(item for _, item in items) == data
    return items


def recorded_items(entries: list[tuple[str, str, bytes]]) -> list[tuple[str, bytes]]:
    """(name, bytes) of the items that a listener noted."""
    return [(label, data) for kind, label, data in entries if kind == "item"]


def header_items(data: bytes) -> list[tuple[str, bytes]]:
    """(name, bytes) of what `Proof.from_bytes` reads, in order."""
    read: list[tuple[str, bytes]] = []
    honest = Reader.take

    def take(self: Reader, count: int, what: str) -> memoryview:
        taken = honest(self, count, what)
        read.append((what, bytes(taken)))
        return taken

    Reader.take = take  # type: ignore[method-assign]
    try:
        Proof.from_bytes(data)
    finally:
        Reader.take = honest  # type: ignore[method-assign]
    return read
