"""How long a proof can be: what a verifier may be made to keep is bounded by its statement."""

from __future__ import annotations

from .layout import Layout

__all__ = ["longest_body"]

DIGEST, WORD, EXTENSION = 32, 8, 24


def longest_body(layout: Layout) -> int:
    """An upper bound of the bytes of a proof behind its header.

    All lengths but those of rows and siblings are exact. Their numbers depend on the positions
    drawn: no more rows than queries, and for each of them no more siblings than its path has.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    int
        At most the size of the queries times that of the tables, whatever the heights.
    """
    queries, schedule = layout.key.options.queries, layout.schedule
    elements = len(layout.lookup_tables()) + layout.openings + schedule.final_length
    roots = sum(tree.name != "preprocessed" for tree in layout.trees) + schedule.folds
    total = DIGEST * roots + EXTENSION * elements + WORD  # the nonce
    for tree in layout.trees:
        words = sum(matrix.width for matrix in tree.matrices)
        total += queries * (WORD * words + DIGEST * (tree.log_heights[0] + layout.log_blowup))
    for log_height, arity in zip(schedule.layers[:-1], schedule.arities, strict=True):
        total += queries * (EXTENSION * arity + DIGEST * (log_height + layout.log_blowup))
    return total
