"""The equations around one row, and what they leave undetermined.

A row is looked at together with its neighbours: what came before it is known (the row before, and
every message that it receives), and its own cells, with those of the row after, are unknown. What
determines them are the constraints and the lookups of these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from cstark.air.description import Interaction
from cstark.air.nodes import P
from cstark.check.elimination import ONE, Echelon, Form
from cstark.check.providers import FLAGS, Buses, FixedList
from cstark.check.rows import Cell, PointTable

__all__ = ["Lookup", "Neighbourhood"]

_NEWTON = 4
"""Steps of Newton's iteration before and after values are computed in sequence."""

_SEQUENCE = 400
"""The longest sequence of columns that are each computed from the one before."""


class Term(NamedTuple):
    """The value of a node of a table at a row, times a sign."""

    table: PointTable
    row: int
    node: int
    sign: int = 1


class PointEquation(NamedTuple):
    """A sum of terms that has a value; `defines` is the cell that it reads as the definition of."""

    terms: tuple[Term, ...]
    target: int = 0
    defines: tuple[Cell, int] | None = None


class Lookup(NamedTuple):
    """A message that must be in a fixed list; `later` if a row asks that takes over from this one.

    What a later row asks does not determine this one, which must be determined without it; but it
    counts when other numbers of the lists are looked for.
    """

    values: tuple[PointEquation, ...]
    allowed: FixedList
    later: bool = False

    @property
    def asked(self) -> tuple[PointEquation, ...]:
        """The values that determine the others."""
        return tuple(self.values[place] for place in self.allowed.asked)

    @property
    def answered(self) -> tuple[PointEquation, ...]:
        """The values that the list determines."""
        return tuple(self.values[place] for place in self.allowed.answered)


class _Question(NamedTuple):
    """A message that a row sends, and that a row of some table receives."""

    table: PointTable
    row: int
    interaction: Interaction


