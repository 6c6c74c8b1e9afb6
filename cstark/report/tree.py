"""The tree of phases, and what measures it.

The prover opens a phase for each round and each step in it::

    report = Report()
    with report.phase("commit main"):
        with report.phase("extend"):
            ...
            report.count("cells", rows * columns)
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from operator import itemgetter
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from cstark.errors import CstarkError
from cstark.report.text import profile_text, report_text

if TYPE_CHECKING:
    from cstark.report.compare import Comparison

__all__ = ["Meter", "Phase", "Report", "Sample"]


class Meter(Protocol):
    """What measures memory: `cstark.kernels._runtime`, or a stand-in in tests."""

    def live_bytes(self) -> int:
        """Number of bytes now held in the kernels' buffers."""
        ...

    def peak_bytes(self) -> int:
        """Largest number of bytes held in the kernels' buffers since `reset_peak`."""
        ...

    def peak_buffers(self) -> dict[str, int]:
        """What made up `peak_bytes`: bytes by purpose."""
        ...

    def allocations(self) -> int:
        """Number of buffers made so far."""
        ...

    def reset_peak(self) -> object:
        """Start a new measurement from the bytes now held."""
        ...


def _kernels() -> Meter:
    from cstark.kernels import _runtime

    return _runtime


class Sample(NamedTuple):
    """Memory where a phase begins or ends.

    Attributes
    ----------
    seconds : float
        Since the report began.
    peak_bytes : int
        Most bytes in the kernels' buffers since the sample before.
    live_bytes : int
        Bytes in them now.
    """

    seconds: float
    peak_bytes: int
    live_bytes: int


class Phase:
    """One phase: a name, what it cost, and the phases inside it.

    Attributes
    ----------
    name : str
    start : float
        Seconds from the beginning of the report to that of the phase.
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

    __slots__ = ("buffers", "children", "counters", "name", "peak_bytes", "seconds", "start")

    def __init__(self, name: str, start: float = 0.0) -> None:
        self.name = name
        self.start = start
        self.seconds = 0.0
        self.peak_bytes = 0
        self.buffers: dict[str, int] = {}
        self.counters: dict[str, int] = {}
        self.children: list[Phase] = []

    def __repr__(self) -> str:
        return f"<Phase {self.name!r}: {self.seconds:.3f} s, {len(self.children)} inside>"

    def note_peak(self, peak_bytes: int, buffers: Mapping[str, int]) -> None:
        """Take a measurement into account: its buffers, largest first."""
        if peak_bytes > self.peak_bytes:
            self.peak_bytes = peak_bytes
            self.buffers = dict(buffers)

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
            "start": self.start,
            "seconds": self.seconds,
            "peak_bytes": self.peak_bytes,
            "buffers": dict(self.buffers),
            "counters": dict(self.counters),
            "children": [child.to_dict() for child in self.children],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The phase of `to_dict`."""
        phase = cls(str(data["name"]), float(data["start"]))
        phase.seconds = float(data["seconds"])
        phase.peak_bytes = int(data["peak_bytes"])
        phase.buffers = {str(name): int(size) for name, size in data["buffers"].items()}
        phase.counters = {str(name): int(count) for name, count in data["counters"].items()}
        phase.children = [cls.from_dict(child) for child in data["children"]]
        return phase


class _Measured(AbstractContextManager[Phase]):
    """What `Report.phase` returns."""

    __slots__ = ("_name", "_phase", "_report")

    def __init__(self, report: Report, name: str) -> None:
        self._report = report
        self._name = name

    def __enter__(self) -> Phase:
        self._phase = self._report._begin(self._name)
        return self._phase

    def __exit__(self, *raised: object) -> None:
        self._report._end(self._phase)


