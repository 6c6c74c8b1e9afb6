"""Reports for tests: the test moves memory and time."""

from __future__ import annotations

from contextlib import contextmanager

from cstark.report import Report, tree


class Meter:
    """Memory that the test moves."""

    def __init__(self):
        self.live = self.peak = self.made = 0

    def set(self, live):
        self.made += live > self.live
        self.live = live
        self.peak = max(self.peak, live)

    def live_bytes(self):
        return self.live

    def peak_bytes(self):
        return self.peak

    def peak_buffers(self):
        return {"matrix": self.peak - self.peak // 4, "tree": self.peak // 4}

    def allocations(self):
        return self.made

    def reset_peak(self):
        self.peak = self.live


class Clock:
    """In place of the module `time`."""

    def __init__(self):
        self.now = 50.0

    def perf_counter(self):
        return self.now


@contextmanager
def made_by_hand(monkeypatch):
    """A report whose phases last as long, and hold as much, as is written down.

    Yields the report and ``spend(seconds, held, most)``.
    """
    clock, meter = Clock(), Meter()
    monkeypatch.setattr(tree, "time", clock)
    report = Report(meter=meter)

    def spend(seconds, held, most=0):
        clock.now += seconds
        meter.set(max(held, most))
        meter.set(held)

    yield report, spend


def small(monkeypatch, slower=1.0, extra=False):
    """Two phases, one with two inside; with `extra` there is a third between them."""
    with made_by_hand(monkeypatch) as (report, spend):
        with report.phase("commit"):
            with report.phase("extend"):
                spend(2.0 * slower, 3 << 20, 4 << 20)
            with report.phase("hash"):
                spend(1.0, 3 << 20)
        if extra:
            with report.phase("look <up>"):
                spend(0.5, 5 << 20)
        with report.phase("open"):
            spend(1.0, 1 << 20, 2 << 20)
    report.facts["proof_bytes"] = 123_456
    report.facts["tables"] = [{"name": "cpu <&>", "log_height": 20, "columns": 5}]
    return report
