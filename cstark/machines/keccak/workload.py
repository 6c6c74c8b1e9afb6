"""Claim, public values and arguments of ``keccak``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from cstark.arrays.hashing import keccak256
from cstark.errors import StatementError
from cstark.machines.keccak.air import KeccakTable
from cstark.machines.keccak.constants import BLOCK_BYTES, ROUNDS
from cstark.machines.keccak.trace import Placement, keccak_trace
from cstark.workload import Prepared, Statement, Workload, argument
from cstark.workload.claim import read_claim

__all__ = ["MAX_LENGTH", "Keccak256"]

#: Longest message: its blocks fill 2^20 rows, a trace of 22 GB.
MAX_LENGTH = (1 << 20) // ROUNDS * BLOCK_BYTES - 1


@dataclass(frozen=True)
class Keccak256(Workload):
    """The Keccak-256 digest of a message: knowledge of a preimage, not hidden."""

    message: str | None = argument(
        None, help="file with the message; the proof does not contain it, and with --zk hides it"
    )
    text: str = argument("", help="the message itself, in UTF-8, instead of a file")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.message is not None and self.text:
            raise StatementError("Keccak256: give a message file or a text, not both")

    def prepare(self) -> Prepared:
        """Hash the message.

        Raises
        ------
        StatementError
            If the message cannot be read or is longer than `MAX_LENGTH`.
        """
        message = self._read()
        if len(message) > MAX_LENGTH:
            raise StatementError(f"the message is longer than {MAX_LENGTH} bytes")
        claim = {"digest": keccak256(message).hex(), "length": len(message)}
        return Prepared(claim, {"keccak": lambda: keccak_trace(message)})

    def _read(self) -> bytes:
        if self.message is None:
            try:  # the command line has bytes that are not UTF-8 as surrogates
                return self.text.encode("utf-8", "surrogateescape")
            except UnicodeEncodeError as error:
                raise StatementError(f"the text is not Unicode: {error}") from None
        try:
            with open(self.message, "rb") as file:
                return file.read(MAX_LENGTH + 1)
        except OSError as error:
            raise StatementError(f"the message {self.message!r}: {error.strerror}") from error

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> Statement:
        """The statement: digest and length in public values.

        Raises
        ------
        StatementError
            For a claim that is not of this form.
        """
        digest, length = read_claim(claim, digest=str, length=int)
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise StatementError(
                f"claim.digest is {digest!r:.70}, expected 64 lower-case hexadecimal digits"
            )
        if not 0 <= length <= MAX_LENGTH:
            raise StatementError(f"claim.length is {length}, not from 0 to {MAX_LENGTH}")
        placement = Placement.of(length)
        data = bytes.fromhex(digest)
        limbs = [int.from_bytes(data[i : i + 2], "little") for i in range(0, len(data), 2)]
        pad_byte = [int(place == placement.pad_byte) for place in range(8)]
        publics = [placement.pad_row, *pad_byte, placement.final_row, *limbs]
        return Statement({"keccak": KeccakTable(placement.rows)}, {"keccak": publics})
