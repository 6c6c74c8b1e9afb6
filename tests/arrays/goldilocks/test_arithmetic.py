"""Elementwise functions of the base field: what NumPy users expect, and every refusal."""

from __future__ import annotations

import array
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from cstark import goldilocks
from cstark.errors import CstarkError
from tests.oracles.fields import EDGES, P, mixed, u64

BINARY = {
    "add": lambda a, b: (a + b) % P,
    "sub": lambda a, b: (a - b) % P,
    "mul": lambda a, b: (a * b) % P,
}
ELEMENT = st.one_of(st.sampled_from(EDGES), st.integers(0, P - 1))


@given(st_numpy.mutually_broadcastable_shapes(num_shapes=2, max_side=5), st.randoms())
def test_broadcasting_is_numpys(shapes, random):
    rng = np.random.default_rng(random.randrange(2**32))
    a, b = (np.asarray(mixed(rng, shape)) for shape in shapes.input_shapes)
    for name, operation in BINARY.items():
        result = getattr(goldilocks, name)(a, b)
        expected = operation(a.astype(object), b.astype(object))
        assert np.shape(result) == shapes.result_shape
        assert np.array_equal(np.asarray(result, dtype=object), expected)
        assert result.dtype == np.uint64


@given(ELEMENT, ELEMENT)
def test_numbers(a, b):
    for name, operation in BINARY.items():
        result = getattr(goldilocks, name)(a, b)
        assert isinstance(result, np.uint64)
        assert int(result) == operation(a, b)
    assert int(goldilocks.neg(a)) == -a % P
    assert int(goldilocks.square(a)) == a * a % P


def test_unary_on_views_and_types():
    a = mixed(np.random.default_rng(1), (7, 9))
    for view in (a, a[::2, ::-3], a.T, np.asfortranarray(a), a[:0], a.astype(">u8")):
        assert np.array_equal(goldilocks.neg(view), (-view.astype(object)) % P)
        assert np.array_equal(goldilocks.square(view), view.astype(object) ** 2 % P)
    for dtype in (np.int8, np.uint16, np.int64):
        assert goldilocks.add(np.array([1, 2], dtype), 1).tolist() == [2, 3]
    assert goldilocks.add([[1, 2**63], [3, 4]], [0, P - 1]).tolist() == [[1, 2**63 - 1], [3, 3]]
    assert goldilocks.add([], []).shape == (0,)


def test_an_unaligned_array():
    buffer = np.zeros(8 * 5 + 1, np.uint8)
    unaligned = buffer[1:].view(np.uint64)
    unaligned[:] = [1, 2, 3, 4, 5]
    assert goldilocks.square(unaligned).tolist() == [1, 4, 9, 16, 25]
    goldilocks.add(unaligned, 1, out=unaligned)
    assert unaligned.tolist() == [2, 3, 4, 5, 6]


def test_out():
    a, b = mixed(np.random.default_rng(1), 100), mixed(np.random.default_rng(2), 100)
    expected = (a.astype(object) * b.astype(object)) % P
    out = np.empty(100, np.uint64)
    assert goldilocks.mul(a, b, out=out) is out
    assert goldilocks.mul(a, b, (out,)) is out
    assert np.array_equal(out, expected)
    strided = np.zeros((100, 2), np.uint64)
    goldilocks.mul(a, b, out=strided[:, 1])
    assert np.array_equal(strided[:, 1], expected)
    assert (strided[:, 0] == 0).all()
    in_place = a.copy()
    goldilocks.mul(in_place, b, out=in_place)
    assert np.array_equal(in_place, expected)
    broadcast = np.empty((3, 2), np.uint64)
    goldilocks.add([1, 2], 5, out=broadcast)
    assert broadcast.tolist() == [[6, 7]] * 3
    number = np.empty((), np.uint64)
    assert goldilocks.add(1, 2, out=number) is number


@pytest.mark.parametrize("shift", [1, 3, 50])
def test_out_may_overlap(shift):
    for forwards in (True, False):
        memory = mixed(np.random.default_rng(4), 5000)
        memory[memory == 0] = 1
        a, out = memory[:-shift], memory[shift:]
        if not forwards:
            a, out = out, a
        expected = goldilocks.inverse(a.copy())
        goldilocks.inverse(a, out=out)
        assert np.array_equal(out, expected)


def test_inverse():
    a = mixed(np.random.default_rng(1), (40, 60))
    a[a == 0] = 1
    for function in (goldilocks.inverse, goldilocks.batch_inverse):
        assert (goldilocks.mul(function(a), a) == 1).all()
        assert (goldilocks.mul(function(a.T), a.T) == 1).all()
        assert int(function(2)) == (P + 1) // 2
        with pytest.raises(ZeroDivisionError, match=r"^inverse of zero$") as error:
            function(0)
        assert error.value.index == ()
        zeros = a.copy()
        zeros[17, 5] = zeros[30, 2] = 0
        with pytest.raises(ZeroDivisionError, match=re.escape("at index [17, 5]")) as error:
            function(zeros)
        assert error.value.index == (17, 5)


