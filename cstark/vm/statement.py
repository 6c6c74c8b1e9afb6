"""The statement of a run: what a claim about a program says, as tables and tokens.

The claim is plain data, and all of it comes from the prover::

    {"exit_code": 0, "output": "68656c6c6f", "program": "<id>", "rows": 123456}

A proof that hides its traces (``zk=True``) claims no ``rows``.

The program is the verifier's own. The claim's ``program`` is compared with its id, so that a proof
about another program is refused by name before anything is computed.

What the tokens say
-------------------
* ``state``: the run starts at time 4 at the program's entry and ends at time 4 + 4 rows at the
  label `HALT`. Every row takes the token of its time and sends that of the next, so exactly one
  row stands at each of the times 4, 8, ..., 4 rows. Where the claim has no rows, the row that halts
  sends no such token (`cstark.vm.tables.ecall.LastHalt`), and no verifier takes the last.
* ``halt``: the row that halts sends its exit code once, and it is the claimed one.
* ``output``: of each of the words 0 to ceil(length / 8) of the output window, the last value is
  the claimed one: the length in bytes, then the bytes, with zeros after the last one.

The input is in no token: a proof says that there is some input.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import cstark as cs
from cstark.vm import abi

if TYPE_CHECKING:
    from cstark.vm.program import Program

__all__ = ["claim_of", "read", "statement", "words_of"]


def claim_of(program: Program, rows: int | None, exit_code: int, output: bytes) -> dict[str, Any]:
    """The claim of a run.

    Parameters
    ----------
    program : Program
    rows : int or None
        Executed operations; None where nobody is to know.
    exit_code : int
        The value of a0 when the program halted, from 0 to 2^64 - 1.
    output : bytes

    Returns
    -------
    dict
    """
    counted = {} if rows is None else {"rows": rows}
    return {
        "exit_code": exit_code,
        "output": output.hex(),
        "program": program.id,
        **counted,
    }


def read(program: Program, claim: Mapping[str, Any]) -> tuple[int | None, int, bytes]:
    """Rows, exit code and output of a claim, each checked; None for rows that it does not say.

    Raises
    ------
    StatementError
        The claim is not about this program, or says something impossible.
    """
    counted = {"rows": int} if "rows" in claim else {}
    exit_code, output, identity, *rest = cs.read_claim(
        claim, exit_code=int, output=str, program=str, **counted
    )
    rows: int | None = rest[0] if rest else None
    if identity != program.id:
        shown = identity if len(identity) == len(program.id) and identity.isalnum() else "no id"
        raise cs.StatementError(f"the claim is about another program: {shown}, not {program.id}")
    if rows is not None and not 1 <= rows <= abi.MAX_ROWS:
        raise cs.StatementError(f"claim.rows is {rows}; a run has 1 to {abi.MAX_ROWS} rows")
    if not 0 <= exit_code < 1 << 64:
        raise cs.StatementError("claim.exit_code is no number of 64 bits")
    if len(output) > 2 * abi.MAX_OUTPUT:
        raise cs.StatementError(f"claim.output is longer than {abi.MAX_OUTPUT} bytes")
    try:
        data = bytes.fromhex(output)
    except ValueError:
        data = None
    if data is None or data.hex() != output:  # one spelling: lower case, no blanks
        raise cs.StatementError("claim.output is not bytes in lower-case hexadecimal digits")
    return rows, exit_code, data


def words_of(output: bytes) -> list[int]:
    """The words of the output window that an output of so many bytes shows.

    Examples
    --------
    >>> [hex(word) for word in words_of(b"cstark vm")]
    ['0x9', '0x76206b7261747363', '0x6d']
    >>> words_of(b"")
    [0]
    """
    padded = output + bytes(-len(output) % abi.WORD)
    return [len(output), *struct.unpack(f"<{len(padded) // abi.WORD}Q", padded)]


def statement(program: Program, claim: Mapping[str, Any]) -> cs.Statement:
    """The tables and tokens of a claim about a program.

    Parameters
    ----------
    program : Program
        What the verifier holds.
    claim : mapping
        Perhaps from a stranger.

    Returns
    -------
    Statement

    Raises
    ------
    StatementError
        The claim is not about this program, or says something impossible.
    """
    rows, exit_code, output = read(program, claim)
    half = (1 << 32) - 1
    tokens: list[cs.Send | cs.Receive] = [cs.Send("state", [4, program.entry])]
    if rows is not None:
        tokens.append(cs.Receive("state", [4 + 4 * rows, abi.HALT]))
    tokens.append(cs.Receive("halt", [exit_code & half, exit_code >> 32]))
    tokens += [
        cs.Receive("output", [index, word & half, word >> 32])
        for index, word in enumerate(words_of(output))
    ]
    return cs.Statement(program.tables(counted=rows is not None), tokens=tuple(tokens))
