"""Proven bits of a proof: the least of the round-by-round error terms, in the better regime.

With rate r = F/(b m), F the coefficients of the final polynomial and m the height of the last layer
(so 1/b without masks), M the tallest height of a code, N = F M/m, |F| = p^3, and of a regime the
agreement A, the list size L and a(n), the number of bad challenges when words of length n are
combined:

=========== ======================================= ==============================================
term        error                                   why
=========== ======================================= ==============================================
lookup      L M (W + 2) / |F|                       M messages of at most W values: identity and
                                                    vanishing denominators; without L in a shard,
                                                    where M counts those of all shards
pin         L^2 (C' + N + o - 2) / (2 (|F| - p))    of shards: C' columns combined at a third point
constraints L (C + T - 1) / |F|                     C constraints, powers of one beta; T tables,
                                                    powers of one delta
point       L (d (N + o - 1) + N - 1) / (|F| - p)   degree d, with masks 2 at least; o points
                                                    (eprint 2022/1216)
batching    (K - 1) a(b M) / |F|                    K openings, masks and pins, powers of one gamma
fold        (k - 1 + joins) a(n) / |F|              to length n, arity k, one power more for a
                                                    table that joins (eprint 2025/2055, Thm. 4.6)
queries     A^s 2^-g                                s queries, g bits of grinding
hash        2^-128                                  collisions
=========== ======================================= ==============================================

unique decoding (eprint 2020/654, Theorem 1.5): A = (1 + r)/2, L = 1, a(n) = n;
list decoding, m from 3 to 1000 (eprint 2025/2055, Theorems 4.2 and 4.6): A = sqrt(r) (1 + 1/(2m)),
L = m/r, or (m + 1/2)/sqrt(r) if that is more,
a(n) = (2 (m + 1/2)^5 + 3 (m + 1/2)(1 - A) r) n / (3 r^(3/2)) + (m + 1/2)/sqrt(r).
"""

from __future__ import annotations

from math import inf, log2, sqrt

from .errors import Refused
from .field import P
from .key import Statement
from .shape import Shape

FIELD = P**3


def proven_bits(
    statement: Statement, shape: Shape, regime: str = "best", elsewhere: int = 0
) -> float:
    """The security of a proof of this shape, at most 128; by unique decoding alone if asked.

    `elsewhere` are the messages of other shards.
    """
    if regime not in ("best", "unique"):
        raise Refused("security", "a regime is best or unique")
    rate = shape.final_length / (statement.options.blowup * shape.last_height)
    if rate >= 1:
        raise Refused("security", "the final polynomial has as many coefficients as points")
    shortest = statement.options.blowup * shape.distinct[-1]
    points = 3 if shape.pins else 2
    if rate * shortest + points >= sqrt(rate) * shortest:  # eprint 2022/1216, 4.1.3
        raise Refused("security", "a table is too short for what the bounds assume")
    half = (1 + rate) / 2
    best = _least(statement, shape, half, 1.0, 1.0, 0.0, elsewhere)
    if regime == "unique":
        return best
    root = sqrt(rate)
    for multiplicity in range(3, 1001):
        m = multiplicity + 0.5
        agreement = root * (1 + 1 / (2 * multiplicity))
        slope = (2 * m**5 + 3 * m * (1 - agreement) * rate) / (3 * rate**1.5)
        lists = max(multiplicity / rate, m / root)
        found = _least(statement, shape, agreement, lists, slope, m / root, elsewhere)
        best = max(best, found)
    return best


def _least(
    statement: Statement,
    shape: Shape,
    agreement: float,
    lists: float,
    slope: float,
    offset: float,
    elsewhere: int,
) -> float:
    options = statement.options
    height = shape.distinct[0]
    dimension = -(-shape.final_length * height // shape.last_height)
    degree = max(shape.degree, 2) if options.zk else shape.degree

    def bits(bad: float, size: int = FIELD) -> float:
        return log2(size) - log2(bad) if bad > 0 else inf

    def gap(length: int) -> float:
        return slope * length + offset

    messages = len(statement.tokens) + shape.messages + elsewhere
    points, pairs, candidates = 2, 0.0, lists
    if shape.pins:
        points, pairs, candidates = 3, lists**2 / 2, 1.0
    terms = [
        128.0,
        bits(candidates * messages * (statement.widest + 2)),
        bits(lists * (shape.constraints + len(statement.tables) - 1)),
        bits(lists * (degree * (dimension + points - 1) + dimension - 1), FIELD - P),
        bits(pairs * (shape.pinned_columns + dimension + points - 2), FIELD - P),
        bits((shape.term_count - 1) * gap(options.blowup * height)),
        -options.queries * log2(agreement) + options.grinding,
    ]
    for arity in shape.folds:
        height //= arity
        terms.append(bits((arity - 1 + (height in shape.distinct)) * gap(options.blowup * height)))
    return min(terms)
