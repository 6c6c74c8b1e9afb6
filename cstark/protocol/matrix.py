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
from cstark.kernels import _paths, _runtime

from .domain import Domain, Extensions
from .fold import Fold

__all__ = [
    "FULL",
    "PLANS",
    "HeldMatrix",
    "Matrix",
    "RecomputedMatrix",
    "Storage",
    "StoragePlan",
    "make_matrix",
    "with_sum_mask",
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
class StoragePlan:
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

FULL = StoragePlan("full", _HELD, _HELD, _HELD)
# Recomputing the quotient costs next to nothing: it is narrow, and chunk j is coset j already.
# Times below: fib_pair of 2^17 x 32, one thread, where "full" is 1. How long spilling takes
# depends on the disk, unless there is memory to spare for its pages; hence it is the last resort.
PLANS = (
    FULL,
    StoragePlan("recompute quotient", _HELD, _HELD, _AGAIN),  # 1.04
    StoragePlan("keep a coset of main", _FIRST, _HELD, _AGAIN),  # 1.3
    StoragePlan("recompute main", _AGAIN, _HELD, _AGAIN),  # 2.1
    StoragePlan("recompute main and lookup", _AGAIN, _AGAIN, _AGAIN),
    StoragePlan("spill", _FILE, _FILE, _FILE),  # 1.2 in spare memory
)


class Matrix:
    """What the rounds need of a committed matrix.

    Attributes
    ----------
    width : int
        Columns.
    height : int
        N, the rows of a coset.
    held : bool
        Whether all cosets are there, so that several may be asked for at once.
    masks : (h, width) uint64 ndarray or None
        What the columns have beyond the degree N - 1, as coefficients of r: on coset q they are
        (s_q^N - s_0^N) r more than what extends their values on coset 0.
    fold : Fold or None
        Their remainders, which the remainder of a quotient is computed from; dropped then.
    """

    width: int
    height: int
    held = False
    masks: np.ndarray | None = None
    fold: Fold | None = None

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

    def folded(self, *, following: bool) -> np.ndarray:
        """Values off the code, see `Fold.finish`; to be asked for once."""
        fold, self.fold = self.fold, None
        if fold is None:
            raise ValueError("the matrix has no fold")
        return fold.finish(self.masks, following)

    def give_up(self) -> None:
        """Free what was only kept to be read again. A coset not yet read is still there."""


class HeldMatrix(Matrix):
    """All cosets, in memory or in a mapped file.

    Parameters
    ----------
    cosets : sequence of (N, width) uint64 ndarray
    """

    held = True

    def __init__(self, cosets: Sequence[np.ndarray]) -> None:
        self._cosets = list(cosets)
        self.height, self.width = self._cosets[0].shape

    def coset(self, q: int) -> np.ndarray:
        return self._cosets[q]

    def take_rows(self, positions: np.ndarray) -> np.ndarray:
        out = np.empty((len(positions), self.width), dtype=np.uint64)
        _paths.take_rows(self._cosets, positions, out)
        return out


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
        The source has those of the columns, perhaps fewer than the height, not values.
    masks, fold
        See `Domain.lde`; with coefficients no masks.
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
        masks: np.ndarray | None = None,
        fold: Fold | None = None,
        label: str = "other",
    ) -> None:
        self.height, self.width = domain.height, source.shape[1]
        self.masks, self.fold = masks, fold
        self._fold = fold  # until it has been filled
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
        fold, self._fold = self._fold, None
        found: np.ndarray
        if self._coefficients:
            [found] = self._domain.evaluate(self._source, [q], label=self._label, fold=fold)
        else:
            [found] = self._domain.lde(
                self._source,
                self._source_shift,
                [q],
                label=self._label,
                masks=self.masks,
                fold=fold,
            )
        if q == 0 and self._keep_first:
            self._first = found
        return found

    def folded(self, *, following: bool) -> np.ndarray:
        if self._fold is not None:  # no coset has been computed yet
            self.coset(0 if self._own_coset else 1)
        return super().folded(following=following)

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
    masks: np.ndarray | None = None,
    fold: Fold | None = None,
    sum_mask: np.ndarray | None = None,
    label: str = "other",
    waiting: Extensions | None = None,
    given_up: bool = False,
) -> Matrix:
    """The matrix of a source; see `RecomputedMatrix` and `Domain.lde` for the parameters.

    The source is kept by the kinds that recompute, and where it is a coset of the matrix itself.
    A source that is given up may be overwritten: its memory becomes that of the last coset.
    With `sum_mask` there is one more column than in the source, see `with_sum_mask`.
    """
    if storage.recomputes:
        return RecomputedMatrix(
            domain,
            source if sum_mask is None else with_sum_mask(source, sum_mask),
            source_shift=source_shift,
            own_coset=own_coset,
            coefficients=coefficients,
            keep_first=storage is Storage.FIRST,
            masks=masks,
            fold=fold,
            label=label,
        )
    out = None
    shape = (domain.blowup, domain.height, source.shape[1] + (sum_mask is not None))
    if storage is Storage.SPILLED:
        out, own_coset = _file_array(shape), None
    if coefficients:
        result = HeldMatrix(
            domain.evaluate(source, out=out, label=label, fold=fold, waiting=waiting)
        )
        result.fold = fold
        return result
    if sum_mask is not None:
        out = _runtime.aligned(shape, label) if out is None else out
        source = with_sum_mask(source, sum_mask, out[-1])  # which the transform may read last
    missing = [q for q in range(domain.blowup) if q != own_coset]
    in_place = given_up and own_coset is None and out is None
    cosets = domain.lde(
        source, source_shift, missing,
        out=out, label=label, masks=masks, fold=fold, waiting=waiting, in_place=in_place,
    )  # fmt: skip
    if own_coset is not None:
        cosets.insert(own_coset, source)
    result = HeldMatrix(cosets)
    result.masks, result.fold = masks, fold
    return result


def with_sum_mask(
    source: np.ndarray, sum_mask: np.ndarray, out: np.ndarray | None = None
) -> np.ndarray:
    """A copy of the source with one more column: its first rows are given, the others are 0."""
    if out is None:
        out = _runtime.aligned((len(source), source.shape[1] + 1), "masked columns")
    out[:, :-1] = source
    out[:, -1] = 0
    out[: len(sum_mask), -1] = sum_mask
    return out


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
