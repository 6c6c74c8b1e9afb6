"""Whether an array may be overwritten, as nobody but the prover could tell.

A trace that a function has made for the prover is needed no more once it has been extended. To
free it and to take as many new pages for the extension costs more than to let the extension take
its place, and the peak is higher. But a function may hand out what somebody keeps: a cached array,
a view, a mapped file. Those are never written.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cstark.kernels._runtime import Buffer

if TYPE_CHECKING:
    from cstark.air.tokens import Token

    from .layout import Layout, MatrixShape

__all__ = ["gives_place", "is_last_holder", "read_once", "spare_traces"]

_ALONE = 2
"""References to what one container holds: its own, and that of the call that counts them."""


def is_last_holder(arrays: dict[int, np.ndarray] | list[np.ndarray], key: int) -> bool:
    """Whether no one could tell if ``arrays[key]`` were freed and its memory used otherwise.

    It is so for a writable array that owns its memory, or has a whole buffer of ours to itself,
    and that is referred to by `arrays` alone, weak references included.

    Parameters
    ----------
    arrays : dict or list of ndarray
        The caller has no other name for the array.
    key : int

    Examples
    --------
    >>> import numpy as np
    >>> arrays = [np.zeros(8, dtype=np.uint64)]
    >>> is_last_holder(arrays, 0)
    True
    >>> kept = arrays[0][:4]
    >>> is_last_holder(arrays, 0)
    False
    """
    if sys.getrefcount(arrays[key]) != _ALONE or weakref.getweakrefcount(arrays[key]):
        return False
    if type(arrays[key]) is not np.ndarray or not arrays[key].flags.carray:
        return False
    if arrays[key].base is None:
        return arrays[key].flags.owndata
    return isinstance(arrays[key].base, Buffer) and sys.getrefcount(arrays[key].base) == _ALONE


def read_once(layout: Layout, tokens: Sequence[Token]) -> bool:
    """Whether a proof reads its traces no more once they are extended.

    No sums are made of them, and no imbalance is looked for in them.
    """
    return layout.tree("lookup") is None and not tokens


def spare_traces(
    layout: Layout, tokens: Sequence[Token], traces: list[np.ndarray]
) -> frozenset[int]:
    """The tables whose traces a proof that holds all cosets will overwrite."""
    if not read_once(layout, tokens):
        return frozenset()
    return frozenset(t for t in range(len(traces)) if is_last_holder(traces, t))


def gives_place(matrix: MatrixShape, spare: Collection[int]) -> bool:
    """Whether a coset of a matrix takes the place of its source, if it holds all cosets.

    The columns of LogUp are the prover's own; of the traces it is those of the tables in `spare`.
    With masks, only where the matrix is extended from its values on the rows.
    """
    return matrix.tree == "lookup" or (matrix.tree == "main" and matrix.table in spare)
