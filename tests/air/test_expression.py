"""Operators, NumPy interplay and the errors that name the way out."""

from __future__ import annotations

import decimal
import fractions
import operator

import numpy as np
import pytest
from air_support import inside, make, table, texts
from hypothesis import given
from hypothesis import strategies as st

from cstark.air import Expression, P, describe
from cstark.air.expression import MAX_EXPONENT
from cstark.errors import AirError, CstarkError
from tests.oracles import plain_check

GROUP = {"columns": {"x": (), "a": (2, 3)}}


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (lambda n: n.a + n.b, "now.a + now.b"),
        (lambda n: n.a - (n.b + n.c), "now.a - (now.b + now.c)"),
        (lambda n: n.a - n.b + n.c, "now.a - now.b + now.c"),
        (lambda n: (n.a + 1) * n.b, "(now.a + 1) * now.b"),
        (lambda n: n.a * (n.b * n.c), "now.a * (now.b * now.c)"),
        (lambda n: -n.a, "-now.a"),
        (lambda n: -(n.a + n.b), "-(now.a + now.b)"),
        (lambda n: +n.a, "now.a"),
        (lambda n: 3 - n.a, "3 - now.a"),
        (lambda n: n.a - 3, "now.a - 3"),
        (lambda n: n.a + (-3), "now.a - 3"),
        (lambda n: n.a - (-3), "now.a + 3"),
        (lambda n: -2 * n.a, "-2 * now.a"),
        (lambda n: n.a * -2, "now.a * (-2)"),
        (lambda n: n.a / 2, "now.a / 2"),
        (lambda n: (n.a - n.b) / -3, "(now.a - now.b) / -3"),
        (lambda n: n.a**2, "now.a**2"),
        (lambda n: n.a**3, "now.a**3"),
        (lambda n: n.a**22 - 1, "now.a**22 - 1"),
        (lambda n: n.a * n.a * n.a, "now.a**3"),
        (lambda n: n.a * n.a * n.b, "now.a**2 * now.b"),
        (lambda n: (n.a * n.b) ** 3, "(now.a * now.b)**3"),
        (lambda n: n.a**1, "now.a"),
        (lambda n: n.a**0, "1"),
        (lambda n: (n.a + n.b) ** 2, "(now.a + now.b)**2"),
        (lambda n: n.a + (P - 1), "now.a - 1"),
        (lambda n: sum([n.a, n.b]), "now.a + now.b"),
        (lambda n: n.a + True, "now.a + 1"),
        (lambda n: n.a / (n.b * 0 + 2), "now.a / 2"),
    ],
)
def test_text(action, text):
    assert texts(lambda t: action(t.now)) == text


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (lambda n: n.a + 0, "now.a"),
        (lambda n: 0 + n.a, "now.a"),
        (lambda n: n.a - 0, "now.a"),
        (lambda n: n.a - n.a, "0"),
        (lambda n: n.a * 0, "0"),
        (lambda n: 0 * n.a, "0"),
        (lambda n: n.a * 1, "now.a"),
        (lambda n: 1 * n.a, "now.a"),
        (lambda n: n.a * 0 + 5, "5"),
        (lambda n: (n.a * 0 + 5) * (n.a * 0 - 2), "-10"),
        (lambda n: (n.a * 0 + 5) - (n.a * 0 + 7), "-2"),
        (lambda n: (n.a * 0 + 3) ** (P - 2) * 3, "1"),
        (lambda n: (n.a * 0 + 1) / 7 * 7, "1"),
    ],
)
def test_constants_fold(action, text):
    assert texts(lambda t: action(t.now)) == text


def test_equal_expressions_are_one_node():
    def constrain(t):
        n = t.now
        t.every_row.zero((n.a + n.b) * n.c)
        t.every_row.zero((n.b + n.a) * n.c + n.d)
        t.every_row.zero(n.c * (n.a + n.b) + n.d)

    description = table(constrain)
    kinds = [node[0] for node in description.nodes]
    assert kinds.count("mul") == 1
    assert kinds.count("add") == 2
    assert description.constraints[1].node == description.constraints[2].node


