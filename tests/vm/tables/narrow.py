"""The families at limbs of one or two bits: every witness of every row can be searched.

With limbs of w bits L = 2^w, X = L^2, and p = X^2 - X + 1 is 13 for w = 1 and 241 for w = 2, both
prime. A family's `constrain` is run on symbols once; what it states and looks up become rules,
predicates on arrays of candidate rows. `search` extends the candidates column by column and drops
those that break a rule as soon as all of its columns are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cstark.vm.tables import FAMILIES

__all__ = ["Narrow", "Rule", "Search", "prime"]

TIMES = {"time", "a_time", "b_time", "old_time", "m_time", "gap", "w_time", "w_gap", "pc"}
"""Columns of the order of accesses, which are not searched."""

OLD = {"old0", "old1"}

MOST = 1 << 25
"""Candidates at once."""


def prime(w: int) -> int:
    x = 1 << 2 * w
    return x * x - x + 1


class Poly:
    """A polynomial in columns, evaluated on arrays modulo p."""

    __slots__ = ("columns", "value")
    p = 241

    def __init__(self, value: Callable, columns: frozenset):
        self.value, self.columns = value, columns

    @classmethod
    def of(cls, x) -> Poly:
        return x if isinstance(x, Poly) else Poly(lambda env, x=x % cls.p: x, frozenset())

    def _with(self, other, join) -> Poly:
        other, p = Poly.of(other), Poly.p
        f, g = self.value, other.value
        return Poly(lambda env: join(f(env), g(env)) % p, self.columns | other.columns)

    def __add__(self, other):
        return self._with(other, lambda x, y: x + y)

    def __sub__(self, other):
        return self._with(other, lambda x, y: x - y)

    def __rsub__(self, other):
        return Poly.of(other) - self

    def __mul__(self, other):
        return self._with(other, lambda x, y: x * y)

    def __truediv__(self, other):
        return self * pow(other, -1, Poly.p)

    __radd__, __rmul__ = __add__, __mul__


def column(name: str) -> Poly:
    return Poly(lambda env: env[name], frozenset([name]))


@dataclass
class Rule:
    """What a row has to satisfy.

    `kind` is ``zero``, ``bit``, the bus of a lookup, or ``input``: what the tokens of registers
    and memory and the program fix, which no table could leave out.
    """

    kind: str
    name: str
    values: list[Poly]
    holds: Callable

    @property
    def columns(self) -> frozenset:
        return frozenset().union(*(value.columns for value in self.values))


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
        What it sends on ``state``, ``register`` (rd alone), ``memory``.
    """

    def __init__(self, name: str, w: int):
        self.name, self.w, self.p = name, w, prime(w)
        Poly.p = self.p
        family = FAMILIES[name]()
        family.L, family.X, family.Y = 1 << w, 1 << 2 * w, 1 << (w // 2)
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
                operand = {"rs1": "A", "rs2": "B", "rd": "A" if family.in_place else ""}
                if letter := operand[label.split()[0]]:
                    for k in (0, 1):
                        self._input(values[1 + k], f"{letter}{k}", label)
            elif bus == "memory":
                self._memory(values, count, label)
        self.rules = [rule for rule in self.rules if not rule.columns & TIMES]

    def _input(self, value: Poly, name: str, label: str) -> None:
        difference = value - column(name)
        self.rules.append(Rule("input", label, [difference], is_zero))

    def _fetched(self, values) -> None:
        for k, value in enumerate(values):
            self._input(value, f"F{k}", "fetch")

    def _lookup(self, bus, values, count, label) -> None:
        limb, byte, bits = self.family.L, self.family.Y, self.w
        test = {
            "range": lambda v: v[0] < limb,
            "top": lambda v: (v[0] < limb) & (v[1] == v[0] >> bits - 1),
            "low": lambda v: (v[0] < limb) & (v[1] == v[0] % byte),
            "bytes": lambda v: (v[0] < byte) & (v[1] < byte) & (v[2] == v[0] & v[1]),
        }[bus]
        if count.columns == {"real"}:
            self.rules.append(Rule(bus, label, values, test))
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


class Search:
    """All rows for some inputs.

    Parameters
    ----------
    narrow : Narrow
        The family.
    rules : list of Rule
        Those that are searched with.
    inputs : dict of str to ndarray
        A0, A1, B0, B1, F0 to F6, and for memory W, M0, M1, N0, N1; one entry an input.

    Attributes
    ----------
    rows : dict of str to ndarray
        ``id``, the input, and the columns that the outcome needs, of every row that was found.
    unread : set of str
        Columns that no rule and no outcome reads.
    """

    def __init__(self, narrow: Narrow, rules: list[Rule], inputs: dict[str, np.ndarray]):
        self.narrow, self.inputs = narrow, inputs
        self.count = len(inputs["F0"])
        self.waiting = list(rules)
        self.rows = {k: np.asarray(v, dtype=np.int32) % narrow.p for k, v in inputs.items()}
        self.rows["id"] = np.arange(self.count, dtype=np.int32)
        self.rows["real"] = np.ones(self.count, dtype=np.int32)
        self.known = set(self.rows)
        self.left = [name for name in narrow.columns if name not in self.known]
        self.needed = frozenset().union(
            *(
                count.columns | frozenset().union(*(v.columns for v in values))
                for messages in narrow.outcome.values()
                for count, values, _ in messages
            )
        )
        read = self.needed.union(*(rule.columns for rule in rules))
        self.unread = set(self.left) - read
        for name in self.unread:
            self.rows[name] = np.zeros(self.count, dtype=np.int32)
            self.left.remove(name)
            self.known.add(name)
        self._drop()
        while self.left:
            self._step()

    def _solve(self, name: str, value: np.ndarray, slope: np.ndarray, size: int) -> None:
        """Give a column what ``value + slope column = 0`` leaves: one value, all, or none."""
        p = self.narrow.p
        inverses = np.array([pow(x, -1, p) if x else 0 for x in range(p)], dtype=np.int64)
        exact = slope != 0
        every = np.flatnonzero(~exact & (value == 0))
        one = np.flatnonzero(exact)
        if len(one) + len(every) * size > MOST:
            raise MemoryError(f"{self.narrow.name}: {len(every)} rows times {size} for {name}")
        index = np.concatenate([one, np.repeat(every, size)])
        found = (-value[one] * inverses[slope[one]]) % p
        found = np.concatenate([found, np.tile(np.arange(size), len(every))])
        self.rows = {k: v[index] for k, v in self.rows.items()}
        self.rows[name] = found.astype(np.int32)
        self.left.remove(name)
        self.known.add(name)

    def _solvable(self, sizes):
        """The column, equation and growth of the best equation in one unknown column."""
        best, rows = None, len(self.rows["id"])
        for rule in self.waiting:
            unknown = rule.columns - self.known
            if rule.holds is not is_zero or len(unknown) != 1:
                continue
            (name,) = unknown
            values = []
            for x in (0, 1, 2):
                env = self.rows | {name: np.full(rows, x, dtype=np.int32)}
                values.append(np.broadcast_to(rule.values[0].value(env), (rows,)).astype(np.int64))
            p = self.narrow.p
            slope = (values[1] - values[0]) % p
            if not np.array_equal((values[2] - values[1]) % p, slope):
                continue
            size = sizes.get(name, p)
            growth = (slope != 0).sum() + size * ((slope == 0) & (values[0] == 0)).sum()
            growth = growth / max(1, rows)
            if best is None or growth < best[-1]:
                best = name, values[0], slope, size, growth
                if growth <= 1:
                    break
        return best

    def _drop(self) -> None:
        """Rows that break a rule whose columns are all known."""
        later = []
        for rule in self.waiting:
            if not rule.columns <= self.known:
                later.append(rule)
                continue
            held = rule.holds([np.asarray(value.value(self.rows)) for value in rule.values])
            held = np.broadcast_to(held, self.rows["id"].shape)
            self.rows = {k: v[held] for k, v in self.rows.items()}
        self.waiting = later

    def _sizes(self) -> dict[str, int]:
        """Columns whose values a rule of one column bounds by itself."""
        family, sizes = self.narrow.family, {}

        def bound(value, size):
            if len(value.columns) == 1:
                (name,) = value.columns
                # only a column itself is bounded by its lookup, not a multiple of it
                if np.array_equal(value.value({name: np.arange(3)}), np.arange(3)):
                    sizes[name] = min(size, sizes.get(name, size))

        for rule in self.waiting:
            if rule.holds is is_bit:
                bound(rule.values[0], 2)
            elif rule.kind == "range" and len(rule.values) == 1:
                bound(rule.values[0], family.L)
            elif rule.kind == "top" and len(rule.values) == 2:
                bound(rule.values[0], family.L)
                bound(rule.values[1], 2)
            elif rule.kind == "low":
                bound(rule.values[0], family.L)
                bound(rule.values[1], family.Y)
            elif rule.kind == "bytes":
                for value in rule.values:
                    bound(value, family.Y)
            elif rule.kind == "shift":
                bound(rule.values[1], family.L + 1)
        return sizes

    def _ready(self) -> dict[str, list[Rule]]:
        """Columns that are the only unknown one of some rule, with these rules."""
        ready: dict[str, list[Rule]] = {}
        for rule in self.waiting:
            unknown = rule.columns - self.known
            if len(unknown) == 1:
                ready.setdefault(*unknown, []).append(rule)
        return ready

    def _fits(self, name: str, size: int, rules: list[Rule], rows: dict) -> list[np.ndarray]:
        """For each value of a column, the rows that keep all of these rules with it."""
        found = []
        shape = rows["id"].shape
        for x in range(size):
            env = rows | {name: np.full(shape, x, dtype=np.int32)}
            held = np.ones(shape, dtype=bool)
            for rule in rules:
                held &= rule.holds([np.asarray(value.value(env)) for value in rule.values])
            found.append(np.flatnonzero(held))
        return found

    def _step(self) -> None:
        """One column more: solved for, or tried, whichever gives the fewest rows."""
        live = {"id"} | self.needed
        for rule in self.waiting:
            live |= rule.columns
        self.rows = {k: v for k, v in self.rows.items() if k in live}
        sizes, p = self._sizes(), self.narrow.p
        solved = self._solvable(sizes)
        if solved and solved[-1] <= 1:
            self._solve(*solved[:-1])
            return self._drop()
        pairs = []
        for rule in self.waiting:  # two unknown columns or more: the soonest to be complete
            need = [name for name in rule.columns if name in self.left]
            if len(need) > 1:
                name = min(need, key=lambda one: (sizes.get(one, p), one))
                total = np.prod([float(sizes.get(one, p)) for one in need])
                pairs.append((total, sizes.get(name, p), name))
        best = min(pairs)[1:] if pairs else (p + 1, self.left[0])
        ready = self._ready()
        sample = {k: v[:: max(1, len(v) // 64)] for k, v in self.rows.items()}
        for name, rules in sorted(ready.items()):
            fits = self._fits(name, sizes.get(name, p), rules, sample)
            growth = sum(map(len, fits)) / max(1, len(sample["id"]))
            if growth <= best[0]:
                best = growth, name
        name = best[1]
        fits = self._fits(name, sizes.get(name, p), ready.get(name, []), self.rows)
        index = np.concatenate(fits)
        if len(index) > MOST:
            raise MemoryError(f"{self.narrow.name}: {len(index)} rows for {name}")
        self.rows = {k: v[index] for k, v in self.rows.items()}
        self.rows[name] = np.repeat(np.arange(len(fits), dtype=np.int32), list(map(len, fits)))
        self.left.remove(name)
        self.known.add(name)
        self._drop()

    # ---- what was found ---------------------------------------------------------------------

    def per_input(self) -> np.ndarray:
        """How many rows each input has."""
        return np.bincount(self.rows["id"], minlength=self.count)

    def wrong(self, want: dict[str, np.ndarray]) -> np.ndarray:
        """Rows whose outcome is not what it should be.

        Parameters
        ----------
        want : dict of str to ndarray
            ``label``, where to go; ``R0``, ``R1``, what is written; for memory ``M0'``, ``M1'``
            and ``N0'``, ``N1'``, the words behind the row, ``crosses``, and ``refused`` where
            there should be no row.
        """
        ids, shape = self.rows["id"], self.rows["id"].shape
        good = np.ones(shape, dtype=bool)

        def value(poly):
            return np.broadcast_to(np.asarray(poly.value(self.rows)), shape)

        times = label = 0
        for count, (to,), _ in self.narrow.outcome["state"]:
            times = times + value(count)
            label = label + value(count) * value(to)
        good &= (times == 1) & (label % self.narrow.p == want["label"][ids])
        for _, halves, _ in self.narrow.outcome["register"]:
            for k in (0, 1):
                good &= value(halves[k]) == want[f"R{k}"][ids]
        if self.narrow.outcome["memory"]:
            right = {"M": 0, "N": 0}
            total = 0
            for count, (address, low, high), _ in self.narrow.outcome["memory"]:
                times = value(count)  # 0 or 1, as only a token that is there is received
                total = total + times
                for letter, at in (("M", 0), ("N", 8)):
                    here = value(address) == (self.inputs["W"][ids] + at) % self.narrow.p
                    here &= value(low) == want[f"{letter}0'"][ids]
                    here &= value(high) == want[f"{letter}1'"][ids]
                    right[letter] = right[letter] + (here & (times == 1))
            crosses = want["crosses"][ids]
            good &= want["refused"][ids] == 0
            good &= (total == 1 + crosses) & (right["M"] == 1) & (right["N"] == crosses)
        return ~good
