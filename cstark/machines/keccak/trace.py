"""From a message to the rows of the table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cstark.air import padded_rows
from cstark.kernels import _runtime
from cstark.machines.keccak import _trace
from cstark.machines.keccak.constants import BLOCK_BYTES, RATE_LANES, ROUNDS

__all__ = ["Placement", "keccak_trace", "padded_blocks"]


class Placement(NamedTuple):
    """Where things are in the table of a message of some length.

    Attributes
    ----------
    rows : int
        Height of the table.
    pad_row, pad_byte : int
        Row with the first byte of the padding, and its place in that row's word.
    final_row : int
        Row with the digest.
    """

    rows: int
    pad_row: int
    pad_byte: int
    final_row: int

    @classmethod
    def of(cls, length: int) -> Placement:
        """The placement for a message of `length` bytes.

        Examples
        --------
        >>> Placement.of(0)
        Placement(rows=32, pad_row=0, pad_byte=0, final_row=23)
        >>> Placement.of(135)  # the last byte of the block is all of the padding
        Placement(rows=32, pad_row=16, pad_byte=7, final_row=23)
        >>> Placement.of(136)
        Placement(rows=64, pad_row=24, pad_byte=0, final_row=47)
        """
        # at least one byte of padding: a message that fills its blocks gets one more
        full, left = divmod(length, BLOCK_BYTES)
        rows = ROUNDS * (full + 1)
        return cls(padded_rows(rows), ROUNDS * full + left // 8, left % 8, rows - 1)


def padded_blocks(message: bytes) -> np.ndarray:
    """The message with its padding.

    Parameters
    ----------
    message : bytes

    Returns
    -------
    ndarray, shape (blocks, 17), uint64
        Words are little-endian.

    Examples
    --------
    >>> [hex(word) for word in padded_blocks(b"abc")[0, [0, 1, 16]]]
    ['0x1636261', '0x0', '0x8000000000000000']
    """
    blocks = len(message) // BLOCK_BYTES + 1
    data = np.zeros(blocks * BLOCK_BYTES, dtype=np.uint8)
    data[: len(message)] = np.frombuffer(message, dtype=np.uint8)
    data[len(message)] ^= 0x01
    data[-1] ^= 0x80
    return data.view("<u8").astype(np.uint64, copy=False).reshape(blocks, RATE_LANES)


def keccak_trace(message: bytes) -> np.ndarray:
    """The trace of `KeccakTable`.

    Parameters
    ----------
    message : bytes

    Returns
    -------
    ndarray, shape (rows, 2671), uint64
        With ``Placement.of(len(message)).rows`` rows.
    """
    placement = Placement.of(len(message))
    blocks = padded_blocks(message)
    states = np.empty((-(-placement.rows // ROUNDS), 25), dtype=np.uint64)
    _trace.permute_blocks(blocks, states)
    trace = _runtime.aligned((placement.rows, _trace.WIDTH), "traces")
    _trace.write_rows(states, blocks, placement.pad_row, placement.final_row, trace)
    return trace
