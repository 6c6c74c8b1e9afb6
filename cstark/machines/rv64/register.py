"""REGISTER: the first and the last value of x0 to x31.

How registers remember
----------------------
Registers are a memory, and the memory is a bus.  A message ("token") on the bus "register" is

    (register, its value in four 16-bit limbs, the time of the last access)

and at any moment there is exactly one token for each register.  This table sends the first 32, all
with value 0 and time 0.  An access takes the register's token off the bus and puts a new one there
with the time of the access: a read with the value it found, a write with the new value.  In the
end this table takes the last 32 off.

The bus proves that the tokens sent and the tokens received are the same multiset.  What makes a
memory of it are the times.  Every access has a time of its own (4 clock + 1, 2 or 3) and
takes a token with an earlier time than its own (the CPU proves that the difference fits 32 bits).
So order the accesses to one register by time: only the first token is early enough for the first
access; it is gone then, so the second access can only take the first one's, and so on: each
access meets the value that its predecessor left (Blum et al., *Checking the correctness of
memories*, 1991).

That needs one first token a register, not two and not none: the numbers 0 to 31 are
preprocessed, the height is fixed, and both counts are the constant 1.
"""

from __future__ import annotations

import numpy as np

from cstark.air import Air, Table

__all__ = ["RegisterTable"]


class RegisterTable(Air):
    """One row a register, with its last value (four 16-bit limbs) and the time of the last access.

    No cell is free: the bus fixes them all.
    """

    columns = {"value": (4,), "time": ()}
    preprocessed = ("register",)
    rows = 32

    def preprocessed_trace(self) -> np.ndarray:
        """The (32, 1) uint64 array of 0, 1, ..., 31."""
        return np.arange(self.rows, dtype=np.uint64).reshape(-1, 1)

    def constrain(self, t: Table) -> None:
        now, register = t.now, t.preprocessed.register
        t.send("register", [register, [0, 0, 0, 0], 0], count=1, name="first value")
        t.receive("register", [register, now.value, now.time], count=1, name="last value")
