"""Small helpers of the tests of `cstark.air`."""

from __future__ import annotations

import numpy as np

from cstark.air import Air, P, TableDescription, describe


def table(constrain, columns=("a", "b", "c", "d"), name="demo", **attributes) -> TableDescription:
    """Describe a table made of a function and declarations."""
    return describe(name, make(constrain, columns, **attributes))


def make(constrain, columns=("a", "b", "c", "d"), **attributes) -> Air:
    """An `Air` made of a function and declarations."""
    fixed = attributes.pop("fixed", None)
    body = dict(attributes, columns=columns, constrain=lambda self, t: constrain(t))
    if fixed is not None:
        body["preprocessed_trace"] = lambda self: fixed
    return type("Demo", (Air,), body)()


def inside(action, columns=("a", "b", "c", "d"), **attributes):
    """The value of `action(t)`, evaluated inside `constrain`."""
    found = []

    def constrain(t):
        found.append(action(t))
        t.every_row.boolean(t.now[0])

    table(constrain, columns, **attributes)
    return found[0]


def texts(action, **attributes):
    """Like `inside`, with expressions turned into text."""

    def shown(t):
        value = action(t)
        if isinstance(value, np.ndarray):
            return np.vectorize(str, otypes=[object])(value).tolist()
        return str(value)

    return inside(shown, **attributes)


def random_trace(seed, rows, width):
    """A trace of random canonical elements."""
    generator = np.random.default_rng(seed)
    return generator.integers(0, P, size=(rows, width), dtype=np.uint64)
