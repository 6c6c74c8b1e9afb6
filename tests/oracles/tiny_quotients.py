"""How a quotient of the tiny protocol is committed to: in chunks and a remainder, or in pieces.

Both say what is committed to of a quotient, what the verifier makes of their values at a point, and
what values the simulator gives them where it knows that of the quotient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tests.oracles.tiny_field import UNITS, P, inverse, mul, over_end, power, times_end, total

Draw = Callable[..., np.ndarray]
"""Elements, of a shape."""


@dataclass(frozen=True)
class Chunks:
    """Of a code that is as tall as its tallest table.

    Attributes
    ----------
    code : int
    n : int
        N, of the code and of its tallest table.
    ends : tuple of int
        What X^N is on the two cosets.
    mask : int
        Random coefficients of a chunk: s + 1.
    """

    code: int
    n: int
    ends: tuple[int, int]
    mask: int

    @property
    def names(self) -> list[str]:
        """Of the chunks, and of the remainder, the last."""
        return [*(f"q{self.code}{j}" for j in range(len(self.ends))), f"r{self.code}"]

    def commit(self, quotient: np.ndarray, random: Draw) -> dict[str, np.ndarray]:
        *names, last = self.names
        found: dict[str, np.ndarray] = {}
        numerator = quotient
        for j, name in enumerate(names):
            folded = np.zeros((len(quotient), self.n, 3), dtype=np.int64)
            for start in range(0, quotient.shape[1], self.n):
                part = quotient[:, start : start + self.n]
                folded[:, : part.shape[1]] += part * pow(self.ends[j], start // self.n, P)
            t = random("chunks", len(quotient), self.mask, 3)
            found[name] = total(folded % P, times_end(t, self.n, self.ends[j]))
            scale = -pow(self.ends[j] - self.ends[1 - j], -1, P) % P
            other = times_end(found[name], self.n, self.ends[1 - j])
            numerator = total(numerator, other * scale % P)
        found[last] = over_end(over_end(numerator, self.n, self.ends[0]), self.n, self.ends[1])
        return found

    def value(self, point: np.ndarray, values: Mapping[str, np.ndarray]) -> np.ndarray:
        *names, last = self.names
        factors, vanishing = self._lagrange(point)
        result = mul(values[last], vanishing)
        for name, factor in zip(names, factors, strict=True):
            result = (result + mul(values[name], factor)) % P
        return result

    def simulated(self, point: np.ndarray, value: np.ndarray, draw: Draw) -> dict[str, np.ndarray]:
        *names, last = self.names
        factors, vanishing = self._lagrange(point)
        found = {name: draw(len(value)) for name in names}
        if not vanishing.any():  # on the coset of a chunk
            own = next(j for j, factor in enumerate(factors) if np.array_equal(factor, UNITS[0]))
            found[names[own]] = value
            return {**found, last: draw(len(value))}
        for name, factor in zip(names, factors, strict=True):
            value = (value - mul(found[name], factor)) % P
        return {**found, last: mul(value, inverse(vanishing))}

    def _lagrange(self, point: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """The factors of the two chunks, and W."""
        raised = power(point, self.n)
        first, second = (raised - end * UNITS[0] for end in self.ends)
        scale = pow(self.ends[0] - self.ends[1], -1, P)
        return [second * scale % P, -first * scale % P], mul(first, second)


@dataclass(frozen=True)
class Pieces:
    """Of a code that is taller than all its tables.

    Attributes
    ----------
    code : int
    height : int
        M, of the code.
    length : int
        Coefficients of the quotient, at most.
    mask : int
        Random coefficients between two pieces: s + 1.
    """

    code: int
    height: int
    length: int
    mask: int

    @property
    def stride(self) -> int:
        """T."""
        return self.height - self.mask

    @property
    def names(self) -> list[str]:
        """Of the pieces: the fewest that hold the quotient."""
        count = 1
        while count * self.stride + self.mask < self.length:
            count += 1
        return [f"p{self.code}{i}" for i in range(count)]

    def commit(self, quotient: np.ndarray, random: Draw) -> dict[str, np.ndarray]:
        assert quotient.shape[1] <= self.length
        names, found = self.names, {}
        below = np.zeros((len(quotient), 1, 3), dtype=np.int64)  # t_(i - 1)
        for i, name in enumerate(names):
            last = name == names[-1]
            end = None if last else (i + 1) * self.stride
            piece = total(quotient[:, i * self.stride : end], -below)
            if not last:
                below = random("pieces", len(quotient), self.mask, 3)
                shifted = np.pad(below, ((0, 0), (self.stride, 0), (0, 0)))
                piece = total(piece, shifted)
            assert piece.shape[1] <= self.height
            found[name] = piece
        return found

    def value(self, point: np.ndarray, values: Mapping[str, np.ndarray]) -> np.ndarray:
        step, result = power(point, self.stride), np.zeros(3, dtype=np.int64)
        for name in reversed(self.names):
            result = (mul(result, step) + values[name]) % P
        return result

    def simulated(self, point: np.ndarray, value: np.ndarray, draw: Draw) -> dict[str, np.ndarray]:
        *names, last = self.names
        found = {name: draw(len(value)) for name in names}
        left = (value - self.value(point, {**found, last: np.zeros_like(value)})) % P
        return {**found, last: mul(left, inverse(power(point, self.stride * len(names))))}
