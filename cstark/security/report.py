"""The security report: all terms in both regimes, the minimum, the sum and what binds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from cstark.errors import OptionsError, quoted
from cstark.security.dkt26 import dkt26
from cstark.security.heuristic import heuristic_bits
from cstark.security.regimes import (
    MAX_MULTIPLICITY,
    MIN_MULTIPLICITY,
    Regime,
    johnson,
    unique,
)
from cstark.security.terms import GRINDING_SITES, HASH_BITS, Shape, round_terms, whole_number

__all__ = ["RegimeReport", "SecurityReport", "security_report", "show_bits"]

REGIMES = ("best", "unique", "list", "dkt26")


@dataclass(frozen=True)
class RegimeReport:
    """The terms in one regime.

    Two reports are equal when their terms are; they are not hashable.

    Attributes
    ----------
    regime : Regime
        Its name, agreement, list size and, for "list", the multiplicity.
    terms : dict of str to float
        Bits of each term, "hash" last; see `cstark.security.terms`.
    """

    regime: Regime
    terms: dict[str, float]

    @property
    def name(self) -> str:
        """ "unique", "list" or "dkt26"."""
        return self.regime.name

    @property
    def multiplicity(self) -> int | None:
        """m, the same in all terms; None in the unique regime."""
        return self.regime.multiplicity

    @cached_property
    def binding(self) -> str:
        """Name of the term that is least."""
        return min(self.terms, key=self.terms.__getitem__)

    @property
    def bits(self) -> float:
        """The least term: round-by-round security, capped by the hash."""
        return self.terms[self.binding]

    @cached_property
    def sum_bits(self) -> float:
        """-log2 of the sum of all rounds' errors (without the hash): the interactive bound."""
        rounds = [bits for name, bits in self.terms.items() if name != "hash"]
        least = min(rounds)  # factored out, so that nothing underflows
        return least - math.log2(math.fsum(2.0 ** (least - bits) for bits in rounds))


