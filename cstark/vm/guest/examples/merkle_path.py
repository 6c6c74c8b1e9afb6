"""What ``merkle_path.c`` computes."""

from __future__ import annotations

import hashlib

__all__ = ["make_input", "reference"]


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def make_input(size: int = 1) -> bytes:
    """A path of 2 `size` levels; the siblings stand for whole subtrees."""
    depth = min(2 * size, 64)
    siblings = b"".join(_hash(b"subtree %d" % level) for level in range(depth))
    position = 0x5555_5555_5555_5555 % (1 << depth)
    header = position.to_bytes(8, "little") + depth.to_bytes(8, "little")
    return header + siblings + b"Ada Lovelace, member no. 1"


def reference(data: bytes) -> tuple[bytes, int]:
    """Output and exit code for an input."""
    position, depth = (int.from_bytes(data[at : at + 8], "little") for at in (0, 8))
    if len(data) < 16 or depth > 64 or len(data) < 16 + 32 * depth or position >> depth:
        return b"", 2
    node = _hash(b"\0" + data[16 + 32 * depth :])
    for level in range(depth):
        sibling = data[16 + 32 * level : 48 + 32 * level]
        pair = sibling + node if position >> level & 1 else node + sibling
        node = _hash(b"\1" + pair)
    return node, 0
