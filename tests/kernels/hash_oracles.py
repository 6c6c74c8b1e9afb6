"""Independent implementations of the three hashes, and the tagged hashes made of them."""

from __future__ import annotations

import hashlib

import blake3
from Crypto.Hash import keccak

KECCAK256, BLAKE3, SHA256 = 0, 1, 2
ALGORITHMS = [KECCAK256, BLAKE3, SHA256]
PLAIN, LEAF, NODE, INJECT = 0, 1, 2, 3
_KEYS = {LEAF: b"cstark leaf", NODE: b"cstark node", INJECT: b"cstark inject"}


def oracle(algorithm: int, data: bytes, tag: int = PLAIN) -> bytes:
    """The hash of `data` under `tag`, by hashlib, pycryptodome or the reference BLAKE3."""
    if algorithm == BLAKE3:
        if tag == PLAIN:
            return blake3.blake3(data).digest()
        return blake3.blake3(data, key=_KEYS[tag].ljust(32, b"\0")).digest()
    if algorithm == SHA256:
        return hashlib.sha256(data + (bytes([tag]) if tag else b"")).digest()
    assert algorithm == KECCAK256
    ending = tag.to_bytes(8, "little") if tag else b""
    return keccak.new(digest_bits=256, data=data + ending).digest()
