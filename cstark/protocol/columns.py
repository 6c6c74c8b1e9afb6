"""What is committed to: columns from rows, and the matrices of quotients, with their masks.

`ColumnMaker` is that part of `Prover` which turns values into committed matrices. Why masks hide
what they cover is said in `cstark.protocol.hiding`, how they are added in `cstark.protocol.masked`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from cstark import field
from cstark.field import Element

from .domain import Extensions
from .fold import Fold
from .hidden_quotients import HiddenQuotientMaker
from .layout import MatrixShape, Quotient, TreeShape
from .masked import (
    chunk_masks,
    column_masks,
    cover,
    pieces,
    sum_mask_column,
    sum_mask_terms,
    word_of_masks,
)
from .masks import Masks, MaskStream
from .matrix import Matrix, StoragePlan, make_matrix
from .possession import is_last_holder
from .quotients import Chunks

if TYPE_CHECKING:
    from .transcript import Transcript

__all__ = ["ColumnMaker"]


class ColumnMaker(HiddenQuotientMaker):
    """The prover, as far as committed matrices are concerned."""

    transcript: Transcript
    plan: StoragePlan
    log_heights: tuple[int, ...]
    masks: Masks | None
    sum_masks: dict[int, Element]  # of the tables whose sums are hidden
    sum_of_masks: Element  # their total

    def _columns(
        self, shape: MatrixShape, sources: dict[int, np.ndarray], waiting: Extensions
    ) -> Matrix:
        """The committed columns of a table, from their values on its rows, which are given up."""
        # No name for the source: it is to be freed as soon as something else is made from it.
        mine = is_last_holder(sources, shape.table)
        if self.masks is None:
            return self._extended(shape, sources.pop(shape.table), waiting=waiting, given_up=mine)
        sum_mask = None
        if shape.tree == "main" and shape.table in self.sum_masks:
            sum_mask = sum_mask_column(self.sum_masks[shape.table], shape.log_rows)
        drawn = column_masks(self.masks, self.transcript.state, shape, self.key.mask_length)
        if shape.log_height == shape.log_rows:
            return self._extended(
                shape, sources.pop(shape.table), masks=drawn, fold=self._fold(shape),
                sum_mask=sum_mask, waiting=waiting, given_up=mine,
            )  # fmt: skip
        rows = self.proving_key.domain(shape.log_rows)
        covered = cover(drawn, rows, sources.pop(shape.table), sum_mask)
        tall = self.layout.quotient_of(shape).tall  # with tables that are as tall as the code
        fold = self._fold(shape) if tall else None
        return self._extended(shape, covered, coefficients=True, fold=fold, waiting=waiting)

    def _quotient_columns(
        self,
        shape: MatrixShape,
        chunks: Chunks,
        made: Mapping[tuple[int, int], Matrix],
        waiting: Extensions,
    ) -> Matrix:
        """A matrix of the quotient, from chunks, which are given up, and those `made` before."""
        if self.masks is not None:
            return self._masked_quotient(self.masks, shape, chunks, made)
        chunk = chunks.pop((shape.log_rows, shape.chunk))
        return self._extended(shape, chunk, own_coset=shape.chunk, waiting=waiting)

    def _masked_quotient(
        self,
        masks: Masks,
        shape: MatrixShape,
        chunks: Chunks,
        made: Mapping[tuple[int, int], Matrix],
    ) -> Matrix:
        """A chunk or piece with its mask; the remainder, when the chunks are `made`; FRI's word."""
        state, code = self.transcript.state, self.proving_key.domain(shape.log_height)
        if shape.is_mask:
            values, more = word_of_masks(masks, state, code, self.layout.word_dimension)
            return self._extended(shape, values, own_coset=0, masks=more)
        quotient = self.layout.quotient_of(shape)
        if quotient.pieces:
            if not shape.chunk:
                self._cut = self._pieces(masks, quotient)
            return self._extended(shape, self._cut.pop(0), coefficients=True)
        if shape.chunk == quotient.chunks:
            mine = [made[quotient.log_rows, chunk] for chunk in range(quotient.chunks)]
            return self._extended(shape, self._remainder(quotient, mine), coefficients=True)
        drawn = chunk_masks(masks, state, shape, self.key.options.queries)
        return self._extended(
            shape, chunks.pop((shape.log_rows, shape.chunk)), own_coset=shape.chunk,
            masks=drawn, fold=self._fold(shape),
        )  # fmt: skip

    def _pieces(self, masks: Masks, quotient: Quotient) -> list[np.ndarray]:
        """Coefficients of what is committed to of the quotient of short tables, with masks."""
        drawn = [
            chunk_masks(masks, self.transcript.state, shape, self.key.options.queries)
            for shape in self.layout.pieces(quotient)[:-1]
        ]
        return pieces(quotient, self._whole.pop(quotient.log_height), drawn)

    def _fold(self, shape: MatrixShape) -> Fold:
        """What is to be kept of a matrix of a tall table for the remainder of its quotient."""
        domain = self.proving_key.domain(shape.log_height)
        length = self.proving_key.fold_length(self.layout.quotient_of(shape))
        return Fold(domain, shape.log_rows, length, shape.width, self.proving_key.fold_point)

    def _extended(
        self,
        shape: MatrixShape,
        source: np.ndarray,
        own_coset: int | None = None,
        *,
        coefficients: bool = False,
        masks: np.ndarray | None = None,
        fold: Fold | None = None,
        sum_mask: np.ndarray | None = None,
        waiting: Extensions | None = None,
        given_up: bool = False,
    ) -> Matrix:
        """The committed matrix of a source: values on rows or on a coset, or coefficients."""
        domain = self.proving_key.domain(shape.log_height)
        return make_matrix(
            self.plan.storage(shape.tree),
            domain,
            source,
            source_shift=1 if own_coset is None else domain.shifts[own_coset],
            own_coset=own_coset,
            coefficients=coefficients,
            masks=masks,
            fold=fold,
            sum_mask=sum_mask,
            label=f"{shape.tree} LDE",
            waiting=waiting,
            given_up=given_up,
        )

    def _salts(self, shape: TreeShape) -> MaskStream | None:
        """Random words for the tallest leaves of a tree, or None."""
        if self.masks is None or not shape.salted:
            return None
        return self.masks.stream(self.transcript.state, f"salts of {shape.name}")

    def _draw_sum_masks(self) -> None:
        """What is added to the sums that are sent: uniform, but for their total."""
        if self.masks is None or not self.layout.hidden_sums:
            return
        *others, last = self.layout.hidden_sums
        drawn = self.masks.elements(self.transcript.state, "sums", len(others), 3)
        total = field.ZERO
        for table, mask in zip(others, drawn.tolist(), strict=True):
            self.sum_masks[table] = (mask[0], mask[1], mask[2])
            total = field.add(total, self.sum_masks[table])
        self.sum_masks[last] = field.sub(self.sum_of_masks, total)

    def _sum_terms(self) -> dict[int, np.ndarray]:
        """What accumulators add for the masks of sums, by table, see `sum_mask_terms`."""
        found = {}
        for table, mask in self.sum_masks.items():
            log_rows = self.log_heights[table]
            found[table] = sum_mask_terms(sum_mask_column(mask, log_rows), log_rows)
        return found
