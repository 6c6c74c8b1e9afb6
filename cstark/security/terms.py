"""The shape of a machine, and the error term of each round of the protocol.

Notation: p^3 is the size of the challenge field; N the tallest height and n = blowup * N its
domain; A, L and a(n) come from the regime (`cstark.security.regimes`).  D* is N, or with masks F
N/m: what F coefficients of the final polynomial, of a last layer of height m, let degrees be below
at height N; the rate of the regime is F / (blowup m).  A term is given in bits, -log2 of its error.

=========== ================================== ===================================================
term        error                              source
=========== ================================== ===================================================
pin         L^2 (P + D* + o - 2)               P main columns of a height are pinned before the
            / (2 (p^3 - p))                    lookup challenges, where several proofs share
                                               them (`cstark.security.shards`); the lookup term
                                               has no factor L then
lookup      L M (W + 2) / p^3                  M fractions, so at most M distinct messages:
                                               (W + 1)(M - 1) for the identity of the two sides
                                               (OpenVM's LogUp note, Theorem 3.4, bus number
                                               included) and M for a vanishing denominator
                                               (p3-security, ``logup.rs``).  The challenges come
                                               before the proximity test, hence the factor L
                                               (as in OpenVM's calculator)
constraints L (C + T - 1) / p^3                C constraints, in the table that has most, combined
                                               with powers of one challenge (ethSTARK, eprint
                                               2021/582); the tables of a code, at most T, with
                                               powers of another (C + T - 2 would do)
ood         L [d (D* + o - 1) + D* - 1]        d the degree, o the points of a column (Haboeck,
            / (p^3 - p)                        eprint 2022/1216, Theorem 8); the point is redrawn
                                               while in the base field
batching    (K - 1) a(n) / p^3, or             K (column, point) pairs combined with powers of one
            [h - 1 + sum a(n_t)] / p^3         challenge (BCHKS25, eprint 2025/2055, Theorem 4.6),
                                               or with independent coefficients, over the h
                                               distinct heights
fold[i]     (k - 1) a(n') / p^3, or            a fold of arity k to a domain of n' points (same
            k a(n') / p^3                      theorem); a shorter word that joins there brings
                                               one power more
query       A^s                                s positions, drawn once, shared by all tables
=========== ================================== ===================================================

Each error is multiplied by 2^-g for g bits of grinding before its challenge.  The protocol grinds
before the query positions alone; the other places are there to compare with.

Why the tables add up (each step is one round)
----------------------------------------------
A *candidate* is one polynomial for each committed column, of degree at most N_t, such that all of
them agree with the committed words on one set T of more than A n positions of the tallest domain
(on its image in a shorter one).  Before each challenge there are at most L candidates for what has
been committed; the prover is lost as long as each of them is wrong, and the term bounds the
challenges that make one right.

* lookup: a candidate for the main columns agrees with base-field words on more than N points, so
  it is over the base field (the other two coordinates of its values vanish there).  Let c_m be the
  counts with which message m is sent less those with which it is received, modulo p, and not 0 for
  some m.  (What is sent comes to an integer below p, by the bound on weights: a message that is
  sent and that no row receives is such an m.)  With f_m = z - h_m(alpha), the h_m being pairwise
  different polynomials (bus number at alpha^0, one width a bus), the numerator
  sum c_m prod_(k != m) f_k of the sum of the c_m / f_m is not the zero polynomial: at z = h_m only
  one summand survives.  Its total degree is at most (M - 1) max(W, 1), so (z, alpha) is a root
  with at most that share (Schwartz-Zippel, jointly), and makes some f_m vanish with at most M/p^3.
  For other (z, alpha) the sums that the proof states cannot all be those of the tables, because
  their total is 0: then some table's LogUp constraints fail on it.  They are absorbed before beta.
  How many interactions share a column changes nothing: a column whose product of f_m vanishes on a
  row is free there, and the f_m have been counted one by one.
* constraints: the quotient of a code height is sum_t delta^t (sum_j beta^j C_tj S_tj) / Z_t, t
  numbering its tables, Z_t that of table t's height, which divides that of the tallest.  On a row
  where a candidate violates one of them, the residue is a polynomial in beta and delta that is not
  zero: different (t, j) have different monomials, and the roots of each Z_t are simple.  Its total
  degree is at most (C - 1) + (T - 1), so at most that share of all pairs makes it vanish
  (Schwartz-Zippel; both are drawn after the same commitments); for the others the quotient has a
  pole on that row.  One height suffices, so the term has the largest C, no sum; T is the number of
  all tables, which may all have one height.
* ood: constraints and quotient of that height, as polynomials, differ in degree at most
  max(d N + 1, 2 N): columns of degree N, a transition's factor X - 1/g, chunks of degree N; d is
  the largest degree of any table of the height. With masks columns have degree D*, and the
  remainder counts Z_H prod (X^N - s_j^N): at most max(d, 2) D* + D*, which is what d = 2 at least
  gives with D* for N. (The mask of a sum has a factor of degree 2; what is committed has degree
  D* - 1 at most, and d (D* - 1) + 2 is no more than d D* + d, which the points after zeta add.
  Pieces count powers of X below X^L, L = d (N + h - 1) + 3 - N, hence Z_H X^iT piece_i no more
  than d (D* - 1) + 2 + D*.)
* batching: each height's reduced word is combined from its own K_t words by consecutive powers;
  a common factor gamma^k changes nothing but at gamma = 0.  Mutual agreement for each height on
  the image of T costs (K_t - 1) a(n_t), in sum at most (K - 1) a(n), with gamma = 0 included.
* fold[i]: if the folded word, plus challenge^k times the word that joins, agrees with the code on
  the image of T, then so do the k parts and the joining word, by mutual agreement for k + 1 words
  on the folded domain.  A joining word without a power of its own would not be covered.
* query: if the set T of positions that pass every check, down to the final polynomial, has at most
  A n points, s positions miss the others with at most A^s.  If it has more, the folds lead back
  from the final polynomial to the reduced words, the batching to a candidate with the opened
  values at zeta: a contradiction.  One T for all tables is why the positions must be shared.

Tables proven by FRIs with separate positions would put the factor L to the power of the number of
tables on the lookup term, because the lookup argument speaks of all tables at once: this is why
the protocol has one batched FRI.  With ``regime="unique"`` L is 1, and nothing rests on lists.

https://github.com/ethereum/soundcalc has the same formulas but for four things, in which its
errors are smaller: no L on lookups, no power for a word that joins, one height when coefficients
are independent, and (1 - A) n + 1 for n in the unique regime (see `cstark.security.regimes`).
`round_terms` gives its figures with ``as_soundcalc``.  A term whose error is zero (no bus, no
constraint, one opening) is left out.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import SupportsIndex

from cstark.errors import OptionsError, quoted
from cstark.field import P
from cstark.security.regimes import Regime

__all__ = [
    "BATCHINGS",
    "FIELD_BITS",
    "GRINDING_SITES",
    "HASH_BITS",
    "Shape",
    "round_terms",
    "whole_number",
]

FIELD_SIZE = P**3
FIELD_BITS = 3 * math.log2(P)
HASH_BITS = 128.0  # a collision of two 256-bit digests
BATCHINGS = ("powers", "independent")
GRINDING_SITES = ("lookup", "constraints", "ood", "batching", "fold")  # besides the query


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
        M: interactions times height, summed over the tables, and the tokens of the statement; of
        a statement in several proofs, those of all of them.
    message_width : int
        W: values in the widest message, without the bus number; 0 without buses.
    points : int
        Opening points of a column: zeta and the next row's, and that of the pin where there is one.
    pinned_columns : int
        P: the most main columns of a height whose values are pinned; 0 without pins.
    tables : int
        T: tables whose quotients are combined into one, at most.
    fold_arities : tuple of int
        Arity of each FRI fold, in order; each height in `log_heights` is the height of a layer.
    final_length : int, optional
        Coefficients of the final polynomial; the height of the last layer, if not given. With
        more of them what FRI enforces is degree below that many times the ratio of a height to
        that of the last layer; the rate is `rate` in all terms.
    batching : {"powers", "independent"}
        How the openings are combined. The protocol takes powers; independent coefficients, which
        save some ten bits of the batching term, are there to compare with.

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
    tables: int = 1
    fold_arities: tuple[int, ...] = ()
    final_length: int | None = None
    batching: str = "powers"
    pinned_columns: int = 0

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)  # frozen for users, not for its construction

        lowest = {"blowup": 2, "deep_terms": 1, "degree": 1, "tables": 1, "points": 1}
        for name in (
            "blowup", "deep_terms", "constraints", "degree", "fractions", "message_width",
            "points", "tables", "pinned_columns",
        ):  # fmt: skip
            store(name, whole_number(name, getattr(self, name), lowest.get(name, 0)))
        store("log_heights", tuple(whole_number("log_heights", h, 0) for h in self.log_heights))
        store("fold_arities", tuple(whole_number("fold_arities", k, 2) for k in self.fold_arities))
        for name in ("blowup", "fold_arities"):
            value = getattr(self, name)
            for number in (value,) if name == "blowup" else value:
                if number & (number - 1):
                    raise OptionsError(f"{name}={value}: must be a power of two")
        if self.batching not in BATCHINGS:
            raise OptionsError("batching: must be 'powers' or 'independent'")
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
        last = self.last_height
        length = last if self.final_length is None else self.final_length
        store("final_length", whole_number("final_length", length, last))
        if self.rate >= 1:
            raise OptionsError(
                f"final_length={quoted(self.final_length)} coefficients on the "
                f"{self.blowup * last} points of a last layer of height {last} are a rate of 1 or "
                "more, which proves nothing: masks need a larger final_length or blowup"
            )
        self.check_proximity()

    @property
    def last_height(self) -> int:
        """The height of the last layer of FRI."""
        return self.height // math.prod(self.fold_arities)

    @property
    def dimension(self) -> int:
        """D*: what the final polynomial lets degrees of the tallest tables be below.

        Their height, times the share by which there are more coefficients than the last layer is
        high.
        """
        length = self.final_length or self.last_height
        return -(-length * self.height // self.last_height)

    @property
    def rate(self) -> float:
        """Of the codes at all heights: 1 / blowup unless masks raise it."""
        return (self.final_length or self.last_height) / (self.blowup * self.last_height)

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
        """Refuse tables for which ``D* + points < A * blowup * height`` fails.

        Two candidates that agree with the same word on a share A of its domain must have enough
        points in common to be one polynomial at all opening points (Haboeck,
        https://eprint.iacr.org/2022/1216, 4.1.3).  At blowup 2 this needs height 8.

        Raises
        ------
        OptionsError
        """
        # The smallest agreement of any regime; sqrt(rho) is the limit of the list regime's.
        agreement = min((1 + self.rate) / 2, math.sqrt(self.rate))
        shortest = 1 << min(self.log_heights)
        if (
            not self.rate * self.blowup * shortest + self.points
            < agreement * self.blowup * shortest
        ):
            raise OptionsError(
                f"log_heights={self.log_heights}: a table of {shortest} rows is too short for a "
                f"proof at blowup={self.blowup} with {self.points} opening points"
            )


def whole_number(name: str, value: SupportsIndex, low: int) -> int:
    """`value` as an int from `low` up to 2^128, which keeps every float finite.

    Raises
    ------
    OptionsError
    """
    if not isinstance(value, bool):
        try:
            number = operator.index(value)
        except TypeError:
            pass
        else:
            if low <= number < 2**128:
                return number
    raise OptionsError(f"{name}: must be an int, at least {low} and below 2^128")


def _bits(numerator: float) -> float:
    """Bits of the error ``numerator / |F|``."""
    return FIELD_BITS - math.log2(numerator)


def round_terms(
    shape: Shape,
    regime: Regime,
    queries: int,
    grinding: int,
    grinding_elsewhere: Mapping[str, int] | None = None,
    *,
    as_soundcalc: bool = False,
) -> dict[str, float]:
    """The error term of every round in bits, in the order of the protocol.

    Parameters
    ----------
    shape : Shape
    regime : Regime
        Of ``shape.rate``; one regime, with one multiplicity, for all terms.
    queries, grinding : int
        `grinding` is that of the query term.
    grinding_elsewhere : mapping of str to int, optional
        Bits at other places: any of "lookup", "constraints", "ood", "batching", "fold".
    as_soundcalc : bool
        Leave out what soundcalc does not count, see above. Only to compare with its results.

    Returns
    -------
    dict of str to float
        "pin", "lookup", "constraints", "ood", "batching", "fold[0]", ..., "query"; see the table
        above.
    """
    if as_soundcalc and regime.name == "unique":
        regime = replace(regime, slope=1 - regime.agreement, offset=1.0)
    lists = regime.list_size
    terms: dict[str, float] = {}
    if shape.pinned_columns:
        zeros = shape.pinned_columns + shape.dimension + shape.points - 2
        terms["pin"] = math.log2(FIELD_SIZE - P) - math.log2(lists * lists / 2 * zeros)
    if shape.fractions:
        messages = shape.fractions * (shape.message_width + 2)
        candidates = 1 if as_soundcalc or shape.pinned_columns else lists
        terms["lookup"] = _bits(candidates * messages)
    combined = shape.constraints + (0 if as_soundcalc else shape.tables - 1)
    if combined:
        terms["constraints"] = _bits(lists * combined)
    zeros = shape.degree * (shape.dimension + shape.points - 1) + shape.dimension - 1
    terms["ood"] = math.log2(FIELD_SIZE - P) - math.log2(lists * zeros)
    if shape.deep_terms > 1:
        terms["batching"] = _bits(_batching(shape, regime, as_soundcalc))
    for index, (arity, length, joins) in enumerate(shape.folds):
        powers = arity if joins and not as_soundcalc else arity - 1
        terms[f"fold[{index}]"] = _bits(powers * regime.gap(length))
    terms["query"] = queries * regime.bits_per_query + grinding
    elsewhere = grinding_elsewhere or {}
    return {name: bits + elsewhere.get(name.split("[")[0], 0) for name, bits in terms.items()}


def _batching(shape: Shape, regime: Regime, as_soundcalc: bool) -> float:
    if shape.batching == "powers":
        return (shape.deep_terms - 1) * regime.gap(shape.domain_length)
    if as_soundcalc:
        return regime.gap(shape.domain_length)
    # Every height has a combination of its own, whose first coefficient must not be zero.
    lengths = {shape.blowup << log_height for log_height in shape.log_heights}
    return sum(map(regime.gap, lengths)) + len(lengths) - 1
