"""The elementwise kernels against Python integers and flint."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstark.kernels import _field
from tests.oracles.fields import EDGES, ISAS, MODES, P, base, ext, mixed, mode, u64, words

# On both sides of vectors, of steps of vectors, of inversion blocks, of chunks.
SIZES = [*range(36), 63, 64, 65, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 4097, 9000]
BINARY = {
    "add": lambda a, b: (a + b) % P,
    "sub": lambda a, b: (a - b) % P,
    "mul": lambda a, b: (a * b) % P,
}
PAIRS = u64([[a, b] for a in EDGES for b in EDGES])
WORD = st.one_of(st.sampled_from(EDGES), st.integers(0, P - 1))


@pytest.fixture(params=ISAS)
def isa(request):
    with mode(request.param):
        yield request.param


def run(function, *operands, **keywords):
    """The result of a kernel, in an array that starts with other contents."""
    out = np.full_like(operands[0], 0xDEAD)
    status = getattr(_field, function)(*operands, *keywords.values(), out)
    return out, status


def exact(a):
    return a.astype(object)


@pytest.mark.parametrize("name", BINARY)
def test_binary_on_edges_and_sizes(isa, name):
    for a, b in [(PAIRS[:, 0].copy(), PAIRS[:, 1].copy())] + [
        (mixed(np.random.default_rng(n), n), mixed(np.random.default_rng(n + 1), n)) for n in SIZES
    ]:
        out, _ = run(name, a, b)
        assert out.tolist() == BINARY[name](exact(a), exact(b)).tolist()
        assert (out < P).all()


@pytest.mark.parametrize("name", BINARY)
def test_out_may_be_an_operand(isa, name):
    a, b = mixed(np.random.default_rng(1), 1000), mixed(np.random.default_rng(2), 1000)
    expected, _ = run(name, a, b)
    kernel = getattr(_field, name)
    left, right = a.copy(), b.copy()
    kernel(left, b, left)
    kernel(a, right, right)
    assert (left == expected).all() and (right == expected).all()


def test_unary(isa):
    for n in SIZES:
        a = mixed(np.random.default_rng(n), n)
        assert run("neg", a)[0].tolist() == [-x % P for x in a.tolist()]
        assert run("square", a)[0].tolist() == [x * x % P for x in a.tolist()]


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 7, 2**32 - 1, P - 2, P - 1, 2**64 - 1])
def test_power(isa, exponent):
    for n in [0, 1, 3, 5, 16, 17, 40]:
        a = mixed(np.random.default_rng(n), n)
        out = np.empty_like(a)
        _field.power(a, exponent, out)
        assert out.tolist() == [pow(x, exponent, P) for x in a.tolist()]
        rows = mixed(np.random.default_rng(n), (n, 3))
        out = np.empty_like(rows)
        _field.ext_power(rows, exponent, out)
        assert out.tolist() == [words(ext(x) ** exponent) for x in rows.tolist()]


def test_an_exponent_an_element(isa):
    for n in [0, 1, 3, 5, 16, 17, 40]:
        rng = np.random.default_rng(n)
        a, exponents = mixed(rng, n), rng.integers(0, 2**64, n, dtype=np.uint64)
        exponents[: n // 3] = [[0, 1, 2**64 - 1][k % 3] for k in range(n // 3)]
        if n:
            a[0] = 0
        out = np.empty_like(a)
        _field.power_each(a, exponents, out)
        pairs = list(zip(a.tolist(), exponents.tolist(), strict=True))
        assert out.tolist() == [pow(x, k, P) for x, k in pairs]
        rows = mixed(rng, (n, 3))
        out = np.empty_like(rows)
        _field.ext_power_each(rows, exponents, out)
        pairs = list(zip(rows.tolist(), exponents.tolist(), strict=True))
        assert out.tolist() == [words(ext(x) ** k) for x, k in pairs]
        _field.ext_power_each(rows, exponents, rows)
        assert (rows == out).all()


def test_powers(isa):
    for n in [*range(40), 4096, 4097, 9000]:
        for first, ratio in [(1, 7), (P - 1, P - 2), (5, 0), (0, 3)]:
            out = np.full(n, 0xDEAD, np.uint64)
            _field.powers(first, ratio, out)
            expected, value = [], first
            for _ in range(n):
                expected.append(value)
                value = value * ratio % P
            assert out.tolist() == expected


# Widths around vectors and groups of rows; heights around chunks.
SCANNED = [
    *[(rows, width) for rows in (1, 2, 3, 7) for width in (1, 2, 3, 5, 8, 24, 31, 96, 97)],
    *[(16384, 1), (16385, 1), (40000, 1), (10923, 3), (6000, 7), (1500, 33), (40, 2000)],
]


@pytest.mark.parametrize("operation", ["add", "mul"])
def test_fold_and_scan(isa, operation):
    for rows, width in SCANNED:
        a = mixed(np.random.default_rng(rows + width), (rows, width))
        a[a == 0] = 2
        running, expected = [1 - (operation == "add")] * width, []
        for row in a.tolist():
            pairs = zip(running, row, strict=True)
            running = [(x + y if operation == "add" else x * y) % P for x, y in pairs]
            expected.append(running)
        out, total = np.full_like(a, 0xDEAD), np.full(width, 0xDEAD, np.uint64)
        _field.scan(operation, a, out)
        _field.fold(operation, a, total)
        assert out.tolist() == expected and total.tolist() == running
        _field.scan(operation, a, a)
        assert (a == out).all()


def test_fold_and_scan_of_extension_elements(isa):
    for rows, width in [(1, 3), (2, 6), (50, 3), (33, 9), (5462, 3), (20, 96), (17, 99)]:
        a = mixed(np.random.default_rng(rows + width), (rows, width))
        running, expected = [base(1)] * (width // 3), []
        for row in a.reshape(rows, -1, 3).tolist():
            running = [x * ext(y) for x, y in zip(running, row, strict=True)]
            expected.append([word for x in running for word in words(x)])
        out, total = np.full_like(a, 0xDEAD), np.full(width, 0xDEAD, np.uint64)
        _field.scan("ext_mul", a, out)
        _field.fold("ext_mul", a, total)
        assert out.tolist() == expected and total.tolist() == expected[-1]


def test_inverse(isa):
    for n in SIZES:
        a = mixed(np.random.default_rng(n), n)
        a[a == 0] = 1
        out, status = run("inverse", a)
        assert status == -1
        assert (out < P).all()
        assert ((exact(out) * exact(a)) % P == 1).all()
        in_place = a.copy()
        assert _field.inverse(in_place, in_place) == -1
        assert (in_place == out).all()


def test_inverse_of_edges_alone(isa):
    for edge in EDGES[1:]:
        out, status = run("inverse", u64([edge]))
        assert (status, out.tolist()) == (-1, [pow(edge, -1, P)])


@pytest.mark.parametrize("n", [1, 5, 16, 17, 1024, 1030, 9000])
def test_inverse_tells_the_first_zero(n):
    rng = np.random.default_rng(n)
    a = mixed(rng, n)
    a[a == 0] = 1
    for isa, threads in MODES:
        with mode(isa, threads):
            for first in {0, n // 2, n - 1}:
                some = a.copy()
                some[first] = 0
                some[rng.integers(first, n)] = 0
                assert run("inverse", some)[1] == first
                rows = np.repeat(some, 3).reshape(n, 3)
                assert run("ext_inverse", rows)[1] == first


def test_dot(isa):
    for n in SIZES:
        a, b = mixed(np.random.default_rng(n), n), mixed(np.random.default_rng(n + 1), n)
        assert (
            _field.dot(a, b) == sum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True)) % P
        )
    worst = np.full(20000, P - 1, dtype=np.uint64)
    assert _field.dot(worst, worst) == 20000


@pytest.mark.parametrize(("name", "operation"), [
    ("ext_add", lambda a, b: a + b),
    ("ext_sub", lambda a, b: a - b),
    ("ext_mul", lambda a, b: a * b),
])  # fmt: skip
def test_ext_binary(isa, name, operation):
    for n in [*range(10), 257, 3000]:
        rng = np.random.default_rng(n)
        a, b = mixed(rng, (n, 3)), mixed(rng, (n, 3))
        expected = [words(operation(ext(x), ext(y))) for x, y in zip(a, b, strict=True)]
        assert run(name, a, b)[0].tolist() == expected
        getattr(_field, name)(a, b, b)
        assert b.tolist() == expected


def test_ext_mul_on_all_edges_of_a_coordinate(isa):
    """Every pair of edges in every pair of coordinates, the others at p - 1."""
    for i in range(3):
        for j in range(3):
            a = np.full((len(PAIRS), 3), P - 1, dtype=np.uint64)
            b = a.copy()
            a[:, i], b[:, j] = PAIRS[:, 0], PAIRS[:, 1]
            expected = [words(ext(x) * ext(y)) for x, y in zip(a, b, strict=True)]
            assert run("ext_mul", a, b)[0].tolist() == expected


def test_ext_unary(isa):
    for n in [*range(10), 257, 1023, 1025, 2050]:
        a = mixed(np.random.default_rng(n), (n, 3))
        a[(a == 0).all(axis=1)] = 1
        assert run("ext_neg", a)[0].tolist() == [words(-ext(x)) for x in a]
        assert run("ext_square", a)[0].tolist() == [words(ext(x) ** 2) for x in a]
        out, status = run("ext_inverse", a)
        assert status == -1
        assert out.tolist() == [words(1 / ext(x)) for x in a]
        assert _field.ext_inverse(a, a) == -1
        assert (a == out).all()


def test_ext_dot(isa):
    for n in [*range(10), 257, 9000]:
        rng = np.random.default_rng(n)
        a, b = mixed(rng, (n, 3)), mixed(rng, (n, 3))
        expected = sum((ext(x) * ext(y) for x, y in zip(a, b, strict=True)), base(0))
        assert list(_field.ext_dot(a, b)) == words(expected)


@given(st.lists(st.tuples(WORD, WORD), max_size=40))
def test_random_pairs(pairs):
    a, b = u64([x for x, _ in pairs]), u64([y for _, y in pairs])
    for isa in ISAS:
        with mode(isa):
            for name, operation in BINARY.items():
                assert run(name, a, b)[0].tolist() == operation(exact(a), exact(b)).tolist()
            assert _field.dot(a, b) == sum(x * y for x, y in pairs) % P


def test_results_do_not_depend_on_threads_or_instruction_set():
    rng = np.random.default_rng(5)
    a, b = mixed(rng, 3 * 50001), mixed(rng, 3 * 50001)
    a[a == 0] = 1
    rows, other = a.reshape(-1, 3), b.reshape(-1, 3)
    seen = []
    for isa, threads in MODES:
        with mode(isa, threads):
            results = [run(name, a, b)[0] for name in BINARY]
            results += [run(name, a)[0] for name in ("neg", "square", "inverse")]
            results += [run("power", a, exponent=12345)[0], run("ext_power", rows, exponent=77)[0]]
            results += [run(name, rows, other)[0] for name in ("ext_add", "ext_sub", "ext_mul")]
            results += [run(name, rows)[0] for name in ("ext_neg", "ext_square", "ext_inverse")]
            results += [u64(_field.dot(a, b)), u64(_field.ext_dot(rows, other))]
            results += [run("power_each", a, exponents=b)[0]]
            for operation, matrix in [("add", a[:, None]), ("mul", rows), ("ext_mul", rows)]:
                results += [np.empty(matrix.shape, np.uint64), np.empty_like(matrix[0])]
                _field.scan(operation, matrix, results[-2])
                _field.fold(operation, matrix, results[-1])
            results += [np.empty_like(a)]
            _field.powers(3, 5, results[-1])
        seen.append([r.tobytes() for r in results])
    assert all(results == seen[0] for results in seen)


def test_first_invalid():
    a = np.full(200_000, P - 1, dtype=np.uint64)
    for isa, threads in MODES:
        with mode(isa, threads):
            assert _field.first_invalid(a) == -1
            assert _field.first_invalid(a[:0]) == -1
            for first in (0, 1, 511, 512, 99_999, 199_999):
                b = a.copy()
                b[first:] = P
                assert _field.first_invalid(b) == first
                b[first:] = 2**64 - 1
                assert _field.first_invalid(b) == first


def test_read_only_inputs_are_taken_and_shapes_checked():
    a = u64([1, 2, 3])
    a.flags.writeable = False
    assert run("add", a, a)[0].tolist() == [2, 4, 6]
    with pytest.raises(ValueError, match="b has 2 elements, a has 3"):
        _field.add(a, a[:2], np.empty(3, np.uint64))
    with pytest.raises(ValueError, match="out has 4 elements, a has 3"):
        _field.neg(a, np.empty(4, np.uint64))
    with pytest.raises(ValueError, match="a must have 3 columns, not 2"):
        _field.ext_square(np.zeros((2, 2), np.uint64), np.zeros((2, 2), np.uint64))
    with pytest.raises(ValueError, match="exponents has 1 elements, a has 2"):
        _field.ext_power_each(np.zeros((2, 3), np.uint64), a[:1], np.zeros((2, 3), np.uint64))
    square = np.zeros((2, 2), np.uint64)
    with pytest.raises(ValueError, match="operation must be 'add', 'mul' or 'ext_mul', not 'sub'"):
        _field.fold("sub", square, np.zeros(2, np.uint64))
    with pytest.raises(ValueError, match="whole elements, its shape is 2 x 2"):
        _field.scan("ext_mul", square, square)
    with pytest.raises(ValueError, match="out has 3 words, a row of a has 2"):
        _field.fold("add", square, np.zeros(3, np.uint64))
    with pytest.raises(ValueError, match="out is 1 x 2, a is 2 x 2"):
        _field.scan("add", square, np.zeros((1, 2), np.uint64))
    with pytest.raises(ValueError, match="b has shape"):
        _field.ext_dot(np.zeros((2, 3), np.uint64), np.zeros((1, 3), np.uint64))
