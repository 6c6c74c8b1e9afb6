"""CPU: one row an executed instruction.

A row asks PROGRAM what the instruction at `pc` does, takes two values from the registers, adds,
puts one value back, and says where the next row continues.  Buses, and who provides them:

==========  ======================================  ===================
bus         message                                 provider
==========  ======================================  ===================
"program"   the cells of `OPERATION`                `ProgramTable`
"register"  register, value in four limbs, time     `RegisterTable`
"range"     a number below 2^16                     `RangeTable`
==========  ======================================  ===================

Values are four 16-bit limbs, lowest first.  One field element cannot hold a 64-bit value: p is
smaller than 2^64, so 2^32 - 1 of the values would look like others.

Rows past the last instruction are padding: `real` is 0 and every cell is 0, except that `clock`
goes on counting.  No cell of any row is free.

Why each constraint is there
----------------------------
*Start and end.*  Row 0 is real, with clock 0 at the entry.  `real` goes from 1 to 0 exactly after
a row that halts, and a row that halts is at clock `steps` - 1.  In the last row `real` = `halts`:
without that a trace could end in the middle of the program.

*Padding.*  The cells of a padding row were not received from PROGRAM, so nothing binds them.  What
is a count there (`writes`) would let the row talk to the registers; `halts` would restart `real`.
All of them are tied to 0, and so are the rest, which then cannot be varied without a trace.

*Sum.*  Limb by limb, with carries that are not columns: the carry out of limb i is by definition
(a_i + b_i + constant_i + carry_(i-1) - result_i) / 2^16, an expression of degree 1, and must be 0
or 1.  The limbs of `result` are below 2^16 (RANGE).  All other values are results of earlier
rows or zero (see `cstark.machines.rv64.register`).  By the table in
`cstark.machines.rv64.program_table` b or the constant is 0, so no carry exceeds 1.  The last
carry is dropped: 64-bit addition wraps.

*Branch.*  a = b is decided over the integers: the sum of the squares of the four differences is
below 2^34, so it is 0 modulo p only when a = b.  `differ` is 1 and `inverse` the inverse of the
sum, or both are 0.  `jump` is 0 for every instruction but bne, so no flag "is a branch" is needed.

*Times.*  The accesses of a row have the times 4 clock + 1 (a), + 2 (b), + 3 (result), so that a row
that uses one register three times still has three accesses in order.  An access takes a token
with an earlier time: time - token's time - 1 = gap + 2^16 x, where `gap` and x, an expression, are
on RANGE.  Times are below 2^33 whatever the height, so a token from the future would need
a difference that is negative, and p minus something below 2^33 does not fit 32 bits.

*Counts* of all messages are `real` or `writes`, both 0 or 1: with at most 2^31 rows no sum of
counts comes near p.
"""

from __future__ import annotations

from cstark.air import Air, Expression, Expressions, Table
from cstark.machines.rv64.program_table import OPERATION

__all__ = ["EXIT", "MAX_STEPS", "Cpu"]

#: The number in a7 that asks the environment to exit.
EXIT = 93
#: Longest run: all times stay below 2^32, so that every distance between two accesses fits.
MAX_STEPS = (1 << 30) - 1


