"""The tables that the proof of a program has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cstark as cs
from cstark.air import describe
from cstark.distinct import distinct
from cstark.vm.buses import BUSES
from cstark.vm.image import Image
from cstark.vm.isa.code import Code
from cstark.vm.tables.catalogue import AROUND, FAMILIES, families_of
from cstark.vm.tables.ecall import LastHalt
from cstark.vm.tables.family import Family
from cstark.vm.tables.fresh import Fresh
from cstark.vm.tables.image import ImageTable
from cstark.vm.tables.program import ProgramTable
from cstark.vm.tables.ranges import RANGES, Range
from cstark.vm.tables.rare import Rare

__all__ = ["row_cells", "tables_of"]


def tables_of(code: Code, image: Image, *, counted: bool = True) -> dict[str, cs.Air]:
    """The tables of the machine that proves runs of a program.

    They follow from the program alone: the families that take an operation which the program
    holds, those that take rows of any of them (`Rare`), and the tables around them; those of
    bytes and shifts only if a family of these looks into them.

    Parameters
    ----------
    code : Code
        The operations of the program.
    image : Image
        What it loads.
    counted : bool
        Whether the statement says how many operations are executed, see `cstark.vm.statement`.
        Machines of proofs that hide have a second table for rows of any family, as short tables
        are dear there.

    Returns
    -------
    dict of str to Air
        For `cstark.Machine`, which refuses options that allow tables of more rows than the
        windows of memory have words, ``2**cstark.vm.abi.MAX_LOG_HEIGHT``.

    Raises
    ------
    AirError
        Two operations have one label, or the image leaves its part of memory.

    Examples
    --------
    >>> from cstark.vm.image import Image
    >>> image = Image.from_text([0x05D00893, 0x00000073])  # li a7, 93; ecall
    >>> list(tables_of(image.expand(), image))[:5]
    ['li', 'halt', 'print', 'rare', 'program']
    """
    rows = code.rows()
    names = families_of(distinct(rows[:, 1]))
    asked = frozenset(
        name for name, bus in BUSES.items() if not bus.senders(names).isdisjoint(names)
    )
    loaded = ImageTable(image.low, image.words, image.fixed)
    around: dict[str, Any] = {
        "program": ProgramTable(rows),
        "image": loaded,
        "fresh": Fresh(loaded.end),
        "range": Range(asked & RANGES),
    }
    families: dict[str, Family] = {name: FAMILIES[name]() for name in names}
    if not counted and "halt" in families:
        families["halt"] = LastHalt()
    tables: dict[str, cs.Air] = dict(families)
    if not counted and (narrow := Rare.narrow(families)):
        tables["rare_narrow"] = narrow
    tables["rare"] = Rare.of(families)
    for name, table in AROUND.items():
        if name == "bytes" and "bytes" not in asked:
            continue
        if name == "shifts" and "shift" not in asked:
            continue
        tables[name] = around[name] if name in around else table()
    return tables


def row_cells(tables: Mapping[str, cs.Air]) -> dict[str, int]:
    """How many cells are committed for a row of each table, preprocessed ones aside.

    A cell for each column, and three for every two messages.

    Parameters
    ----------
    tables : mapping of str to Air
        From `tables_of`.

    Returns
    -------
    dict of str to int
    """
    described = (describe(name, air) for name, air in tables.items())
    return {d.name: d.width + 3 * d.lookup_columns for d in described}
