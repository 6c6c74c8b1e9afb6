"""Programs: instruction words, where they lie, and where execution starts."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cstark.errors import StatementError
from cstark.machines.rv64.isa import Instruction, add, addi, decode, lui

__all__ = ["BASE", "MAX_WORDS", "Program", "load_immediate"]

#: Address of the first word of every program.
BASE = 0x10000
#: Longest program.  All addresses stay far below 2^32, which the tables rely on: a branch that
#: leaves the program, in either direction, reaches no address of it modulo p either.
MAX_WORDS = 1 << 16


@dataclass(frozen=True)
class Program:
    """A program: words from address `BASE` on, and its entry.

    Parameters
    ----------
    words : sequence of int
        1 to `MAX_WORDS` instruction words, all of them lui, addi, add, bne or ecall.
    entry : int
        Address of the first instruction executed; default `BASE`.

    Raises
    ------
    StatementError
        For an instruction that the machine does not have (named by word and address), too many
        words, or an entry outside of the program.

    Examples
    --------
    >>> from cstark.machines.rv64.isa import addi, ecall
    >>> program = Program([addi(10, 0, 7), addi(17, 0, 93), ecall()])
    >>> print(program)
    0x00010000  00700513  addi x10, x0, 7
    0x00010004  05d00893  addi x17, x0, 93
    0x00010008  00000073  ecall
    >>> program.digest[:16]
    'bd35575acf08483b'
    """

    words: tuple[int, ...]
    entry: int = BASE

    # By hand: any sequence goes in, a tuple comes out.
    def __init__(self, words: Sequence[int], entry: int = BASE) -> None:
        if isinstance(words, (str, bytes)) or not hasattr(words, "__len__"):
            raise StatementError(f"words is {type(words).__name__}, expected a list of integers")
        if not 1 <= len(words) <= MAX_WORDS:
            raise StatementError(f"a program has 1 to {MAX_WORDS} words, not {len(words)}")
        try:
            plain = tuple(operator.index(word) for word in words)
            entry = operator.index(entry)
        except TypeError as error:
            raise StatementError(f"words and entry are integers: {error}") from None
        # frozen: the normalised values are set once, here
        object.__setattr__(self, "words", plain)
        object.__setattr__(self, "entry", entry)
        _ = self.instructions  # refuses foreign words
        if not BASE <= entry < BASE + 4 * len(plain) or entry % 4:
            raise StatementError(
                f"the entry {entry:#x} is not the address of an instruction of the program "
                f"({BASE:#x} to {BASE + 4 * len(plain) - 4:#x}, in steps of 4)"
            )

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The decoded words, in order."""
        return tuple(decode(word, BASE + 4 * i) for i, word in enumerate(self.words))

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the entry (8 bytes) and the words (4 bytes each).

        All little-endian.  The proof does not rest on it (the verifier rebuilds the program table
        from the words themselves); it is a short name to compare programs by.
        """
        state = hashlib.sha256(self.entry.to_bytes(8, "little"))
        state.update(b"".join(word.to_bytes(4, "little") for word in self.words))
        return state.hexdigest()

    def __str__(self) -> str:
        lines = zip(self.words, self.instructions, strict=True)
        return "\n".join(
            f"{BASE + 4 * i:#010x}  {word:08x}  {instruction}"
            for i, (word, instruction) in enumerate(lines)
        )


def load_immediate(rd: int, value: int) -> Sequence[int]:
    """Words that set register `rd` to `value`: what an assembler makes of ``li rd, value``.

    ``addi`` adds the low 12 bits as a number from -2048 to 2047, so ``lui`` loads the upper part
    rounded to the nearest multiple of 4096.  In RV64 the result of ``lui`` is sign-extended: for
    values from 2^31 - 2048 on, the rounded upper part would be 2^31 and become -2^31.  Such
    values are built by doubling a smaller one.

    Parameters
    ----------
    rd : int
        Register number, 1 to 31.
    value : int
        From -2^63 to 2^64 - 1; values from 2^63 on have the same bits as `value` - 2^64.

    Returns
    -------
    list of int
        Two words for -2^31 - 2048 <= value < 2^31 - 2048, otherwise more.

    Raises
    ------
    StatementError
        For a value that does not fit 64 bits.

    Examples
    --------
    >>> for word in load_immediate(5, 20000):
    ...     print(decode(word))
    lui x5, 0x5
    addi x5, x5, -480
    >>> len(load_immediate(5, 2**31 - 2049)), len(load_immediate(5, 2**31 - 2048))
    (2, 4)
    """
    value = operator.index(value)
    if not -(1 << 63) <= value < 1 << 64:
        raise StatementError(f"li: {value} does not fit 64 bits")
    if value >= 1 << 63:
        value -= 1 << 64
    upper = (value + 0x800) >> 12
    if -0x80000 <= upper < 0x80000:
        return [lui(rd, upper & 0xFFFFF), addi(rd, rd, value - (upper << 12))]
    return [*load_immediate(rd, value >> 1), add(rd, rd, rd), addi(rd, rd, value & 1)]
