"""A 32-bit random number generator as a table: numbers for machines that need some.

`cstark.machines.range_check` explains its constraints, `cstark.machines.sorting` sorts its numbers.
"""

from __future__ import annotations

import numpy as np

import cstark as cs
from cstark.errors import quoted
from cstark.gadgets import Limbs
from cstark.machines.common import check_rows

__all__ = ["MAX_LOG_ROWS", "MODULUS", "Generator", "check_generator", "generator_trace", "states"]

#: A linear congruential generator (Numerical Recipes, second edition, section 7.1).
MULTIPLIER, INCREMENT, MODULUS = 1664525, 1013904223, 1 << 32
STATE, CARRY = Limbs(32), Limbs(24)
MAX_LOG_ROWS = 22


class Generator(cs.Air):
    """One state of the generator in each row, from the public `seed` on."""

    columns = {
        "x": STATE.shape,  # the state, in bytes
        "carry": CARRY.shape,  # what the step to this row was more than the state, in 2^32
    }
    publics: tuple[str, ...] = ("seed",)

    def __init__(self, rows: int) -> None:
        self.rows = rows  # part of the claim: otherwise "after some number of steps"

    def constrain(self, t: cs.Table) -> None:
        x, carry = STATE.number(t, t.now.x), CARRY.number(t, t.now.carry)
        following, its_carry = cs.pack(t.next.x, 8), cs.pack(t.next.carry, 8)
        t.first_row.equal(x, t.publics.seed, name="starts at the seed")
        t.transition.equal(MULTIPLIER * x + INCREMENT, following + MODULUS * its_carry, name="step")
        # No step leads to the first row.  Without this line its carry could be any three bytes.
        # They would mean nothing, but a free cell is what one looks for in a faulty table.
        t.first_row.zero(carry, name="nothing is carried to the first row")
        self.use(t, x)

    def use(self, t: cs.Table, x: cs.Expression) -> None:
        """What a machine does with the state `x` of a row; to be overridden."""


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


def generator_trace(x: np.ndarray) -> np.ndarray:
    """The trace of `Generator` for its states."""
    carry = np.zeros_like(x)
    carry[1:] = (np.uint64(MULTIPLIER) * x[:-1] + np.uint64(INCREMENT)) // np.uint64(MODULUS)
    return np.concatenate([STATE.split(x), CARRY.split(carry)], axis=1)


def check_generator(rows: int, **values: int) -> None:
    """Refuse a number of rows, or 32-bit values, from a claim that are out of range."""
    check_rows("claim.rows", rows, 1 << MAX_LOG_ROWS)
    for name, value in values.items():
        if not 0 <= value < MODULUS:
            raise cs.StatementError(f"claim.{name} is {quoted(value)}, not from 0 to 2^32 - 1")
