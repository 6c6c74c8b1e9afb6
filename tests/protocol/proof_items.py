"""A proof taken apart into its named items."""

from __future__ import annotations

from cstark.protocol.proof import Proof, Reader

__all__ = ["header_items", "recorded_items"]


def recorded_items(entries: list[tuple[str, str, bytes]]) -> list[tuple[str, bytes]]:
    """(name, bytes) of the items that a ledger noted."""
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
