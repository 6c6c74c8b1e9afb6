"""All rows that satisfy some rules, found exhaustively; see narrow.py for families and rules.

`Search` extends candidate rows by one column after the other, or by several at once, and drops
those that break a rule as soon as all of its columns are known. No candidate is left out, in
whatever order that is done, so the order is chosen for speed alone:

* an equation with one unknown column is solved for it;
* an equation whose unknown columns stand alone in it (a sum of limbs, say) is *joined*: the values
  of that sum are tabulated once, and each candidate is given those that fit;
* otherwise a column is tried with every value that a rule of its own leaves it.

Where the candidates become many, parts of them are followed to the end one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from narrow import Narrow, Rule, is_bit, is_zero

__all__ = ["Search"]

PART = 1 << 19
"""Candidates that are followed at once."""

TABLE = 1 << 16
"""Values of unknown columns that a join tabulates at most."""

Rows = dict[str, np.ndarray]


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
    count : int
        How many inputs there are.
    unread : set of str
        Columns that no rule and no outcome reads.
    """

    def __init__(self, narrow: Narrow, rules: list[Rule], inputs: dict[str, np.ndarray]):
        self.narrow, self.rules, self.inputs = narrow, list(rules), inputs
        self.count = len(inputs["F0"])
        self.needed = frozenset().union(
            *(
                count.columns | frozenset().union(*(v.columns for v in values))
                for messages in narrow.outcome.values()
                for count, values, _ in messages
            )
        )
        read = self.needed.union(*(rule.columns for rule in rules))
        self.unread = {name for name in narrow.columns if name != "real"} - read

    def found(self) -> Iterator[Rows]:
        """The rows, a part at a time: ``id``, the input, and the columns of the outcome."""
        rows = {k: np.asarray(v, dtype=np.int32) % self.narrow.p for k, v in self.inputs.items()}
        rows["id"] = np.arange(self.count, dtype=np.int32)
        rows["real"] = np.ones(self.count, dtype=np.int32)
        for name in self.unread:
            rows[name] = np.zeros(self.count, dtype=np.int32)
        start = Candidates(self.narrow, self.needed, rows, self.rules)
        start.drop()
        waiting = [start]
        while waiting:
            part = waiting.pop()
            while part.left and part.size:
                part.step()
                if part.size > PART and part.left:
                    waiting += part.split()
                    part = waiting.pop()
            if part.size:
                yield part.rows

    def per_input(self) -> np.ndarray:
        """How many rows each input has."""
        total = np.zeros(self.count, dtype=np.int64)
        for rows in self.found():
            total += np.bincount(rows["id"], minlength=self.count)
        return total

    def wrong(self, rows: Rows, want: dict[str, np.ndarray]) -> np.ndarray:
        """Which of the rows that were found have another outcome than they should.

        Parameters
        ----------
        rows : dict of str to ndarray
            Some of `found`.
        want : dict of str to ndarray
            ``label``, where to go; ``R0``, ``R1``, what is written; ``refused`` where there
            should be no row; for memory ``M0'``, ``M1'`` and ``N0'``, ``N1'``, the words behind
            the row, and ``crosses``.
        """
        ids, shape = rows["id"], rows["id"].shape
        good = want["refused"][ids] == 0

        def value(poly):
            return np.broadcast_to(np.asarray(poly.value(rows)), shape)

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
            good &= (total == 1 + crosses) & (right["M"] == 1) & (right["N"] == crosses)
        return ~good


