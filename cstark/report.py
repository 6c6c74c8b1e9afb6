"""Where a proof's time and memory went: a tree of phases with seconds, bytes and counters.

The prover opens a phase for each round and each step in it::

    report = Report()
    with report.phase("commit main"):
        with report.phase("extend"):
            ...
            report.count("cells", rows * columns)

A report belongs to the process that made the proof.  It hangs on `Proof.report`, pickles and
copies with it, and is not part of the proof's bytes: a verifier never sees one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from cstark.text import bytes_text, pairs, table

__all__ = ["Phase", "Report", "buffers_text", "phase_table", "security_text", "shape_table"]


class Meter(Protocol):
    """What measures memory: `cstark.kernels._runtime`, or a stand-in in tests."""

    def peak_bytes(self) -> int:
        """Largest number of bytes held in the kernels' buffers since `reset_peak`."""
        ...

    def peak_buffers(self) -> dict[str, int]:
        """What made up `peak_bytes`: bytes by purpose."""
        ...

    def allocations(self) -> int:
        """Number of buffers made so far."""
        ...

    def reset_peak(self) -> Any:
        """Start a new measurement from the bytes now held."""
        ...


class Phase:
    """One phase: a name, what it cost, and the phases inside it.

    Attributes
    ----------
    name : str
    seconds : float
        Wall time; 0.0 until the phase has ended.
    peak_bytes : int
        Most bytes in the kernels' buffers at any moment of the phase, those that were there
        before it included.
    buffers : dict of str to int
        What `peak_bytes` was made up of: bytes by purpose, largest first.
    counters : dict of str to int
    children : list of Phase
        In order of time.
    """

    __slots__ = ("buffers", "children", "counters", "name", "peak_bytes", "seconds")

    def __init__(self, name: str) -> None:
        self.name = name
        self.seconds = 0.0
        self.peak_bytes = 0
        self.buffers: dict[str, int] = {}
        self.counters: dict[str, int] = {}
        self.children: list[Phase] = []

    def __repr__(self) -> str:
        return f"<Phase {self.name!r}: {self.seconds:.3f} s, {len(self.children)} inside>"

    def note_peak(self, peak_bytes: int, buffers: Mapping[str, int]) -> None:
        """Take a measurement into account."""
        if peak_bytes > self.peak_bytes:
            self.peak_bytes = peak_bytes
            self.buffers = dict(sorted(buffers.items(), key=lambda item: -item[1]))

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Phase]]:
        """This phase and all inside it as (depth, phase), parents first."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    def find(self, name: str) -> Phase | None:
        """The first phase called `name` in this one, itself included; None if there is none."""
        return next((phase for _, phase in self.walk() if phase.name == name), None)

    def total(self, counter: str) -> int:
        """Sum of a counter over this phase and all inside it."""
        return sum(phase.counters.get(counter, 0) for _, phase in self.walk())

    def to_dict(self) -> dict[str, Any]:
        """The phase as plain data."""
        return {
            "name": self.name,
            "seconds": self.seconds,
            "peak_bytes": self.peak_bytes,
            "buffers": dict(self.buffers),
            "counters": dict(self.counters),
            "children": [child.to_dict() for child in self.children],
        }


class Report:
    """A tree of phases, and facts about the proof.

    Parameters
    ----------
    name : str
        Name of the root phase.
    meter : Meter, optional
        What measures memory; default: the kernels' own count of their buffers.

    Attributes
    ----------
    root : Phase
        Its seconds and bytes cover all phases so far.
    facts : dict
        Set by the prover, as plain data.  `str` knows these: ``proof_bytes`` (int), ``tables`` (a
        list of dicts with ``name``, ``log_height`` and numbers of columns), ``security`` (a dict
        as `SecurityReport.to_dict` gives), ``plan`` (the memory plan's name).

    Examples
    --------
    >>> report = Report()
    >>> with report.phase("commit"):
    ...     with report.phase("extend"):
    ...         report.count("cells", 64)
    >>> report.root.children[0].children[0].counters
    {'cells': 64}
    >>> report.root.total("cells")
    64
    """

    def __init__(self, name: str = "prove", *, meter: Meter | None = None) -> None:
        if meter is None:
            from cstark.kernels import _runtime as meter
        self._meter: Meter | None = meter
        meter.reset_peak()  # what was held and freed before is none of this report's business
        self._allocations = meter.allocations()
        self.root = Phase(name)
        self._open = [self.root]
        self.facts: dict[str, Any] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Measure the body of a ``with`` statement as a phase of the one now open.

        The measurement ends when the body does, by an exception or not.
        """
        parent = self._open[-1]
        phase = Phase(name)
        parent.children.append(phase)
        self._note_memory()
        self._open.append(phase)
        start = time.perf_counter()
        try:
            yield phase
        finally:
            phase.seconds = time.perf_counter() - start
            self._note_memory()
            self._open.pop()
            parent.note_peak(phase.peak_bytes, phase.buffers)
            if parent is self.root:
                # Nothing measures the root from outside; between phases there is no work.
                parent.seconds = sum(child.seconds for child in parent.children)

    def _note_memory(self) -> None:
        """Credit the peak and the new buffers since the last note to the innermost open phase."""
        if self._meter is None:
            raise RuntimeError("a report that was pickled or copied cannot be continued")
        self._open[-1].note_peak(self._meter.peak_bytes(), self._meter.peak_buffers())
        self._meter.reset_peak()
        made = self._meter.allocations()
        if made > self._allocations:
            self.count("allocations", made - self._allocations)
        self._allocations = made

    def count(self, name: str, n: int = 1) -> None:
        """Add `n` to a counter of the innermost open phase."""
        counters = self._open[-1].counters
        counters[name] = counters.get(name, 0) + int(n)

    @property
    def current(self) -> Phase:
        """The innermost open phase."""
        return self._open[-1]

    @property
    def outermost(self) -> str:
        """Name of the open phase that is in no other; "" if there is none."""
        return self._open[1].name if len(self._open) > 1 else ""

    @property
    def seconds(self) -> float:
        """Wall time of all phases."""
        return self.root.seconds

    @property
    def peak_bytes(self) -> int:
        """Most bytes held in the kernels' buffers at any moment."""
        return self.root.peak_bytes

    @property
    def buffers(self) -> dict[str, int]:
        """What they were for at that moment, largest first."""
        return self.root.buffers

    def to_dict(self) -> dict[str, Any]:
        """Phases and facts as plain data, ready for `json.dumps`."""
        return {"phases": self.root.to_dict(), "facts": self.facts}

    def __getstate__(self) -> dict[str, Any]:
        # The meter is a module of this process, and the past needs none.
        return {"root": self.root, "facts": self.facts}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.root = state["root"]
        self.facts = state["facts"]
        self._meter = None
        self._open = [self.root]

    def __repr__(self) -> str:
        return f"<Report: {self.seconds:.3f} s, {self.peak_bytes} bytes at most>"

    def __str__(self) -> str:
        parts = [phase_table(self.root)]
        if self.facts.get("tables"):
            parts.append(shape_table(self.facts["tables"]))
        summary = []
        if self.buffers:
            summary.append(("memory", buffers_text(self.buffers)))
        if "plan" in self.facts:
            summary.append(("plan", self.facts["plan"]))
        if "proof_bytes" in self.facts:
            size = self.facts["proof_bytes"]
            summary.append(("proof", f"{size:,} bytes ({bytes_text(size)})"))
        if self.facts.get("security"):
            summary.append(("security", security_text(self.facts["security"])))
        if summary:
            parts.append(pairs(summary))
        return "\n\n".join(parts)


def phase_table(root: Phase) -> str:
    """The phases below `root` as a text table, children indented, the root last as the total."""
    rows = []
    for depth, phase in root.walk():
        if depth:
            share = phase.seconds / root.seconds if root.seconds else 0.0
            rows.append(_phase_row("  " * (depth - 1) + phase.name, phase, f"{share:.1%}"))
    rows.append(_phase_row("total", root, ""))
    return table(["phase", "seconds", "share", "peak memory"], rows)


def _phase_row(name: str, phase: Phase, share: str) -> list[str]:
    return [name, f"{phase.seconds:.3f}", share, bytes_text(phase.peak_bytes)]


def buffers_text(buffers: Mapping[str, int]) -> str:
    """Buffers by purpose in a line; those below a hundredth of all are summed up.

    Examples
    --------
    >>> buffers_text({"main LDE": 3 << 20, "main tree": 1 << 20, "other": 5000})
    'main LDE 3.00 MiB, main tree 1.00 MiB'
    """
    total = sum(buffers.values())
    shown = {name: size for name, size in buffers.items() if 100 * size >= total}
    rest = total - sum(shown.values())
    parts = [f"{name} {bytes_text(size)}" for name, size in shown.items()]
    if 100 * rest >= total:
        parts.append(f"the rest {bytes_text(rest)}")
    return ", ".join(parts)


def shape_table(tables: Sequence[Mapping[str, Any]]) -> str:
    """The ``tables`` fact as a text table; the columns are the numbers that the dicts hold."""
    numbers = [key for key in tables[0] if key not in ("name", "log_height")]
    headers = ["table", "rows", *(key.replace("_", " ") for key in numbers)]
    rows = [
        [item["name"], 1 << item["log_height"], *(item.get(key) for key in numbers)]
        for item in tables
    ]
    return table(headers, rows)


def security_text(security: Mapping[str, Any]) -> str:
    """The ``security`` fact in a line: the bits, what binds them, the part that is grinding."""
    # rounded down: 127.99 must not read as 128
    text = f"{math.floor(10 * security['bits']) / 10:.1f} proven bits"
    details = []
    if security.get("regime"):
        details.append(f"{security['regime']} decoding")
    if security.get("binding"):
        details.append(f"the {security['binding']} term binds")
    if details:
        text += f" ({', '.join(details)})"
    if security.get("grinding") is not None:
        text += f"; {security['grinding']} bits of the query term are grinding"
    return text
