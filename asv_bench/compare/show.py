"""The report as Markdown and as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compare.comparison import Row
from compare.growth import Growth
from compare.numbers import CONFIDENCE, Ratio

__all__ = [
    "ICONS",
    "amount",
    "growth_data",
    "growth_markdown",
    "machine_text",
    "markdown_table",
    "ratio_text",
    "row_data",
    "rows_markdown",
]

ICONS = {"regression": "🔴", "improvement": "🟢", "unsettled": "🟡", "same": "⚪"}
MEANING = {
    "regression": "regression: more than {0:.0%} worse, and the interval of the ratio excludes 1",
    "improvement": "improvement: more than {0:.0%} better, and the interval of the ratio "
    "excludes 1",
    "unsettled": "no verdict: a change of more than {0:.0%} that the interval does not confirm; "
    "more runs would tell",
    "same": "no significant change: nothing moved by more than {0:.0%}",
}

#: Unit -> (divisor, text, digits), the largest first that a value reaches.
UNITS = {
    "memory": ((1 << 30, "GiB", 3), (1 << 20, "MiB", 1), (1 << 10, "KiB", 1)),
    "seconds": ((1.0, "s", 3), (1e-3, "ms", 2)),
    "bytes": ((1, "B", 0),),
}


def amount(unit: str, value: float, like: float, *, signed: bool = False) -> str:
    """A measurement as text, in the unit that fits `like`, so that a row has one unit.

    Examples
    --------
    >>> amount("seconds", 0.9301, 1.2), amount("seconds", 0.0021, 0.002)
    ('0.930 s', '2.10 ms')
    >>> amount("bytes", -1479, 64049, signed=True)
    '-1,479 B'
    """
    scales = UNITS[unit]
    divisor, text, digits = next((s for s in scales if abs(like) >= s[0]), scales[-1])
    return f"{value / divisor:{'+' if signed else ''},.{digits}f} {text}"


def rows_markdown(rows: Sequence[Row], *, per: str = "") -> str:
    """The table.

    Parameters
    ----------
    rows : sequence of Row
    per : str
        Appended to each title: what the numbers are for.
    """
    body = []
    for row in rows:
        old, new = row.medians
        text = [amount(row.metric.unit, value, old) for value in (old, new)]
        by = amount(row.metric.unit, new - old, old, signed=True)
        # a metric that only explains has no mark of its own
        icon = f" {ICONS[row.mark]}" if row.metric.judged else ""
        change = "none" if new == old else f"{by} ({row.change:+.1%})"
        spreads = " / ".join(f"{width:.1%}" for width in row.spreads)
        body.append([row.metric.title + per, *text, change + icon, ratio_text(row.ratio), spreads])
    head = ["Metric", "base", "head", "change", f"ratio, {CONFIDENCE:.0%} interval", "spread"]
    return markdown_table(head, body)


def growth_markdown(unit: str, growths: Sequence[Growth]) -> str:
    """Medians by size, the slopes as a table, and how well the lines fit."""
    parts = []
    sizes = [f"{x:.3g}M" for x, _, _ in growths[0].points]
    body = [
        [
            growth.row.metric.title,
            *(
                " → ".join(amount(growth.row.metric.unit, y, base) for y in (base, head))
                for _, base, head in growth.points
            ),
        ]
        for growth in growths
    ]
    parts.append(markdown_table([f"base → head, {unit}:", *sizes], body))
    parts.append(rows_markdown([growth.row for growth in growths], per=f" per 1M {unit}"))
    body = []
    for growth in growths:
        metric, (old, new) = growth.row.metric, growth.fits
        body.append(
            [
                metric.title,
                *(
                    f"{amount(metric.unit, fit.intercept, old.slope)} + "
                    f"{amount(metric.unit, fit.slope, old.slope)} per 1M"
                    for fit in (old, new)
                ),
                f"{old.r_squared:.4f} / {new.r_squared:.4f}",
            ]
        )
    parts.append(markdown_table(["line through the medians", "base", "head", "R²"], body))
    return "\n\n".join(parts)


def machine_text(machine: Mapping[str, Any]) -> str:
    """What `compare.machine.describe` gives, in one line."""
    memory = machine["memory_bytes"]
    return (
        f"{machine['processor']}, {machine['processors']} processors, "
        f"{amount('memory', memory, memory)}, {machine['system']}, Python {machine['python']}"
    )


def markdown_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A Markdown table, first column to the left, the others to the right.

    Examples
    --------
    >>> print(markdown_table(["a", "b"], [["x", "1"]]))
    | a | b |
    |:--|--:|
    | x | 1 |
    """
    rule = "|:--|" + "--:|" * (len(head) - 1)
    return "\n".join([_line(head), rule, *map(_line, body)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def ratio_text(ratio: Ratio | None) -> str:
    """A ratio with its interval.

    Examples
    --------
    >>> ratio_text(Ratio(0.942, 0.9312, 0.9534)), ratio_text(Ratio(1.0, None, None))
    ('0.942 [0.931, 0.953]', '1.000 [one pair: none]')
    """
    if ratio is None:
        return "none"
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.3f} [one pair: none]"
    return f"{ratio.value:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"


def row_data(row: Row) -> dict[str, Any]:
    """A row as plain data."""
    ratio = row.ratio
    return {
        "metric": row.metric.key,
        "title": row.metric.title,
        "unit": "seconds" if row.metric.unit == "seconds" else "bytes",
        "judged": row.metric.judged,
        "base": list(row.base),
        "head": list(row.head),
        "medians": list(row.medians),
        "spreads": list(row.spreads),
        "change": row.change,
        "ratio": None if ratio is None else [ratio.value, ratio.low, ratio.high],
        "mark": row.mark,
    }


def growth_data(growth: Growth) -> dict[str, Any]:
    """A growth as plain data; the row's numbers are slopes per million."""
    return {
        **row_data(growth.row),
        "points": [list(point) for point in growth.points],
        "fits": [
            {"slope": fit.slope, "intercept": fit.intercept, "r_squared": fit.r_squared}
            for fit in growth.fits
        ],
    }