def test_degrees():
    def constrain(t):
        n = t.now
        cases = [
            (n.a, 1),
            (t.publics.k, 0),
            (t.publics.k * 5 - 1, 0),
            (n.a * t.publics.k, 1),
            (n.a * n.b + n.c, 2),
            (n.a**7, 7),
            (t.next.a * t.periodic.r, 2),
            (n.a * 0 + 1, 0),
        ]
        for expression, degree in cases:
            assert expression.degree == degree
        t.every_row.zero(n.a)

    table(constrain, publics=("k",), periodic={"r": [1, 2]})


BAD_NUMBERS = [
    1.5,
    2.0,
    float("nan"),
    1j,
    np.float64(2),
    np.float32(2),
    np.complex128(1),
    fractions.Fraction(1, 2),
    decimal.Decimal("0.5"),
]


@pytest.mark.parametrize("number", BAD_NUMBERS, ids=repr)
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("kind", [operator.add, operator.sub, operator.mul])
def test_non_integers(kind, number, swapped):
    def action(t):
        return kind(number, t.now.a) if swapped else kind(t.now.a, number)

    with pytest.raises(AirError, match=r"is not an integer.*as a division"):
        inside(action)


@pytest.mark.parametrize("number", [P, P + 1, -P, 2**64, -(2**64), 10**40])
def test_large_integers(number):
    for action in (lambda t: t.now.a + number, lambda t: number * t.now.a):
        with pytest.raises(AirError, match=r"is not below p .*% cs\.P"):
            inside(action)


@pytest.mark.parametrize(
    "other", ["x", None, [1], (1,), {}, object(), b"x"], ids=lambda v: type(v).__name__
)
def test_foreign_types(other):
    with pytest.raises(AirError, match="expected an expression or an integer"):
        inside(lambda t: t.now.a + other)
    with pytest.raises(AirError, match="expected an expression or an integer"):
        inside(lambda t: t.now.a - t.now)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda a, b: bool(a), r"if, and, or, not cannot depend on it.*when\(flag\)"),
        (lambda a, b: 1 if a else 0, "multiply by it"),
        (lambda a, b: a and b, "if, and, or, not"),
        (lambda a, b: not a, "if, and, or, not"),
        (lambda a, b: a == b, r"== cannot compare it.*every_row\.equal\(a, b\)"),
        (lambda a, b: a == 1, "== cannot compare"),
        (lambda a, b: 1 == a, "== cannot compare"),  # noqa: SIM300
        (lambda a, b: a == None, "== cannot compare"),  # noqa: E711
        (lambda a, b: a != b, "!= cannot compare it.*inv"),
        (lambda a, b: a in [b], "== cannot compare"),
        (lambda a, b: a < b, "cannot be ordered.*bits or limbs.*bus"),
        (lambda a, b: a <= 1, "cannot be ordered"),
        (lambda a, b: a > b, "cannot be ordered"),
        (lambda a, b: 1 >= a, "cannot be ordered"),  # noqa: SIM300
        (lambda a, b: np.uint64(1) < a, "cannot be ordered"),
        (lambda a, b: np.float64(1) == a, "== cannot compare"),
        (lambda a, b: np.arange(3) == a, "== cannot compare"),
        (lambda a, b: max(a, b), "cannot be ordered"),
        (lambda a, b: int(a), "cannot become a number"),
        (lambda a, b: float(a), "cannot become a number"),
        (lambda a, b: complex(a), "cannot become a number"),
        (lambda a, b: [1, 2][a], "number or an index"),
        (lambda a, b: range(a), "number or an index"),
        (lambda a, b: a & b, r"a \* b for and"),
        (lambda a, b: a | 1, "for or"),
        (lambda a, b: 1 ^ a, "for xor"),
        (lambda a, b: ~a, "1 - a for not"),
        (lambda a, b: a << 3, r"x \* 2\*\*k for a shift"),
        (lambda a, b: a >> 3, "decompose into bits"),
        (lambda a, b: a % 8, "work on values"),
        (lambda a, b: a // 8, "work on values"),
        (lambda a, b: a / b, "cannot divide now.a by now.b.*add a column q"),
        (lambda a, b: a / 0, "now.a is divided by zero"),
        (lambda a, b: a / (b - b), "divided by zero"),
        (lambda a, b: a / 1.5, "is not an integer"),
        (lambda a, b: a / P, "is not below p"),
        (lambda a, b: a / "x", "cannot divide"),
        (lambda a, b: 1 / a, r"cannot divide by the expression now.a.*inv \* x = 1"),
        (lambda a, b: np.arange(2) / a, "cannot divide by the expression"),
        (lambda a, b: a ** (MAX_EXPONENT + 1), "it must lie in 0..64.*columns of their own"),
        (lambda a, b: a**-1, r"inv \* x = 1"),
        (lambda a, b: (b * 0 + 3) ** -1, "must lie in"),
        (lambda a, b: a**0.5, "the exponent of now.a is 0.5"),
        (lambda a, b: a**b, "the exponent of now.a is now.b"),
        (lambda a, b: 2**a, "cannot be an exponent"),
        (lambda a, b: pow(a, 2, 7), "no modulus"),
        (lambda a, b: (a**40) ** 40, "degree 1600; the limit is 1024"),
    ],
)
def test_operators_that_have_no_meaning(action, message):
    with pytest.raises(AirError, match=message) as caught:
        inside(lambda t: action(t.now.a, t.now.b))
    assert "table 'demo'" in str(caught.value)
    assert isinstance(caught.value, CstarkError)
    assert isinstance(caught.value, ValueError)


