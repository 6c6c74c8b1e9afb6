"""Random machines with honest traces, built together: each column is made to satisfy its equation.

A table is a list of columns, each of a kind that says what is stated of it and how its values
follow from those of earlier columns::

    free     nothing is stated, random values
    flag     0 or 1
    derived  equal to an expression of earlier columns, on every row
    gated    the same where a flag is 1, free elsewhere
    shifted  equal to an expression that reads the next row too, cyclically
    running  the next value is a multiple of this one and an expression; first and last are public

Buses lead from random expressions of some tables, sent as often as flags say, to a table that
holds every message once with its count; tokens take part. The sizes come from hypothesis, which
makes them small when something fails; what the expressions are follows from a seed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import cstark as cs
from tests.oracles.zoo import Case

__all__ = ["Sizes", "machines", "make"]

P = cs.P
KINDS = ("free", "flag", "derived", "gated", "shifted", "running")
EDGES = (0, 1, 2, P - 1, P - 2, 2**32, 2**32 - 1)


@dataclass(frozen=True)
class Sizes:
    """(columns, log2 of rows) of each table, values of each bus, and what else there is."""

    tables: tuple[tuple[int, int], ...]
    buses: tuple[int, ...]
    blowup: int
    seed: int


@st.composite
def machines(draw: Any, tables: int, width: int, log_rows: int, buses: int) -> Sizes:
    """Sizes up to these bounds."""
    shape = st.tuples(st.integers(1, width), st.integers(3, log_rows))
    return Sizes(
        tuple(draw(st.lists(shape, min_size=1, max_size=tables))),
        tuple(draw(st.lists(st.integers(1, 4), max_size=buses))),
        draw(st.sampled_from((2, 4))),
        draw(st.integers(0, 2**32 - 1)),
    )


@dataclass
class _Spec:
    """A table that is being made. Expressions are nested tuples, see `_value` and `_expression`."""

    rows: int
    rng: np.random.Generator
    fixed: np.ndarray
    periodic: list[list[int]]
    publics: list[int]
    columns: list[np.ndarray] = field(default_factory=list)
    statements: list[tuple[Any, ...]] = field(default_factory=list)
    messages: list[tuple[Any, ...]] = field(default_factory=list)

    def flags(self) -> list[int]:
        return [s[1] for s in self.statements if s[0] == "flag"]


class RandomTable(cs.Air):
    """A table as a `_Spec` says."""

    def __init__(self, spec: _Spec) -> None:
        self.spec = spec
        self.columns = len(spec.columns)
        self.publics = len(spec.publics)
        self.preprocessed = spec.fixed.shape[1]
        self.periodic = {f"p{k}": values for k, values in enumerate(spec.periodic)}

    def constrain(self, t: Any) -> None:
        now = t.now
        for kind, column, *rest in self.spec.statements:
            if kind == "flag":
                t.every_row.boolean(now[column])
            elif kind == "derived":
                t.every_row.equal(now[column], _expression(rest[0], t))
            elif kind == "gated":
                t.every_row.when(now[rest[1]]).equal(now[column], _expression(rest[0], t))
            elif kind == "shifted":
                t.cyclic.equal(now[column], _expression(rest[0], t))
            elif kind == "running":
                expression, factor, first, last = rest
                step = factor * now[column] + _expression(expression, t)
                t.transition.equal(t.next[column], step)
                t.first_row.equal(now[column], t.publics[first])
                t.last_row.equal(now[column], t.publics[last])
        for direction, bus, values, count, weight in self.spec.messages:
            message = [_expression(value, t) for value in values]
            exchange = t.send if direction == "send" else t.receive
            exchange(bus, message, count=_expression(count, t), weight=weight)


class FixedTable(RandomTable):
    """The same with preprocessed columns."""

    def preprocessed_trace(self) -> np.ndarray:
        return self.spec.fixed


class Provider(cs.Air):
    """Every message of a bus, with the number of times it is sent."""

    def __init__(self, bus: str, width: int) -> None:
        self.bus, self.columns = bus, {"value": (width,), "count": ()}

    def constrain(self, t: Any) -> None:
        t.receive(self.bus, list(t.now.value), count=t.now.count)


def _expression(tree: tuple[Any, ...], t: Any) -> Any:
    kind, *rest = tree
    if kind == "constant":
        return rest[0]
    if kind == "public":
        return t.publics[rest[0]]
    if kind == "periodic":
        return t.periodic[f"p{rest[0]}"]
    if kind == "column":
        return (t.next if rest[1] else t.now)[rest[0]]
    if kind == "fixed":
        return (t.preprocessed_next if rest[1] else t.preprocessed)[rest[0]]
    a, b = (_expression(operand, t) for operand in rest)
    result = a + b if kind == "add" else a - b if kind == "sub" else a * b
    return result % P if isinstance(result, int) else result


def _value(tree: tuple[Any, ...], spec: _Spec) -> np.ndarray:
    kind, *rest = tree
    if kind == "constant":
        return np.full(spec.rows, rest[0] % P, dtype=np.uint64)
    if kind == "public":
        return np.full(spec.rows, spec.publics[rest[0]], dtype=np.uint64)
    if kind == "periodic":
        return np.resize(np.array(spec.periodic[rest[0]], dtype=np.uint64), spec.rows)
    if kind in ("column", "fixed"):
        values = spec.columns[rest[0]] if kind == "column" else spec.fixed[:, rest[0]]
        return np.roll(values, -rest[1])
    a, b = (_value(operand, spec) for operand in rest)
    return getattr(cs.goldilocks, kind)(a, b)


def _elements(rng: np.random.Generator, shape: Any) -> np.ndarray:
    edges = rng.choice(np.array(EDGES, dtype=np.uint64), size=shape)
    return np.where(rng.random(shape) < 0.2, edges, rng.integers(0, P, shape, dtype=np.uint64))


def _leaf(spec: _Spec, degree: int, following: bool) -> tuple[Any, ...]:
    """A random leaf of at most this degree."""
    shift = int(following and spec.rng.random() < 0.4)
    leaves: list[tuple[Any, ...]] = [("constant", int(_elements(spec.rng, ())))]
    if spec.publics:
        leaves.append(("public", int(spec.rng.integers(len(spec.publics)))))
    if degree:
        if spec.columns:
            leaves += 3 * [("column", int(spec.rng.integers(len(spec.columns))), shift)]
        if spec.fixed.shape[1]:
            leaves.append(("fixed", int(spec.rng.integers(spec.fixed.shape[1])), shift))
        if spec.periodic:
            leaves.append(("periodic", int(spec.rng.integers(len(spec.periodic)))))
    return leaves[int(spec.rng.integers(len(leaves)))]


def _tree(spec: _Spec, degree: int, following: bool, depth: int = 3) -> tuple[Any, ...]:
    """A random expression of at most this degree."""
    if depth == 0 or spec.rng.random() < 0.2:
        return _leaf(spec, degree, following)
    kind = ("add", "sub", "mul")[int(spec.rng.integers(3))]
    left = degree
    right = degree
    if kind == "mul":
        left = int(spec.rng.integers(degree + 1))
        right = degree - left
    return (
        kind,
        _tree(spec, left, following, depth - 1),
        _tree(spec, right, following, depth - 1),
    )


def _table(width: int, rows: int, degree: int, rng: np.random.Generator) -> _Spec:
    periods = [2 ** int(k) for k in rng.integers(0, 4, size=rng.integers(3))]
    spec = _Spec(
        rows,
        rng,
        _elements(rng, (rows, int(rng.integers(3)))),
        [_elements(rng, period).tolist() for period in periods],
        [int(value) for value in _elements(rng, int(rng.integers(4)))],
    )
    for column in range(width):
        kind = KINDS[int(rng.integers(len(KINDS)))]
        if column == width - 1 and all(s[0] == "free" for s in spec.statements):
            kind = "running"  # a table that states nothing is refused
        _add_column(spec, column, kind, degree)
    return spec


def _add_column(spec: _Spec, column: int, kind: str, degree: int) -> None:
    rng, rows = spec.rng, spec.rows
    if kind == "gated" and not spec.flags():
        kind = "flag"
    statement: tuple[Any, ...] = (kind, column)
    values = _elements(rng, rows)
    if kind == "flag":
        values = rng.integers(0, 2, rows, dtype=np.uint64)
    elif kind in ("derived", "gated"):
        tree = _tree(spec, degree - (kind == "gated"), False)
        statement, made = (kind, column, tree), _value(tree, spec)
        if kind == "gated":
            gate = int(rng.choice(spec.flags()))
            statement = (*statement, gate)
            made = np.where(spec.columns[gate] == 1, made, values)
        values = made
    elif kind == "shifted":
        tree = _tree(spec, degree, True)
        statement, values = (kind, column, tree), _value(tree, spec)
    elif kind == "running":
        tree, factor = _tree(spec, degree, True), int(rng.integers(1, 5))
        steps = _value(tree, spec).tolist()
        run = [int(values[0])]
        for step in steps[:-1]:
            run.append((factor * run[-1] + step) % P)
        first = len(spec.publics)
        spec.publics += [run[0], run[-1]]
        statement = (kind, column, tree, factor, first, first + 1)
        values = np.array(run, dtype=np.uint64)
    spec.columns.append(values)
    spec.statements.append(statement)


def _count(spec: _Spec, rng: np.random.Generator) -> tuple[tuple[Any, ...], int | None]:
    flags = spec.flags()
    choices: list[tuple[Any, ...]] = [("constant", 1), ("constant", int(rng.integers(2, 5)))]
    if flags:
        choices.append(("column", int(rng.choice(flags)), 0))
        choices.append(("mul", *(("column", int(f), 0) for f in rng.choice(flags, size=2))))
    count = choices[int(rng.integers(len(choices)))]
    return count, (None if rng.random() < 0.7 else 7)


def _bus(
    name: str, width: int, specs: list[_Spec], rng: np.random.Generator
) -> tuple[np.ndarray, list[Any]]:
    """Senders in some tables; the trace of the provider, and tokens."""
    sent: Counter[tuple[int, ...]] = Counter()
    for table in rng.integers(len(specs), size=rng.integers(1, 3)):
        spec = specs[int(table)]
        values = [_tree(spec, 1, True, depth=2) for _ in range(width)]
        count, weight = _count(spec, rng)
        spec.messages.append(("send", name, values, count, weight))
        columns = np.stack([_value(value, spec) for value in values], axis=1).tolist()
        for message, times in zip(columns, _value(count, spec).tolist(), strict=True):
            sent[tuple(message)] += times
        if rng.random() < 0.2:  # the same messages, put on the bus and taken off a row later
            around = [("column", int(rng.integers(len(spec.columns))), 0)] * width
            following = [("column", tree[1], 1) for tree in around]
            spec.messages.append(("send", name, around, ("constant", 1), None))
            spec.messages.append(("receive", name, following, ("constant", 1), 1))
    tokens: list[Any] = []
    if rng.random() < 0.5:
        message = [int(value) for value in _elements(rng, width)]
        tokens.append(cs.Send(name, message, count=3))
        sent[tuple(message)] += 3
        tokens.append(cs.Receive(name, message))
        sent[tuple(message)] -= 1
    messages = [(message, times) for message, times in sent.items() if times]
    rows = max(8, 1 << max(0, len(messages) - 1).bit_length())
    trace = np.concatenate([_elements(rng, (rows, width)), np.zeros((rows, 1), np.uint64)], axis=1)
    for row, (message, times) in enumerate(messages):
        trace[row] = (*message, times)
    return trace, tokens


def make(sizes: Sizes) -> Case:
    """The machine of these sizes, with its honest traces."""
    rng = np.random.default_rng(sizes.seed)
    specs = [_table(w, 1 << log, sizes.blowup + 1, rng) for w, log in sizes.tables]
    providers, tokens = {}, []
    for number, width in enumerate(sizes.buses):
        name = f"bus {number}"
        trace, more = _bus(name, width, specs, rng)
        providers[f"provider {number}"] = (Provider(name, width), trace)
        tokens += more
    return Case(
        {
            **{
                f"table {k}": (FixedTable if spec.fixed.shape[1] else RandomTable)(spec)
                for k, spec in enumerate(specs)
            },
            **{name: air for name, (air, _) in providers.items()},
        },
        {
            **{f"table {k}": np.stack(s.columns, axis=1) for k, s in enumerate(specs)},
            **{name: trace for name, (_, trace) in providers.items()},
        },
        {f"table {k}": spec.publics for k, spec in enumerate(specs)},
        tuple(tokens),
    )
