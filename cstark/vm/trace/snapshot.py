"""`Snapshot`: the state of a run between two rows, as far as the rows behind it ask for it.

A worker executes a part of a run alone. What it needs is where the run stands, the registers, and
each word of memory that the part accesses as it is before; each with the time of its last access,
because a row names the time of the access before its own.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cstark.vm.executor import Hart, restore

__all__ = ["Snapshot"]

Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Snapshot:
    """Where a run stands after some of its rows.

    Attributes
    ----------
    rows : int
        Rows executed before.
    operation : int
        Index of the operation that comes next.
    registers, register_times : bytes
        Values of 8 bytes, times of 4, little endian.
    words : int
        How many words of memory it holds.
    packed : bytes
        Addresses, times and values of the words, compressed.

    Examples
    --------
    >>> from cstark import vm
    >>> from cstark.vm.executor import COUNT, start
    >>> image = vm.Image.from_text([0x00500513, 0x05D00893, 0x00000073])
    >>> hart = start(image.expand(), image, mode=COUNT)
    >>> hart.run(1)
    True
    >>> snapshot = Snapshot.of(hart)
    >>> snapshot.rows, snapshot.operation, snapshot.words
    (1, 1, 0)
    """

    rows: int
    operation: int
    registers: bytes
    register_times: bytes
    words: int = 0
    packed: bytes = b""

    @classmethod
    def of(cls, hart: Hart) -> Snapshot:
        """Where a hart stands, without any word of memory.

        Parameters
        ----------
        hart : Hart
            In a mode that keeps times, between two rows.
        """
        registers, times = hart.registers.astype("<u8"), hart.register_times.astype("<u4")
        return cls(hart.rows, hart.operation, registers.tobytes(), times.tobytes())

    def holding(self, addresses: Words, values: Words, times: Words) -> Snapshot:
        """The same with words of memory.

        Parameters
        ----------
        addresses, values, times : uint64 array (n,)
            In the order of the addresses; the time of a word that was never accessed is 0.
        """
        packed = _pack(addresses, values, times)
        return replace(self, words=len(addresses), packed=packed)

    def restore(self, hart: Hart) -> None:
        """Bring a hart that has not run yet to this state.

        Raises
        ------
        ValueError
            The state is none of a run.
        """
        registers = np.frombuffer(self.registers, "<u8").astype(np.uint64)
        times = np.frombuffer(self.register_times, "<u4").astype(np.uint64)
        words = _unpack(self.packed, self.words)
        restore(hart, self.rows, self.operation, registers, times, *words)


def _pack(addresses: Words, values: Words, times: Words) -> bytes:
    if not len(addresses):
        return b""
    # Differences of addresses are small numbers; like bytes side by side pack well.
    first = np.diff(addresses, prepend=addresses.dtype.type(0))
    columns = (first.astype("<u4"), times.astype("<u4"), values.astype("<u8"))
    parts = [column.view(np.uint8).reshape(len(column), -1).T.tobytes() for column in columns]
    return zlib.compress(b"".join(parts), 1)


def _unpack(packed: bytes, words: int) -> tuple[Words, Words, Words]:
    """Addresses, values and times."""
    size, data = 16 * words, b""
    if words:
        try:
            data = zlib.decompressobj().decompress(packed, size + 1)
        except zlib.error as error:
            raise ValueError(f"the snapshot is damaged: {error}") from error
    if len(data) != size:
        raise ValueError(f"the snapshot holds {len(data)} bytes of memory, not {size}")

    def column(start: int, dtype: str) -> Words:
        width = np.dtype(dtype).itemsize
        raw = np.frombuffer(data, np.uint8, width * words, start * words).reshape(width, words)
        return np.ascontiguousarray(raw.T).reshape(-1).view(dtype).astype(np.uint64)

    return np.cumsum(column(0, "<u4"), dtype=np.uint64), column(8, "<u8"), column(4, "<u4")
