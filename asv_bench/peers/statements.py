"""What is proved: the Fibonacci pairs, and the tables that exchange messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

import cstark as cs
from cstark.machines.fib_pair import FibonacciPairs
from cstark.machines.lookup_bench import LookupBench
from cstark.security import Shape

if TYPE_CHECKING:
    from peers.contests import Parameters

__all__ = ["Exchange", "Pairs", "Statement"]


class Statement(Protocol):
    """What the contenders of a contest prove."""

    def __str__(self) -> str: ...
    @property
    def log_heights(self) -> list[int]:
        """Log2 of the height of each table."""

    def words(self) -> dict[str, object]:
        """The statement as the Rust programs take it."""

    def request(self) -> dict[str, Any]:
        """The statement as `peers.ours` takes it."""

    def why_not(self, prover: str) -> str | None:
        """Why this prover has no such statement, if it has not."""

    def shape(self, prover: str, parameters: Parameters) -> Shape:
        """The statement as cstark's estimator takes it."""

    def write(self) -> None:
        """Make the files that the Rust programs read, if there are any."""


@dataclass(frozen=True)
class Pairs:
    """The Fibonacci pairs: 2^`log_rows` rows of `columns`, two for each sequence."""

    log_rows: int
    columns: int

    def __str__(self) -> str:
        return f"Fibonacci pairs, 2^{self.log_rows} rows x {self.columns} columns"

    @property
    def log_heights(self) -> list[int]:
        return [self.log_rows]

    def words(self) -> dict[str, object]:
        return asdict(self)

    def request(self) -> dict[str, Any]:
        return {"pairs": asdict(self)}

    def why_not(self, prover: str) -> str | None:
        if prover == "winterfell" and self.columns > 254:
            return f"winterfell is left out: it has no tables of {self.columns} columns"
        return None

    def shape(self, prover: str, parameters: Parameters) -> Shape:
        tables = {"fib": FibonacciPairs(1 << self.log_rows, self.columns // 2)}
        # Each column is opened at two points.  There is one quotient, three base columns in
        # Plonky3, a column of the extension in winterfell, which draws one coefficient for both
        # points.
        terms = {"plonky3": 2 * self.columns + 3, "winterfell": 2 * self.columns + 1}
        return shape_of(tables, parameters, terms.get(prover))

    def write(self) -> None:
        pass


@dataclass(frozen=True)
class Exchange:
    """Four tables of 34 columns and 16 messages a row: `cstark.machines.lookup_bench`.

    All provers prove the same rows, which are written to a file for those that are not Python.

    Attributes
    ----------
    scale : int
        Halvings of tables of 2^18, 2^16, 2^15 and 2^12 rows.
    folder : Path
        For the file of traces.
    """

    scale: int
    folder: Path

    def __str__(self) -> str:
        logs = ", ".join(f"2^{log}" for log in self.log_heights)
        return f"lookups, tables of {logs} rows x 34 columns, 16 messages a row"

    @property
    def log_heights(self) -> list[int]:
        return [air.rows.bit_length() - 1 for air in self._tables.values()]

    @property
    def file(self) -> Path:
        """The cells: little-endian words, row by row, the tables one after the other."""
        return self.folder / f"exchange-{self.scale}.u64"

    def words(self) -> dict[str, object]:
        return {"scale": self.scale, "traces": self.file}

    def request(self) -> dict[str, Any]:
        return {"exchange": {"scale": self.scale}}

    def why_not(self, prover: str) -> str | None:
        return "winterfell has no lookups" if prover == "winterfell" else None

    def shape(self, prover: str, parameters: Parameters) -> Shape:
        # In each table of Plonky3: 34 columns at two points, nine columns of the extension for
        # lookups (three base columns each) at two points, two quotient chunks of three base
        # columns.
        terms = {"plonky3": len(self.log_heights) * (2 * 34 + 2 * 9 * 3 + 2 * 3)}
        return shape_of(self._tables, parameters, terms.get(prover))

    @cached_property
    def _tables(self) -> Mapping[str, cs.Air]:
        return LookupBench.statement({"scale": self.scale}).tables

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        traces = LookupBench(scale=self.scale).prepare().traces
        with open(self.file, "wb") as file:
            for trace in traces.values():
                np.ascontiguousarray(trace, dtype="<u8").tofile(file)


def shape_of(tables: Mapping[str, cs.Air], parameters: Parameters, terms: int | None) -> Shape:
    """What cstark's estimator sees of tables with these parameters.

    Parameters
    ----------
    tables : mapping
    parameters : Parameters
    terms : int or None
        Openings that another prover combines, each table having a quotient of its own.
    """
    options = cs.Options(
        queries=max(1, parameters.queries),  # the shape does not depend on them
        grinding=parameters.grinding,
        blowup=parameters.blowup,
        fri_arity=parameters.fri_arity,
        final_length=parameters.final_length,
    )
    shape = cs.Machine(tables, options).security().shape
    return shape if terms is None else replace(shape, deep_terms=terms, tables=1)
