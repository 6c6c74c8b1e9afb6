"""`CheckReport`: the outcome of `Machine.check`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cstark.air.buses import Bus
from cstark.air.description import TableDescription
from cstark.air.one_sided import one_sided
from cstark.air.tokens import Token
from cstark.check.buses import Traffic
from cstark.check.constraints import Violation, find_violations
from cstark.check.imbalance import Imbalance, OneSidedBus, Touch
from cstark.check.marks import Marks
from cstark.check.mutate import Mutations
from cstark.check.notes import free_count_notes, height_notes, public_notes
from cstark.check.overweight import Overweight, find_overweight
from cstark.check.rank import RankTest
from cstark.check.show import (
    counted,
    free_text,
    imbalance_text,
    one_sided_text,
    overweight_text,
    report_html,
    report_text,
    violation_text,
)
from cstark.check.show_rank import undetermined_text
from cstark.errors import TraceError
from cstark.program import CheckProgram

__all__ = ["CheckReport", "check"]


@dataclass(frozen=True, repr=False)
class CheckReport:
    """Which constraints fail where, and which buses do not balance.

    True when nothing is wrong; ``print`` shows the first ten of each kind, a notebook shows
    tables.

    Attributes
    ----------
    violations : tuple of Violation
        Every violated constraint, tables in order, then by first failing row.
    imbalances : tuple of Imbalance
        Unbalanced messages, buses in order, at most 50 for each bus.  A bus on which nothing is
        received at all (or nothing sent) has one entry.
    unbalanced : dict of str to int
        Bus -> how many different messages do not balance; balanced buses are left out.
    one_sided : tuple of OneSidedBus
        Buses that nobody can use, because no table and no token has the other side.
    unread : dict of str to tuple of str
        Table -> its columns that no constraint and no message reads: they prove nothing. They do
        not make a report false.
    heights : dict of str to int
        Table -> number of rows.
    constraints, buses : int
        How many were checked.
    mutations : Mutations or None
        What changing cells showed; None if it was not asked for, or if the trace is not valid:
        then nothing is known about changes.
    notes : tuple of str
        What the statement does not say though one might think so, in sentences: heights that
        the prover chooses, messages of tokens that a provider with free counts may answer. They do
        not make a report false.
    rank : RankTest or None
        Cells that can be changed together, found with `mutations`.
    overweight : tuple of Overweight
        Counts of messages that exceed the weights that their tables state.

    Examples
    --------
    >>> import numpy as np
    >>> import cstark as cs
    >>> class Flags(cs.Air):
    ...     columns = ("flag",)
    ...     def constrain(self, t):
    ...         t.every_row.boolean(t.now.flag)
    >>> trace = np.array([[0], [1], [0], [7], [1], [2], [1], [0]], dtype=np.uint64)
    >>> report = cs.Machine({"flags": Flags()}).check({"flags": trace})
    >>> bool(report), report.violations[0].row, report.violations[0].failing_rows
    (False, 3, 2)
    """

    violations: tuple[Violation, ...]
    imbalances: tuple[Imbalance, ...]
    unbalanced: dict[str, int]
    one_sided: tuple[OneSidedBus, ...]
    unread: dict[str, tuple[str, ...]]
    heights: dict[str, int]
    constraints: int
    buses: int
    mutations: Mutations | None = None
    notes: tuple[str, ...] = ()
    rank: RankTest | None = None
    overweight: tuple[Overweight, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the traces satisfy the machine, whatever changes show."""
        wrong = (self.violations, self.unbalanced, self.one_sided, self.overweight)
        return not any(wrong)

    def __bool__(self) -> bool:
        return self.valid and all(
            found is None or bool(found) for found in (self.mutations, self.rank)
        )

    def __str__(self) -> str:
        return report_text(self)

    def __repr__(self) -> str:
        return f"<CheckReport: {str(self).partition(chr(10))[0]}>"

    def _repr_html_(self) -> str:
        return report_html(self)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, of JSON types only.

        Returns
        -------
        dict
            With ``ok`` and the attributes.
        """
        return {
            "ok": bool(self),
            "violations": [violation.to_dict() for violation in self.violations],
            "imbalances": [imbalance.to_dict() for imbalance in self.imbalances],
            "unbalanced": dict(self.unbalanced),
            "one_sided": [bus.to_dict() for bus in self.one_sided],
            "unread": {table: list(columns) for table, columns in self.unread.items()},
            "heights": dict(self.heights),
            "constraints": self.constraints,
            "buses": self.buses,
            "mutations": None if self.mutations is None else self.mutations.to_dict(),
            "overweight": [one.to_dict() for one in self.overweight],
            "rank": None if self.rank is None else self.rank.to_dict(),
            "notes": list(self.notes),
        }

    def raise_for_failure(self) -> None:
        """Return if nothing is wrong.

        Raises
        ------
        TraceError
            For the first violation, else for the first imbalance: the message names table, row,
            constraint as written and both values, or bus, message, tables and rows. If there
            are none, for the first count beyond its weight, for the first bus without a side,
            then for the first free cell that is not explained, then for the first cells that
            can be changed together.
        """
        if self.violations:
            violation = self.violations[0]
            raise TraceError(
                violation_text(violation) + self._others(),
                table=violation.table,
                row=violation.row,
                column=violation.column,
                constraint=violation.expression,
            )
        if self.imbalances:
            imbalance = self.imbalances[0]
            touch = _culprit(imbalance)
            raise TraceError(
                imbalance_text(imbalance) + self._others(imbalance.messages),
                table=touch.table if touch else None,
                row=touch.row if touch else None,
                constraint=f"bus {imbalance.bus!r}",
            )
        if self.overweight:
            one = self.overweight[0]
            raise TraceError(
                overweight_text(one),
                table=one.table,
                row=one.row,
                constraint=f"the weight of {one.interaction}",
            )
        if self.one_sided:
            half = self.one_sided[0]
            constraint = f"bus {half.bus!r}"
            raise TraceError(one_sided_text(half), table=half.tables[0], constraint=constraint)
        if self.mutations is not None and not self.mutations:
            column = self.mutations.unexplained[0]
            cell = column.examples[0]
            raise TraceError(free_text(column), table=cell.table, row=cell.row, column=cell.column)
        if self.rank is not None and not self.rank:
            first = self.rank.undetermined[0]
            raise TraceError(
                undetermined_text([first]),
                table=first.table,
                row=first.row,
                column=first.columns[0],
            )

    def _others(self, messages: int = 0) -> str:
        constraints = 0 if messages else len(self.violations) - 1
        rest = sum(self.unbalanced.values()) - messages
        others = []
        if constraints > 0:
            others.append(counted(constraints, "other constraint"))
        if rest > 0:
            others.append(counted(rest, "other bus message" if messages else "bus message"))
        verb, them = ("fails", "it") if constraints + rest == 1 else ("fail", "them")
        what = f"\n({' and '.join(others)} {verb} too; machine.check(...) shows {them})"
        return what if others else ""


def _culprit(imbalance: Imbalance) -> Touch | None:
    """A touch on the side of which there is too much, if there is one in a table."""
    sign = 1 if imbalance.surplus > 0 else -1
    in_tables = [touch for touch in imbalance.touches if touch.table is not None]
    return next((touch for touch in in_tables if touch.sign == sign), next(iter(in_tables), None))


def check(
    descriptions: Sequence[TableDescription],
    traces: Sequence[np.ndarray],
    publics: Sequence[Sequence[int]],
    tokens: Sequence[Token],
    buses: Mapping[str, Bus],
    check_programs: Sequence[CheckProgram] | None,
    machine: Sequence[TableDescription] | None = None,
) -> CheckReport:
    """Check traces against their tables and the buses between them.

    Constraints are evaluated on every row they select, messages are counted exactly.  What
    depends on the challenges of a proof, a zero denominator, cannot be seen here.

    Parameters
    ----------
    descriptions : sequence of TableDescription
        The tables, once for each of their traces.
    traces : sequence of ndarray
        ``(rows, width)`` uint64 each, canonical, with the shapes the tables ask for.
    publics : sequence of sequence of int
        Public values of each table, canonical.
    tokens : sequence of Send or Receive
        What the verifier adds to the buses.
    buses : dict of str to (int, int)
        Bus -> (number, width), see `number_buses`: those to check.
    check_programs : sequence of CheckProgram, optional
        The compiled constraints of each table; None checks the buses only.
    machine : sequence of TableDescription, optional
        All tables that may stand, by which a bus has two sides; by default `descriptions`.

    Returns
    -------
    CheckReport
        A false trace never raises.
    """
    violations: list[Violation] = []
    if check_programs is not None:
        for description, trace, values, program in zip(
            descriptions, traces, publics, check_programs, strict=True
        ):
            violations += find_violations(description, trace, values, program)
    overweight: list[Overweight] = []
    for description, trace, values in zip(descriptions, traces, publics, strict=True):
        overweight += find_overweight(description, trace, values)
    imbalances: list[Imbalance] = []
    unbalanced = {}
    one_sided_buses = []
    single = one_sided(descriptions if machine is None else machine, tokens)
    traffic = Traffic(descriptions, traces, publics, tokens)
    for bus, (_, width) in buses.items():
        found = traffic.count(bus, width)
        imbalances += found.imbalances
        if found.unbalanced:
            unbalanced[bus] = found.unbalanced
        if bus in single and not found.used and traffic.touches(bus):
            one_sided_buses.append(traffic.one_sided(bus, single[bus]))
    marks = Marks(descriptions, traces)
    return CheckReport(
        tuple(map(marks.violation, violations)),
        tuple(map(marks.imbalance, imbalances)),
        unbalanced,
        tuple(one_sided_buses),
        {d.name: columns for d in descriptions if (columns := _unread(d))},
        {d.name: len(t) for d, t in zip(descriptions, traces, strict=True)},
        sum(len(description.constraints) for description in descriptions),
        len(buses),
        notes=(
            *height_notes(descriptions),
            *public_notes(descriptions),
            *free_count_notes(descriptions, tokens),
        ),
        overweight=tuple(overweight),
    )


def _unread(description: TableDescription) -> tuple[str, ...]:
    read = {node[2] for node in description.nodes if node[:2] == ("column", "main")}
    names = description.column_names
    return tuple(names[k] for k in range(description.width) if k not in read)
