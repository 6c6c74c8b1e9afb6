"""The shape of a machine, and the error term of each round of the protocol.

Notation: p^3 is the size of the challenge field; N the tallest height and n = blowup * N its
domain; A, L and a(n) come from the regime (`cstark.security.regimes`).  A term is given in bits,
-log2 of its error.

=========== ================================== ===================================================
term        error                              source
=========== ================================== ===================================================
lookup      L M (W + 2) / p^3                  M fractions, so at most M distinct messages:
                                               (W + 1)(M - 1) for the identity of the two sides
                                               (OpenVM's LogUp note, Theorem 3.4, bus number
                                               included) and M for a vanishing denominator
                                               (p3-security, ``logup.rs``).  The challenges come
                                               before the proximity test, hence the factor L
                                               (as in OpenVM's calculator)
constraints L (C - 1) / p^3                    C constraints, in the table that has most, combined
                                               with powers of one challenge; each table has its
                                               own quotient (ethSTARK, eprint 2021/582)
ood         L [d (N + o - 1) + N - 1]          d the degree, o the points of a column (Haboeck,
            / (p^3 - p)                        eprint 2022/1216, Theorem 8); the point is redrawn
                                               while in the base field
batching    (K - 1) a(n) / p^3                 K (column, point) pairs combined with powers of one
                                               challenge (BCHKS25, eprint 2025/2055, Theorem 4.6).
                                               All tables: one interleaved word
fold[i]     (k - 1) a(n') / p^3, or            a fold of arity k to a domain of n' points (same
            k a(n') / p^3                      theorem); a shorter word that joins there brings
                                               one power more
query       A^s 2^-g                           s positions, drawn once, shared by all tables; g
                                               bits of grinding
=========== ================================== ===================================================

Tables proven by FRIs with separate positions would put the factor L to the power of the number of
tables on the lookup term, because the lookup argument speaks of all tables at once: this is why
the protocol has one batched FRI.

https://github.com/ethereum/soundcalc has the same formulas for all but the lookup term, which it
counts without L, and constraints, where it counts C.  A term whose error is zero (no bus, one
constraint, one opening) is left out.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

from cstark.errors import OptionsError
from cstark.security.regimes import Regime

__all__ = ["FIELD_BITS", "HASH_BITS", "Shape", "round_terms", "whole_number"]

P = 2**64 - 2**32 + 1
FIELD_SIZE = P**3
FIELD_BITS = 3 * math.log2(P)
HASH_BITS = 128.0  # a collision of two 256-bit digests


@dataclass(frozen=True)
class Shape:
    """The numbers that the error terms of a machine's proofs depend on.

    Parameters
    ----------
    log_heights : tuple of int
        Log2 of each table's height.
    blowup : int
        Inverse rate, a power of two from 2.
    deep_terms : int
        K: all (column, opening point) pairs of all tables and trees; an extension column counts
        once a point, and so does a quotient chunk.
    constraints : int
        Most constraints of any table, those of its lookup columns included.
    degree : int
        Highest degree of any constraint, its selector included.
    fractions : int
        M: interactions times height, summed over the tables, and the tokens of the statement.
    message_width : int
        W: values in the widest message, without the bus number; 0 without buses.
    points : int
        Opening points of a column: zeta and the next row's.
    fold_arities : tuple of int
        Arity of each FRI fold, in order; each height in `log_heights` is the height of a layer.

    Raises
    ------
    OptionsError
        If a number is impossible, a fold jumps over a table, or a table is so short that the
        proximity argument does not apply (see `check_proximity`).

    Examples
    --------
    >>> shape = Shape(log_heights=(20, 17), blowup=2, deep_terms=608, constraints=300, degree=3,
    ...               fractions=2**24, message_width=8, fold_arities=(8, 8, 8, 8, 8))
    >>> shape.domain_length == 2**21
    True
    >>> shape.folds[0]   # arity, length of the folded domain, whether a shorter table joins it
    (8, 262144, True)
    """

    log_heights: tuple[int, ...]
    blowup: int
    deep_terms: int
    constraints: int
    degree: int
    fractions: int = 0
    message_width: int = 0
    points: int = 2
    fold_arities: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)  # frozen for users, not for its construction

        lowest = {"blowup": 2, "deep_terms": 1, "degree": 1, "points": 1}
        for name in (
            "blowup", "deep_terms", "constraints", "degree", "fractions", "message_width", "points",
        ):  # fmt: skip
            store(name, whole_number(name, getattr(self, name), lowest.get(name, 0)))
        store("log_heights", tuple(whole_number("log_heights", h, 0) for h in self.log_heights))
        store("fold_arities", tuple(whole_number("fold_arities", k, 2) for k in self.fold_arities))
        for name in ("blowup", "fold_arities"):
            value = getattr(self, name)
            for number in (value,) if name == "blowup" else value:
                if number & (number - 1):
                    raise OptionsError(f"{name}={value}: must be a power of two")
        if not self.log_heights:
            raise OptionsError("log_heights=(): there must be a table")
        if max(self.log_heights) + self.blowup.bit_length() - 1 > 32:
            raise OptionsError(f"log_heights={self.log_heights}: height x blowup exceeds 2^32")
        layers = {max(self.log_heights)}
        for arity in self.fold_arities:
            layers.add(min(layers) - (arity.bit_length() - 1))
        if min(layers) < 0 or not layers.issuperset(self.log_heights):
            raise OptionsError(
                f"fold_arities={self.fold_arities}: the layers of height 2^k, k in "
                f"{sorted(layers, reverse=True)}, do not meet tables of {self.log_heights}"
            )
        self.check_proximity()

    @property
    def height(self) -> int:
        """N: the tallest table's height."""
        return 1 << max(self.log_heights)

    @property
    def domain_length(self) -> int:
        """n: the evaluation points of the tallest table."""
        return self.height * self.blowup

    @property
    def folds(self) -> tuple[tuple[int, int, bool], ...]:
        """Each fold's arity, its folded domain length, and whether a shorter table joins there."""
        result = []
        log_height = max(self.log_heights)
        for arity in self.fold_arities:
            log_height -= arity.bit_length() - 1
            joins = log_height in self.log_heights
            result.append((arity, self.blowup << log_height, joins))
        return tuple(result)

    def check_proximity(self) -> None:
        """Refuse tables for which ``height + points < A * blowup * height`` fails.

        Two candidates that agree with the same word on a share A of its domain must have enough
        points in common to be one polynomial at all opening points (Haboeck,
        https://eprint.iacr.org/2022/1216, 4.1.3).  At blowup 2 this needs height 8.

        Raises
        ------
        OptionsError
        """
        # The smallest agreement of any regime; sqrt(rho) is the limit of the list regime's.
        agreement = min((1 + 1 / self.blowup) / 2, math.sqrt(1 / self.blowup))
        shortest = 1 << min(self.log_heights)
        if not shortest + self.points < agreement * self.blowup * shortest:
            raise OptionsError(
                f"log_heights={self.log_heights}: a table of {shortest} rows is too short for a "
                f"proof at blowup={self.blowup} with {self.points} opening points"
            )


