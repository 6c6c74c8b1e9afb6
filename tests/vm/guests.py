"""Small guests for tests: words of instructions and data, run, recorded, checked."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

import cstark as cs
from cstark.vm import abi
from cstark.vm.executor import COUNT, FAST, Hart, run, start
from cstark.vm.image import Image
from cstark.vm.isa import Code
from cstark.vm.tables import row_cells, tables_of
from cstark.vm.trace.header import layout
from cstark.vm.trace.planning import TracePlan, plan
from cstark.vm.trace.record import Traces, traces
from tests.vm import encode

LOW = 0x1_0000
M64 = (1 << 64) - 1
A0, A7 = 10, 17


def li(rd: int, value: int) -> list[int]:
    """Instructions that load a constant, as a compiler would."""
    value &= M64
    signed = value - (1 << 64) if value >> 63 else value
    if -2048 <= signed < 2048:
        return [encode.i("addi", rd, 0, signed)]
    if -(1 << 31) <= signed < 1 << 31:
        low = (signed + 2048 & 0xFFF) - 2048
        upper = (signed - low >> 12) & 0xFFFFF
        return [encode.u("lui", rd, upper), *([encode.i("addiw", rd, rd, low)] if low else [])]
    low = (signed + 2048 & 0xFFF) - 2048
    rest = li(rd, signed - low >> 12)
    shift = encode.shift("slli", rd, rd, 12)
    return [*rest, shift, *([encode.i("addi", rd, rd, low)] if low else [])]


def exit_with(register: int = 0) -> list[int]:
    """The end of a run: the exit code is what a register holds."""
    return [encode.i("addi", A0, register, 0), *li(A7, abi.EXIT), encode.ECALL]


@dataclass
class Guest:
    """A program from its words, and the data behind them."""

    words: list[int]
    data: list[int] = field(default_factory=list)
    low: int = LOW

    def __post_init__(self) -> None:
        self.image = Image.from_text(self.words, self.low, data=self.data)
        self.code: Code = self.image.expand()

    @property
    def data_at(self) -> int:
        """Address of the data."""
        return self.low + -(-len(self.words) // 2) * 8

    def start(self, input: bytes = b"", mode: int = FAST, **options) -> Hart:
        return start(self.code, self.image, input, mode, **options)

    def run(self, input: bytes = b"", mode: int = FAST, **options) -> Hart:
        hart = self.start(input, mode, **options)
        run(hart, self.code)
        return hart

    def plan(self, hart: Hart, input: bytes = b"") -> TracePlan:
        cells = row_cells(tables_of(self.code, self.image))
        return plan(hart, self.code, self.image, input, cells)

    def traces(self, input: bytes = b"") -> tuple[Hart, dict[str, np.ndarray]]:
        """The hart that counted the run, and its traces, one of each family."""
        hart = self.run(input, COUNT)
        return hart, together(traces(self.code, self.image, input, self.plan(hart, input)))

    def machine(self) -> cs.Machine:
        return cs.Machine(tables_of(self.code, self.image))

    def check(self, input: bytes = b"") -> Hart:
        """The tables accept the run; gives the hart that counted it."""
        hart, traces = self.traces(input)
        report = self.machine().check(traces, tokens=tokens(hart, self.image.entry))
        assert report, report
        return hart


def together(found: Traces) -> dict[str, np.ndarray]:
    """The traces of a run with one for each family, as tall as its rows need; 8 without rows."""
    whole = {}
    for name, trace in found.items():
        if name == "rare":
            whole[name] = trace
        elif isinstance(trace, list):
            height = cs.padded_rows(sum(len(part) for part in trace))
            whole[name] = np.zeros((height, layout(name)["width"]), dtype=np.uint64)
            if trace:
                rows = np.concatenate(trace)
                whole[name][: len(rows)] = rows
        else:
            whole[name] = trace
    return whole


def tokens(hart: Hart, entry: int) -> list:
    """What the verifier sends and receives, from the claim."""
    output = hart.output()
    padded = output + bytes(-len(output) % 8)
    words = [len(output), *struct.unpack(f"<{len(padded) // 8}Q", padded)]
    code = hart.exit_code
    return [
        cs.Send("state", [4, entry]),
        cs.Receive("state", [4 + 4 * hart.rows, abi.HALT]),
        cs.Receive("halt", [code & 0xFFFF_FFFF, code >> 32]),
        *(cs.Receive("output", [k, w & 0xFFFF_FFFF, w >> 32]) for k, w in enumerate(words)),
    ]
