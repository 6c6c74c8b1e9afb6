"""Free cells: the local judgement of a change is that of a full check by the slow oracle."""

from __future__ import annotations

import json

import numpy as np
import pytest

import cstark as cs
from cstark.check import mutate
from tests.check.check_support import random_table
from tests.oracles import plain_check, zoo


def is_valid(descriptions, traces, publics, tokens=()):
    """By the slow oracle, from scratch."""
    named = {d.name: d for d in descriptions}
    by_name = dict(zip(named, traces, strict=True))
    values = dict(zip(named, publics, strict=True))
    return not plain_check.imbalances(named, by_name, values, tokens) and not any(
        plain_check.violations(d, by_name[n], values[n]) for n, d in named.items()
    )


def compare_with_full_checks(descriptions, traces, publics, tokens=()):
    """Every change of every cell; returns how many went unnoticed."""
    assert is_valid(descriptions, traces, publics, tokens)
    rng = np.random.default_rng(3)
    free = 0
    for table, description in enumerate(descriptions):
        trace = traces[table]
        judge = mutate.ChangedTable(description, trace, publics[table])
        rows = np.arange(len(trace))
        for column in range(description.width):
            old = trace[:, column].copy()
            for new in mutate._changes(old, old, rng):
                assert (new != old).all() and (new < np.uint64(cs.P)).all()
                expected = []
                for row in rows:
                    changed = trace.copy()
                    changed[row, column] = new[row]
                    others = [*traces[:table], changed, *traces[table + 1 :]]
                    if is_valid(descriptions, others, publics, tokens):
                        expected.append(row)
                found = judge.unnoticed(column, rows, new)
                assert found.tolist() == expected, (description.name, column)
                free += len(expected)
    return free


class Loose(cs.Air):
    """Cells that are free in some rows: products with zero, messages that swap or are not sent."""

    columns = ("flag", "x", "y", "tail")
    preprocessed = ("mask",)
    periodic = {"beat": (0, 1)}
    publics = ("start",)

    def preprocessed_trace(self):
        return np.array([[0], [1], [1], [0], [0], [1], [0], [0]], dtype=np.uint64)

    def constrain(self, t):
        now, nxt = t.now, t.next
        t.every_row.boolean(now.flag)
        t.first_row.equal(now.x, t.publics.start)
        t.transition.zero(t.preprocessed.mask * (nxt.x - now.x))
        t.cyclic.zero(t.periodic.beat * t.preprocessed_next.mask * (nxt.y - now.y))
        t.last_row.zero(now.tail)
        t.send("b", [now.y], count=now.flag)
        t.receive("b", [nxt.y], count=nxt.flag, weight=1)


def loose():
    trace = np.zeros((8, 4), dtype=np.uint64)
    trace[:, 0] = (0, 1, 0, 1, 1, 0, 0, 1)
    trace[:, 1] = 6
    trace[:, 2] = 9
    return zoo.Case({"loose": Loose()}, {"loose": trace}, {"loose": [6]})


CASES = {
    "fibonacci": zoo.fibonacci(3),
    "cubic": zoo.cubic(3),
    "ring": zoo.ring(3),
    "lookup": zoo.lookup(2, 3, 3, tokens=True),
    "loose": loose(),
}


@pytest.mark.parametrize("name", CASES)
def test_finds_exactly_the_changes_that_stay_valid(name):
    case = CASES[name]
    traces = [case.traces[table] for table in case.tables]
    publics = [case.publics.get(table, ()) for table in case.tables]
    free = compare_with_full_checks(case.machine().descriptions, traces, publics, case.tokens)
    # the cases are of both kinds, or nothing would have been compared; in the ring, where only
    # a * a is stated, a sign is free
    assert (free > 0) == (name in ("lookup", "loose", "ring"))


class Root(cs.Air):
    """A square root: of which sign, is said or not."""

    columns = {"x": (), "root": (), "bits": (4,)}

    def __init__(self, small):
        self.small = small

    def constrain(self, t):
        now = t.now
        t.every_row.equal(now.root * now.root, now.x)
        t.every_row.boolean(*now.bits)
        t.every_row.equal(now.root if self.small else now.x, cs.pack(now.bits, 1))


@pytest.mark.parametrize("small", [False, True])
def test_the_sign_of_a_square_root(small):
    """No small, no random change of one cell shows it, and the Jacobian has full rank."""
    roots = [3, 1, 2, 3, 2, 1, 3, 2]
    trace = [[r * r, r, *((r if small else r * r) >> k & 1 for k in range(4))] for r in roots]
    machine = cs.Machine({"t": Root(small)}, cs.Options(queries=3))
    report = machine.check({"t": np.array(trace, dtype=np.uint64)}, mutate=1000)
    found = [(c.column, c.rows, c.examples[0].change) for c in report.mutations.free]
    assert found == ([] if small else [("root", 8, "negated")])


