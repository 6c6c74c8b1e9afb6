"""Random small machines, and the slow oracle in the place of a compiled check program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cstark.air import Air, P, TableDescription, describe, number_buses
from cstark.check import CheckReport, check
from tests.oracles import plain_check

EDGES = (0, 1, 2, 2**32 - 1, 2**32, 2**32 + 1, P - 2**32, P - 2, P - 1)


@dataclass
class PlainProgram:
    """Finds violations with the oracle."""

    description: TableDescription

    def violations(self, trace, preprocessed, publics):
        found: dict[int, list[int]] = {}
        for index, row in plain_check.violations(self.description, trace, publics):
            found.setdefault(index, []).append(row)
        return [(index, len(rows), rows[0]) for index, rows in sorted(found.items())]


def run_check(descriptions, traces, publics=None, tokens=(), programs=None) -> CheckReport:
    """`check` with the defaults of a test."""
    publics = [()] * len(descriptions) if publics is None else publics
    programs = programs or [PlainProgram(description) for description in descriptions]
    return check(descriptions, traces, publics, tokens, number_buses(descriptions), programs)


def table(name, columns, constrain, **attributes) -> TableDescription:
    """Describe a table made of a function and declarations."""
    fixed = attributes.pop("fixed", None)
    body = dict(attributes, columns=columns, constrain=lambda self, t: constrain(t))
    if fixed is not None:
        body["preprocessed_trace"] = lambda self: fixed
    return describe(name, type("Demo", (Air,), body)())


def array(rows) -> np.ndarray:
    """A trace from nested lists; negative numbers are field negatives."""
    return np.array([[value % P for value in row] for row in rows], dtype=np.uint64)


def elements(generator, shape) -> np.ndarray:
    """Random elements, a third of them edge values."""
    values = generator.integers(0, P, size=shape, dtype=np.uint64)
    edges = generator.choice(np.array(EDGES, dtype=np.uint64), size=shape)
    return np.where(generator.random(shape) < 0.3, edges, values)


def random_table(generator, name="demo", buses=(), rows=16) -> TableDescription:
    """A table with random constraints in all selectors and random messages on buses."""
    width = int(generator.integers(1, 6))
    fixed_width = int(generator.integers(0, 3))
    publics = int(generator.integers(0, 3))
    periods = [2 ** int(k) for k in generator.integers(0, 4, size=generator.integers(0, 3))]

    def constrain(t):
        here = [t.now[i] for i in range(width)]
        here += [t.preprocessed[i] for i in range(fixed_width)]
        here += [t.periodic[f"p{i}"] for i in range(len(periods))]
        after = [t.next[i] for i in range(width)]
        after += [t.preprocessed_next[i] for i in range(fixed_width)]
        known = [t.publics[i] for i in range(publics)]

        def linear(leaves):
            chosen = generator.choice(len(leaves), size=3)
            a, b, c = (leaves[i] for i in chosen)
            return a * int(generator.choice(EDGES)) + b - c + int(generator.integers(0, 100))

        def expression(leaves):
            return linear(leaves) * linear(leaves) - linear(leaves)

        for selector in (t.first_row, t.last_row, t.transition, t.every_row, t.cyclic):
            leaves = here + known
            if selector not in (t.last_row, t.every_row):
                leaves = leaves + after
            # something of the row itself, so that it cannot be constant
            selector.equal(here[0] * here[0] + expression(leaves), linear(leaves))
            selector.when(here[0]).zero(here[0] + expression(leaves))
        for bus, bus_width in buses:
            for exchange in (t.send, t.receive):
                if generator.random() < 0.7:
                    values = [linear(here + after + known) for _ in range(bus_width)]
                    count = here[0] + 1 if generator.random() < 0.5 else linear(here + after)
                    exchange(bus, values, count=count, weight=P - 1)

    return table(
        name,
        width,
        constrain,
        preprocessed=fixed_width,
        publics=publics,
        periodic={f"p{i}": elements(generator, n).tolist() for i, n in enumerate(periods)},
        fixed=elements(generator, (rows, fixed_width)) if fixed_width else None,
    )
