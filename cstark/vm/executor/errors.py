"""Why a guest is stopped, and where it stood."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from cstark.errors import ExecutionError
from cstark.vm import abi
from cstark.vm.isa import text, why_none

if TYPE_CHECKING:
    from cstark.vm.executor._executor import Hart
    from cstark.vm.isa import Code
    from cstark.vm.symbols import Symbols

__all__ = ["ErrorKind", "GuestError", "guest_error"]


class ErrorKind(IntEnum):
    """Why a guest was stopped, the `kind` of a `GuestError`.

    * ``ILLEGAL_INSTRUCTION``: the word at pc is no instruction of RV64IM.
    * ``BREAKPOINT``: ``ebreak``, which compilers put where a program must not come.
    * ``BAD_JUMP``: to an address outside the text, or to no multiple of 4.
    * ``UNKNOWN_CALL``: ``ecall`` with a number in a7 that is none of the machine's, or printing to
      another file than 1 and 2.
    * ``OUTSIDE_MEMORY``: a load, a store or printing where there is no memory.
    * ``STORE_TO_TEXT``: a store into a word of memory that holds instructions.
    * ``BAD_OUTPUT``: at the end, the output window does not hold a length and so many bytes.
    * ``MEMORY_LIMIT``: more memory was touched than `cstark.vm.abi.MAX_MEMORY`.
    * ``STEP_LIMIT``: not ended after `max_steps` operations.
    """

    # the numbers are those of state.h
    ILLEGAL_INSTRUCTION = 1
    BREAKPOINT = 2
    BAD_JUMP = 3
    UNKNOWN_CALL = 4
    OUTSIDE_MEMORY = 5
    STORE_TO_TEXT = 6
    BAD_OUTPUT = 7
    MEMORY_LIMIT = 8
    STEP_LIMIT = 9


class GuestError(ExecutionError):
    """A guest did what a program of the machine may not do, and was stopped: nothing to prove.

    Attributes
    ----------
    kind : ErrorKind
        What it did.
    pc : int
        Address of the instruction.
    instruction : str
        The instruction as text.
    function : str
        The function it is in, with the distance from its start; empty where no symbol says so.
    line : str
        The line of the source as ``file:line``; empty without debugging information.
    address : int
        What the instruction led to: the address of the access, the target of the jump, the number
        of the system call.
    cycle : int
        Rows executed before it.

    Examples
    --------
    >>> from cstark import vm
    >>> program = vm.Program(vm.Image.from_text([0x0000_0513, 0x0005_3503]))  # ld a0,0(a0)
    >>> try:
    ...     program.run()
    ... except vm.GuestError as error:
    ...     print(error)
    ...     print(error.kind.name, hex(error.pc), error.address)
    access outside memory, at 0x0: ld a0,0(a0) at pc 0x10004, after 1 row
    OUTSIDE_MEMORY 0x10004 0
    """

    def __init__(
        self, message: str, kind: ErrorKind, *, pc: int, instruction: str = "", function: str = "",
        line: str = "", address: int = 0, cycle: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.kind = kind
        self.pc = pc
        self.instruction = instruction
        self.function = function
        self.line = line
        self.address = address
        self.cycle = cycle

    def to_dict(self) -> dict[str, object]:
        """Everything but the message, as plain data."""
        return {
            "kind": self.kind.name,
            "pc": self.pc,
            "instruction": self.instruction,
            "function": self.function,
            "address": self.address,
            "cycle": self.cycle,
        }

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.args[0], self.kind, self.pc, self.instruction, self.function,
                        self.line, self.address, self.cycle)  # fmt: skip


def _again(
    message: str, kind: ErrorKind, pc: int, instruction: str, function: str, line: str,
    address: int, cycle: int,
) -> GuestError:  # fmt: skip
    return GuestError(message, kind, pc=pc, instruction=instruction, function=function, line=line,
                      address=address, cycle=cycle)  # fmt: skip


def reason(kind: ErrorKind, address: int, rows: int, what: str) -> str:
    """The first part of the message; `what` is what an instruction is that is none."""
    match kind:
        case ErrorKind.ILLEGAL_INSTRUCTION:
            return f"no instruction of the machine ({what})" if what else "no instruction"
        case ErrorKind.BREAKPOINT:
            return "ebreak: the guest stopped itself"
        case ErrorKind.BAD_JUMP if address % 4:
            return f"jump to {address:#x}, which is no multiple of 4"
        case ErrorKind.BAD_JUMP:
            return f"jump to {address:#x}, which is outside the text"
        case ErrorKind.UNKNOWN_CALL if address == abi.WRITE:
            return f"system call {abi.WRITE} prints to file 1 or 2 alone"
        case ErrorKind.UNKNOWN_CALL:
            return f"unknown system call {address}"
        case ErrorKind.OUTSIDE_MEMORY:
            return f"access outside memory, at {address:#x}"
        case ErrorKind.STORE_TO_TEXT:
            return f"store into the text, at {address:#x}"
        case ErrorKind.BAD_OUTPUT if address == abi.OUTPUT:
            return f"the output window claims more than {abi.MAX_OUTPUT} bytes at the end"
        case ErrorKind.BAD_OUTPUT:
            return f"the byte of the output window at {address:#x}, behind the output, is not 0"
        case ErrorKind.MEMORY_LIMIT:
            return f"the guest touched more than {abi.MAX_MEMORY >> 20} MiB of memory"
        case ErrorKind.STEP_LIMIT:
            return f"the guest has not ended after {rows} rows, as many as max_steps allows"


def guest_error(hart: Hart, code: Code, symbols: Symbols | None = None) -> GuestError:
    """The error of a hart whose guest was stopped.

    Parameters
    ----------
    hart : Hart
        With an `error`.
    code : Code
        What it runs.
    symbols : Symbols, optional
        Names of the functions.

    Returns
    -------
    GuestError
        To be raised.

    Examples
    --------
    >>> from cstark.vm import executor
    >>> from cstark.vm.image import Image
    >>> image = Image.from_text([0x00100093, 0x0000B103])  # li ra,1; ld sp,0(ra)
    >>> hart = executor.start(image.expand(), image)
    >>> hart.run(10)
    False
    >>> error = executor.guest_error(hart, image.expand())
    >>> print(error)
    access outside memory, at 0x1: ld sp,0(ra) at pc 0x10004, after 1 row
    >>> error.kind, error.instruction, error.cycle
    (<ErrorKind.OUTSIDE_MEMORY: 5>, 'ld sp,0(ra)', 1)
    """
    if hart.error is None:
        raise ValueError("the guest was not stopped")
    number, pc, address = hart.error
    kind = ErrorKind(number)
    word = code.word(pc)
    instruction = "" if word is None else text(word, pc, symbols)
    function = symbols.show(pc) if symbols is not None else ""
    line = symbols.line(pc) if symbols is not None else ""
    what = why_none(word) if kind is ErrorKind.ILLEGAL_INSTRUCTION and word is not None else ""
    parts = [
        reason(kind, address, hart.rows, what),
        f"{instruction} at pc {pc:#x}"
        + (f" in {function}" if function else "")
        + (f" ({line})" if line else ""),
    ]
    rows = "1 row" if hart.rows == 1 else f"{hart.rows} rows"
    after = "" if kind is ErrorKind.STEP_LIMIT else f", after {rows}"  # said already
    message = f"{': '.join(parts)}{after}"
    return GuestError(message, kind, pc=pc, instruction=instruction, function=function, line=line,
                      address=address, cycle=hart.rows)  # fmt: skip
