"""The quotients of a proof: constraints on the cosets of a code.

`QuotientMaker` is that part of `Prover` which turns committed columns into quotients; what those of
proofs that hide need besides is in `cstark.protocol.hidden_quotients`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cstark import field
from cstark.field import Element
from cstark.kernels import _runtime
from cstark.program import (
    Challenges,
    CosetPoints,
    QuotientCall,
    QuotientProgram,
    Sources,
    evaluate_quotients,
)

from .commitment import Commitment
from .layout import Layout, Quotient
from .matrix import Matrix
from .periodic import coset_values
from .rows import ext_powers
from .statement import Instance

if TYPE_CHECKING:
    from .key import VerifyingKey
    from .proving_key import ProvingKey

__all__ = ["Chunks", "QuotientMaker"]

LEAST_ROWS = 1 << 16
"""Rows of quotients that wait for each other: with more they are evaluated."""

Chunks = dict[tuple[int, int], np.ndarray]
"""Values of quotients on cosets, (N, 3) each, by log rows and number of the coset."""


class QuotientMaker:
    """The prover, as far as quotients are concerned."""

    proving_key: ProvingKey
    key: VerifyingKey
    instance: Instance
    layout: Layout
    commitments: dict[str, Commitment]
    z: Element
    alpha: Element
    sums: dict[int, Element]
    beta: Element
    delta: Element
    _drawn: Challenges  # what the programs of all tables are given
    _weights: dict[int, Element]  # by table: the power of delta that its quotient counts

    def _matrix(self, name: str, table: int) -> Matrix | None:
        """A table's columns in a tree, if it has any."""
        shape = self.layout.tree(name)
        place = None if shape is None else shape.of(table)
        return None if place is None else self.commitments[name].matrices[place]

    def _program(self, table: int) -> QuotientProgram:
        return self.proving_key.programs.quotient(table, table in self.layout.hidden_sums)

    def _quotients(self) -> Chunks:
        """All quotients, or where they hide all their parts, on the cosets of their chunks."""
        self._drawn = Challenges(self.z, self.alpha, self.beta, bus_numbers=self.key.bus_numbers)
        self._weights = {}
        for quotient in self.layout.quotients:
            powers = ext_powers(self.delta, len(quotient.tables)).tolist()
            for table, (a, b, c) in zip(quotient.tables, powers, strict=True):
                self._weights[table] = a, b, c
        chunks: Chunks = {}
        waiting: list[list[QuotientCall]] = []
        rows = 0
        for whole in self.layout.quotients:
            for quotient in self._parts(whole):
                for chunk in range(quotient.chunks):
                    out = _runtime.aligned((1 << quotient.log_rows, 3), "quotient chunks")
                    chunks[quotient.log_rows, chunk] = out
                    waiting.append([])
                    self._quotient(quotient, *quotient.place(chunk), out, waiting[-1])
                    rows += len(out)
                    # Short ones have too little work to be worth a parallel region each.
                    if rows > LEAST_ROWS:
                        evaluate_quotients(waiting)
                        waiting, rows = [], 0
        evaluate_quotients(waiting)
        return chunks

    def _parts(self, quotient: Quotient) -> list[Quotient]:
        """Quotients, each of tables of one height, of which a quotient is the sum."""
        return [quotient]

    def _quotient(
        self,
        quotient: Quotient,
        coset: int,
        place: int,
        out: np.ndarray,
        waiting: list[QuotientCall],
    ) -> None:
        """A quotient at s_coset root(M)^place g^i, once `waiting` has run. Tables have N rows."""
        code = self.proving_key.domain(quotient.log_height)
        shift = code.shifts[coset] * pow(code.generator, place, field.P) % field.P
        inverse_first = None  # shared by tables
        for number, table in enumerate(quotient.tables):
            if self._program(table).needs_inverse_first and inverse_first is None:
                inverse_first = self.proving_key.domain(quotient.log_rows).inverse_first(shift)
            points = CosetPoints(shift, quotient.log_rows, inverse_first)
            sources = self._sources(table, coset, place, points)
            waiting.append(self._quotient_call(table, sources, points, out, number > 0))
            del sources  # cosets that may have been computed for it
            if not self._held(table):  # before other cosets are computed
                evaluate_quotients([waiting])
                waiting.clear()

    def _held(self, table: int) -> bool:
        """Whether no columns of a table are computed for each use."""
        matrices = (self._matrix(name, table) for name in ("main", "lookup"))
        return all(matrix is None or matrix.held for matrix in matrices)

    def _sources(self, table: int, coset: int, place: int, points: CosetPoints) -> Sources:
        """A table's columns at the points of coset `place` of its domain in a coset of its code."""
        rows, step = 1 << points.log_n, 1 << self.layout.code_heights[table] - points.log_n
        main, preprocessed, lookup = (
            None if matrix is None else matrix.coset(coset)[place::step]
            for matrix in (self._matrix(name, table) for name in ("main", "preprocessed", "lookup"))
        )
        periodic = coset_values(self.layout.key.tables[table].periodic, points.shift, rows)
        return Sources(main, preprocessed, lookup, periodic)

    def _quotient_call(
        self, table: int, sources: Sources, points: CosetPoints, out: np.ndarray, add: bool
    ) -> QuotientCall:
        """What writes a table's quotient at some points, or adds it to what `out` has."""
        total = self.sums.get(table, field.ZERO)
        mean = field.scale(total, pow(1 << points.log_domain, -1, field.P))
        return self._program(table).call(
            points,
            sources,
            self.instance.publics[table],
            self._drawn.of_table(mean, self._weights[table]),
            out,
            add=add,
        )
