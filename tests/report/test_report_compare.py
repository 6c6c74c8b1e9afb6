"""Two reports side by side."""

from __future__ import annotations

import json

import pytest

from cstark.errors import CstarkError
from cstark.machines.fib_pair import FibPair
from cstark.report import Report
from cstark.report.compare import compare
from tests.report.report_support import small

MEGA = 1 << 20


def test_phases_side_by_side(monkeypatch):
    found = small(monkeypatch).compare(small(monkeypatch, slower=1.5, extra=True), ("old", "new"))
    rows = {row.path: (row.seconds, row.ratio, row.peak_bytes) for row in found.rows}
    assert rows == {
        ("commit",): ((3.0, 4.0), 4 / 3, (4 * MEGA, 4 * MEGA)),
        ("commit", "extend"): ((2.0, 3.0), 1.5, (4 * MEGA, 4 * MEGA)),
        ("commit", "hash"): ((1.0, 1.0), 1.0, (3 * MEGA, 3 * MEGA)),
        ("look <up>",): ((None, 0.5), None, (None, 5 * MEGA)),
        ("open",): ((1.0, 1.0), 1.0, (3 * MEGA, 5 * MEGA)),
        (): ((4.0, 5.5), 1.375, (4 * MEGA, 5 * MEGA)),
    }
    assert list(rows) == [
        ("commit",), ("commit", "extend"), ("commit", "hash"), ("look <up>",), ("open",), (),
    ]  # fmt: skip
    assert found.differences == ()
    assert repr(found) == "<Comparison of 'old' with 'new'; print it for the table>"


def test_text(monkeypatch):
    found = small(monkeypatch).compare(small(monkeypatch, slower=1.5, extra=True), ("old", "new"))
    lines = str(found).splitlines()
    assert lines[0].split("  ")[0] == "phase" and "old, s  new, s  ratio" in lines[0]
    assert lines[3].split() == ["extend", "2.000", "3.000", "1.50", "4.00", "MiB", "4.00", "MiB"]
    assert lines[5].split() == ["look", "<up>", "0.500", "5.00", "MiB"]
    assert lines[-1].startswith("total")


def test_html_and_data(monkeypatch):
    found = small(monkeypatch).compare(small(monkeypatch, extra=True))
    html = found._repr_html_()
    assert "look &lt;up&gt;" in html and "<up>" not in html
    assert "this, s" in html and "other, s" in html
    data = json.loads(json.dumps(found.to_dict()))
    assert data["names"] == ["this", "other"]
    assert data["phases"][1] == {
        "path": ["commit", "extend"], "seconds": [2.0, 2.0], "ratio": 1.0,
        "peak_bytes": [4 * MEGA, 4 * MEGA],
    }  # fmt: skip
    assert data["phases"][3]["seconds"] == [None, 0.5]


def named(*names):
    report = Report()
    for name in names:
        with report.phase(name):
            pass
    return report


@pytest.mark.parametrize(
    ("a", "b", "merged"),
    [
        ("xyz", "xyz", "xyz"),
        ("xz", "xyz", "xyz"),
        ("xyz", "xz", "xyz"),
        ("", "xy", "xy"),
        ("xy", "", "xy"),
        ("ab", "cd", "abcd"),
        ("xax", "xx", "xax"),
        ("ab", "ba", "ab"),
    ],
)
def test_order_of_phases(a, b, merged):
    rows = compare(named(*a), named(*b), ("a", "b")).rows[:-1]
    assert "".join(row.name for row in rows) == merged
    for side, names in ((0, a), (1, b)):
        found = [row.name for row in rows if row.seconds[side] is not None]
        assert sorted(found) == sorted(names)


def test_other_work_is_named(monkeypatch):
    a, b = small(monkeypatch), small(monkeypatch)
    a.facts.update(threads=1, plan="full", isa="avx2")
    b.facts.update(threads=2, plan="spill", proof_bytes=99)
    b.facts["tables"] = [{"name": "cpu", "log_height": 3, "columns": 5}]
    found = a.compare(b, ("old", "new"))
    assert found.differences == (
        "tables: cpu <&> 2^20 x 5 (old), cpu 2^3 x 5 (new)",
        "plan: full (old), spill (new)",
        "threads: 1 (old), 2 (new)",
        "proof: 123,456 bytes (old), 99 bytes (new)",
    )
    assert str(found).endswith("\n".join(found.differences))
    assert "cpu &lt;&amp;&gt;" in found._repr_html_()


def test_a_proof_is_no_report():
    with pytest.raises(CstarkError, match=r"not FibPair; that of a proof is proof\.report"):
        Report().compare(FibPair())


def test_ratio_of_nothing():
    empty = Report().compare(Report())
    assert empty.rows[-1].ratio is None
    assert "total" in str(empty)
