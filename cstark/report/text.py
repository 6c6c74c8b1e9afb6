"""A report as plain text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cstark.text import bytes_text, pairs, table

if TYPE_CHECKING:
    from cstark.report.tree import Phase, Report

__all__ = [
    "buffers_text",
    "phase_table",
    "profile_text",
    "report_text",
    "security_text",
    "shape_rows",
    "shape_table",
    "share_of",
    "summary_of",
]


def report_text(report: Report, *, depth: int | None = None) -> str:
    """Phases (down to a depth, 1 for the outermost), tables, then what else is known."""
    return _joined(report, phase_table(report.root, depth=depth))


def profile_text(report: Report) -> str:
    """The same with all that was measured of each phase: buffers made, what they were for."""
    rows = []
    for depth, phase in report.root.walk():
        if depth:
            made = phase.total("allocations")
            buffers = buffers_text(phase.buffers, most=2)
            rows.append([*_phase_row(phase, report.root, depth), made or None, buffers])
    rows.append([*_phase_row(report.root, report.root, 0), report.root.total("allocations"), None])
    headers = ["phase", "seconds", "share", "peak memory", "buffers made", "largest at the peak"]
    return _joined(report, table(headers, rows, left=(0, 5)))


def _joined(report: Report, phases: str) -> str:
    parts = [phases]
    if report.facts.get("tables"):
        parts.append(shape_table(report.facts["tables"]))
    summary = summary_of(report)
    if summary:
        parts.append(pairs(summary))
    return "\n\n".join(parts)


def summary_of(report: Report) -> list[tuple[str, str]]:
    """What is known besides phases and tables, as (name, text)."""
    facts = report.facts
    found = []
    if report.buffers:
        found.append(("memory", buffers_text(report.buffers)))
    if "plan" in facts:
        found.append(("plan", facts["plan"]))
    if "threads" in facts:
        found.append(("threads", f"{facts['threads']}, {facts['isa']} code"))
    if "proof_bytes" in facts:
        size = facts["proof_bytes"]
        found.append(("proof", f"{size:,} bytes ({bytes_text(size)})"))
    if facts.get("security"):
        found.append(("security", security_text(facts["security"])))
    return found


def phase_table(root: Phase, *, depth: int | None = None) -> str:
    """The phases below `root` as a text table, children indented, the root last as the total."""
    rows = [
        _phase_row(phase, root, level)
        for level, phase in root.walk()
        if level and (depth is None or level <= depth)
    ]
    rows.append(_phase_row(root, root, 0))
    return table(["phase", "seconds", "share", "peak memory"], rows)


def _phase_row(phase: Phase, root: Phase, level: int) -> list[object]:
    name = "  " * (level - 1) + phase.name if level else "total"
    share = f"{share_of(phase, root):.1%}" if level else ""
    return [name, f"{phase.seconds:.3f}", share, bytes_text(phase.peak_bytes)]


def share_of(phase: Phase, root: Phase) -> float:
    """Of the root's time."""
    return phase.seconds / root.seconds if root.seconds else 0.0


def buffers_text(buffers: Mapping[str, int], *, most: int | None = None) -> str:
    """Buffers by purpose in a line; below a hundredth of all, or beyond `most`, summed up.

    Examples
    --------
    >>> buffers_text({"main LDE": 3 << 20, "main tree": 1 << 20, "other": 5000})
    'main LDE 3.00 MiB, main tree 1.00 MiB'
    """
    total = sum(buffers.values())
    shown = {name: size for name, size in buffers.items() if 100 * size >= total}
    shown = dict(list(shown.items())[:most])
    rest = total - sum(shown.values())
    parts = [f"{name} {bytes_text(size)}" for name, size in shown.items()]
    if rest and 100 * rest >= total:
        parts.append(f"the rest {bytes_text(rest)}")
    return ", ".join(parts)


def shape_table(tables: Sequence[Mapping[str, Any]]) -> str:
    """The ``tables`` fact as a text table; the columns are the numbers that the dicts hold."""
    return table(*shape_rows(tables))


def shape_rows(tables: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[object]]]:
    """Its headers and rows."""
    numbers = [key for key in tables[0] if key not in ("name", "log_height")]
    headers = ["table", "rows", *(key.replace("_", " ") for key in numbers)]
    rows = [
        [item["name"], 1 << item["log_height"], *(item.get(key) for key in numbers)]
        for item in tables
    ]
    return headers, rows


def security_text(security: Mapping[str, Any]) -> str:
    """The ``security`` fact in a line: the bits, what binds them, the part that is grinding."""
    # rounded down: 127.99 must not read as 128
    text = f"{math.floor(10 * security['bits']) / 10:.1f} proven bits"
    details = []
    if security.get("regime"):
        details.append(f"{security['regime']} decoding")
    if security.get("binding"):
        details.append(f"the {security['binding']} term binds")
    if details:
        text += f" ({', '.join(details)})"
    if security.get("grinding") is not None:
        text += f"; {security['grinding']} bits of the query term are grinding"
    return text
