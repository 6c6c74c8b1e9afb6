"""An account of buffers: what is held at each moment, under the labels of the report of a proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cstark.cost import work
from cstark.kernels import _runtime

__all__ = ["Account", "PhaseMemory"]


@dataclass(frozen=True)
class PhaseMemory:
    """The buffers of a phase at the moment when they are largest, and its work.

    Attributes
    ----------
    name : str
        The same name as in the report of a proof.
    buffers : dict of str to int
        Bytes by what they are for, largest first.
    work : float
        Expected work, in the unit of `cstark.cost.work`.
    """

    name: str
    buffers: dict[str, int]
    work: float = 0.0

    @property
    def peak_bytes(self) -> int:
        """Bytes of all buffers of the phase together."""
        return sum(self.buffers.values())


class Account:
    """Bytes by label, and the work of each phase."""

    def __init__(self) -> None:
        self.phases: list[PhaseMemory] = []
        self._live: dict[str, int] = {}
        self._peak: dict[str, int] = {}
        self._work = 0.0
        # What the process has of memory already: blocks that wait, and what the machine holds.
        self._mapped = _runtime.waiting_bytes()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._peak, self._work = dict(self._live), 0.0
        yield
        order = sorted(self._peak, key=lambda label: -self._peak[label])
        buffers = {k: self._peak[k] for k in order if self._peak[k]}
        self.phases.append(PhaseMemory(name, buffers, self._work))

    def hold(self, label: str, size: int) -> None:
        self._live[label] = self._live.get(label, 0) + size
        total = sum(self._live.values())
        if total > sum(self._peak.values()):
            self._peak = dict(self._live)
        if size >= _runtime.SYSTEM_BYTES and total > self._mapped:
            self._work += work.touching(total - self._mapped)
            self._mapped = total

    def drop(self, label: str, size: int) -> None:
        self._live[label] = self._live.get(label, 0) - size

    @contextmanager
    def briefly(self, label: str, size: int) -> Iterator[None]:
        self.hold(label, size)
        yield
        self.drop(label, size)

    def scratch(self, size: int) -> None:
        with self.briefly("other", size):
            pass
