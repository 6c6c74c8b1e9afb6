"""Block programs one instruction at a time, and programs that nobody compiled."""

from __future__ import annotations

import contextlib
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.kernels import _lookup, _program, _runtime
from cstark.kernels._program import (
    EXTENSION_FLAG,
    FIRST_FLAG,
    FLAGS,
    OPERATIONS,
    SLOT_WORDS,
    Bound,
)

P = 2**64 - 2**32 + 1
EDGES = [0, 1, 2, P - 1, P - 2, 2**32, 2**32 - 1, 2**32 + 1, P - 2**32, 2**63, (P + 1) // 2]
EMPTY = {
    "constants": np.zeros(0, np.uint64),
    "ext_constants": np.zeros((0, 3), np.uint64),
    "weights": np.zeros((0, 3), np.uint64),
    "base_weights": np.zeros(0, np.uint64),
    "matrices": (None, None, None),
    "periodic": (),
}


@pytest.fixture(params=_runtime.isas(), autouse=True)
def isa(request):
    before = _runtime.isa()
    _runtime.set_isa(request.param)
    yield request.param
    _runtime.set_isa(before)


def bind(code, terms=(), slots=16, rows=64, tests=0, pairs=0, **arrays):
    lines = [(OPERATIONS[name], *numbers) for name, *numbers in code]
    return Bound(
        np.array(lines, np.int32).reshape(-1, 4),
        np.array(terms, np.int32).reshape(-1, 2),
        slots,
        *{**EMPTY, **arrays}.values(),
        rows,
        tests,
        pairs,
    )


def edge_matrix():
    """All pairs of edge values, in two columns, padded to a power of two rows."""
    pairs = [(a, b) for a in EDGES for b in EDGES]
    pairs += [(0, 0)] * (128 - len(pairs))
    return np.array(pairs, np.uint64)


def out_slots(code, slots, matrix, **arrays):
    """Words of slots as the quotient with weight 1 gives them: one slot a coordinate."""
    rows = len(matrix)
    unit = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    terms = [(2 * slot, k) for k, slot in enumerate(slots)]
    extra = arrays.pop("terms", [])
    start = len(extra)
    bound = bind(
        [*code, ("accumulate", FIRST_FLAG, start, len(terms)), ("flush", FIRST_FLAG, 0, 0)],
        [*extra, *terms],
        rows=rows,
        **{
            **arrays,
            "weights": np.array([*unit, *arrays.pop("weights", [])], np.uint64),
            "matrices": (matrix, None, None),
        },
    )
    out = np.zeros((rows, 3), np.uint64)
    _program.quotient(bound, 3, None, out)
    return [out[:, k].tolist() for k in range(len(slots))]


@pytest.mark.parametrize("name", ["add", "add_canonical", "sub", "sub_canonical", "mul", "square"])
def test_operations_on_edge_values(name):
    matrix = edge_matrix()
    code = [("load", 0, 0, 0), ("load", 1, 0, 1), (name, 2, 0, 2)]
    # and once more on a word that need not be canonical: (a + b) - b + ... = the same sum
    code += [("add", 3, 0, 2), ("mul", 4, 6, 6), (name, 5, 8, 2 if "canonical" in name else 6)]
    first, second = out_slots(code, [2, 5], matrix)
    apply = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "square": lambda a, b: a * a,
    }[name.removesuffix("_canonical")]
    for (a, b), x, y in zip(matrix.tolist(), first, second, strict=True):
        total = (a + b) % P
        assert x == apply(a, b) % P
        assert y == apply(total * total, b if "canonical" in name else total) % P


@pytest.mark.parametrize("name", ["add_constant", "subtract_from", "mul_constant"])
@pytest.mark.parametrize("constant", EDGES)
def test_constants_on_edge_values(name, constant):
    matrix = edge_matrix()
    code = [
        ("load", 0, 0, 0),
        (name, 1, 0, 0),
        (name, 2, 2, 0),
        ("set", 3, 0, 0),
    ]
    once, twice, fixed = out_slots(
        code, [1, 2, 3], matrix, constants=np.array([constant], np.uint64)
    )
    apply = {
        "add_constant": lambda a: (a + constant) % P,
        "subtract_from": lambda a: (constant - a) % P,
        "mul_constant": lambda a: a * constant % P,
    }[name]
    for a, x, y, z in zip(matrix[:, 0].tolist(), once, twice, fixed, strict=True):
        assert (x, y, z) == (apply(a), apply(apply(a)), constant)


