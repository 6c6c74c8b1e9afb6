"""What ``decompress.c`` computes, and a compressor for its input."""

from __future__ import annotations

import zlib

__all__ = ["compress", "make_input", "reference"]

_MOST = 64 * 1024


def _length(value: int) -> bytes:
    """What follows a length of 15 or more in the token."""
    return b"" if value < 15 else b"\xff" * ((value - 15) // 255) + bytes([(value - 15) % 255])


def compress(data: bytes) -> bytes:
    """An LZ4 block of `data`: the longest earlier match, as the format's rules for the end allow.

    Examples
    --------
    >>> compress(b"abcabcabcabcabcabcabc")
    b'9abc\\x03\\x00Pbcabc'
    """
    out, at, start = b"", 0, 0
    while at < len(data) - 12:  # the last match begins 12 bytes before the end, or earlier
        found = data.rfind(data[at : at + 4], 0, at + 3)
        if found < 0 or at - found > 0xFFFF:
            at += 1
            continue
        size = 4
        while at + size < len(data) - 5 and data[found + size] == data[at + size]:
            size += 1
        literals = data[start:at]
        token = min(len(literals), 15) << 4 | min(size - 4, 15)
        out += bytes([token]) + _length(len(literals)) + literals
        out += (at - found).to_bytes(2, "little") + _length(size - 4)
        at += size
        start = at
    literals = data[start:]
    return out + bytes([min(len(literals), 15) << 4]) + _length(len(literals)) + literals


def make_input(size: int = 1) -> bytes:
    """About 600 `size` bytes of text, compressed."""
    lines = [b"line %d: so many words, so little to say.\n" % (k * k) for k in range(14 * size)]
    return compress(b"".join(lines) + b"z" * 40 + b"the end")


def reference(data: bytes) -> tuple[bytes, int]:
    """Output and exit code for an input."""
    try:
        out = _decompress(data)
    except (ValueError, IndexError):
        return b"", 2
    return len(out).to_bytes(4, "little") + zlib.crc32(out).to_bytes(4, "little"), 0


def _decompress(data: bytes) -> bytes:
    out, at = bytearray(), 0

    def longer(length: int) -> int:
        nonlocal at
        if length == 15:
            while True:
                byte = data[at]
                at += 1
                length += byte
                if byte < 255:
                    break
        return length

    while True:
        token = data[at]
        at += 1
        literals = longer(token >> 4)
        if at + literals > len(data) or len(out) + literals > _MOST:
            raise ValueError("literals")
        out += data[at : at + literals]
        at += literals
        if at == len(data):
            return bytes(out)
        distance = data[at] + 256 * data[at + 1]
        at += 2
        size = longer(token & 15) + 4
        if not 0 < distance <= len(out) or len(out) + size > _MOST:
            raise ValueError("match")
        for _ in range(size):
            out.append(out[-distance])