class Neighbourhood:
    """The unknown cells and the equations around one row of a valid trace.

    Parameters
    ----------
    table : PointTable
    row : int
    buses : Buses
    backward : bool
        Whether what comes after the row is known, instead of what comes before it.
    """

    def __init__(self, table: PointTable, row: int, buses: Buses, backward: bool = False) -> None:
        self.table, self.row, self._buses = table, row, buses
        self.cells: dict[Cell, int] = {}  # unknown cell -> variable
        self.equations: list[PointEquation] = []
        self.lookups: list[Lookup] = []
        self._base: dict[tuple[int, int], list[int]] = {}
        self._stated: set[tuple[int, int]] = set()
        self._questions: list[_Question] = []
        self._silent: list[tuple[_Question, FixedList]] = []  # not asked, as the count is 0
        self._forms: dict[int, Form] = {}  # of the equations, at the trace
        self._ends = (backward or not table.has_next, not backward or not table.has_next)
        last = table.height - 1
        self.own = self._open(table, row)
        if not table.has_next:
            self._state(table, row)
            return
        if backward:
            self._state(table, row, wraps=False)
            if row > 0:
                self._open(table, row - 1)
                self._state(table, row - 1)
            return
        if row > 0:
            self._state(table, row - 1, before=True)
        if row < last:
            self._open(table, row + 1)
        self._state(table, row)
        if row < last:
            self._state(table, row + 1, alone=True, lookups=None)

    # ---- what is unknown, what is stated --------------------------------------------------

    def _open(self, table: PointTable, row: int) -> list[int]:
        """Make the cells of a row unknown; their variables."""
        variables = []
        for column in table.unknown(row):
            cell = (table.number, row, column)
            variables.append(self.cells.setdefault(cell, len(self.cells)))
        return variables

    def _state(
        self,
        table: PointTable,
        row: int,
        *,
        alone: bool = False,
        before: bool = False,
        wraps: bool = True,
        lookups: bool | None = True,
        linked: Sequence[Interaction] = (),
    ) -> None:
        """Add what a row states: with the next row, or alone; before: only with the next row.

        Lookups: whether they count as those of the row that is tested, as later ones, or, for
        None, not at all.
        """
        self._stated.add((table.number, row))
        reads_next = table.reads_next
        values = self.values(table, row)
        last = row == table.height - 1
        with_last, with_first = self._ends
        for constraint in table.description.constraints:
            following = reads_next[constraint.node]
            if (alone and following) or (before and not following):
                continue
            kind = constraint.selector
            if kind == "first" and (row != 0 or not with_first):
                continue
            if kind == "last" and (not last or not with_last):
                continue
            if last and (kind == "transition" or (following and not wraps)):
                continue
            flag = table.flag(constraint.node)
            if flag is not None:
                if lookups is not None:
                    value = PointEquation((Term(table, row, flag),), values[flag])
                    self.lookups.append(Lookup((value,), FLAGS, not lookups))
                continue
            term = Term(table, row, constraint.node)
            self.equations.append(PointEquation((term,), 0, table.definition(constraint.node, row)))
        for interaction in table.description.interactions:
            nodes = [*interaction.values, interaction.count]
            following = any(reads_next[node] for node in nodes)
            if (
                any(interaction is one for one in linked)
                or (alone and following)
                or (before and not following)
            ):
                continue
            self._exchange(table, row, interaction, values, lookups)

    def _exchange(
        self,
        table: PointTable,
        row: int,
        interaction: Interaction,
        values: Sequence[int],
        lookups: bool | None,
    ) -> None:
        def stays(node: int) -> PointEquation:
            return PointEquation((Term(table, row, node),), values[node])

        live = values[interaction.count] != 0
        sends = interaction.sign > 0
        allowed = self._buses.fixed_list(interaction.bus)
        if sends and allowed is not None and not live:
            self._silent.append((_Question(table, row, interaction), allowed))
        # How often is known where the other side takes exactly what it is sent.
        if not sends or not self._buses.answers_freely(interaction.bus):
            self.equations.append(stays(interaction.count))
        if not live:
            return
        if not sends:
            self.equations += [stays(node) for node in interaction.values]
            return
        if allowed is None:
            self._questions.append(_Question(table, row, interaction))
        elif lookups is not None:
            message = tuple(map(stays, interaction.values))
            self.lookups.append(Lookup(message, allowed, not lookups))

    def ask(self) -> bool:
        """Add the rows that receive what these rows send; whether there are any.

        They may answer: a table of sums determines the sum, a memory what is read from it.
        """
        questions, self._questions = self._questions, []
        answers: dict[tuple[int, int], list[tuple[_Question, PointTable, Interaction]]] = {}
        for question in questions:
            values = self.values(question.table, question.row)
            message = [values[node] for node in question.interaction.values]
            answer = self._buses.receiver(question.interaction.bus, message)
            if answer is not None and (answer[0].number, answer[2]) not in self._stated:
                table, received, row = answer
                answers.setdefault((table.number, row), []).append((question, table, received))
        for (_, row), linked in answers.items():
            table = linked[0][1]
            answering = [interaction for _, _, interaction in linked]
            rules = any(interaction.weight == 0 for interaction in answering)
            self._forms.clear()  # more cells are unknown
            self._open(table, row)
            if table.has_next and row > 0:
                self._state(table, row - 1, before=True, lookups=rules)
            self._state(table, row, lookups=rules, linked=answering)
            for question, _, interaction in linked:
                for a, b in zip(question.interaction.values, interaction.values, strict=True):
                    sent = Term(question.table, question.row, a)
                    self.equations.append(PointEquation((sent, Term(table, row, b, -1))))
        return bool(answers)

    # ---- values and derivatives -----------------------------------------------------------

    def values(self, table: PointTable, row: int) -> list[int]:
        """All nodes of a row of the trace."""
        key = (table.number, row)
        if key not in self._base:
            self._base[key] = table.values(row, {})
        return self._base[key]

    def form(
        self,
        equation: PointEquation,
        values: Callable[[PointTable, int], Sequence[int]] | None = None,
        target: int | None = None,
    ) -> Form:
        """The derivative in the unknown cells; with `target`, and what is left to it, as ONE."""
        form: Form = {}
        base = values is None
        if base:
            known = self._forms.get(id(equation))
            if known is not None:
                return known
            self._forms[id(equation)] = form
        values = self.values if values is None else values
        left = 0 if target is None else -target
        for table, row, node, sign in equation.terms:
            at_row = values(table, row)
            if target is not None:
                left += sign * at_row[node]
            for (column, shift), factor in table.derivative(node, at_row).items():
                where = (row + shift) % table.height
                variable = self.cells.get((table.number, where, column))
                if variable is not None:
                    total = (form.get(variable, 0) + sign * factor) % P
                    if total:
                        form[variable] = total
                    else:
                        form.pop(variable, None)
        if left % P:
            form[ONE] = left % P
        return form

    def determined(self, *, held: bool) -> Echelon:
        """What the equations determine, and the lists where they are asked something known.

        Parameters
        ----------
        held : bool
            Whether what is asked counts as known: numbers in ranges, and flags.
        """
        auxiliary = set(range(len(self.cells))) - set(self.own)
        system = Echelon(auxiliary)
        known = list(self.equations)
        if held:
            known += [
                value for lookup in self.lookups if not lookup.later for value in lookup.asked
            ]
        self._insert(system, [(equation, self.form(equation)) for equation in known])
        self.close(system)
        return system

    def _insert(self, system: Echelon, forms: Iterable[tuple[PointEquation, Form]]) -> None:
        """Short ones first: what is known outright keeps the others short."""
        for equation, form in sorted(forms, key=lambda pair: len(pair[1])):
            defined = None
            if equation.defines is not None:
                defined = self.cells.get(equation.defines[0])
            system.insert(form, defined)

    def close(self, system: Echelon) -> None:
        """Add the answers to what is asked with known values, until nothing new is known."""
        waiting = [
            lookup for lookup in self.lookups if lookup.allowed.answered and not lookup.later
        ]
        while True:
            known = [
                lookup
                for lookup in waiting
                if not any(system.reduce(self.form(value)) for value in lookup.asked)
            ]
            if not known:
                return
            waiting = [lookup for lookup in waiting if not any(lookup is k for k in known)]
            for lookup in known:
                for value in lookup.answered:
                    system.insert(self.form(value))

    # ---- a second solution ----------------------------------------------------------------

    def solve(
        self,
        pinned: Mapping[int, int],
        asked: Mapping[int, Sequence[int]],
    ) -> dict[Cell, int] | None:
        """Other values of the unknown cells that satisfy everything.

        By Newton's iteration, from the trace: over a finite field nothing converges, but what is
        linear is exact at once. What is computed in a long sequence, a hash for example, is
        computed again in its order.

        Parameters
        ----------
        pinned : mapping
            Variable -> value it shall have.
        asked : mapping
            Lookup (by position) -> what it shall ask for instead.

        Returns
        -------
        dict or None
            The cells that differ from the trace.
        """
        wanted = [(equation, equation.target) for equation in self.equations]
        for number, lookup in enumerate(self.lookups):
            if number in asked:
                message = lookup.allowed.complete(asked[number])
                if message is None:
                    return None
                wanted += list(zip(lookup.values, message, strict=True))
            elif not lookup.later:
                wanted += [(value, value.target) for value in lookup.values]
        cells = list(self.cells)
        targets = {cells[variable]: value for variable, value in pinned.items()}
        changed: dict[Cell, int] = {}
        if not self._newton(changed, wanted, targets):
            changed = dict(targets)
            if not self._in_sequence(changed, wanted, targets) and not self._newton(
                changed, wanted, targets
            ):
                return None
        return self._different(changed) if self._listed(changed) else None

    def _listed(self, changed: dict[Cell, int]) -> bool:
        """Whether lookups that the changes have begun to ask are in their lists."""
        values = self._changed_values(changed)
        for (table, row, interaction), allowed in self._silent:
            at_row = values(table, row)
            if at_row[interaction.count]:
                message = [at_row[node] for node in interaction.values]
                if allowed.complete([message[place] for place in allowed.asked]) != message:
                    return False
        return True

    def _newton(
        self,
        changed: dict[Cell, int],
        wanted: Sequence[tuple[PointEquation, int]],
        targets: Mapping[Cell, int],
    ) -> bool:
        cells = list(self.cells)
        least = len(wanted) + 1
        for _ in range(_NEWTON):
            values = self._changed_values(changed)
            ways = {cell: self._left_to(cell, changed, value) for cell, value in targets.items()}
            left = sum(1 for equation, target in wanted if _left(equation, target, values))
            if not left and not any(ways.values()):
                return True
            if left >= least:
                return False
            least = left if changed else least
            step = Echelon()
            for cell, way in ways.items():
                variable = self.cells[cell]
                step.insert({variable: 1, ONE: P - way} if way else {variable: 1})
            self._insert(step, [(e, self.form(e, values, target)) for e, target in wanted])
            moved = {v: -form.get(ONE, 0) % P for v, form in step.pivots.items()}
            for variable, value in moved.items():
                if value:
                    cell = cells[variable]
                    changed[cell] = (changed.get(cell, self.cell(cell)) + value) % P
        return False

    def _in_sequence(
        self,
        changed: dict[Cell, int],
        wanted: Sequence[tuple[PointEquation, int]],
        targets: Mapping[Cell, int],
    ) -> bool:
        """Give every cell that has a definition the value that it says, until all agree."""
        for _ in range(_SEQUENCE):
            values = self._changed_values(changed)
            done, moved = True, False
            for equation, target in wanted:
                left = _left(equation, target, values)
                if not left:
                    continue
                done = False
                if equation.defines is not None:
                    cell, sign = equation.defines
                    if cell in self.cells and cell not in targets:
                        old = changed.get(cell, self.cell(cell))
                        changed[cell] = (old - sign * left) % P
                        moved = True
            if done or not moved:
                return done
        return False

    def _changed_values(self, changed: dict[Cell, int]) -> Callable[[PointTable, int], list[int]]:
        known: dict[tuple[int, int], list[int]] = {}

        def values(table: PointTable, row: int) -> list[int]:
            key = (table.number, row)
            if key not in known:
                known[key] = table.values(row, changed)
            return known[key]

        return values

    def _left_to(self, cell: Cell, changed: Mapping[Cell, int], value: int) -> int:
        return (value - changed.get(cell, self.cell(cell))) % P

    def cell(self, cell: Cell) -> int:
        """What the trace has there."""
        number, row, column = cell
        table = self._buses.table(number)
        return int(table.trace[row, column])

    def _different(self, changed: Mapping[Cell, int]) -> dict[Cell, int]:
        return {cell: value for cell, value in changed.items() if value != self.cell(cell)}

    def columns(self, variables: Iterable[int]) -> list[int]:
        """The columns of those of the variables that are cells of the row itself."""
        places = list(self.cells)
        own = set(self.own)
        return sorted({places[variable][2] for variable in variables if variable in own})


def _left(
    equation: PointEquation, target: int, values: Callable[[PointTable, int], Sequence[int]]
) -> int:
    total = sum(sign * values(table, row)[node] for table, row, node, sign in equation.terms)
    return (total - target) % P