@given(st.lists(ELEMENT, min_size=1, max_size=5), st.integers(-(2**70), 2**70))
def test_power(values, exponent):
    if exponent < 0 and 0 in values:
        with pytest.raises(ZeroDivisionError, match=rf"index \[{values.index(0)}\]"):
            goldilocks.power(values, exponent)
        values = [value or 1 for value in values]
    assert goldilocks.power(values, exponent).tolist() == [pow(x, exponent, P) for x in values]


@pytest.mark.parametrize("exponent", [0, 1, P - 2, P - 1, P, 2 * (P - 1), 2**64])
def test_power_of_zero(exponent):
    assert int(goldilocks.power(0, exponent)) == (exponent == 0)
    a = np.array([0, 5], np.uint64)
    assert goldilocks.power(a, exponent, out=a) is a
    assert a.tolist() == [exponent == 0, pow(5, exponent, P)]


@given(st_numpy.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4), st.randoms())
def test_exponents_are_broadcast(shapes, random):
    rng = np.random.default_rng(random.randrange(2**32))
    a = mixed(rng, shapes.input_shapes[0])
    a[a == 0] = 1
    for dtype in (np.int8, np.uint64, np.int64, object):
        low = 0 if dtype is np.uint64 else -(2**7)
        exponents = np.asarray(rng.integers(low, 2**7, shapes.input_shapes[1])).astype(dtype)
        if dtype is object:
            exponents = exponents * 2**80
        result = goldilocks.power(a, exponents)
        pairs = np.broadcast(a, exponents)
        assert np.shape(result) == shapes.result_shape
        assert np.reshape(result, -1).tolist() == [pow(int(x), int(e), P) for x, e in pairs]


