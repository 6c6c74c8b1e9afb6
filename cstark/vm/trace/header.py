"""The columns of all tables as a C header, for the compiled code that fills the rows.

``python -m cstark.vm.trace.header`` writes ``layout.h`` beside this file; a test holds the two
together. The descriptions of the tables are the one place where columns are declared.
"""

from __future__ import annotations

import math
from pathlib import Path

from cstark.vm.isa.operations import OPERATIONS
from cstark.vm.tables import AROUND, FAMILIES

__all__ = ["HEADER", "layout", "text"]

HEADER = Path(__file__).with_name("layout.h")
"""The file that is written."""

_INTRODUCTION = """\
/* Columns of the tables, families and operations.  Written by cstark/vm/trace/header.py from the
 * descriptions in cstark/vm/tables; do not edit: `python -m cstark.vm.trace.header`.
 *
 * NAME_COLUMN is the place of a column in a row of the table NAME; of a group of columns, the
 * place of the first.  NAME_WIDTH is the number of columns. */
#ifndef CSTARK_VM_TRACE_LAYOUT_H
#define CSTARK_VM_TRACE_LAYOUT_H
"""


def layout(name: str) -> dict[str, int]:
    """The places of the columns of a table.

    Parameters
    ----------
    name : str
        Name of the table in the machine.

    Returns
    -------
    dict of str to int
        Column, or group of columns -> place of its first cell; ``width`` last.

    Examples
    --------
    >>> layout("mv")["rd"], layout("mv")["old_time"], layout("mv")["width"]
    (5, 11, 12)
    """
    table = FAMILIES[name] if name in FAMILIES else AROUND[name]
    places, at = {}, 0
    for column, shape in table.columns.items():
        places[column] = at
        at += math.prod(shape)
    return {**places, "width": at}


def enum(names: list[tuple[str, int | None]]) -> str:
    """A C enumeration; without a number, a name is one more than the one before it."""
    lines, line = [], "   "
    for name, value in names:
        item = f" {name}," if value is None else f" {name} = {value},"
        if len(line) + len(item) > 98:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join(["enum {", *lines, line, "};", ""])


def text() -> str:
    """The header."""
    parts = [_INTRODUCTION]
    parts.append("/* The tables of instructions, in the order of the machine. */")
    families: list[tuple[str, int | None]] = [(f"FAMILY_{n.upper()}", None) for n in FAMILIES]
    parts.append(enum([*families, ("FAMILIES", None)]))
    parts.append("/* X(NAME) for each of them. */\n#define VM_FAMILIES(X) \\")
    each = [f"X({name.upper()})" for name in FAMILIES]
    lines = ["    " + " ".join(each[k : k + 5]) for k in range(0, len(each), 5)]
    parts.append(" \\\n".join(lines) + "\n")
    parts.append("/* The codes of the operations; of a shift, that of amounts below 16. */")
    parts.append(enum([(f"OP_{n.upper()}", one.code) for n, one in OPERATIONS.items()]))
    seen: set[str] = set()
    for name in (*FAMILIES, *AROUND):
        places = {f"{name}_{column}".upper(): at for column, at in layout(name).items()}
        if twice := seen & places.keys():
            raise ValueError(f"two columns have one name in the header: {sorted(twice)}")
        seen |= places.keys()
        parts.append(enum(list(places.items())))
    parts.append("#endif\n")
    return "\n".join(parts)


if __name__ == "__main__":
    HEADER.write_text(text())
