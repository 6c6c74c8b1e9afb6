"""Violated constraints: which, where, and what is said about them."""

from __future__ import annotations

import numpy as np
import pytest

from cstark.air import P, TableDescription
from cstark.errors import TraceError
from cstark.program import check_program
from tests.check.check_support import array, elements, random_table, run_check, table
from tests.oracles import plain_check


@pytest.mark.parametrize("seed", range(25))
def test_random_violations_agree_with_the_oracle(seed):
    generator = np.random.default_rng(seed)
    description = random_table(generator)
    trace = elements(generator, (16, description.width))
    trace[generator.random(16) < 0.3] = 0
    publics = elements(generator, description.publics).tolist()
    found = plain_check.violations(description, trace, publics)
    rows = {index: [r for i, r in found if i == index] for index, _ in found}
    values = plain_check.node_values(description, trace, publics)
    report = run_check([description], [trace], [publics], programs=[check_program(description)])
    assert sorted(v.index for v in report.violations) == sorted(rows)
    assert bool(report) == (not rows)
    assert [v.row for v in report.violations] == sorted(v.row for v in report.violations)
    for violation in report.violations:
        constraint = description.constraints[violation.index]
        assert violation.row == rows[violation.index][0]
        assert violation.failing_rows == len(rows[violation.index])
        assert violation.selector == constraint.selector
        assert violation.expression == constraint.expression
        for place, node in enumerate(description.nodes):
            if node[0] in ("column", "public"):
                text = description.leaf_text(node)
                if text in violation.values:
                    assert violation.values[text] == values[place][violation.row]
        # the sides as written differ, and their difference is not hidden by a condition
        assert violation.left != violation.right
        if "when" not in violation.expression:
            difference = (violation.left - violation.right) % P
            assert difference == values[constraint.node][violation.row]


FIBONACCI = [[1, 1], [2, 3], [5, 8], [13, 21], [34, 55], [89, 144], [233, 377], [610, 987]]


def fibonacci() -> TableDescription:
    def constrain(t):
        now, nxt, pub = t.now, t.next, t.publics
        t.first_row.equal(now.left, pub.left0)
        t.first_row.equal(now.right, pub.right0)
        t.transition.equal(nxt.left, now.left + now.right, name="left adds up")
        t.transition.equal(nxt.right, now.right + nxt.left)

    return table("fib", ("left", "right"), constrain, publics=("left0", "right0"))


def test_a_true_trace():
    report = run_check([fibonacci()], [array(FIBONACCI)], [[1, 1]])
    assert report
    assert report.violations == () == report.imbalances
    report.raise_for_failure()
    first, note = str(report).splitlines()
    assert first == "Nothing wrong: fib (8 rows); 4 constraints, 0 buses"
    assert note.startswith("(table 'fib': height chosen by the prover;")
    assert "Nothing wrong" in report._repr_html_()
    assert report.to_dict()["ok"] is True