def whole_number(name: str, value: object, low: int) -> int:
    """`value` as an int from `low` up to 2^128, which keeps every float finite.

    Raises
    ------
    OptionsError
    """
    if not isinstance(value, bool):
        try:
            number = operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            pass
        else:
            if low <= number < 2**128:
                return number
    raise OptionsError(f"{name}: must be an int, at least {low} and below 2^128")


def _bits(numerator: float) -> float:
    """Bits of the error ``numerator / |F|``."""
    return FIELD_BITS - math.log2(numerator)


def round_terms(shape: Shape, regime: Regime, queries: int, grinding: int) -> dict[str, float]:
    """The error term of every round in bits, in the order of the protocol.

    Parameters
    ----------
    shape : Shape
    regime : Regime
        Of ``shape.blowup``; one regime, with one multiplicity, for all terms.
    queries, grinding : int

    Returns
    -------
    dict of str to float
        "lookup", "constraints", "ood", "batching", "fold[0]", ..., "query"; see the table above.
    """
    lists = regime.list_size
    terms: dict[str, float] = {}
    if shape.fractions:
        terms["lookup"] = _bits(lists * shape.fractions * (shape.message_width + 2))
    if shape.constraints > 1:
        terms["constraints"] = _bits(lists * (shape.constraints - 1))
    zeros = shape.degree * (shape.height + shape.points - 1) + shape.height - 1
    terms["ood"] = math.log2(FIELD_SIZE - P) - math.log2(lists * zeros)
    if shape.deep_terms > 1:
        terms["batching"] = _bits((shape.deep_terms - 1) * regime.gap(shape.domain_length))
    for index, (arity, length, joins) in enumerate(shape.folds):
        powers = arity if joins else arity - 1
        terms[f"fold[{index}]"] = _bits(powers * regime.gap(length))
    terms["query"] = queries * regime.bits_per_query + grinding
    return terms
