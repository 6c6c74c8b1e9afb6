"""Tables with a constraint or a message left out, and a hash of which to leave something out."""

from __future__ import annotations

import numpy as np

import cstark as cs
from cstark.machines import load


def without(air: cs.Air, *names: str, bus: str | None = None, place: int | None = None) -> cs.Air:
    """The table less its constraints of these names (also ``name[...]``), or a send on a bus."""

    class Without(type(air)):
        def constrain(self, t):
            super().constrain(t)
            before = len(t._equations) + len(t._messages)
            t._equations[:] = [e for e in t._equations if not (e.name and is_one(e.name))]
            sends = [m for m in t._messages if m.bus == bus and m.sign > 0]
            out = sends if place is None else sends[place : place + 1]
            t._messages[:] = [m for m in t._messages if not any(m is one for one in out)]
            assert len(t._equations) + len(t._messages) < before

    def is_one(name: str) -> bool:
        return any(name == one or name.startswith(f"{one}[") for one in names)

    made = object.__new__(Without)
    made.__dict__.update(air.__dict__)
    return made


def gallery(name: str, arguments: dict, table: str = "", change=lambda air: air):
    """(machine with one table changed, traces, publics, tokens) of a built-in workload."""
    workload = load(name)(**arguments)
    prepared = workload.prepare()
    _, statement = workload.read_statement(prepared.claim)
    tables = dict(statement.tables)
    if table:
        tables[table] = change(tables[table])
    traces = {k: trace() if callable(trace) else trace for k, trace in prepared.traces.items()}
    return cs.Machine(tables), traces, statement.publics, statement.tokens


MIX = np.array([[5, 7, 1, 3], [4, 6, 1, 1], [1, 3, 5, 7], [1, 1, 4, 6]], dtype=object)


class Poseidon2Rounds(cs.Air):
    """The external round of Poseidon2 (width 4, x^7), one a row, from a public state on."""

    columns = {"state": (4,), "cube": (4,), "power": (4,)}
    publics = {"start": (4,), "end": (4,)}
    periodic = {"constant": (3, 1 << 60, 7, 123456789)}

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        t.first_row.equal(now.state, t.publics.start)
        for lane in range(4):
            x = now.state[lane] + t.periodic.constant
            t.every_row.equal(now.cube[lane], x**3, name=f"cube {lane}")
            t.every_row.equal(now.power[lane], now.cube[lane] ** 2 * x, name=f"power {lane}")
        for lane, value in enumerate(MIX @ now.power):
            t.transition.equal(t.next.state[lane], value, name=f"mix {lane}")
        t.last_row.equal(now.state, t.publics.end)


def poseidon2(rows: int = 16) -> tuple[np.ndarray, list[int]]:
    """A trace of `Poseidon2Rounds`, and its public values."""
    state, trace = [1, 2, 3, 4], []
    for row in range(rows):
        x = [(s + Poseidon2Rounds.periodic["constant"][row % 4]) % cs.P for s in state]
        power = [pow(v, 7, cs.P) for v in x]
        trace.append([*state, *(pow(v, 3, cs.P) for v in x), *power])
        state = [int(v) % cs.P for v in MIX @ np.array(power, dtype=object)]
    return np.array(trace, dtype=np.uint64), [1, 2, 3, 4, *trace[-1][:4]]
