"""`Guest`: a run of an ELF file as a workload, for the command line and for many proofs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cstark as cs
from cstark.vm import abi
from cstark.vm.program import Program, default_options

if TYPE_CHECKING:
    from cstark.vm.execution import Execution

__all__ = ["Guest", "load_program", "read_input"]

_loaded: dict[bytes, Program] = {}


def load_program(path: str) -> Program:
    """The program in an ELF file; the last few are kept, so that both ends share one machine.

    Raises
    ------
    StatementError
        The file cannot be read.
    ElfError
        It is no program for this machine.
    """
    data = _read(path, "program")
    program = _loaded.pop(data, None) or Program.from_elf(data)
    _loaded[data] = program
    while len(_loaded) > 4:
        _loaded.pop(next(iter(_loaded)))
    return program


def read_input(path: str | None) -> bytes:
    """The input in a file; none without one.

    Raises
    ------
    StatementError
        The file cannot be read, or is longer than the input window allows.
    """
    if path is None:
        return b""
    data = _read(path, "input", abi.MAX_INPUT + 1)
    if len(data) > abi.MAX_INPUT:
        raise cs.StatementError(f"input {path}: longer than {abi.MAX_INPUT} bytes")
    return data


def _read(path: str, what: str, limit: int = -1) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(limit)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise cs.StatementError(f"{what} {path}: {reason}") from None


@dataclass(frozen=True)
class Guest(cs.Workload):
    """A run of a RISC-V program, on an input that the proof does not name."""

    program: str = cs.argument(help="the ELF file; the verifier brings it too", verifier=True)
    input: str | None = cs.argument(None, help="a file: what the program reads")
    max_steps: int = cs.argument(
        abi.DEFAULT_MAX_STEPS, help="most operations executed", minimum=1, maximum=abi.MAX_ROWS
    )

    def execute(self, tell: Callable[[str], object] | None = None) -> Execution:
        """Run the program on its input."""
        program = load_program(self.program)
        data = read_input(self.input)
        if tell is None:
            return program.run(data, max_steps=self.max_steps)
        say = tell
        return program.run(
            data,
            max_steps=self.max_steps,
            progress=lambda steps: say(f"executing: {steps:,} steps"),
        )

    def prepare(self) -> cs.Prepared:
        """The claim of the run, and its traces."""
        return self.execute().prepared()

    def prepare_telling(self, tell: Callable[[str], object]) -> cs.Prepared:
        """`prepare`, and how many steps have been executed."""
        return self.execute(tell).prepared()

    @classmethod
    def default_options(cls) -> cs.Options:
        """The usual options, up to the tallest tables that are sound."""
        return default_options()

    @classmethod
    def statement(cls, claim: Mapping[str, Any], program: str = "") -> cs.Statement:
        """The tables and tokens of a claim about the verifier's program."""
        return load_program(program).statement(claim)
