"""Arrays in the memory that proofs use again."""

import numpy as np
import pytest

import cstark as cs
from cstark.kernels import _runtime

WORDS = _runtime.SYSTEM_BYTES // 8


@pytest.mark.parametrize("shape", [0, 5, (), (3,), (4, 2), (2, 0, 3), np.int64(7)])
def test_shapes(shape):
    found = cs.goldilocks.empty(shape)
    assert found.shape == np.empty(shape).shape
    assert found.dtype == np.uint64 and found.flags.c_contiguous and found.flags.writeable
    found[...] = 3
    assert (found == 3).all()


def test_the_memory_is_used_again():
    _runtime.release_memory()
    first = cs.goldilocks.empty((WORDS, 2))
    address = first.ctypes.data
    del first
    assert _runtime.waiting_bytes() == 2 * _runtime.SYSTEM_BYTES
    assert cs.goldilocks.empty(2 * WORDS).ctypes.data == address


@pytest.mark.parametrize("shape", [-1, (2, -3), 1.5, "8", None, [2, 3], (2, None)])
def test_no_shape(shape):
    with pytest.raises(cs.CstarkError, match=r"shape=.*: must be an int, or a tuple of ints"):
        cs.goldilocks.empty(shape)


@pytest.mark.parametrize("shape", [1 << 60, (1 << 40, 1 << 40), 1 << 70, (1 << 63, 4)])
def test_more_than_there_is(shape):
    with pytest.raises(MemoryError, match="cannot allocate"):
        cs.goldilocks.empty(shape)
