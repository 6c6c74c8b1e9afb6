"""Small machines that together use every feature, with honest traces of any height."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import cstark as cs
from cstark.protocol.hiding import least_log_height, mask_length
from cstark.protocol.key import MachineDescription
from cstark.protocol.proving_key import ProvingKey

P = cs.P


@dataclass
class Case:
    """A statement and its witness."""

    tables: dict[str, cs.Air]
    traces: dict[str, Any]
    publics: dict[str, list[int]] = field(default_factory=dict)
    tokens: tuple[Any, ...] = ()

    def machine(self, *, tall: bool = False, **options: Any) -> cs.Machine:
        """The machine; with `tall`, z is the least that masks allow, for small tall tables."""
        settings = {"queries": 20, "grinding": 0, "max_log_height": 16, **options}
        machine = cs.Machine(self.tables, cs.Options(**settings))
        return lowered(machine) if tall else machine

    def prove(self, machine: cs.Machine, **settings: Any) -> cs.Proof:
        return machine.prove(self.traces, self.publics, tokens=self.tokens, **settings)

    def verify(self, machine: cs.Machine, proof: Any, **settings: Any) -> None:
        settings.setdefault("min_security", 0)
        machine.verify(proof, self.publics, tokens=self.tokens, **settings)


def lowered(machine: cs.Machine) -> cs.Machine:
    """The machine with a key in which z is as small as the remainders of quotients allow."""
    key = machine.proving_key
    numbers, tables = machine.resolved, key.description.tables
    least = replace(numbers, zk=least_log_height(tables, mask_length(numbers.queries)))
    machine._proving_key = ProvingKey(MachineDescription(tables, least), key.programs)
    return machine


class Fibonacci(cs.Air):
    """Two steps a row, with the result public."""

    columns = ("left", "right")
    publics = ("left0", "right0", "result")

    def constrain(self, t):
        now, nxt, pub = t.now, t.next, t.publics
        t.first_row.equal(now.left, pub.left0)
        t.first_row.equal(now.right, pub.right0)
        t.transition.equal(nxt.left, now.left + now.right)
        t.transition.equal(nxt.right, now.right + nxt.left)
        t.last_row.equal(now.right, pub.result)


def fibonacci(log_height: int) -> Case:
    rows, a, b = [], 1, 1
    for _ in range(1 << log_height):
        rows.append((a, b))
        a = (a + b) % P
        b = (a + b) % P
    trace = np.array(rows, dtype=np.uint64)
    return Case({"fib": Fibonacci()}, {"fib": trace}, {"fib": [1, 1, int(trace[-1, 1])]})


class Cubic(cs.Air):
    """Preprocessed and periodic columns, a cyclic constraint, degree 3."""

    columns = ("x", "y", "ring")
    preprocessed = ("step", "flag")
    periodic = {"rc": (3, P - 1, 7, 5)}

    def __init__(self, log_height: int) -> None:
        self.n = 1 << log_height

    def preprocessed_trace(self):
        step = np.arange(self.n, dtype=np.uint64)
        return np.stack([step, step % np.uint64(3)], axis=1)

    def constrain(self, t):
        now, nxt, pre = t.now, t.next, t.preprocessed
        t.every_row.equal(now.y, now.x * now.x * pre.flag)
        t.transition.equal(nxt.x, now.x + t.periodic.rc + pre.step * t.preprocessed_next.step)
        t.cyclic.equal(nxt.ring, now.ring)
        t.last_row.when(now.ring).zero(now.ring - 4)


def cubic(log_height: int) -> Case:
    n = 1 << log_height
    x, rows = 9, []
    for i in range(n):
        rows.append((x, x * x % P * (i % 3) % P, 4))
        x = (x + (3, P - 1, 7, 5)[i % 4] + i * (i + 1)) % P
    return Case({"cubic": Cubic(log_height)}, {"cubic": np.array(rows, dtype=np.uint64)})


class Sender(cs.Air):
    """Sends `lanes` messages a row; a flag switches some of them off."""

    def __init__(self, lanes: int) -> None:
        self.columns = {"value": (lanes,), "flag": ()}

    def constrain(self, t):
        t.every_row.boolean(t.now.flag)
        for lane in range(t.now.value.shape[0]):
            count = t.now.flag if lane % 2 else 1
            t.send("range", [t.now.value[lane], t.now.value[lane] + 1], count=count)


class Range(cs.Air):
    """All pairs (v, v + 1) below the height, each received as often as the count says."""

    columns = ("count",)
    preprocessed = ("value",)

    def __init__(self, log_height: int) -> None:
        self.n = 1 << log_height

    def preprocessed_trace(self):
        return np.arange(self.n, dtype=np.uint64).reshape(-1, 1)

    def constrain(self, t):
        value = t.preprocessed.value
        t.receive("range", [value, value + 1], count=t.now.count)


def lookup(lanes: int, log_sender: int, log_range: int, tokens: bool = False) -> Case:
    rng = np.random.default_rng(lanes * 100 + log_sender * 10 + log_range)
    n, limit = 1 << log_sender, 1 << log_range
    values = rng.integers(0, limit, (n, lanes), dtype=np.uint64)
    flags = rng.integers(0, 2, (n, 1), dtype=np.uint64)
    counts = np.zeros(limit, dtype=np.uint64)
    for lane in range(lanes):
        used = flags[:, 0].astype(bool) if lane % 2 else np.ones(n, dtype=bool)
        found = np.bincount(values[used, lane].astype(np.int64), minlength=limit)
        counts += found.astype(np.uint64)
    extra: tuple[Any, ...] = ()
    if tokens:
        counts[5] += np.uint64(3)
        extra = (
            cs.Send("range", [5, 6], count=3),
            cs.Send("range", [1, 2]),
            cs.Receive("range", [1, 2]),
        )
    return Case(
        {"sender": Sender(lanes), "range": Range(log_range)},
        {"sender": np.concatenate([values, flags], axis=1), "range": counts.reshape(-1, 1)},
        tokens=extra,
    )


class Ring(cs.Air):
    """Sends each row's values and receives the next row's: cyclic reads on a bus."""

    columns = ("a", "b")

    def constrain(self, t):
        t.send("ring", [t.now.a, t.now.b])
        t.receive("ring", [t.next.a, t.next.b])
        t.every_row.equal(t.now.b, t.now.a * t.now.a)


def ring(log_height: int) -> Case:
    a = np.arange(1 << log_height, dtype=np.uint64)
    return Case({"ring": Ring()}, {"ring": np.stack([a, a * a], axis=1)})


class Halves(cs.Air):
    """Numbers of 6 bits as two of 3; may stand any number of times."""

    columns = ("word", "low", "high", "real")
    periodic = {"odd": (0, 1)}
    stands = "any"

    def constrain(self, t):
        now = t.now
        t.every_row.equal(now.word, now.low + 8 * now.high)
        t.every_row.boolean(now.real)
        t.first_row.equal(now.real, 1)
        t.transition.zero(t.next.real * (1 - now.real))
        t.send("three bits", [now.low, t.periodic.odd], count=now.real)
        t.send("three bits", [now.high, t.periodic.odd], count=now.real)


class Threes(cs.Air):
    """The numbers of 3 bits, twice."""

    columns = ("used",)
    preprocessed = {"value": (), "odd": ()}
    stands = "every"

    def preprocessed_trace(self):
        return np.stack([np.arange(16) % 8, np.arange(16) // 8], axis=1)

    def constrain(self, t):
        t.receive("three bits", [t.preprocessed.value, t.preprocessed.odd], count=t.now.used)


def halves(rows: int, seed: int = 0) -> np.ndarray:
    """A trace of `Halves`, all of whose rows are real."""
    words = np.random.default_rng(seed).integers(0, 64, rows, dtype=np.uint64)
    ones = np.ones(rows, dtype=np.uint64)
    return np.stack([words, words % 8, words // 8, ones], axis=1)


def used_threes(*traces: np.ndarray) -> np.ndarray:
    """The trace of `Threes` for these of `Halves`."""
    used = np.zeros((16, 1), dtype=np.uint64)
    for trace in traces:
        for row, (_, low, high, real) in enumerate(trace.tolist()):
            if real:
                used[low + 8 * (row % 2), 0] += 1
                used[high + 8 * (row % 2), 0] += 1
    return used


def several(*log_heights: int) -> Case:
    """A table with so many traces, tallest first, and a list that all of them use."""
    traces = [halves(1 << log_height, seed) for seed, log_height in enumerate(log_heights)]
    tables = {"halves": Halves(), "threes": Threes()}
    return Case(tables, {"halves": traces, "threes": used_threes(*traces)})


def together(*cases: Case) -> Case:
    """One machine of several: names get a number, tokens are kept."""
    merged = Case({}, {})
    for number, case in enumerate(cases):
        for name in case.tables:
            label = f"{name}{number}"
            merged.tables[label] = case.tables[name]
            merged.traces[label] = case.traces[name]
            if name in case.publics:
                merged.publics[label] = case.publics[name]
        merged.tokens += case.tokens
    return merged
