"""The families at limbs of one or two bits: every witness of every row can be searched.

With limbs of w bits L = 2^w, X = L^2, and p = X^2 - X + 1 is 13 for w = 1 and 241 for w = 2, both
prime. A family's `constrain` is run on symbols once; what it states and looks up become rules,
predicates on arrays of candidate rows; narrow_search.py looks for all rows that satisfy them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cstark.vm.tables import FAMILIES
from cstark.vm.tables.ecall import Call
from cstark.vm.tables.jump_register import Jr

__all__ = ["Narrow", "Rule", "is_bit", "is_zero", "labels", "prime"]

TIMES = {"time", "a_time", "b_time", "old_time", "m_time", "gap", "w_time", "w_gap", "pc"}
"""Columns of the order of accesses, which are not searched."""

OLD = {"old0", "old1"}


def prime(w: int) -> int:
    x = 1 << 2 * w
    return x * x - x + 1


def labels(w: int) -> tuple[list[int], list[int]]:
    """Labels of instructions, and those that no jump may reach.

    As at full width: instructions are at even places, a little above 0 and a little below X; the
    operations inside sequences are X behind them; the last label is where a run ends.
    """
    x = 1 << 2 * w
    places = list(range(x // 4, x - x // 4 + 1, 2))
    return places, [*(place + x for place in places), x << w]


class Poly:
    """A polynomial in columns: evaluated on arrays modulo p, and known term by term.

    Attributes
    ----------
    terms : dict of tuple of str to int
        Sorted names of the columns of a monomial -> its coefficient, never 0.
    """

    __slots__ = ("columns", "terms", "value")
    p = 241

    def __init__(self, value: Callable, terms: dict):
        self.value, self.terms = value, terms
        self.columns = frozenset(name for names in terms for name in names)

    @classmethod
    def of(cls, x) -> Poly:
        if isinstance(x, Poly):
            return x
        x %= cls.p
        return Poly(lambda env: x, {(): x} if x else {})

    @classmethod
    def _made(cls, value: Callable, terms) -> Poly:
        total: dict = {}
        for names, coefficient in terms:
            total[names] = (total.get(names, 0) + coefficient) % cls.p
        return Poly(value, {names: x for names, x in total.items() if x})

    def _sum(self, other, sign: int) -> Poly:
        other, p = Poly.of(other), Poly.p
        f, g = self.value, other.value
        terms = [*self.terms.items(), *((k, sign * x) for k, x in other.terms.items())]
        return Poly._made(lambda env: (f(env) + sign * g(env)) % p, terms)

    def __add__(self, other):
        return self._sum(other, 1)

    def __sub__(self, other):
        return self._sum(other, -1)

    def __rsub__(self, other):
        return Poly.of(other) - self

    def __mul__(self, other):
        other, p = Poly.of(other), Poly.p
        f, g = self.value, other.value
        terms = (
            (tuple(sorted(one + two)), x * y)
            for one, x in self.terms.items()
            for two, y in other.terms.items()
        )
        return Poly._made(lambda env: f(env) * g(env) % p, terms)

    def __truediv__(self, other):
        return self * pow(other, -1, Poly.p)

    __radd__, __rmul__ = __add__, __mul__


def column(name: str) -> Poly:
    return Poly(lambda env: env[name], {(name,): 1})


@dataclass
class Rule:
    """What a row has to satisfy.

    `kind` is ``zero``, ``bit``, the bus of a lookup, or ``input``: what the tokens of registers
    and memory and the program fix, which no table could leave out. `last`, if there is one, gives
    the last value from the others.
    """

    kind: str
    name: str
    values: list[Poly]
    holds: Callable
    last: Callable | None = None
    columns: frozenset = frozenset()

    def __post_init__(self) -> None:
        self.columns = frozenset().union(*(value.columns for value in self.values))


def is_zero(v):
    return v[0] == 0


def is_bit(v):
    return (v[0] == 0) | (v[0] == 1)


class Row:
    """Symbols under the names of columns."""

    def __init__(self, cells: dict):
        self.__dict__.update(cells)

    def __getitem__(self, name):
        return getattr(self, name)


@dataclass
class Recorder:
    """Stands for the table in `constrain`."""

    now: Row
    rules: list = field(default_factory=list)
    sent: list = field(default_factory=list)
    received: list = field(default_factory=list)

    @property
    def every_row(self):
        return self

    def zero(self, x, name):
        self.rules.append(Rule("zero", name, [Poly.of(x)], is_zero))

    def equal(self, x, y, name):
        self.zero(Poly.of(x) - y, name)

    def boolean(self, *xs, name):
        for x in xs:
            self.rules.append(Rule("bit", name, [Poly.of(x)], is_bit))

    def send(self, bus, values, count=1, weight=None, name=None):
        self.sent.append((bus, [Poly.of(v) for v in values], Poly.of(count), name))

    def receive(self, bus, values, count=1, weight=None, name=None):
        self.received.append((bus, [Poly.of(v) for v in values], Poly.of(count), name))


class Narrow:
    """A family at limbs of `w` bits.

    Attributes
    ----------
    columns : list of str
        The cells of a row that are searched.
    rules : list of Rule
        What a row satisfies.
    outcome : dict of str to list of (count, values, name)
        What it sends on ``state``, ``register`` (rd alone, and the exit code), ``memory``.
    """

    def __init__(self, name: str, w: int):
        self.name, self.w, self.p = name, w, prime(w)
        Poly.p = self.p
        family = FAMILIES[name]()
        family.L, family.X, family.Y = 1 << w, 1 << 2 * w, 1 << (w // 2)
        if isinstance(family, Call):
            family.number %= family.X
        self.family = family
        cells, names = {}, []
        for label, shape in family.columns.items():
            if shape:
                cells[label] = [column(f"{label}{k}") for k in range(shape[0])]
                names += [f"{label}{k}" for k in range(shape[0])]
            else:
                cells[label] = column(label)
                names.append(label)
        table = Recorder(Row(cells))
        family.constrain(table)
        self.columns = [label for label in names if label not in TIMES | OLD]
        self.rules = list(table.rules)
        self.outcome = {"state": [], "register": [], "memory": []}
        for bus, values, count, label in table.sent:
            if bus == "fetch":
                self._fetched(values[1:])
            elif bus == "state":
                self.outcome[bus].append((count, values[1:], label))
                if isinstance(family, Jr):
                    self.rules.append(Rule("input", "a label", values[1:], self._is_label))
            elif bus == "halt":
                self.outcome["register"].append((count, values, label))
            elif bus == "register":
                if label == "rd put back":
                    self.outcome[bus].append((count, values[1:3], label))
            elif bus == "memory":
                self.outcome[bus].append((count, values[:3], label))
            elif bus == "shift":
                self._shift(values, label)
            elif not frozenset().union(*(v.columns for v in values)) & TIMES:
                self._lookup(bus, values, count, label)
        for bus, values, count, label in table.received:
            if bus == "register":
                operand = {"rs1": "A", "rs2": "B", "rd": "A" if family.in_place else "",
                           "a7": "A", "a0": "B"}  # fmt: skip
                if letter := operand[label.split()[0]]:
                    for k in (0, 1):
                        self._input(values[1 + k], f"{letter}{k}", label)
            elif bus == "memory":
                self._memory(values, count, label)
        self.rules = [rule for rule in self.rules if not rule.columns & TIMES]

    def _is_label(self, v):
        """What the row goes to is fetched: it is a label of the program."""
        instructions, others = labels(self.w)
        return np.isin(v[0], instructions + others)

    def _input(self, value: Poly, name: str, label: str) -> None:
        difference = value - column(name)
        self.rules.append(Rule("input", label, [difference], is_zero))

    def _fetched(self, values) -> None:
        for k, value in enumerate(values):
            self._input(value, f"F{k}", "fetch")

    def _lookup(self, bus, values, count, label) -> None:
        limb, byte, bits = self.family.L, self.family.Y, self.w
        size = byte if bus == "bytes" else limb
        last = {
            "range": None,
            "top": lambda v: v[0] >> bits - 1,
            "low": lambda v: v[0] % byte,
            "bytes": lambda v: v[0] & v[1],
        }[bus]

        def test(v):
            if last is None:
                return v[0] < size
            return np.all([x < size for x in v[:-1]], axis=0) & (v[-1] == last(v))

        if count.columns == {"real"}:
            self.rules.append(Rule(bus, label, values, test, last))
        else:
            self.rules.append(
                Rule(bus, label, [*values, count], lambda v: (v[-1] == 0) | test(v[:-1]))
            )

    def _shift(self, values, label) -> None:
        """The five functions of a limb, one by one: the same set of entries."""
        bits, limb = self.w, self.family.L
        entries = [lambda x: 1 << x % bits, lambda x: 1 << bits - x % bits]
        entries += [lambda x, v=v: (x // bits % 4 == v).astype(int) for v in (1, 2, 3)]
        self.rules.append(Rule("range", f"{label}: x", values[:1], lambda v: v[0] < limb))
        names = ("left", "right", "w1", "w2", "w3")
        for value, entry, name in zip(values[1:], entries, names, strict=True):
            self.rules.append(
                Rule("shift", f"{label}: {name}", [values[0], value],
                     lambda v, e=entry: v[1] == e(v[0]))
            )  # fmt: skip

    def _memory(self, values, count, label) -> None:
        """A token of memory is that of the word at W, or of the one behind it, as they are.

        A column of its own says which. Of each there is one token, so it is received once or not.
        """
        which = column(f"which {label}")
        self.columns.append(f"which {label}")
        self.rules.append(Rule("input", label, [count], is_bit))
        self.rules.append(Rule("input", label, [which], is_bit))
        address = column("W") + 8 * which
        low = column("M0") + which * (column("N0") - column("M0"))
        high = column("M1") + which * (column("N1") - column("M1"))
        for value, right in zip(values, (address, low, high), strict=False):
            self.rules.append(Rule("input", label, [count * (value - right)], is_zero))
        self.rules.append(Rule("input", label, [(1 - count) * which], is_zero))
