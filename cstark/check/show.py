"""Rendering of a check: lines of text for terminals, tables of HTML for notebooks."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from cstark.air.nodes import P
from cstark.check.constraints import Violation
from cstark.check.imbalance import Imbalance, OneSidedBus, Touch
from cstark.check.mutate import CHANGES, FreeColumn
from cstark.check.overweight import Overweight
from cstark.check.show_rank import rank_html, rank_lines, undetermined_headline
from cstark.check.words import counted, element
from cstark.check.wrapping import HINT, SMALL, STEP
from cstark.text import html_table

if TYPE_CHECKING:
    from cstark.check.report import CheckReport

__all__ = [
    "counted",
    "element",
    "free_text",
    "imbalance_text",
    "message_text",
    "one_sided_text",
    "overweight_text",
    "report_html",
    "report_text",
    "surplus_text",
    "touch_text",
    "violation_text",
]

SHOWN = 10
"""Statements, and unbalanced messages, that are written out."""

_SHOWN_EACH = 3
"""Messages of a bus that are written out, however many buses do not balance."""

_OTHERS_SHOWN = 6
_VALUES_SHOWN = 40
_MESSAGE_SHOWN = 12
_LONG = 60
"""Longer sides of equations are not repeated with their values."""

_VERY_LONG = 300

_COLUMNS = 100

_FREE_SHOWN = 40

_WHERE = {
    "first": "the first row",
    "last": "the last row",
    "transition": "every row but the last",
    "every": "every row",
    "cyclic": "every row, cyclically",
}


def message_text(values: Sequence[int]) -> str:
    """A message in brackets; long ones are cut."""
    shown = [element(value) for value in values[:_MESSAGE_SHOWN]]
    if len(values) > _MESSAGE_SHOWN:
        shown.append(f"… {len(values)} values")
    return f"({', '.join(shown)})"


def equation_text(violation: Violation) -> str:
    """The name, if there is one, and the equation as written; very long ones are cut."""
    text = _cut(violation.expression, _VERY_LONG)
    return f"{violation.name!r} ({text})" if violation.name else text


def sides_text(violation: Violation) -> str:
    """The two sides with their values; "" if the equation has none."""
    if violation.left is None:
        return ""
    if violation.right is None:
        return _worth(violation.left_text, violation.left, "it")
    left = _worth(violation.left_text, violation.left, "the left side")
    if violation.right_text == element(violation.right):
        return f"{left}, not {violation.right_text}"
    return f"{left}, but {_worth(violation.right_text, violation.right, 'the right side')}"


def values_text(violation: Violation) -> str:
    """What the constraint reads, with values; long lists are cut."""
    shown = [f"{text} = {element(value)}" for text, value in violation.values.items()]
    if len(shown) > _VALUES_SHOWN:
        shown[_VALUES_SHOWN:] = [f"… {len(violation.values)} values"]
    return ", ".join(shown)


def violation_text(violation: Violation, others: Sequence[Violation] = ()) -> str:
    """One violation in a few lines; `others` are stated at the same line of code."""
    equation = equation_text(violation)
    sentence = violation.left is not None and violation.right is None  # "x is 0 or 1"
    fails = f"{equation} does not hold"
    if sentence and not violation.name:
        fails = f"it does not hold that {equation}"
    where = row_text(violation.row, violation.mark)
    lines = [f"table {violation.table!r}, {where}: {fails}"]
    sides, values = sides_text(violation), values_text(violation)
    if sides:
        lines.append(f"    {sides}")
    if not set(violation.values) <= {violation.left_text, violation.right_text}:
        lines += _wrapped(f"with {values}")
    if _wrapped_around(violation):
        lines.append(f"    {HINT}")
    lines.append(f"    {_extent(violation)}")
    if others:
        lines += _wrapped(_others_text(others))
    return "\n".join(lines)


def imbalance_text(imbalance: Imbalance) -> str:
    """One unbalanced message, or one bus that lacks a side, in a few lines."""
    message = message_text(imbalance.values)
    if imbalance.missing:
        lines = [f"bus {imbalance.bus!r}: {_missing_text(imbalance)}"]
        lines.append(f"    for example {message}")
    else:
        lines = [f"bus {imbalance.bus!r}: {message} is {surplus_text(imbalance.surplus)}"]
    lines += [f"    {touch_text(touch)}" for touch in imbalance.touches]
    more = imbalance.touched - len(imbalance.touches)
    if more > 0:
        lines.append(f"    and {more:,} more")
    lines += [f"    {text}" for text in _near_texts(imbalance)]
    return "\n".join(lines)


def one_sided_text(one_sided: OneSidedBus) -> str:
    """A bus that nobody can use, and what to do."""
    there = "receive" if one_sided.missing == "send" else "send"
    lines = [
        f"bus {one_sided.bus!r}: only {there}s ({', '.join(one_sided.interactions)}), and no table "
        f"and no token has a {one_sided.missing}" + _similar_text(one_sided.similar)
    ]
    lines += _wrapped(
        "all counts are 0, so it balances, but nobody can ever use it: add the "
        f"{one_sided.missing}, correct the name of the bus, or remove the {there}; a verifier that "
        f"has nothing to {one_sided.missing} this time says so with a token of count=0"
    )
    return "\n".join(lines)


def overweight_text(one: Overweight) -> str:
    """A count beyond its weight, and what to do."""
    place = f" at {one.location}" if one.location else ""
    lines = [
        f"table {one.table!r}, row {one.row} ({one.interaction}): the count is {one.count:,}, more "
        f"than its weight {one.weight:,}{place}"
    ]
    rows = counted(one.rows, "row has", "rows have")
    lines += _wrapped(
        f"{rows} such a count, of {one.most:,} at most; verifiers take the weights for bounds, so "
        "that no sum of counts wraps around p: hold the count to its weight by a constraint "
        "(a flag: t.every_row.boolean(...)), or state the weight that its constraints enforce "
        f"(weight={one.most} or more)"
    )
    return "\n".join(lines)


def _similar_text(bus: str) -> str:
    return f"; did you mean bus {bus!r}?" if bus else ""


def surplus_text(surplus: int) -> str:
    """A surplus in words.

    Examples
    --------
    >>> surplus_text(1), surplus_text(-3)
    ('sent once more than received', 'received 3 times more than sent')
    """
    times = "once" if abs(surplus) == 1 else f"{abs(surplus):,} times"
    if surplus > 0:
        return f"sent {times} more than received"
    return f"received {times} more than sent"


def row_text(row: int | None, mark: str) -> str:
    """A row by its number and by what marks it."""
    return f"row {row} [{mark}]" if mark else f"row {row}"


def touch_text(touch: Touch) -> str:
    """Who sends or receives, and how often."""
    verb = "sends" if touch.sign > 0 else "receives"
    where = touch.interaction
    if touch.table is not None:
        where = f"table {touch.table!r}, {row_text(touch.row, touch.mark)} ({touch.interaction})"
    return f"{where} {verb} it" + ("" if touch.count == 1 else f" {touch.count:,} times")


def report_text(report: CheckReport) -> str:
    """The whole report; the first ten of each kind are written out."""
    lines = [f"Nothing wrong: {_scope(report)}" if report else _headline(report)]
    lines += _unread_texts(report)
    lines += [f"({note})" for note in report.notes]
    statements, hidden = _statements(report)
    for violation, *others in statements:
        lines += ["", violation_text(violation, others)]
    if hidden:
        lines += ["", f"... and {counted(hidden, 'more violated constraint')}"]
    for bus, (imbalances, hidden) in _imbalances_by_bus(report).items():
        for imbalance in imbalances:
            lines += ["", imbalance_text(imbalance)]
        if hidden:
            lines += ["", f"... and {counted(hidden, 'more unbalanced message')} on bus {bus!r}"]
    for one in report.overweight[:SHOWN]:
        lines += ["", overweight_text(one)]
    if len(report.overweight) > SHOWN:
        more = counted(len(report.overweight) - SHOWN, "more count")
        lines += ["", f"... and {more} beyond a weight"]
    for one_sided in report.one_sided:
        lines += ["", one_sided_text(one_sided)]
    free = () if report.mutations is None else report.mutations.free
    for column in free[:_FREE_SHOWN]:
        lines += ["", free_text(column)]
    if len(free) > _FREE_SHOWN:
        lines += ["", f"... and {counted(len(free) - _FREE_SHOWN, 'more column')}"]
    if report.rank is not None:
        lines += rank_lines(report.rank)
    return "\n".join(lines)


def free_text(column: FreeColumn) -> str:
    """The free cells of a column in two to four lines."""
    cells = counted(column.rows, "cell")
    where = f"table {column.table!r}, column {column.column!r}: {cells} can be changed"
    lines = [f"{where}, and no constraint and no bus notices"]
    if column.reason:
        lines[0] = f"{where}, as the table says: {column.reason}"
    lines += [f"    {text}" for text in _examples(column)]
    return "\n".join(lines)


def _examples(column: FreeColumn) -> list[str]:
    return [
        f"row {cell.row}: {element(cell.old)} to {element(cell.new)} ({cell.change})"
        for cell in column.examples
    ]


def report_html(report: CheckReport) -> str:
    """The report as HTML; everything that comes from the machine is escaped."""
    parts = [f"<p><b>{escape(_headline(report))}</b></p>"]
    if report:
        parts = [f"<p><b>Nothing wrong</b>: {escape(_scope(report))}</p>"]
    parts += [f"<p>{escape(text)}</p>" for text in (*_unread_texts(report), *report.notes)]
    statements, hidden = _statements(report)
    if statements:
        rows = [
            [
                v.table,
                str(v.row),
                equation_text(v),
                sides_text(v),
                values_text(v),
                "\n".join(
                    [
                        *([HINT] if _wrapped_around(v) else []),
                        _extent(v),
                        *([_others_text(others)] if others else []),
                    ]
                ),
            ]
            for v, *others in statements
        ]
        parts.append(html_table(["table", "row", "constraint", "sides", "values", "rows"], rows))
    if hidden:
        parts.append(f"<p>and {counted(hidden, 'more violated constraint')}</p>")
    for bus, (imbalances, hidden) in _imbalances_by_bus(report).items():
        rows = [
            [
                i.bus,
                message_text(i.values),
                _missing_text(i) if i.missing else surplus_text(i.surplus),
                "\n".join(touch_text(touch) for touch in i.touches),
                "\n".join(_near_texts(i)),
            ]
            for i in imbalances
        ]
        parts.append(html_table(["bus", "message", "surplus", "touched by", "near misses"], rows))
        if hidden:
            more = counted(hidden, "more unbalanced message")
            parts.append(f"<p>and {more} on bus {escape(repr(bus))}</p>")
    if report.overweight:
        rows = [
            [one.table, str(one.row), one.interaction, f"{one.count:,}", f"{one.weight:,}"]
            for one in report.overweight[:SHOWN]
        ]
        parts.append(html_table(["table", "row", "message", "count", "weight"], rows))
    if report.one_sided:
        rows = [
            [one_sided.bus, one_sided.missing, "\n".join(one_sided.interactions), one_sided.similar]
            for one_sided in report.one_sided
        ]
        parts.append(html_table(["bus", "nobody can", "there are only", "similar name"], rows))
    if report.mutations is not None and report.mutations.free:
        rows = [
            [c.table, c.column, str(c.rows), c.reason or "not explained", "\n".join(_examples(c))]
            for c in report.mutations.free[:_FREE_SHOWN]
        ]
        parts.append(html_table(["table", "column", "free cells", "reason", "for example"], rows))
    if report.rank is not None:
        parts.append(rank_html(report.rank))
    return "".join(parts)


def _unread_texts(report: CheckReport) -> list[str]:
    result = []
    for table, columns in report.unread.items():
        shown = [repr(name) for name in columns[:_OTHERS_SHOWN]]
        if len(columns) > len(shown):
            shown.append(f"… {len(columns) - len(shown)} more")
        reads = f"nothing reads {', '.join(shown)}: any values would do there"
        result.append(f"(table {table!r}: {reads})")
    return result


def _statements(report: CheckReport) -> tuple[list[list[Violation]], int]:
    """The first violations, those of one line of code together, and how many are left out."""
    groups: dict[object, list[Violation]] = {}
    for number, violation in enumerate(report.violations):
        place = (violation.table, violation.location or number)
        groups.setdefault(place, []).append(violation)
    shown = list(groups.values())[:SHOWN]
    return shown, len(report.violations) - sum(map(len, shown))


def _imbalances_by_bus(report: CheckReport) -> dict[str, tuple[list[Imbalance], int]]:
    """Bus -> the first imbalances, and how many messages are left out."""
    each = max(_SHOWN_EACH, SHOWN // max(1, len(report.unbalanced)))
    result = {}
    by_bus: dict[str, list[Imbalance]] = {}
    for imbalance in report.imbalances:
        by_bus.setdefault(imbalance.bus, []).append(imbalance)
    for bus, messages in report.unbalanced.items():
        shown = by_bus.get(bus, [])[:each]
        result[bus] = shown, messages - sum(imbalance.messages for imbalance in shown)
    return result


def _wrapped_around(violation: Violation) -> bool:
    """Whether the sides differ by a multiple of 2^64, and anything that is read is large."""
    if violation.left is None or violation.right is None or violation.left == violation.right:
        return False
    times = (violation.right - violation.left) * pow(STEP, -1, P) % P
    sides = (violation.left, violation.right, *violation.values.values())
    return min(times, P - times) < SMALL and any(SMALL <= side < P - SMALL for side in sides)


def _others_text(others: Sequence[Violation]) -> str:
    shown = [f"{_label(other)} (row {other.row})" for other in others[:_OTHERS_SHOWN]]
    if len(others) > len(shown):
        shown.append(f"… {len(others) - len(shown)} more")
    what = counted(len(others), "other", "others")
    return f"{what} of the same line {'fails' if len(others) == 1 else 'fail'}: {', '.join(shown)}"


def _label(violation: Violation) -> str:
    if violation.name:
        return repr(violation.name)
    return _cut(violation.expression, _LONG)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _near_texts(imbalance: Imbalance) -> list[str]:
    return [
        f"near miss: {message_text(values)}, wrong the other way, {_difference(imbalance, values)}"
        for values in imbalance.near_misses
    ] + (
        [
            f"{message_text(imbalance.wrapped)} is wrong the other way and differs by a multiple "
            f"of 2**64: {HINT}"
        ]
        if imbalance.wrapped
        else []
    )


def _difference(imbalance: Imbalance, other: Sequence[int]) -> str:
    pairs = enumerate(zip(imbalance.values, other, strict=True))
    place, (here, there) = next((k, pair) for k, pair in pairs if pair[0] != pair[1])
    return f"has {element(there)} for {element(here)} as value {place}"


def _wrapped(text: str) -> list[str]:
    """Lines of moderate length, indented."""
    return textwrap.wrap(
        text,
        _COLUMNS,
        initial_indent="    ",
        subsequent_indent="        ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _worth(text: str, value: int, short: str) -> str:
    shown = element(value)
    if text == shown:
        return shown
    return f"{text} = {shown}" if len(text) <= _LONG else f"{short} is {shown}"


def _extent(violation: Violation) -> str:
    rows = counted(violation.failing_rows, "row fails", "rows fail")
    where = f"stated for {_WHERE[violation.selector]}"
    place = f" at {violation.location}" if violation.location else ""
    return f"{rows}; {where}{place}"


def _missing_text(imbalance: Imbalance) -> str:
    done, undone = "sent", "received"
    if imbalance.missing == "send":
        done, undone = undone, done
    what = counted(imbalance.messages, "message is", "messages are")
    if imbalance.idle:
        why = f"the counts of {', '.join(imbalance.idle)} are 0 in every row"
    else:
        why = f"no table and no token has a {imbalance.missing} on it"
    near = _similar_text(imbalance.similar)
    return f"{what} {done}, but nothing is ever {undone}: {why}{near}"


def _headline(report: CheckReport) -> str:
    constraints = len(report.violations)
    messages = sum(report.unbalanced.values())
    found = []
    if constraints:
        found.append(counted(constraints, "violated constraint"))
    if messages:
        buses = ", ".join(map(repr, report.unbalanced))
        found.append(f"{counted(messages, 'unbalanced message')} ({buses})")
    if report.overweight:
        found.append(f"{counted(len(report.overweight), 'count')} beyond a weight")
    if report.one_sided:
        buses = ", ".join(repr(one_sided.bus) for one_sided in report.one_sided)
        found.append(
            f"{counted(len(report.one_sided), 'one-sided bus', 'one-sided buses')} ({buses})"
        )
    if report.mutations is not None and not report.mutations:
        cells = sum(column.rows for column in report.mutations.unexplained)
        columns = counted(len(report.mutations.unexplained), "column")
        found.append(f"{counted(cells, 'unexplained free cell')} in {columns}")
    if report.rank is not None and not report.rank:
        found.append(undetermined_headline(report.rank))
    return f"{' and '.join(found)}, in {_scope(report)}"


def _scope(report: CheckReport) -> str:
    tables = ", ".join(f"{name} ({counted(n, 'row')})" for name, n in report.heights.items())
    constraints = counted(report.constraints, "constraint")
    scope = f"{tables}; {constraints}, {counted(report.buses, 'bus', 'buses')}"
    if report.mutations is not None:
        cells = counted(report.mutations.cells, "cell")
        scope += f"; {cells} changed in {len(CHANGES)} ways each, one at a time"
    if report.rank is not None:
        rows = counted(sum(report.rank.rows.values()), "row")
        scope += f"; {rows} tested for cells that move together"
    return scope
