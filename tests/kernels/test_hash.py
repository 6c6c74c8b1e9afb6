"""The hash kernels against hashlib, pycryptodome and the reference BLAKE3."""

from __future__ import annotations

import ctypes
import mmap

import numpy as np
import pytest
from hash_oracles import ALGORITHMS, BLAKE3, INJECT, LEAF, NODE, oracle

from cstark.kernels import _hash, _runtime

# Every way to compute the digests here: instruction set, with SHA instructions or not.
WAYS = [(isa, False) for isa in _runtime.isas()]
_runtime.set_isa(_runtime.isa(), sha=True)
if _runtime.sha():
    WAYS.append((_runtime.isas()[-1], True))
_runtime.set_isa(_runtime.isa())
# Widths on both sides of every block and chunk boundary, in words.
WIDTHS = [*range(1, 41), 49, 50, 51, 52, 127, 128, 129, 136, 137, 255, 256, 257, 300, 385, 2500]


@pytest.fixture(params=WAYS, ids=lambda way: way[0] + "-sha" * way[1])
def way(request):
    isa, threads = _runtime.isa(), _runtime.threads()
    _runtime.set_isa(*request.param)
    yield request.param
    _runtime.set_isa(isa)
    _runtime.set_threads(threads)


@pytest.fixture(params=ALGORITHMS, ids=["keccak256", "blake3", "sha256"])
def algorithm(request):
    return request.param


def words(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, shape, dtype=np.uint64)


def digests(*shape: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 32), dtype=np.uint8)


def check(out: np.ndarray, messages: dict, algorithm: int, tag: int = 0) -> None:
    """Every digest of `out` is that of the message with its index."""
    for index, message in messages.items():
        assert out[index].tobytes() == oracle(algorithm, message, tag), index


def test_empty_message_has_the_published_digest(way):
    published = [
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]
    assert [_hash.digest(k, b"").hex() for k in ALGORITHMS] == published


def test_digest_of_every_length(way, algorithm):
    data = digests(200).tobytes()
    for size in [*range(0, 300), *range(1000, 1100), 2047, 2048, 2049, 3073, 4096, 5000, 6400]:
        assert _hash.digest(algorithm, data[:size]) == oracle(algorithm, data[:size]), size


def test_counted_hashes(way, algorithm):
    for length in (0, 1, 31, 56, 64, 200):
        prefix = bytes(range(length))
        expected = [oracle(algorithm, prefix + n.to_bytes(8, "little")) for n in range(3, 8)]
        assert _hash.counted(algorithm, prefix, 3, 5) == b"".join(expected)
        assert _hash.counted(algorithm, prefix, 3, 0) == b""
    with pytest.raises(ValueError, match="first and count"):
        _hash.counted(algorithm, b"", -1, 1)


@pytest.mark.parametrize("kind", [bytearray, memoryview, lambda b: np.frombuffer(b, np.uint16)])
def test_digest_takes_any_buffer(algorithm, kind):
    assert _hash.digest(algorithm, kind(b"cstark")) == oracle(algorithm, b"cstark")


@pytest.mark.parametrize("width", [0, *WIDTHS])
def test_rows_of_every_width(way, algorithm, width):
    rows = words(9 if width > 200 else 19, width)
    out = np.empty((len(rows), 32), np.uint8)
    _hash.hash_rows(algorithm, rows, out)
    check(out, {i: row.tobytes() for i, row in enumerate(rows)}, algorithm)


@pytest.mark.parametrize("n", range(0, 20))
def test_rows_of_every_number(way, algorithm, n):
    rows = words(n, 5)
    out = np.full((n + 1, 32), 7, np.uint8)
    _hash.hash_rows(algorithm, rows, out[:n])
    check(out, {i: row.tobytes() for i, row in enumerate(rows)}, algorithm)
    assert (out[n] == 7).all()


