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
    """A run of a RISC-V program on an input that the proof does not name, as a workload.

    This is what the command line proves when it is given an ELF file, and what `cs.prove_many`
    takes. Both ends bring the program; the claim in the proof names it by its id.

    Parameters
    ----------
    program : str
        Name of the ELF file.
    input : str, optional
        Name of a file with the input; by default the input is empty.
    max_steps : int
        The most operations that are executed.

    Raises
    ------
    StatementError
        If an argument is out of range.

    Examples
    --------
    >>> from cstark import vm
    >>> vm.Guest("words.elf", input="input.txt").max_steps
    67108864
    """

    program: str = cs.argument(help="the ELF file; the verifier brings it too", verifier=True)
    input: str | None = cs.argument(None, help="a file: what the program reads")
    max_steps: int = cs.argument(
        abi.DEFAULT_MAX_STEPS, help="most operations executed", minimum=1, maximum=abi.MAX_ROWS
    )

    def execute(self, tell: Callable[[str], object] | None = None) -> Execution:
        """Run the program on its input.

        Parameters
        ----------
        tell : callable, optional
            It is called now and then with a few words on how far the run is.

        Returns
        -------
        Execution

        Raises
        ------
        StatementError
            If a file cannot be read, or the input is too long.
        ElfError
            If the program is none for this machine.
        GuestError
            If the guest was stopped before it halted.
        """
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
        """Run the program, and give the claim of the run with its traces.

        Returns
        -------
        Prepared
        """
        return self.execute().prepared()

    def prepare_telling(self, tell: Callable[[str], object]) -> cs.Prepared:
        """Do what `prepare` does, and tell how many steps have been executed.

        Parameters
        ----------
        tell : callable
            It takes a str; what it raises ends the run.

        Returns
        -------
        Prepared
        """
        return self.execute(tell).prepared()

    def prepare_for(
        self, options: cs.Options, tell: Callable[[str], object] | None = None
    ) -> cs.Prepared:
        """Do what `prepare` does, for a proof with these options.

        With ``zk=True`` the claim does not say how many operations were executed, and the tables
        are those of `Execution.plan_for`.

        Parameters
        ----------
        options : Options
        tell : callable, optional
            As for `prepare_telling`.

        Returns
        -------
        Prepared
        """
        return self.execute(tell).prepared(options)

    @classmethod
    def default_options(cls) -> cs.Options:
        """Give the options of `cstark.vm.default_options`.

        Returns
        -------
        Options
        """
        return default_options()

    @classmethod
    def statement(cls, claim: Mapping[str, Any], program: str = "") -> cs.Statement:
        """Give the tables and tokens of a claim about the verifier's own program.

        Parameters
        ----------
        claim : mapping
            Steps, exit code, output and the id of the program.
        program : str
            Name of the verifier's ELF file.

        Returns
        -------
        Statement

        Raises
        ------
        StatementError
            If the claim makes no sense, or is about another program.
        """
        return load_program(program).statement(claim)
