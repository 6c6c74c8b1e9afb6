"""A range check by lookup: arithmetic modulo 2^32 in a field that knows no sizes.

What is proved:

    The generator x -> 1664525 x + 1013904223 modulo 2^32, started at `seed`, is at `last` after
    `rows` - 1 steps.

The equations of a table hold modulo p = 2^64 - 2^32 + 1, and p is not 2^32.  One step is a
division with remainder::

    1664525 x + 1013904223 = x' + 2^32 carry

which determines x' and `carry` among the integers *if* x' is below 2^32.  In the field it
determines nothing: whatever x' is, carry = (1664525 x + 1013904223 - x') / 2^32 solves it.  So
both need a size, and a size is not an equation of low degree.  It is a list to look things up in:

* **The list** is a table of its own, `RangeTable` of `cstark.gadgets`, with one row for each of
  the numbers 0 to 255.  They are *preprocessed*: part of the machine, committed in its verifying
  key, not the prover's to choose.
* **The lookup** is a message.  Each byte is sent to the bus ``range``, and the list receives each
  of its numbers as often as it says.  A bus balances only if what is sent is what is received, so
  what is not in the list cannot be sent.
* **Longer numbers** are several bytes: x has four, so that x = byte0 + 2^8 byte1 + ... is any
  number below 2^32, and carry has three.

Then both sides of the equation are below 2^57, far from p, so that it holds among the integers as
well, and x' is the remainder.  Without the lookups of carry, every `last` could be proved; without
those of x, a step could wrap around p, which is one more than a multiple of 2^32, and end one
higher.  The tests do both.  (A true carry is below 2^21.  Three bytes are more than that, which
does no harm: all that matters is that the sides stay below p.)

Two things are *not* needed.  The counts of the list are the prover's to choose, and nothing
bounds them: a row of the list is true whatever its count.  And no count can wrap around: p copies
of a number that is in no list would be as good as none, but the messages of all rows together are
fewer than p, which `Machine` checks.

`cstark.machines.sorting` uses both tables again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.errors import quoted
from cstark.gadgets import RangeTable
from cstark.machines.common import check_rows

__all__ = ["Generator", "RangeCheck", "low_bytes", "states"]

#: A linear congruential generator (Numerical Recipes, second edition, section 7.1).
MULTIPLIER, INCREMENT, MODULUS = 1664525, 1013904223, 1 << 32
MAX_LOG_ROWS = 22


class Generator(cs.Air):
    """One state of the generator a row."""

    columns = {
        "x": (4,),  # the state, in bytes
        "carry": (3,),  # what the step to this row was more than the state, in units of 2^32
    }
    publics: tuple[str, ...] = ("seed", "last")

    def __init__(self, rows: int) -> None:
        self.rows = rows  # part of the claim: otherwise "after some number of steps"

    def constrain(self, t: cs.Table) -> None:
        self.steps(t)
        t.last_row.equal(cs.pack(t.now.x, 8), t.publics.last, name="ends as claimed")

    def steps(self, t: cs.Table) -> None:
        """From the seed on, row by row."""
        x, following = cs.pack(t.now.x, 8), cs.pack(t.next.x, 8)
        carry = cs.pack(t.next.carry, 8)
        t.first_row.equal(x, t.publics.seed, name="starts at the seed")
        t.transition.equal(MULTIPLIER * x + INCREMENT, following + MODULUS * carry, name="step")
        # No step leads to the first row.  Without this line its carry could be any three bytes.
        # They would mean nothing, but a free cell is what one looks for in a faulty table.
        t.first_row.zero(t.now.carry, name="nothing is carried to the first row")
        for byte in [*t.now.x, *t.now.carry]:
            t.send("range", [byte])


def states(seed: int, rows: int) -> np.ndarray:
    """The first `rows` states, a power of two of them, as (rows,) uint64.

    `m` steps are x -> a x + c for some a and c, so the first m states give the next m at once.
    """
    x = np.empty(rows, dtype=np.uint64)
    x[0] = seed
    done, a, c = 1, MULTIPLIER, INCREMENT
    while done < rows:  # a x + c is below 2^64
        x[done : 2 * done] = (np.uint64(a) * x[:done] + np.uint64(c)) % np.uint64(MODULUS)
        done, a, c = 2 * done, a * a % MODULUS, (a * c + c) % MODULUS
    return x


def low_bytes(values: np.ndarray, count: int) -> np.ndarray:
    """The lowest `count` bytes of each value: (n,) to (n, count), uint64.

    Examples
    --------
    >>> low_bytes(np.array([0x030201], dtype=np.uint64), 4).tolist()
    [[1, 2, 3, 0]]
    """
    as_bytes = values.astype("<u8").view(np.uint8).reshape(-1, 8)
    return as_bytes[:, :count].astype(np.uint64)


def generator_trace(x: np.ndarray) -> np.ndarray:
    """The trace of `Generator` for its states."""
    carry = np.zeros_like(x)
    carry[1:] = (np.uint64(MULTIPLIER) * x[:-1] + np.uint64(INCREMENT)) // np.uint64(MODULUS)
    return np.concatenate([low_bytes(x, 4), low_bytes(carry, 3)], axis=1)


def check_generator(rows: int, **values: int) -> None:
    """Refuse a number of rows, or 32-bit values, from a claim that are out of range."""
    check_rows("claim.rows", rows, 1 << MAX_LOG_ROWS)
    for name, value in values.items():
        if not 0 <= value < MODULUS:
            raise cs.StatementError(f"claim.{name} is {quoted(value)}, not from 0 to 2^32 - 1")


@dataclass(frozen=True)
class RangeCheck(cs.Workload):
    """A 32-bit random number generator: every byte looked up in a list of 256."""

    log_rows: int = cs.argument(
        10, help="log2 of the number of states", minimum=3, maximum=MAX_LOG_ROWS
    )
    seed: int = cs.argument(0, help="the first state", minimum=0, maximum=MODULUS - 1)

    def prepare(self) -> cs.Prepared:
        x = states(self.seed, 1 << self.log_rows)
        trace = generator_trace(x)
        claim = {"rows": len(x), "seed": self.seed, "last": int(x[-1])}
        return cs.Prepared(claim, {"generator": trace, "range": RangeTable(8).trace(trace)})

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        rows, seed, last = cs.read_claim(claim, rows=int, seed=int, last=int)
        check_generator(rows, seed=seed, last=last)
        return cs.Statement(
            {"generator": Generator(rows), "range": RangeTable(8)},
            {"generator": [seed, last]},
        )