class Candidates:
    """Rows of which some columns are known.

    Attributes
    ----------
    rows : dict of str to ndarray
        The columns that are known and still of use.
    left : list of str
        Columns that are not known yet.
    waiting : list of Rule
        Rules with such a column.
    """

    def __init__(self, narrow: Narrow, needed: frozenset, rows: Rows, waiting: list[Rule],
                 left: list[str] | None = None):  # fmt: skip
        self.narrow, self.needed, self.rows, self.waiting = narrow, needed, rows, waiting
        self.left = [c for c in narrow.columns if c not in rows] if left is None else left

    @property
    def size(self) -> int:
        return len(self.rows["id"])

    def split(self) -> list[Candidates]:
        """The same candidates in parts."""
        parts = -(-self.size // (PART // 4))
        return [
            Candidates(self.narrow, self.needed, {k: v[at] for k, v in self.rows.items()},
                       self.waiting, list(self.left))
            for at in np.array_split(np.arange(self.size), parts)
        ]  # fmt: skip

    def drop(self) -> None:
        """Leave out rows that break a rule whose columns are all known."""
        unknown, later = set(self.left), []
        for rule in self.waiting:
            if rule.columns & unknown:
                later.append(rule)
                continue
            held = rule.holds([np.asarray(value.value(self.rows)) for value in rule.values])
            held = np.broadcast_to(held, self.rows["id"].shape)
            if not held.all():
                self.rows = {k: v[held] for k, v in self.rows.items()}
        self.waiting = later

    def step(self) -> None:
        """One column more, or several: what gives the fewest rows."""
        live = {"id"} | self.needed
        for rule in self.waiting:
            live |= rule.columns
        self.rows = {k: v for k, v in self.rows.items() if k in live}
        sizes = self._sizes()
        solved = self._solvable(sizes)
        if solved and solved[-1] <= 1:
            self._solve(*solved[:-1])
            return self.drop()
        joined = self._joinable(sizes)
        if joined and joined[-1] <= 1.25:
            self._join(*joined[:-1])
            return self.drop()
        name, growth = self._tried(sizes)
        if joined and joined[-1] <= growth:
            self._join(*joined[:-1])
        else:
            self._try(name, sizes.get(name, self.narrow.p))
        self.drop()

    def _take(self, index: np.ndarray, **columns: np.ndarray) -> None:
        """The candidates of this index, with more columns known."""
        self.rows = {k: v[index] for k, v in self.rows.items()}
        for name, values in columns.items():
            self.rows[name] = values.astype(np.int32)
            self.left.remove(name)

    # ---- what rules of one column say --------------------------------------------------------

    def _sizes(self) -> dict[str, int]:
        """Columns whose values a rule of one column bounds by itself."""
        family, sizes = self.narrow.family, {}

        def bound(value, size):
            if len(value.columns) == 1:
                (name,) = value.columns
                if value.terms == {(name,): 1}:  # the column itself, not a multiple of it
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

    # ---- an equation in one unknown column ----------------------------------------------------

    def _solvable(self, sizes):
        """The column, equation and growth of the best equation in one unknown column."""
        best, rows, unknowns = None, self.size, set(self.left)
        for rule in self.waiting:
            unknown = rule.columns & unknowns
            if len(unknown) != 1:
                continue
            (name,) = unknown
            right = 0
            if rule.last is not None:  # a lookup of known values, which say what the last one is
                known = rule.values[:-1]
                if any(name in value.columns for value in known):
                    continue
                right = rule.last([np.asarray(value.value(self.rows)) for value in known])
            elif rule.holds is not is_zero:
                continue
            left = rule.values[-1]
            if any(names.count(name) > 1 for names in left.terms):
                continue
            values = []
            for x in (0, 1):
                env = self.rows | {name: np.full(rows, x, dtype=np.int32)}
                value = (left.value(env) - right) % self.narrow.p
                values.append(np.broadcast_to(value, (rows,)).astype(np.int64))
            slope = (values[1] - values[0]) % self.narrow.p
            size = sizes.get(name, self.narrow.p)
            growth = (slope != 0).sum() + size * ((slope == 0) & (values[0] == 0)).sum()
            growth = growth / max(1, rows)
            if best is None or growth < best[-1]:
                best = name, values[0], slope, size, growth
                if growth <= 1:
                    break
        return best

    def _solve(self, name: str, value: np.ndarray, slope: np.ndarray, size: int) -> None:
        """Give a column what ``value + slope column = 0`` leaves: one value, all, or none."""
        p = self.narrow.p
        inverses = np.array([pow(x, -1, p) if x else 0 for x in range(p)], dtype=np.int64)
        exact = slope != 0
        every = np.flatnonzero(~exact & (value == 0))
        one = np.flatnonzero(exact)
        solution = (-value[one] * inverses[slope[one]]) % p
        within = solution < size  # the rule that bounds the column would drop the others
        one, solution = one[within], solution[within]
        index = np.concatenate([one, np.repeat(every, size)])
        found = np.concatenate([solution, np.tile(np.arange(size), len(every))])
        self._take(index, **{name: found})

    # ---- an equation in several unknown columns that stand alone ------------------------------

    def _joinable(self, sizes):
        """The columns, equation, sizes and growth of the best equation to join."""
        best, unknowns, p = None, set(self.left), self.narrow.p
        for rule in self.waiting:
            unknown = sorted(rule.columns & unknowns)
            if rule.holds is not is_zero or len(unknown) < 2:
                continue
            terms = rule.values[0].terms
            if any(len(names) > 1 and unknowns & set(names) for names in terms):
                continue
            shape = [sizes.get(name, p) for name in unknown]
            if math.prod(shape) > TABLE:
                continue
            sums = sum(
                terms[(name,)] * np.arange(size).reshape([-1 if k == at else 1
                                                          for k in range(len(shape))])
                for at, (name, size) in enumerate(zip(unknown, shape, strict=True))
            )  # fmt: skip
            sums = np.asarray(sums % p).reshape(-1)
            zeros = dict.fromkeys(unknown, np.int32(0))
            value = np.broadcast_to(rule.values[0].value(self.rows | zeros), (self.size,))
            wanted = -value.astype(np.int64) % p
            times = np.bincount(sums, minlength=p)[wanted]
            growth = times.sum() / max(1, self.size)
            if best is None or growth < best[-1]:
                best = unknown, shape, sums, wanted, times, growth
        return best

    def _join(self, unknown, shape, sums, wanted, times) -> None:
        """Give each candidate all values of the columns that the equation leaves."""
        order = np.argsort(sums, kind="stable")
        first = np.searchsorted(sums[order], np.arange(self.narrow.p))
        index = np.repeat(np.arange(self.size), times)
        nth = np.arange(len(index)) - np.repeat(np.cumsum(times) - times, times)
        cells = np.unravel_index(order[first[wanted[index]] + nth], shape)
        self._take(index, **dict(zip(unknown, cells, strict=True)))

    # ---- a column that is tried ---------------------------------------------------------------

    def _tried(self, sizes) -> tuple[str, float]:
        """The column to try, and how many candidates one becomes."""
        p, unknowns = self.narrow.p, set(self.left)
        pairs = []
        for rule in self.waiting:  # two unknown columns or more: the soonest to be complete
            need = [name for name in rule.columns if name in unknowns]
            if len(need) < 2:
                continue
            total = math.prod(float(sizes.get(one, p)) for one in need)
            alone: set[str] = set()
            if rule.holds is is_zero:  # one in p remains; those that stand alone can be joined
                total /= p
                terms = rule.values[0].terms
                alone = {one for one in need if (one,) in terms} - {
                    one for names in terms if len(names) > 1 for one in names
                }
            name = min(need, key=lambda one: (sizes.get(one, p), one in alone, one))
            pairs.append((total, sizes.get(name, p), name))
        best = min(pairs)[1:] if pairs else (p + 1, self.left[0])
        sample = {k: v[:: max(1, len(v) // 64)] for k, v in self.rows.items()}
        for name, rules in sorted(self._ready().items()):
            fits = self._fits(name, sizes.get(name, p), rules, sample)
            growth = sum(map(len, fits)) / max(1, len(sample["id"]))
            if growth <= best[0]:
                best = growth, name
        return best[1], best[0]

    def _ready(self) -> dict[str, list[Rule]]:
        """Columns that are the only unknown one of some rule, with these rules."""
        ready: dict[str, list[Rule]] = {}
        unknowns = set(self.left)
        for rule in self.waiting:
            unknown = rule.columns & unknowns
            if len(unknown) == 1:
                ready.setdefault(*unknown, []).append(rule)
        return ready

    def _fits(self, name: str, size: int, rules: list[Rule], rows: Rows) -> list[np.ndarray]:
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

    def _try(self, name: str, size: int) -> None:
        """Each value of a column that keeps the rules in it alone."""
        fits = self._fits(name, size, self._ready().get(name, []), self.rows)
        values = np.repeat(np.arange(size), list(map(len, fits)))
        self._take(np.concatenate(fits), **{name: values})
