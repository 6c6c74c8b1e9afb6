"""Memory plans: which committed matrices the prover holds, recomputes or spills.

`PLANS` lists them, fastest first. A proof does not depend on the plan; `cstark.protocol.footprint`
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
PLANS = (
    FULL,
    # A recomputed quotient costs next to nothing: chunk j is its own coset j.
    Plan("recompute quotient", _HELD, _HELD, _AGAIN),
    Plan("half main", _FIRST, _HELD, _AGAIN),
    Plan("recompute main", _AGAIN, _HELD, _AGAIN),
    Plan("recompute main and lookup", _AGAIN, _AGAIN, _AGAIN),
    Plan("spill", _FILE, _FILE, _FILE),
)
