"""The tables, the picture's curves, and plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from compare.machine import Load, busy_warnings
from compare.show import amount, machine_text, markdown_table

from scaling.arguments import COUNTS, Subject
from scaling.model import Model, fit
from scaling.plot import Curve

__all__ = ["Result", "Scaling"]

HEAD = ("threads", "seconds", "speed-up", "processor seconds", "model, memory as here", "unbounded")
SLOWEST = 5  # phases that are named
#: Spread of the times of one number of threads beyond which the report warns.
SPREAD = 0.1


@dataclass(frozen=True)
class Result:
    """A statement with its runs.

    Attributes
    ----------
    subject : Subject
    runs : mapping of int to list of dict
        Threads -> what `sample` printed, run by run.
    bandwidth : float
        Bytes per second that all processors copied.
    """

    subject: Subject
    runs: Mapping[int, list[dict[str, Any]]]
    bandwidth: float

    def middle(self, threads: int, name: str) -> float:
        """Median of a number over the runs."""
        return median(run[name] for run in self.runs[threads])

    def speedup(self, threads: int) -> float:
        """Measured: seconds of one thread over those of so many."""
        return self.middle(1, "seconds") / self.middle(threads, "seconds")

    @cached_property
    def model(self) -> Model:
        """Fitted to every measured number of threads."""
        phases = {
            threads: {
                name: median(run["phases"].get(name, 0.0) for run in runs)
                for name in dict.fromkeys(name for run in runs for name in run["phases"])
            }
            for threads, runs in self.runs.items()
        }
        return fit(phases, self.runs[1][0]["bytes"], self.bandwidth)

    def curve(self, up_to: int) -> Curve:
        """For the picture; the model goes on from the last measured number of threads."""
        measured = [(threads, self.speedup(threads)) for threads in self.runs]
        last = max(self.runs)
        counts = [last, *(count for count in shown(up_to) if count > last)]
        modelled = [(n, self.model.speedup(n, bounded=True), self.model.speedup(n)) for n in counts]
        return Curve(str(self.subject), measured, modelled if len(counts) > 1 else [])


@dataclass(frozen=True)
class Scaling:
    """All results.

    Attributes
    ----------
    results : list of Result
    up_to : int
        Most threads shown.
    load : Load
    machine : dict
        As `compare.machine.describe` gives it.
    """

    results: list[Result]
    up_to: int
    load: Load
    machine: dict[str, Any]

    @property
    def warnings(self) -> list[str]:
        """What makes the numbers doubtful."""
        found = []
        for result in self.results:
            for threads, runs in result.runs.items():
                times = [run["seconds"] for run in runs]
                width = (max(times) - min(times)) / median(times)
                if width > SPREAD:
                    found.append(
                        f"{result.subject}: the times with {named(threads)} spread by {width:.0%}"
                    )
        most = max(max(result.runs) for result in self.results)
        return found + busy_warnings(self.load, None, most, self.machine["processors"])

    def markdown(self) -> str:
        """The tables for a reader."""
        parts = []
        for result in self.results:
            first = result.runs[1]
            parts.append(f"### {result.subject} (medians of {len(first)})")
            parts.append(markdown_table(HEAD, self._rows(result)))
            parts.append(self._serial(result))
        parts += ["\n".join(f"- ⚠️ {line}" for line in self.warnings)] if self.warnings else []
        run = self.results[0].runs[1][0]
        facts = [
            "model: each phase is fitted as a serial part and a shared one; not a measurement. "
            f"Memory as here: {self.results[0].bandwidth / 1e9:.1f} GB/s, copied by all "
            "processors at once; unbounded: memory that keeps up",
            f"{run['isa']} code; machine: {machine_text(self.machine)}",
            f"load: {self.load}",
        ]
        return "\n\n".join([*parts, "\n".join(f"- {fact}" for fact in facts)])

    def _rows(self, result: Result) -> list[list[str]]:
        rows = []
        for threads in shown(self.up_to, result.runs):
            bounded, free = (result.model.speedup(threads, bounded=b) for b in (True, False))
            if threads in result.runs:
                seconds = result.middle(threads, "seconds")
                cpu = result.middle(threads, "cpu_seconds")
                measured = [
                    amount("seconds", seconds, seconds),
                    f"{result.speedup(threads):.2f}",
                    amount("seconds", cpu, cpu),
                ]
            else:
                measured = ["", "", ""]
            rows.append([str(threads), *measured, f"{bounded:.2f}", f"{free:.2f}"])
        return rows

    def _serial(self, result: Result) -> str:
        model, most = result.model, shown(self.up_to, result.runs)[-1]
        phases = ", ".join(
            f"{name} {model.parts[name].seconds(most) / model.seconds(most):.0%}"
            for name in model.slowest(most, SLOWEST)
        )
        share = f"{model.serial:.1%} of one thread's time is serial by the model"
        if len(result.runs) == 1:
            share = "one number of threads tells nothing of serial parts: the model takes all to be"
            return f"{share} shared"
        return f"{share}; on {named(most)} it goes to {phases}"

    def to_dict(self) -> dict[str, Any]:
        """Every run, and what was made of them."""
        return {
            "results": [
                {
                    "subject": str(result.subject),
                    "runs": {str(threads): runs for threads, runs in result.runs.items()},
                    "speedup": {str(n): result.speedup(n) for n in result.runs},
                    "bandwidth": result.bandwidth,
                    "model": {
                        "is": "a model, not a measurement",
                        "serial_share": result.model.serial,
                        "parts": {name: vars(part) for name, part in result.model.parts.items()},
                        "speedup": {
                            str(n): {
                                "memory as here": result.model.speedup(n, bounded=True),
                                "unbounded": result.model.speedup(n),
                            }
                            for n in shown(self.up_to, result.runs)
                        },
                    },
                }
                for result in self.results
            ],
            "warnings": self.warnings,
            "machine": self.machine,
            "load": vars(self.load),
        }


def shown(up_to: int, measured: Mapping[int, Any] | None = None) -> list[int]:
    """Thread counts of the tables: the usual ones, the last, and those that were measured."""
    return sorted({*(n for n in COUNTS if n <= up_to), up_to, *(measured or ())})


def named(threads: int) -> str:
    """The number with its noun."""
    return "1 thread" if threads == 1 else f"{threads} threads"
