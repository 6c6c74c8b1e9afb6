"""The quotients of a proof that hides: what chunks and pieces are made of.

Masks raise the degrees of columns by h, so that a quotient of tables of N rows and degree d has
some (d - 1) N + d h coefficients: chunks on d - 1 cosets of the rows do not determine it, but do
together with its values at m points that are in none of them (`cstark.protocol.fold`). That is how
the remainder is found; and where tables of several heights share a code, also the quotient of the
tables of each height, from no more points than its own degree asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cstark.program import CosetPoints, QuotientCall, Sources, evaluate_quotients

from .fold import inverse_first, inverse_zerofiers, periodic_values, points_of_coset
from .hiding import remainder_length
from .layout import Layout, Quotient, quotient_chunks
from .masked import added, interpolated, remainder, values_on, whole
from .matrix import Matrix
from .quotients import Chunks, QuotientMaker
from .rows import ext_add

__all__ = ["HiddenQuotientMaker", "quotient_parts"]


def quotient_parts(layout: Layout, quotient: Quotient, length: int) -> list[Quotient]:
    """Quotients, each of tables of one height, of which a quotient is the sum.

    The chunks of the tallest tables of a tall quotient are committed to, so they are there whatever
    the degree of these tables. Others have as many as it takes, none where m points do.

    Parameters
    ----------
    layout : Layout
    quotient : Quotient
    length : int
        m, of the quotient's remainder.

    Returns
    -------
    list of Quotient
        Tallest first.
    """
    if not layout.zk:
        return [quotient]
    by_rows: dict[int, list[int]] = {}
    for table in quotient.tables:
        by_rows.setdefault(layout.log_heights[table], []).append(table)
    found = []
    for log_rows in sorted(by_rows, reverse=True):
        tables, chunks = tuple(by_rows[log_rows]), quotient.chunks
        if not quotient.tall or log_rows != quotient.log_rows:
            degree = max(1, *(layout.key.tables[t].degree for t in tables))
            most = (degree - 1 << log_rows) + remainder_length(degree, layout.key.mask_length)
            chunks = quotient_chunks(degree) if most > length else 0
        found.append(replace(quotient, log_rows=log_rows, tables=tables, chunks=chunks))
    return found


class HiddenQuotientMaker(QuotientMaker):
    """The prover, as far as quotients are concerned; also of proofs that hide."""

    _off_chunks: dict[int, np.ndarray]  # of tall quotients, (m, 3), by log height of the code
    _whole: dict[int, np.ndarray]  # coefficients of those that are cut into pieces, likewise

    def _parts(self, quotient: Quotient) -> list[Quotient]:
        """See `quotient_parts`."""
        return quotient_parts(self.layout, quotient, self._length(quotient))

    def _quotients(self) -> Chunks:
        """The quotients on the cosets of chunks that are committed to."""
        chunks = super()._quotients()
        self._off_chunks, self._whole = {}, {}
        if self.layout.zk:
            for quotient in self.layout.quotients:
                self._join(quotient, chunks)
        return chunks

    def _join(self, quotient: Quotient, chunks: Chunks) -> None:
        """Add up the parts of a quotient; those that are not committed to are given up."""
        code, length = self.proving_key.domain(quotient.log_height), self._length(quotient)
        point = self._off_point(quotient)
        parts = self._parts(quotient)
        values = self._values_off_chunks(quotient, parts)
        coefficients = np.zeros((0, 3), dtype=np.uint64)
        for part, off in zip(parts, values, strict=True):
            if quotient.tall and part.log_rows == quotient.log_rows:
                continue
            own = [
                interpolated(code, part, j, chunks.pop((part.log_rows, j)))
                for j in range(part.chunks)
            ]
            mine = [values_on(polynomial, point, length) for polynomial in own]
            rest = remainder(part, code, point, mine, off)
            coefficients = added(coefficients, whole(part, code, own, rest))
        if not quotient.tall:
            self._whole[quotient.log_height] = coefficients
            return
        total = values[0]
        for off in values[1:]:
            total = ext_add(total, off)
        self._off_chunks[quotient.log_height] = total
        for chunk in range(quotient.chunks) if len(coefficients) else ():
            place, rows = quotient.log_rows, 1 << quotient.log_rows
            short = values_on(coefficients, code.shifts[chunk], rows)
            chunks[place, chunk] = ext_add(chunks[place, chunk], short)

    def _length(self, quotient: Quotient) -> int:
        """m, for the remainder of a quotient."""
        return self.proving_key.fold_length(quotient)

    def _off_point(self, quotient: Quotient) -> int:
        """v: no point of v<w> is in a coset that a chunk interpolates."""
        if quotient.tall:
            return self.proving_key.fold_point
        return self.proving_key.domain(quotient.log_height).shifts[-1]

    def _remainder(self, quotient: Quotient, chunks: Sequence[Matrix]) -> np.ndarray:
        """Coefficients of the remainder of a tall quotient, from m points off the code."""
        code, point = self.proving_key.domain(quotient.log_height), self._off_point(quotient)
        mine = [chunk.folded(following=False) for chunk in chunks]
        return remainder(quotient, code, point, mine, self._off_chunks.pop(quotient.log_height))

    def _values_off_chunks(self, quotient: Quotient, parts: Sequence[Quotient]) -> list[np.ndarray]:
        """The parts of a quotient on v<w>, see `cstark.protocol.fold`: (m, 3) each."""
        calls: list[list[QuotientCall]] = []
        found = []
        for part in parts:
            calls.append([])
            found.append(self._part_off_chunks(quotient, part, calls[-1]))
        evaluate_quotients(calls)
        return [np.ascontiguousarray(out[::2]) for out in found]

    def _part_off_chunks(
        self, quotient: Quotient, part: Quotient, waiting: list[QuotientCall]
    ) -> np.ndarray:
        """A part of a quotient at these points, and something at the next row of each: (2 m, 3).

        It is there when `waiting` has run.
        """
        length, point, log_rows = self._length(quotient), self._off_point(quotient), part.log_rows
        zerofiers = None
        if length > 1 << log_rows:  # 1 / Z_H is not the same at all points
            zerofiers = np.repeat(inverse_zerofiers(log_rows, point, length), 2)
        selectors = inverse_first(log_rows, point, length)
        points = CosetPoints(point, (2 * length).bit_length() - 1, selectors, log_rows, zerofiers)
        out = np.empty((2 * length, 3), dtype=np.uint64)
        for number, table in enumerate(part.tables):
            sources = self._sources_off_chunks(quotient, table, length, point)
            waiting.append(self._quotient_call(table, sources, points, out, number > 0))
        return out

    def _sources_off_chunks(
        self, quotient: Quotient, table: int, length: int, point: int
    ) -> Sources:
        """A table's columns at the points of the remainder, each with its next row behind it.

        Where the code is as tall as a table these are in no coset of it; else in the last one,
        which no chunk interpolates.
        """
        log_rows = self.layout.log_heights[table]

        def values(name: str) -> np.ndarray | None:
            if quotient.tall and name == "preprocessed":
                return self.proving_key.preprocessed_off_code(table, length)
            matrix = self._matrix(name, table)
            if matrix is None or quotient.tall:
                return None if matrix is None else matrix.folded(following=True)
            return points_of_coset(matrix.coset(self.layout.blowup - 1), length, log_rows)

        periodic = [
            periodic_values(np.array(column, dtype=np.uint64), 1 << log_rows, point, length)
            for column in self.layout.key.tables[table].periodic
        ]
        return Sources(values("main"), values("preprocessed"), values("lookup"), periodic)
