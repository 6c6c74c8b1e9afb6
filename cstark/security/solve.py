"""From a target in bits to the cheapest number of queries."""

from __future__ import annotations

import operator

from cstark.errors import OptionsError
from cstark.limits import MAX_QUERIES, MAX_SECURITY
from cstark.security.report import SecurityReport, security_report, show_bits
from cstark.security.terms import Shape

__all__ = ["solve"]

_REMEDIES = {
    "pin": "lower max_log_height, use fewer columns",
    "lookup": "lower max_log_height, send fewer or narrower messages",
    "constraints": "split a table with fewer constraints off",
    "ood": "lower max_log_height",
    "batching": "lower max_log_height, use fewer columns",
    "fold": "lower max_log_height or fri_arity",
    "query": "raise blowup or grinding",
}


def solve(shape: Shape, target: int, *, grinding: int = 0, regime: str = "best") -> SecurityReport:
    """The smallest number of queries whose least term reaches `target` bits.

    Parameters
    ----------
    shape : Shape
        The machine at the tallest heights it may have.
    target : int
        Proven bits, from 1 to 128.
    grinding : int
        Proof-of-work bits, which replace queries.
    regime : {"best", "unique", "list", "dkt26"}
        Which regimes may be used; see `security_report`.

    Returns
    -------
    SecurityReport
        Of that many queries; ``.queries`` is the answer, ``.sum_bits`` what the sum of the terms
        leaves.

    Raises
    ------
    OptionsError
        If the target is above 128 bits, or no number of queries reaches it; the message names
        the term that binds and its bits.

    Examples
    --------
    >>> shape = Shape(log_heights=(20,), blowup=2, deep_terms=608, constraints=300, degree=3)
    >>> solve(shape, 100, grinding=16).queries, solve(shape, 128, grinding=16).queries
    (169, 228)
    >>> solve(shape, 128, grinding=16, regime="unique").queries
    270
    """
    if not isinstance(target, bool):
        try:
            target = operator.index(target)
        except TypeError:
            target = -1
    if isinstance(target, bool) or target < 1:
        raise OptionsError(f"security: must be an int from 1 to {MAX_SECURITY}")
    if target > MAX_SECURITY:
        raise OptionsError(
            f"security={target}: at most {MAX_SECURITY}, the cost of a collision of the 256-bit "
            "digests"
        )

    def attempt(queries: int) -> SecurityReport:
        return security_report(shape, queries=queries, grinding=grinding, regime=regime)

    most = attempt(MAX_QUERIES)
    if most.bits < target:
        remedy = _REMEDIES[most.binding.split("[")[0]]
        raise OptionsError(
            f"security={target} is out of reach at blowup={shape.blowup} and height "
            f"2^{max(shape.log_heights)}: the {most.binding} term has {show_bits(most.bits)} bits "
            f"with any number of queries up to {MAX_QUERIES}; {remedy}, or ask for less"
        )
    low, high = 1, MAX_QUERIES  # bits never fall when queries are added
    while low < high:
        middle = (low + high) // 2
        if attempt(middle).bits >= target:
            high = middle
        else:
            low = middle + 1
    return attempt(low)
