"""What is drawn, told by axes that only write down what they are asked for."""

from __future__ import annotations

import sys

import pytest

from cstark.report import Report, plot
from tests.report.report_support import small

MEGA = 1 << 20


class Axes:
    """Takes every call of matplotlib's Axes and remembers it."""

    def __init__(self, figure="figure"):
        self.figure = figure
        self.calls = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **settings: self.calls.append((name, arguments, settings))

    def made(self, name):
        return [
            (arguments, settings) for called, arguments, settings in self.calls if called == name
        ]


@pytest.fixture
def drawn(monkeypatch):
    phases, memory = Axes(), Axes()
    assert small(monkeypatch).plot(ax=(phases, memory)) == "figure"
    return phases, memory


def test_a_bar_for_each_phase_in_its_place(drawn):
    bars = {
        (place, settings["left"], seconds) for (place, seconds), settings in drawn[0].made("barh")
    }
    assert bars == {(0, 0.0, 3.0), (0, 0.0, 2.0), (0, 2.0, 1.0), (1, 3.0, 1.0)}
    ((ticks, names), _) = drawn[0].made("set_yticks")[0]
    assert (list(ticks), names) == ([0, 1], ["commit", "open"])
    assert drawn[0].made("invert_yaxis")
    labels = [settings.get("label") for _, settings in drawn[0].made("barh")]
    assert [label for label in labels if label] == ["extend", "hash"]
    texts = [arguments[2].strip() for arguments, _ in drawn[0].made("text")]
    assert texts == ["3.000 s, 75.0%", "1.000 s, 25.0%"]
    assert drawn[0].made("set_title") == [(("4.000 s, proof of 121 KiB",), {})]


@pytest.mark.parametrize(
    ("start", "stop", "where"),
    [
        (0, 78, (78, "left")),
        (22, 100, (22, "right")),
        (10, 90, (50, "center")),
        (0, 0, (0, "left")),
    ],
)
def test_labels_stay_on_the_axes(start, stop, where):
    assert plot._beside(start, stop, 100) == where


def test_memory_is_a_step_as_high_as_the_peak_of_each_span(drawn):
    ((values, edges), settings) = drawn[1].made("stairs")[0]
    assert settings["fill"]
    assert len(edges) == len(values) + 1
    spans = [
        (start, end, value)
        for start, end, value in zip(edges[:-1], edges[1:], values, strict=True)
        if end > start
    ]
    assert spans == [(0.0, 2.0, 4.0), (2.0, 3.0, 3.0), (3.0, 4.0, 3.0)]
    ((times, held), _) = drawn[1].made("plot")[0]
    assert (times[-1], held[-1]) == (4.0, 1.0)
    assert drawn[1].made("set_ylabel") == [(("buffers, MiB",), {})]
    assert drawn[1].made("set_xlabel") == [(("seconds",), {})]
    assert drawn[0].made("set_xlim") == drawn[1].made("set_xlim") == [((0, 4.0), {})]


def test_one_axes_gets_the_phases(monkeypatch):
    ax = Axes("theirs")
    assert small(monkeypatch).plot(ax) == "theirs"
    assert len(ax.made("barh")) == 4 and not ax.made("stairs")
    assert ax.made("set_xlabel")


def test_an_empty_report():
    phases, memory = Axes(), Axes()
    Report().plot((phases, memory))
    assert phases.made("set_xlim") == [((0, 1.0), {})]


def test_without_matplotlib(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install matplotlib"):
        small(monkeypatch).plot()
