"""A report as a drawing: the phases over time, memory below on the same axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cstark.report.text import share_of
from cstark.text import bytes_text

if TYPE_CHECKING:
    from cstark.report.tree import Report

__all__ = ["plot"]

ROOM = 0.22  # of the axis: what a label takes
OUTER, ENVELOPE, HELD = "#9dc3e6", "#d9d9d9", "#1f4e79"
INNER = ("#2e75b6", "#ed7d31", "#70ad47", "#7f6000")  # by name, in order of first appearance


def plot(report: Report, ax: Any = None) -> Any:
    """See `Report.plot`."""
    if ax is None:
        phases, memory = _new_axes(report)
    else:
        try:
            phases, memory = ax
        except TypeError:
            phases, memory = ax, None
    _draw_phases(report, phases)
    if memory is None:
        phases.set_xlabel("seconds")
    else:
        _draw_memory(report, memory)
        memory.set_xlabel("seconds")
    return phases.figure


def _new_axes(report: Report) -> tuple[Any, Any]:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "a report is drawn with matplotlib, which is not installed: pip install matplotlib"
        ) from error
    height = 2.6 + 0.28 * len(report.root.children)
    _, (phases, memory) = plt.subplots(
        2,
        1,
        sharex=True,
        figsize=(9, height),
        layout="constrained",
        gridspec_kw={"height_ratios": [0.28 * len(report.root.children) + 0.3, 1.8]},
    )
    return phases, memory


def _draw_phases(report: Report, ax: Any) -> None:
    """Draw a bar for each phase at its place in time, the first on top, inner phases on the bar."""
    outer = report.root.children
    end = _end(report)
    colours: dict[str, str] = {}
    for place, phase in enumerate(outer):
        ax.barh(place, phase.seconds, left=phase.start, height=0.8, color=OUTER)
        for inner in phase.children:
            label = "_nolegend_" if inner.name in colours else inner.name
            colour = colours.setdefault(inner.name, INNER[len(colours) % len(INNER)])
            ax.barh(place, inner.seconds, left=inner.start, height=0.4, color=colour, label=label)
        text = f" {phase.seconds:.3f} s, {share_of(phase, report.root):.1%} "
        x, side = _beside(phase.start, phase.start + phase.seconds, end)
        ax.text(x, place, text, va="center", ha=side, fontsize="small")
    ax.set_yticks(range(len(outer)), [phase.name for phase in outer])
    ax.invert_yaxis()
    ax.set_xlim(0, end or 1.0)
    if colours:
        ax.legend(loc="upper right", fontsize="small")
    size = report.facts.get("proof_bytes")
    ax.set_title(f"{report.seconds:.3f} s" + (f", proof of {bytes_text(size)}" if size else ""))


def _beside(start: float, stop: float, end: float) -> tuple[float, str]:
    """Where a bar's label has room, and its alignment: after the bar, before it, else upon it."""
    if stop <= (1 - ROOM) * end:
        return stop, "left"
    if start >= ROOM * end:
        return start, "right"
    return (start + stop) / 2, "center"


def _draw_memory(report: Report, ax: Any) -> None:
    """The most that was held between two samples, and what was held at them."""
    samples = report.samples
    unit, name = _unit(max(sample.peak_bytes for sample in samples))
    times = [sample.seconds for sample in samples]
    # Between two samples only the most is known: a step as high as that, as wide as the span.
    ax.stairs(
        [sample.peak_bytes / unit for sample in samples[1:]],
        times,
        fill=True,
        color=ENVELOPE,
        label="most held in each span",
    )
    ax.plot(
        times,
        [sample.live_bytes / unit for sample in samples],
        color=HELD,
        marker=".",
        linestyle=":",
        label="held where phases begin and end",
    )
    ax.set_xlim(0, _end(report) or 1.0)
    ax.set_ylim(bottom=0)
    ax.set_ylabel(f"buffers, {name}")
    ax.legend(loc="lower right", fontsize="small")


def _end(report: Report) -> float:
    """When the last phase ended."""
    return max((phase.start + phase.seconds for phase in report.root.children), default=0.0)


def _unit(size: int) -> tuple[int, str]:
    for power, name in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >= 1 << power:
            return 1 << power, name
    return 1, "bytes"