def test_an_expression_is_no_sequence_and_not_hashable():
    with pytest.raises(TypeError):
        inside(lambda t: list(t.now.a))
    with pytest.raises(TypeError):
        inside(lambda t: hash(t.now.a))


def test_expression_of_another_table():
    outer = []

    def other(t):
        outer.append(t.now.b)
        table(lambda s: s.every_row.equal(s.now.a, t.now.b), name="inner")

    with pytest.raises(AirError, match=r"table 'inner': now.b belongs to table 'demo'.*bus"):
        table(other)
    with pytest.raises(AirError, match=r"table 'demo': now\.b was made in an earlier run"):
        table(lambda t: t.every_row.equal(t.now.a, outer[0]))
    with pytest.raises(AirError, match="was made in an earlier run of constrain"):
        outer[0] + 1
    with pytest.raises(AirError, match="was made in an earlier run of constrain"):
        outer[0] * outer[0]
    assert str(outer[0]) == "now.b"


def test_an_air_that_stores_expressions_fails_in_its_second_run():
    stored = []

    def constrain(t):
        if not stored:
            stored.append(t.now.a)
        t.every_row.boolean(stored[0])

    air = make(constrain)
    describe("one", air)
    with pytest.raises(AirError, match=r"earlier run of constrain.*instead of storing"):
        describe("one", air)


def test_selectors_do_not_work_after_constrain():
    kept = []

    def constrain(t):
        kept.append(t)
        t.every_row.boolean(t.now.a)

    table(constrain)
    for use, what in (
        (lambda t: t.every_row.zero(0), "every_row"),
        (lambda t: t.transition.when(1).equal(0, 1), "transition"),
        (lambda t: t.now.b, "now"),
        (lambda t: t.next[1], "next"),
        (lambda t: t.send("b", [1]), "send"),
        (lambda t: t.receive("b", [1]), "receive"),
    ):
        with pytest.raises(AirError, match=rf"table 'demo': t\.{what} is used outside constrain"):
            use(kept[0])
    with pytest.raises(AirError, match="earlier run"):
        kept[0].every_row.boolean(kept[0].now.a + 1)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (lambda n: np.arange(3) + n.x, ["now.x", "1 + now.x", "2 + now.x"]),
        (lambda n: n.x - np.arange(2), ["now.x", "now.x - 1"]),
        (lambda n: np.arange(2) - n.x, ["-now.x", "1 - now.x"]),
        (lambda n: n.a[0, :2] * np.array([1, 2]), ["now.a[0,0]", "now.a[0,1] * 2"]),
        (lambda n: np.array([2, 2], dtype=np.uint64) * n.x, ["2 * now.x"] * 2),
        (lambda n: np.array([2, 2], dtype=np.int8) * n.x, ["2 * now.x"] * 2),
        (lambda n: np.array([True, False]) * n.x, ["now.x", "0"]),
        (lambda n: np.int64(3) * n.x, "3 * now.x"),
        (lambda n: n.x + np.uint64(3), "now.x + 3"),
        (lambda n: np.uint64(3) - n.x, "3 - now.x"),
        (lambda n: np.int8(-3) * n.x, "-3 * now.x"),
        (lambda n: np.array(3) * n.x, "3 * now.x"),
        (lambda n: np.add(n.x, [1, 2]), ["now.x + 1", "now.x + 2"]),
        (lambda n: n.a.sum(axis=0)[0], "now.a[0,0] + now.a[1,0]"),
        (lambda n: np.roll(n.a, 1, axis=1)[0], ["now.a[0,2]", "now.a[0,0]", "now.a[0,1]"]),
        (lambda n: n.a.reshape(3, 2)[1], ["now.a[0,2]", "now.a[1,0]"]),
        (lambda n: n.a.T[2], ["now.a[0,2]", "now.a[1,2]"]),
        (lambda n: (-n.a)[0, :2], ["-now.a[0,0]", "-now.a[0,1]"]),
        (lambda n: (n.a**2)[1, 1], "now.a[1,1]**2"),
        (lambda n: (n.a / 2)[1, 1], "now.a[1,1] / 2"),
        (lambda n: n.x / np.array([1, 2]), ["now.x", "now.x / 2"]),
        (lambda n: n.x ** np.arange(3), ["1", "now.x", "now.x**2"]),
        (lambda n: n.a[0] @ [1, 2, 0], "now.a[0,0] + now.a[0,1] * 2"),
        (lambda n: np.concatenate([n.a[0], [7]])[3], "7"),
        (lambda n: np.stack([n.x, n.a[1, 2]]), ["now.x", "now.a[1,2]"]),
    ],
)
def test_numpy(action, expected):
    assert texts(lambda t: action(t.now), **GROUP) == expected


