"""Field and hashes of the pure verifier against other people's implementations."""

from __future__ import annotations

import itertools
import random

import pytest
from hash_oracles import INJECT, LEAF, NODE, oracle

from cstark.pure.field import Ext, P, horner, invert, root
from cstark.pure.hashes import HASHES
from tests.oracles import fields

NAMES = ["keccak256", "blake3", "sha256"]
EDGE = [0, 1, 2, 2**32 - 1, 2**32, 2**32 + 1, P - 2, P - 1]


def elements(count):
    rng = random.Random(count)
    return [Ext(*(rng.choice([*EDGE, rng.randrange(P)]) for _ in range(3))) for _ in range(count)]


def test_extension_against_flint():
    sample = elements(60)
    for a, b in itertools.pairwise(sample):
        x, y = fields.ext(a.key()), fields.ext(b.key())
        assert list((a + b).key()) == fields.words(x + y)
        assert list((a - b).key()) == fields.words(x - y)
        assert list((a * b).key()) == fields.words(x * y)
        assert list((a**13).key()) == fields.words(x**13)
        if a != Ext(0):
            assert list(a.inverse().key()) == fields.words(x**-1)
    for zero in (Ext(0), Ext(P)):
        with pytest.raises(ZeroDivisionError):
            zero.inverse()
    with pytest.raises(ZeroDivisionError):
        invert(P)


def test_roots_and_horner():
    for k in range(33):
        assert root(2**k) == fields.root(k)
    x = Ext(3, 4, 5)
    assert horner([Ext(7), Ext(8), Ext(9)], x) == Ext(7) * x**2 + Ext(8) * x + Ext(9)


@pytest.mark.parametrize("number", range(3))
def test_hashes(number):
    hasher = HASHES[NAMES[number]]
    rng = random.Random(number)
    lengths = [0, 1, 3, 63, 64, 65, 127, 128, 135, 136, 137, 271, 272, 1023, 1024, 1025,
               2048, 2049, 3072, 3073, 5120, 7000]  # fmt: skip
    for length in lengths:
        data = rng.randbytes(length)
        assert hasher.plain(data) == oracle(number, data)
        assert hasher.leaves([data]) == [oracle(number, data, LEAF)]
    pair, triple = rng.randbytes(64), rng.randbytes(96)
    assert hasher.nodes([pair]) == [oracle(number, pair, NODE)]
    assert hasher.injected([triple]) == [oracle(number, triple, INJECT)]


@pytest.mark.parametrize("number", range(3))
def test_many_hashes_at_once(number):
    """Messages of one length share their additions; words of all ones carry into no neighbour."""
    hasher = HASHES[NAMES[number]]
    rng = random.Random(number)
    messages = [rng.randbytes(length) for length in [64] * 7 + [96] * 3 + [1025] * 2 + [0, 64]]
    messages += [b"\xff" * 64, bytes(64), b"\xff" * 64]
    for many, tag in ((hasher.leaves, LEAF), (hasher.nodes, NODE), (hasher.injected, INJECT)):
        assert many(messages) == [oracle(number, message, tag) for message in messages]
        assert many([]) == []