@dataclass(frozen=True)
class SecurityReport:
    """Proven security of the proofs of one shape.

    Attributes
    ----------
    shape : Shape
    queries, grinding : int
        `grinding` is the share of the query term that is proof of work.
    unique_decoding, list_decoding : RegimeReport
        Both regimes; the list regime at the multiplicity that maximises its least term.
    choice : {"best", "unique", "list", "dkt26"}
        Which of them `bits`, `sum_bits`, `binding` and `regime` speak of; "best" is the one of the
        first two with more bits.
    grinding_elsewhere : dict of str to int
        Proof-of-work bits before other challenges, by term; empty in this protocol.

    Examples
    --------
    >>> shape = Shape(log_heights=(20,), blowup=2, deep_terms=608, constraints=300, degree=3)
    >>> result = security_report(shape, queries=230, grinding=16)
    >>> int(result.bits), result.binding, result.regime.name
    (128, 'hash', 'list')
    >>> int(result.unique_decoding.bits), result.unique_decoding.binding
    (111, 'query')
    """

    shape: Shape
    queries: int
    grinding: int
    unique_decoding: RegimeReport
    list_decoding: RegimeReport
    choice: str = "best"
    grinding_elsewhere: dict[str, int] = field(default_factory=dict)

    @cached_property
    def regime(self) -> RegimeReport:
        """The regime that the totals speak of."""
        if self.choice == "unique":
            return self.unique_decoding
        if self.choice == "list":
            return self.list_decoding
        if self.choice == "dkt26":
            return self.dkt26

        # Both may reach the cap of the hash: then the one with the smaller error in total.
        def strength(candidate: RegimeReport) -> tuple[float, float]:
            return candidate.bits, candidate.sum_bits

        return max(self.list_decoding, self.unique_decoding, key=strength)

    @cached_property
    def dkt26(self) -> RegimeReport:
        """List decoding by the count of a recent draft, at the multiplicity that suits it.

        See `cstark.security.dkt26`: no verifier counts it.
        """
        elsewhere = self.grinding_elsewhere
        m = _best_multiplicity(
            self.shape, self.queries, self.grinding, tuple(elsewhere.items()), dkt26
        )
        point = dkt26(self.shape.blowup, m, self.shape.rate)
        terms = round_terms(self.shape, point, self.queries, self.grinding, elsewhere)
        return RegimeReport(point, {**terms, "hash": HASH_BITS})

    @property
    def bits(self) -> float:
        """Proven bits: the least term."""
        return self.regime.bits

    @property
    def sum_bits(self) -> float:
        """Bits of the union bound over all rounds."""
        return self.regime.sum_bits

    @property
    def binding(self) -> str:
        """Name of the least term."""
        return self.regime.binding

    @property
    def heuristic(self) -> dict[str, float]:
        """Unproven figures, by name; nothing is ever decided by them.

        See `cstark.security.heuristic`.
        """
        return heuristic_bits(self.shape, self.queries, self.grinding)

    def __repr__(self) -> str:
        return f"<SecurityReport: {self._heading()}>"

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-able data."""
        return {
            "bits": self.bits,
            "sum_bits": self.sum_bits,
            "binding": self.binding,
            "regime": self.regime.name,
            "queries": self.queries,
            "grinding": self.grinding,
            "grinding_elsewhere": dict(self.grinding_elsewhere),
            "heuristic_unproven": self.heuristic,
            "regimes": {
                candidate.name: {
                    "bits": candidate.bits,
                    "sum_bits": candidate.sum_bits,
                    "binding": candidate.binding,
                    "multiplicity": candidate.multiplicity,
                    "bits_per_query": candidate.regime.bits_per_query,
                    "terms": dict(candidate.terms),
                }
                for candidate in (self.unique_decoding, self.list_decoding, self.dkt26)
            },
            "shape": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in vars(self.shape).items()
            },
        }

    def _grinding_text(self) -> str:
        text = f"{self.grinding} bits of grinding in the query term"
        for name, bits in self.grinding_elsewhere.items():
            text += f", {bits} in the {name} term"
        return text

    def _rows(self) -> list[tuple[str, float, float]]:
        """(term, unique, list), the totals last."""
        rows = [
            (name, bits, self.list_decoding.terms[name])
            for name, bits in self.unique_decoding.terms.items()
        ]
        for name in ("minimum", "sum"):
            attribute = {"minimum": "bits", "sum": "sum_bits"}[name]
            both = (self.unique_decoding, self.list_decoding)
            rows.append((name, *(getattr(part, attribute) for part in both)))
        return rows

    def _heading(self) -> str:
        return (
            f"{show_bits(self.bits)} proven bits, {self._grinding_text()} "
            f"({self.regime.name} decoding, the {self.binding} term binds): {self.queries} "
            f"queries, blowup {self.shape.blowup}"
        )

    def _second_line(self) -> str:
        """What follows from a theorem that is not relied on."""
        return (
            f"{show_bits(self.dkt26.bits)} bits by DKT26 (eprint 2026/2056, a draft: counted for "
            f"no verifier's min_security; the {self.dkt26.binding} term binds)"
        )

    def _notes(self) -> list[str]:
        figures = ", ".join(f"{name} {show_bits(bits)}" for name, bits in self.heuristic.items())
        return [
            f"what is claimed is {show_bits(self.bits)}: the least of the terms under "
            f"{self.regime.name} decoding; the other column is not needed for it",
            f"list decoding with multiplicity {self.list_decoding.multiplicity}",
            f"heuristic, unproven, used for nothing: {figures}",
        ]

    def __str__(self) -> str:
        lines = [self._heading(), "  " + self._second_line()]
        lines.append(f"  {'term':<12} {'unique':>8} {'list':>8}")
        lines += [
            f"  {name:<12} {show_bits(one):>8} {show_bits(other):>8}"
            for name, one, other in self._rows()
        ]
        return "\n".join(lines + ["  " + note for note in self._notes()])

    def _repr_html_(self) -> str:
        """The same for a notebook."""
        rows = "".join(
            f"<tr><td>{name}</td><td>{show_bits(one)}</td><td>{show_bits(other)}</td></tr>"
            for name, one, other in self._rows()
        )
        notes = "".join(f"<p>{note}</p>" for note in self._notes())
        return (
            f"<p>{self._heading()}<br>{self._second_line()}</p><table><thead><tr><th>term</th><th>unique</th>"
            f"<th>list</th></tr></thead><tbody>{rows}</tbody></table>{notes}"
        )


def show_bits(bits: float) -> str:
    """Bits for display, rounded down: 127.99 must not read as 128."""
    return f"{math.floor(bits * 10) / 10:.1f}"


def security_report(
    shape: Shape,
    *,
    queries: int,
    grinding: int = 0,
    regime: str = "best",
    grinding_elsewhere: Mapping[str, int] | None = None,
) -> SecurityReport:
    """Proven security of proofs of this shape.

    Parameters
    ----------
    shape : Shape
        From the verifier's description of the machine and the heights of the proof.
    queries : int
        Number of query positions, drawn with replacement; at least 1.
    grinding : int
        Proof-of-work bits before the positions are drawn.
    regime : {"best", "unique", "list", "dkt26"}
        Which regime the totals speak of; all are in the report. "dkt26" is never among the best.
    grinding_elsewhere : mapping of str to int, optional
        Proof-of-work bits before other challenges, by term: "lookup", "constraints", "ood",
        "batching" or "fold". The protocol has none.

    Returns
    -------
    SecurityReport

    Raises
    ------
    OptionsError
        If an argument is not allowed.
    """
    queries = whole_number("queries", queries, 1)
    grinding = whole_number("grinding", grinding, 0)
    if regime not in REGIMES:
        raise OptionsError(
            f"regime={quoted(regime)}: must be one of {', '.join(map(repr, REGIMES))}"
        )

    elsewhere = {
        name: whole_number(f"grinding_elsewhere[{name!r}]", bits, 0)
        for name, bits in (grinding_elsewhere or {}).items()
    }
    for name in elsewhere:
        if name not in GRINDING_SITES:
            raise OptionsError(
                f"grinding_elsewhere: no term {name!r}; there are {', '.join(GRINDING_SITES)}"
            )

    def rounds(point: Regime) -> dict[str, float]:
        return round_terms(shape, point, queries, grinding, elsewhere)

    m = _best_multiplicity(shape, queries, grinding, tuple(elsewhere.items()))
    unique_decoding, list_decoding = (
        RegimeReport(point, {**rounds(point), "hash": HASH_BITS})
        for point in (
            unique(shape.blowup, shape.rate),
            johnson(shape.blowup, m, shape.rate),
        )
    )
    return SecurityReport(
        shape,
        queries,
        grinding,
        unique_decoding,
        list_decoding,
        choice=regime,
        grinding_elsewhere=elsewhere,
    )


@lru_cache(maxsize=64)  # asked for after every proof
def _best_multiplicity(
    shape: Shape,
    queries: int,
    grinding: int,
    elsewhere: tuple[tuple[str, int], ...],
    regime_at: Callable[[int, int, float], Regime] = johnson,
) -> int:
    """The m that maximises the least of all round terms.

    The query term grows with m and every other term falls, so the least is largest where they
    cross: at the last m whose query term is still the least, or at the next.
    """

    def split(m: int) -> tuple[float, float]:
        point = regime_at(shape.blowup, m, shape.rate)
        terms = round_terms(shape, point, queries, grinding, dict(elsewhere))
        return terms.pop("query"), min(terms.values())

    def least(m: int) -> float:
        return min(split(m))

    low, high = MIN_MULTIPLICITY, MAX_MULTIPLICITY
    while low < high:  # the first m whose query term is not the least
        middle = (low + high) // 2
        query, others = split(middle)
        if query < others:
            low = middle + 1
        else:
            high = middle
    return max(range(max(low - 1, MIN_MULTIPLICITY), low + 1), key=least)