class Cpu(Air):
    """The processor: 36 columns, 17 messages in each row, degree 3.

    Publics: the `entry`, the number of `steps` executed (ecall included), and the value of `a0` at
    the end as four limbs; the verifier checks that these are below 2^16.
    """

    columns = {
        "real": (),  # 1: an executed instruction, 0: padding
        "clock": (),  # number of the row
        **dict.fromkeys(OPERATION, ()),  # what PROGRAM says about the instruction at pc
        "a": (4,),  # value of rs1
        "a_time": (),  # when rs1 was last accessed
        "b": (4,),  # value of rs2
        "b_time": (),
        "result": (4,),  # a + b + constant
        "old": (4,),  # value of rd before it is written; 0 when it is not
        "old_time": (),
        "a_gap": (),  # low limb of: how long ago that was, less 1
        "b_gap": (),
        "old_gap": (),
        "differ": (),  # 1: a != b
        "inverse": (),  # of the sum of (a_i - b_i)^2; 0 when that is 0
    }
    publics = {"entry": (), "steps": (), "a0": (4,)}

    def constrain(self, t: Table) -> None:
        now, publics = t.now, t.publics
        self._flow(t)
        self._sum(t)
        self._comparison(t)
        t.send("program", [now[name] for name in OPERATION], count=now.real)
        self._access(t, now.rs1, (now.a, now.a_time), now.a, now.a_gap, now.real, slot=1)
        self._access(t, now.rs2, (now.b, now.b_time), now.b, now.b_gap, now.real, slot=2)
        self._access(
            t, now.rd, (now.old, now.old_time), now.result, now.old_gap, now.writes, slot=3
        )
        # exit(a0): the decoder makes ecall read a7 as a, and a0 as b
        t.every_row.equal(now.halts * now.a[0], now.halts * EXIT, name="a7 is exit")
        t.every_row.zero(now.halts * now.a[1:], name="a7 is exit")
        t.every_row.zero(now.halts * (now.b - publics.a0), name="a0 is the claimed one")
        t.every_row.zero(now.halts * (now.clock + 1 - publics.steps), name="steps as claimed")

    def _flow(self, t: Table) -> None:
        """Which rows are real, and the address of the next instruction."""
        now, following = t.now, t.next
        t.every_row.boolean(now.real, name="real is 0 or 1")
        t.first_row.equal(now.real, 1, name="the first row is real")
        t.first_row.equal(now.pc, t.publics.entry, name="it is at the entry")
        t.first_row.zero(now.clock, name="the clock starts at 0")
        t.transition.equal(following.clock, now.clock + 1, name="the clock counts")
        t.transition.equal(following.real, now.real - now.halts, name="real until it halts")
        t.last_row.equal(now.real, now.halts, name="it halts in the end")
        t.transition.zero(
            following.real * (following.pc - now.pc - 4 - now.differ * now.jump), name="next pc"
        )
        # padding rows; differ, inverse, old, old_time and old_gap follow from these
        for name in (*OPERATION, "a", "a_time", "a_gap", "b", "b_time", "b_gap", "result"):
            t.every_row.zero((1 - now.real) * now[name], name=f"padding: {name}")

    def _sum(self, t: Table) -> None:
        """result = a + b + constant modulo 2^64."""
        now = t.now
        constant = (now.low, now.high, 65535 * now.sign, 65535 * now.sign)
        carry: Expression | int = 0
        for i in range(4):
            carry = (now.a[i] + now.b[i] + constant[i] + carry - now.result[i]) / 2**16
            t.every_row.boolean(carry, name=f"carry out of limb {i}")
            t.send("range", [now.result[i]], count=now.real)

    def _comparison(self, t: Table) -> None:
        """differ = (a != b)."""
        now = t.now
        distance = ((now.a - now.b) ** 2).sum()
        t.every_row.equal(distance * now.inverse, now.differ, name="equal: differ is 0")
        t.every_row.zero((1 - now.differ) * distance, name="not equal: differ is 1")
        t.every_row.zero((1 - now.differ) * now.inverse, name="equal: inverse is 0")

    def _access(
        self,
        t: Table,
        register: Expression,
        found: tuple[Expressions, Expression],
        left: Expressions,
        gap: Expression,
        count: Expression,
        slot: int,
    ) -> None:
        """Take the token with value and time `found` off the bus, put one with `left` there."""
        time = 4 * t.now.clock + slot
        value, last = found
        if left is not value:
            # a write that does not take place leaves no trace
            for cell in (*value, last, gap):
                t.every_row.zero((1 - count) * cell, name="no write, no old value")
        # weight: the count is 0 or 1, being `real`, or `writes`, which the row of PROGRAM says
        t.receive("register", [register, value, last], count=count, weight=1)
        t.send("register", [register, left, time], count=count, weight=1)
        t.send("range", [gap], count=count, weight=1)
        t.send("range", [(time - last - 1 - gap) / 2**16], count=count, weight=1)
