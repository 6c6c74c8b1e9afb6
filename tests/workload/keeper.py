"""A workload whose verifier brings something of his own: a limit that no claim may choose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import cstark as cs


class Below(cs.Air):
    """A counter that ends at `last`."""

    columns = ("n",)
    publics = ("last",)
    rows = 8

    def constrain(self, t):
        t.transition.equal(t.next.n, t.now.n + 1)
        t.last_row.equal(t.now.n, t.publics.last)


@dataclass(frozen=True)
class Keeper(cs.Workload):
    """Counts up to a number below a limit."""

    limit: int = cs.argument(help="what the verifier allows", minimum=8, verifier=True)
    start: int = cs.argument(0, help="where to start")

    def prepare(self):
        n = np.arange(self.start, self.start + 8, dtype=np.uint64).reshape(8, 1)
        return cs.Prepared({"last": self.start + 7}, {"below": n})

    @classmethod
    def default_options(cls):
        return cs.Options(max_log_height=10)

    @classmethod
    def statement(cls, claim, limit=0):
        (last,) = cs.read_claim(claim, last=int)
        if not 0 <= last < limit:
            raise cs.StatementError(f"last is {last}, not below the limit {limit}")
        return cs.Statement({"below": Below()}, {"below": [last]})
