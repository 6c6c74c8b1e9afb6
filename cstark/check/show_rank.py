"""Rendering of the rank test: lines of text, rows of HTML tables."""

from __future__ import annotations

from collections.abc import Sequence

from cstark.check.rank import HeldColumns, RankTest, Undetermined
from cstark.check.words import counted, element
from cstark.text import html_table

__all__ = ["rank_html", "rank_lines", "undetermined_headline", "undetermined_text"]

_GROUPS_SHOWN = 20
_COLUMNS_SHOWN = 6


def undetermined_headline(rank: RankTest) -> str:
    """How many columns, in a few words."""
    columns = {(one.table, one.columns[0]) for one in rank.undetermined}
    return f"{counted(len(columns), 'undetermined column')}"


def rank_lines(rank: RankTest) -> list[str]:
    """What was found, each with an empty line before it, and what ranges hold."""
    lines = []
    groups = _groups(rank.undetermined)
    for group in groups[:_GROUPS_SHOWN]:
        lines += ["", undetermined_text(group)]
    if len(groups) > _GROUPS_SHOWN:
        lines += ["", f"... and {counted(len(groups) - _GROUPS_SHOWN, 'more group')} of columns"]
    if rank.held or rank.known:
        lines.append("")
        lines += [f"({text})" for text in _held_texts(rank)]
    return lines


def undetermined_text(group: Sequence[Undetermined]) -> str:
    """Undetermined columns of one group, with two rows that differ."""
    first = next((one for one in group if one.new), group[0])
    columns = [one.columns[0] for one in group]
    where = f"table {first.table!r}, {_listed(columns)}"
    verb = "is" if len(columns) == 1 else "are"
    rows = max(one.rows for one in group)
    lines = [
        f"{where} {verb} not determined: nothing says what {_it(columns)} must be "
        f"({counted(rows, 'of the tested rows', 'of the tested rows')})"
    ]
    if first.new:
        pairs = list(zip(first.columns, first.old, first.new, strict=True))
        shown = pairs[:_COLUMNS_SHOWN]
        more = f", and {len(pairs) - len(shown)} more" if len(pairs) > len(shown) else ""
        old = ", ".join(f"{name} = {element(value)}" for name, value, _ in shown)
        new = ", ".join(f"{name} = {element(value)}" for name, _, value in shown)
        lines.append(f"    row {first.row}: {old}{more}")
        lines.append(f"    as well: {new}{more}")
    elif first.ranges:
        lines.append(
            f"    row {first.row}: the list that it is looked up in holds {_listed(first.columns)} "
            "alone; whatever else the list has would do, as far as equations say"
        )
    else:
        lines.append(
            f"    row {first.row}: to first order {_listed(first.columns)} can move together; "
            "no second row was found"
        )
    return "\n".join(lines)


def rank_html(rank: RankTest) -> str:
    """The report as an HTML table."""
    rows = [
        [
            group[0].table,
            _listed([one.columns[0] for one in group]),
            "\n".join(undetermined_text(group).split("\n")[1:]),
        ]
        for group in _groups(rank.undetermined)[:_GROUPS_SHOWN]
    ]
    return html_table(["table", "not determined", "two rows"], rows) if rows else ""


def _groups(found: Sequence[Undetermined]) -> list[list[Undetermined]]:
    """Group what was found by table and columns, groups with an example first."""
    groups: dict[tuple[str, str], list[Undetermined]] = {}
    for one in found:
        groups.setdefault((one.table, one.columns[0].partition("[")[0]), []).append(one)
    return list(groups.values())


def _held_texts(rank: RankTest) -> list[str]:
    texts = [_held_text(held) for held in rank.held]
    for table, number in rank.known.items():
        many = counted(number, "flag or lookup", "flags and lookups")
        texts.append(f"table {table!r}: the values of its {many} a row counted as known")
    return texts


def _held_text(held: HeldColumns) -> str:
    tail = "no other numbers in their ranges were found"
    if not held.searched:
        tail = "too many at a time to look for other numbers"
    return f"table {held.table!r}: ranges and flags alone hold {_listed(held.columns)}; {tail}"


def _it(columns: Sequence[str]) -> str:
    return "it" if len(columns) == 1 else "they"


def _listed(columns: Sequence[str]) -> str:
    shown = [repr(name) for name in columns[:_COLUMNS_SHOWN]]
    if len(columns) > len(shown):
        shown.append(f"… {len(columns) - len(shown)} more")
    return ", ".join(shown)
