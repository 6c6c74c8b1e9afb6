"""From the words of a text to the operations that prove it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cstark.field import P
from cstark.vm.abi import IMAGE_LOW, LABEL_STEP, STACK_TOP
from cstark.vm.isa.code import NOWHERE, OPERATION, Code
from cstark.vm.isa.decode import NONE, decode
from cstark.vm.isa.lower import NUMBER, Lowered, lower
from cstark.vm.isa.operations import OPERATIONS, Operation
from cstark.vm.isa.sequences import SEQUENCES, Step

__all__ = ["expand"]

U64 = np.uint64
HALF = U64(0xFFFF_FFFF)

_BRANCHES = ("bne", "bnez", "bltu", "blt")
_HALVES = ("li", "addi", "addi_inplace", "sltiu")
_BITWISE = ("andi", "ori", "xori")
_BYTES = (*_BITWISE, "andi_small")
_SIGNED = ("jalr", "jr", "ld", "lwu", "lw", "lbu", "lb", "lhu", "lh", "sd", "sw", "sb", "sh")


def _field(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """64-bit two's complement numbers of small size as field elements."""
    return np.where(values >> U64(63) == 1, values + U64(P), values)


@lru_cache(maxsize=1)
def _lengths() -> NDArray[np.int64]:
    """How many operations a word is, by its number in `NUMBER`."""
    lengths = np.ones(256, dtype=np.int64)
    lengths[NONE] = 0
    for name, steps in SEQUENCES.items():
        lengths[NUMBER[name]] = len(steps)
    return lengths


def immediates(
    operation: Operation, imm: NDArray[np.uint64], other: NDArray[np.uint64]
) -> dict[str, NDArray[Any]]:
    """The cells that an operation makes of its immediate.

    Parameters
    ----------
    operation : Operation
        Which one.
    imm : ndarray of uint64
        Immediates.
    other : ndarray of uint64
        Of branches: where they go if the condition holds.

    Returns
    -------
    dict of str to ndarray of uint64
        ``imm0``, ``imm1``, ``code``, and ``rs2`` where it holds the sign.
    """
    name = operation.name
    cells: dict[str, NDArray[Any]] = {
        "imm0": np.zeros_like(imm),
        "imm1": np.zeros_like(imm),
        "code": np.full(len(imm), operation.code, dtype=np.uint16),
    }
    if name in _HALVES:
        cells["imm0"], cells["imm1"] = imm & HALF, imm >> U64(32)
    elif name == "addiw":
        cells["imm0"] = imm & HALF
    elif name == "slti":
        cells["imm0"] = imm & HALF
        cells["imm1"] = np.where(imm >> U64(63) == 1, U64(P - 1), U64(0))
    elif name in _BYTES:
        cells["imm0"], cells["imm1"] = imm & U64(0xFF), imm >> U64(8) & U64(0xFF)
        if name in _BITWISE:
            cells["rs2"] = imm >> U64(63)
    elif operation.step:
        amount, limbs = imm & U64(15), imm >> U64(4)
        cells["imm0"] = U64(1) << (amount if name == "slli" else U64(16) - amount)
        cells["code"] = (U64(operation.code) + limbs * U64(operation.step)).astype(np.uint16)
    elif name == "slliw":
        cells["imm0"] = U64(1) << imm
    elif name in ("srliw", "sraiw"):
        cells["imm0"] = U64(1) << (U64(32) - imm)
    elif name in _SIGNED:
        cells["imm0"] = _field(imm)
    elif name in _BRANCHES:
        cells["imm0"] = _field(other)
    return cells