@pytest.mark.parametrize(
    "rows",
    [
        words(40, 24)[::3, 2:9],
        words(40, 24)[::-1, ::2],
        words(24, 11).T,
        words(11, 24)[:, ::-1],
        np.broadcast_to(words(5), (11, 5)),
        np.broadcast_to(words(11, 1), (11, 5)),
        words(9, 1)[:, :1],
    ],
    ids=["cut", "strided", "transposed", "reversed", "one row", "one column", "single"],
)
def test_rows_of_any_strides(way, algorithm, rows):
    out = np.empty((len(rows), 32), np.uint8)
    _hash.hash_rows(algorithm, rows, out)
    check(out, {i: row.tobytes() for i, row in enumerate(rows)}, algorithm)


@pytest.mark.parametrize("width", WIDTHS)
def test_leaf_of_one_matrix(way, algorithm, width):
    matrix = words(2, 5, width + (-width) % 4)
    out = np.empty((2, 5, 32), np.uint8)
    _hash.leaf_digests(algorithm, [matrix], [width], out)
    expected = {index: matrix[index][:width].tobytes() for index in np.ndindex(2, 5)}
    check(out, expected, algorithm, LEAF)


@pytest.mark.parametrize("widths", [[3, 0, 5], [1, 1], [32, 7, 64], [100, 100], [0], [17, 128, 1]])
def test_leaf_of_several_matrices(way, algorithm, widths):
    matrices = [words(3, 11, width + 4 & ~3, seed=width) for width in widths]
    out = np.empty((3, 11, 32), np.uint8)
    _hash.leaf_digests(algorithm, matrices, widths, out)
    expected = {
        index: b"".join(m[index][:w].tobytes() for m, w in zip(matrices, widths, strict=True))
        for index in np.ndindex(3, 11)
    }
    check(out, expected, algorithm, LEAF)


