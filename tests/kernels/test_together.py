"""Many calls in one parallel region give what each gives alone, and take few regions."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.kernels import _hash, _lookup, _ntt, _openings, _program, _runtime
from cstark.kernels._program import FLAGS, OPERATIONS, Bound
from tests.oracles import zoo

P = 2**64 - 2**32 + 1
COUNTS = (1, 2, 3, 7)


@pytest.fixture(params=_runtime.isas(), autouse=True)
def isa(request):
    before = _runtime.isa(), _runtime.threads()
    _runtime.set_isa(request.param)
    yield request.param
    _runtime.set_isa(before[0])
    _runtime.set_threads(before[1])


def numbers(seed, *shape):
    return np.random.default_rng(seed).integers(0, P, shape, dtype=np.uint64)


def octets(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 32), dtype=np.uint8)


def with_threads(compute):
    """The same arrays on any number of threads; those of one thread."""
    found = []
    for count in COUNTS:
        _runtime.set_threads(count)
        found.append(compute())
    for other in found[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(found[0], other, strict=True))
    return found[0]


def test_extensions():
    shapes = [(12, 9), (10, 16), (3, 2), (0, 3), (7, 5), (11, 1), (6, 32)]
    shifts = np.array([3, 5, 7], dtype=np.uint64)
    sources = [numbers(k, 1 << k, width) for k, width in shapes]
    weights = numbers(5, 2, 1)
    masks, factors = numbers(6, 20, 9), numbers(7, 3)

    def more(k):
        """The tallest has masks, and a fold."""
        if k != 12:
            return (*[None] * 5, k == 10)  # which has coefficients
        return masks, factors, np.empty((2, 1 << 12, 9), dtype=np.uint64), weights, None, False

    def together():
        calls = [
            (_ntt.Plan(k), a, np.empty((3, *a.shape), dtype=np.uint64), shifts, *more(k))
            for (k, _), a in zip(shapes, sources, strict=True)
        ]
        _ntt.lde_many(calls)
        return [call[2] for call in calls] + [calls[0][6]]

    found = with_threads(together)
    for (k, _), source, out in zip(shapes, sources, found, strict=False):
        expected, arguments = np.empty_like(out), more(k)
        _ntt.lde(_ntt.Plan(k), source, expected, shifts, *arguments)
        assert np.array_equal(out, expected)
        if arguments[2] is not None:
            assert np.array_equal(arguments[2], found[-1])
    _ntt.lde_many([])
    with pytest.raises(TypeError):
        _ntt.lde_many([[*[None] * 9, False]])


@pytest.mark.parametrize("algorithm", [0, 1, 2])
def test_leaves(algorithm):
    matrices = [numbers(k, 2, rows, 3 + k) for k, rows in enumerate([700, 64, 8, 1, 0])]

    def together():
        outs = [octets(0, 2, a.shape[1]) for a in matrices]
        calls = [([a, a], [3, 2 + k], outs[k]) for k, a in enumerate(matrices)]
        calls.append(([matrices[0]], [3], octets(0, 2, 700)))
        _hash.leaf_digests_many(algorithm, calls)
        return [call[2] for call in calls]

    found = with_threads(together)
    for k, a in enumerate(matrices):
        expected = octets(1, 2, a.shape[1])
        _hash.leaf_digests(algorithm, [a, a], [3, 2 + k], expected)
        assert np.array_equal(found[k], expected)
    _hash.leaf_digests_many(algorithm, [])
    with pytest.raises(ValueError, match="widths"):
        _hash.leaf_digests_many(algorithm, [([matrices[0]], [], found[0])])
    with pytest.raises(TypeError):
        _hash.leaf_digests_many(algorithm, [([None], [1], found[0])])


@pytest.mark.parametrize("algorithm", [0, 1, 2])
@pytest.mark.parametrize("blocks", [1, 2, 8])
@pytest.mark.parametrize("log_rows", [0, 1, 4, 9, 13])
def test_trees(algorithm, blocks, log_rows):
    leaves = octets(1, blocks, 1 << log_rows)
    joined = [
        octets(k, blocks, 1 << log_rows - k) if k in (2, 3, log_rows) else None
        for k in range(1, log_rows + 1)
    ]
    levels, below = [], leaves
    for injected in joined:
        half = below.shape[1] // 2
        levels.append(np.empty((blocks, half, 32), dtype=np.uint8))
        _hash.node_digests(algorithm, below[:, :half], below[:, half:], injected, levels[-1])
        below = levels[-1]
    below = below.reshape(1, blocks, 32)
    while below.shape[1] > 1:
        half = below.shape[1] // 2
        levels.append(np.empty((1, half, 32), dtype=np.uint8))
        _hash.node_digests(algorithm, below[:, :half], below[:, half:], None, levels[-1])
        below = levels[-1]
    for skipped in {0, min(1, log_rows), min(2, log_rows), log_rows}:
        expected = [level.reshape(-1, 32) for level in levels[skipped:]]

        def whole(skipped=skipped):
            out = np.zeros(((blocks << log_rows - skipped) - 1, 32), dtype=np.uint8)
            _hash.tree_digests(algorithm, leaves, joined, skipped, out)
            return [out]

        assert np.array_equal(with_threads(whole)[0], np.concatenate([*expected, leaves[:0, 0]]))


def test_trees_that_do_not_fit():
    leaves, out = octets(1, 2, 8), octets(1, 15)
    for arguments, name in [
        ((octets(1, 2, 6), [None] * 3, 0, out), "powers of two"),
        ((octets(1, 3, 8), [None] * 3, 0, out), "powers of two"),
        ((leaves, [None] * 2, 0, out), "2 levels"),
        ((leaves, [None] * 3, 4, out), "4 to skip"),
        ((leaves, [None] * 3, -1, out), "-1 to skip"),
        ((leaves, [None] * 3, 1, out), "out"),
        ((leaves, [None, octets(1, 2, 4), None], 0, out), "joined"),
    ]:
        with pytest.raises(ValueError, match=name):
            _hash.tree_digests(1, *arguments)


def test_columns_summed():
    matrices = [numbers(k, n, 5 + k) for k, n in enumerate([3000, 8, 0, 257])]
    weights = [numbers(9 + k, 3, len(a)) for k, a in enumerate(matrices)]

    def together():
        calls = [
            (a, 4 + k, w, k % 2, numbers(1, 4 + k, 3))
            for k, (a, w) in enumerate(zip(matrices, weights, strict=True))
        ]
        calls.append((matrices[0], 0, weights[0], 0, numbers(1, 0, 3)))
        _openings.column_sums_many(calls)
        return [call[4] for call in calls]

    for k, out in enumerate(with_threads(together)[:-1]):
        expected = np.empty_like(out)
        _openings.column_sums(matrices[k], 4 + k, weights[k], k % 2, expected)
        assert np.array_equal(out, expected)
    _openings.column_sums_many([])
    with pytest.raises(TypeError):
        _openings.column_sums_many([(None, 1, weights[0], 0, numbers(1, 1, 3))])


def test_rows_combined():
    sizes, zeta = [1 << 12, 8, 1 << 9], numbers(4, 3)
    data = [
        (numbers(n, n, 6), numbers(n + 1, n, 3), numbers(n + 2, 6, 3), numbers(n + 3, 3, 1, n))
        for n in sizes
    ]

    def one(item):
        a, b, powers, inverses = item
        first, second = np.zeros((2, 3, 1, len(a)), dtype=np.uint64)
        rows = [
            (a, powers, first[:, 0], False),
            (b, powers[:3], first[:, 0], True),
            (b, powers[3:], second[:, 0], False),
        ]
        quotients = [
            (first, zeta, inverses, 0, first, False),
            (second, zeta, inverses, 1, first, True),
        ]
        return rows, quotients, first

    def together():
        made = [one(item) for item in data]
        _openings.combine([(rows, quotients) for rows, quotients, _ in made])
        return [out for _, _, out in made]

    for item, out in zip(data, with_threads(together), strict=True):
        rows, quotients, expected = one(item)
        for arguments in rows:
            _openings.row_sums(*arguments)
        for arguments in quotients:
            _openings.add_quotient(*arguments)
        assert np.array_equal(out, expected)
    _openings.combine([])
    rows, _, _ = one(data[0])
    other, _, _ = one(data[1])
    with pytest.raises(ValueError, match="same rows"):
        _openings.combine([([rows[0], other[0]], [])])
    with pytest.raises(TypeError):
        _openings.combine([([(None, *rows[0][1:])], [])])


def fractions(matrix):
    """Columns 3 to 5 and 6 to 8 as denominators, 0 and 1 as counts."""
    code = [(OPERATIONS["load"], c, 0, c) for c in range(8)]
    code.append((OPERATIONS["pair"], 0, 0, FLAGS["unit"][0]))
    empty = np.zeros(0, np.uint64)
    return Bound(
        np.array(code, np.int32), np.array([(0, 12), (6, 14)], np.int32), 8, empty,
        empty.reshape(0, 3), empty.reshape(0, 3), empty, (matrix, None, None), (),
        len(matrix), 0, 1,
    )  # fmt: skip


def test_lookup_columns():
    matrices = [numbers(k, 1 << k, 8) for k in (13, 3, 8)]

    def together():
        outs = [np.empty((len(a), 3), dtype=np.uint64) for a in matrices]
        pairs = zip(matrices, outs, strict=True)
        sums, call, row = _lookup.build_many([(fractions(a), out, None) for a, out in pairs])
        assert call == row == -1
        return [*outs, np.array(sums, dtype=np.uint64)]

    found = with_threads(together)
    for k, a in enumerate(matrices):
        expected = np.empty((len(a), 3), dtype=np.uint64)
        total, row = _lookup.build(fractions(a), expected)
        assert row == -1 and found[-1][k].tolist() == list(total)
        assert np.array_equal(found[k], expected)
    assert _lookup.build_many([]) == ([], -1, -1)
    matrices[2][[77, 200]] = 0
    for count in COUNTS:
        _runtime.set_threads(count)
        outs = [np.empty((len(a), 3), dtype=np.uint64) for a in matrices]
        pairs = zip(matrices, outs, strict=True)
        assert _lookup.build_many([(fractions(a), out, None) for a, out in pairs]) == ([], 2, 77)
    with pytest.raises(TypeError):
        _lookup.build_many([(None, outs[0], None)])
    with pytest.raises(TypeError):
        _program.quotients([[(None, 1, None, outs[0], False, -1, None)]])


def proof_regions(case, options):
    """Kernel calls and parallel regions of a proof, when everything is warm."""
    machine = case.machine(**options)
    case.prove(machine, check=False)
    before = _runtime.begun()
    case.prove(machine, check=False)
    serial, parallel = (b - a for a, b in zip(before, _runtime.begun(), strict=True))
    return serial + parallel, parallel


def test_more_tables_take_no_more_regions():
    """Of the same heights: what is done once a table is to look at its values."""
    _runtime.set_threads(2)
    few = zoo.together(zoo.fibonacci(7), zoo.ring(5), zoo.ring(4))
    many = zoo.together(zoo.fibonacci(7), *[zoo.ring(5), zoo.ring(4)] * 8)
    tables = len(many.tables) - len(few.tables)
    calls, _ = proof_regions(few, {"queries": 3})
    more, _ = proof_regions(many, {"queries": 3})
    assert tables == 14
    assert more - calls == tables


def test_a_tree_is_a_region_or_two():
    _runtime.set_threads(2)
    leaves = octets(1, 2, 1 << 14)
    out = np.empty(((2 << 14) - 1, 32), dtype=np.uint8)
    before = _runtime.begun()
    _hash.tree_digests(1, leaves, [None] * 14, 0, out)
    serial, parallel = (b - a for a, b in zip(before, _runtime.begun(), strict=True))
    assert parallel == 1 and serial == 2  # levels that need all of one below are few and small
