"""The tree for a notebook: well formed, escaped, complete."""

from __future__ import annotations

from html.parser import HTMLParser

from cstark.report import Report
from cstark.report.html import page
from tests.report.report_support import small

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Text, tags and attributes; complains about what is not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.tags, self.styles = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.styles.append(dict(attributes).get("style", ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_the_tree(monkeypatch):
    report = small(monkeypatch, extra=True)
    found = Reader(report._repr_html_())
    assert found.tags.count("details") == 1  # only "commit" has phases inside
    for _, phase in report.root.walk():
        assert f"{phase.seconds:.3f} s" in found.words
    assert "look <up>" in found.words and "cpu <&>" in found.words
    assert {"66.7%", "11.1%", "22.2%"} <= set(found.words)
    assert "script" not in found.tags and "link" not in found.tags


def test_bars_lie_where_their_phases_are(monkeypatch):
    found = Reader(small(monkeypatch)._repr_html_())
    bars = [style for style in found.styles if "background" in style]
    assert [bar.split("0 0 ")[1] for bar in bars] == [
        "0.00%;width:75.00%", "0.00%;width:50.00%", "50.00%;width:25.00%", "75.00%;width:25.00%",
        "0.00%;width:0.00%",
    ]  # fmt: skip


def test_an_empty_report():
    assert "total" in Reader(Report()._repr_html_()).words


def test_a_page(monkeypatch):
    text = page(small(monkeypatch))
    assert Reader(text).tags[:2] == ["html", "head"]
    assert small(monkeypatch)._repr_html_() in text
