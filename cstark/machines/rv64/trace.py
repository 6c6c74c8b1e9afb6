"""Running a program: what it computes, and the traces of the four tables."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cstark.errors import StatementError
from cstark.kernels import _runtime
from cstark.machines.common import padded_rows
from cstark.machines.rv64 import _trace
from cstark.machines.rv64.cpu import EXIT, MAX_STEPS
from cstark.machines.rv64.program import BASE, Program
from cstark.machines.rv64.program_table import operation

__all__ = ["Execution", "execute"]

#: Spans executed, or written, by one call of a kernel: well below a second.
_BURST = 256


@dataclass(frozen=True)
class Execution:
    """A run of a program that halted.

    Attributes
    ----------
    program : Program
    steps : int
        Instructions executed, ecall included.
    a0 : int
        The 64-bit value of x10 at the end.
    registers : tuple of int
        x0 to x31 at the end.
    """

    program: Program
    steps: int
    registers: tuple[int, ...]
    _times: np.ndarray = field(repr=False, compare=False)
    _counts: np.ndarray = field(repr=False, compare=False)
    _snapshots: list[np.ndarray] = field(repr=False, compare=False)

    @property
    def a0(self) -> int:
        """The 64-bit value of x10 at the end."""
        return self.registers[10]

    def traces(self) -> dict[str, np.ndarray]:
        """The traces of the tables.

        Returns
        -------
        dict of str to uint64 array
            ``"cpu"`` with the first power of two of rows that holds all steps, ``"program"``,
            ``"register"`` and ``"range"``: what `cstark.machines.rv64.machine_tables` describes.

        Examples
        --------
        >>> from cstark.machines.rv64.isa import addi, ecall
        >>> run = execute(Program([addi(10, 0, 7), addi(17, 0, 93), ecall()]))
        >>> {name: trace.shape for name, trace in run.traces().items()}
        {'cpu': (8, 36), 'program': (8, 1), 'register': (32, 5), 'range': (65536, 1)}
        """
        rows = padded_rows(self.steps)
        cpu = _runtime.aligned((rows, _trace.WIDTH), "traces")
        ranges = np.zeros((_runtime.threads(), 1 << 16), dtype=np.uint64)
        operations = _operations(self.program)
        for k, first in enumerate(range(0, rows, _BURST * _trace.SPAN)):
            out = cpu[first : first + _BURST * _trace.SPAN]
            # past the last snapshot there are only padding rows
            snapshots = self._snapshots[min(k, len(self._snapshots) - 1)]
            _trace.write_rows(operations, snapshots, first, self.steps, out, ranges)

        words = len(self._counts)
        program = np.zeros((padded_rows(words), 1), dtype=np.uint64)
        program[:words, 0] = self._counts
        register = np.empty((32, 5), dtype=np.uint64)
        values = np.array(self.registers, dtype=np.uint64)
        for limb in range(4):
            register[:, limb] = values >> np.uint64(16 * limb) & np.uint64(0xFFFF)
        register[:, 4] = self._times
        return {
            "cpu": cpu,
            "program": program,
            "register": register,
            "range": ranges.sum(axis=0, dtype=np.uint64).reshape(-1, 1),
        }


def _operations(program: Program) -> np.ndarray:
    """What `_trace` executes: `operation` of each instruction, its constant and jump as words."""
    table = np.zeros((len(program.words), _trace.OPERATION_COLUMNS), dtype=np.uint64)
    for i, instruction in enumerate(program.instructions):
        cells = operation(instruction, BASE + 4 * i)
        constant = instruction.immediate if instruction.name in ("lui", "addi") else 0
        jump = instruction.immediate - 4 if instruction.name == "bne" else 0
        table[i] = (*cells, constant % 2**64, jump % 2**64)
    return table


def execute(program: Program, max_steps: int = MAX_STEPS) -> Execution:
    """Execute a program until it halts.

    Parameters
    ----------
    program : Program
    max_steps : int
        Give up after so many instructions; at most, and by default, what the tables can prove.

    Returns
    -------
    Execution

    Raises
    ------
    StatementError
        If execution leaves the program, makes another call than exit, or does not halt.

    Examples
    --------
    >>> from cstark.machines.rv64.isa import addi, ecall
    >>> run = execute(Program([addi(10, 0, -1), addi(17, 0, 93), ecall()]))
    >>> run.steps, hex(run.a0)
    (3, '0xffffffffffffffff')
    """
    if not 1 <= max_steps <= MAX_STEPS:
        raise StatementError(f"max_steps is {max_steps}, but it is 1 to {MAX_STEPS}")
    operations = _operations(program)
    state = np.zeros(_trace.STATE, dtype=np.uint64)
    state[64] = program.entry - BASE
    counts = np.zeros(len(program.words), dtype=np.uint64)
    snapshots: list[np.ndarray] = []
    status = _trace.RUNNING
    while status == _trace.RUNNING and int(state[65]) < max_steps:
        burst = np.empty((_BURST, _trace.STATE), dtype=np.uint64)
        status, spans = _trace.advance(operations, state, counts, burst)
        snapshots.append(burst[:spans].copy() if spans < _BURST else burst)
    steps, address = int(state[65]), BASE + int(state[64].astype(np.int64))
    if status == _trace.LEFT:
        raise StatementError(
            f"after {steps} steps the program continues at {address:#x}, where it has no "
            "instruction"
        )
    if status == _trace.UNKNOWN_CALL:
        raise StatementError(
            f"the ecall at {address:#x} has {int(state[17])} in a7; the only call is exit, {EXIT}"
        )
    if status == _trace.RUNNING or steps > max_steps:
        raise StatementError(f"the program has not halted after {max_steps} steps")
    return Execution(
        program,
        steps,
        tuple(int(value) for value in state[:32]),
        state[32:64].copy(),
        counts,
        snapshots,
    )
