"""The whole interactive protocol over a field of 193 elements, many proofs at a time.

Two tables of 16 rows: one sends what it has in a column, 1, 2 or 3 in each row, on a bus, the other
receives the same in another order. One position is queried (s = 1), blowup 4, FRI without a fold:
its final polynomial is the whole word. Written from `cstark.protocol.hiding`, on coefficients
alone; it shares no line with the prover. Challenges and position are given: a proof is what is
shown under them, a vector of numbers modulo 193.

An array of elements of F = F_193[w] / (w^3 - 5) ends in an axis of 3; polynomials have the axis of
their coefficients before it, and before that comes the axis of proofs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

P, ROOT, W3 = 193, 5, 5  # 5 generates the multiplicative group, and is no cube
N, BLOWUP, QUERIES, CHUNKS = 16, 4, 1, 2
H = 2 * (QUERIES + 3)
D = N + H
G = pow(ROOT, (P - 1) // N, P)
STEP = pow(ROOT, (P - 1) // (N * BLOWUP), P)
SHIFTS = [ROOT * pow(STEP, q, P) % P for q in range(BLOWUP)]
ENDS = [pow(s, N, P) for s in SHIFTS[:CHUNKS]]
UNITS = np.eye(3, dtype=np.int64)
BASE, EXT, NEXT = ("a", "b", "u", "v"), ("acc", "bcc"), ("acc", "bcc")
LINE = np.array([[pow(G, r * k, P) for k in range(3)] for r in range(N)])  # 1 + w X + w^2 X^2


def mul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Products of elements."""
    c = [a[..., i, None] * b for i in range(3)]
    out = np.empty(np.broadcast_shapes(a.shape, b.shape), dtype=np.int64)
    out[..., 0] = c[0][..., 0] + W3 * (c[1][..., 2] + c[2][..., 1])
    out[..., 1] = c[0][..., 1] + c[1][..., 0] + W3 * c[2][..., 2]
    out[..., 2] = c[0][..., 2] + c[1][..., 1] + c[2][..., 0]
    return out % P


def power(a: np.ndarray, exponent: int) -> np.ndarray:
    result = np.broadcast_to(UNITS[0], a.shape)
    while exponent:
        if exponent & 1:
            result = mul(result, a)
        a, exponent = mul(a, a), exponent >> 1
    return result


def inverse(a: np.ndarray) -> np.ndarray:
    return power(a, P**3 - 2)


def lift(a: np.ndarray | int) -> np.ndarray:
    """Elements of the base field as elements."""
    return np.asarray(a)[..., None] * UNITS[0]


