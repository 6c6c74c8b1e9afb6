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
unique   (1 + rho) / 2                        1                    n
list     sqrt(rho) (1 + 1/(2m))               m / rho              [2 (m + 1/2)^5
                                                                   + 3 (m + 1/2) gamma rho]
                                                                   / (3 rho^(3/2)) n
                                                                   + (m + 1/2)/sqrt(rho)
======== ==================================== ==================== ================================

Sources.  The unique regime: Ben-Sasson, Carmon, Ishai, Kopparty, Saraf, "Proximity Gaps for
Reed-Solomon Codes" (BCIKS20, https://eprint.iacr.org/2020/654), Theorem 1.5, which is about curves
of any degree and holds up to half the distance, that included.  The gamma n + 1 that soundcalc
counts there is for lines and for radii that are less by 3/(delta n) (Corollary 1.4 of the next), so
it is not used here; n is 2 bits more at blowup 2.  Mutual agreement, see below, follows from the
plain one in this regime (WHIR, https://eprint.iacr.org/2024/1586, Lemma 4.10).

The list regime: Ben-Sasson, Carmon, Haboeck, Kopparty, Saraf, "On Proximity Gaps for Reed-Solomon
Codes" (BCHKS25, https://eprint.iacr.org/2025/2055), Theorems 4.2 and 4.6, up to the Johnson radius,
with multiplicity m >= 3 of the Guruswami-Sudan decoder.  Theorem 4.6 is about curves of any degree
and about *mutual* agreement: outside of the exceptional challenges, every set of A n points on
which the combination agrees with the code is a set on which all the combined words do.  The forms
are those of https://github.com/ethereum/soundcalc.  Its m = sqrt(rho)/(2 eta) for a gap eta to the
Johnson radius is our A.  As printed, both theorems lack the factor 2; what their proofs use is that
a polynomial of weighted degree below (m + 1/2) sqrt(rho) n vanishes where it has m A n zeros, which
this A provides.  With the printed A = sqrt(rho) (1 + 1/m), what is given here as 128 bits would
be 127.3 to 127.4.

The list size.  All columns of all tables are one interleaved word of one batched FRI (a shorter
word lifts to the longest domain by f(x) -> f(x^(2^k)), which keeps rate and relative agreement).
Let L candidates agree with it on sets S_i of A n points each, and any two with one another on at
most rho n.  By Cauchy-Schwarz, with d(x) the number of sets that hold x,

    (L A n)^2 <= n sum_x d(x)^2 <= n (L A n + L (L - 1) rho n),   so   L <= (A - rho)/(A^2 - rho),

whatever the alphabet.  At A = sqrt(rho)(1 + 1/(2m)) that is at most (m + 1/2)/sqrt(rho).  Counted
is m / rho, soundcalc's 1/(2 eta sqrt(rho)), which is larger for every m >= 3 and rho <= 1/2; at
higher rates, which masks lead to, the larger of both.

Candidates have degree at most N, not N - 1 (one quotient (v - f(x))/(zeta - x) a point makes f of
degree N), and still agree on at most N = rho n points.  In the unique regime this needs agreement
on *more* than A n points, which is what a query does not catch with probability A: two sets of
more than (1 + rho)/2 n points share more than rho n = N.
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


def unique(blowup: int, rate: float | None = None) -> Regime:
    """The unique-decoding regime (BCIKS20, Theorem 1.5), of rate 1 / blowup if none is given.

    Examples
    --------
    >>> round(unique(2).bits_per_query, 4)
    0.415
    """
    rho = 1 / blowup if rate is None else rate
    agreement = (1 + rho) / 2
    return Regime("unique", agreement, list_size=1.0, slope=1.0, offset=0.0)


def johnson(blowup: int, multiplicity: int, rate: float | None = None) -> Regime:
    """The list-decoding regime at one multiplicity (BCHKS25, Theorems 4.2 and 4.6).

    Its rate is 1 / blowup if none is given.

    Examples
    --------
    >>> round(johnson(2, 100).bits_per_query, 4)
    0.4928
    """
    rho = 1 / blowup if rate is None else rate
    root = math.sqrt(rho)
    shifted = multiplicity + 0.5
    agreement = root * (1 + 1 / (2 * multiplicity))
    gamma = 1 - agreement
    return Regime(
        "list",
        agreement,
        list_size=max(multiplicity / rho, shifted / root),
        slope=(2 * shifted**5 + 3 * shifted * gamma * rho) / (3 * rho * root),
        offset=shifted / root,
        multiplicity=multiplicity,
    )