def test_linear_on_edge_values():
    matrix = edge_matrix()
    weights = np.array(EDGES, np.uint64)
    terms = [(1, 0)]
    for k in range(len(EDGES)):
        terms += [(0, k), (2, k), (1, k)]
    code = [("load", 0, 0, 0), ("load", 1, 0, 1), ("linear", 2, 0, 3 * len(EDGES))]
    (found,) = out_slots(
        code,
        [2],
        matrix,
        terms=terms,
        base_weights=weights,
        constants=np.array([0, P - 1], np.uint64),
    )
    rows = matrix.tolist()
    for i, value in enumerate(found):
        a, b = rows[i]
        following = rows[(i + 1) % len(rows)][0]
        assert value == (P - 1 + sum(w * (a + b + following) for w in EDGES)) % P


@pytest.mark.parametrize("extreme", [False, True])
def test_sums_of_all_the_terms_there_may_be(extreme):
    """Any words, and sums of xl w + xh (w B mod p) that end close to a multiple of 2^64."""
    rng = np.random.default_rng(3)
    matrix = rng.integers(0, 2**64, (16, 8), dtype=np.uint64)
    weights = rng.integers(0, P, 32, dtype=np.uint64)
    if extreme:
        matrix[:] = 2**64 - 1
        weights[:] = P - 1
    pairs = list(itertools.product(range(8), range(32)))
    assert len(pairs) == _program.TERM_LIMIT
    code = [*(("load", k, 0, k) for k in range(8)), ("linear", 8, 0, len(pairs))]
    shifted = [w * 2**32 % P for w in weights.tolist()]
    constants = {0, P - 1}
    for row in matrix.tolist()[:8]:
        halves = [(x % 2**32, x >> 32) for x in row]
        kept = sum(halves[k][0] * int(weights[j]) + halves[k][1] * shifted[j] for k, j in pairs)
        constants |= {c for d in (-1, 0, 1) if (c := (d - kept) % 2**64) < P}
    assert len(constants) > 2
    for constant in sorted(constants):
        (found,) = out_slots(
            code,
            [8],
            matrix,
            terms=[(1, 0), *((2 * k, j) for k, j in pairs)],
            base_weights=weights,
            constants=np.array([0, constant], np.uint64),
        )
        for row, value in zip(matrix.tolist(), found, strict=True):
            assert value == (constant + sum(row[k] * int(weights[j]) for k, j in pairs)) % P


def test_destination_may_be_an_operand_at_the_next_row():
    matrix = edge_matrix()
    rows = matrix.tolist()
    code = [
        ("load", 0, 0, 0),
        ("load", 1, 0, 1),
        ("mul", 0, 1, 2),
        ("load", 2, 0, 0),
        ("sub", 1, 4, 3),
    ]
    first, second = out_slots(code, [0, 1], matrix)
    for i in range(len(rows)):
        following = rows[(i + 1) % len(rows)]
        assert first[i] == following[0] * rows[i][1] % P
        assert second[i] == (rows[i][0] - following[1]) % P


@pytest.mark.parametrize("rows", [8, 16, 64, 128, 256, 512])
@pytest.mark.parametrize("stride", [4, 5, 8, 130])
def test_loads(rows, stride):
    rng = np.random.default_rng(rows + stride)
    matrix = rng.integers(0, P, (rows, stride), dtype=np.uint64)
    code = [
        ("load4", 0, 0, stride - 4),
        ("load", 4, 0, stride - 1),
        ("sub", 5, 1, 8),
        ("sub", 6, 3, 9),
    ]
    difference, zero_next = out_slots(code, [5, 6], matrix)
    expected = [
        (int(matrix[(i + 1) % rows, stride - 4]) - int(matrix[i, stride - 1])) % P
        for i in range(rows)
    ]
    assert difference == expected
    shifted = [
        (int(matrix[(i + 1) % rows, stride - 3]) - int(matrix[(i + 1) % rows, stride - 1])) % P
        for i in range(rows)
    ]
    assert zero_next == shifted


