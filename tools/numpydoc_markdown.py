"""Docstrings as Markdown: what numpydoc and reStructuredText mean by them, for pdoc.

The docstrings of this package are written to be read in a terminal: sections of numpydoc, simple
tables, literal blocks behind ``::``, block quotes, doctests, lists with ``*``. This translates that
much, and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import cleandoc
from textwrap import indent

__all__ = ["markdown"]

FIELDS = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
NAMED = FIELDS[:2]
SECTIONS = (*FIELDS, "See Also", "Notes", "References", "Examples")
_SECTION = re.compile(rf"^({'|'.join(SECTIONS)})\n-+$", re.M)
_BORDER = re.compile(r"^\s*=+( +=+)+$")
_NAMES = re.compile(r"\*{0,2}\w+(, \*{0,2}\w+)*|\.\.\.")
_RULE = re.compile(r"^(-{3,}|={3,})$")
_ITEM = re.compile(r"^(\*|-|\d+\.) +(?=\S)")
_CODE = re.compile(r"(``.+?``|`[^`]+`)", re.S)
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]*[^\s*])\*(?![\w*])")
_BOLD = re.compile(r"(?<![\w*])\*\*(?=[^\s*])([^*]*[^\s*])\*\*(?![\w*])")
_URL = re.compile(r"https?://[^\s,)]+[^\s,).]")


def markdown(docstring: str) -> str:
    """A docstring, cleaned of its indentation or not, as Markdown."""
    first, *rest = _SECTION.split(cleandoc(docstring))
    parts = [_body(first)]
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        parts.append(f"###### {name}")
        if name == "See Also":
            text = re.sub(r"(?m)^([\w.]+(?:, [\w.]+)*)(?= : )", r"* `\1`", text)
        parts.append(_fields(text, name in NAMED) if name in FIELDS else _body(text))
    return "\n\n".join(part for part in parts if part) + "\n"


def _fields(text: str, named: bool) -> str:
    """``name : type`` at the margin, or a type alone, and what it is about indented below."""
    items: list[str] = []
    for block in re.split(r"\n(?=\S)", text.strip("\n")):
        head, _, about = block.partition("\n")
        name, colon, kind = head.partition(" : ")
        if name.endswith(".") or (named and not _NAMES.fullmatch(name)):
            raise ValueError(f"no name of a parameter or attribute: {head!r}")
        line = f"**{_escaped(name)}**" + (f" : *{_escaped(kind)}*" if colon else "")
        described = _body(cleandoc(about))
        items.append(f"* {line}" + (f"\n\n{indent(described, '    ')}" if described else ""))
    return "\n\n".join(items)


def _body(text: str) -> str:
    """Paragraphs, lists, tables, quotes and code."""
    return "\n\n".join(_blocks(text.expandtabs().splitlines()))


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif _BORDER.match(line):
            end = _end_of_table(lines, at)
            yield _table(lines[at:end])
            at = end
        elif line.lstrip().startswith(">>>") and not line.startswith(" "):
            end = next((k for k in range(at, len(lines)) if not lines[k].strip()), len(lines))
            yield _fence(lines[at:end], "pycon")
            at = end
        elif at + 1 < len(lines) and _RULE.match(lines[at + 1]) and not line.startswith(" "):
            yield f"## {_inline(line)}"
            at += 2
        elif line.startswith(" "):  # deeper than what is around it: a quotation
            end = _end_of_indented(lines, at)
            yield indent(_body(cleandoc("\n".join(lines[at:end]))), "> ", lambda _: True)
            at = end
        elif _ITEM.match(line):
            end = _end_of_item(lines, at)
            yield _item(lines[at:end])
            at = end
        else:
            end = at + 1
            while end < len(lines) and lines[end].strip() and not lines[end].startswith(" "):
                if _BORDER.match(lines[end]) or lines[end].startswith(">>>"):
                    break
                if re.match(r"\* +\S", lines[end]):
                    break
                end += 1
            paragraph = "\n".join(lines[at:end])
            literal = paragraph.endswith("::")
            at = end
            if literal:
                paragraph = paragraph.removesuffix("::").rstrip()
                paragraph += ":" if paragraph else ""
            if paragraph:
                yield _inline(paragraph)
            if literal:
                end = _end_of_indented(lines, at)
                yield _fence(cleandoc("\n".join(["", *lines[at:end]])).splitlines(), "text")
                at = end


def _end_of_indented(lines: list[str], at: int) -> int:
    """Behind the lines from `at` on that are blank or indented."""
    end = at
    for k in range(at, len(lines)):
        if lines[k].startswith(" "):
            end = k + 1
        elif lines[k].strip():
            break
    return max(end, at)


def _end_of_item(lines: list[str], at: int) -> int:
    end = at + 1
    while end < len(lines):
        if not lines[end].strip():
            after = next((k for k in range(end, len(lines)) if lines[k].strip()), len(lines))
            if after == len(lines) or not lines[after].startswith(" "):
                break
        elif not lines[end].startswith(" "):
            break
        end += 1
    return end


def _item(lines: list[str]) -> str:
    match = _ITEM.match(lines[0])
    assert match is not None
    mark = "*" if match[1] in "*-" else match[1]
    text = cleandoc("\n".join([lines[0][match.end() :], *lines[1:]]))
    return mark.ljust(4) + indent(_body(text), "    ").lstrip()


def _end_of_table(lines: list[str], at: int) -> int:
    """Behind the last of two or three borders."""
    borders = [k for k in range(at, len(lines)) if _BORDER.match(lines[k])]
    for k in borders[1:]:
        if k + 1 == len(lines) or not lines[k + 1].strip():
            return k + 1
    raise ValueError(f"a table without an end: {lines[at + 1].strip()!r}")


def _table(lines: list[str]) -> str:
    """A simple table; a row whose first cell is empty goes on with the row above."""
    starts = [match.start() for match in re.finditer(r"=+", lines[0])]
    ends = [*starts[1:], None]
    rows: list[list[str]] = []
    header = 0
    for line in lines[1:-1]:
        if _BORDER.match(line):
            header = len(rows)
            continue
        cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        if rows and not cells[0] and len(rows) != header:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
        elif line.strip():
            rows.append(cells)
    head = rows[0] if header else [""] * len(starts)
    shown = (head, *rows[header:])
    written = [[_inline(cell).replace("|", "\\|") for cell in row] for row in shown]
    written.insert(1, ["---"] * len(starts))
    return "\n".join(f"| {' | '.join(row)} |" for row in written)


def _fence(lines: list[str], language: str) -> str:
    return "\n".join([f"```{language}", *lines, "```"])


def _inline(text: str) -> str:
    """Prose, in which only code, emphasis and addresses mean anything."""
    return "".join(part if part.startswith("`") else _prose(part) for part in _CODE.split(text))


def _prose(text: str) -> str:
    text = _BOLD.sub("\0\0\\1\0\0", text)
    text = _EMPHASIS.sub("\0\\1\0", text)
    text = _escaped(text).replace("\0", "*")
    text = re.sub(r"(?m)^([-+]|#+)(?=\s)", r"\\\1", text)  # a line that happens to begin so
    text = re.sub(r"(?m)^(\d+)\.(?=\s)", r"\1\\.", text)
    return _URL.sub(lambda match: f"<{match[0]}>".replace("\\_", "_"), text)


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([*_\[\]])", r"\\\1", text)
