"""The programs of all tables of a machine, each compiled when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from cstark.air.description import TableDescription
    from cstark.program.check import CheckProgram
    from cstark.program.lookup import LookupProgram
    from cstark.program.quotient import QuotientProgram

__all__ = ["Programs"]

Program = TypeVar("Program")


class Programs:
    """Compiled programs by table; they depend on the tables alone, and on no option.

    Parameters
    ----------
    tables : sequence of TableDescription
        In the order of the machine; programs are asked for by a table's place in it.
    """

    def __init__(self, tables: Sequence[TableDescription]) -> None:
        self._tables = tuple(tables)
        self._made: dict[tuple[str, int], Any] = {}

    def fit(self, tables: Sequence[TableDescription]) -> bool:
        """Whether they are programs of these tables, made for the same lookup columns."""
        pairs = zip(self._tables, tables, strict=True)
        return all(own.groups == other.groups for own, other in pairs)

    def at_heights(self, tables: Sequence[TableDescription]) -> Programs:
        """Programs of the same tables at other heights.

        A quotient program is the same at all heights, and slow to compile: it is shared.
        """
        other = Programs(tables)
        for table in range(len(self._tables)):
            other._made["quotient", table] = self.quotient(table)
        return other  # hiding machines compile theirs again

    def of(self, places: Sequence[int]) -> Programs:
        """The programs of tables some of which stand several times, or not at all.

        Parameters
        ----------
        places : sequence of int
            The table that each of them is.
        """
        return _Shared(self, places)

    def _program(
        self, kind: str, table: int, compile_it: Callable[[TableDescription], Program]
    ) -> Program:
        found: Program | None = self._made.get((kind, table))
        if found is None:
            found = self._made[kind, table] = compile_it(self._tables[table])
        return found

    def missing(self, *, check: bool = True, hidden: Collection[int] = ()) -> list[tuple[str, int]]:
        """What a proof needs and nobody has compiled yet: kind and table.

        Parameters
        ----------
        check : bool
            Whether the traces are checked as well.
        hidden : collection of int
            Tables whose sums have masks.
        """
        wanted = [
            ("hidden quotient" if table in hidden else "quotient", table)
            for table in range(len(self._tables))
        ]
        wanted += [("lookup", table) for table, d in enumerate(self._tables) if d.interactions]
        wanted += [("check", table) for table in range(len(self._tables)) if check]
        return [program for program in wanted if program not in self._made]

    def compile(self, *, check: bool = True, hidden: Collection[int] = ()) -> None:
        """Compile what `missing` lists."""
        for kind, table in self.missing(check=check, hidden=hidden):
            if kind == "lookup":
                self.lookup(table)
            elif kind == "check":
                self.check(table)
            else:
                self.quotient(table, kind != "quotient")

    def quotient(self, table: int, hidden_sum: bool = False) -> QuotientProgram:
        """The constraints of a table on a coset; see `quotient_program`."""
        # a verifier loads no compiler
        from cstark.program.quotient import hidden_quotient_program, quotient_program

        if hidden_sum:
            return self._program("hidden quotient", table, hidden_quotient_program)
        return self._program("quotient", table, quotient_program)

    def lookup(self, table: int) -> LookupProgram:
        """The fingerprints and counts of a table's interactions."""
        from cstark.program.lookup import lookup_program

        return self._program("lookup", table, lookup_program)

    def check(self, table: int) -> CheckProgram:
        """The constraints of a table on its trace."""
        from cstark.program.check import check_program

        return self._program("check", table, check_program)


class _Shared(Programs):
    """See `Programs.of`."""

    def __init__(self, programs: Programs, places: Sequence[int]) -> None:
        super().__init__([programs._tables[place] for place in places])
        self._programs, self._places = programs, tuple(places)

    def _program(
        self, kind: str, table: int, compile_it: Callable[[TableDescription], Program]
    ) -> Program:
        return self._programs._program(kind, self._places[table], compile_it)

    def missing(self, *, check: bool = True, hidden: Collection[int] = ()) -> list[tuple[str, int]]:
        wanted: dict[tuple[str, int], tuple[str, int]] = {}  # the first of each table
        for kind, table in super().missing(check=check, hidden=hidden):
            key = kind, self._places[table]
            if key not in self._programs._made:
                wanted.setdefault(key, (kind, table))
        return list(wanted.values())