def test_numpy_gives_expressions_not_arrays():
    assert inside(lambda t: isinstance(np.int64(3) * t.now.x, Expression), **GROUP)
    assert inside(lambda t: isinstance(t.now.a.sum(), Expression), **GROUP)


def test_float_arrays_are_refused():
    for action in (lambda t: np.array([0.5]) * t.now.a, lambda t: t.now.a + np.ones(2)):
        with pytest.raises(AirError, match="is not an integer"):
            inside(action)


def test_text_of_shared_expressions_stays_short():
    def action(t):
        e = t.now.a
        for _ in range(9):
            e = e * e + t.now.b
        return len(str(e))

    assert inside(action) < 2000


def test_text_of_long_chains_stays_short():
    assert inside(lambda t: len(str(sum(t.now[k] * k for k in range(3000)))), columns=3000) < 2000


elements = st.one_of(st.integers(-5, 5), st.integers(-P + 1, P - 1))


def half_plus(x, y):
    return (x * pow(2, -1, P) % P if isinstance(x, int) else x / 2) + y


def square_minus(x, y):
    return (x**2 % P if isinstance(x, int) else x**2) - y


@st.composite
def formulas(draw, depth=4):
    """Pairs of functions: one on expressions or integers, with Python operators only."""
    if depth == 0 or (depth < 3 and draw(st.booleans())):
        choice = draw(st.integers(0, 4))
        if choice == 4:
            number = draw(elements)
            return lambda a, b, c, d: number
        return lambda *columns: columns[choice]
    left, right = draw(formulas(depth=depth - 1)), draw(formulas(depth=depth - 1))
    kind = draw(st.sampled_from([operator.add, operator.sub, operator.mul, "half", "square"]))
    if kind == "half":
        kind = half_plus
    if kind == "square":
        kind = square_minus

    def combined(*columns):
        value = kind(left(*columns), right(*columns))
        return value % P if isinstance(value, int) else value

    return combined


@given(formula=formulas(), row=st.lists(st.integers(0, P - 1), min_size=4, max_size=4))
def test_expressions_mean_what_python_computes(formula, row):
    trace = np.array([row] * 8, dtype=np.uint64)
    names = ("a", "b", "c", "d", "result")

    def constrain(t):
        value = formula(*(t.now[k] for k in range(4)))
        t.every_row.equal(t.now.result, value % P if isinstance(value, int) else value)

    description = table(constrain, columns=names)
    expected = formula(*row) % P
    good = np.column_stack([trace, np.full(8, expected, dtype=np.uint64)])
    assert plain_check.violations(description, good) == []
    bad = good.copy()
    bad[3, 4] = (expected + 1) % P
    assert plain_check.violations(description, bad) == [(0, 3)]
