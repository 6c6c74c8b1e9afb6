"""The tables of the machine.

`FAMILIES` are the tables of instructions, one row for each executed operation; `AROUND` are the
tables around them: program, memory, registers, and what is looked into; `Rare` takes rows of any
family where a run has few of them. `tables_of` gives those that a program needs.
"""

from cstark.vm.tables.catalogue import AROUND, EVERY, FAMILIES, families_of
from cstark.vm.tables.family import Family
from cstark.vm.tables.machine import row_cells, tables_of
from cstark.vm.tables.rare import RARE, Rare

__all__ = [
    "AROUND",
    "EVERY",
    "FAMILIES",
    "RARE",
    "Family",
    "Rare",
    "families_of",
    "row_cells",
    "tables_of",
]
