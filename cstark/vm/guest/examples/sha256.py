"""What ``sha256.c`` computes."""

from __future__ import annotations

import hashlib

__all__ = ["make_input", "reference"]


def make_input(size: int = 1) -> bytes:
    """100 `size` bytes of text."""
    return (b"The quick brown fox jumps over the lazy dog. " * (3 * size))[: 100 * size]


def reference(data: bytes) -> tuple[bytes, int]:
    """Output and exit code for an input."""
    return hashlib.sha256(data).digest(), 0