@pytest.mark.parametrize("arity", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("m", [1, 2, 3, 4, 7, 8, 9, 16, 21])
def test_leaf_of_a_planar_word(way, algorithm, arity, m):
    word = words(3, 2, arity * m)
    out = np.empty((2, m, 32), np.uint8)
    _hash.word_leaf_digests(algorithm, word, arity, out)
    expected = {(q, i): word[:, q, i::m].T.tobytes() for q in range(2) for i in range(m)}
    check(out, expected, algorithm, LEAF)


@pytest.mark.parametrize("m", [*range(1, 10), 16, 17])
@pytest.mark.parametrize("inject", [False, True])
def test_nodes_of_the_halves_of_one_array(way, algorithm, m, inject):
    children = digests(3, 2 * m)
    left, right = children[:, :m], children[:, m:]
    leaf = digests(3, m, seed=3) if inject else None
    out = np.empty((3, m, 32), np.uint8)
    _hash.node_digests(algorithm, left, right, leaf, out)
    for index in np.ndindex(3, m):
        parts = [left, right, leaf] if inject else [left, right]
        message = b"".join(part[index].tobytes() for part in parts)
        assert out[index].tobytes() == oracle(algorithm, message, INJECT if inject else NODE)


@pytest.fixture(scope="module")
def before_a_wall():
    """A function that places a copy of an array so that it ends where readable memory ends."""
    size = 1 << 16
    memory = mmap.mmap(-1, size + mmap.PAGESIZE)
    address = np.frombuffer(memory, np.uint8).ctypes.data
    libc = ctypes.CDLL(None, use_errno=True)
    protect = libc.mprotect(ctypes.c_void_p(address + size), mmap.PAGESIZE, 0)
    assert protect == 0, ctypes.get_errno()

    def place(a: np.ndarray) -> np.ndarray:
        placed = np.frombuffer(memory, a.dtype, a.size, size - a.nbytes).reshape(a.shape)
        placed[...] = a
        return placed

    return place


def test_nothing_beyond_the_input_is_read(way, algorithm, before_a_wall):
    """Would end the process by a segmentation fault."""
    for width in [*range(1, 40), 50, 51, 52, 130]:
        for n in (1, 2, 5, 9):
            rows = before_a_wall(words(n, width))
            out = np.empty((n, 32), np.uint8)
            _hash.hash_rows(algorithm, rows, out)
            check(out, {n - 1: rows[-1].tobytes()}, algorithm)
    for size in range(1, 140):
        data = before_a_wall(digests(5).reshape(-1)[:size])
        assert _hash.digest(algorithm, data) == oracle(algorithm, data.tobytes())
    for m in range(1, 18):
        children = before_a_wall(digests(1, 2 * m))
        out = np.empty((1, m, 32), np.uint8)
        _hash.node_digests(algorithm, children[:, m:], children[:, :m], None, out)
        _hash.node_digests(algorithm, children[:, m:], children[:, :m], children[:, m:], out)
        word = before_a_wall(words(3, 1, 4 * m))
        _hash.word_leaf_digests(algorithm, word, 4, out)


def test_nodes_in_a_slice_of_a_larger_array(way, algorithm):
    tree = digests(2, 30)
    left, right = tree[:, 0:10].copy(), tree[:, 10:20].copy()
    _hash.node_digests(algorithm, tree[:, 0:10], tree[:, 10:20], None, tree[:, 20:])
    expected = {i: left[i].tobytes() + right[i].tobytes() for i in np.ndindex(2, 10)}
    check(tree[:, 20:], expected, algorithm, NODE)
    assert (tree[:, :10] == left).all() and (tree[:, 10:20] == right).all()


def test_threads_and_ways_agree_on_large_jobs(way, algorithm):
    matrix, other = words(2, 5003, 12), words(2, 5003, 8)
    word, children = words(3, 2, 8 * 5003), digests(2, 2 * 20011)
    results = []
    for threads in (1, 2, 3, 7):
        _runtime.set_threads(threads)
        out = np.zeros((2, 3 * 5003 + 20011, 32), np.uint8)
        parts = np.split(out, np.cumsum([5003, 5003, 5003]), axis=1)
        _hash.leaf_digests(algorithm, [matrix], [12], parts[0])
        _hash.leaf_digests(algorithm, [matrix, other], [11, 5], parts[1])
        _hash.word_leaf_digests(algorithm, word, 8, parts[2])
        _hash.node_digests(algorithm, children[:, :20011], children[:, 20011:], None, parts[3])
        results.append(out.copy())
    for result in results[1:]:
        assert (result == results[0]).all()
    edge = {(1, 5002): matrix[1, 5002].tobytes()}
    check(results[0], edge, algorithm, LEAF)
    check(
        results[0][:, 5003:],
        {(1, 5002): matrix[1, 5002, :11].tobytes() + other[1, 5002, :5].tobytes()},
        algorithm,
        LEAF,
    )
    check(results[0][:, 10006:], {(0, 77): word[:, 0, 77::5003].T.tobytes()}, algorithm, LEAF)
    node = children[1, 20010].tobytes() + children[1, 40021].tobytes()
    check(results[0][:, 15009:], {(1, 20010): node}, algorithm, NODE)


def brute_force(algorithm: int, prefix: bytes, bits: int, start: int, count: int) -> int:
    for nonce in range(start, start + count):
        digest = oracle(algorithm, prefix + nonce.to_bytes(8, "little"))
        if int.from_bytes(digest[:8], "little") % (1 << bits) == 0:
            return nonce
    return -1


@pytest.mark.parametrize("bits", range(15))
def test_grind_finds_the_smallest_nonce(algorithm, bits):
    prefix = bytes(range(40))
    start = [0, 5, 2**32 - 3, 2**63 + 1][bits % 4]
    expected = brute_force(algorithm, prefix, bits, start, 1 << 18)
    before = _runtime.isa()
    for way in WAYS:
        _runtime.set_isa(*way)
        assert _hash.grind(algorithm, prefix, bits, start, 1 << 18) == expected
        if expected >= 0:  # the bounds are exact
            length = expected - start
            assert _hash.grind(algorithm, prefix, bits, start, length) == -1
            assert _hash.grind(algorithm, prefix, bits, start, length + 1) == expected
            assert _hash.grind(algorithm, prefix, bits, expected, 1) == expected
    _runtime.set_isa(before)


def test_grind_with_threads_finds_the_smallest(way, algorithm):
    prefix = b"threads".ljust(40, b"\0")
    found = []
    for threads in (1, 2, 3, 7):
        _runtime.set_threads(threads)
        found.append(_hash.grind(algorithm, prefix, 16, 11, 1 << 22))
    assert found == [found[0]] * 4
    digest = oracle(algorithm, prefix + found[0].to_bytes(8, "little"))
    assert int.from_bytes(digest[:8], "little") % 2**16 == 0


def test_grind_at_the_ends_of_its_ranges():
    prefix = bytes(40)
    last = 2**64 - 1
    assert _hash.grind(BLAKE3, prefix, 0, last, 1) == last
    assert _hash.grind(BLAKE3, prefix, 0, 0, 0) == -1
    assert _hash.grind(BLAKE3, prefix, 64, 0, 1000) == -1
    assert _hash.grind(BLAKE3, prefix, 0, 7, 2**64 - 7) == 7


def test_read_only_inputs_are_accepted(algorithm):
    matrix, pair = words(1, 4, 4), digests(2, 4)
    matrix.flags.writeable = pair.flags.writeable = False
    out = np.empty((1, 4, 32), np.uint8)
    _hash.leaf_digests(algorithm, [matrix], [4], out)
    _hash.node_digests(algorithm, pair[:1], pair[1:], None, out)
    _hash.hash_rows(algorithm, matrix[0], out[0])


OUT = np.empty((2, 4, 32), np.uint8)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: _hash.digest(3, b""), "algorithm"),
        (lambda: _hash.digest(-1, b""), "algorithm"),
        (lambda: _hash.hash_rows(0, words(3, 3), OUT[0]), "out"),
        (lambda: _hash.leaf_digests(0, [], [], OUT), "widths"),
        (lambda: _hash.leaf_digests(0, [words(2, 4, 4)], [4, 4], OUT), "widths"),
        (lambda: _hash.leaf_digests(0, [words(2, 4, 4)], [5], OUT), "matrices"),
        (lambda: _hash.leaf_digests(0, [words(2, 4, 4)], [-1], OUT), "matrices"),
        (lambda: _hash.leaf_digests(0, [words(1, 4, 4)], [4], OUT), "matrices"),
        (lambda: _hash.leaf_digests(0, [words(2, 4, 4)], [4], OUT[:, :, :31]), "out"),
        (lambda: _hash.leaf_digests(0, [words(2, 2, 4)], [4], OUT[:, ::2]), "out"),
        (lambda: _hash.word_leaf_digests(0, words(2, 2, 8), 2, OUT), "word"),
        (lambda: _hash.word_leaf_digests(0, words(3, 2, 8), 3, OUT), "arity"),
        (lambda: _hash.word_leaf_digests(0, words(3, 2, 8), 0, OUT), "arity"),
        (lambda: _hash.word_leaf_digests(0, words(3, 2, 16), 2, OUT), "out"),
        (lambda: _hash.node_digests(0, OUT[:, :2], OUT, None, OUT), "left"),
        (lambda: _hash.node_digests(0, digests(2, 4), OUT[:1], None, digests(2, 4)), "right"),
        (lambda: _hash.node_digests(0, OUT, OUT, digests(2, 3), digests(2, 4)), "leaf"),
        (lambda: _hash.grind(0, bytes(39), 1, 0, 1), "prefix"),
        (lambda: _hash.grind(0, bytes(40), 65, 0, 1), "bits"),
        (lambda: _hash.grind(0, bytes(40), -1, 0, 1), "bits"),
        (lambda: _hash.grind(0, bytes(40), 1, 2**64 - 1, 2), "start"),
        (lambda: _hash.grind(0, bytes(40), 1, -1, 2), "start"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()
