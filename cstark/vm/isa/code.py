"""A program as operations: what the executor runs and what the table ``program`` holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOWHERE", "OPERATION", "PROGRAM_COLUMNS", "Code"]

NOWHERE = 0xFFFF_FFFF
"""The index of no operation."""

OPERATION = np.dtype(
    [
        ("label", "u8"), ("imm", "u8"), ("imm0", "u8"), ("imm1", "u8"), ("next", "u8"),
        ("target", "u4"), ("follow", "u4"), ("code", "u2"),
        ("rs1", "u1"), ("rs2", "u1"), ("rd", "u1"), ("last", "u1"), ("_", "u2"),
    ]
)  # fmt: skip
"""One operation, 56 bytes: laid out as a C compiler does."""

PROGRAM_COLUMNS = ("label", "code", "rs1", "rs2", "rd", "imm0", "imm1", "next")
"""The cells of the message on the bus ``fetch``, in this order."""


@dataclass(frozen=True, eq=False)
class Code:
    """The operations of a text.

    Attributes
    ----------
    low : int
        Address of the first word of the text.
    words : ndarray of uint32, shape (words,)
        The text.
    operations : ndarray of `OPERATION`, shape (operations,)
        In the order of the text, sequences in place. Of each:

        ``label``
            where it stands: the address, plus k * 2^32 for operation k of a sequence;
        ``code``, ``rs1``, ``rs2``, ``rd``, ``imm0``, ``imm1``, ``next``
            the cells of the table ``program``, as field elements
            (`cstark.vm.isa.operations` says what they hold; ``next`` is the label that follows);
        ``imm``
            the immediate as a 64-bit number: the constant of ``li``, the amount of a shift, the
            offset of a load, a store, a jump or a branch, the second operand otherwise;
        ``follow``, ``target``
            the index in this array of the operation at label ``next``, and at label ``imm0`` of
            a branch; `NOWHERE` if there is none, or no such slot;
        ``last``
            1 on the last or only operation of an instruction.
    index : ndarray of uint32, shape (words,)
        The index of the first operation of each word; `NOWHERE` for a word that is no
        instruction of the machine.
    """

    low: int
    words: NDArray[np.uint32]
    operations: NDArray[Any]
    index: NDArray[np.uint32]

    @property
    def high(self) -> int:
        """Address behind the last word of the text."""
        return self.low + 4 * len(self.words)

    def __len__(self) -> int:
        return len(self.operations)

    def __repr__(self) -> str:
        return f"<Code: {len(self.words)} words at {self.low:#x}, {len(self)} operations>"

    def at(self, address: int) -> int:
        """Index of the first operation of the instruction at an address.

        Returns
        -------
        int
            `NOWHERE` if no instruction begins there.
        """
        if address % 4 or not self.low <= address < self.high:
            return NOWHERE
        return int(self.index[(address - self.low) // 4])

    def word(self, address: int) -> int | None:
        """The word of the text at an address, or None outside the text and off its grid."""
        if address % 4 or not self.low <= address < self.high:
            return None
        return int(self.words[(address - self.low) // 4])

    def rows(self) -> NDArray[np.uint64]:
        """The rows of the table ``program``.

        Returns
        -------
        ndarray of uint64, shape (operations, 8)
            The columns of `PROGRAM_COLUMNS`.
        """
        rows = np.empty((len(self), len(PROGRAM_COLUMNS)), dtype=np.uint64)
        for column, name in enumerate(PROGRAM_COLUMNS):
            rows[:, column] = self.operations[name]
        return rows
