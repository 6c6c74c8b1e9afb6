"""The field and its extension by other means: Python integers, and python-flint for the extension.

Arrays of objects hold Python integers, so that NumPy's own operators do exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import flint
import numpy as np

from cstark.kernels import _runtime

P = 2**64 - 2**32 + 1
# Values at which some carry, borrow, digit or final subtraction changes.
EDGES = [
    *(0, 1, 2, 3),
    *(2**22 - 1, 2**22, 2**31, 2**32 - 2, 2**32 - 1, 2**32, 2**32 + 1, 2**44 - 1),
    *(2**63 - 1, 2**63, 2**63 + 1, 2**64 - 2**33 + 1, P // 2, P // 2 + 1),
    *(P - 2**32 - 1, P - 2**32, P - 2**32 + 1, P - 3, P - 2, P - 1),
]
EXTENSION = flint.fq_default_ctx(modulus=flint.fmpz_mod_poly_ctx(P)([P - 2, 0, 0, 1]))

ISAS = _runtime.isas()
MODES = [(isa, threads) for isa in ISAS for threads in (1, 2, 3, 7)]


@contextmanager
def mode(isa: str, threads: int = 1) -> Iterator[None]:
    """Run the kernels on `isa` with `threads` threads."""
    before = _runtime.isa(), _runtime.threads()
    _runtime.set_isa(isa)
    _runtime.set_threads(threads)
    try:
        yield
    finally:
        _runtime.set_isa(before[0])
        _runtime.set_threads(before[1])


def root(log_order: int) -> int:
    """7^((p-1)/2^log_order)"""
    return pow(7, (P - 1) >> log_order, P)


def mixed(rng: np.random.Generator, shape: int | tuple[int, ...]) -> np.ndarray:
    """Half uniform elements, half edge values."""
    uniform = rng.integers(0, P, size=shape, dtype=np.uint64)
    edges = rng.choice(np.array(EDGES, dtype=np.uint64), size=shape)
    return np.where(rng.integers(0, 2, size=shape) == 0, uniform, edges)


def ext(value: Iterable[int]) -> flint.fq_default:
    """Three coordinates as an element of flint's GF(p^3)."""
    return EXTENSION([int(c) for c in value])


def base(value: int) -> flint.fq_default:
    """A base-field element in flint's GF(p^3)."""
    return EXTENSION([int(value) % P, 0, 0])


def words(value: flint.fq_default) -> list[int]:
    """The coordinates of `ext`."""
    return [int(c) for c in value.to_list()]


def u64(values: object) -> np.ndarray:
    """Nested Python integers as uint64."""
    return np.array(values, dtype=np.uint64)