class Report:
    """A tree of phases, and facts about the proof.

    Printed, it shows time, share and memory of the phases; a notebook shows a tree that opens and
    closes. `plot` draws it, `compare` lays another one beside it.

    Parameters
    ----------
    name : str
        Name of the root phase.
    meter : Meter, optional
        What measures memory; by default the kernels' own count of their buffers.

    Attributes
    ----------
    root : Phase
        Its seconds and bytes cover all phases so far.
    facts : dict
        Set by the prover, as plain data.  `str` knows these: ``proof_bytes`` (int), ``tables`` (a
        list of dicts with ``name``, ``log_height`` and numbers of columns), ``security`` (a dict
        as `SecurityReport.to_dict` gives), ``plan`` (the memory plan's name), ``threads`` and
        ``isa`` (what it ran with).
    samples : list of Sample
        Memory at every beginning and end of a phase, in order of time.

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
        found = _kernels() if meter is None else meter
        self._meter: Meter | None = found
        found.reset_peak()  # what was held and freed before is none of this report's business
        self._allocations = found.allocations()
        self._began = time.perf_counter()
        self.samples = [Sample(0.0, found.live_bytes(), found.live_bytes())]
        self.root = Phase(name)
        self._open = [self.root]
        self.facts: dict[str, Any] = {}

    def phase(self, name: str) -> AbstractContextManager[Phase]:
        """Measure the body of a ``with`` statement as a phase of the one now open.

        The measurement ends when the body does, by an exception or not.

        Parameters
        ----------
        name : str

        Returns
        -------
        context manager
            Of the `Phase`.
        """
        return _Measured(self, name)

    def _begin(self, name: str) -> Phase:
        phase = Phase(name, self._note_memory())
        self._open[-1].children.append(phase)
        self._open.append(phase)
        return phase

    def _end(self, phase: Phase) -> None:
        phase.seconds = self._note_memory() - phase.start
        self._open.pop()
        parent = self._open[-1]
        parent.note_peak(phase.peak_bytes, phase.buffers)
        if parent is self.root:
            # Nothing measures the root from outside; between phases there is no work.
            parent.seconds = sum([child.seconds for child in parent.children])

    def _note_memory(self) -> float:
        """Credit the peak and the new buffers since the last note to the innermost open phase.

        Returns the seconds since the report began.
        """
        if self._meter is None:
            raise RuntimeError("a report that was pickled or copied cannot be continued")
        now = time.perf_counter() - self._began
        peak = self._meter.peak_bytes()
        self.samples.append(Sample(now, peak, self._meter.live_bytes()))
        if peak > self._open[-1].peak_bytes:  # what it is made of is asked for only then
            buffers = self._meter.peak_buffers()
            largest = dict(sorted(buffers.items(), key=itemgetter(1), reverse=True))
            self._open[-1].note_peak(peak, largest)
        self._meter.reset_peak()
        made = self._meter.allocations()
        if made > self._allocations:
            self.count("allocations", made - self._allocations)
        self._allocations = made
        return now

    def count(self, name: str, n: int = 1) -> None:
        """Add to a counter of the innermost open phase.

        Parameters
        ----------
        name : str
            Name of the counter.
        n : int
            What is added.
        """
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
        """Give phases and facts as plain data, for `json.dumps`.

        Returns
        -------
        dict
        """
        return {
            "phases": self.root.to_dict(),
            "samples": [list(sample) for sample in self.samples],
            "facts": self.facts,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The report of `to_dict`, which cannot be continued; other keys are ignored.

        What ``cstark prove --json`` prints is such a dictionary.

        Parameters
        ----------
        data : mapping

        Returns
        -------
        Report

        Raises
        ------
        CstarkError
            If it is not one.
        """
        report = cls.__new__(cls)
        try:
            report.__setstate__(
                {
                    "root": Phase.from_dict(data["phases"]),
                    "samples": [Sample(float(s), int(p), int(b)) for s, p, b in data["samples"]],
                    "facts": dict(data["facts"]),
                }
            )
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise CstarkError(
                f"this is not the data of a report ({type(error).__name__}: {error}); "
                "`Report.to_dict` and `cstark prove --json` make it"
            ) from None
        return report

    def __getstate__(self) -> dict[str, Any]:
        # The meter is a module of this process, and the past needs none.
        return {"root": self.root, "samples": self.samples, "facts": self.facts}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.root = state["root"]
        self.samples = state["samples"]
        self.facts = state["facts"]
        self._meter = None
        self._open = [self.root]

    def __repr__(self) -> str:
        return f"<Report: {self.seconds:.3f} s, {self.peak_bytes} bytes at most>"

    def __str__(self) -> str:
        return report_text(self)

    def _repr_html_(self) -> str:
        """The tree for a notebook."""
        from cstark.report.html import report_html

        return report_html(self)

    def profile(self) -> str:
        """The text of the report with all that was measured of each phase.

        Besides time, share and memory: how many buffers were made, and which were the largest when
        memory was at its peak.
        """
        return profile_text(self)

    def compare(self, other: Report, names: tuple[str, str] = ("this", "other")) -> Comparison:
        """This report beside another, phase by phase.

        Parameters
        ----------
        other : Report
            The report to lay beside this one.
        names : tuple of str
            What to call the two.

        Returns
        -------
        Comparison
            Printed, a table; its ratios are `other`'s seconds over this one's.

        Examples
        --------
        >>> a, b = Report(), Report()
        >>> for report, names in ((a, ["commit"]), (b, ["commit", "open"])):
        ...     for name in names:
        ...         with report.phase(name):
        ...             pass
        >>> [row.name for row in a.compare(b).rows]
        ['commit', 'open', 'total']
        """
        from cstark.report.compare import compare

        if not isinstance(other, Report):
            raise CstarkError(
                f"a report is compared with a report, not {type(other).__name__}; that of a proof "
                "is proof.report, where it was made"
            )
        return compare(self, other, names)

    def plot(self, ax: Any = None) -> Any:
        """Draw the phases over time, and memory over time below; needs matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, optional
            Where to draw: the phases on the first, memory on the second. With one, the phases
            alone. Default: a new figure.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImportError
            If matplotlib is not installed: ``pip install matplotlib``.
        """
        from cstark.report.plot import plot

        return plot(self, ax)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the report to a file.

        Parameters
        ----------
        path : path-like
            Its suffix chooses the kind: ``.json`` for `Report.load`, ``.html`` a page, ``.png``,
            ``.svg`` or ``.pdf`` the drawing of `plot`.

        Raises
        ------
        CstarkError
            For any other suffix.
        """
        from cstark.report.files import save

        save(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Report:
        """The report in a JSON file, as `save` or ``cstark prove --json`` write it.

        Parameters
        ----------
        path : path-like

        Returns
        -------
        Report

        Raises
        ------
        CstarkError
            If the file holds something else.
        """
        from cstark.report.files import load

        return load(path)
