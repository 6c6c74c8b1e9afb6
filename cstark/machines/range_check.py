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
  number below 2^32, and carry has three. That is what `Limbs` does: ``STATE.number(t, t.now.x)``
  looks the bytes up and gives their sum.

Then both sides of the equation are below 2^57, far from p, so that it holds among the integers as
well, and x' is the remainder.  Without the lookups of carry, every `last` could be proved; without
those of x, a step could wrap around p, which is one more than a multiple of 2^32, and end one
higher.  The tests do both.  (A true carry is below 2^21.  Three bytes are more than that, which
does no harm: all that matters is that the sides stay below p.)

Two things are *not* needed.  The counts of the list are the prover's to choose, and nothing
bounds them: a row of the list is true whatever its count.  And no count can wrap around: p copies
of a number that is in no list would be as good as none, but the messages of all rows together are
fewer than p, which `Machine` checks.

The table is `cstark.machines.generator.Generator`; here it is given its last line, the result.
`cstark.machines.sorting` uses it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cstark as cs
from cstark.gadgets import RangeTable
from cstark.machines.generator import (
    MAX_LOG_ROWS,
    MODULUS,
    Generator,
    check_generator,
    generator_trace,
    states,
)

__all__ = ["Announced", "RangeCheck"]


class Announced(Generator):
    """The generator, whose last state is public."""

    publics = ("seed", "last")

    def use(self, t: cs.Table, x: cs.Expression) -> None:
        t.last_row.equal(x, t.publics.last, name="ends as claimed")


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
            {"generator": Announced(rows), "range": RangeTable(8)},
            {"generator": {"seed": seed, "last": last}},
        )
