"""The comparison as Markdown and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from compare.machine import Load, busy_warnings
from compare.numbers import CONFIDENCE, Ratio, median, paired_ratio, spread
from compare.show import amount, machine_text, markdown_table, ratio_text

from cstark.security import show_bits
from peers.contests import Contender, Contest, Parameters
from peers.runs import Run
from peers.statements import Statement

__all__ = ["Comparison", "Line"]

#: Spread of a contender's times beyond which the report warns.
SPREAD = 0.1


@dataclass(frozen=True)
class Line:
    """A contender with its runs.

    Attributes
    ----------
    contender : Contender
    runs : list of Run
    """

    contender: Contender
    runs: list[Run]

    def all(self, name: str) -> list[float]:
        """A number of every run."""
        return [run[name] for run in self.runs]

    def middle(self, name: str, unit: str) -> str:
        """The median of a number, as text; empty where it is not known."""
        values = [value for value in self.all(name) if value is not None]
        return amount(unit, median(values), median(values)) if values else ""


@dataclass(frozen=True)
class Comparison:
    """What was measured.

    Attributes
    ----------
    threads : int
    target_cpu : str
    contests : list of (Contest, list of Line)
    notes : list of str
        What was left out.
    load : Load
    machine : dict
        As `compare.machine.describe` gives it, with the compilers.
    """

    threads: int
    target_cpu: str
    contests: list[tuple[Contest, list[Line]]]
    notes: list[str]
    load: Load
    machine: dict[str, Any]

    @property
    def judged(self) -> str:
        """The measurement that ratios compare."""
        return f"prove_{self.clock}"

    @property
    def clock(self) -> str:
        """Processor seconds are told apart from a neighbour's only where one thread runs."""
        return "cpu_seconds" if self.threads == 1 else "seconds"

    def ratio(self, lines: Sequence[Line], index: int) -> Ratio | None:
        """How much longer a line takes than the first of its contest; None for the first."""
        return (
            paired_ratio(lines[0].all(self.judged), lines[index].all(self.judged))
            if index
            else None
        )

    @cached_property
    def warnings(self) -> list[str]:
        """What makes the numbers doubtful."""
        found = list(self.notes)
        for contest, lines in self.contests:
            for line in lines:
                width = spread(line.all(self.judged))
                if width > SPREAD:
                    who = f"{line.contender} with {line.contender.hash}"
                    found.append(f"{contest.title}: the times of {who} spread by {width:.0%}")
        cores = self.machine["processors"]
        return found + busy_warnings(self.load, None, self.threads, cores)

    def markdown(self) -> str:
        """The comparison for a reader."""
        first = self.contests[0][1][0]
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        parts: list[str] = []
        for contest, lines in self.contests:
            title = str(contest.statement)
            heading = f"### {title[0].upper()}{title[1:]}, {threads} (medians of {len(first.runs)})"
            parts += [heading] if heading not in parts else []
            parts += [f"{contest.title}: {terms(lines[0].contender.parameters)}"]
            parts += [self._table(contest.statement, lines)]
        parts += ["\n".join(f"- ⚠️ {line}" for line in self.warnings)] if self.warnings else []
        parts.append("\n".join(f"- {line}" for line in self._facts()))
        return "\n\n".join(parts)

    def _table(self, statement: Statement, lines: Sequence[Line]) -> str:
        body = []
        for index, line in enumerate(lines):
            run, contender = line.runs[0], line.contender
            ratio = self.ratio(lines, index)
            body.append(
                [
                    f"{contender}",
                    f"{contender.hash}, {run['isa']}",
                    str(contender.parameters.queries),
                    show_bits(contender.security(statement).bits),
                    line.middle("prove_seconds", "seconds"),
                    line.middle("prove_cpu_seconds", "seconds"),
                    "1" if ratio is None else ratio_text(ratio),
                    line.middle(f"verify_{self.clock}", "seconds"),
                    line.middle("proof_bytes", "bytes"),
                    line.middle("peak_bytes", "memory"),
                ]
            )
        return markdown_table(HEAD, body)

    def _facts(self) -> list[str]:
        judged = "processor seconds" if self.clock == "cpu_seconds" else "seconds"
        runs: dict[str, None] = {}
        versions: dict[str, str] = {}
        for _, lines in self.contests:
            for line in lines:
                contender, own = line.contender, line.runs[0]["own_bits"]
                key = f"{contender.prover} {max(own.values())} ({contender.parameters.queries})"
                runs[key] = None
                versions[contender.prover] = line.runs[0]["version"]
        first = self.contests[0][1][0].runs[0]
        return [
            f"ratio: {judged} of the line by those of cstark in the same group, geometric mean of "
            f"the rounds with its {CONFIDENCE:.0%} interval; above 1, cstark is faster; verify: "
            f"{judged}, from bytes to a verdict",
            "proven bits: cstark's estimator for all; by each prover's own, with so many queries: "
            + ", ".join(runs),
            "versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()),
            f"the Rust programs are compiled for {self.target_cpu} with {self.machine['rustc']}; "
            f"cstark runs its {first['isa']} code; peers get huge pages from their allocator, as "
            "cstark asks for them",
            f"machine: {machine_text(self.machine)}",
            f"load: {self.load}",
        ]

    def to_dict(self) -> dict[str, Any]:
        """The comparison for a program: every run, and what was made of them."""
        return {
            "threads": self.threads,
            "target_cpu": self.target_cpu,
            "judged": self.judged,
            "confidence": CONFIDENCE,
            "contests": [
                {
                    "title": contest.title,
                    "statement": str(contest.statement),
                    "lines": [
                        {
                            **asdict(line.contender),
                            "security": line.contender.security(contest.statement).to_dict(),
                            "ratio": None if ratio is None else vars(ratio),
                            "runs": line.runs,
                        }
                        for index, line in enumerate(lines)
                        for ratio in [self.ratio(lines, index)]
                    ],
                }
                for contest, lines in self.contests
            ],
            "warnings": self.warnings,
            "machine": self.machine,
            "load": vars(self.load),
        }


HEAD = (
    "prover",
    "hash, vectors",
    "queries",
    "proven bits",
    "prove",
    "processor",
    "ratio",
    "verify",
    "proof",
    "peak memory",
)


def terms(parameters: Parameters) -> str:
    """What the contenders of a contest have in common; their queries may differ."""
    grinding = f"{parameters.grinding} bits of grinding" if parameters.grinding else "no grinding"
    return (
        f"blowup {parameters.blowup}, {grinding}, FRI by {parameters.fri_arity} down to "
        f"{parameters.final_length} coefficient{'' if parameters.final_length == 1 else 's'}"
    )
