"""Runs that claim something false: the traces of a guest, changed, proved and judged.

The machine is that of the guest. Its tables of ranges, bytes and shifts have 2^16 rows, so unless
a test asks for them the verifier takes their part: it receives what is looked up as far as it is
true.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from forged_tables import facts, verdict, without

import cstark as cs
from cstark import goldilocks as gl
from cstark.air import P, describe
from cstark.vm.buses import BUSES
from cstark.vm.tables import FAMILIES, tables_of
from cstark.vm.tables.ranges import RANGES
from tests.vm.guests import Guest, tokens

__all__ = ["Run"]

LOOKED_UP = ("range", "top", "low", "bytes", "shift")
PROVIDERS = {"range", "bytes", "shifts"}
TIMES = {"time", "a_time", "b_time", "old_time"}


def evaluated(description, trace: np.ndarray) -> list[np.ndarray]:
    """The values of all nodes of a table on all rows."""
    fixed, height = description.preprocessed, len(trace)
    values: list[np.ndarray] = []
    for kind, *rest in description.nodes:
        if kind == "constant":
            values.append(np.full(height, rest[0], dtype=np.uint64))
        elif kind == "column":
            source, index, after = rest
            cells = (trace if source == "main" else fixed)[:, index]
            values.append(np.roll(cells, -after).astype(np.uint64))
        else:
            join = {"add": gl.add, "sub": gl.sub, "mul": gl.mul}[kind]
            values.append(join(*(values[k] for k in rest)))
    return values


class Run:
    """The traces and the claim of a run, to be changed.

    Parameters
    ----------
    guest : Guest
    input : bytes
    providers : bool
        Whether the tables of ranges, bytes and shifts are in the machine.

    Attributes
    ----------
    tables, traces : dict
        Table -> Air, trace.
    tokens : list
        The statement, without lookups.
    counts : dict of tuple of (str, int) to dict
        (provider, row) -> column -> by how much its count is other than what is looked up.
    """

    def __init__(self, guest: Guest, input: bytes = b"", providers: bool = False):
        self.guest, self.providers = guest, providers
        self.counts: dict[tuple[str, int], dict[str, int]] = {}
        hart, traces = guest.traces(input)
        self.tables = {
            name: table
            for name, table in tables_of(guest.code, guest.image).items()
            if name != "rare" and (providers or name not in PROVIDERS)
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

    def become(self, wanted: Guest) -> None:
        """Be a run of another program, to be changed further; nothing of its text is accessed.

        Nothing that is claimed is what that program says: it does not run, or otherwise.
        """
        self.guest, self.honest = wanted, []
        for name, table in tables_of(wanted.code, wanted.image).items():
            if name in self.tables:
                self.tables[name] = table
        for row, word in enumerate(wanted.image.words.tolist()):
            self.put("image", row, value=[word & 0xFFFF_FFFF, word >> 32], time=0)

    def rows_from(self, time: int):
        """(table, row) of every operation that is executed from a time on."""
        for name in FAMILIES.keys() & self.tables.keys():
            view = self.view(name)
            real, times = np.asarray(view.real), np.asarray(view.time)
            for row in np.flatnonzero((real == 1) & (times >= time)):
                yield name, int(row)

    def leave_out(self, name: str, row: int) -> None:
        """An operation is not executed, and what follows is, one step sooner.

        Memory must not be accessed later, as ages of its tokens are kept.
        """
        time = int(self.view(name).time[row])
        self.traces[name][row] = 0
        for other, k in self.rows_from(0):
            cells = self.view(other)
            for column in TIMES & set(self.tables[other].columns):
                if int(seen := getattr(cells, column)[k]) > time:
                    self.put(other, k, **{column: int(seen) - 4})
        (end,) = (t for t in self.tokens if t.bus == "state" and isinstance(t, cs.Receive))
        self.claim("state", [end.values[0] - 4, end.values[1]])

    def ends_with(self, mv: int, code: int) -> None:
        """The value that the instruction at an address copies to a0 becomes the exit code."""
        halves = [code & 0xFFFF_FFFF, code >> 32]
        self.put("mv", self.at("mv", mv), a=halves)
        self.put("halt", 0, b=halves)
        self.claim("halt", halves)

    def messages(self):
        """(table, row, bus, sign, values, count, name) of every message that is sent."""
        for name, table in self.tables.items():
            if name in PROVIDERS:  # they send nothing
                continue
            description, trace = describe(name, table), self.traces[name]
            nodes = evaluated(description, trace)
            for one in description.interactions:
                counts = nodes[one.count]
                rows = np.flatnonzero(counts)
                values = [nodes[k][rows].tolist() for k in one.values]
                messages = zip(*values, strict=True)
                for row, count, message in zip(rows.tolist(), counts[rows].tolist(), messages,
                                               strict=True):  # fmt: skip
                    yield name, row, one.bus, one.sign, message, count, one.label

    def settle(self, **culprits) -> None:
        """Give the tables of memory and registers the tokens that nothing else takes.

        And the program the counts of what is fetched, as far as it has it. Messages that are to
        be left out, table -> names, are none.
        """
        left: dict = defaultdict(Counter)
        ends, fetched = [], Counter()
        for name, row, bus, sign, values, count, label in self.messages():
            if label in culprits.get(name, ()):
                continue
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
        kept = {
            name: without(table, *culprits[name]) if name in culprits else table
            for name, table in self.tables.items()
        }
        lookups: Counter = Counter()
        tables, self.tables = self.tables, kept
        try:
            for _, _, bus, _, values, count, _ in self.messages():
                if bus in LOOKED_UP:
                    lookups[bus, values] += count
        finally:
            self.tables = tables
        if self.providers:
            self.count(lookups)
            return verdict(kept, self.traces, self.tokens)
        answers = [
            cs.Receive(bus, values, count)
            for (bus, values), count in lookups.items()
            if facts(bus, list(values))
        ]
        return verdict(kept, self.traces, [*self.tokens, *answers])

    def count(self, lookups: Counter) -> None:
        """Give the tables of facts the counts of what is looked up, as far as they have it."""
        for name in PROVIDERS & set(self.tables):
            self.traces[name][:] = 0
        for (bus, values), count in lookups.items():
            if facts(bus, list(values)):
                name = "range" if bus in RANGES else BUSES[bus].received[0]
                row = 256 * values[0] + values[1] if bus == "bytes" else values[0]
                column = bus if bus in RANGES else "count"
                self.put(name, row, **{column: count})
        for (name, row), cells in self.counts.items():
            for column, change in cells.items():
                before = int(getattr(self.view(name), column)[row])
                self.put(name, row, **{column: before + change})

    def judge(self, **culprits) -> None:
        """Refused; and accepted without the rules, which are given for each table."""
        assert self.tokens != self.honest, "the claim is true"
        assert self.verdict() != ""
        assert self.verdict(**culprits) == ""
