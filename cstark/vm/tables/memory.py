"""`MemoryRow`: what loads and stores have in common.

Addresses
---------
Memory is kept in aligned words of 8 bytes, each a token (address, low half, high half, time) on
the bus ``memory``. A row uses W = a + imm - k, and W + 8 for a second word, as addresses; they
are expressions, without columns and lookups:

* a is the low half of rs1, in [0, 2^32), and the high half of rs1 is the constant 0 of the token
  that the row receives: with another high half the row cannot balance.
* imm is one signed cell of the program, in [-2^11, 2^11) as a field element; k, the place of the
  access in its word, is made of flags and lies in [0, 7].
* So W and W + 8 are integers in [-2055, 2^32 + 2055], an interval shorter than p: two of them
  are equal in the field only if they are equal.
* Every token of memory that is received was sent, and the chain of an address begins at a first
  token, which the tables of the image, of zero-filled memory and of the windows send for
  multiples of 8 in [0x1000, 2^31) alone. So W is such a multiple, and k = (a + imm) mod 8: the
  flags of k are pinned.
* Nothing is lost. RISC-V takes the sum modulo 2^64; with a high half that is not 0 it is at
  least 2^32 - 2^11 or wraps around to less than 2^11, and neither is memory.

Time
----
One access a row and word, at time + 3: the token received is older, for (time + 3 - old - 1) is
gap + 2^16 upper with both looked up in [0, 2^16): from 0 to 2^32 - 1.

Values
------
Halves of words are in [0, 2^32) by induction, as those of registers are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cstark as cs
from cstark.vm.tables.family import Family

__all__ = ["Load", "MemoryRow", "Store", "Version"]

Version = tuple[Sequence[Any], Any]
"""The new halves of a word, and how often a row sends them: 0 or 1."""


class MemoryRow(Family):
    """A row with one access to the word at W; see the module."""

    memory = True

    def place(self, n: Any) -> Any:
        """k, from 0 to 7."""
        return 0

    def address(self, n: Any) -> Any:
        """W."""
        return n.a + n.imm0 - self.place(n)

    def versions(self, n: Any) -> list[Version]:
        """What becomes of the word: in a real row exactly one of these has the count 1."""
        return [(n.m, n.real)]

    def word(
        self, t: cs.Table, n: Any, address: Any, old: Sequence[Any], versions: list[Version],
        before: Any, low: Any, count: Any, name: str,
    ) -> None:  # fmt: skip
        """One access to a word of memory."""
        now = n.time + 3
        t.receive("memory", [address, *old, before], count=count, weight=1, name=f"{name} taken")
        for k, (new, times) in enumerate(versions):
            which = f" {k}" if len(versions) > 1 else ""
            t.send("memory", [address, *new, now], count=times, weight=1,
                   name=f"{name} put back{which}")  # fmt: skip
        t.send("range", [low], count=count, weight=1, name=f"{name} is older: lower limb")
        t.send("range", [(now - before - 1 - low) / 2**16], count=count, weight=1,
               name=f"{name} is older: upper limb")  # fmt: skip

    def registers(self, t: cs.Table, n: Any) -> None:
        super().registers(t, n)
        self.word(t, n, self.address(n), n.m, self.versions(n), n.m_time, n.gap, n.real, "word")


class Load(MemoryRow):
    """Reads a word and writes rd."""

    slots = "rs1 rd imm0"
    operands = {"a": 1}
    writes = True


class Store(MemoryRow):
    """Reads rs2 and changes a word."""

    slots = "rs1 rs2 imm0"
    operands = {"a": 1, "b": 2}
