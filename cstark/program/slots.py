"""Slots for values: where each lives, when columns are loaded, and when they are dropped.

A value's slots are free again after its last use. Columns can be loaded any number of times, so
when the slots in use exceed what stays in a core's second-level cache, the column whose next use
is furthest away gives up its slot (Belady's rule, exact here since all uses are known).
"""

from __future__ import annotations

from typing import NamedTuple

from cstark.kernels._program import SLOT_WORDS
from cstark.program.builder import SOURCES, Builder, Operation

__all__ = ["SLOT_BUDGET", "Instruction", "schedule"]

SLOT_BUDGET = 256 * 1024 // (8 * SLOT_WORDS)
"""Half of a second-level cache of 512 KiB."""

SOON = 128
"""Operations ahead within which a neighbouring column is worth loading along."""


class Instruction(NamedTuple):
    """An operation with slots: ``slot`` of the result, operands 2 * slot + next."""

    name: str
    slot: int
    operands: tuple[int, ...]
    numbers: tuple[int, ...]


class _Slots:
    """First-fit allocation of adjacent slots."""

    def __init__(self) -> None:
        self.used = bytearray()

    def find(self, width: int, limit: int) -> int | None:
        """First free run of `width` slots that ends by `limit`."""
        if len(self.used) < limit:
            self.used.extend(bytes(limit - len(self.used)))
        at = self.used.find(bytes(width), 0, limit)
        return None if at < 0 else at

    def take(self, at: int, width: int) -> None:
        self.used[at : at + width] = b"\x01" * width

    def release(self, at: int, width: int) -> None:
        self.used[at : at + width] = bytes(width)


class _Scheduler:
    def __init__(self, builder: Builder, widths: dict[str, int], budget: int) -> None:
        self.builder = builder
        self.matrix_widths = widths
        self.budget = budget
        self.slots = _Slots()
        self.peak = 1
        self.place: dict[int, int] = {}
        self.resident: dict[int, None] = {}
        self.uses = _uses(builder.operations, len(builder.widths))
        self.pinned: set[int] = set()
        self.output: list[Instruction] = []
        self.siblings = _siblings(builder)

    def run(self) -> tuple[list[Instruction], int]:
        for position, operation in enumerate(self.builder.operations):
            self._step(position, operation)
        return self.output, self.peak

    def _step(self, position: int, operation: Operation) -> None:
        values = {ref.value for ref in operation.inputs}
        self.pinned = values
        for value in dict.fromkeys(ref.value for ref in operation.inputs):
            if value not in self.place:
                self._load(value, position)
        operands = tuple(
            2 * (self.place[ref.value] + ref.part) + ref.next for ref in operation.inputs
        )
        result = operation.result
        slot = 0
        if operation.name == "fingerprint":  # writes a coordinate before it reads for the next
            slot = self._allocate(self.builder.widths[result])
        for value in values:
            uses = self.uses[value]
            while uses and uses[-1] <= position:
                uses.pop()
            if not uses:
                self._drop(value)
        if result >= 0:
            if operation.name != "fingerprint":
                slot = self._allocate(self.builder.widths[result])
            self.place[result] = slot
            if not self.uses[result]:
                self._drop(result)
        self.output.append(Instruction(operation.name, slot, operands, operation.numbers))

    def _load(self, value: int, position: int) -> None:
        column, width = self.builder.columns[value], self.builder.widths[value]
        assert column is not None
        if column.source == "periodic":
            self._settle(value, self._allocate(1))
            self.output.append(Instruction("periodic", self.place[value], (), (column.first,)))
            return
        group = self._neighbours(value, position) if width == 1 else []
        if len(group) > 1:
            at = self._allocate(4)
            base = column.first - column.first % 4
            self.slots.release(at, 4)
            for member in group:
                member_column = self.builder.columns[member]
                assert member_column is not None
                self._settle(member, at + member_column.first - base)
                self.slots.take(self.place[member], 1)
            self.output.append(Instruction("load4", at, (), (SOURCES[column.source], base)))
            return
        at = self._allocate(width)
        self._settle(value, at)
        for part in range(width):
            self.output.append(
                Instruction("load", at + part, (), (SOURCES[column.source], column.first + part))
            )

    def _neighbours(self, value: int, position: int) -> list[int]:
        """Columns of the same group of four that are to be loaded now, if the group is whole."""
        column = self.builder.columns[value]
        assert column is not None
        base = column.first - column.first % 4
        if base + 4 > self.matrix_widths[column.source]:
            return []
        return [
            member
            for member in self.siblings[column.source, base]
            if member not in self.place
            and self.uses[member]
            and self.uses[member][-1] <= position + SOON
        ]

    def _settle(self, value: int, slot: int) -> None:
        self.place[value] = slot
        self.resident[value] = None

    def _allocate(self, width: int) -> int:
        while True:
            at = self.slots.find(width, self.budget)
            if at is None:
                victim = max(
                    (value for value in self.resident if value not in self.pinned),
                    key=lambda value: self.uses[value][-1],
                    default=None,
                )
                if victim is not None:
                    self._drop(victim)
                    continue
                # Values that cannot be dropped fill the budget: use more slots than it.
                at = self.slots.find(width, len(self.slots.used) + width)
                assert at is not None
            self.slots.take(at, width)
            self.peak = max(self.peak, at + width)
            return at

    def _drop(self, value: int) -> None:
        self.slots.release(self.place.pop(value), self.builder.widths[value])
        self.resident.pop(value, None)


def _uses(operations: list[Operation], count: int) -> list[list[int]]:
    """Positions at which each value is read, last first."""
    uses: list[list[int]] = [[] for _ in range(count)]
    for position in range(len(operations) - 1, -1, -1):
        for ref in operations[position].inputs:
            if not uses[ref.value] or uses[ref.value][-1] != position:
                uses[ref.value].append(position)
    return uses


def _siblings(builder: Builder) -> dict[tuple[str, int], list[int]]:
    """Single columns by source and group of four."""
    groups: dict[tuple[str, int], list[int]] = {}
    for value, column in enumerate(builder.columns):
        if column is not None and builder.widths[value] == 1:
            groups.setdefault((column.source, column.first - column.first % 4), []).append(value)
    return groups


def schedule(
    builder: Builder, widths: dict[str, int], budget: int = SLOT_BUDGET
) -> tuple[list[Instruction], int]:
    """Instructions with slots, and how many slots they need.

    Parameters
    ----------
    builder : Builder
        The operations, in order.
    widths : dict
        Number of columns of each matrix (``"main"``, ``"preprocessed"``, ``"lookup"``): four
        columns are only loaded at once where all four exist.
    budget : int
        Slots to stay within as far as dropping columns allows.
    """
    return _Scheduler(builder, widths, budget).run()
