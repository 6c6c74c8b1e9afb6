"""Targets of jumps and addresses of words: among all there are, the ones that RISC-V means."""

from __future__ import annotations

import numpy as np

from cstark.air import P
from cstark.vm import abi

X = 1 << 32


def is_label(x: np.ndarray) -> np.ndarray:
    """More than a program can have: even numbers where instructions can be, and the others."""
    even = x % np.uint64(2) == 0
    first = (x >= abi.IMAGE_LOW) & (x < abi.STACK_TOP)
    inside = (x >= X + abi.IMAGE_LOW) & (x < 16 * X)
    return (even & (first | inside)) | (x == abi.HALT)


def test_targets_that_are_labels():
    """V5, B1, B2: no jump into a sequence, to the end of a run, or to an alias modulo p."""
    edge = 9000
    low = np.concatenate(
        [np.arange(edge), np.arange(X - edge, X), np.arange(abi.STACK_TOP - edge, abi.STACK_TOP)]
    ).astype(np.int64)
    reached = 0
    for imm in (*range(-2048, 2048, 127), -2048, -1, 0, 1, 2047):
        for bit in (0, 1):
            to = low + imm - bit
            field = np.where(to < 0, (to + X).astype(np.uint64) + np.uint64(P - X), to)
            field = field.astype(np.uint64)
            right = (low + imm) & ~1
            labels = is_label(field)
            assert (to[labels] == right[labels]).all()
            assert (to[labels] < X).all()
            reached += labels.sum()
    assert reached > 100_000


def test_a_high_half_leads_nowhere():
    """The constant 0 in the token loses nothing: with a high half, the 64-bit sum is no label."""
    for high in (1, 2, X // 2, X - 1):
        for low in (0, 1, 4096, X - 4096, X - 1):
            for imm in (-2048, -1, 0, 2047):
                to = (low + X * high + imm) % (1 << 64) & ~1
                assert not abi.IMAGE_LOW <= to < abi.STACK_TOP
                assert not abi.IMAGE_LOW <= to < abi.END  # nor is it memory


def test_addresses_that_are_words():
    """B2: a row's word is that of the 64-bit sum, and the flags of its place are those of the sum.

    A row may be given any place k from 0 to 7; the words that have a token are multiples of 8 in
    the memory map.
    """
    edge = 5000
    ends = (abi.IMAGE_LOW, abi.STACK_TOP, abi.OUTPUT, abi.END, X)
    low = np.concatenate(
        [np.arange(edge), *(np.arange(end - edge, min(end + edge, X)) for end in ends)]
    ).astype(np.int64)
    for imm in (*range(-2048, 2048, 127), -2048, -1, 0, 1, 2047):
        for k in range(8):
            at = low + imm - k
            for behind in (0, 8):  # the second word of an access that crosses
                field = np.where(at + behind < 0, P - X + (at + behind + X).astype(np.uint64),
                                 (at + behind).astype(np.uint64))  # fmt: skip
                word = (field % np.uint64(8) == 0) & (field >= abi.IMAGE_LOW) & (field < abi.END)
                right = (low + imm) // 8 * 8
                assert (at[word] == right[word]).all()
                assert ((low + imm)[word] % 8 == k).all()
