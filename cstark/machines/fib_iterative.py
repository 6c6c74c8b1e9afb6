"""fib_iterative: the proof that a RISC-V program computed a Fibonacci number.

A guest of the RISC-V machine, `cstark.vm`, in machine code. The program, for `iterations` = N > 0::

            lui   x5, upper(N)        li   t0, N
            addiw x5, x5, lower(N)
            addi  x10, x0, 0          li   a0, 0
            addi  x11, x0, 1          li   a1, 1
            addi  x17, x0, 93         li   a7, 93
    loop:   add   x12, x10, x11       add  a2, a0, a1
            addi  x10, x11, 0         mv   a0, a1
            addi  x11, x12, 0         mv   a1, a2
            addi  x5, x5, -1          addi t0, t0, -1
            bne   x5, x0, loop        bnez t0, loop
            ecall                     exit(a0)

It executes T = 5 N + 6 instructions, each one row of the machine, and leaves a0 = F(N) mod 2^64
(F(0) = 0, F(1) = 1), the exit code. The loop tests its counter at the end, so it cannot run zero
times: for N = 0 the program goes without it, and T = 6 and a0 = 0.

What is proved, and why each constraint is there, are the pages of `cstark.vm`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cstark as cs
from cstark import vm
from cstark.vm import abi

__all__ = ["FibIterative", "fibonacci_program"]

A0, A1, A2, T0, A7 = 10, 11, 12, 5, 17
OUTSIDE, LOOP = 6, 5
"""Instructions before the loop and after it, and in it."""

MOST = (abi.MAX_ROWS - OUTSIDE) // LOOP


@lru_cache(maxsize=8)
def fibonacci_program(iterations: int) -> vm.Program:
    """The program that computes F(`iterations`) modulo 2^64.

    Parameters
    ----------
    iterations : int
        At most as many as a run may have rows for.

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
       10000:  000052b7  lui t0,0x5
       10004:  e202829b  addiw t0,t0,-480
       10008:  00000513  li a0,0
       1000c:  00100593  li a1,1
       10010:  05d00893  li a7,93
       10014:  00b50633  add a2,a0,a1
       10018:  00058513  mv a0,a1
       1001c:  00060593  mv a1,a2
       10020:  fff28293  addi t0,t0,-1
       10024:  fe0298e3  bnez t0,10014
       10028:  00000073  ecall
    >>> run = fibonacci_program(20000).run()
    >>> run.instructions, run.steps
    (100006, 100006)
    """
    if not 0 <= iterations <= MOST:
        raise cs.StatementError(f"iterations is {iterations}; a run has room for 0 to {MOST}")
    low = (iterations + 0x800 & 0xFFF) - 0x800
    words = [
        (iterations - low) & 0xFFFFF000 | T0 << 7 | 0x37,  # lui t0
        (low & 0xFFF) << 20 | T0 << 15 | T0 << 7 | 0x1B,  # addiw t0, t0
        _addi(A0, 0, 0),
        _addi(A1, 0, 1),
        _addi(A7, 0, abi.EXIT),
    ]
    if iterations:
        words += [
            A1 << 20 | A0 << 15 | A2 << 7 | 0x33,  # add a2, a0, a1
            _addi(A0, A1, 0),
            _addi(A1, A2, 0),
            _addi(T0, T0, -1),
            0xFE000863 | T0 << 15 | 1 << 12 | 1 << 7,  # bne t0, x0, -16
        ]
    return vm.Program(vm.Image.from_text([*words, 0x73]))  # ecall


def _addi(rd: int, rs1: int, immediate: int) -> int:
    return (immediate & 0xFFF) << 20 | rs1 << 15 | rd << 7 | 0x13


@dataclass(frozen=True)
class FibIterative(cs.Workload):
    """The execution of a RISC-V program that computes a Fibonacci number."""

    iterations: int = cs.argument(
        20000,
        help="times the loop runs; the program executes 5 instructions in each, and 6 more",
        minimum=0,
        maximum=MOST,
    )

    def prepare(self) -> cs.Prepared:
        """Execute the program."""
        program = fibonacci_program(self.iterations)
        prepared = program.run(max_steps=abi.MAX_ROWS).prepared()
        claim = {**prepared.claim, "iterations": self.iterations}
        return cs.Prepared(claim, prepared.traces, prepared.padded)

    @classmethod
    def default_options(cls) -> cs.Options:
        """The usual options, up to the tallest tables that are sound."""
        return vm.default_options()

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        """The statement of `cstark.vm.statement`, for this program only.

        The claim has one more field, `iterations`: who verifies ``fib_iterative`` learns that the
        program for that number ran.

        Raises
        ------
        StatementError
            For a claim that is not of this form, or is about another program.
        """
        if type(claim.get("iterations")) is not int:
            raise cs.StatementError(
                "the claim has no integer 'iterations': is it another workload's?"
            )
        run = {name: value for name, value in claim.items() if name != "iterations"}
        return fibonacci_program(claim["iterations"]).statement(run)
