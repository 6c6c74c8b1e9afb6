"""A report for a notebook: a tree that opens and closes, with a bar for each phase."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cstark.report.text import buffers_text, shape_rows, share_of, summary_of
from cstark.text import bytes_text, html_table

if TYPE_CHECKING:
    from cstark.report.tree import Phase, Report

__all__ = ["page", "report_html"]

# Styles stand beside what they style: a notebook keeps no sheet, and a sheet would reach beyond.
# No colour of text or background is set, so that light and dark themes both work.
_LINE = (
    "display:inline-grid;grid-template-columns:{name} 12em 6em 5em 7em;gap:.5em;width:max-content"
)
_BAR = "display:block;background:#4c8dc4;height:.7em;margin:.3em 0 0 {left:.2f}%;width:{width:.2f}%"
_NUMBER = "text-align:right"
_INDENT = 1.3  # em a level


def report_html(report: Report) -> str:
    """The phases, the tables, then what else is known; everything from outside is escaped."""
    root = report.root
    parts = [_phase(child, root, 1) for child in root.children]
    parts.append(f"<div style='margin-left:1em'>{_line('total', root, root, 1)}</div>")
    if report.facts.get("tables"):
        parts.append(html_table(*shape_rows(report.facts["tables"])))
    summary = summary_of(report)
    if summary:
        parts.append(html_table([], summary))
    return f"<div style='font-variant-numeric:tabular-nums'>{''.join(parts)}</div>"


def page(report: Report) -> str:
    """The same as a page of its own."""
    title = escape(f"{report.root.name}: {report.root.seconds:.3f} s")
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}</title></head>"
        f"<body style='font-family:sans-serif'>{report_html(report)}</body></html>\n"
    )


def _phase(phase: Phase, root: Phase, level: int) -> str:
    line = _line(phase.name, phase, root, level)
    if not phase.children:
        # as far to the right as a summary, whose triangle is about as wide
        return f"<div style='margin-left:1em'>{line}</div>"
    inside = "".join(_phase(child, root, level + 1) for child in phase.children)
    return (
        f"<details><summary>{line}</summary>"
        f"<div style='margin-left:{_INDENT}em'>{inside}</div></details>"
    )


def _line(name: str, phase: Phase, root: Phase, level: int) -> str:
    """Name, bar in its place on the time line, seconds, share, bytes."""
    end = max((child.start + child.seconds for child in root.children), default=0.0)
    left, width = (100 * phase.start / end, 100 * phase.seconds / end) if end else (0.0, 0.0)
    if phase is root:
        left, width = 0.0, 0.0
    style = _LINE.format(name=f"{12 - _INDENT * (level - 1):.1f}em")
    cells = [f"{phase.seconds:.3f} s", f"{share_of(phase, root):.1%}", bytes_text(phase.peak_bytes)]
    numbers = "".join(f"<span style='{_NUMBER}'>{escape(cell)}</span>" for cell in cells)
    return (
        f"<span style='{style}' title='{escape(buffers_text(phase.buffers), quote=True)}'>"
        f"<span>{escape(name)}</span>"
        f"<span><span style='{_BAR.format(left=left, width=width)}'></span></span>{numbers}</span>"
    )
