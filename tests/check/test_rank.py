"""The parts of the rank test: derivatives, elimination, lists, kinds of rows, what is declared."""

from __future__ import annotations

import itertools
import json

import flint
import numpy as np
import pytest

import cstark as cs
from cstark.air import describe
from cstark.check.elimination import Echelon
from cstark.check.kinds import choose_rows
from cstark.check.providers import FixedList
from cstark.check.rows import PointTable
from cstark.check.short_vectors import boxed_vectors
from tests.check.check_support import random_table

P = cs.P


def point(description, trace, publics=()):
    return PointTable(0, description, trace, publics, ())


def test_derivatives_are_exact():
    """A polynomial of degree d in t is known from d + 1 values; so is its derivative at 0."""
    generator = np.random.default_rng(8)
    for _ in range(4):
        description = random_table(generator, buses=(("b", 2),), rows=8)
        trace = generator.integers(0, P, (8, description.width), dtype=np.uint64)
        publics = [int(v) for v in generator.integers(0, 2**62, description.publics)]
        table = point(description, trace, publics)
        row = int(generator.integers(0, 8))
        values = table.values(row, {})
        for constraint in description.constraints:
            found = table.derivative(constraint.node, values)
            for column in range(description.width):
                for shift in (0, 1):
                    cell = (0, (row + shift) % 8, column)
                    old = int(trace[cell[1], column])
                    points = [
                        table.values(row, {cell: (old + t) % P})[constraint.node]
                        for t in range(description.degree + 1)
                    ]
                    assert found.get((column, shift), 0) == slope_at_zero(points)


def slope_at_zero(values):
    """Newton's forward differences: f'(0) = sum (-1)^(k+1) D^k f(0) / k."""
    total, sign = 0, 1
    for k in range(1, len(values)):
        values = [b - a for a, b in itertools.pairwise(values)]
        total += sign * values[0] * pow(k, -1, P)
        sign = -sign
    return total % P


