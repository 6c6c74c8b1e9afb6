"""What is proved: the claim about a run, and the statement made of it.

    The program with these words, started at its entry with zero registers, halted after `steps`
    executed instructions (the ecall included) with this value in a0.

The claim says it in plain data::

    {"a0": "0x0000000000000037", "entry": "0x00010000", "program": "<SHA-256>",
     "steps": 56, "words": ["0x000002b7", ...]}

`program` is `Program.digest`: redundant, and so only accepted when it is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cstark.air import Air
from cstark.errors import StatementError
from cstark.machines.range_check import RangeTable
from cstark.machines.rv64.cpu import MAX_STEPS, Cpu
from cstark.machines.rv64.program import BASE, Program
from cstark.machines.rv64.program_table import ProgramTable
from cstark.machines.rv64.register import RegisterTable
from cstark.machines.rv64.trace import Execution
from cstark.workload import Statement
from cstark.workload.claim import read_claim

__all__ = ["claim_of", "machine_tables", "program_of", "statement"]


def machine_tables(words: Sequence[int], entry: int = BASE) -> dict[str, Air]:
    """The tables of the machine that runs one program.

    Parameters
    ----------
    words : sequence of int
        Instruction words, the first at address `BASE`.
    entry : int
        Address of the first instruction executed.

    Returns
    -------
    dict of str to Air
        ``"cpu"``, ``"program"``, ``"register"`` and ``"range"``.  The program is in the
        preprocessed columns of ``"program"``; entry, steps and a0 are publics of ``"cpu"``.

    Raises
    ------
    StatementError
        See `Program`.
    """
    return {
        "cpu": Cpu(),
        "program": ProgramTable(Program(words, entry)),
        "register": RegisterTable(),
        "range": RangeTable(16),
    }


def claim_of(run: Execution) -> dict[str, Any]:
    """The claim that a run witnesses.

    Examples
    --------
    >>> from cstark.machines.rv64.isa import addi, ecall
    >>> from cstark.machines.rv64.trace import execute
    >>> claim = claim_of(execute(Program([addi(10, 0, 7), addi(17, 0, 93), ecall()])))
    >>> claim["a0"], claim["entry"], claim["steps"]
    ('0x0000000000000007', '0x00010000', 3)
    >>> claim["words"]
    ['0x00700513', '0x05d00893', '0x00000073']
    """
    return {
        "a0": f"{run.a0:#018x}",
        "entry": f"{run.program.entry:#010x}",
        "program": run.program.digest,
        "steps": run.steps,
        "words": [f"{word:#010x}" for word in run.program.words],
    }


def _hexadecimal(name: str, text: Any, digits: int) -> int:
    """The number that `text` writes in exactly `digits` lower-case hexadecimal digits."""
    wanted = f"claim.{name} is {text!r:.40}, expected 0x and {digits} lower-case hexadecimal digits"
    if type(text) is not str or len(text) != digits + 2 or not text.isascii():
        raise StatementError(wanted)
    try:
        value = int(text, 16)
    except ValueError:
        raise StatementError(wanted) from None
    if f"{value:#0{digits + 2}x}" != text:
        raise StatementError(wanted)
    return value


def program_of(claim: Mapping[str, Any]) -> Program:
    """The program of a claim.

    Raises
    ------
    StatementError
        If words, entry and digest are not those of a program.
    """
    _, entry, digest, _, words = read_claim(
        claim, a0=str, entry=str, program=str, steps=int, words=list
    )
    program = Program(
        tuple(_hexadecimal(f"words[{i}]", word, 8) for i, word in enumerate(words)),
        _hexadecimal("entry", entry, 8),
    )
    if digest != program.digest:
        raise StatementError(
            f"claim.program is {digest!r:.70}, but the digest of words and entry is "
            f"{program.digest}"
        )
    return program


def statement(claim: Mapping[str, Any]) -> Statement:
    """The statement of a claim, for prover and verifier.

    The claim may come from a stranger.  Everything the tables take for granted about the publics
    is checked here: the limbs of a0 are below 2^16 because a0 is below 2^64, and `steps` is a
    number that the clock can reach.

    Parameters
    ----------
    claim : mapping
        See the module's documentation.

    Returns
    -------
    Statement

    Raises
    ------
    StatementError
        For a claim that is not of this form, naming what is wrong.
    """
    program = program_of(claim)
    a0 = _hexadecimal("a0", claim["a0"], 16)
    steps = claim["steps"]
    if not 1 <= steps <= MAX_STEPS:
        raise StatementError(f"claim.steps is {steps}, but a run has 1 to {MAX_STEPS} steps")
    limbs = [a0 >> shift & 0xFFFF for shift in (0, 16, 32, 48)]
    return Statement(
        tables=machine_tables(program.words, program.entry),
        publics={"cpu": [program.entry, steps, *limbs]},
    )