def test_a_wrong_cell_is_described():
    trace = array(FIBONACCI)
    trace[3, 0] = 14
    report = run_check([fibonacci()], [trace], [[1, 1]])
    assert not report
    first, second = report.violations
    assert (first.table, first.index, first.row, first.failing_rows) == ("fib", 2, 2, 2)
    assert first.name == "left adds up"
    assert first.expression == "next.left = now.left + now.right"
    assert first.values == {"next.left": 14, "now.left": 5, "now.right": 8}
    assert (first.left_text, first.left) == ("next.left", 14)
    assert (first.right_text, first.right) == ("now.left + now.right", 13)
    assert first.column == "left"
    assert "test_check_constraints.py:" in first.location
    assert (second.index, second.row, second.failing_rows) == (3, 2, 1)
    text = str(report)
    assert "table 'fib', row 2: 'left adds up' (next.left = now.left + now.right)" in text
    assert "next.left = 14, but now.left + now.right = 13" in text
    with pytest.raises(TraceError) as caught:
        report.raise_for_failure()
    assert caught.value.table == "fib"
    assert caught.value.row == 2
    assert caught.value.column == "left"
    assert caught.value.constraint == "next.left = now.left + now.right"
    for part in ("'fib'", "row 2", "next.left = now.left + now.right", "14", "13"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("selector", "rows", "expected"),
    [
        ("first_row", [0], (0, 1)),
        ("last_row", [7], (7, 1)),
        ("transition", [2, 5, 6], (2, 3)),
        ("every_row", [3, 7], (3, 2)),
        ("cyclic", [6, 7], (6, 2)),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_each_selector(selector, rows, expected, compiled):
    description = table("t", ("x", "y"), lambda t: getattr(t, selector).equal(t.now.x, t.now.y))
    trace = np.zeros((8, 2), dtype=np.uint64)
    trace[rows, 0] = P - 5
    programs = [check_program(description)] if compiled else None
    (violation,) = run_check([description], [trace], programs=programs).violations
    assert (violation.row, violation.failing_rows) == expected
    assert violation.values == {"now.x": P - 5, "now.y": 0}
    assert (violation.left, violation.right) == (P - 5, 0)
    # rows outside the selector may hold anything
    others = np.full((8, 2), 7, dtype=np.uint64)
    untouched = {"first_row": slice(1, 8), "last_row": slice(0, 7), "transition": slice(7, 8)}
    if selector in untouched:
        others[untouched[selector], 0] = 9
    assert run_check([description], [others], programs=programs)


def test_next_of_the_last_row_is_the_first():
    description = table("t", ("x",), lambda t: t.cyclic.equal(t.next.x, t.now.x + 1))
    (violation,) = run_check([description], [array([[i] for i in range(8)])]).violations
    assert (violation.row, violation.values) == (7, {"next.x": 0, "now.x": 7})


@pytest.mark.parametrize(
    ("state", "left", "right"),
    [
        (lambda t: t.every_row.zero(t.now.a - t.now.b), ("now.a - now.b", P - 1), ("0", 0)),
        (lambda t: t.every_row.boolean(t.now.b), ("now.b", 3), ("", None)),
        (lambda t: t.every_row.equal(t.now.a, 5), ("now.a", 2), ("5", 5)),
        (lambda t: t.every_row.equal(0, t.now.a), ("0", 0), ("now.a", 2)),
        (
            lambda t: t.every_row.when(t.now.a, t.now.b - 1).equal(t.now.b, t.now.a * t.now.a),
            ("now.b", 3),
            ("now.a**2", 4),
        ),
        (lambda t: t.every_row.when(t.now.a).zero(t.now.b), ("now.b", 3), ("0", 0)),
        (lambda t: t.every_row.when(t.now.a).boolean(t.now.b), ("now.b", 3), ("", None)),
    ],
)
def test_both_sides_are_valued(state, left, right):
    description = table("t", ("a", "b"), state)
    (violation,) = run_check([description], [array([[2, 3]] * 8)]).violations
    assert (violation.left_text, violation.left) == left
    assert (violation.right_text, violation.right) == right
    assert violation.failing_rows == 8


def test_periodic_and_public_and_preprocessed_values_are_named():
    def constrain(t):
        t.every_row.equal(t.now.x + t.periodic.rc, t.publics.p * t.preprocessed.f)

    fixed = np.arange(8, dtype=np.uint64).reshape(8, 1)
    description = table(
        "t",
        ("x",),
        constrain,
        periodic={"rc": [4, 6]},
        publics=("p",),
        preprocessed=("f",),
        fixed=fixed,
    )
    trace = array([[(3 * row - (4, 6)[row % 2])] for row in range(8)])
    assert run_check([description], [trace], [[3]])
    trace[5] = 8
    (violation,) = run_check([description], [trace], [[3]]).violations
    assert violation.row == 5
    assert violation.values == {
        "now.x": 8,
        "periodic.rc": 6,
        "publics.p": 3,
        "preprocessed.f": 5,
    }
    assert (violation.left, violation.right, violation.column) == (14, 15, "x")


def test_a_description_from_a_key_is_described_by_its_nodes():
    description = TableDescription.from_data(fibonacci().to_data())
    trace = array(FIBONACCI)
    trace[3, 0] = 14
    violation = run_check([description], [trace], [[1, 1]]).violations[0]
    assert violation.expression == "next[0] - (now[0] + now[1]) = 0"
    assert (violation.left, violation.right) == (1, 0)


@pytest.mark.parametrize(
    ("state", "trace", "hint"),
    [
        (lambda t: t.every_row.equal(t.now.b, 2 * t.now.a), (2**63 + 5, 10), True),
        (lambda t: t.every_row.equal(t.now.b, t.now.a**2), (2**40 + 3, (2**40 + 3) ** 2), True),
        (lambda t: t.every_row.zero(t.now.a + 2**63 - t.now.b), (2**63 + 5, 5), True),
        (lambda t: t.every_row.equal(t.now.b, 2 * t.now.a), (2**63 + 5, 11), False),
        (lambda t: t.every_row.equal(t.now.b, t.now.a), (0, 2**32 - 1), False),
        (lambda t: t.every_row.equal(t.now.b, t.now.a), (P - 1, 2**32 - 2), False),
        (lambda t: t.every_row.boolean(t.now.a), (2**63, 0), False),
    ],
)
def test_sums_that_wrapped_around_at_the_wrong_number_are_recognised(state, trace, hint):
    row = [value % 2**64 for value in trace]
    report = run_check([table("t", ("a", "b"), state)], [np.array([row] * 8, dtype=np.uint64)])
    assert len(report.violations) == 1
    for text in (str(report), report._repr_html_()):
        assert ("compute with cs.goldilocks" in text) == hint