def test_elimination_agrees_with_flint():
    random = np.random.default_rng(4)
    for _ in range(30):
        rows, columns = (int(n) for n in random.integers(1, 9, 2))
        matrix = random.integers(-1, 2, (rows, columns)) * random.integers(
            1, 2**62, (rows, columns)
        )
        matrix[random.random((rows, columns)) < 0.5] = 0
        system = Echelon(range(columns // 2))
        for row in matrix.tolist():
            system.insert({k: v % P for k, v in enumerate(row) if v})
        free = system.free(range(columns))
        assert columns - len(free) == flint.nmod_mat(matrix.tolist(), P).rank()
        for one in free:
            moved = system.kernel_vector(one)
            assert moved[one] == 1 and not any(moved.get(other) for other in free if other != one)
            for row in matrix.tolist():
                assert sum(v * moved.get(k, 0) for k, v in enumerate(row)) % P == 0


@pytest.mark.parametrize(("sizes", "solutions"), [((15, 15), 0), ((16, 15), 2), ((16, 1), 2)])
def test_other_integers(sizes, solutions):
    """x = 16 y."""
    found = list(boxed_vectors([[16, 1]], [-size for size in sizes], sizes))
    assert len(found) == solutions
    assert all(x == 16 * y for x, y in found)


def test_a_list_says_what_determines_a_message():
    x, y = (v.reshape(-1) for v in np.mgrid[0:16, 0:16].astype(np.uint64))
    both = FixedList(np.stack([x, y, x & y], axis=1))
    assert (both.asked, both.answered) == ((0, 1), (2,))
    assert both.complete([12, 10]) == [12, 10, 8] and both.complete([16, 0]) is None
    top = FixedList(np.stack([x, x >> np.uint64(3)], axis=1))
    assert (top.asked, top.lows, top.highs) == ((0,), [0, 0], [15, 1])


class Inverse(cs.Air):
    """Whether x is 0, with an inverse that is free if it is."""

    columns = ("x", "inverse", "known")
    inputs = ("x",)

    def constrain(self, t):
        now = t.now
        t.every_row.equal(now.known, now.x * now.inverse)
        t.every_row.zero(now.x * (1 - now.known))


def inverse_trace(rows=64):
    x = np.zeros(rows, dtype=np.uint64)
    x[5::7] = 3
    inverse = np.where(x == 0, np.uint64(0), np.uint64(pow(3, -1, P)))
    return np.stack([x, inverse, (x != 0).astype(np.uint64)], axis=1)


def test_rows_of_every_kind_are_tested():
    trace = inverse_trace()
    table = point(describe("inverse", Inverse()), trace)
    rows, kinds = choose_rows(table, 8, np.random.default_rng(0))
    assert kinds >= 2 and {bool(trace[row, 0]) for row in rows} == {True, False}
    report = cs.Machine({"inverse": Inverse()}).check({"inverse": trace}, mutate=1)
    assert [one.columns for one in report.rank.undetermined] == [("inverse",)]
    assert trace[report.rank.undetermined[0].row, 0] == 0


def test_what_is_declared_is_taken_as_given():
    trace = inverse_trace()

    class Declared(Inverse):
        def free_cells(self, cells):
            return [cs.FreeCells(("inverse",), cells.x == 0, "nothing to invert")]

    machine = cs.Machine({"inverse": Declared()})
    report = machine.check({"inverse": trace}, mutate=1)
    assert report and report.rank and report.rank.rows["inverse"] > 1
    assert "rows tested for cells that move together" in str(report)
    assert "one at a time" in str(report)

    class Undeclared(Declared):
        inputs = ()

    report = cs.Machine({"inverse": Undeclared()}).check({"inverse": trace}, mutate=1)
    assert not report and report.mutations
    assert {frozenset(one.columns) for one in report.rank.undetermined} == {
        frozenset(["x", "inverse"])
    }
    data = report.to_dict()
    assert json.loads(json.dumps(data)) == data and data["rank"]["ok"] is False
    for text in (str(report), report._repr_html_()):
        assert "not determined" in text and "as well" in text


@pytest.mark.parametrize("inputs", ["x", 3, ("y",), ("",), (3,), ("inverse[0]",), None])
def test_wrong_inputs(inputs):
    wrong = type("Wrong", (Inverse,), {"inputs": inputs})
    with pytest.raises(cs.AirError, match=r"'table'.*`inputs`"):
        cs.Machine({"table": wrong()})


def test_inputs_are_columns_or_groups():
    class Groups(cs.Air):
        columns = {"x": (3,), "y": ()}
        inputs = ("x[1]", "y")

        def constrain(self, t):
            t.every_row.equal(t.now.x[0], t.now.x[1] + t.now.x[2] + t.now.y)

    assert cs.Machine({"groups": Groups()}).descriptions[0].inputs == {1, 3}
    Groups.inputs = ["x"]
    assert cs.Machine({"groups": Groups()}).descriptions[0].inputs == {0, 1, 2}


def test_a_table_may_be_determined_from_its_end():
    class Horner(cs.Air):
        """The digits of a public number, the sum of which begins in the last row."""

        columns = ("digit", "rest")
        publics = ("number",)
        inputs = ("digit",)

        def constrain(self, t):
            t.transition.equal(t.now.rest, t.now.digit + 10 * t.next.rest)
            t.last_row.equal(t.now.rest, t.now.digit)
            t.first_row.equal(t.now.rest, t.publics.number)

    digits = [4, 2, 1, 8, 0, 0, 7, 5]
    rest = [sum(d * 10**k for k, d in enumerate(digits[i:])) for i in range(8)]
    trace = np.array([digits, rest], dtype=np.uint64).T.copy()
    machine = cs.Machine({"horner": Horner()})
    assert machine.check({"horner": trace}, {"horner": [rest[0]]}, mutate=1)
