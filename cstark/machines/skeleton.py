"""my_machine: a machine of your own.

    python my_machine.py                                # check, prove, verify
    cstark prove my_machine:MyMachine -o proof.bin
    cstark verify my_machine:MyMachine proof.bin

What is proved here, until you change it: 1^2 + 2^2 + ... + rows^2 is `total`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs


class Sum(cs.Air):
    """One number in each row, and the sum so far.  It does not square; it asks the other table."""

    columns = ("number", "square", "sum")
    publics = ("total",)

    def __init__(self, rows: int) -> None:
        self.rows = rows  # a fixed height; without this line the prover chooses it

    def constrain(self, t: cs.Table) -> None:
        now, nxt = t.now, t.next
        t.first_row.equal(now.number, 1)
        t.first_row.equal(now.sum, now.square)
        t.transition.equal(nxt.number, now.number + 1)
        t.transition.equal(nxt.sum, now.sum + nxt.square)
        t.last_row.equal(now.sum, t.publics.total)
        t.send("square", [now.number, now.square])


class Squares(cs.Air):
    """Numbers and their squares, each with the number of times it is asked for."""

    columns = ("number", "square", "count")

    def constrain(self, t: cs.Table) -> None:
        now = t.now
        t.every_row.equal(now.square, now.number * now.number)
        t.receive("square", [now.number, now.square], count=now.count)


@dataclass(frozen=True)
class MyMachine(cs.Workload):
    """A sum of squares; `cstark prove my_machine:MyMachine --help` prints this line."""

    log_rows: int = cs.argument(4, help="log2 of how many squares are added", minimum=3, maximum=20)

    def prepare(self) -> cs.Prepared:
        """Where the proof is made: the claim, and a trace for each table."""
        number = np.arange(1, 2**self.log_rows + 1, dtype=np.uint64)
        square = number * number
        traces = {
            "sum": np.stack([number, square, np.cumsum(square)], axis=1),
            "squares": np.stack([number, square, np.ones_like(number)], axis=1),
        }
        claim = {"rows": len(number), "total": int(square.sum())}
        return cs.Prepared(claim, traces)

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        """What the claim means, for prover and verifier: nothing but the claim comes in here.

        It may come from a stranger, so refuse what makes no sense.
        """
        rows, total = cs.read_claim(claim, rows=int, total=int)
        if rows not in [2**k for k in range(3, 21)]:
            raise cs.StatementError(f"claim.rows is {rows}, not a power of two from 8 to 2^20")
        if not 0 <= total < cs.P:
            raise cs.StatementError(f"claim.total is {total}, not from 0 to p - 1")
        return cs.Statement({"sum": Sum(rows), "squares": Squares()}, {"sum": {"total": total}})


if __name__ == "__main__":
    workload = MyMachine()
    report = workload.check(mutate=10_000)  # also changes cells, to find what nothing constrains
    print(report)
    if not report:
        sys.exit(1)
    proof = workload.prove()
    print(proof)
    print("verified:", MyMachine.verify(proof.to_bytes()))
