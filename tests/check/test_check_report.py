"""The report as text, HTML, plain data and error."""

from __future__ import annotations

import json
import pickle

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


def test_text_shows_ten_of_each_and_totals(report):
    text = str(report)
    assert text.startswith("15 violated constraints and 16 unbalanced messages ('left & right')")
    assert text.count("does not hold") == 10
    assert text.count("more than") == 10
    assert "... and 5 more violated constraints" in text
    assert "... and 6 more unbalanced messages" in text
    assert repr(report) == "<CheckReport: 15 violated constraints, 16 unbalanced messages>"


def test_html_is_escaped(report):
    page = report._repr_html_()
    assert page.count("<table>") == page.count("</table>") == 2
    assert "ta&lt;b&gt;le" in page
    assert "&lt;number 0&gt;" in page
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


def test_long_lists_of_values_are_cut():
    description = table("t", 40, lambda t: t.every_row.zero(sum(t.now[i] for i in range(40))))
    report = run_check([description], [array([[1] * 40] * 8)])
    assert len(report.violations[0].values) == 40
    assert "now[11] = 1, … 40 values" in str(report)
    assert show.message_text(range(14)).endswith("11, … 14 values)")


def test_elements_read_as_people_write_them():
    assert show.element(P - 2**31) == f"-{2**31}"
    assert show.element(2**63) == str(2**63)
    assert show.element(None) == ""
    assert show.surplus_text(-1) == "received once more than sent"
