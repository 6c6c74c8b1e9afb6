"""Runs that claim something false: the traces of a guest, changed, proved and judged.

The machine is that of the guest but for the tables of ranges, bytes and shifts, whose part the
verifier takes: it receives what is looked up as far as it is true.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from forged_tables import facts, verdict, without

import cstark as cs
from cstark.air import P, describe
from cstark.vm.tables import tables_of
from tests.vm.guests import Guest, tokens

__all__ = ["Run"]

LOOKED_UP = ("range", "top", "low", "bytes", "shift")


class Run:
    """The traces and the claim of a run, to be changed.

    Attributes
    ----------
    tables, traces : dict
        Table -> Air, trace.
    tokens : list
        The statement, without lookups.
    """

    def __init__(self, guest: Guest, input: bytes = b""):
        self.guest = guest
        hart, traces = guest.traces(input)
        self.tables = {
            name: table
            for name, table in tables_of(guest.code, guest.image).items()
            if name not in ("range", "bytes", "shifts")
        }
        self.traces = {name: traces[name].copy() for name in self.tables}
        self.tokens = tokens(hart, guest.image.entry)
        self.honest = list(self.tokens)
        assert self.verdict() == ""

    def view(self, name: str):
        return self.tables[name].view(self.traces[name])

    def at(self, name: str, place: int) -> int:
        """The row of a table that executes the instruction at an address."""
        view = self.view(name)
        (found,) = (
            k for k in range(len(view.pc)) if view.real[k] == 1 and int(view.pc[k]) == place
        )
        return found

    def put(self, name: str, row: int, **cells) -> None:
        """Change cells of a row; numbers are taken modulo p."""
        view = self.view(name)
        for column, value in cells.items():
            reduced = [x % P for x in value] if isinstance(value, list) else value % P
            getattr(view, column)[row] = reduced

    def claim(self, bus: str, values: list[int]) -> None:
        """Exchange what the verifier receives on a bus of which it receives one message."""
        (old,) = (t for t in self.tokens if t.bus == bus and isinstance(t, cs.Receive))
        self.tokens[self.tokens.index(old)] = cs.Receive(bus, values)

    def messages(self):
        """(table, row, bus, sign, values, count, name) of every message that is sent."""
        for name, table in self.tables.items():
            description, trace = describe(name, table), self.traces[name]
            fixed = description.preprocessed
            for row in range(len(trace)):
                values = []
                for kind, *rest in description.nodes:
                    if kind == "constant":
                        values.append(rest[0])
                    elif kind == "column":
                        source, index, after = rest
                        cells = trace if source == "main" else fixed
                        values.append(int(cells[(row + after) % len(trace), index]))
                    else:
                        x, y = (values[k] for k in rest)
                        values.append({"add": x + y, "sub": x - y, "mul": x * y}[kind] % P)
                for one in description.interactions:
                    if count := values[one.count]:
                        message = tuple(values[k] for k in one.values)
                        yield name, row, one.bus, one.sign, message, count, one.label

    def settle(self) -> None:
        """Give the tables of memory and registers the tokens that nothing else takes.

        And the program the counts of what is fetched, as far as it has it.
        """
        left: dict = defaultdict(Counter)
        ends, fetched = [], Counter()
        for name, row, bus, sign, values, count, label in self.messages():
            if label == "last token":
                ends.append((name, row, bus, values[0]))
            elif bus in ("register", "memory"):
                left[bus, values[0]][values[1:]] += sign * count
            elif bus == "fetch" and sign == +1:
                fetched[values] += count
        for name, row, bus, place in ends:
            for (low, high, time), count in list(left[bus, place].items()):
                if count > 0:
                    self.put(name, row, value=[low, high], time=time)
                    left[bus, place][low, high, time] -= 1
                    break
        program = describe("program", self.tables["program"])
        for row, cells in enumerate(program.preprocessed):
            used, *message = (int(x) for x in cells)
            self.traces["program"][row, 0] = fetched[tuple(message)] if used else 0

    def verdict(self, **culprits) -> str:
        """What both verifiers say, of the machine without these rules: table -> names."""
        lookups: Counter = Counter()
        kept = {
            name: without(table, *culprits[name]) if name in culprits else table
            for name, table in self.tables.items()
        }
        tables, self.tables = self.tables, kept
        try:
            for _, _, bus, _, values, count, _ in self.messages():
                if bus in LOOKED_UP and facts(bus, list(values)):
                    lookups[bus, values] += count
        finally:
            self.tables = tables
        answers = [cs.Receive(bus, values, count) for (bus, values), count in lookups.items()]
        return verdict(kept, self.traces, [*self.tokens, *answers])

    def judge(self, **culprits) -> None:
        """Refused; and accepted without the rules, which are given for each table."""
        assert self.tokens != self.honest, "the claim is true"
        assert self.verdict() != ""
        assert self.verdict(**culprits) == ""