def test_exponents_at_the_edges():
    edges = [0, 1, -1, 2**63 - 1, -(2**63)]
    for exponents in (np.array(edges), [*edges, 2**64 - 1, P - 1, P, -P, 1 - P, 2 * P - 2, 2**90]):
        values = [pow(3, int(e), P) for e in exponents]
        assert goldilocks.power(3, exponents).tolist() == values
    assert goldilocks.power([2, 3], np.array(2, object)).tolist() == [4, 9]
    assert goldilocks.power(0, [0, 1, 2**64 - 1, P - 1, 2**90]).tolist() == [1, 0, 0, 0, 0]
    # A zero is refused only where the exponent is negative.
    assert goldilocks.power([0, 2, 0], [3, -1, 0]).tolist() == [0, (P + 1) // 2, 1]
    with pytest.raises(ZeroDivisionError, match=r"inverse of zero at index \[1, 0\]") as error:
        goldilocks.power([0, 2], [[1, 1], [-1, 1]])
    assert error.value.index == (1, 0)
    out = np.empty((2, 3), np.uint64)
    assert goldilocks.power(2, [1, 2, 3], out=out) is out
    assert out.tolist() == [[2, 4, 8]] * 2
    with pytest.raises(CstarkError, match=r"exponent\[1\] is not an integer: 2.5"):
        goldilocks.power(2, [1, 2.5])
    with pytest.raises(CstarkError, match="exponent must hold integers, not float64"):
        goldilocks.power(2, np.array([2.0]))
    with pytest.raises(CstarkError, match="do not broadcast"):
        goldilocks.power([1, 2], [1, 2, 3])


def test_division():
    a, b = mixed(np.random.default_rng(1), (4, 5)), mixed(np.random.default_rng(2), 5)
    b[b == 0] = 1
    inverses = [pow(y, -1, P) for y in b.tolist()]
    expected = [[x * y % P for x, y in zip(row, inverses, strict=True)] for row in a.tolist()]
    assert goldilocks.div(a, b).tolist() == expected
    assert isinstance(goldilocks.div(1, 2), np.uint64)
    assert goldilocks.div(a, b, out=a) is a and a.tolist() == expected
    out = np.zeros(2, np.uint64)
    with pytest.raises(ZeroDivisionError, match=r"division by zero at index \[1\] of b") as error:
        goldilocks.div(1, [4, 0], out=out)
    assert error.value.index == (1,) and not out.any()
    with pytest.raises(ZeroDivisionError, match=r"^division by zero$"):
        goldilocks.div(0, 0)


@given(st.lists(st.integers(-(2**70), 2**70), max_size=4))
def test_residues(values):
    expected = [x % P for x in values]
    assert goldilocks.residues(values).tolist() == expected
    for dtype in (np.int8, np.int32, np.int64, np.uint8, np.uint64):
        last = 1 if dtype(1).dtype.kind == "u" else -1
        some = np.array([*(x & 0x7F for x in values), last], dtype)
        assert goldilocks.residues(some).tolist() == [int(x) % P for x in some]


def test_residues_at_the_edges():
    assert goldilocks.residues(u64([0, P - 1, P, 2**64 - 1])).tolist() == [0, P - 1, 0, 2**32 - 2]
    lowest = np.array([-(2**63), -1, 2**63 - 1])
    assert goldilocks.residues(lowest).tolist() == [P - 2**63, P - 1, 2**63 - 1]
    assert isinstance(goldilocks.residues(-1), np.uint64)
    assert isinstance(goldilocks.residues(-(2**100)), np.uint64)
    with pytest.raises(CstarkError, match="a must hold integers, not float64"):
        goldilocks.residues(1.5)


class Index:
    """An integer of another library."""

    def __index__(self):
        return 7


def test_anything_with_a_buffer_or_an_index():
    expected = [4, 5, 6]
    words = u64([4, 5, 6])
    frozen = words.copy()
    frozen.flags.writeable = False
    for same in (
        memoryview(words), memoryview(frozen), array.array("Q", expected),
        array.array("b", expected),
        bytearray([4, 5, 6]), np.array(expected, ">i4"), np.array(expected, object), range(4, 7),
        memoryview(u64([4, 0, 5, 0, 6]))[::2],
    ):  # fmt: skip
        assert goldilocks.add(same, 0).tolist() == expected
    assert goldilocks.add([Index(), 1], Index()).tolist() == [14, 8]
    assert not np.shares_memory(goldilocks.add(words, 0), words)
    with pytest.raises(CstarkError, match=r"a\[1\] is -1: negative; .*cs.goldilocks.residues"):
        goldilocks.neg(array.array("q", [1, -1]))


def test_random():
    a = goldilocks.random((50, 40), rng=1)
    assert a.shape == (50, 40) and a.dtype == np.uint64 and (a < P).all()
    assert np.array_equal(a, goldilocks.random((50, 40), np.random.default_rng(1)))
    assert not np.array_equal(goldilocks.random(9), goldilocks.random(9))
    assert isinstance(goldilocks.random(), np.uint64)
    assert a.max() > P - P // 100 and a.min() < P // 100


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (P, f"a is {P}: not below p"),
        (2**64, f"a is {2**64}: not below p"),
        (-1, "a is -1: negative; write p - 1"),
        ([1, -5], "a[1] is -5: negative; write p - 5"),
        ([1, 2**63, -5], "a[2] is -5: negative; write p - 5"),
        ([[0, 1], [2**64, 3]], f"a[1, 0] is {2**64}: not below p"),
        (u64([[0, 1, 2], [3, P, P]]), f"a[1, 1] is {P}: not below p"),
        (np.array([1, -2], np.int32), "a[1] is -2: negative; write p - 2"),
        (1.0, "a must hold integers below p, not float64"),
        ([1, 2.5], "a[1] is not an integer: 2.5"),
        ([1, 2**64 - 1, 2.5], "a[2] is not an integer: 2.5"),
        (np.array([1.0]), "a must hold integers below p, not float64"),
        (np.array([True]), "a must hold integers below p, not bool"),
        (True, "a must hold integers below p, not bool"),
        ("7", "a must hold integers below p, not <U1"),
        (None, "a is not an integer: None"),
        ([[1], [2, 3]], "a is not an array: its rows differ in length"),
        (np.ma.array([1, 2], mask=[0, 1]), "a is a masked array: fill it first"),
    ],
)
def test_values_are_refused_by_name(value, message):
    with pytest.raises(CstarkError, match=re.escape(message)):
        goldilocks.neg(value)
    with pytest.raises(ValueError, match=re.escape("b" + message[1:])):
        goldilocks.add(1, value)


def test_operands_that_do_not_fit():
    with pytest.raises(CstarkError, match=re.escape("broadcast together: (2,) and (3,)")):
        goldilocks.add([1, 2], [1, 2, 3])
    with pytest.raises(CstarkError, match="exponent must be an integer, not float"):
        goldilocks.power(2, 2.0)


def test_out_that_does_not_fit():
    a = u64([1, 2, 3])
    with pytest.raises(CstarkError, match=re.escape("out has shape (2,), the result (3,)")):
        goldilocks.neg(a, out=np.empty(2, np.uint64))
    with pytest.raises(CstarkError, match=re.escape("out has shape (3,), the result (2, 3)")):
        goldilocks.add(a, [[1], [2]], out=np.empty(3, np.uint64))
    with pytest.raises(CstarkError, match="out must be a uint64 array, not int64"):
        goldilocks.neg(a, out=np.empty(3, np.int64))
    with pytest.raises(CstarkError, match="out must be a uint64 array, not list"):
        goldilocks.neg(a, out=[0, 0, 0])
    frozen = np.empty(3, np.uint64)
    frozen.flags.writeable = False
    with pytest.raises(CstarkError, match="out is read-only"):
        goldilocks.neg(a, out=frozen)
