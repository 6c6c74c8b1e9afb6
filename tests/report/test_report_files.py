"""Reports written and read."""

from __future__ import annotations

import importlib.util

import pytest

import cstark as cs
from cstark.report import Report
from cstark.report.files import file_bytes
from tests.oracles import zoo
from tests.report.report_support import small


def test_json_and_back(tmp_path):
    case = zoo.fibonacci(4)
    report = case.prove(case.machine()).report
    report.save(tmp_path / "r.json")
    back = Report.load(tmp_path / "r.json")
    assert back.to_dict() == report.to_dict()
    assert back.facts["threads"] == cs.get_num_threads()
    assert [row.ratio for row in report.compare(back).rows if row.ratio] != []
    assert {row.ratio for row in report.compare(back).rows} <= {1.0, None}


def test_html(tmp_path, monkeypatch):
    small(monkeypatch).save(tmp_path / "r.HTML")
    assert (tmp_path / "r.HTML").read_text().startswith("<!doctype html>")


def test_a_picture_is_in_the_format_of_its_name(monkeypatch):
    class Figure:
        def savefig(self, file, format):
            file.write(format.encode())

    monkeypatch.setattr(Report, "plot", lambda self: Figure())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    report = small(monkeypatch)
    assert [file_bytes(report, f"x{s}") for s in (".png", ".svg", ".PDF")] == [
        b"png",
        b"svg",
        b"pdf",
    ]


def test_no_picture_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(cs.CstarkError, match=r"r\.png: pictures need matplotlib"):
        small(monkeypatch).save(tmp_path / "r.png")
    small(monkeypatch).save(tmp_path / "r.json")


def test_other_files(tmp_path, monkeypatch):
    with pytest.raises(cs.CstarkError, match=r"r\.txt: .*ends in \.json, \.html, \.png"):
        small(monkeypatch).save(tmp_path / "r.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff", b'{"phases": 1}'])
def test_files_that_hold_no_report(tmp_path, data):
    (tmp_path / "r.json").write_bytes(data)
    with pytest.raises(cs.CstarkError, match=r"r\.json: "):
        Report.load(tmp_path / "r.json")
