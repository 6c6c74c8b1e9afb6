"""Work grows no faster than what is declared: doubled tables, buses, columns, ... cost double.

Work is counted in lines of Python executed, by a trace function, so that the outcome does not
depend on the machine. What kernels do is not counted: they go over rows and columns once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

import cstark as cs
from cstark import pure
from cstark.workload.statement_file import StatementFile

SMALL = cs.Options(queries=2, grinding=0, max_log_height=8)


class Flag(cs.Air):
    columns = ("x",)

    def constrain(self, t):
        t.every_row.boolean(t.now.x)


class Exchange(cs.Air):
    """Sends and receives the same messages."""

    columns = ("flag", "x")

    def __init__(self, *buses: str) -> None:
        self.buses = buses

    def constrain(self, t):
        t.every_row.boolean(t.now.flag)
        for number, bus in enumerate(self.buses):
            message = [t.now.x + number]
            t.send(bus, message, count=t.now.flag)
            t.receive(bus, message, count=t.now.flag, weight=1)


class Wide(cs.Air):
    def __init__(self, columns: int, constraints: int, publics: int) -> None:
        self.columns = tuple(f"x{k}" for k in range(columns))
        self.publics = {"p": (publics,)} if publics else ()
        self.constraints = constraints

    def constrain(self, t):
        for x in t.now:
            t.every_row.boolean(x)
        for k in range(self.constraints):
            t.every_row.zero((k + 2) * t.now[0] * (t.now[0] - 1))
        for p in t.publics:
            t.every_row.zero(t.now[0] * p)

    def free_cells(self, cells):
        return [cs.FreeCells((name,), np.zeros(8, dtype=bool), "none") for name in self.columns]


def many_tables(n):
    return {f"table {k}": Flag() for k in range(n)}, [], {}


def many_tables_on_a_bus(n):
    return {f"table {k}": Exchange("bus") for k in range(n)}, [], {}


def many_tables_with_buses(n):
    return {f"table {k}": Exchange(f"bus {k}") for k in range(n)}, [], {}


def many_interactions(n):
    return {"table": Exchange(*["bus"] * n)}, [], {}


def many_buses(n):
    return {"table": Exchange(*[f"bus {k}" for k in range(n)])}, [], {}


def many_columns(n):
    return {"table": Wide(n, 0, 0)}, [], {}


def many_constraints(n):
    return {"table": Wide(1, n, 0)}, [], {}


def many_publics(n):
    return {"table": Wide(1, 0, n)}, [], {"table": list(range(n))}


def many_tokens(n):
    tokens = [kind("bus", [k]) for k in range(n) for kind in (cs.Send, cs.Receive)]
    return {"table": Exchange("bus")}, tokens, {}


def counted(work: Callable[[], None]) -> int:
    """Lines of Python that run."""
    lines = 0

    def on_line(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return on_line

    before = sys.gettrace()
    sys.settrace(on_line)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


def everything(tables, tokens, publics) -> dict[str, int]:
    """Lines of each step from the description to both verifiers."""
    work: dict[str, int] = {}
    kept: dict[str, object] = {}

    def step(name, call):
        def run():
            kept[name] = call()

        work[name] = counted(run)
        return kept[name]

    machine = step("describe", lambda: cs.Machine(tables, SMALL))
    traces = {d.name: np.zeros((8, d.width), dtype=np.uint64) for d in machine.descriptions}
    report = step("check", lambda: machine.check(traces, publics, tokens=tokens))
    assert report.valid
    step("show", lambda: (str(report), str(machine)))
    key = machine.verifying_key()
    text = step("write key", key.to_json)
    step("read key", lambda: cs.VerifyingKey.from_json(text))
    proof = step("prove", lambda: machine.prove(traces, publics, tokens=tokens))
    data = proof.to_bytes()
    step("verify", lambda: machine.verify(data, publics, tokens=tokens, min_security=0))
    step("estimate", lambda: machine.estimate(dict.fromkeys(tables, 8)))
    file = StatementFile(key, publics, tuple(tokens), b"").to_json()
    step("plain verifier", lambda: pure.verify(pure.read_statement(file), data, min_security=0))
    return work


KINDS = [
    many_tables,
    many_tables_on_a_bus,
    many_tables_with_buses,
    many_interactions,
    many_buses,
    many_columns,
    many_constraints,
    many_publics,
    many_tokens,
]


@pytest.mark.parametrize("kind", KINDS)
def test_twice_as_much_costs_twice(kind):
    everything(*kind(4))  # what is loaded on first use
    one, two, four = (everything(*kind(n)) for n in (16, 32, 64))
    for step in one:
        first, second = two[step] - one[step], four[step] - two[step]
        # what is the same for all sizes varies with the positions that are queried
        assert second <= 2.5 * first + one[step] // 4, (step, one[step], two[step], four[step])


def test_a_square_is_noticed():
    """The measure itself: it does not call a loop in a loop linear."""

    def square(n):
        return sum(1 for a in range(n) for b in range(n) if a == b)

    one, two, four = (counted(lambda n=n: square(n)) for n in (24, 48, 96))
    assert four - two > 2.5 * (two - one)


def test_unbalanced_and_one_sided_buses():
    """What is wrong everywhere is described in as little work."""

    class Lost(cs.Air):
        columns = ("x",)

        def __init__(self, n):
            self.n = n

        def constrain(self, t):
            for k in range(self.n):
                t.send(f"bus {k}", [t.now.x])

    def work(n):
        machine = cs.Machine({"lost": Lost(n)}, SMALL)
        trace = np.zeros((8, 1), dtype=np.uint64)
        return counted(lambda: str(machine.check({"lost": trace})))

    work(2)
    one, two, four = (work(n) for n in (24, 48, 96))
    assert four - two <= 2.5 * (two - one), (one, two, four)