def test_wrong_arrays_are_named():
    good = {"matrices": (np.zeros((8, 4), np.uint64), None, None)}
    bind([("load", 0, 0, 3)], rows=8, **good)
    for change, message in [
        ({"rows": 12}, "rows must be a power of two"),
        ({"rows": 4}, "rows must be a power of two"),
        ({"rows": 16}, "matrix 0 must have 16 rows"),
        ({"matrices": (np.zeros((8, 8), np.uint64)[:, ::2], None, None)}, "adjacent"),
        ({"matrices": (None,)}, "matrices"),
        ({"periodic": (np.zeros(3, np.uint64),)}, "periodic column 0"),
        ({"periodic": (np.zeros(16, np.uint64),)}, "periodic column 0"),
        ({"weights": np.zeros((1, 4), np.uint64)}, "weights"),
        ({"ext_constants": np.zeros((1, 2), np.uint64)}, "ext_constants"),
        ({"slots": 0}, "slots"),
    ]:
        with pytest.raises(ValueError, match=message):
            bind([], **{"rows": 8, **good, **change})
    bound = bind([], rows=8)
    with pytest.raises(ValueError, match="out must have shape"):
        _program.quotient(bound, 3, None, np.zeros((8, 4), np.uint64))
    with pytest.raises(ValueError, match="inverse_first"):
        _program.quotient(bound, 3, np.ones(4, np.uint64), np.zeros((8, 3), np.uint64))
    first = bind([("accumulate", 2 | FIRST_FLAG, 0, 0), ("flush", 2 | FIRST_FLAG, 0, 0)], rows=8)
    with pytest.raises(ValueError, match="inverse_first"):
        _program.quotient(first, 3, None, np.zeros((8, 3), np.uint64))
    with pytest.raises(ValueError, match="tests"):
        _program.quotient(bind([], rows=8, tests=1), 3, None, np.zeros((8, 3), np.uint64))
    with pytest.raises(ValueError, match="pairs"):
        _program.quotient(bind([], rows=8, pairs=1), 3, None, np.zeros((8, 3), np.uint64))
    with pytest.raises(ValueError, match="pairs"):
        _program.test_rows(bind([], rows=8, pairs=1), 0, 8)
    with pytest.raises(ValueError, match="tests"):
        _lookup.build(bind([], rows=8, tests=1, pairs=1), np.zeros((8, 3), np.uint64))
    with pytest.raises(ValueError, match="multiples of 8"):
        _program.test_rows(bound, 0, 7)
    with pytest.raises(ValueError, match="pairs"):
        _lookup.build(bound, np.zeros((8, 3), np.uint64))
    for shape in [(8, 4), (8, 6), (16, 3)]:
        with pytest.raises(ValueError, match="out must have shape"):
            _lookup.build(bind([], rows=8, pairs=1), np.zeros(shape, np.uint64))


@pytest.mark.parametrize(
    "line",
    [
        ("load", 16, 0, 0), ("load", -1, 0, 0), ("load", 0, 3, 0), ("load", 0, -1, 0),
        ("load", 0, 0, 4), ("load", 0, 0, -1), ("load", 0, 1, 0), ("load4", 13, 0, 0),
        ("load4", 0, 0, 1), ("periodic", 0, 1, 0), ("periodic", 16, 0, 0), ("set", 0, 1, 0),
        ("add", 0, 32, 0), ("mul", 0, 0, -1), ("sub", 16, 0, 0), ("square", 0, 32, 0),
        ("add_constant", 0, 0, 1), ("linear", 0, 4, 0), ("linear", 0, 0, 4), ("linear", 0, 1, 1),
        ("accumulate", 8, 0, 0), ("accumulate", -1, 0, 0), ("accumulate", 0, 3, 2),
        ("accumulate", 0, 0, -1), ("accumulate", 0, 1, 1), ("flush", 8, 0, 0), ("flush", 0, 1, 1),
        ("flush", 0, 2, 0), ("scale_total", 4, 0, 0), ("scale_total", 0, 4, 0),
        ("scale_total", 0, -1, 0), ("scale_total", 0, 0, 1), ("test", 1, 0, 0), ("test", 0, 4, 0),
        ("test", 0, 0, 32),
        ("fingerprint", 14, 0, 0), ("fingerprint", 0, 1, 0), ("fingerprint", 0, -1, 0),
        ("ext_add", 0, 28, 0), ("ext_mul", 14, 0, 0), ("ext_sub", 0, 0, 29),
        ("ext_add_constant", 0, 0, 1), ("residual", 0, 2, 15), ("residual", 0, 0, 16),
        ("residual", 14, 0, 15), ("residual", 0, 0, 3), ("pair", 1, 0, 15), ("pair", 0, 3, 15),
        ("pair", 0, 0, -1), ("fraction", 1, 0, 0), ("fraction", 0, 0, 28), ("fraction", 0, 32, 0),
    ],
)  # fmt: skip
def test_instructions_that_leave_their_arrays_are_refused(line):
    arrays = {
        "constants": np.zeros(1, np.uint64),
        "ext_constants": np.zeros((1, 3), np.uint64),
        "weights": np.zeros((1, 3), np.uint64),
        "base_weights": np.zeros(1, np.uint64),
        "matrices": (np.zeros((8, 4), np.uint64), None, None),
        "periodic": (np.zeros(2, np.uint64),),
    }
    terms = [(0, 0), (32, 40), (-1, -1), (0, 0)]
    with pytest.raises(ValueError, match="instruction 1"):
        bind([("load", 0, 0, 0), line], terms, rows=8, tests=1, pairs=1, **arrays)


