"""Rows of one family that claim something false, proved, and judged by both verifiers.

A machine of one table is made whose other side is the verifier: it sends the tokens that an
honest row takes, receives what the row claims, and answers lookups as far as they are facts and
the fetch as far as it is the program's. So a proof of it says: the operation turned these
registers and words into those. Nothing of it is taken from the compiled filler but the honest
row, which the claim is then made to differ from.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping

import numpy as np

import cstark as cs
from cstark import pure
from cstark.air import P, describe
from cstark.vm.tables import FAMILIES
from tests.oracles.forging import prove_anyway
from tests.vm import encode
from tests.vm.guests import LOW, Guest, exit_with, li

__all__ = ["OPTIONS", "Attack", "facts", "inverse", "limbs", "loosened", "messages", "row_of",
           "verdict", "without"]  # fmt: skip

OPTIONS = cs.Options(queries=2, grinding=0)
"""What is false here is noticed at one point outside the domain, or in a sum over all rows."""


def limbs(x: int, count: int = 2) -> list[int]:
    return [x >> 16 * k & 0xFFFF for k in range(count)]


def inverse(x: int) -> int:
    return pow(x % P, -1, P) if x % P else 0


def facts(bus: str, v: list[int]) -> bool:
    """Whether a message on a bus of facts is true; the program is not asked here."""
    if bus == "range":
        return v[0] < 1 << 16
    if bus == "top":
        return v[0] < 1 << 16 and v[1] == v[0] >> 15
    if bus == "low":
        return v[0] < 1 << 16 and v[1] == v[0] & 255
    if bus == "bytes":
        return v[0] < 256 and v[1] < 256 and v[2] == v[0] & v[1]
    x = v[0]
    windows = [int(x >> 4 & 3 == w) for w in (1, 2, 3)]
    return x < 1 << 16 and v[1:] == [1 << (x & 15), 1 << 16 - (x & 15), *windows]


# ---- a table without one of its rules -----------------------------------------------------------


class _Selector:
    def __init__(self, selector, names, met):
        self.selector, self.names, self.met = selector, names, met

    def __getattr__(self, method):
        def state(*arguments, name):
            if name in self.names:
                self.met.add(name)
            else:
                getattr(self.selector, method)(*arguments, name=name)

        return state


class _Table:
    def __init__(self, table, names, met):
        self.table, self.names, self.met = table, names, met

    def __getattr__(self, attribute):
        found = getattr(self.table, attribute)
        if attribute in ("every_row", "transition", "first_row", "last_row", "cyclic"):
            return _Selector(found, self.names, self.met)
        if attribute in ("send", "receive"):

            def message(*arguments, name, **options):
                if name in self.names:
                    self.met.add(name)
                else:
                    found(*arguments, name=name, **options)

            return message
        return found


def without(air: cs.Air, *names: str) -> cs.Air:
    """The table without the equations and messages of these names, each of which it has."""

    def constrain(self, t):
        met: set[str] = set()
        type(air).constrain(self, _Table(t, names, met))
        assert met == set(names), f"no rule {set(names) - met}"

    weaker = copy.copy(air)
    weaker.__class__ = type(type(air).__name__, (type(air),), {"constrain": constrain})
    return weaker


class _OwnFacts:
    """A table whose facts are cells of the prover."""

    def __init__(self, table):
        self.table = table

    def __getattr__(self, attribute):
        return getattr(self.table, "now" if attribute == "preprocessed" else attribute)


def loosened(air: cs.Air) -> cs.Air:
    """A table of facts that are not preprocessed but main columns, behind those of the counts."""

    def constrain(self, t):
        type(air).constrain(self, _OwnFacts(t))

    columns = {**air.columns, **dict.fromkeys(air.preprocessed, ())}
    changes = {"constrain": constrain, "columns": columns, "preprocessed": (),
               "preprocessed_trace": cs.Air.preprocessed_trace}  # fmt: skip
    weaker = copy.copy(air)
    weaker.__class__ = type(type(air).__name__, (type(air),), changes)
    return weaker


def verdict(tables: Mapping[str, cs.Air], traces, tokens) -> str:
    """What both verifiers say of a proof: "" or the reason; they have to agree."""
    machine = cs.Machine(tables, OPTIONS)
    proof = prove_anyway(machine, traces, None, tokens)
    said = ""
    try:
        machine.verify(proof, tokens=tokens, min_security=0)
    except cs.VerificationError as error:
        said = error.reason.name.lower()
    plain = ""
    try:
        statement = machine.statement(tokens=tokens)
        pure.verify(pure.read_statement(statement.to_json()), proof.to_bytes(), min_security=0)
    except pure.Refused as error:
        plain = str(error)
    assert bool(said) == bool(plain), (said, plain)
    return said


# ---- honest rows -------------------------------------------------------------------------------


def row_of(name: str, word: int, a: int, b: int, data=(), before=()) -> dict[str, int | list[int]]:
    """The row of an instruction with x5 = a and x6 = b, by the interpreter.

    Parameters
    ----------
    name : str
        The family; where an instruction is a sequence, the family's first row in it.
    word : int
        The instruction.
    data : sequence of int
        Words behind the program; x28 holds their address.
    before : sequence of int
        Instructions just before it.
    """
    body = [*li(5, a), *li(6, b), *before, word, *exit_with()]
    at = LOW + -(-(len(body) + 2) // 2) * 8
    head = li(28, at)
    head += [encode.NOP] * (2 - len(head))
    guest = Guest([*head, *body], list(data))
    place = LOW + 4 * (2 + len(li(5, a)) + len(li(6, b)) + len(before))
    _, traces = guest.traces()
    table = FAMILIES[name]()
    view = table.view(traces[name])
    (rows,) = np.nonzero((np.asarray(view.real) == 1) & (np.asarray(view.pc) % (1 << 32) == place))
    return {
        column: [int(x) for x in cells] if np.ndim(cells := getattr(view, column)[rows[0]]) else
        int(cells)
        for column in table.columns
    }  # fmt: skip


def trace_of(name: str, row: Mapping[str, int | list[int]]) -> np.ndarray:
    table = FAMILIES[name]()
    width = describe(name, table).width
    trace = np.zeros((8, width), dtype=np.uint64)
    view = table.view(trace)
    for column, value in row.items():
        cells = getattr(view, column)
        cells[0] = np.array(value, dtype=object) % P
    return trace


def messages(name: str, air: cs.Air, trace: np.ndarray):
    """(bus, sign, values, name) of each message of the first row, as often as it is sent."""
    description = describe(name, air)
    values = []
    for kind, *rest in description.nodes:
        if kind == "constant":
            values.append(rest[0])
        elif kind == "column":
            values.append(int(trace[0, rest[1]]))
        else:
            x, y = (values[k] for k in rest)
            values.append({"add": x + y, "sub": x - y, "mul": x * y}[kind] % P)
    for one in description.interactions:
        count = values[one.count]
        assert count in (0, 1), (one.label, count)
        if count:
            yield one.bus, one.sign, [values[k] for k in one.values], one.label


class Attack:
    """A false claim about one row.

    Parameters
    ----------
    name : str
        The family.
    honest : dict
        Its cells, from `row_of`.
    changes : dict
        Cells that the forger has otherwise.
    """

    def __init__(self, name: str, honest, changes):
        self.name = name
        self.honest = trace_of(name, honest)
        self.forged = trace_of(name, {**honest, **changes})

    def tokens(self, air: cs.Air, trace: np.ndarray) -> list:
        """The verifier's side: what was there, what is claimed, and facts."""
        table = FAMILIES[self.name]()
        program = [v for bus, _, v, _ in messages(self.name, table, self.honest) if bus == "fetch"]
        there = [m for m in messages(self.name, table, self.honest) if m[1] == -1]
        tokens: Counter = Counter()
        for bus, sign, values, _ in messages(self.name, air, trace):
            if sign == -1:  # what is not there is not sent
                if any((bus, values) == (m[0], m[2]) for m in there):
                    tokens[cs.Send, bus, tuple(values)] += 1
                continue
            if bus == "fetch":
                if values in program:
                    tokens[cs.Receive, bus, tuple(values)] += 1
            elif bus in ("state", "register", "memory", "halt") or facts(bus, values):
                tokens[cs.Receive, bus, tuple(values)] += 1
        return [kind(bus, values, count) for (kind, bus, values), count in tokens.items()]

    def claims(self, trace: np.ndarray) -> list:
        """What a row says has become of registers, memory and the label."""
        return [
            (bus, values)
            for bus, sign, values, _ in messages(self.name, FAMILIES[self.name](), trace)
            if sign == +1 and bus in ("state", "register", "memory", "halt")
        ]

    def judge(self, *culprits: str) -> None:
        """The honest row is accepted and the forged one refused, but not without the culprits."""
        table = FAMILIES[self.name]()
        assert self.claims(self.forged) != self.claims(self.honest), "the claim is true"
        for trace, air, accepted in (
            (self.honest, table, True),
            (self.forged, table, False),
            (self.forged, without(table, *culprits), True),
        ):
            said = verdict({self.name: air}, {self.name: trace}, self.tokens(air, trace))
            assert (said == "") == accepted, said or "accepted"
