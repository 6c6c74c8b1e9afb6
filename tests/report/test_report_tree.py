"""The tree: phases, memory, counters, facts; and their text."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from cstark.errors import CstarkError
from cstark.report import Report, security_text
from tests.report.report_support import small


def test_phases_nest_in_order(report):
    with report.phase("a"):
        with report.phase("b"):
            pass
        with report.phase("c"):
            pass
    with report.phase("d"):
        pass
    assert [(depth, phase.name) for depth, phase in report.root.walk()] == [
        (0, "prove"), (1, "a"), (2, "b"), (2, "c"), (1, "d"),
    ]  # fmt: skip
    a = report.root.find("a")
    assert a.seconds >= sum(child.seconds for child in a.children)
    assert report.seconds == sum(child.seconds for child in report.root.children)
    assert report.root.find("nothing") is None


def test_a_peak_belongs_to_the_phases_open_at_that_moment(report, meter):
    meter.set(100)
    with report.phase("a"):
        meter.set(50)  # "a" began with 100 live
        with report.phase("b"):
            meter.set(400)
            meter.set(70)
        meter.set(80)
        with report.phase("c"):
            meter.set(90)
    with report.phase("d"):
        meter.set(10)
    peaks = {phase.name: phase.peak_bytes for _, phase in report.root.walk()}
    assert peaks == {"prove": 400, "a": 400, "b": 400, "c": 90, "d": 90}


def test_buffers_are_counted_where_they_are_made(report, meter):
    meter.set(100)
    with report.phase("a"):
        meter.set(200)
        with report.phase("b"):
            meter.set(300)
            meter.set(10)
            meter.set(20)
        with report.phase("c"):
            meter.set(0)
    names = ("prove", "a", "b", "c")
    assert [report.root.find(n).counters.get("allocations", 0) for n in names] == [1, 1, 2, 0]
    assert report.root.total("allocations") == 4


def test_memory_released_before_a_phase_does_not_count(report, meter):
    meter.set(1000)
    meter.set(5)
    with report.phase("a"):
        meter.set(20)
    assert report.root.find("a").peak_bytes == 20
    assert report.peak_bytes == 1000


def test_a_phase_ends_when_its_body_raises(report):
    with pytest.raises(KeyError), report.phase("a"), report.phase("b"):
        raise KeyError("x")
    with report.phase("c"):
        pass
    assert [child.name for child in report.root.children] == ["a", "c"]


def test_counters_go_to_the_innermost_phase(report):
    with report.phase("a"):
        report.count("hits")
        with report.phase("b"):
            report.count("hits", 3)
            report.count("hits", 3)
    assert report.root.find("a").counters == {"hits": 1}
    assert report.root.find("b").counters == {"hits": 6}
    assert report.root.total("hits") == 7


def filled(report, meter):
    with report.phase("commit"):
        meter.set(3 << 20)
        with report.phase("extend"):
            report.count("cells", 12)
    report.facts["proof_bytes"] = 123_456
    report.facts["tables"] = [
        {"name": "cpu", "log_height": 20, "main": 5, "lookup": 3},
        {"name": "add", "log_height": 3, "main": 4, "lookup": 3},
    ]
    report.facts["security"] = {
        "bits": 127.99, "regime": "list", "grinding": 16, "binding": "query",
    }  # fmt: skip
    return report


def test_pickles_and_copies_without_the_meter(report, meter):
    filled(report, meter)
    for other in (pickle.loads(pickle.dumps(report)), copy.deepcopy(report)):
        assert other.to_dict() == report.to_dict()
        assert str(other) == str(report)
        with pytest.raises(RuntimeError, match="cannot be continued"), other.phase("late"):
            pass


def test_to_dict_is_json(report, meter):
    data = json.loads(json.dumps(filled(report, meter).to_dict()))
    commit = data["phases"]["children"][0]
    assert commit["name"] == "commit"
    assert commit["peak_bytes"] == 3 << 20
    assert commit["children"][0]["counters"] == {"cells": 12}
    assert data["facts"]["proof_bytes"] == 123_456


def test_text(report, meter):
    lines = str(filled(report, meter)).splitlines()
    assert lines[0].split() == ["phase", "seconds", "share", "peak", "memory"]
    assert lines[2].startswith("commit ")
    assert lines[3].startswith("  extend ")
    assert lines[4].startswith("total ")
    assert lines[2].endswith("3.00 MiB")
    text = "\n".join(lines)
    assert "cpu    1,048,576     5       3" in text
    assert "proof     123,456 bytes (121 KiB)" in text
    assert "security  127.9 proven bits (list decoding, the query term binds)" in text
    assert "; 16 bits of the query term are grinding" in text


def test_phases_begin_where_others_end(monkeypatch):
    report = small(monkeypatch)
    spans = {phase.name: (phase.start, phase.seconds) for _, phase in report.root.walk()}
    assert spans == {
        "prove": (0.0, 4.0), "commit": (0.0, 3.0), "extend": (0.0, 2.0), "hash": (2.0, 1.0),
        "open": (3.0, 1.0),
    }  # fmt: skip


def test_samples_of_memory(monkeypatch):
    mega = 1 << 20
    samples = [tuple(sample) for sample in small(monkeypatch).samples]
    assert sorted(set(samples)) == [
        (0.0, 0, 0), (2.0, 3 * mega, 3 * mega), (2.0, 4 * mega, 3 * mega),
        (3.0, 3 * mega, 3 * mega), (4.0, 3 * mega, mega),
    ]  # fmt: skip
    assert [sample[0] for sample in samples] == sorted(sample[0] for sample in samples)


def test_data_and_back(monkeypatch):
    report = small(monkeypatch)
    data = json.loads(json.dumps(report.to_dict()))
    back = Report.from_dict({**data, "workload": "something else"})
    assert back.to_dict() == report.to_dict()
    assert str(back) == str(report)
    assert back.samples == report.samples
    with pytest.raises(RuntimeError, match="cannot be continued"), back.phase("late"):
        pass


@pytest.mark.parametrize(
    "data", [{}, [], {"phases": {}}, {"phases": 3, "samples": [], "facts": {}}]
)
def test_what_is_no_report(data):
    with pytest.raises(CstarkError, match=r"not the data of a report .*cstark prove --json"):
        Report.from_dict(data)


def test_outermost(report):
    assert report.outermost == ""
    with report.phase("a"), report.phase("b"):
        assert report.outermost == "a"


def test_profile(monkeypatch):
    text = small(monkeypatch).profile()
    lines = text.splitlines()
    assert lines[0].split("  ")[-1] == "largest at the peak"
    assert "buffers made" in lines[0]
    assert lines[2].startswith("commit ") and lines[3].startswith("  extend ")
    assert lines[3].endswith("matrix 3.00 MiB, tree 1.00 MiB")
    assert "cpu <&>" in text


def test_text_to_a_depth(monkeypatch):
    from cstark.report import report_text

    text = report_text(small(monkeypatch), depth=1)
    assert "commit" in text and "extend" not in text
    assert "123,456 bytes" in text


def test_text_of_an_empty_report(report):
    assert "total" in str(report)


def test_security_text_without_the_optional_parts():
    assert security_text({"bits": 99.96}) == "99.9 proven bits"
