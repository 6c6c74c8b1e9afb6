"""Committed matrices, where the prover keeps them, and the memory plans that say so.

A committed matrix is an array of values (blowup, N, width): a column's polynomial on every coset
of the table's domain. The prover asks for one coset of it at a time, and at the end for a few
rows, so it need not hold all of it: a coset can be computed again from the values on the trace
domain. All kinds give the same values, hence the same proof.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from cstark.distinct import distinct

from .domain import Domain

__all__ = [
    "FULL",
    "PLANS",
    "HeldMatrix",
    "Matrix",
    "Plan",
    "RecomputedMatrix",
    "Storage",
    "make_matrix",
]


class Storage(Enum):
    """Where a committed matrix is while it is not being read."""

    HELD = "held"  # all cosets in memory
    FIRST = "first coset held"  # the others recomputed: coset 0 is what is read most
    RECOMPUTED = "recomputed"  # every coset, each time
    SPILLED = "in a file"  # all cosets in a memory-mapped temporary file

    @property
    def recomputes(self) -> bool:
        """Whether the values that the matrix is made from are still needed."""
        return self in (Storage.FIRST, Storage.RECOMPUTED)


@dataclass(frozen=True)
class Plan:
    """Where the matrices of each tree are kept.

    The preprocessed columns are not part of it: the machine holds them for all its proofs.
    """

    name: str
    main: Storage
    lookup: Storage
    quotient: Storage

    def storage(self, tree: str) -> Storage:
        """Where this plan keeps the matrices of a tree, given by its name in the layout."""
        return Storage.HELD if tree == "preprocessed" else getattr(self, tree)


_HELD, _FIRST, _AGAIN = Storage.HELD, Storage.FIRST, Storage.RECOMPUTED
_FILE = Storage.SPILLED

FULL = Plan("full", _HELD, _HELD, _HELD)
# Recomputing the quotient costs next to nothing: it is narrow, and chunk j is coset j already.
# Times below: fib_pair of 2^17 x 32, one thread, where "full" is 1. How long spilling takes
# depends on the disk, unless there is memory to spare for its pages; hence it is the last resort.
PLANS = (
    FULL,
    Plan("recompute quotient", _HELD, _HELD, _AGAIN),  # 1.04
    Plan("keep a coset of main", _FIRST, _HELD, _AGAIN),  # 1.3
    Plan("recompute main", _AGAIN, _HELD, _AGAIN),  # 2.1
    Plan("recompute main and lookup", _AGAIN, _AGAIN, _AGAIN),
    Plan("spill", _FILE, _FILE, _FILE),  # 1.2 in spare memory
)


class Matrix:
    """What the rounds need of a committed matrix.

    Attributes
    ----------
    width : int
        Columns.
    height : int
        N, the rows of a coset.
    """

    width: int
    height: int

    def coset(self, q: int) -> np.ndarray:
        """Values on coset q: (N, width). To be dropped before the next one is asked for."""
        raise NotImplementedError

    def take_rows(self, positions: np.ndarray) -> np.ndarray:
        """Rows at flat positions q * N + i: (k, width). The last thing asked of a matrix."""
        out = np.empty((len(positions), self.width), dtype=np.uint64)
        coset, row = np.divmod(positions, self.height)
        for q in distinct(coset).tolist():
            chosen = coset == q
            out[chosen] = self.coset(q)[row[chosen]]
            self.give_up()
        return out

    def give_up(self) -> None:
        """Free what was only kept to be read again. A coset not yet read is still there."""


class HeldMatrix(Matrix):
    """All cosets, in memory or in a mapped file.

    Parameters
    ----------
    cosets : sequence of (N, width) uint64 ndarray
    """

    def __init__(self, cosets: Sequence[np.ndarray]) -> None:
        self._cosets = list(cosets)
        self.height, self.width = self._cosets[0].shape

    def coset(self, q: int) -> np.ndarray:
        return self._cosets[q]


class RecomputedMatrix(Matrix):
    """Each coset computed from the source when it is asked for.

    Parameters
    ----------
    domain : Domain
    source : (N, width) uint64 ndarray
        Values on the coset ``source_shift * <g>``; kept.
    source_shift : int
    own_coset : int or None
        The coset that the source is itself.
    keep_first : bool
        Keep coset 0 from its first use until `take_rows`.
    coefficients : bool
        The source has those of the columns, not values.
    label : str
        For the account of the buffers.
    """

    def __init__(
        self,
        domain: Domain,
        source: np.ndarray,
        *,
        source_shift: int = 1,
        own_coset: int | None = None,
        coefficients: bool = False,
        keep_first: bool = False,
        label: str = "other",
    ) -> None:
        self.height, self.width = source.shape
        self._domain = domain
        self._source = source
        self._source_shift = source_shift
        self._own_coset = own_coset
        self._coefficients = coefficients
        self._keep_first = keep_first
        self._first: np.ndarray | None = None
        self._label = label

    def coset(self, q: int) -> np.ndarray:
        if q == self._own_coset:
            return self._source
        if q == 0 and self._first is not None:
            return self._first
        found: np.ndarray
        if self._coefficients:
            [found] = self._domain.evaluate(self._source, [q], label=self._label)
        else:
            [found] = self._domain.lde(self._source, self._source_shift, [q], label=self._label)
        if q == 0 and self._keep_first:
            self._first = found
        return found

    def give_up(self) -> None:
        self._keep_first, self._first = False, None


def make_matrix(
    storage: Storage,
    domain: Domain,
    source: np.ndarray,
    *,
    source_shift: int = 1,
    own_coset: int | None = None,
    coefficients: bool = False,
    label: str = "other",
) -> Matrix:
    """The matrix of a source; see `RecomputedMatrix` for the parameters.

    The source is kept by the kinds that recompute, and where it is a coset of the matrix itself.
    """
    if storage.recomputes:
        return RecomputedMatrix(
            domain,
            source,
            source_shift=source_shift,
            own_coset=own_coset,
            coefficients=coefficients,
            keep_first=storage is Storage.FIRST,
            label=label,
        )
    if storage is Storage.SPILLED:
        out = _file_array((domain.blowup, domain.height, source.shape[1]))
        if coefficients:
            return HeldMatrix(list(domain.evaluate(source, out=out)))
        return HeldMatrix(list(domain.lde(source, source_shift, out=out)))
    if coefficients:
        return HeldMatrix(list(domain.evaluate(source, label=label)))
    missing = [q for q in range(domain.blowup) if q != own_coset]
    cosets = list(domain.lde(source, source_shift, missing, label=label))
    if own_coset is not None:
        cosets.insert(own_coset, source)
    return HeldMatrix(cosets)


def _file_array(shape: tuple[int, ...]) -> np.ndarray:
    """A uint64 array in a nameless file in the temporary directory, which vanishes with it.

    Raises
    ------
    MemoryError
        There is no room.
    """
    import tempfile

    count = math.prod(shape)
    try:
        with tempfile.TemporaryFile(prefix="cstark-") as file:
            if hasattr(os, "posix_fallocate"):  # or a full disk would kill us at some later write
                os.posix_fallocate(file.fileno(), 0, 8 * count)
            return np.asarray(np.memmap(file, dtype=np.uint64, mode="w+", shape=shape))
    except OSError as error:
        raise MemoryError(
            f"cannot spill {8 * count} bytes to a file in {tempfile.gettempdir()}: "
            f"{error.strerror or error}; TMPDIR names another place"
        ) from None
