"""The two proven regimes of Reed-Solomon proximity: unique decoding and list decoding.

A regime fixes three quantities for a code of rate rho, from which every error term follows:

* the *agreement* A: words that agree with the code on fewer than a share A of their positions are
  what each query catches, with probability 1 - A;
* the *list size* L: how many codewords such a word may be close to, so how many different
  statements a cheating prover keeps open at once;
* the *gap numerator* a(n): how many challenges, out of p^3, may turn two words of length n of
  which one is far into a close combination.

======== ==================================== ==================== ================================
name     agreement A                          list size L          gap numerator a(n), gamma = 1 - A
======== ==================================== ==================== ================================
unique   (1 + rho) / 2                        1                    gamma n + 1
list     sqrt(rho) (1 + 1/(2m))               (m + 1/2)/sqrt(rho)  [2 (m + 1/2)^5
                                                                   + 3 (m + 1/2) gamma rho]
                                                                   / (3 rho^(3/2)) n
                                                                   + (m + 1/2)/sqrt(rho)
======== ==================================== ==================== ================================

Sources: Ben-Sasson, Carmon, Haboeck, Kopparty, Saraf, "On Proximity Gaps for Reed-Solomon Codes"
(BCHKS25, https://eprint.iacr.org/2025/2055): Corollary 1.4 for the unique regime, Theorems 4.2 and
4.6 for the list regime up to the Johnson radius, with multiplicity m >= 3 of the Guruswami-Sudan
decoder.  The forms are those of https://github.com/ethereum/soundcalc.  Its m = sqrt(rho)/(2 eta)
for a gap eta to the Johnson radius is our A: the factor 2 is missing in the printed Theorem 4.2.

All columns of all tables are one interleaved word of one batched FRI, and counting by agreement
does not see the alphabet: the list of the interleaved word obeys the same bound, (A - rho) /
(A^2 - rho) <= (m + 1/2)/sqrt(rho).  A word on a shorter domain lifts to the longest one by
f(x) -> f(x^(2^k)), which keeps rate and relative distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["MAX_MULTIPLICITY", "MIN_MULTIPLICITY", "Regime", "johnson", "unique"]

MIN_MULTIPLICITY = 3  # the theorems are stated from here
MAX_MULTIPLICITY = 1000  # larger ones gain less than 0.001 bit a query


@dataclass(frozen=True)
class Regime:
    """One regime at one rate.

    Attributes
    ----------
    name : {"unique", "list"}
    agreement : float
        A: what a query misses.
    list_size : float
        L.
    slope, offset : float
        The gap numerator is ``a(n) = slope * n + offset``.
    multiplicity : int or None
        m of the list regime.
    """

    name: str
    agreement: float
    list_size: float
    slope: float
    offset: float
    multiplicity: int | None = None

    @property
    def bits_per_query(self) -> float:
        """-log2 of the agreement."""
        return -math.log2(self.agreement)

    def gap(self, length: int) -> float:
        """a(n): the bad challenges when two words of this length are combined."""
        return self.slope * length + self.offset


def unique(blowup: int) -> Regime:
    """The unique-decoding regime (BCHKS25, Corollary 1.4).

    Examples
    --------
    >>> round(unique(2).bits_per_query, 4)
    0.415
    """
    rho = 1 / blowup
    agreement = (1 + rho) / 2
    return Regime("unique", agreement, list_size=1.0, slope=1 - agreement, offset=1.0)


def johnson(blowup: int, multiplicity: int) -> Regime:
    """The list-decoding regime at one multiplicity (BCHKS25, Theorems 4.2 and 4.6).

    Examples
    --------
    >>> round(johnson(2, 100).bits_per_query, 4)
    0.4928
    """
    rho = 1 / blowup
    root = math.sqrt(rho)
    shifted = multiplicity + 0.5
    agreement = root * (1 + 1 / (2 * multiplicity))
    gamma = 1 - agreement
    return Regime(
        "list",
        agreement,
        list_size=shifted / root,
        slope=(2 * shifted**5 + 3 * shifted * gamma * rho) / (3 * rho * root),
        offset=shifted / root,
        multiplicity=multiplicity,
    )
