"""A machine in a few lines: its tables, buses and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cstark.text import table

if TYPE_CHECKING:
    from cstark.key import PlainKey

__all__ = ["summary"]


def summary(key: PlainKey) -> str:
    """What `print` shows of a machine."""
    head = ["table", "rows", "main", "preprocessed", "lookup", "constraints", "messages", "degree"]
    rows = [
        [
            d.name,
            "any" if d.rows is None else str(d.rows),
            str(d.width),
            str(d.preprocessed_width),
            str(d.lookup_columns),
            str(len(d.constraints)),
            str(len(d.interactions)),
            str(d.degree),
        ]
        for d in key.tables
    ]
    lines = [table(head, rows)]
    if key.buses:
        widths = [f"{name} ({width} wide)" for name, (_, width) in key.buses.items()]
        lines.append("buses: " + ", ".join(widths))
    o = key.options
    lines.append(
        f"blowup {o.blowup}, {o.hash}, {o.queries} queries, {o.grinding} bits of grinding, "
        f"FRI arity {o.fri_arity}, final length {o.final_length}"
    )
    return "\n".join(lines)
