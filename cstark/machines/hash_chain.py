"""A hash chain: a table that is a gadget with three equations more.

What is proved:

    I know a message of `rows` blocks of four elements whose digest, from `first` on, is `last`.

where the digest d of a message is made block by block: d becomes the first four elements of
Poseidon2(d, block). `cs.gadgets.Poseidon2` is a table of permutations, one in each row. Here nobody
looks them up, so it has no bus (``bus=None``), and what is left to say is what the rows are to each
other:

* the first row begins with `first`, and the last one ends with `last`;
* each row begins with what the row above ends with, its first four elements.

The other four elements of an input are the block, the prover's to choose (`inputs`). What follows
is determined by the equations of the gadget, 172 of them for the other 172 columns of a row.

Without the equation between the rows, each row would be a permutation of anything, and the first
and the last row would have nothing to do with each other. Without ``rows``, a message of any
length would do: the number of blocks is part of the statement only because it is fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import cstark as cs
from cstark.machines.common import check_rows, is_element

__all__ = ["Chain", "HashChain"]

DIGEST = 4
MAX_LOG_ROWS = 16


class Chain(cs.gadgets.Poseidon2):
    """Permutations of 8 elements, each of which goes on from the one above."""

    publics = {"first": (DIGEST,), "last": (DIGEST,)}
    inputs = ("input",)

    def __init__(self, rows: int) -> None:
        super().__init__(8, bus=None)
        self.rows = rows

    def constrain(self, t: cs.Table) -> None:
        super().constrain(t)
        begins, ends = t.now.input[:DIGEST], self.output(t.now)[:DIGEST]
        t.first_row.equal(begins, t.publics.first, name="begins")
        t.transition.equal(t.next.input[:DIGEST], ends, name="goes on")
        t.last_row.equal(ends, t.publics.last, name="ends")


def inputs_of(blocks: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The inputs of the permutations for blocks ``(rows, 4)``: ``(rows, 8)`` uint64."""
    digest, inputs = first, np.empty((len(blocks), 8), dtype=np.uint64)
    for row, block in zip(inputs, blocks, strict=True):
        row[:] = [*digest, *block]
        digest = cs.gadgets.poseidon2(row)[:DIGEST]
    return inputs


@dataclass(frozen=True)
class HashChain(cs.Workload):
    """The Poseidon2 digest of a random message, block after block."""

    log_rows: int = cs.argument(
        6, help="log2 of the number of blocks", minimum=3, maximum=MAX_LOG_ROWS
    )
    seed: int = cs.argument(0, help="seed of the message", minimum=0)

    def prepare(self) -> cs.Prepared:
        rows = 1 << self.log_rows
        air = Chain(rows)
        blocks = cs.goldilocks.random((rows, DIGEST), rng=self.seed)
        trace = air.trace(inputs_of(blocks, np.zeros(DIGEST, dtype=np.uint64)))
        last = air.output(air.view(trace))[-1, :DIGEST]
        return cs.Prepared(
            {"rows": rows, "first": [0] * DIGEST, "last": last.tolist()}, {"chain": trace}
        )

    @classmethod
    def statement(cls, claim: dict[str, Any]) -> cs.Statement:
        rows, first, last = cs.read_claim(claim, rows=int, first=list, last=list)
        check_rows("claim.rows", rows, 1 << MAX_LOG_ROWS)
        for name, digest in (("first", first), ("last", last)):
            if len(digest) != DIGEST or not all(map(is_element, digest)):
                raise cs.StatementError(f"claim.{name} is not {DIGEST} integers below p")
        return cs.Statement({"chain": Chain(rows)}, {"chain": {"first": first, "last": last}})
