"""Memory plans: which committed matrices the prover holds, recomputes or spills.

`PLANS` lists them, fastest first. A proof does not depend on the plan; `cstark.cost.memory`
predicts what each needs.
"""

from __future__ import annotations

from dataclasses import dataclass

from .matrix import Storage

__all__ = ["FULL", "PLANS", "Plan"]


@dataclass(frozen=True)
class Plan:
    """Where the matrices of each tree are kept.

    The preprocessed columns are not part of it: the machine holds them for all its proofs.
    """

    name: str
    main: Storage
    lookup: Storage
    quotient: Storage

    def storage(self, tree: str) -> Storage:
        """Of a tree of the layout."""
        return Storage.HELD if tree == "preprocessed" else getattr(self, tree)


_HELD, _FIRST, _AGAIN = Storage.HELD, Storage.FIRST, Storage.RECOMPUTED
_FILE = Storage.SPILLED

FULL = Plan("full", _HELD, _HELD, _HELD)
# Recomputing the quotient costs next to nothing: it is narrow, and chunk j is coset j already.
# Times below: fib_pair of 2^17 x 32, one thread, where "full" is 1. How long spilling takes
# depends on the disk, unless there is memory to spare for its pages; hence it is the last resort.
PLANS = (
    FULL,
    Plan("recompute quotient", _HELD, _HELD, _AGAIN),  # 1.04
    Plan("keep a coset of main", _FIRST, _HELD, _AGAIN),  # 1.3
    Plan("recompute main", _AGAIN, _HELD, _AGAIN),  # 2.1
    Plan("recompute main and lookup", _AGAIN, _AGAIN, _AGAIN),
    Plan("spill", _FILE, _FILE, _FILE),  # 1.2 in spare memory
)
