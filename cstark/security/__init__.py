"""The security estimator: proven bits of a proof, term by term, from numbers alone.

It knows no machine, no trace and no proof: a `Shape` of public numbers, the number of queries and
the grinding bits go in, a `SecurityReport` comes out.  The shape must come from the verifier's own
description of the machine, never from the prover.

================= ================================================================
`Shape`           what the estimator has to know of a machine at given heights
`security_report` every error term, in both proven regimes
`joint_report`    the terms of a statement that several proofs prove together
`solve`           the smallest number of queries that reaches a target
`toml`            the parameters for https://github.com/ethereum/soundcalc
================= ================================================================

What is counted.  Each round of the protocol has an error: the probability that a cheating prover
gets past it by luck.  Under Fiat-Shamir a prover may retry each round, so the security in bits is
the *minimum* over the rounds (``bits``; the convention of soundcalc, winterfell and Plonky3).  The
interactive protocol is bounded by the *sum* of the errors (``sum_bits``, at most a bit or two
less).  A collision of the 256-bit digests costs 2^128 hash calls and caps the minimum; it is no
round, so it is not in the sum.

What is assumed.  The hash behaves as a random oracle.  Nothing is conjectured about codes beyond
the two proven radii: the "up to capacity" conjecture, on which many deployed parameters rest, was
refuted in 2025 (https://eprint.iacr.org/2025/2046, https://eprint.iacr.org/2025/2010); what such
figures would say is in `SecurityReport.heuristic`, labelled, and used for nothing.  Results beyond
the Johnson radius for plain Reed-Solomon codes that were announced in 2026 are not used; a smaller
count up to that radius is shown as a second line, and counts for nothing (`cstark.security.dkt26`).
Grinding
bits are evaluations of the transcript hash, and are counted once, in the query term.
"""

from cstark.security.dkt26 import dkt26
from cstark.security.regimes import MAX_MULTIPLICITY, MIN_MULTIPLICITY, Regime, johnson, unique
from cstark.security.report import RegimeReport, SecurityReport, security_report, show_bits
from cstark.security.shards import JointReport, joint_report
from cstark.security.solve import solve
from cstark.security.soundcalc import toml
from cstark.security.terms import FIELD_BITS, HASH_BITS, Shape, round_terms

__all__ = [
    "FIELD_BITS",
    "HASH_BITS",
    "MAX_MULTIPLICITY",
    "MIN_MULTIPLICITY",
    "JointReport",
    "Regime",
    "RegimeReport",
    "SecurityReport",
    "Shape",
    "dkt26",
    "johnson",
    "joint_report",
    "round_terms",
    "security_report",
    "show_bits",
    "solve",
    "toml",
    "unique",
]
