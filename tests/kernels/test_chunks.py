"""Long calls: every kernel is heard between pieces, and can be ended there."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.kernels import _chunks, _field, _fri, _hash, _matmul, _ntt, _openings, _runtime
from tests.oracles import zoo

P = 2**64 - 2**32 + 1
ROWS = 1 << 6
ZETA = np.array([1, 2, 3], dtype=np.uint64)


def words(*shape):
    return np.random.default_rng(1).integers(1, P, shape, dtype=np.uint64)


def digests(*shape):
    return np.zeros((*shape, 32), dtype=np.uint8)


FLAT, EXT, WORD, OUT = words(ROWS), words(ROWS, 3), words(3, 2, ROWS), words(ROWS)

KERNELS = {
    "first_invalid": lambda: _field.first_invalid(FLAT),
    "add": lambda: _field.add(FLAT, FLAT, OUT),
    "neg": lambda: _field.neg(FLAT, OUT),
    "inverse": lambda: _field.inverse(FLAT, OUT),
    "power": lambda: _field.power(FLAT, 5, OUT),
    "power_each": lambda: _field.power_each(FLAT, FLAT, OUT),
    "powers": lambda: _field.powers(3, 5, OUT),
    "dot": lambda: _field.dot(FLAT, FLAT),
    "scan": lambda: _field.scan("mul", EXT, EXT.copy()),
    "fold_rows": lambda: _field.fold("add", EXT, OUT[:3]),
    "matmul": lambda: _matmul.multiply(EXT, words(3, 2), words(ROWS, 2)),
    "ext_mul": lambda: _field.ext_mul(EXT, EXT, EXT.copy()),
    "ext_power_each": lambda: _field.ext_power_each(EXT, FLAT, EXT.copy()),
    "ext_neg": lambda: _field.ext_neg(EXT, EXT.copy()),
    "ext_inverse": lambda: _field.ext_inverse(EXT, EXT.copy()),
    "ext_dot": lambda: _field.ext_dot(EXT, EXT),
    "transform": lambda: _ntt.transform(_ntt.Plan(6), words(ROWS, 4), words(ROWS, 4), False),
    "lde": lambda: _ntt.lde(_ntt.Plan(6), words(ROWS, 4), words(1, ROWS, 4), FLAT[:1]),
    "hash_rows": lambda: _hash.hash_rows(1, EXT, digests(ROWS)),
    "leaf_digests": lambda: _hash.leaf_digests(1, [EXT[None]], [3], digests(1, ROWS)),
    "word_leaf_digests": lambda: _hash.word_leaf_digests(1, WORD, 4, digests(2, ROWS // 4)),
    "node_digests": lambda: _hash.node_digests(
        1, digests(1, ROWS), digests(1, ROWS), None, digests(1, ROWS)
    ),
    "leaf_digests_many": lambda: _hash.leaf_digests_many(
        1, [([EXT[None]], [3], digests(1, ROWS))] * 2
    ),
    "tree_digests": lambda: _hash.tree_digests(
        1, digests(1, ROWS), [None] * 6, 0, np.zeros((ROWS - 1, 32), dtype=np.uint8)
    ),
    "lde_many": lambda: _ntt.lde_many(
        [(_ntt.Plan(6), words(ROWS, 4), words(1, ROWS, 4), FLAT[:1], *[None] * 5, False)] * 2
    ),
    "column_sums_many": lambda: _openings.column_sums_many(
        [(EXT, 3, WORD[:, 0], 0, words(3, 3))] * 2
    ),
    "combine": lambda: _openings.combine([([(EXT, words(3, 3), words(3, ROWS), False)], [])] * 2),
    "grind": lambda: _hash.grind(1, b"x" * 40, 64, 0, 100),
    "fold": lambda: _fri.fold(WORD, 4, ZETA, words(3, 2, ROWS // 4)),
    "join": lambda: _fri.join(WORD.copy(), ZETA, WORD),
    "inverse_differences": lambda: _openings.inverse_differences(3, 2, 6, ZETA, WORD.copy()),
    "inverse_points": lambda: _openings.inverse_points(3, 6, OUT),
    "scale_by_points": lambda: _openings.scale_by_points(3, 6, WORD[:, 0], words(3, ROWS)),
    "column_sums": lambda: _openings.column_sums(EXT, 3, WORD[:, 0], 0, words(3, 3)),
    "row_sums": lambda: _openings.row_sums(EXT, words(3, 3), words(3, ROWS), False),
    "add_quotient": lambda: _openings.add_quotient(WORD, ZETA, WORD, 1, words(3, 2, ROWS), False),
    "word_to_rows": lambda: _openings.word_to_rows(WORD[:, 0], words(ROWS, 3)),
    "rows_to_word": lambda: _openings.rows_to_word(words(ROWS, 3), words(3, ROWS)),
    "touch": lambda: _chunks.touch(OUT.copy()),
}


class Enough(Exception):
    pass


@pytest.fixture
def tiny_pieces():
    """A chunk a thread."""
    before = _chunks.set_piece(1.0)
    yield
    _chunks.set_piece(before)


@pytest.fixture
def threads():
    before = _runtime.threads()
    yield _runtime.set_threads
    _runtime.set_threads(before)


@pytest.fixture
def watch():
    """Set a watcher for this test."""

    def start(watcher):
        assert _chunks.set_watcher(watcher) is None

    yield start
    _chunks.set_watcher(None)


@pytest.mark.parametrize("name", KERNELS)
def test_a_watcher_ends_every_kernel(name, watch):
    told = []

    def tell(nanoseconds):
        told.append(nanoseconds)
        raise Enough

    watch(tell)
    with pytest.raises(Enough):
        KERNELS[name]()
    assert len(told) == 1 and told[0] > 0
    assert _runtime.regions() == 0
    _chunks.set_watcher(None)
    KERNELS[name]()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_long_calls_come_in_pieces(count, threads, watch, tiny_pieces):
    """Results and bad indices do not depend on where a piece ends."""
    threads(count)
    told = []
    watch(told.append)
    n = 150_000
    a = words(n)
    out = np.empty_like(a)
    _field.mul(a, a, out)
    assert len(told) > 30 // count
    assert sum(told) == pytest.approx(1.0 * n)
    assert out[::1001].tolist() == [pow(int(v), 2, P) for v in a[::1001]]
    for bad in (0, 7, 131_071, n - 1):
        b = a.copy()
        b[bad:] = 0
        assert _field.inverse(b, out) == bad
        b[bad:] = 2**64 - 1
        assert _field.first_invalid(b) == bad


def test_grinding_finds_the_smallest_across_pieces(tiny_pieces, watch):
    told = []
    watch(told.append)
    found = _hash.grind(0, b"y" * 40, 17, 0, 1 << 64)
    step = 1 << 12
    again = -1
    start = 0
    while again < 0:
        again = _hash.grind(0, b"y" * 40, 17, start, step)
        start += step
    assert found == again
    assert len(told) > 1


def test_memory_is_touched_and_told(watch):
    _runtime.release_memory()
    told = []
    watch(told.append)
    size = 8 << 20
    buffer = _runtime.aligned(size // 8)
    assert sum(told) == pytest.approx(_chunks.touch_cost(size))
    del buffer, told[:]
    kept = _runtime.aligned(size // 8)  # the same memory again
    assert told == [] and kept.size == size // 8
    small = _runtime.aligned(100)
    assert told == [] and small.size == 100


@pytest.mark.parametrize("count", [1, 3])
def test_a_proof_does_not_depend_on_pieces(count, threads, tiny_pieces):
    case = zoo.together(zoo.fibonacci(11), zoo.cubic(12), zoo.lookup(3, 12, 4))
    machine = case.machine(grinding=12)
    in_pieces = []
    threads(count)
    proof = case.prove(machine, progress=lambda *step: in_pieces.append(step))
    tiny = _chunks.set_piece(5e7)
    whole = []
    threads(1)
    assert proof == case.prove(machine, progress=lambda *step: whole.append(step))
    _chunks.set_piece(tiny)
    assert len(in_pieces) > 2 * len(whole) / count


def test_what_a_watcher_may_be():
    def watcher(nanoseconds):
        pass

    assert _chunks.set_watcher(watcher) is None
    assert _chunks.set_watcher(print) is watcher
    assert _chunks.set_watcher(None) is print
    assert _chunks.set_watcher(None) is None


@pytest.mark.parametrize("pieces, together", [(500, 16), (70, 4), (31, 1)])
def test_a_thread_takes_neighbours(pieces, together):
    """In handfuls of its share, none larger than an eighth of it; when it is done, of another's."""
    before = _runtime.threads()
    _runtime.set_threads(2)
    try:
        takers = np.full(pieces, 9, dtype=np.uint64)
        marks = np.zeros(2, dtype=np.uint64)
        _chunks.mark_threads(marks, takers)
    finally:
        _runtime.set_threads(before)
    assert np.bincount(takers.astype(int), minlength=2).tolist() == marks.tolist()
    for start, end in [(0, pieces // 2), (pieces // 2, pieces)]:
        for first in range(start, end, together):
            assert len(set(takers[first : min(first + together, end)].tolist())) == 1
    with pytest.raises(ValueError, match="at least one"):
        _chunks.mark_threads(np.zeros(2, dtype=np.uint64), takers[:0])


def test_a_thread_takes_of_its_share_first():
    """Thread 1 of two: 4 of the second half at a time, then what is left of the first."""
    assert _chunks.hand_out(64, 2, [1, 0, *[1] * 16]) == [
        (32, 36), (0, 4), *[(k, k + 4) for k in range(36, 64, 4)],
        *[(k, k + 4) for k in range(4, 32, 4)], (0, 0), (0, 0),
    ]  # fmt: skip
    assert _chunks.hand_out(3, 5, range(5)) == [(0, 1), (1, 2), (2, 3), (0, 0), (0, 0)]
    assert _chunks.hand_out(3, 2, [0, 0, 0, 0]) == [(0, 1), (1, 2), (2, 3), (0, 0)]
    for arguments in [(-1, 1, []), (1, 0, []), (1, 129, []), (1, 2, [2]), (1, 2, [-1])]:
        with pytest.raises(ValueError, match="share"):
            _chunks.hand_out(*arguments)


@pytest.mark.parametrize("count", [0, 1, 63, 64, 1000])
@pytest.mark.parametrize("threads", [1, 3, 16, 128])
def test_every_chunk_is_handed_out_once(count, threads):
    askers = [k * k % threads for k in range(count + threads)]
    spans = [span for span in _chunks.hand_out(count, threads, askers) if span[0] < span[1]]
    assert sorted(k for span in spans for k in range(*span)) == [*range(count)]
    assert max((last - first for first, last in spans), default=1) <= 16


@pytest.mark.parametrize("pieces", [2, 3, 5, 7, 100, 1000])
@pytest.mark.parametrize("count", [2, 3, 200])
def test_every_piece_is_done_once(pieces, count):
    before = _runtime.threads()
    _runtime.set_threads(count)
    try:
        for _ in range(20):
            takers, marks = np.full(pieces, 9, dtype=np.uint64), np.zeros(count, dtype=np.uint64)
            _chunks.mark_threads(marks, takers)
            assert int(marks.sum()) == pieces and takers.max() < count
    finally:
        _runtime.set_threads(before)
