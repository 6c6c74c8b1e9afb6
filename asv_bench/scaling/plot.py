"""The picture of speed-ups, as SVG, without any library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

__all__ = ["Curve", "svg"]

WIDTH, HEIGHT = 720, 520
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 48, 110
#: Told apart by people who see few colours as well; they show on white and on black.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
STYLE = (
    "text{font:13px sans-serif;fill:#777}.title{font-size:15px}"
    ".axis{stroke:#999;stroke-width:1}.grid{stroke:#999;stroke-opacity:.25}"
)


@dataclass(frozen=True)
class Curve:
    """A workload's speed-ups.

    Attributes
    ----------
    name : str
    measured : sequence of (threads, speed-up)
        Dots joined by a line.
    modelled : sequence of (threads, lower, upper)
        A band with dashed borders.
    """

    name: str
    measured: Sequence[tuple[int, float]]
    modelled: Sequence[tuple[int, float, float]]


def svg(curves: Sequence[Curve], up_to: int, title: str) -> str:
    """The picture: speed-up over one thread against the number of threads.

    Parameters
    ----------
    curves : sequence of Curve
    up_to : int
        Where both axes end; the diagonal is a speed-up by as much as there are threads.
    title : str

    Returns
    -------
    str
        An SVG document.
    """
    end = max(up_to, 2)
    across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def point(threads: float, speedup: float) -> str:
        x = LEFT + across * (threads - 1) / (end - 1)
        y = TOP + up * (1 - (speedup - 1) / (end - 1))
        return f"{x:.1f},{y:.1f}"

    def line(points: Sequence[str], color: str, more: str = "") -> str:
        return f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" {more}/>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<text class="title" x="{LEFT}" y="24">{escape(title)}</text>',
    ]
    step = max(1, -(-end // 16))
    for tick in sorted({1, *range(step, end + 1, step)}):
        x, y = point(tick, tick).split(",")
        parts += [
            f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{TOP + up}"/>',
            f'<line class="grid" x1="{LEFT}" x2="{LEFT + across}" y1="{y}" y2="{y}"/>',
            f'<text x="{x}" y="{TOP + up + 18}" text-anchor="middle">{tick}</text>',
            f'<text x="{LEFT - 8}" y="{float(y) + 4:.1f}" text-anchor="end">{tick}</text>',
        ]
    parts += [
        line([point(1, 1), point(end, end)], "#999", 'stroke-dasharray="2 4"'),
        f'<line class="axis" x1="{LEFT}" x2="{LEFT + across}" y1="{TOP + up}" y2="{TOP + up}"/>',
        f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{TOP + up}"/>',
        f'<text x="{LEFT + across}" y="{TOP + up + 36}" text-anchor="end">threads</text>',
        f'<text x="{LEFT}" y="{TOP - 8}">times as fast as one thread</text>',
    ]
    for index, curve in enumerate(curves):
        color = COLORS[index % len(COLORS)]
        if curve.modelled:
            lower = [point(threads, low) for threads, low, _ in curve.modelled]
            upper = [point(threads, high) for threads, _, high in curve.modelled]
            band = " ".join([*lower, *reversed(upper)])
            parts.append(f'<polygon points="{band}" fill="{color}" fill-opacity=".12"/>')
            parts += [line(border, color, 'stroke-dasharray="6 4"') for border in (lower, upper)]
        points = [point(*pair) for pair in curve.measured]
        parts.append(line(points, color, 'stroke-width="2"'))
        for dot in points:
            x, y = dot.split(",")
            parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="{color}"/>')
        y = TOP + up + 56 + 18 * index
        parts += [
            f'<circle cx="{LEFT + 6}" cy="{y - 4}" r="4" fill="{color}"/>',
            f'<text x="{LEFT + 18}" y="{y}">{escape(curve.name)}</text>',
        ]
    parts.append(
        f'<text x="{LEFT + across}" y="{HEIGHT - 10}" text-anchor="end">dots: measured; dashed: '
        "a model, memory bounded as here below and unbounded above</text>"
    )
    return "\n".join([*parts, "</svg>", ""])
