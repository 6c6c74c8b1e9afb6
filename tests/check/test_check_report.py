"""The report as text, HTML, plain data and error."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from cstark.air import P
from cstark.check import show
from cstark.errors import CstarkError, TraceError
from tests.check.check_support import array, run_check, table


def many(constraints=15, width=15):
    def constrain(t):
        for i in range(constraints):
            t.every_row.equal(t.now[i], i, name=f"<number {i}>")
        t.send("left & right", [t.now[0], t.now[1]])
        t.receive("left & right", [t.now[1], t.now[0]], name="swap")

    return table("ta<b>le", width, constrain)


@pytest.fixture
def report():
    trace = np.arange(8 * 15, dtype=np.uint64).reshape(8, 15) + np.uint64(100)
    return run_check([many()], [trace])


def scattered(report):
    """The same with every constraint at a line of its own."""
    violations = [replace(v, location=f"file.py:{k}") for k, v in enumerate(report.violations)]
    return replace(report, violations=tuple(violations))


def test_text_shows_ten_of_each_and_totals(report):
    text = str(scattered(report))
    assert text.startswith("15 violated constraints and 16 unbalanced messages ('left & right')")
    assert text.count("does not hold") == 10
    assert text.count("more than") == 10
    assert "... and 5 more violated constraints" in text
    assert "... and 6 more unbalanced messages on bus 'left & right'" in text
    page = scattered(report)._repr_html_()
    assert "<p>and 5 more violated constraints</p>" in page
    assert "<p>and 6 more unbalanced messages on bus &#x27;left &amp; right&#x27;</p>" in page
    assert repr(report) == f"<CheckReport: {str(report).splitlines()[0]}>"
    assert "15 violated constraints" in repr(report)


def test_what_one_line_states_is_shown_once(report):
    text = str(report)
    assert text.count("does not hold") == 1
    assert "14 others of the same line fail: '<number 1>' (row 0), " in text
    assert "… 8 more" in text and "more violated" not in text
    # constraints of a key have no lines: each stands for itself
    bare = replace(report, violations=tuple(replace(v, location="") for v in report.violations))
    assert str(bare).count("does not hold") == 10
    assert "<td>8 rows fail; stated for every row" in report._repr_html_()
    assert "14 others of the same line" in report._repr_html_()


def test_every_unbalanced_bus_is_shown():
    def constrain(t):
        for bus in "abcde":
            t.send(bus, [t.now[0], t.now[1]])
            t.receive(bus, [t.now[1], t.now[0]])

    trace = np.arange(8 * 2, dtype=np.uint64).reshape(8, 2)
    report = run_check([table("t", 2, constrain)], [trace])
    text = str(report)
    for bus in "abcde":
        assert text.count(f"bus '{bus}': (") == 3
        assert f"... and 13 more unbalanced messages on bus '{bus}'" in text
    assert report._repr_html_().count("<table>") == 5


def test_html_is_escaped(report):
    page = report._repr_html_()
    assert page.count("<table>") == page.count("</table>") == 2
    assert "ta&lt;b&gt;le" in page
    assert "&lt;number 0&gt;" in page and "&lt;number 1&gt;" in page
    assert "left &amp; right" in page
    assert "ta<b>le" not in page
    assert "<number" not in page


def test_plain_data_survives_json(report):
    data = report.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["ok"] is False
    assert len(data["violations"]) == 15
    first = data["violations"][0]
    assert first["values"] == {"now[0]": 100}
    assert (first["left"], first["right"], first["row"], first["failing_rows"]) == (100, 0, 0, 8)
    assert data["imbalances"][0]["values"] == [100, 101]
    assert data["imbalances"][0]["surplus"] == 1
    assert data["unbalanced"] == {"left & right": 16}


def test_reports_pickle(report):
    assert pickle.loads(pickle.dumps(report)) == report


def test_the_error_counts_what_else_is_wrong(report):
    with pytest.raises(TraceError) as caught:
        report.raise_for_failure()
    error = caught.value
    assert isinstance(error, CstarkError)
    assert isinstance(error, ValueError)
    assert (error.table, error.row, error.column) == ("ta<b>le", 0, "[0]")
    assert error.constraint == "now[0] = 0"
    assert "14 other constraints and 16 bus messages fail too" in str(error)


def test_long_equations_and_lists_of_values_are_cut():
    def constrain(t):
        t.every_row.zero(sum(t.now[i] for i in range(50)), name="long")

    report = run_check([table("t", 50, constrain)], [array([[1] * 50] * 8)])
    (violation,) = report.violations
    assert len(violation.values) == 50
    text = str(report)
    assert "'long' (now[0] + now[1] + " in text and "…) does not hold" in text
    assert violation.expression.endswith("now[49] = 0") and violation.expression not in text
    assert "the left side is 50, not 0" in text
    assert "now[39] = 1, … 50 values" in text
    assert max(map(len, text.splitlines()[3:])) < 120
    assert show.message_text(range(14)).endswith("11, … 14 values)")
    assert violation.to_dict()["expression"] == violation.expression


def test_a_side_that_is_no_column_has_a_name():
    def constrain(t):
        t.every_row.boolean(sum(t.now[i] * t.now[i] for i in range(20)))

    (violation,) = run_check([table("t", 20, constrain)], [array([[1] * 20] * 8)]).violations
    assert show.sides_text(violation) == "it is 20"
    assert "row 0: it does not hold that now[0]**2 + " in show.violation_text(violation)


def test_elements_read_as_people_write_them():
    assert show.element(P - 2**31) == f"-{2**31}"
    assert show.element(2**63) == str(2**63)
    assert show.element(None) == ""
    assert show.surplus_text(-1) == "received once more than sent"


def test_columns_that_nothing_reads_are_named():
    def constrain(t):
        t.every_row.boolean(t.now.a)
        t.transition.zero(t.next.sent - t.now.sent)
        unused = t.now.loose * 2
        del unused

    columns = {"a": (), "loose": (), "sent": (), "more": (8,)}
    description = table("t", columns, constrain)
    report = run_check([description], [np.zeros((8, 11), dtype=np.uint64)])
    assert report and report.valid
    names = ("loose", *(f"more[{k}]" for k in range(8)))
    assert report.unread == {"t": names}
    line = "(table 't': nothing reads 'loose', 'more[0]', "
    assert str(report).splitlines()[1].startswith(line)
    assert "'more[4]', … 3 more: any values would do there)" in str(report)
    assert "nothing reads &#x27;loose&#x27;" in report._repr_html_()
    assert report.to_dict()["unread"] == {"t": list(names)}
