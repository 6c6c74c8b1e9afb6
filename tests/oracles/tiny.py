"""The whole interactive protocol over a field of 193 elements, many proofs at a time.

Tables have 1, 2 or 3 in each row of a column, and send it on a bus, or receive it. They are three,
of which two are in one code and have their quotient in common; the code of the third is half as
high. In `TALL` one table of 16 rows sends, and two of 8 receive the same in another order; both
codes are as tall as their tallest table, and their quotients are in chunks. In `SHORT` two tables
of 8 rows send, and one of 4 rows receives each message four times; the code of 16 that it is in is
taller than both its tables, and the quotient there is in pieces. One position is queried (s = 1),
with a blowup of 4. FRI folds once, by 2, and the shorter word joins at the last layer: the final
polynomial shows all of what comes of it. The codes have as many coefficients as a remainder,
3 (h - 1) + 3, which is N + h of a table of 16 rows as well, but for that of pieces, with 16.

Written from `cstark.protocol.hiding`, on coefficients alone; it shares no line with the prover.
Challenges and position are given: a proof is what is shown under them, a vector of numbers modulo
193.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.oracles.tiny_field import (
    ROOT,
    UNITS,
    P,
    at,
    interpolated,
    inverse,
    inverse_matrix,
    lift,
    mul,
    over_end,
    over_point,
    power,
    product,
    times_end,
    total,
    turned,
)
from tests.oracles.tiny_quotients import Chunks, Pieces

BLOWUP, QUERIES, CHUNKS = 4, 1, 2
H = 2 * (QUERIES + 3)
D = 3 * (H - 1) + 3  # coefficients of the polynomials of both codes, and of the final one
WORD = 2 * D  # of the word that hides: as many as the final polynomial allows
HEIGHTS = (16, 8)  # of the codes


@dataclass(frozen=True)
class Table:
    """Its columns are called x, u and l, and like it: values, mask of the sum, accumulator."""

    name: str
    rows: int
    sign: int  # how often a message is sent
    code: int  # which of `HEIGHTS`

    @property
    def root(self) -> int:
        """Of its rows."""
        return pow(ROOT, (P - 1) // self.rows, P)

    @property
    def base(self) -> tuple[str, str]:
        """Columns over the base field."""
        return f"x{self.name}", f"u{self.name}"


TALL = (Table("0", 16, 1, 0), Table("1", 8, -1, 0), Table("2", 8, -1, 1))
SHORT = (Table("0", 8, 1, 0), Table("1", 4, -4, 0), Table("2", 8, 1, 1))
BASE = {name for table in TALL for name in table.base}


def first_point(height: int, coset: int) -> int:
    """x at the first point of a coset of a code."""
    return ROOT * pow(ROOT, (P - 1) // (height * BLOWUP) * coset, P) % P


def quotient_of(code: int, tables: Sequence[Table]) -> Chunks | Pieces:
    """How the quotient of the tables of a code is committed to."""
    height = HEIGHTS[code]
    rows = max(table.rows for table in tables if table.code == code)
    if rows < height:
        return Pieces(code, height, 2 * rows + D, QUERIES + 1)
    first, second = (pow(first_point(height, q), height, P) for q in range(CHUNKS))
    return Chunks(code, height, (first, second), QUERIES + 1)


def line_on_rows(table: Table) -> np.ndarray:
    """1 + w X + w^2 X^2 on the rows."""
    return np.array([[pow(table.root, r * k, P) for k in range(3)] for r in range(table.rows)])


def line_at(point: np.ndarray) -> np.ndarray:
    """The same at a point."""
    return (UNITS[0] + mul(UNITS[1], point) + mul(UNITS[2], mul(point, point))) % P


@dataclass
class Challenges:
    """What the verifier draws, and the position."""

    rng: np.random.Generator
    coset: int  # of the position
    values: dict[str, np.ndarray] = field(init=False)
    y: int = field(init=False)  # at the position, in the tallest code

    def __post_init__(self) -> None:
        names = ("z", "alpha", "beta", "delta", "zeta", "gamma", "fold")
        self.values = {name: self.rng.integers(1, P, 3) for name in names}
        step = (P - 1) // (HEIGHTS[0] * BLOWUP)
        row = int(self.rng.integers(HEIGHTS[0]))
        self.y = pow(ROOT, step * (self.coset + BLOWUP * row), P)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    def x(self, code: int) -> np.ndarray:
        """The point that a code is opened at."""
        return lift(ROOT * pow(self.y, HEIGHTS[0] // HEIGHTS[code], P) % P)

    def folded(self, here: np.ndarray, there: np.ndarray) -> np.ndarray:
        """The fold of the values at y and -y."""
        odd = (here - there) * pow(self.y, -1, P) % P
        return (here + there + mul(odd, self["fold"])) % P


class Model:
    """Proofs under given challenges: `real` ones of a witness, and `simulated` ones.

    `without` names masks that the prover leaves out: "main", "lookup", "sums", "chunks", "pieces",
    "word", and "top", what the word has above the degrees of the code.
    """

    def __init__(
        self,
        challenges: Challenges,
        rng: np.random.Generator,
        without: Collection[str] = (),
        tables: Sequence[Table] = TALL,
    ) -> None:
        self.c, self.rng, self.without, self.tables = challenges, rng, without, tables
        self.quotients = [quotient_of(code, tables) for code in range(len(HEIGHTS))]

    def _random(self, mask: str, *shape: int) -> np.ndarray:
        drawn = self.rng.integers(0, P, shape)
        return drawn * 0 if mask in self.without else drawn

    def _masked(self, mask: str, values: np.ndarray, table: Table) -> np.ndarray:
        r = self._random(mask, len(values), H, 3)
        if mask == "main":
            r[..., 1:] = 0
        return total(interpolated(values, table.root), times_end(r, table.rows, 1))

    # ---- the identity ----------------------------------------------------------------------

    def _numerator(
        self, table: Table, column: dict[str, np.ndarray], sums: np.ndarray
    ) -> np.ndarray:
        """sum_j beta^j C_j S_j of a table; all are polynomials, or constants at a point."""
        c, one, t = self.c, UNITS[0][None, None], table.name
        own = column[f"x{t}"]
        values = product(product(total(own, -one), total(own, -2 * one)), total(own, -3 * one))
        finger = total((c["z"] - UNITS[0])[None, None], -mul(own, c["alpha"]))
        mean = sums[:, None] * pow(table.rows, -1, P) % P
        mask = product(column[f"u{t}"], column["line"])
        step = total(column[f"l{t}'"], -column[f"l{t}"], mean, -mask)
        lookup = total(product(step, finger), -table.sign * one)
        first = product(column[f"l{t}"], column[f"first {table.rows}"])
        return total(values, mul(lookup, c["beta"]), mul(first, mul(c["beta"], c["beta"])))

    def _quotient_at(
        self, code: int, point: np.ndarray, values: dict[str, np.ndarray], sums: np.ndarray
    ) -> np.ndarray:
        """What the columns make of Q at a point."""
        constants = {name: value[:, None] for name, value in values.items()}
        constants["line"] = line_at(point)[None, None]
        result, weight = np.zeros((len(sums), 3), dtype=np.int64), UNITS[0]
        for number, table in enumerate(self.tables):
            if table.code == code:
                vanishing = (power(point, table.rows) - UNITS[0]) % P
                first = mul(vanishing, inverse((point - UNITS[0]) % P))[None, None]
                constants[f"first {table.rows}"] = first
                value = self._numerator(table, constants, sums[:, number])[:, 0]
                result = (result + mul(mul(value, inverse(vanishing)), weight)) % P
                weight = mul(weight, self.c["delta"])
        return result

    def _opened(self, code: int) -> list[tuple[str, np.ndarray, str]]:
        """What is opened at which point outside the domain, and the name of the value."""
        zeta, found = self.c["zeta"], []
        tables = [table for table in self.tables if table.code == code]
        for table in tables:
            found += [(name, zeta, name) for name in (*table.base, f"l{table.name}")]
        found += [(name, zeta, name) for name in self.quotients[code].names]
        for table in tables:
            name = f"l{table.name}"
            found.append((name, zeta * table.root % P, f"{name}'"))
        return found

    def _rows(self, code: int) -> list[str]:
        """What is shown at the position."""
        return [name for name, _, value in self._opened(code) if name == value]

    # ---- proofs ----------------------------------------------------------------------------

    def real(self, witness: tuple[np.ndarray, ...], proofs: int) -> np.ndarray:
        """What so many honest proofs show: (proofs, numbers)."""
        column: dict[str, np.ndarray] = {"line": UNITS[None]}
        for n in {table.rows for table in self.tables}:
            column[f"first {n}"] = np.broadcast_to(UNITS[0], (1, n, 3))  # Z / (X - 1)
        sums = self._columns(witness, proofs, column)
        for code in range(len(HEIGHTS)):
            self._quotient(code, column, sums)
        opened: dict[str, np.ndarray] = {}
        rows: dict[str, np.ndarray] = {}
        words, weight = [], self.c["gamma"]
        for code in range(len(HEIGHTS)):
            reduced = np.zeros((proofs, D, 3), dtype=np.int64)
            for name, point, value in self._opened(code):
                assert column[name].shape[1] <= D
                opened[value] = at(column[name], point)
                reduced = total(reduced, mul(over_point(column[name], point), weight))
                weight = mul(weight, self.c["gamma"])
            rows |= {name: at(column[name], self.c.x(code)) for name in self._rows(code)}
            words.append(reduced)
        mask = self._random("word", proofs, WORD, 3)
        mask[:, D:] = self._random("top", proofs, WORD - D, 3) if mask.any() else 0
        rows["mask"] = at(mask, self.c.x(0))
        word, joining = (turned(w, ROOT) for w in (total(words[0], mask), words[1]))  # in y
        fold = self.c["fold"]
        final = (2 * word[:, ::2] + mul(2 * word[:, 1::2], fold)) % P
        final = total(final, mul(joining, mul(fold, fold)))
        sibling = at(word, lift(-self.c.y % P))
        return self._view(sums, opened, rows, sibling, final)

    def _columns(
        self, witness: tuple[np.ndarray, ...], proofs: int, column: dict[str, np.ndarray]
    ) -> np.ndarray:
        """The columns of all tables, and their sums: (proofs, tables, 3)."""
        first = np.zeros((proofs, len(self.tables), 3), dtype=np.int64)  # of u
        for number in range(len(self.tables) - 1):
            first[:, number] = self._random("sums", proofs, 3)
        mu = np.stack(
            [first[:, k] @ line_on_rows(table)[:3] for k, table in enumerate(self.tables)], axis=1
        )  # fmt: skip
        mu[:, -1] = -mu[:, :-1].sum(axis=1) % P
        first[:, -1] = mu[:, -1] @ inverse_matrix(line_on_rows(self.tables[-1])[:3]) % P
        sums = []
        for number, (table, own) in enumerate(zip(self.tables, witness, strict=True)):
            t, n = table.name, table.rows
            mask = np.zeros((proofs, n), dtype=np.int64)
            mask[:, :3] = first[:, number]
            column[f"x{t}"] = self._masked(
                "main", np.broadcast_to(lift(own), (proofs, n, 3)), table
            )
            column[f"u{t}"] = self._masked("main", lift(mask), table)
            finger = (self.c["z"] - UNITS[0] - mul(lift(own), self.c["alpha"])) % P
            added = table.sign * inverse(finger) + mask[..., None] * line_on_rows(table)
            sums.append(added.sum(axis=1) % P)
            grown = added - sums[-1][:, None] * pow(n, -1, P)
            steps = np.cumsum(grown % P, axis=1)[:, :-1]
            values = np.concatenate([np.zeros((proofs, 1, 3), np.int64), steps], axis=1) % P
            column[f"l{t}"] = self._masked("lookup", values, table)
            column[f"l{t}'"] = turned(column[f"l{t}"], table.root)
        return np.stack(sums, axis=1)

    def _quotient(self, code: int, column: dict[str, np.ndarray], sums: np.ndarray) -> None:
        """What is committed to of a code height's quotient."""
        weight = UNITS[0]
        quotient = np.zeros((len(sums), 1, 3), dtype=np.int64)
        for number, table in enumerate(self.tables):
            if table.code == code:
                own = over_end(self._numerator(table, column, sums[:, number]), table.rows, 1)
                quotient = total(quotient, mul(own, weight))
                weight = mul(weight, self.c["delta"])
        column |= self.quotients[code].commit(quotient, self._random)

    def simulated(self, proofs: int) -> np.ndarray:
        """The same without a witness."""
        c = self.c
        sums = self._draw(proofs, len(self.tables))
        sums[:, -1] = -sums[:, :-1].sum(axis=1) % P
        rows: dict[str, np.ndarray] = {}
        opened: dict[str, np.ndarray] = {}
        for code in range(len(HEIGHTS)):
            names = [name for name in self._rows(code) if name not in self.quotients[code].names]
            here = {name: self._draw(proofs) for name in names}
            for name in BASE & here.keys():
                here[name][:, 1:] = 0
            there = {name: self._draw(proofs) for name in names}
            for name in names:
                if name.startswith("l"):
                    here[f"{name}'"], there[f"{name}'"] = self._draw(proofs), self._draw(proofs)
            rows |= here | self._quotient_parts_at(code, c.x(code), here, sums)
            opened |= there | self._quotient_parts_at(code, c["zeta"], there, sums)
        reduced = self._reduced(opened, rows)
        own, sibling = self._draw(proofs), self._draw(proofs)
        rows["mask"] = (own - reduced[0]) % P
        final = self._draw(proofs, D)
        value = (c.folded(own, sibling) + mul(reduced[1], mul(c["fold"], c["fold"]))) % P
        final[:, 0] = (final[:, 0] + value - at(final, lift(c.y * c.y % P))) % P
        return self._view(sums, opened, rows, sibling, final)

    def _draw(self, *shape: int) -> np.ndarray:
        return self.rng.integers(0, P, (*shape, 3))

    def _quotient_parts_at(
        self, code: int, point: np.ndarray, values: dict[str, np.ndarray], sums: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Chunks and remainder at a point, where Q is what the columns make of it."""
        value = self._quotient_at(code, point, values, sums)
        return self.quotients[code].simulated(point, value, self._draw)

    def _reduced(
        self, opened: dict[str, np.ndarray], rows: dict[str, np.ndarray]
    ) -> list[np.ndarray]:
        """The reduced words of both codes at the position, without the mask."""
        found, weight = [], self.c["gamma"]
        for code in range(len(HEIGHTS)):
            value, x = np.zeros_like(opened[self.quotients[code].names[-1]]), self.c.x(code)
            for name, point, opening in self._opened(code):
                share = mul((opened[opening] - rows[name]) % P, inverse((point - x) % P))
                value = (value + mul(share, weight)) % P
                weight = mul(weight, self.c["gamma"])
            found.append(value)
        return found

    # ---- views -----------------------------------------------------------------------------

    def _view(
        self,
        sums: np.ndarray,
        opened: dict[str, np.ndarray],
        rows: dict[str, np.ndarray],
        sibling: np.ndarray,
        final: np.ndarray,
    ) -> np.ndarray:
        shown = [sums[:, number] for number in range(len(self.tables) - 1)]
        for code in range(len(HEIGHTS)):
            shown += [opened[value] for _, _, value in self._opened(code)]
            for name in self._rows(code):
                shown.append(rows[name][:, :1] if name in BASE else rows[name])
        return np.concatenate(
            [*shown, rows["mask"], sibling, final.reshape(len(sums), -1)], axis=1
        )  # fmt: skip

    def accepts(self, views: np.ndarray) -> np.ndarray:
        """The verifier: for each view, whether all identities hold."""
        c, place = self.c, 0

        def take(count: int) -> np.ndarray:
            nonlocal place
            place += count
            return views[:, place - count : place]

        parts = [take(3) for _ in self.tables[:-1]]
        sums = np.stack([*parts, -sum(parts) % P], axis=1)  # they balance
        opened: dict[str, np.ndarray] = {}
        rows: dict[str, np.ndarray] = {}
        good = np.ones(len(views), dtype=bool)
        for code in range(len(HEIGHTS)):
            opened |= {value: take(3) for _, _, value in self._opened(code)}
            for name in self._rows(code):
                rows[name] = lift(take(1)[:, 0]) if name in BASE else take(3)
            left = self._quotient_at(code, c["zeta"], opened, sums)
            right = self.quotients[code].value(c["zeta"], opened)
            good &= (left == right).all(axis=1)
        mask, sibling, final = take(3), take(3), take(3 * D).reshape(-1, D, 3)
        assert place == views.shape[1]
        first, joining = self._reduced(opened, rows)
        value = c.folded((first + mask) % P, sibling)
        value = (value + mul(joining, mul(c["fold"], c["fold"]))) % P
        return good & (at(final, lift(c.y * c.y % P)) == value).all(axis=1)
