"""The quotient on a coset against Python integers."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import program_support as support
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cstark as cs
from cstark import field
from cstark.air import describe
from cstark.kernels import _runtime
from cstark.kernels._program import OPERATIONS
from cstark.program import Challenges, CosetPoints, Sources, boundary, quotient_program

P = support.P


class Case:
    """A random table on random cosets: the values need not come from polynomials."""

    def __init__(self, seed, rows=16, pad=True, **options):
        rng = np.random.default_rng(seed)
        options.setdefault("periods", [m for m in (1, 2, 8) if m <= rows])
        self.rows = rows
        self.description = description = support.random_table(rng, rows=rows, **options)
        columns = len(support.groups(description))

        def matrix(width):
            if not width:
                return None
            values = support.words(rng, (rows, width))
            return support.padded(values, -(-width // 4) * 4) if pad else values

        self.main = matrix(description.width)
        self.preprocessed = matrix(description.preprocessed_width)
        self.lookup = matrix(3 * columns)
        self.periodic = [support.words(rng, len(values)) for values in description.periodic]
        self.publics = [int(v) for v in support.words(rng, description.publics)]
        self.z, self.alpha, self.beta, self.mean = (support.triple(rng) for _ in range(4))
        self.shift = int(rng.integers(2**33, 2**63)) * 3 % P
        self.points = CosetPoints(
            self.shift, rows.bit_length() - 1, support.inverse_first(self.shift, rows)
        )
        self.sample = sorted({0, 1, rows - 2, rows - 1, *rng.integers(0, rows, 6).tolist()})

    def run(self, program=None, *, weight=field.ONE, onto=None):
        program = program or quotient_program(self.description)
        out = np.full((self.rows, 3), 77, dtype=np.uint64) if onto is None else onto
        sources = Sources(self.main, self.preprocessed, self.lookup, self.periodic)
        program.evaluate(
            self.points,
            sources,
            self.publics,
            Challenges(self.z, self.alpha, self.beta, self.mean, support.BUSES, weight=weight),
            out,
            add=onto is not None,
        )
        return out

    def expected(self, row):
        values = support.row_values(
            self.description, self.main, self.preprocessed, self.periodic, self.publics, row
        )
        lookup_row, following = [], (0, 0, 0)
        if self.lookup is not None:
            columns = len(support.groups(self.description))
            cells = self.lookup[row].tolist()
            lookup_row = [tuple(cells[3 * k : 3 * k + 3]) for k in range(columns)]
            start = 3 * (columns - 1)
            following = tuple(self.lookup[(row + 1) % self.rows].tolist()[start : start + 3])
        parts = support.residuals(
            self.description, values, lookup_row, following, self.z, self.alpha, self.mean
        )
        x = self.shift * pow(support.root(self.rows), row, P) % P
        return support.combine(parts, (x, 0, 0), self.rows, self.beta)

    def check(self, out):
        assert out.max() < P
        for row in self.sample:
            assert tuple(out[row].tolist()) == self.expected(row), row


@pytest.mark.parametrize("isa", _runtime.isas())
@given(
    seed=st.integers(0, 2**32),
    log_rows=st.integers(3, 9),
    interactions=st.integers(0, 9),
    constraints=st.integers(0, 30),
    lookup_degree=st.integers(1, 12),
    pad=st.booleans(),
)
def test_random_tables(isa, seed, log_rows, interactions, constraints, lookup_degree, pad):
    case = Case(
        seed,
        rows=1 << log_rows,
        interactions=interactions,
        constraints=constraints or not interactions,
        lookup_degree=lookup_degree,
        pad=pad,
    )
    with support.settings(isa):
        case.check(case.run())


@pytest.mark.parametrize("isa", _runtime.isas())
@given(
    seed=st.integers(0, 2**32),
    log_rows=st.sampled_from([3, 4, 7, 8, 9]),
    interactions=st.integers(0, 5),
    constraints=st.integers(0, 12),
)
def test_weighted_and_added_to_what_is_there(isa, seed, log_rows, interactions, constraints):
    case = Case(
        seed,
        rows=1 << log_rows,
        interactions=interactions,
        constraints=constraints or not interactions,
    )
    rng = np.random.default_rng(seed + 1)
    weight = support.triple(rng)
    before = support.words(rng, (case.rows, 3))
    before[:2] = [[P - 1, P - 1, P - 1], [0, 1, 2**32]]
    with support.settings(isa):
        alone = case.run()
        out = case.run(weight=weight, onto=before.copy())
    assert out.max() < P
    for old, new, value in zip(*(m.tolist() for m in (before, out, alone)), strict=True):
        assert tuple(new) == field.add(tuple(old), field.mul(weight, tuple(value)))


@pytest.mark.parametrize("isa", _runtime.isas())
@pytest.mark.parametrize("log_rows", [3, 4, 7, 9])
@pytest.mark.parametrize("selectors", [support.SELECTORS, ["every"], ["transition"], ["last"]])
def test_each_row_divides_by_a_number_of_its_own(isa, log_rows, selectors, monkeypatch):
    """As all rows do with the number of one of them; with that of the coset it is the quotient."""
    monkeypatch.setattr(support, "SELECTORS", selectors)
    interactions = 3 * (selectors is support.SELECTORS)
    case = Case(log_rows, rows=1 << log_rows, interactions=interactions, constraints=9)
    points, program = case.points, quotient_program(case.description)

    def with_numbers(numbers):
        case.points = replace(points, zerofiers=numbers)
        return case.run(program)

    own = support.words(np.random.default_rng(1), (case.rows,))
    own[:2] = P - 1, 0
    with support.settings(isa):
        case.check(with_numbers(np.full(case.rows, points.inverse_zerofier, dtype=np.uint64)))
        found = with_numbers(own)
        assert found.max() < P
        for row in case.sample:
            assert found[row].tolist() == with_numbers(np.full_like(own, own[row]))[row].tolist()
        with pytest.raises(ValueError, match="zerofiers"):
            with_numbers(own[1:])


@pytest.mark.parametrize("isa", _runtime.isas())
@pytest.mark.parametrize("rows", [8, 16, 128, 256, 4096])
def test_threads_agree(isa, rows):
    periods = [1 << k for k in range(rows.bit_length())]
    case = Case(rows, rows=rows, constraints=40, size=200, periods=periods)
    program = quotient_program(case.description)
    results = []
    for threads in (1, 2, 3, 7):
        with support.settings(isa, threads):
            results.append(case.run(program))
    case.check(results[0])
    for other in results[1:]:
        assert np.array_equal(results[0], other)


def test_isas_agree():
    case = Case(5, rows=1024, constraints=60, size=300)
    results = []
    for isa in _runtime.isas():
        with support.settings(isa):
            results.append(case.run())
    for other in results[1:]:
        assert np.array_equal(results[0], other)


@pytest.mark.parametrize("selector", support.SELECTORS)
def test_one_selector_alone(selector, monkeypatch):
    monkeypatch.setattr(support, "SELECTORS", [selector])
    case = Case(3, constraints=20, interactions=0)
    case.check(case.run())


@pytest.mark.parametrize("width", [1, 3, 4, 5, 2500])
def test_widths(width):
    case = Case(width, width=width, constraints=3 * width, size=4 * width, rows=256)
    case.check(case.run())


def test_many_constraints_of_one_selector_are_flushed(monkeypatch):
    monkeypatch.setattr(support, "SELECTORS", ["every", "first"])
    case = Case(1, constraints=1200, size=1500, interactions=0)
    case.check(case.run())


class Boundaries(cs.Air):
    """First and last rows that bind scaled columns and a product, in either order."""

    columns = ("x", *(f"c{k}" for k in range(11)), "count")
    publics = {"first": (12,), "last": (12,)}

    def __init__(self, order, interactions):
        self.order, self.interactions = order, interactions

    def constrain(self, t):
        now = t.now
        values = [*(3 * now[k] for k in range(11)), now.x * now.c3]
        t.every_row.zero(now.x * now.c0 - now.c1)
        for selector in self.order:
            t.last_row.zero(now.c2 + now.c5, name=f"before {selector}")
            bound = t.first_row if selector == "first" else t.last_row
            bound.equal(np.array(values, dtype=object), t.publics[selector])
        t.first_row.zero(now.c7 - 5)
        if self.interactions:
            t.send("a", [now.x], count=now.count, weight=1)


@pytest.mark.parametrize("isa", _runtime.isas())
@pytest.mark.parametrize("interactions", [False, True])
@pytest.mark.parametrize("order", [("first", "last"), ("last", "first")])
def test_sums_that_first_and_last_rows_share(isa, order, interactions, monkeypatch):
    description = describe("boundaries", Boundaries(order, interactions))
    monkeypatch.setattr(support, "random_table", lambda *_, **__: description)
    case = Case(11, rows=256)
    program = quotient_program(description)
    code = program.program.code[:, 0].tolist()
    assert code.count(OPERATIONS["scale_total"]) == 1
    with support.settings(isa):
        case.check(case.run(program))


def test_few_terms_are_not_worth_sharing(monkeypatch):
    monkeypatch.setattr(boundary, "LEAST_SHARED", 13)
    program = quotient_program(describe("boundaries", Boundaries(("first", "last"), False)))
    assert OPERATIONS["scale_total"] not in program.program.code[:, 0].tolist()


def test_program_survives_pickling():
    case = Case(9)
    program = quotient_program(case.description)
    assert np.array_equal(case.run(program), case.run(pickle.loads(pickle.dumps(program))))


def test_program_is_kept_within_the_budget_of_slots():
    case = Case(2, width=2500, constraints=2500, size=4000, rows=8)
    from cstark.program.encode import SLOT_BUDGET

    # Only values that cannot be loaded again may exceed it, and random tables share many.
    columns_alone = Case(4, width=2500, constraints=2500, size=1, rows=8, interactions=0)
    assert quotient_program(columns_alone.description).program.slots <= SLOT_BUDGET
    case.check(case.run())


def test_wrong_arguments_are_refused():
    case = Case(7)
    program = quotient_program(case.description)
    case.publics.append(1)
    with pytest.raises(ValueError, match="publics"):
        case.run(program)
    case.publics.pop()
    case.main = case.main[:, :1].copy()
    with pytest.raises(ValueError, match="instruction"):
        case.run(program)
