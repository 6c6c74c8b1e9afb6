"""Matrix products against flint."""

from __future__ import annotations

import _thread
import threading

import flint
import numpy as np
import pytest

from cstark.kernels import _matmul
from tests.oracles.fields import ISAS, MODES, P, mixed, mode

# On both sides of vectors, of tiles, of sums that have to be reduced.
SHAPES = [
    (1, 1, 1), (1, 0, 1), (0, 3, 2), (2, 3, 0), (3, 5, 4), (2, 64, 3), (2, 65, 5), (1, 130, 9),
    (65, 3, 2), (3, 2, 65), (70, 70, 70), (1, 1000, 66), (12, 12, 12),
]  # fmt: skip


def expected(a, b):
    rows, inner = a.shape
    left = flint.nmod_mat(rows, inner, a.reshape(-1).tolist(), P)
    right = flint.nmod_mat(inner, b.shape[1], b.reshape(-1).tolist(), P)
    return [[int(x) for x in row] for row in (left * right).tolist()]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("shape", SHAPES)
def test_against_flint(isa, shape):
    rows, inner, columns = shape
    rng = np.random.default_rng(rows + inner)
    a, b = mixed(rng, (rows, inner)), mixed(rng, (inner, columns))
    out = np.full((rows, columns), 0xDEAD, np.uint64)
    with mode(isa):
        _matmul.multiply(a, b, out)
    assert out.tolist() == (expected(a, b) if inner else [[0] * columns] * rows)


def test_the_largest_values():
    a, b = np.full((3, 500), P - 1, np.uint64), np.full((500, 7), P - 1, np.uint64)
    for isa in ISAS:
        out = np.empty((3, 7), np.uint64)
        with mode(isa):
            _matmul.multiply(a, b, out)
        assert (out == 500).all()


def test_threads_and_instruction_sets_agree():
    a, b = mixed(np.random.default_rng(1), (150, 80)), mixed(np.random.default_rng(2), (80, 200))
    seen = set()
    for isa, threads in MODES:
        out = np.empty((150, 200), np.uint64)
        with mode(isa, threads):
            _matmul.multiply(a, b, out)
        seen.add(out.tobytes())
    assert len(seen) == 1


def test_long_products_see_signals():
    """Three batches; Ctrl-C comes in the first, and the last is not begun."""
    a = np.ones((64 * 3, 1 << 13), np.uint64)
    b, out = np.ones((1 << 13, 64 * 16), np.uint64), np.full((64 * 3, 64 * 16), 7, np.uint64)
    timer = threading.Timer(0.05, _thread.interrupt_main)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            _matmul.multiply(a, b, out)
    finally:
        timer.cancel()
    assert (out[-64:] == 7).all()


def test_shapes_are_checked():
    a = np.zeros((2, 3), np.uint64)
    with pytest.raises(ValueError, match="b has 2 rows, a has 3 columns"):
        _matmul.multiply(a, a, a)
    with pytest.raises(ValueError, match="out is 2 x 3, the product 2 x 2"):
        _matmul.multiply(a, np.zeros((3, 2), np.uint64), np.zeros((2, 3), np.uint64))