class _Writer:
    """Fills the array of operations."""

    def __init__(self, low: int, rows: Lowered, labels: NDArray[np.uint64]) -> None:
        self.rows, self.labels = rows, labels
        counts = _lengths()[rows.op]
        starts = np.cumsum(counts) - counts
        self.starts = starts
        self.index = np.where(counts > 0, starts, NOWHERE).astype(np.uint32)
        self.low, self.operations = low, np.zeros(int(counts.sum()), dtype=OPERATION)

    def find(self, labels: NDArray[np.uint64]) -> NDArray[np.uint32]:
        """Indices of the operations at some labels of instructions."""
        offset = labels - U64(self.low)  # wraps below the text, far beyond its end
        inside = (offset < U64(4 * len(self.index))) & (offset & U64(3) == 0)
        where = np.where(inside, offset >> U64(2), U64(0)).astype(np.int64)
        return np.where(inside, self.index[where], np.uint32(NOWHERE))

    def write(
        self,
        at: NDArray[np.int64],
        operation: Operation,
        columns: dict[str, NDArray[Any] | int],
        other: NDArray[np.uint64],
    ) -> None:
        """Write operations of one kind; slots that it does not have stay 0."""
        imm = np.asarray(columns["imm"], dtype=np.uint64)
        cells: dict[str, Any] = dict(columns)
        for slot in ("rs1", "rs2", "rd", "next"):
            if slot not in operation.slots:
                cells.pop(slot, None)
        cells.update(immediates(operation, imm, other))
        for name, values in cells.items():
            self.operations[name][at] = values

    def single(self, name: str, where: NDArray[np.int64]) -> None:
        """Instructions that are one operation."""
        rows, operation = self.rows, OPERATIONS[name]
        following, other = rows.next[where], rows.other[where]
        columns: dict[str, NDArray[Any] | int] = {
            "label": self.labels[where], "rs1": rows.rs1[where], "rs2": rows.rs2[where],
            "rd": rows.rd[where], "imm": rows.imm[where], "next": _field(following),
            "follow": self.find(following), "last": 1, "target": NOWHERE,
        }  # fmt: skip
        if name in _BRANCHES:
            columns["target"] = self.find(other)
        if "next" not in operation.slots:
            columns["follow"] = NOWHERE
        self.write(self.starts[where], operation, columns, other)

    def sequence(self, name: str, where: NDArray[np.int64]) -> None:
        """Instructions that are several operations."""
        steps, labels = SEQUENCES[name], self.labels[where]
        for k, step in enumerate(steps):
            at, last = self.starts[where] + k, k == len(steps) - 1
            columns: dict[str, NDArray[Any] | int] = {
                "label": labels + U64(k * LABEL_STEP),
                "imm": np.full(len(where), step.imm % (1 << 64), dtype=np.uint64),
                "next": labels + (U64(4) if last else U64((k + 1) * LABEL_STEP)),
                "follow": self.find(labels + U64(4)) if last else at + 1,
                "last": int(last), "target": NOWHERE,
                **{slot: self.register(step, slot, where) for slot in ("rd", "rs1", "rs2")},
            }  # fmt: skip
            self.write(at, OPERATIONS[step.operation], columns, labels)

    def register(self, step: Step, slot: str, where: NDArray[np.int64]) -> NDArray[Any] | int:
        """What a slot of a step holds: a temporary, or a register of the instruction."""
        operand = getattr(step, slot)
        if isinstance(operand, str):
            array: NDArray[np.uint8] = getattr(self.rows, operand)
            return array[where]
        return operand or 0


def expand(words: NDArray[Any], low: int) -> Code:
    """The operations of a text.

    Parameters
    ----------
    words : array_like of uint32, shape (words,)
        The text. Words that are no instruction (data, padding) get no operation: nothing can
        be executed there.
    low : int
        Address of the first word, a multiple of 4.

    Returns
    -------
    Code
        The operations, and where each word's begin.

    Raises
    ------
    ValueError
        If the text does not lie on a grid of 4 bytes in the part of memory that an image may
        have.

    Examples
    --------
    >>> from cstark.vm.isa.operations import BY_CODE
    >>> code = expand([0x00150513, 0x02B54533, 0x00008067], 0x1000)  # addi; div; ret
    >>> [BY_CODE[int(c)].name for c in code.operations["code"]][:4]
    ['addi_inplace', 'cneg', 'cneg', 'divu']
    >>> code.index.tolist(), hex(int(code.operations["label"][2]))
    ([0, 1, 8], '0x100001004')
    """
    words = np.ascontiguousarray(words, dtype=np.uint32)
    if words.ndim != 1:
        raise ValueError(f"words must be one-dimensional, not {words.ndim}-dimensional")
    if low % 4 or low < IMAGE_LOW or low + 4 * len(words) > STACK_TOP:
        raise ValueError(
            f"a text of {len(words)} words at {low:#x} must begin at a multiple of 4 "
            f"and lie in [{IMAGE_LOW:#x}, {STACK_TOP:#x})"
        )
    labels = np.arange(low, low + 4 * len(words), 4, dtype=np.uint64)
    rows = lower(decode(words), labels)
    writer = _Writer(low, rows, labels)
    order = np.argsort(rows.op, kind="stable")
    bounds = np.searchsorted(rows.op[order], np.arange(257))
    for name, number in NUMBER.items():
        where = order[bounds[number] : bounds[number + 1]]
        if len(where):
            (writer.single if name in OPERATIONS else writer.sequence)(name, where)
    return Code(low, words, writer.operations, writer.index)
