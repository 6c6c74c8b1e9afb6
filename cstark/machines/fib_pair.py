"""Fibonacci pairs: the smallest machine, and the one used to compare provers.

Each row of the table holds, for every sequence, two neighbours of a Fibonacci sequence modulo p,
and the next row holds the next two::

    row 0    left0          right0
    row 1    left + right   left + 2 right
    ...

Four equations a sequence: two tie the first row to the public starting values, two lead from row
to row.  Two more tie the last row to the public result, so what is proved is: *starting from
these values, 2^log_rows - 1 steps lead to these values*.

Each of them is needed.  Without the first two, any sequence that obeys the recurrence will do;
without the next two, any row may follow any other; without the last two, the result is not that of
the table.  Nothing else is: a row determines the next one, so no cell is free.

The height is part of the statement (``rows`` is fixed by the claim): with a height of the prover's
choice, "after some number of steps" would be all that is proved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.errors import quoted
from cstark.machines.common import is_element

__all__ = ["FibPair", "FibonacciPairs", "advance", "fibonacci_trace"]

MAX_LOG_ROWS = 26
MAX_SEQUENCES = 1024
#: Words that the trace generator handles at a time: a block and its two predecessors stay in the
#: second-level cache.
BLOCK_WORDS = 1 << 14


class FibonacciPairs(cs.Air):
    """Two steps of each of several Fibonacci sequences in a row."""

    def __init__(self, rows: int, sequences: int) -> None:
        self.rows = rows
        # Groups: `now.left` below is an array of one expression a sequence, and each line states
        # one equation for each of them.
        self.columns = {"left": (sequences,), "right": (sequences,)}
        self.publics = {
            "left0": (sequences,),
            "right0": (sequences,),
            "left_end": (sequences,),
            "right_end": (sequences,),
        }

    def constrain(self, t: cs.Table) -> None:
        now, nxt, pub = t.now, t.next, t.publics
        t.first_row.equal(now.left, pub.left0)
        t.first_row.equal(now.right, pub.right0)
        t.transition.equal(nxt.left, now.left + now.right)
        t.transition.equal(nxt.right, now.right + nxt.left)
        t.last_row.equal(now.left, pub.left_end)
        t.last_row.equal(now.right, pub.right_end)


def advance(left: int, right: int, rows: int) -> tuple[int, int]:
    """The pair `rows` rows further down, in log2(rows) steps."""
    # One row is the matrix ((1, 1), (1, 2)).  Its powers have the form ((a, b), (b, a + b)).
    a, b = 1, 0  # M^0
    c, d = 1, 1  # M^1, M^2, M^4, ...
    while rows:
        if rows & 1:
            a, b = (a * c + b * d) % cs.P, (a * d + b * (c + d)) % cs.P
        c, d = (c * c + d * d) % cs.P, d * (2 * c + d) % cs.P
        rows >>= 1
    return (a * left + b * right) % cs.P, (b * left + (a + b) * right) % cs.P


def fibonacci_trace(start: np.ndarray, rows: int) -> np.ndarray:
    """The trace of `FibonacciPairs`.

    A row depends on the row above, which looks like a loop over rows.  But M = ((1, 1), (1, 2))
    has determinant 1, so M^m + M^-m = trace(M^m) for every m, and

        row[i + m] = trace(M^m) row[i] - row[i - m].

    Two blocks of m rows therefore give the next m rows in two array operations: m doubles until
    a block is large enough to keep the arrays busy.

    Parameters
    ----------
    start : ndarray, shape (2, sequences), uint64
        First row: all left values, then all right values.
    rows : int
        A power of two, at least 2.

    Returns
    -------
    ndarray, shape (rows, 2 * sequences), uint64
    """
    width = start.size
    trace = cs.goldilocks.empty((rows, width))
    trace[0] = start.reshape(-1)
    left, right = trace[0].reshape(2, -1)
    second = cs.goldilocks.add(left, right)
    trace[1] = np.concatenate([second, cs.goldilocks.add(second, right)])
    done, block, factor = 2, 1, 3  # trace(M) = 3
    while done < rows:
        if done == 4 * block and 2 * block * width <= BLOCK_WORDS:
            block *= 2
            factor = (factor * factor - 2) % cs.P  # trace(M^2m) = trace(M^m)^2 - 2
        out = trace[done : done + block]
        cs.goldilocks.mul(trace[done - block : done], np.uint64(factor), out=out)
        cs.goldilocks.sub(out, trace[done - 2 * block : done - block], out=out)
        done += block
    return trace


@dataclass(frozen=True)
class FibPair(cs.Workload):
    """Fibonacci sequences, two columns each: the workload of published prover comparisons."""

    log_rows: int = cs.argument(
        16, help="log2 of the number of rows", minimum=3, maximum=MAX_LOG_ROWS
    )
    sequences: int = cs.argument(
        16, help="number of sequences, two columns each", minimum=1, maximum=MAX_SEQUENCES
    )

    def prepare(self) -> cs.Prepared:
        rows = 1 << self.log_rows
        start = [[s, s + 1] for s in range(self.sequences)]
        result = [list(advance(left, right, rows - 1)) for left, right in start]
        claim = {"log_rows": self.log_rows, "start": start, "result": result}
        first_row = np.array(start, dtype=np.uint64).T
        return cs.Prepared(claim, {"fib": lambda: fibonacci_trace(first_row, rows)})

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        log_rows, start, result = cs.read_claim(claim, log_rows=int, start=list, result=list)
        if not 3 <= log_rows <= MAX_LOG_ROWS:
            raise cs.StatementError(
                f"claim.log_rows is {quoted(log_rows)}, not from 3 to {MAX_LOG_ROWS}"
            )
        if not 1 <= len(start) <= MAX_SEQUENCES or len(start) != len(result):
            raise cs.StatementError("claim.start and claim.result need a pair for each sequence")
        for pair in start + result:
            if not (isinstance(pair, list) and len(pair) == 2 and all(map(is_element, pair))):
                raise cs.StatementError(f"claim: {quoted(pair)} is not a pair of integers below p")
        publics = [pair[side] for pairs in (start, result) for side in (0, 1) for pair in pairs]
        return cs.Statement({"fib": FibonacciPairs(1 << log_rows, len(start))}, {"fib": publics})
