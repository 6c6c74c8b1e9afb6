"""The quotients of a proof: constraints on cosets of a code, and off the chunks' for the remainder.

`QuotientMaker` is that part of `Prover` which turns committed columns into quotients.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from .fold import inverse_first, inverse_zerofiers, periodic_values, points_of_coset
from .layout import Layout, Quotient
from .masked import remainder
from .matrix import Matrix
from .periodic import coset_values
from .rows import ext_add, ext_scale, ext_sub
from .statement import Instance

if TYPE_CHECKING:
    from .key import VerifyingKey
    from .proving_key import ProvingKey

__all__ = ["QuotientMaker"]

LEAST_ROWS = 1 << 16
"""Rows of quotients that wait for each other: with more they are evaluated."""


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

    def _matrix(self, name: str, table: int) -> Matrix | None:
        """A table's columns in a tree, if it has any."""
        shape = self.layout.tree(name)
        place = None if shape is None else shape.of(table)
        return None if place is None else self.commitments[name].matrices[place]

    def _program(self, table: int) -> QuotientProgram:
        return self.proving_key.programs.quotient(table, table in self.layout.hidden_sums)

    def _quotients(self) -> dict[tuple[int, int], np.ndarray]:
        """All chunks, (N, 3) each, by log rows and number."""
        self._drawn = Challenges(self.z, self.alpha, self.beta, bus_numbers=self.key.bus_numbers)
        chunks: dict[tuple[int, int], np.ndarray] = {}
        waiting: list[list[QuotientCall]] = []
        rows = 0
        for quotient in self.layout.quotients:
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

    def _quotient(
        self,
        quotient: Quotient,
        coset: int,
        place: int,
        out: np.ndarray,
        waiting: list[QuotientCall],
    ) -> None:
        """The quotient of a code height at s_coset root(M)^place g^i, when `waiting` has run."""
        code = self.proving_key.domain(quotient.log_height)
        selectors: dict[tuple[int, int], np.ndarray] = {}  # of the first row, shared by tables
        weight = field.ONE
        for number, table in enumerate(quotient.tables):
            log_rows = self.layout.log_heights[table]
            program, parts = self._program(table), 1 << quotient.log_rows - log_rows
            for part in range(parts):  # cosets of the rows of a shorter table
                at = place + part * quotient.cosets
                shift = code.shifts[coset] * pow(code.generator, at, field.P) % field.P
                if program.needs_inverse_first and (log_rows, at) not in selectors:
                    domain = self.proving_key.domain(log_rows)
                    selectors[log_rows, at] = domain.inverse_first(shift)
                points = CosetPoints(shift, log_rows, selectors.get((log_rows, at)))
                sources = self._sources(table, coset, at, points)
                if parts == 1:
                    waiting.append(
                        self._quotient_call(table, sources, points, weight, out, number > 0)
                    )
                    if not self._held(table):  # before other cosets are computed
                        evaluate_quotients([waiting])
                        waiting.clear()
                else:
                    evaluate_quotients([waiting])
                    waiting.clear()
                    own = np.empty((1 << log_rows, 3), dtype=np.uint64)
                    self._add_quotient(table, sources, points, weight, own, False)
                    if number:
                        own = ext_add(np.ascontiguousarray(out[part::parts]), own)
                    out[part::parts] = own
                del sources  # cosets that may have been computed for it
            weight = field.mul(weight, self.delta)

    def _held(self, table: int) -> bool:
        """Whether no columns of a table are computed for each use."""
        matrices = (self._matrix(name, table) for name in ("main", "lookup"))
        return all(matrix is None or matrix.held for matrix in matrices)

    def _quotient_off_chunks(self, quotient: Quotient, point: int, length: int) -> np.ndarray:
        """The quotient on v<w>, see `cstark.protocol.fold`: (m, 3)."""
        total, weight = np.zeros((length, 3), dtype=np.uint64), field.ONE
        log_points = (2 * length).bit_length() - 1
        for table in quotient.tables:
            log_rows = self.layout.log_heights[table]
            main, preprocessed, lookup = (
                None if matrix is None else self._off_chunks(quotient, matrix, length, log_rows)
                for matrix in (
                    None if quotient.tall and name == "preprocessed" else self._matrix(name, table)
                    for name in ("main", "preprocessed", "lookup")
                )
            )
            if quotient.tall:
                preprocessed = self.proving_key.preprocessed_off_code(table, length)
            periodic = [
                periodic_values(np.array(values, dtype=np.uint64), 1 << log_rows, point, length)
                for values in self.layout.key.tables[table].periodic
            ]
            sources = Sources(main, preprocessed, lookup, periodic)
            selectors = inverse_first(log_rows, point, length)
            # Where 1 / Z_H is not constant: with 1 and 2 in its place, which tells what it divides.
            factors = (None,) if length <= 1 << log_rows else (1, 2)
            parts = []
            for factor in factors:
                points = CosetPoints(point, log_points, selectors, log_rows, factor)
                out = np.empty((2 * length, 3), dtype=np.uint64)
                self._add_quotient(table, sources, points, weight, out, False)
                parts.append(np.ascontiguousarray(out[::2]))
            if len(parts) > 1:
                inverses, divided = (
                    inverse_zerofiers(log_rows, point, length),
                    ext_sub(*parts[::-1]),
                )
                parts[0] = ext_add(ext_sub(parts[0], divided), ext_scale(divided, inverses))
            total = ext_add(total, parts[0])
            weight = field.mul(weight, self.delta)
        return total

    def _sources(self, table: int, coset: int, place: int, points: CosetPoints) -> Sources:
        """A table's columns at the points of coset `place` of its domain in a coset of its code."""
        rows, step = 1 << points.log_n, 1 << self.layout.code_heights[table] - points.log_n
        main, preprocessed, lookup = (
            None if matrix is None else matrix.coset(coset)[place::step]
            for matrix in (self._matrix(name, table) for name in ("main", "preprocessed", "lookup"))
        )
        periodic = coset_values(self.layout.key.tables[table].periodic, points.shift, rows)
        return Sources(main, preprocessed, lookup, periodic)

    def _add_quotient(
        self,
        table: int,
        sources: Sources,
        points: CosetPoints,
        weight: Element,
        out: np.ndarray,
        add: bool,
    ) -> None:
        """Write a table's quotient at some points times `weight`, or add it to what `out` has."""
        evaluate_quotients([[self._quotient_call(table, sources, points, weight, out, add)]])

    def _quotient_call(
        self,
        table: int,
        sources: Sources,
        points: CosetPoints,
        weight: Element,
        out: np.ndarray,
        add: bool,
    ) -> QuotientCall:
        """What `_add_quotient` does, for `evaluate_quotients`."""
        total = self.sums.get(table, field.ZERO)
        mean = field.scale(total, pow(1 << points.log_domain, -1, field.P))
        return self._program(table).call(
            points,
            sources,
            self.instance.publics[table],
            self._drawn.of_table(mean, weight),
            out,
            add=add,
        )

    def _remainder(self, quotient: Quotient, chunks: Sequence[Matrix]) -> np.ndarray:
        """Coefficients of the remainder of a tall quotient, from m points off the code."""
        code = self.proving_key.domain(quotient.log_height)
        length, point = self.proving_key.fold_length(quotient), self.proving_key.fold_point
        mine = [chunk.folded(following=False) for chunk in chunks]
        values = self._quotient_off_chunks(quotient, point, length)
        return remainder(quotient, code, point, mine, values)

    def _off_chunks(
        self, quotient: Quotient, matrix: Matrix, length: int, log_rows: int
    ) -> np.ndarray:
        """A matrix at the points of the remainder and, in turn, at the next rows: (2 m, width).

        Where the code is as tall as the tables these are in no coset of it; else in the last one,
        which no chunk interpolates. `log_rows` is that of the table whose next rows are meant.
        """
        if quotient.tall:
            return matrix.folded(following=True)
        last = matrix.coset(self.layout.blowup - 1)
        return points_of_coset(last, length, log_rows)