def at(polynomial: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Values at an element."""
    result = np.zeros((len(polynomial), 3), dtype=np.int64)
    for k in range(polynomial.shape[1] - 1, -1, -1):
        result = (mul(result, point) + polynomial[:, k]) % P
    return result


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of polynomials."""
    out = np.zeros((max(len(a), len(b)), a.shape[1] + b.shape[1] - 1, 3), dtype=np.int64)
    for k in range(a.shape[1]):
        out[:, k : k + b.shape[1]] += mul(a[:, k, None], b)
    return out % P


def total(*terms: np.ndarray) -> np.ndarray:
    """Sum of polynomials of different lengths."""
    out = np.zeros((max(map(len, terms)), max(t.shape[1] for t in terms), 3), dtype=np.int64)
    for term in terms:
        out[:, : term.shape[1]] += term
    return out % P


def times_end(a: np.ndarray, end: int) -> np.ndarray:
    """(X^N - end) a."""
    out = np.zeros((len(a), a.shape[1] + N, 3), dtype=np.int64)
    out[:, N:] += a
    out[:, : a.shape[1]] -= end * a
    return out % P


def over_end(a: np.ndarray, end: int) -> np.ndarray:
    """a / (X^N - end), which must leave nothing."""
    rest = a.copy()
    for k in range(a.shape[1] - 1, N - 1, -1):
        rest[:, k - N] = (rest[:, k - N] + end * rest[:, k]) % P
    assert not rest[:, :N].any()
    return rest[:, N:]


def over_point(a: np.ndarray, point: np.ndarray) -> np.ndarray:
    """(a - a(point)) / (X - point)."""
    out = np.zeros((len(a), a.shape[1] - 1, 3), dtype=np.int64)
    carry = np.zeros((len(a), 3), dtype=np.int64)
    for k in range(a.shape[1] - 1, 0, -1):
        carry = (mul(carry, point) + a[:, k]) % P
        out[:, k - 1] = carry
    return out


def turned(a: np.ndarray) -> np.ndarray:
    """a(g X)."""
    return a * np.array([pow(G, k, P) for k in range(a.shape[1])])[:, None] % P


def interpolated(rows: np.ndarray) -> np.ndarray:
    """Coefficients of polynomials by their values on the rows, (proofs, N, 3)."""
    matrix = [[pow(G, -i * k, P) * pow(N, -1, P) % P for i in range(N)] for k in range(N)]
    return np.einsum("ki,bic->bkc", np.array(matrix), rows) % P


def lagrange(power_n: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The factors of the two chunks, and W, where X^N has a value."""
    first, second = (power_n - end * UNITS[0] for end in ENDS)
    scale = pow(ENDS[0] - ENDS[1], -1, P)
    return [second * scale % P, -first * scale % P], mul(first, second)


def line_at(point: np.ndarray) -> dict[str, np.ndarray]:
    """1 + w X + w^2 X^2 at a point, as a column."""
    line = UNITS[0] + mul(UNITS[1], point) + mul(UNITS[2], mul(point, point))
    return {"line": line[None] % P}


@dataclass
class Challenges:
    """What the verifier draws, and the position."""

    rng: np.random.Generator
    coset: int  # of the position
    values: dict[str, np.ndarray] = field(init=False)
    x: int = field(init=False)

    def __post_init__(self) -> None:
        names = ("z", "alpha", "beta", "delta", "zeta", "gamma")
        self.values = {name: self.rng.integers(1, P, 3) for name in names}
        self.x = SHIFTS[self.coset] * pow(STEP, BLOWUP * int(self.rng.integers(N)), P) % P

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]


class Model:
    """Proofs under given challenges: `real` ones of a witness, and `simulated` ones.

    `without` names masks that the prover leaves out: "main", "lookup", "sums", "chunks", "word".
    """

    def __init__(
        self, challenges: Challenges, rng: np.random.Generator, without: Collection[str] = ()
    ) -> None:
        self.c, self.rng, self.without = challenges, rng, without

    def _random(self, mask: str, *shape: int) -> np.ndarray:
        drawn = self.rng.integers(0, P, shape)
        return drawn * 0 if mask in self.without else drawn

    def _masked(self, mask: str, values: np.ndarray, base: bool) -> np.ndarray:
        r = self._random(mask, len(values), H, 3)
        if base:
            r[..., 1:] = 0
        return total(interpolated(values), times_end(r, 1))

    def _numerator(
        self, column: dict[str, np.ndarray], sums: np.ndarray, zs: np.ndarray
    ) -> np.ndarray:
        """sum_t delta^t sum_j beta^j C_tj S_tj; all are polynomials, or constants at a point."""
        c, result = self.c, []
        one = UNITS[0][None, None]
        for a, acc, u, sign in (("a", "acc", "u", 1), ("b", "bcc", "v", -1)):
            own = column[a]
            values = product(product(total(own, -one), total(own, -2 * one)), total(own, -3 * one))
            finger = total((c["z"] - UNITS[0])[None, None], -mul(own, c["alpha"]))
            mask = product(column[u], column["line"])
            mean = sign * sums[:, None] * pow(N, -1, P) % P
            step = total(column[f"{acc}'"], -column[acc], mean, -mask)
            lookup = total(product(step, finger), -sign * one)
            first = product(column[acc], zs)
            result.append(
                total(values, mul(lookup, c["beta"]), mul(first, mul(c["beta"], c["beta"])))
            )
        return total(result[0], mul(result[1], c["delta"]))

    def real(self, witness: tuple[np.ndarray, np.ndarray], proofs: int) -> np.ndarray:
        """What so many honest proofs show: (proofs, numbers)."""
        c, column = self.c, {"line": UNITS[None]}  # the polynomial 1 + w X + w^2 X^2
        masks, sums = np.zeros((proofs, N), dtype=np.int64), np.zeros((proofs, 3), dtype=np.int64)
        masks[:, :3] = self._random("sums", proofs, 3)
        mu = masks @ LINE % P
        for name, acc, u, own, sign in (
            ("a", "acc", "u", witness[0], 1), ("b", "bcc", "v", witness[1], -1),
        ):  # fmt: skip
            rows = np.broadcast_to(lift(own), (proofs, N, 3))
            column[name] = self._masked("main", rows, True)
            column[u] = self._masked("main", lift(sign * masks % P), True)
            fractions = sign * inverse((c["z"] - UNITS[0] - mul(lift(own), c["alpha"])) % P) % P
            true = fractions.sum(axis=0) % P
            mean = (true + sign * mu) * pow(N, -1, P) % P
            grown = fractions + sign * masks[..., None] * LINE - mean[:, None]
            steps = np.cumsum(grown, axis=1)[:, :-1]
            values = np.concatenate([np.zeros((proofs, 1, 3), np.int64), steps], axis=1) % P
            column[acc] = self._masked("lookup", values, False)
            column[f"{acc}'"] = turned(column[acc])
            if sign == 1:
                sums = (true + mu) % P
        zs = np.broadcast_to(UNITS[0], (1, N, 3))  # Z / (X - 1)
        quotient = over_end(self._numerator(column, sums, zs), 1)
        names = [f"q{j}" for j in range(CHUNKS)]
        numerator = quotient
        for j, name in enumerate(names):
            folded = np.zeros((proofs, N, 3), dtype=np.int64)
            for start in range(0, quotient.shape[1], N):
                part = quotient[:, start : start + N]
                folded[:, : part.shape[1]] += part * pow(ENDS[j], start // N, P)
            t = self._random("chunks", proofs, QUERIES + 1, 3)
            column[name] = total(folded % P, times_end(t, ENDS[j]))
            scale = -pow(ENDS[j] - ENDS[1 - j], -1, P) % P
            numerator = total(numerator, times_end(column[name], ENDS[1 - j]) * scale % P)
        column["r"] = over_end(over_end(numerator, ENDS[0]), ENDS[1])
        assert column["r"].shape[1] <= D
        word = column["p"] = self._random("word", proofs, D, 3)
        x, opened, shown = lift(c.x), {}, [sums]
        weight = c["gamma"]
        for name, point, where in self._opened(names):
            opened[name, where] = at(column[name], point)
            word = total(word, mul(over_point(column[name], point), weight))
            weight = mul(weight, c["gamma"])
        shown += opened.values()
        for name in (*BASE, *EXT, *names, "r", "p"):
            value = at(column[name], x)
            shown.append(value[:, :1] if name in BASE else value)
        return np.concatenate([*shown, word.reshape(proofs, -1)], axis=1)

    def _opened(self, names: list[str]) -> list[tuple[str, np.ndarray, int]]:
        zeta = self.c["zeta"]
        now = [(name, zeta, 0) for name in (*BASE, *EXT, *names, "r")]
        return now + [(name, zeta * G % P, 1) for name in NEXT]

    def simulated(self, proofs: int) -> np.ndarray:
        """The same without a witness."""
        c, names = self.c, [f"q{j}" for j in range(CHUNKS)]
        sums = self.rng.integers(0, P, (proofs, 3))
        x = lift(c.x)
        rows = {name: lift(self.rng.integers(0, P, proofs)) for name in BASE}
        rows |= {name: self.rng.integers(0, P, (proofs, 3)) for name in EXT}
        beyond = {name: self.rng.integers(0, P, (proofs, 3)) for name in NEXT}
        openings = {(name, 0): self.rng.integers(0, P, (proofs, 3)) for name in (*BASE, *EXT)}
        openings |= {(name, 1): self.rng.integers(0, P, (proofs, 3)) for name in NEXT}
        here = {**rows, **{f"{name}'": value for name, value in beyond.items()}}
        chunks = self._chunks(names, x, here, sums)
        there = {name: openings[name, 0] for name in (*BASE, *EXT)}
        there |= {f"{name}'": openings[name, 1] for name in NEXT}
        made = self._chunks(names, c["zeta"], there, sums)
        openings |= {(name, 0): value for name, value in made.items()}
        word = self.rng.integers(0, P, (proofs, D, 3))
        mask, weight = at(word, x), c["gamma"]
        shown = [sums]
        for name, point, where in self._opened(names):
            value, own = openings[name, where], {**rows, **chunks}[name]
            share = mul((value - own) % P, inverse((point - x) % P))
            mask = (mask - mul(share, weight)) % P
            weight = mul(weight, c["gamma"])
            shown.append(value)
        for name in (*BASE, *EXT, *names, "r"):
            value = {**rows, **chunks}[name]
            shown.append(value[:, :1] if name in BASE else value)
        return np.concatenate([*shown, mask, word.reshape(proofs, -1)], axis=1)

    def _chunks(
        self, names: list[str], point: np.ndarray, column: dict[str, np.ndarray], sums: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Chunks and remainder at a point, where Q is what the columns make of it."""
        constants = {name: value[:, None] for name, value in (column | line_at(point)).items()}
        vanishing = (power(point, N) - UNITS[0]) % P
        zs = mul(vanishing, inverse((point - UNITS[0]) % P))[None, None]
        value = mul(self._numerator(constants, sums, zs)[:, 0], inverse(vanishing))
        factors, last = lagrange(power(point, N))
        found = {name: self.rng.integers(0, P, value.shape) for name in names}
        if not last.any():  # on the coset of a chunk
            own = next(j for j, factor in enumerate(factors) if np.array_equal(factor, UNITS[0]))
            found[names[own]] = value
            return {**found, "r": self.rng.integers(0, P, value.shape)}
        for name, factor in zip(names, factors, strict=True):
            value = (value - mul(found[name], factor)) % P
        return {**found, "r": mul(value, inverse(last))}

    def accepts(self, views: np.ndarray) -> np.ndarray:
        """The verifier: for each view, whether both identities hold."""
        c, names = self.c, [f"q{j}" for j in range(CHUNKS)]
        numbers, place = views, 0

        def take(count: int) -> np.ndarray:
            nonlocal place
            place += count
            return numbers[:, place - count : place]

        sums, opened, rows = take(3), self._opened(names), {}
        values = {(name, where): take(3) for name, _, where in opened}
        for name in (*BASE, *EXT, *names, "r", "p"):
            rows[name] = lift(take(1)[:, 0]) if name in BASE else take(3)
        word, x, weight = take(3 * D).reshape(-1, D, 3), lift(c.x), c["gamma"]
        reduced = rows["p"]
        for name, point, where in opened:
            share = mul((values[name, where] - rows[name]) % P, inverse((point - x) % P))
            reduced = (reduced + mul(share, weight)) % P
            weight = mul(weight, c["gamma"])
        deep = (at(word, x) == reduced).all(axis=1)
        column = {name: values[name, 0] for name in (*BASE, *EXT)}
        column |= {f"{name}'": values[name, 1] for name in NEXT}
        made = {name: values[name, 0] for name in (*names, "r")}
        zeta = c["zeta"]
        vanishing = (power(zeta, N) - UNITS[0]) % P
        zs = mul(vanishing, inverse((zeta - UNITS[0]) % P))[None, None]
        constants = {name: value[:, None] for name, value in (column | line_at(zeta)).items()}
        left = mul(self._numerator(constants, sums, zs)[:, 0], inverse(vanishing))
        factors, last = lagrange(power(zeta, N))
        right = mul(made["r"], last)
        for name, factor in zip(names, factors, strict=True):
            right = (right + mul(made[name], factor)) % P
        return deep & (left == right).all(axis=1)