def test_judges_random_tables_as_a_full_check_does():
    """Only the constraints and messages of the changed rows differ, whatever the expressions."""
    generator = np.random.default_rng(5)
    for _ in range(3):
        description = random_table(generator, buses=(("b", 2),), rows=8)
        trace = generator.integers(0, cs.P, (8, description.width), dtype=np.uint64)
        publics = [int(v) for v in generator.integers(0, 2**62, description.publics)]
        judge = mutate.ChangedTable(description, trace, publics)
        before = set(plain_check.violations(description, trace, publics))
        flaws = plain_check.imbalances([description], {"demo": trace}, {"demo": publics})
        rows = np.arange(8)
        for column in range(description.width):
            new = (trace[:, column] + np.uint64(1)) % np.uint64(cs.P)
            changes = judge.message_changes(rows, {column: new})
            for row in rows:
                changed = trace.copy()
                changed[row, column] = new[row]
                after = set(plain_check.violations(description, changed, publics))
                # a random trace breaks nearly everything: compare where rows differ
                assert {r for _, r in before ^ after} <= {row, (row - 1) % 8}
                expected = plain_check.imbalances(
                    [description], {"demo": changed}, {"demo": publics}
                )
                delta = dict.fromkeys(flaws, 0)
                for key in {*flaws, *expected}:
                    delta[key] = (expected.get(key, 0) - flaws.get(key, 0)) % cs.P
                found: dict = {}
                for bus, entries in changes.items():
                    for values, count in entries:
                        key = (bus, tuple(int(v[row]) for v in values))
                        found[key] = (found.get(key, 0) + int(count[row])) % cs.P
                found = {key: value for key, value in found.items() if value}
                assert {key: value for key, value in delta.items() if value} == found


def test_report():
    case = loose()
    machine = case.machine()
    report = machine.check(case.traces, case.publics, mutate=1)
    assert report.valid and not report
    assert report.mutations.cells == 32  # all of a small trace
    columns = {column.column: column for column in report.mutations.free}
    assert columns["tail"].rows == 7 and columns["tail"].reason == ""
    assert "tail" in str(report) and "tail" in report._repr_html_()
    data = report.to_dict()
    assert json.loads(json.dumps(data)) == data and data["ok"] is False
    with pytest.raises(cs.TraceError) as refused:
        report.raise_for_failure()
    assert refused.value.column == report.mutations.free[0].column
    # what is said to be free can be proved
    cell = columns["tail"].examples[0]
    changed = case.traces["loose"].copy()
    changed[cell.row, 3] = cell.new
    case.verify(machine, machine.prove({"loose": changed}, case.publics))


def test_the_seed_decides():
    case = zoo.fibonacci(14)
    case.tables["fib"] = Idle()
    machine = case.machine()
    one, same, other = (
        machine.check(case.traces, case.publics, mutate=50, seed=seed).to_dict()
        for seed in (1, 1, 2)
    )
    assert one == same != other
    assert one["mutations"]["cells"] == 50


class Idle(zoo.Fibonacci):
    """Ties the first row only."""

    def constrain(self, t):
        t.first_row.equal(t.now.left, t.publics.left0)
        t.first_row.equal(t.now.right, t.publics.right0)
        t.last_row.equal(t.now.right, t.publics.result)


def test_explained_cells():
    class Explained(Loose):
        def free_cells(self, cells):
            rows = np.arange(8)
            return [cs.FreeCells("tail", rows < self.until, "nobody reads it")]

    case = loose()
    air = case.tables["loose"] = Explained()
    for air.until, unexplained in ((7, False), (6, True)):
        found = case.machine().check(case.traces, case.publics, mutate=1).mutations.free
        reasons = {column.reason for column in found if column.column == "tail"}
        assert reasons == ({"", "nobody reads it"} if unexplained else {"nobody reads it"})


@pytest.mark.parametrize(
    "statement",
    [
        cs.FreeCells(("tale",), np.ones(8, dtype=bool), "why"),
        cs.FreeCells(("tail",), np.ones(7, dtype=bool), "why"),
        cs.FreeCells(("tail",), np.ones(8), "why"),
        cs.FreeCells(("tail",), np.ones(8, dtype=bool), ""),
        "tail",
    ],
)
def test_wrong_explanations(statement):
    class Wrong(Loose):
        def free_cells(self, cells):
            return [statement]

    case = loose()
    case.tables["loose"] = Wrong()
    with pytest.raises(cs.AirError, match="'loose'"):
        case.machine().check(case.traces, case.publics, mutate=1)


def test_a_false_trace_is_not_mutated():
    case = loose()
    report = case.machine().check(case.traces, {"loose": [7]}, mutate=1)
    assert not report.valid and report.mutations is None


@pytest.mark.parametrize("value", [-1, 1.5, True, None])
def test_wrong_numbers(value):
    case = loose()
    for settings in ({"mutate": value}, {"mutate": 1, "seed": value}):
        with pytest.raises(cs.StatementError):
            case.machine().check(case.traces, case.publics, **settings)
