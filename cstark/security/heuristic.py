"""Unproven figures, shown beside the proven ones because other systems quote them.

Nothing in this package decides by them: no number of queries, no ``min_security``.

============ =================================== ==============================================
name         bits                                what it rests on
============ =================================== ==============================================
random words s log2(1/(rho + eta)) + g           that no word is worse for the code than a
             eta = rho log2(e/rho) / log2(p^3)   random one (Diamond, Gruen, eprint 2025/2010)
capacity     s log2(1/rho) + g                   the "up to capacity" conjecture of ethSTARK
                                                 (eprint 2021/582) as it was used; refuted in
                                                 2025 (eprint 2025/2046)
============ =================================== ==============================================

Both look at the query term alone.
"""

from __future__ import annotations

import math

from cstark.security.terms import FIELD_BITS, Shape

__all__ = ["heuristic_bits"]


def heuristic_bits(shape: Shape, queries: int, grinding: int) -> dict[str, float]:
    """The figures by name.

    Examples
    --------
    >>> shape = Shape(log_heights=(20,), blowup=2, deep_terms=608, constraints=300, degree=3)
    >>> {name: round(bits) for name, bits in heuristic_bits(shape, 100, 20).items()}
    {'random words': 118, 'capacity (refuted)': 120}
    """
    rho = shape.rate
    eta = rho * math.log2(math.e / rho) / FIELD_BITS
    rates = {"random words": rho + eta, "capacity (refuted)": rho}
    return {name: grinding - queries * math.log2(rate) for name, rate in rates.items()}
