"""The public hash functions: values against other implementations, and what they refuse."""

from __future__ import annotations

import doctest
import hashlib

import blake3
import numpy as np
import pytest
from Crypto.Hash import keccak
from hypothesis import given
from hypothesis import strategies as st

from cstark import hashing
from cstark.errors import CstarkError

ORACLES = {
    "keccak256": lambda data: keccak.new(digest_bits=256, data=data).digest(),
    "blake3": lambda data: blake3.blake3(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}


@pytest.fixture(params=ORACLES)
def name(request):
    return request.param


@given(data=st.binary(max_size=5000), name=st.sampled_from(list(ORACLES)))
def test_bytes(data, name):
    assert getattr(hashing, name)(data) == ORACLES[name](data)


def test_an_array_is_hashed_as_its_bytes(name):
    a = np.arange(30, dtype=np.float32).reshape(5, 6)
    assert getattr(hashing, name)(a) == ORACLES[name](a.tobytes())
    assert getattr(hashing, name)(a[:0]) == ORACLES[name](b"")


@pytest.mark.parametrize("data", ["text", 3, None, np.arange(10)[::2], [1, 2]])
def test_what_is_no_contiguous_buffer_is_refused(name, data):
    with pytest.raises(TypeError):
        getattr(hashing, name)(data)


@given(
    rows=st.integers(0, 20),
    columns=st.integers(0, 300),
    seed=st.integers(0, 2**32),
    name=st.sampled_from(list(ORACLES)),
)
def test_rows(rows, columns, seed, name):
    a = np.random.default_rng(seed).integers(0, 2**64, (rows, columns), dtype=np.uint64)
    digests = hashing.hash_rows(a, name)
    assert digests.shape == (rows, 32) and digests.dtype == np.uint8
    assert [row.tobytes() for row in digests] == [ORACLES[name](row.tobytes()) for row in a]


def test_blake3_is_the_default():
    a = np.arange(8, dtype=np.uint64).reshape(2, 4)
    assert (hashing.hash_rows(a) == hashing.hash_rows(a, "blake3")).all()


def test_out_is_written_and_given_back(name):
    a = np.arange(8, dtype=np.uint64).reshape(2, 4)
    out = np.zeros((2, 32), np.uint8)
    assert hashing.hash_rows(a, name, out=out) is out
    assert (out == hashing.hash_rows(a, name)).all()


def test_out_may_be_the_memory_of_the_input(name):
    a = np.arange(80, dtype=np.uint64).reshape(20, 4)
    expected = hashing.hash_rows(a, name)
    assert (hashing.hash_rows(a, name, out=a.view(np.uint8)) == expected).all()


def test_rows_of_other_types_and_shapes(name):
    a = np.arange(24, dtype=np.uint64).reshape(3, 8)
    expected = hashing.hash_rows(a, name)
    for same in (
        a.tolist(), a.astype(np.int16), a.astype(">u8"), memoryview(a), a.reshape(3, 2, 4),
        np.asfortranarray(a), a[::-1][::-1],
    ):  # fmt: skip
        assert (hashing.hash_rows(same, name) == expected).all()
    large = hashing.hash_rows([[2**64 - 1, 1]], name)
    assert large[0].tobytes() == ORACLES[name](b"\xff" * 8 + b"\1" + bytes(7))


def test_out_may_have_any_strides(name):
    a = np.arange(24, dtype=np.uint64).reshape(3, 8)
    wide = np.zeros((3, 64), np.uint8)
    hashing.hash_rows(a, name, out=wide[:, ::2])
    assert (wide[:, ::2] == hashing.hash_rows(a, name)).all() and not wide[:, 1::2].any()


WORDS = np.zeros((2, 4), np.uint64)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((WORDS, "md5"), "hash must be one of"),
        ((WORDS.astype(float),), "a must hold integers, not float64"),
        (([[1, -2]],), r"a\[0, 1\] is -2: negative"),
        (([[1], [2**64]],), r"a\[1, 0\] is 18446744073709551616: not below 2\^64"),
        ((WORDS[0],), "at least 2 axes"),
        ((7,), "at least 2 axes"),
        ((WORDS, "blake3", np.zeros((2, 31), np.uint8)), r"\(2, 31\), the result \(2, 32\)"),
        ((WORDS, "blake3", np.zeros((2, 32), np.int8)), "out must be a uint8 array, not int8"),
        ((WORDS, "blake3", [0]), "out must be a uint8 array, not list"),
        ((WORDS, "blake3", np.broadcast_to(np.uint8(0), (2, 32))), "out is read-only"),
    ],
)
def test_bad_arguments_are_explained(arguments, message):
    with pytest.raises(CstarkError, match=message):
        hashing.hash_rows(*arguments)


def test_examples():
    result = doctest.testmod(hashing)
    assert result.attempted > 5 and not result.failed
