"""Serial parts from measured thread counts, and what follows for others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Model", "Part", "fit", "fit_part"]


@dataclass(frozen=True)
class Part:
    """A phase: ``serial + shared / n`` seconds on n threads.

    Attributes
    ----------
    serial, shared : float
        Seconds.
    bytes : int
        What must pass through memory at least once.
    """

    serial: float
    shared: float
    bytes: int = 0

    def seconds(self, threads: int, bandwidth: float = math.inf) -> float:
        """On so many threads, with memory of so many bytes per second.

        Examples
        --------
        >>> part = Part(serial=0.5, shared=8.0, bytes=2_000_000_000)
        >>> part.seconds(1), part.seconds(8), part.seconds(8, bandwidth=1e9)
        (8.5, 1.5, 2.0)
        """
        return max(self.serial + self.shared / threads, self.bytes / bandwidth)


@dataclass(frozen=True)
class Model:
    """A proof as the sum of its phases.

    Attributes
    ----------
    parts : dict of str to Part
        Phase -> its parts.
    bandwidth : float
        Bytes per second that the memory gives at most, as measured with all processors.
    """

    parts: dict[str, Part]
    bandwidth: float

    def seconds(self, threads: int, *, bounded: bool = False) -> float:
        """On so many threads; `bounded`: with memory no faster than was measured."""
        limit = self.bandwidth if bounded else math.inf
        return sum(part.seconds(threads, limit) for part in self.parts.values())

    def speedup(self, threads: int, *, bounded: bool = False) -> float:
        """One thread's seconds over those of so many.

        One thread is never held to the memory's speed: it was measured.
        """
        return self.seconds(1) / self.seconds(threads, bounded=bounded and threads > 1)

    @property
    def serial(self) -> float:
        """Share of one thread's seconds that more threads do not shorten."""
        return sum(part.serial for part in self.parts.values()) / self.seconds(1)

    def slowest(self, threads: int, number: int) -> list[str]:
        """Phases that take the most seconds on so many threads."""
        order = sorted(self.parts, key=lambda name: -self.parts[name].seconds(threads))
        return order[:number]


def fit_part(seconds: Mapping[int, float], bytes: int = 0) -> Part:
    """The part that explains a phase's seconds best.

    Parameters
    ----------
    seconds : mapping of int to float
        Threads -> seconds. With one count alone all of it is taken to be shared.
    bytes : int

    Examples
    --------
    >>> fit_part({1: 10.0, 2: 6.0})  # 2 + 8 / n
    Part(serial=2.0, shared=8.0, bytes=0)
    >>> fit_part({1: 10.0, 2: 4.0})  # faster than by half: nothing is serial
    Part(serial=0.0, shared=9.6, bytes=0)
    """
    x = [1 / threads for threads in seconds]
    y = [max(value, 0.0) for value in seconds.values()]  # the rest of a sum can be below zero
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((a - mean_x) ** 2 for a in x)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    shared = slope / spread if spread else mean_y / mean_x
    serial = mean_y - shared * mean_x
    if shared < 0:  # more threads took longer: all of it is serial
        return Part(mean_y, 0.0, bytes)
    if serial < 0 or not spread:  # through the origin
        shared = sum(a * b for a, b in zip(x, y, strict=True)) / sum(a * a for a in x)
        serial = 0.0
    return Part(serial, shared, bytes)


def fit(
    phases: Mapping[int, Mapping[str, float]], bytes: Mapping[str, int], bandwidth: float
) -> Model:
    """A model from the phases of every measured thread count.

    Parameters
    ----------
    phases : mapping of int to mapping
        Threads -> phase -> seconds.
    bytes : mapping of str to int
        Phase -> bytes to move.
    bandwidth : float
    """
    names: Sequence[str] = list(dict.fromkeys(name for found in phases.values() for name in found))
    parts = {
        name: fit_part(
            {threads: found.get(name, 0.0) for threads, found in phases.items()},
            bytes.get(name, 0),
        )
        for name in names
    }
    return Model(parts, bandwidth)
