"""Plain text tables and human units, for terminals and log files alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "bytes_text",
    "canonical_json",
    "counted",
    "exact",
    "html_table",
    "pairs",
    "printable",
    "seconds_text",
    "table",
]


def exact(value: Any) -> Any:
    """Data with every integer as a string of its decimal digits, however deep it stands.

    Field elements reach 2^64, and much that reads JSON keeps numbers as doubles, which are exact
    up to 2^53. All are strings, small ones too: what is read does not depend on its size.

    Examples
    --------
    >>> exact({"steps": 1024, "result": [2**63, True, "x"]})
    {'steps': '1024', 'result': ['9223372036854775808', True, 'x']}
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Mapping):
        return {name: exact(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    return value


def canonical_json(data: Any) -> str:
    """JSON with one spelling: sorted names, no white space, everything outside ASCII escaped."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def table(
    headers: Sequence[str], rows: Sequence[Sequence[object]], *, left: Sequence[int] = (0,)
) -> str:
    """Columns padded to the widest cell, two spaces apart, a rule below the headers.

    Parameters
    ----------
    headers : sequence of str
    rows : sequence of sequences
        One object for each cell, written with `str`; integers get thousands separators.
    left : sequence of int
        Columns aligned to the left; all others are aligned to the right.

    Returns
    -------
    str
        Lines without trailing blanks, joined by newlines.

    Examples
    --------
    >>> print(table(["table", "rows"], [["cpu", 1024], ["add", 8]]))
    table   rows
    -----  -----
    cpu    1,024
    add        8
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [
        max(len(header), *(len(row[i]) for row in cells)) if cells else len(header)
        for i, header in enumerate(headers)
    ]
    lines = [list(headers), ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def html_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The same as an HTML table, everything escaped; without a head if there are no headers.

    Lines of a cell are kept apart.

    Examples
    --------
    >>> html_table(["a"], [[1024]])
    '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1,024</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{_escape(header)}</th>" for header in headers)
    body = "".join(
        "<tr>" + "".join(f"<td>{_html(_cell(value))}</td>" for value in row) + "</tr>"
        for row in rows
    )
    head = f"<thead><tr>{head}</tr></thead>" if headers else ""
    return f"<table>{head}<tbody>{body}</tbody></table>"


def _html(text: str) -> str:
    return "<br>".join(_escape(text).split("\n"))


def _escape(text: str) -> str:
    from html import escape  # loads a list of two thousand entities

    return escape(text)


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)


def pairs(items: Sequence[tuple[str, object]]) -> str:
    """One line "name  value" for each item, values aligned.

    Examples
    --------
    >>> print(pairs([("hash", "blake3"), ("queries", 219)]))
    hash     blake3
    queries  219
    """
    width = max((len(name) for name, _ in items), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}".rstrip() for name, value in items)


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things.

    Examples
    --------
    >>> counted(1, "row"), counted(2000, "row"), counted(0, "bus", "buses")
    ('1 row', '2,000 rows', '0 buses')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def printable(text: str) -> str:
    r"""A text with everything escaped that is neither printable nor a tab or the end of a line.

    What comes from a stranger may hold what moves the cursor, changes colours, turns the direction
    of the text around or cannot be encoded.

    Examples
    --------
    >>> print(printable("a\x1b[2J\u202eb\ud800\r c"))
    a\x1b[2J\u202eb\ud800\r c
    """
    if text.translate({ord("\n"): None, ord("\t"): None}).isprintable():
        return text
    return "".join(
        c if c in "\n\t" or c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def bytes_text(count: float) -> str:
    """A byte count in binary units, three digits.

    Examples
    --------
    >>> bytes_text(0), bytes_text(123_456), bytes_text(5 * 2**30)
    ('0 B', '121 KiB', '5.00 GiB')
    """
    if count < 1024:
        return f"{int(count)} B"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        count /= 1024
        if count < 1023.5 or unit == "TiB":
            break
    digits = 2 if count < 9.995 else 1 if count < 99.95 else 0
    return f"{count:.{digits}f} {unit}"


def seconds_text(seconds: float) -> str:
    """A duration, three digits or so.

    Examples
    --------
    >>> seconds_text(0.00123), seconds_text(0.5), seconds_text(12.345), seconds_text(754)
    ('0.001 s', '0.500 s', '12.3 s', '754 s')
    """
    if seconds < 9.9995:
        return f"{seconds:.3f} s"
    return f"{seconds:.1f} s" if seconds < 99.95 else f"{seconds:.0f} s"
