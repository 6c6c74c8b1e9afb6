"""The commitment to the preprocessed columns: part of the machine, not of a proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .commitment import Commitment
from .domain import DomainCache
from .layout import MatrixShape, TreeShape
from .matrix import Storage, make_matrix
from .options import ResolvedOptions
from .transcript import ALGORITHMS

if TYPE_CHECKING:
    from cstark.air.description import TableDescription
    from cstark.report import Report

__all__ = ["commit_preprocessed"]


def commit_preprocessed(
    descriptions: Sequence[TableDescription],
    options: ResolvedOptions,
    domains: DomainCache,
    report: Report,
) -> Commitment | None:
    """Extend and hash the preprocessed columns of all tables; None if there are none."""
    shapes, values = [], {}
    for table, description in enumerate(descriptions):
        if description.preprocessed is not None:
            values[table] = description.preprocessed
            log_height = len(description.preprocessed).bit_length() - 1
            width = description.preprocessed_width
            shapes.append(MatrixShape("preprocessed", table, 0, log_height, width))
    if not shapes:
        return None
    shapes.sort(key=lambda m: (-m.log_height, m.table))
    with report.phase("commit preprocessed"):
        matrices = [
            make_matrix(
                Storage.HELD,
                domains.get(m.log_height, options.blowup, options.coset_offset),
                values[m.table],
                m.width,
                label="preprocessed LDE",
            )
            for m in shapes
        ]
        shape = TreeShape("preprocessed", options.blowup, tuple(shapes))
        return Commitment(ALGORITHMS[options.hash], shape, matrices)
