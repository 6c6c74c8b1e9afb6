"""`describe`: declarations, notes on errors, degrees, canonical order."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from air_support import random_trace, table

from cstark import Machine, Options, VerifyingKey
from cstark.air import Air, P, describe
from cstark.errors import AirError
from tests.oracles import plain_check

ROOT = Path(__file__).parents[2]


class FibonacciPair(Air):
    """Two steps of the Fibonacci sequence in each row."""

    columns = ("left", "right")
    publics = ("left0", "right0")

    def constrain(self, t):
        now, nxt, pub = t.now, t.next, t.publics
        t.first_row.equal(now.left, pub.left0)
        t.first_row.equal(now.right, pub.right0)
        t.transition.equal(nxt.left, now.left + now.right)
        t.transition.equal(nxt.right, now.right + nxt.left)


class Adder(Air):
    """Provides sums on a bus."""

    columns = ("a", "b", "c", "count")

    def constrain(self, t):
        now = t.now
        t.every_row.equal(now.c, now.a + now.b)
        t.receive("add", [now.a, now.b, now.c], count=now.count)


def test_fibonacci():
    d = describe("fib", FibonacciPair())
    assert (d.name, d.width, d.publics, d.preprocessed_width, d.rows) == ("fib", 2, 2, 0, None)
    assert d.column_names == ("left", "right")
    assert d.public_names == ("left0", "right0")
    assert d.next_main == (0, 1)
    assert d.next_preprocessed == ()
    assert d.degree == 2
    assert [c.selector for c in d.constraints] == ["first", "first", "transition", "transition"]
    assert [c.degree for c in d.constraints] == [2, 2, 1, 1]
    assert [c.expression for c in d.constraints] == [
        "now.left = publics.left0",
        "now.right = publics.right0",
        "next.left = now.left + now.right",
        "next.right = now.right + next.left",
    ]
    assert d.nodes == (
        ("column", "main", 0, 0),
        ("public", 0),
        ("sub", 0, 1),
        ("column", "main", 1, 0),
        ("public", 1),
        ("sub", 3, 4),
        ("column", "main", 0, 1),
        ("add", 0, 3),
        ("sub", 6, 7),
        ("column", "main", 1, 1),
        ("add", 3, 6),
        ("sub", 9, 10),
    )
    assert d.render(8) == "next.left - (now.left + now.right)"
    assert d.lookup_degrees == ()
    assert d.lookup_columns == 0
    trace = np.zeros((8, 2), dtype=np.uint64)
    left, right = 1, 1
    for row in trace:
        row[:] = left, right
        left, right = left + right, left + 2 * right
    assert plain_check.violations(d, trace, [1, 1]) == []
    assert plain_check.violations(d, trace, [1, 2]) == [(1, 0)]
    trace[4, 0] += np.uint64(1)
    assert plain_check.violations(d, trace, [1, 1]) == [(2, 3), (2, 4), (3, 3)]


def test_adder():
    d = describe("adder", Adder())
    assert len(d.constraints) == 1
    (i,) = d.interactions
    assert (i.bus, i.sign, i.weight, i.label) == ("add", -1, 0, "receive on 'add'")
    assert [d.render(v) for v in i.values] == ["now.a", "now.b", "now.c"]
    assert d.render(i.count) == "now.count"
    assert d.degree == 2
    assert d.lookup_degrees == (2, 2)
    assert d.lookup_columns == 1
    assert d.count_degrees == (1,)
    assert repr(d) == (
        "<TableDescription 'adder': 4 columns, 1 constraints, 1 interactions, degree 2>"
    )


@pytest.mark.parametrize(
    ("counts", "degrees"),
    [
        ([1], (2, 2)),
        ([0], (2, 2)),
        ([3], (3, 2)),
        ([1, 1], (3, 2)),
        ([1, 3], (2, 3, 2)),
        ([1, 1, 1], (3, 2, 2)),
        ([2, 3, 4], (4, 4, 2)),
        ([1, 1, 1, 1], (3, 3, 2)),
        ([4, 1, 1, 5], (5, 2, 5, 2)),
    ],
)
def test_lookup_degrees(counts, degrees):
    def constrain(t):
        for degree in counts:
            t.send("b", [t.now.a, t.now.b], count=t.now.c**degree, weight=1)

    d = table(constrain)
    assert d.lookup_degrees == degrees
    assert d.degree == max(degrees)
    assert list(d.count_degrees) == counts
    assert d.lookup_columns == len(degrees) - 1


def test_lookup_degrees_of_constant_messages():
    def constrain(t):
        for _ in range(2):
            t.send("b", [t.publics.k], count=t.now.a, weight=1)

    d = table(constrain, publics=("k",))
    assert d.lookup_degrees == (3, 2)  # as if they were no constants
    assert d.degree == 3


def test_neither_constraint_nor_bus():
    with pytest.raises(AirError, match="'demo' has neither a constraint nor a bus"):
        table(lambda t: None)


def test_subjects():
    with pytest.raises(AirError, match=r"FibonacciPair is a class; write FibonacciPair\(\)"):
        describe("fib", FibonacciPair)
    with pytest.raises(AirError, match=r"int does not derive from cs\.Air"):
        describe("fib", 3)
    for name in ("", 3, None, "a\x00b"):
        with pytest.raises(AirError, match="table name"):
            describe(name, FibonacciPair())


def test_missing_constrain():
    class Nothing(Air):
        columns = ("a",)

    with pytest.raises(AirError, match=r"Nothing does not define constrain\(self, t\)"):
        describe("nothing", Nothing())


def test_constrain_must_not_return():
    def generator(t):
        yield t.every_row.boolean(t.now.a)

    with pytest.raises(AirError, match=r"returned generator.*\(remove yield\)"):
        table(generator)
    with pytest.raises(AirError, match="constrain returned list"):
        table(lambda t: [t.now.a])


def test_errors_get_a_note():
    def deep(t):
        return t.now.a + {}["missing"]

    with pytest.raises(KeyError) as caught:
        table(lambda t: deep(t))
    line = deep.__code__.co_firstlineno + 1
    assert caught.value.__notes__ == [
        f"in constrain of table 'demo', file \"{__file__}\", line {line}"
    ]
    with pytest.raises(AirError) as caught:
        table(lambda t: np.arange(3) * t.now.a < 3)
    assert __file__ in caught.value.__notes__[0]

    def broken(self):
        raise RuntimeError("disk on fire")

    air = type("Demo", (Air,), {"columns": 1, "preprocessed": 1, "preprocessed_trace": broken})()
    with pytest.raises(RuntimeError, match="disk on fire") as caught:
        describe("demo", air)
    assert "in preprocessed_trace of table 'demo', file" in caught.value.__notes__[0]


@pytest.mark.parametrize("rows", [8, 64, np.int64(16), 2**31])
def test_rows(rows):
    d = table(lambda t: t.every_row.boolean(t.now.a), rows=rows)
    assert d.rows == rows
    assert type(d.rows) is int


@pytest.mark.parametrize("rows", [0, 4, 9, -8, 2**32, 8.0, "8", True])
def test_bad_rows(rows):
    with pytest.raises(AirError, match="table 'demo': `rows` is"):
        table(lambda t: t.every_row.boolean(t.now.a), rows=rows)


@pytest.mark.parametrize("rows", [0, 4, 9, 8.0, True])
def test_bad_max_rows(rows):
    with pytest.raises(AirError, match="table 'demo': `max_rows` is"):
        table(lambda t: t.every_row.boolean(t.now.a), max_rows=rows)


def test_max_rows_holds_at_every_height_that_the_options_allow():
    class Window(Air):
        columns = ("a",)
        max_rows = 1 << 10

        def constrain(self, t):
            t.every_row.boolean(t.now.a)

    key = Machine({"window": Window()}, Options(max_log_height=10)).verifying_key()
    assert VerifyingKey.from_json(key.to_json()) == key
    with pytest.raises(AirError, match=r"'window' is sound up to 1024 rows only.*height=10"):
        Machine({"window": Window()}, Options(max_log_height=11))


def test_periods_are_at_most_a_fixed_height():
    with pytest.raises(AirError, match="'r' has 16 values, more than the 8 rows"):
        table(lambda t: t.every_row.boolean(t.now.a), periodic={"r": [1] * 16}, rows=8)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(16, dtype=np.uint64).reshape(8, 2),
        np.arange(16).reshape(8, 2),
        np.arange(16, dtype=np.uint8).reshape(8, 2),
        np.asfortranarray(np.arange(16, dtype=np.uint64).reshape(8, 2)),
        np.arange(16).reshape(8, 2).tolist(),
        np.arange(16).reshape(8, 2).astype(object),
    ],
)
def test_preprocessed(values):
    d = table(
        lambda t: t.every_row.equal(t.now.a, t.preprocessed.f),
        preprocessed=("f", "g"),
        fixed=values,
    )
    assert d.rows == 8
    assert d.preprocessed_width == 2
    assert d.preprocessed_names == ("f", "g")
    array = d.preprocessed
    assert array.dtype == np.uint64 and array.flags.c_contiguous and not array.flags.writeable
    assert array.tolist() == np.arange(16).reshape(8, 2).tolist()


def test_preprocessed_is_copied_and_the_original_stays_writable():
    values = np.zeros((8, 1), dtype=np.uint64)
    d = table(lambda t: t.cyclic.zero(t.preprocessed_next.f), preprocessed=("f",), fixed=values)
    assert not np.shares_memory(d.preprocessed, values)
    assert values.flags.writeable
    assert d.next_preprocessed == (0,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((8, 1), dtype=np.uint64), r"shape \(8, 1\); 2 preprocessed columns need"),
        (np.zeros(16, dtype=np.uint64), r"shape \(16,\)"),
        (np.zeros((6, 2), dtype=np.uint64), "height of preprocessed_trace is 6"),
        (np.zeros((4, 2), dtype=np.uint64), "height of preprocessed_trace is 4"),
        (np.zeros((0, 2), dtype=np.uint64), "height of preprocessed_trace is 0"),
        (np.zeros((8, 2)), "dtype float64; it must hold integers"),
        (np.full((8, 2), -1), r"holds -1 in row 0, column 'f', .* write -1 % cs\.P"),
        (np.arange(8) - 3, r"holds -3 at \(0,\), "),
        (np.full((8, 2), P, dtype=np.uint64), "18446744069414584321 in row 0, column 'f'"),
        (np.full((8, 2), P, dtype=object), "in row 0, column 'f', which is not in 0..p-1"),
        (np.full((8, 2), 2**70, dtype=object), f"holds {2**70} in row 0"),
        ([[1, 2.5]] * 8, "2.5, which is not an integer"),
        ([[1, 2], [3]], "ragged"),
        (None, r"returns None; it must return an array \(rows, 2\)"),
    ],
)
def test_bad_preprocessed(values, message):
    air = type(
        "Demo",
        (Air,),
        {
            "columns": ("a",),
            "preprocessed": ("f", "g"),
            "preprocessed_trace": lambda self: values,
            "constrain": lambda self, t: t.every_row.boolean(t.now.a),
        },
    )()
    with pytest.raises(AirError, match=message) as caught:
        describe("demo", air)
    assert "table 'demo'" in str(caught.value)


def test_preprocessed_and_its_method_go_together():
    with pytest.raises(AirError, match=r"does not define preprocessed_trace\(self\)"):
        table(lambda t: t.every_row.boolean(t.now.a), preprocessed=("f",))
    with pytest.raises(AirError, match="declares no `preprocessed` columns"):
        table(lambda t: t.every_row.boolean(t.now.a), fixed=np.zeros((8, 1), dtype=np.uint64))
    with pytest.raises(AirError, match="has 8 rows, but `rows` is 16"):
        table(
            lambda t: t.every_row.boolean(t.now.a),
            preprocessed=("f",),
            fixed=np.zeros((8, 1), dtype=np.uint64),
            rows=16,
        )


def test_dead_nodes_and_order_of_access_leave_no_trace():
    def plain(t):
        t.every_row.equal(t.now.a * t.now.b, t.now.c)
        t.every_row.equal(t.now.d, 5)

    def wasteful(t):
        unused = [e * t.next.a + k for k, e in enumerate(reversed(list(t.now)))]
        plain(t)
        return unused.clear()

    assert table(plain).to_data() == table(wasteful).to_data()
    assert table(wasteful).next_main == ()


def test_next_row_sets():
    def constrain(t):
        t.transition.equal(t.next.d, t.now.a)
        t.send("x", [t.next.b], count=t.preprocessed_next.g)

    d = table(constrain, preprocessed=("f", "g"), fixed=np.ones((8, 2), dtype=np.uint64))
    assert d.next_main == (1, 3)
    assert d.next_preprocessed == (1,)


def test_node_degrees():
    d = table(lambda t: t.every_row.equal(t.now.a**3, t.now.b * t.publics.k + 1), publics=("k",))
    by_text = {d.render(k): degree for k, degree in enumerate(d.node_degrees)}
    assert by_text["now.a**3"] == 3
    assert by_text["now.b * publics.k"] == 1
    assert by_text["1"] == by_text["publics.k"] == 0


def test_every_selector_against_the_oracle():
    def constrain(t):
        for rows in (t.first_row, t.transition, t.cyclic):
            rows.equal(t.next.a, t.now.a + 1)
        for rows in (t.last_row, t.every_row):
            rows.equal(t.now.b, t.now.c)

    d = table(constrain)
    trace = random_trace(5, 8, 4)
    trace[:, 0] = range(8)
    trace[:, 1] = trace[:, 2]
    assert plain_check.violations(d, trace) == [(2, 7)]
    trace[7, 1] = (int(trace[7, 1]) + 1) % P
    assert plain_check.violations(d, trace) == [(2, 7), (3, 7), (4, 7)]


PROGRAM = """
import hashlib, json, sys
sys.path[:0] = ["tests/air", "."]
from test_describe import Adder, FibonacciPair
from air_support import table
from cstark.air import describe, number_buses
def constrain(t):
    for name in ("u", "v", "w"):
        t.send(name, t.now, count=t.now.a + t.now.b * t.now.c, weight=2)
    t.cyclic.when(t.now.d).equal(t.next.a, t.now)
ds = [describe("fib", FibonacciPair()), describe("adder", Adder()), table(constrain)]
text = json.dumps([[d.to_data() for d in ds], number_buses(ds)])
print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_data_does_not_depend_on_the_hash_seed():
    digests = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(digests) == 1
    assert len(digests.pop()) == 65


def test_air_imports_only_errors_and_numpy():
    base = ("cstark.errors", "cstark.field", "cstark.limits")
    allowed = ("__future__", "numpy", "cstark.air", *base)
    for path in sorted((ROOT / "cstark" / "air").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            else:
                continue
            for name in names:
                top = name.split(".")[0]
                assert name.startswith(allowed) or top in sys.stdlib_module_names, (path, name)
