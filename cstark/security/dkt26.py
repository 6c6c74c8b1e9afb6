"""A smaller count of bad challenges up to the Johnson radius, which is shown and never relied on.

Dao, Kominers and Thaler (eprint 2026/2056, a draft of September 2026; here DKT26) prove *mutual*
agreement up to the Johnson radius with fewer bad challenges than BCHKS25, which
`cstark.security.regimes` counts. Their Theorem 5.12, for a code of length n and dimension k >= 2,
over any field, with multiplicity m >= 3:

    a(n) = (8/3) (m + 1/2)^3 n / rho_-,   rho_- = (k - 1)/n.

Agreement and list size are those of the list regime. The count is for a line; a curve of degree e,
that is e + 1 words combined with powers of one challenge, has e times as many (their Section 7.2,
with Lemma 5.3, in the form of p3-security). A code of constants, k = 1, keeps the count of BCHKS25.

Beside BCHKS25's leading term 2 (m + 1/2)^5 n / (3 rho^(3/2)) that is 4 sqrt(rho) rho/rho_- over
(m + 1/2)^2 times as much, so no more for k >= 2 (and where masks leave a rate at which rho_- is
next to nothing, the smaller of both is taken): BCHKS25's count holds if either theorem does. That
is why it is the one that counts. The draft has been read by few, so what follows from it is a
second line of reports, under its own name: no verifier takes it for ``min_security``, and it is
nobody's default. At blowup 2 it saves one query at 2^16 rows, three at 2^20, and eight at 2^24 rows
with 4,008 openings.

The theorems below the Johnson radius in the same draft are not used: at the heights and numbers of
columns of this package their count leaves nothing of the field.
"""

from __future__ import annotations

from dataclasses import dataclass

from cstark.security.regimes import Regime, johnson

__all__ = ["dkt26"]


@dataclass(frozen=True)
class _Dkt26(Regime):
    """The list regime with another count; `rate` is that of the code."""

    rate: float = 0.5

    def gap(self, length: int) -> float:
        """a(n), of a code of this length and rate."""
        known = super().gap(length)
        below = self.rate - 1 / length  # rho_-
        if below <= 0 or self.multiplicity is None:
            return known  # constants
        return min(known, 8 * (self.multiplicity + 0.5) ** 3 / 3 * length / below)


def dkt26(blowup: int, multiplicity: int, rate: float | None = None) -> Regime:
    """The list regime with the count of DKT26, Theorem 5.12.

    Parameters
    ----------
    blowup : int
    multiplicity : int
        m, from 3.
    rate : float, optional
        That of the code; 1 / blowup if it is not given.

    Returns
    -------
    Regime

    Examples
    --------
    >>> from cstark.security import johnson
    >>> round(dkt26(2, 100).gap(2**20) / johnson(2, 100).gap(2**20), 6)
    0.00028
    """
    known = johnson(blowup, multiplicity, rate)
    return _Dkt26(
        "dkt26",
        known.agreement,
        known.list_size,
        known.slope,
        known.offset,
        multiplicity,
        rate=1 / blowup if rate is None else rate,
    )
