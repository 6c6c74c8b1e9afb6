"""fib_iterative: the proof that an RV64I program computed a Fibonacci number.

The program, for `iterations` = N > 0::

            lui  x5, upper(N)         li   t0, N
            addi x5, x5, lower(N)
            addi x10, x0, 0           li   a0, 0
            addi x11, x0, 1           li   a1, 1
            addi x17, x0, 93          li   a7, 93
    loop:   add  x12, x10, x11        add  a2, a0, a1
            addi x10, x11, 0          mv   a0, a1
            addi x11, x12, 0          mv   a1, a2
            addi x5, x5, -1           addi t0, t0, -1
            bne  x5, x0, loop         bnez t0, loop
            ecall                     exit(a0)

It executes T = 5 N + 6 instructions and leaves a0 = F(N) mod 2^64 (F(0) = 0, F(1) = 1).  The loop
tests its counter at the end, so it cannot run zero times: for N = 0 the assembler leaves it out,
which makes T = 6 and a0 = 0.  From N = 2^31 - 2048 on, the constant takes four instructions
instead of two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cstark.errors import StatementError
from cstark.machines import rv64
from cstark.machines.rv64 import Program, add, addi, bne, ecall, load_immediate
from cstark.workload import Prepared, Statement, Workload, argument

__all__ = ["FibIterative", "fibonacci_program"]

_T0, _A0, _A1, _A2, _A7 = 5, 10, 11, 12, 17
_MOST = (1 << 32) - 1


def fibonacci_program(iterations: int) -> Program:
    """The program that computes F(`iterations`) modulo 2^64.

    Parameters
    ----------
    iterations : int
        0 to 2^32 - 1.

    Returns
    -------
    Program

    Raises
    ------
    StatementError
        For another number of iterations.

    Examples
    --------
    >>> print(fibonacci_program(20000))
    0x00010000  000052b7  lui x5, 0x5
    0x00010004  e2028293  addi x5, x5, -480
    0x00010008  00000513  addi x10, x0, 0
    0x0001000c  00100593  addi x11, x0, 1
    0x00010010  05d00893  addi x17, x0, 93
    0x00010014  00b50633  add x12, x10, x11
    0x00010018  00058513  addi x10, x11, 0
    0x0001001c  00060593  addi x11, x12, 0
    0x00010020  fff28293  addi x5, x5, -1
    0x00010024  fe0298e3  bne x5, x0, -16
    0x00010028  00000073  ecall
    >>> run = rv64.execute(fibonacci_program(20000))
    >>> run.steps
    100006
    """
    if not 0 <= iterations <= _MOST:
        raise StatementError(
            f"iterations is {iterations}; the counter is built from 32 bits, 0 to {_MOST}"
        )
    head = [
        *load_immediate(_T0, iterations),
        addi(_A0, 0, 0),
        addi(_A1, 0, 1),
        addi(_A7, 0, 93),
    ]
    loop = [
        add(_A2, _A0, _A1),
        addi(_A0, _A1, 0),
        addi(_A1, _A2, 0),
        addi(_T0, _T0, -1),
        bne(_T0, 0, -16),
    ]
    return Program([*head, *(loop if iterations else []), ecall()])


@dataclass(frozen=True)
class FibIterative(Workload):
    """The execution of an RV64I program that computes a Fibonacci number."""

    iterations: int = argument(
        20000,
        help="times the loop runs; the program executes 5 instructions in each, and 6 more",
        minimum=0,
        maximum=_MOST,
    )

    def prepare(self) -> Prepared:
        """Execute the program."""
        program = fibonacci_program(self.iterations)
        # before executing: a count beyond the machine would take seconds to find out
        steps = len(program.words) + 5 * max(self.iterations - 1, 0)
        if steps > rv64.MAX_STEPS:
            raise StatementError(
                f"{self.iterations} iterations take {steps} steps; the machine proves up to "
                f"{rv64.MAX_STEPS}"
            )
        run = rv64.execute(program)
        claim = {**rv64.claim_of(run), "iterations": self.iterations}
        return Prepared(claim, run.traces())

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> Statement:
        """The statement of `cstark.machines.rv64.statement`, for this program only.

        The claim has one more field, `iterations`, and the words must be those of the program
        for that number: who verifies ``fib_iterative`` learns that this program ran.

        Raises
        ------
        StatementError
            For a claim that is not of this form, or is about another program.
        """
        if type(claim.get("iterations")) is not int:
            raise StatementError("the claim has no integer 'iterations': is it another workload's?")
        run = {name: value for name, value in claim.items() if name != "iterations"}
        if rv64.program_of(run) != fibonacci_program(claim["iterations"]):
            raise StatementError(
                f"claim.words is not the fib_iterative program for {claim['iterations']} iterations"
            )
        return rv64.statement(run)
