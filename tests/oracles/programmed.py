"""A transcript whose answers are known beforehand: the random oracle, programmed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import shake_256

from cstark.field import Element, P
from cstark.protocol.transcript import Transcript
from tests.attacks.toolkit import swapped


class Programmed(Transcript):
    """Draws by the label alone; what is absorbed does not matter."""

    seed = b"answers"

    def _stream(self, label: str, count: int) -> list[int]:
        data = shake_256(self.seed + label.encode()).digest(8 * count)
        return [int.from_bytes(data[8 * k : 8 * k + 8], "little") for k in range(count)]

    def extension(self, label: str) -> Element:
        first, second, third = (word % P for word in self._stream(label, 3))
        return (first, second, third)

    def extension_outside_base(self, label: str) -> Element:
        return self.extension(label)

    def positions(self, label: str, count: int, bits: int) -> list[int]:
        return [word & ((1 << bits) - 1) for word in self._stream(label, count)]


@contextmanager
def programmed() -> Iterator[None]:
    """Provers and verifiers that take the programmed answers."""
    with swapped(Transcript, Programmed):
        yield