@pytest.mark.parametrize("flags", [*range(16), *(EXTENSION_FLAG | k for k in (0, 1, 4, 5))])
def test_numerators(flags):
    """m g + n f, with n one word or three, on any words."""
    rng = np.random.default_rng(flags)
    matrix = rng.integers(0, 2**64, (128, 10), dtype=np.uint64)
    matrix[:64] = rng.choice(np.array([*EDGES, 2**64 - 1, P], np.uint64), (64, 10))
    code = [("load", k, 0, k) for k in range(10)] + [("numerator", 10, 0, flags)]
    found = out_slots(code, [10, 11, 12], matrix, terms=[(0, 12), (6, 14)])
    for row, cells in enumerate(matrix.tolist()):
        f, g, m = cells[:3], cells[3:6], cells[6]
        n = cells[7:10] if flags & EXTENSION_FLAG else [cells[7], 0, 0]
        m = 1 if flags & FLAGS["unit"][0] else m
        n = [1, 0, 0] if flags & FLAGS["unit"][1] else n
        m = -m if flags & FLAGS["negative"][0] else m
        n = [-x for x in n] if flags & FLAGS["negative"][1] else n
        product = [0] * 5
        for i, j in itertools.product(range(3), repeat=2):
            product[i + j] += n[i] * f[j]
        product[0], product[1] = product[0] + 2 * product[3], product[1] + 2 * product[4]
        assert [c[row] for c in found] == [(product[k] + m * g[k]) % P for k in range(3)], row


@pytest.mark.parametrize(
    "line",
    [
        ("numerator", 14, 0, 15), ("numerator", -1, 0, 15), ("numerator", 0, 3, 15),
        ("numerator", 0, 0, 32), ("numerator", 0, 0, -1), ("numerator", 0, 2, 11),
        ("numerator", 0, 0, 28),
        ("numerator", 0, 3, 20), ("numerator", 0, 2, 20), ("numerator", 14, 0, 20),
        ("ext_fraction", 1, 0, 0), ("ext_fraction", 0, 28, 0), ("ext_fraction", 0, 0, 28),
        ("ext_fraction", -1, 0, 0), ("ext_fraction", 0, -1, 0),
    ],
)  # fmt: skip
def test_numerators_that_leave_their_arrays_are_refused(line):
    terms = [(0, 0), (26, 26), (26, 32), (26, 28)]
    for good in [("numerator", 13, 0, 0), ("numerator", 13, 0, 31 - 8), ("numerator", 0, 2, 15)]:
        bind([good, ("ext_fraction", 0, 26, 26)], terms, rows=8, pairs=1)
    with pytest.raises(ValueError, match="instruction 0"):
        bind([line], terms, rows=8, pairs=1)


small = st.integers(-1, 9)
any_number = st.one_of(small, small, st.integers(-(2**31), 2**31 - 1))
lines = st.tuples(st.integers(-1, len(OPERATIONS)), any_number, any_number, any_number)


@given(
    code=st.lists(lines, max_size=12),
    terms=st.lists(st.tuples(any_number, any_number), max_size=8),
    log_rows=st.integers(3, 8),
    data=st.data(),
)
def test_no_program_leaves_its_arrays(code, terms, log_rows, data):
    """What is accepted runs; each array lies inside a guarded one that stays as it was."""
    rows = 1 << log_rows
    guards = []

    def guarded(*shape):
        size = int(np.prod(shape))
        whole = np.full(size + 64, 2**63 + 5, np.uint64)
        whole[32 : 32 + size] = 1
        guards.append((whole, size))
        return whole[32 : 32 + size].reshape(shape)

    slots = data.draw(st.integers(1, 8))
    arrays = (
        guarded(3), guarded(3, 3), guarded(3, 3), guarded(3),
        (guarded(rows, 5), None, guarded(rows, 4)), (guarded(2), guarded(rows)),
    )  # fmt: skip
    inverses, out, columns = guarded(rows), guarded(rows, 3), guarded(rows, 6)

    def bound(tests, pairs):
        code_array = np.array(code, np.int32).reshape(-1, 4)
        term_array = np.array(terms, np.int32).reshape(-1, 2)
        return Bound(code_array, term_array, slots, *arrays, rows, tests, pairs)

    def quotient():
        _program.quotient(bound(0, 0), 3, inverses, out)
        assert out.max() < P

    def test():
        for failures, first in _program.test_rows(bound(3, 0), 0, rows):
            assert failures >= 0
            assert 0 <= first <= rows

    def lookup():
        _lookup.build(bound(0, 2), columns)

    for run in (quotient, test, lookup):
        with contextlib.suppress(ValueError):
            run()
    for whole, size in guards:
        assert (whole[:32] == 2**63 + 5).all()
        assert (whole[32 + size :] == 2**63 + 5).all()


def test_slots_do_not_lie_a_power_of_two_apart():
    assert SLOT_WORDS & (SLOT_WORDS - 1)
    assert SLOT_WORDS % 8 == 0
