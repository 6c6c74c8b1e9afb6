"""What ``search.c`` computes."""

from __future__ import annotations

import bisect
import random
import struct

__all__ = ["make_input", "reference"]


def make_input(size: int = 1) -> bytes:
    """50 `size` numbers and 10 queries."""
    source = random.Random(size)
    numbers = [source.randrange(100_000) for _ in range(50 * size)]
    queries = [source.randrange(100_000) for _ in range(8)] + [0, numbers[0]]
    words = [len(numbers), len(queries), *numbers, *queries]
    return struct.pack(f"<{len(words)}I", *words)


def reference(data: bytes) -> tuple[bytes, int]:
    """Output and exit code for an input."""
    if len(data) < 8:
        return b"", 2
    n, q = struct.unpack_from("<II", data)
    if len(data) != 8 + 4 * (n + q):
        return b"", 2
    words = struct.unpack_from(f"<{n + q}I", data, 8)
    numbers = sorted(words[:n])
    output = struct.pack("<I", n)
    for query in words[n:]:
        output += struct.pack("<II", query, bisect.bisect_left(numbers, query))
    return output, 0
