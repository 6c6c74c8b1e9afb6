"""One statement proved in several proofs, whose buses balance together.

Each proof, a *shard*, has its own commitments, openings, FRI and positions; all share z and alpha,
which are drawn after every shard's main columns have been committed to. So before they are drawn a
cheating prover could hold L candidates for each shard, and the sums are of all of them together: L
to the power of the number of shards would be the factor of the lookup term, and leave nothing.

*Pins* take that factor away. After its main commitment each shard draws eta, and omega outside the
base field, and states for each height y = sum_c eta^c f_c(omega) over its main columns; DEEP opens
y like any other value. Two different candidates differ in a column of some height, and there

    sum_c eta^c (f_c(omega) - g_c(omega))

is a polynomial in eta and omega that is not zero, of total degree at most (columns - 1) + N + o - 1
with o points that a column is opened at, the pin one of them. So both have the same y for at most
that share of all (eta, omega); there are L (L - 1) / 2 pairs, L^2 / 2 of which are counted::

    pin     L^2 (P + N + o - 2) / (2 (p^3 - p))        P: most main columns of a height

With masks N is D*, what the final polynomial lets degrees be below (`cstark.security.terms`), and
the columns that mask the sums are among those that are pinned.

For other pins at most one candidate of each shard is left when z and alpha are drawn, and the
lookup term has no factor L, with the messages of all shards in M (`Shape.fractions`). If the true
sums do not balance, then some shard states one that is not its own, and its lookup constraints fail
for each of its candidates, which are one list again: every later term is the shard's own.

Fiat-Shamir is a graph here and no chain, but each challenge is a hash of all that its bad event
depends on; so the least term over rounds and shards counts (`bits`), and no shard's grinding helps
another. The sum of all errors has the lookup term once, and the others for every shard. Lookup
trees need no pin, as the statement of a shard's is about its own main columns; preprocessed ones
need none, as nothing but the key's polynomial agrees with them on so many points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cstark.errors import OptionsError
from cstark.security.report import SecurityReport, show_bits

__all__ = ["JointReport", "joint_report"]


@dataclass(frozen=True)
class JointReport:
    """Proven security of a statement that several proofs prove together.

    Attributes
    ----------
    shards : tuple of SecurityReport
        Of each proof; their shapes have pins, and in `fractions` the messages of all.
    bits : float
        The least term of any round of any shard.
    binding : tuple of (int, str)
        Which it is: number of the shard, and name of the term.
    sum_bits : float
        Bits of the sum of all errors, the lookup term counted once.
    """

    shards: tuple[SecurityReport, ...]
    bits: float
    binding: tuple[int, str]
    sum_bits: float

    def __str__(self) -> str:
        shard, term = self.binding
        together = f"{len(self.shards)} shards together" if len(self.shards) > 1 else "1 shard"
        return (
            f"{show_bits(self.bits)} proven bits of {together} (the {term} "
            f"term of shard {shard + 1} binds), {show_bits(self.sum_bits)} bits in the sum"
        )


def joint_report(shards: Sequence[SecurityReport]) -> JointReport:
    """Add up the terms of all shards of a statement.

    Parameters
    ----------
    shards : sequence of SecurityReport
        At least one. Where there are several, each counts in `Shape.fractions` the messages of all
        of them, and in `Shape.pinned_columns` its own columns, unless it uses unique decoding.

    Returns
    -------
    JointReport

    Raises
    ------
    OptionsError
        There is none, or several do not count the same messages, or have lists and no pins.

    Examples
    --------
    >>> from cstark.security import Shape, security_report
    >>> shape = Shape(log_heights=(20,), blowup=2, deep_terms=1000, constraints=300, degree=3,
    ...               fractions=2**35, message_width=8, points=3, pinned_columns=600)
    >>> one = security_report(shape, queries=232, grinding=16)
    >>> print(joint_report([one] * 24))
    128.0 proven bits of 24 shards together (the hash term of shard 1 binds), 124.0 bits in the sum
    """
    if not shards:
        raise OptionsError("shards: there must be one")
    first = shards[0].shape
    for number, report in enumerate(shards):
        shape, lists = report.shape, report.regime.regime.list_size > 1
        if (shape.fractions, shape.message_width) != (first.fractions, first.message_width):
            raise OptionsError(
                f"shards: {number} counts {shape.fractions} messages of {shape.message_width} "
                f"values, but 0 counts {first.fractions} of {first.message_width}"
            )
        if len(shards) > 1 and lists and not shape.pinned_columns:
            raise OptionsError(
                f"shards: {number} uses list decoding without pins, which proves nothing of "
                "sums over several shards"
            )
    bits, shard = min((report.bits, number) for number, report in enumerate(shards))
    lookups = [report.regime.terms.get("lookup", math.inf) for report in shards]
    rest = [
        term
        for report in shards
        for name, term in report.regime.terms.items()
        if name not in ("hash", "lookup")
    ]
    errors = [term for term in (min(lookups), *rest) if term < math.inf]
    least = min(errors)
    total = least - math.log2(math.fsum(2.0 ** (least - term) for term in errors))
    return JointReport(tuple(shards), bits, (shard, shards[shard].binding), total)
