"""Zero-knowledge: how many random coefficients hide a trace, and how tall the codes are for it.

Notation: s positions are queried; a table has N rows, Z = X^N - 1, g generates its rows, d is its
degree, k = max(1, d - 1) the chunks of its quotient. Every count is one of field elements that a
verifier sees of a polynomial, against the random coefficients that the prover adds to it.

Columns
-------
A committed column is w + Z r with r uniform of degree below h = 2 (s + 3): it has the values of the
trace w on the rows, where Z is 0. A proof shows it at most at the s positions x, where the values
of Q (see below) also depend on those at x g, so 2 s elements of F_p; and at zeta and zeta g, three
coordinates each: 2 s + 6. These are values of w plus Z times those of r. Z is not 0 there: no
position is a row (the offset sees to that), and zeta is outside the base field. The values of r are
uniform and independent: r is taken modulo x - x_i for different x_i and modulo the minimal
polynomials of zeta and zeta g, of degree 3 as F has no field between it and F_p. Those are
different polynomials: were zeta g a conjugate zeta^(p^i) of zeta, then g^3 = 1, as g is in F_p and
three conjugations are none; but g has order N. So by the Chinese remainder theorem r -> (its
values) is onto F_p^(2 s + 6), and all that is seen of a column is uniform, whatever w is. The
columns of LogUp are over F, three columns over F_p each, and have h coefficients in each coordinate
(2 (s + 1) in F would do).

Sums
----
The sum L of a table's messages is a function of its trace and of two challenges, and it is sent. A
table t gets one more main column u, and its accumulator adds u (1 + w X + w^2 X^2) on every row:
what is sent is L + mu_t, mu_t being the sum over the rows r of u(g^r) (1 + w g^r + w^2 g^2r). The
mu_t are uniform in F but for their sum, which is 0. A u has any mu_t that is wanted, and on three
rows alone: for r = 0, 1, 2 the vectors (1, g^r, g^2r) are Vandermonde's, of different numbers as g
has order 8 at least. On the other rows u is 0; its values on rows are in no proof but as mu_t, as
u has a mask like any other column. The accumulator, which has one too, moves with them.

Nothing has to prove that the mu_t cancel: the sums balance only if U + the sum of all fractions is
0, where U, the sum of all mu_t, is a function of the columns u and so fixed before z and alpha are
drawn. With f_m = z - h_m(alpha) the fingerprints of M messages and c_m the counts sent less those
received, U prod f_m + sum c_m prod_(k != m) f_k has U as the coefficient of z^M, so it is not the
zero polynomial unless U = 0 and all c_m are; its total degree is at most M max(W, 1). Together with
M for a vanishing f_m that is within the M (W + 2) that `cstark.security.terms` counts. A single
table with messages has the sum that the tokens leave, which is public: it gets no such columns.

Quotients
---------
The tables of a code height have one quotient, Q = sum_t delta^t Q_t. Let N be the height of the
tallest of them, and d the largest degree. Q_t has degree at most (d - 1) N_t + d (h - 1) + 2:
selectors count in d, but for a transition's factor X - 1/g, which adds 1, and so does u, but for
its factor 1 + w X + w^2 X^2, which adds the 2. So Q has at most (d - 1) N + d (h - 1) + 2. Where a
trace breaks a constraint of table t, Q_t has a pole, which no other summand takes away but for a
few delta: all Z_t divide X^N - 1, whose roots are simple.

With q_j of degree below N equal to Q on s_j H, W = prod (X^N - s_j^N) and the Lagrange factors
l_j (which are 1 on s_j H and 0 on the others), chunk j is

    q_j + (X^N - s_j^N) t_j,  t_j uniform over F of degree below s + 1,

and one more chunk, the remainder, is R = (Q - sum_j chunk_j l_j) / W: a polynomial, because the
numerator is 0 on all s_j H, of degree at most max(d (h - 1) + 2, s). A proof shows the k + 1 chunks
at s positions and zeta, where Q = sum_j chunk_j l_j + W R. At a position on s_j H, chunk_j is Q;
the others are uniform by their own t_i(x), and R by t_j(x), which is seen nowhere else. At any
other position, and at zeta, the k chunks are uniform by the t_j(x), and R is what the identity
says. So k (s + 1) random coefficients hide k (s + 1) values, and what is left to see is Q at s
positions and zeta: a function of what is seen of the columns, and of their values at x g, counted
above.

Where all tables of the code are shorter than it, it has room for more than N coefficients, and
there are neither cosets nor a remainder: with T = M - (s + 1) the prover cuts Q, of so many
coefficients L, into the least number k of pieces with L <= k T + s + 1,

    Q = sum_i X^iT piece_i,  piece_i = q_i - t_(i - 1) + X^T t_i,  0 <= i < k,

the q_i being T coefficients of Q each, the last one up to M, and t_0, ..., t_(k - 2) uniform over F
of degree below s + 1 (t_-1 and t_(k - 1) are 0). All have degrees below M. At a position and at
zeta, which are not 0, all pieces but the last are uniform by their own t_i(x), and the last is what
Q says: (k - 1) (s + 1) random coefficients hide (k - 1) (s + 1) values. A single piece is Q itself.

FRI
---
FRI folds the word W of the tallest code height, and where a fold reaches another code height M, the
reduced word r of that height joins: W' = fold(W) + c^a r. The final polynomial, of F coefficients
for a last layer of height m, says that the word of height M is of degree below D_M = F M / m, and
F is such that D_M is at least the dimension D of the code (see below). At the tallest height there
is one more polynomial P, uniform over F of degree below D*, which is D_M there. It is a word of its
own in the combination of that height, P + the rest, and opened at no point outside the domain.

So W is a uniform word of degree below D*, independent of all that was committed to before, and P at
a position is what W and the opened rows say. A fold of arity a takes the a parts of a word, each
of degree below D_M at the height M it leads to, uniform and independent, to a combination of them
in which the first one counts: a uniform word of degree below D_M. Of it a proof shows as much as
the parts at the s folded positions say. What joins there has degree below D, and is shown at no
more than these positions: so W' is, given all that is seen of W, uniform among the words of degree
below D_M whose values at the positions are what the verifier computes, whatever r is elsewhere.
There are such words for all values, as D_M is at least D, which is more than s: a code has room for
2 (s + 3) masks. The same is true of the next layers, one by one: siblings of a position, opened in
its group of the next layer, and the final polynomial, be it as long as the code is high, show no
more than values of a word that is uniform. Below the last height that joins, layers and the final
polynomial are functions of the word there.

Trees
-----
A multiproof shows digests of rows that are not opened. At the tallest height of the trees of main,
lookup and quotient the leaf is the hash of 16 random bytes and the row, so that no guess of a row
can be tested. A shorter row is hashed together with two digests from below that are not shown,
where it is not opened, so it needs none; nor do the preprocessed columns, which are public. A leaf
of FRI has a values, at least two. If the parts of its word have more coefficients than leaves are
opened, a - 1 of these values are uniform over F where it is not opened, given all that is seen and
even the folded word; if not, the word is known from what is seen of it, and so is the leaf.

Shards
------
In a proof in shards (`cstark.protocol.shards`) each shard shows what a proof shows, of columns and
words of its own, with challenges and positions of its own but for z and alpha. Beside that there
are two things.

*Pins.* Before any other challenge is drawn, a shard says for each code height what sum_c eta^c f_c
is at omega, f_c being its main columns there: a value of one combination. It is counted as if each
f_c were shown at omega, three coordinates more: 2 s + 9, which is h in shards. Like zeta, omega is
outside the base field, so Z(omega) is not 0 and its minimal polynomial has degree 3. The counting
above needs that this polynomial is another one than those of zeta and zeta g: zeta is uniform among
p^3 - p values, and when omega is known at most 6 of them are conjugates of omega or of omega / g,
for each height N of the shard's tables. So but for a chance of 6 / (p^3 - p) a height, 2^-189, the
values of r at positions, zeta, zeta g and omega are independent and uniform in F_p^(2 s + 9). The
columns of LogUp and the chunks of quotients have no pin; the former have h coefficients all the
same. A pin is one opening more in DEEP, whose quotient has no higher degree than the others.

*Sums.* All sums of all shards are seen together. With several shards each trace that has messages
has a mask mu, even one that is alone in its shard, and the mu of all shards add up to 0: those of
shard i to e_i - e_j, where j is the next shard that has messages, after the last one the first, and
e is uniform over F for each shard. The map from all e to these differences is onto the vectors with
the sum 0, and within a shard the mu are uniform but for their total; so the mu of all traces are
uniform but for their sum, which is 0. What was said of U holds of the sum of all u over all rows of
all shards, when pins have left at most one candidate of each (`cstark.security.shards`). Just one
trace with messages in all shards together has the mask 0, and the sum that the tokens leave.

Codes
-----
A column has N + h coefficients. Where N is at least 2^z, its code height M is N: it is evaluated
on the same blowup M points as without masks, and its code has the dimension D = N + h. Of a shorter
table that would be so much more than N that the rate would suffer: it is encoded at the least power
of two that is at least N + h and 2^y, and D is M there, unless M is the height of a tall table as
well. 2^y is the least that has room for the remainder of every table, so d (h - 1) + 3, and for a
table of least height with its masks; so M depends on N and the key alone, as the preprocessed root
must. z is a number of the key, at least y; a prover's key has the least that is also at least
log2 (32 h), so that masks add at most 1/32 to the rate.

What FRI enforces is what its final polynomial says. Of a last layer of height m it has

    F = max over M of ceil(D / (M / m))

coefficients, which lift to degrees below D* = F M / m at every height M. Soundness is that of codes
of rate F / (blowup m): `cstark.security` is given F, and refuses a rate of 1, which a small
``final_length`` leads to (two coefficients on two points, at blowup 2 and m = 1).

What holds is honest-verifier zero-knowledge of the interactive protocol, perfect but for the events
named; with Fiat and Shamir's transform it is statistical in the random oracle model, with the masks
drawn from an extendable-output function taken as random.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cstark.limits import MIN_ROWS

if TYPE_CHECKING:
    from cstark.air.description import TableDescription

    from .options import ResolvedOptions

__all__ = [
    "SALT_BYTES",
    "SALT_WORDS",
    "chunk_mask_length",
    "code_log_height",
    "dimension",
    "final_coefficients",
    "final_excess",
    "least_log_height",
    "mask_length",
    "piece_stride",
    "quotient_pieces",
    "remainder_length",
    "tall_log_height",
]

SALT_BYTES = 16
SALT_WORDS = 2
LEAST_SHARE = 32  # a code of height N that holds N + h coefficients has h at most N / 32


def mask_length(queries: int, pinned: bool = False) -> int:
    """h: random coefficients of a column, in a shard three more for its pin."""
    return 2 * (queries + 3) + 3 * pinned


def chunk_mask_length(queries: int) -> int:
    """Random coefficients, in F, of a chunk of a quotient."""
    return queries + 1


def remainder_length(degree: int, h: int) -> int:
    """Coefficients that the remainder of the quotient of tables of this degree may have."""
    return degree * (h - 1) + 3


def piece_stride(log_height: int, queries: int) -> int:
    """T: what the pieces of a quotient of short tables count X to, apart; masks take the rest."""
    return (1 << log_height) - chunk_mask_length(queries)


def quotient_pieces(degree: int, log_rows: int, log_height: int, queries: int, h: int) -> int:
    """Pieces that hold the quotient of tables shorter than their code.

    Parameters
    ----------
    degree : int
        The largest of them.
    log_rows : int
        Of the tallest of them.
    log_height : int
        Of the code.
    queries : int
    h : int
    """
    length = (degree - 1 << log_rows) + remainder_length(degree, h)
    stride = piece_stride(log_height, queries)
    return max(1, -(-(length - chunk_mask_length(queries)) // stride))


def least_log_height(tables: Iterable[TableDescription], h: int) -> int:
    """y: log2 of a code height that has room for the remainder of every table, and its masks."""
    degree = max(table.degree for table in tables)
    return _log2_up(max(MIN_ROWS + h, remainder_length(degree, h)))


def tall_log_height(tables: Iterable[TableDescription], h: int) -> int:
    """z: log2 of the height from which on a table's code is no taller than the table."""
    return max(least_log_height(tables, h), _log2_up(LEAST_SHARE * h))


def code_log_height(options: ResolvedOptions, h: int, least: int, log_rows: int) -> int:
    """Log2 of the code height of a table; `least` is y."""
    if not options.zk or log_rows >= options.zk:
        return log_rows
    return max(least, _log2_up((1 << log_rows) + h))


def dimension(options: ResolvedOptions, h: int, log_height: int, log_rows: Iterable[int]) -> int:
    """D: coefficients of the polynomials at a code height, with tables of these heights."""
    tall = options.zk and log_height >= options.zk and log_height in log_rows
    return (1 << log_height) + (h if tall else 0)


def final_coefficients(dimensions: Mapping[int, int], log_last: int) -> int:
    """F: coefficients of the final polynomial, of a last layer of height 2^log_last.

    Parameters
    ----------
    dimensions : mapping of int to int
        D by log2 of the code height.
    log_last : int
    """
    return max(-(-d >> log_height - log_last) for log_height, d in dimensions.items())


def final_excess(options: ResolvedOptions, h: int) -> int:
    """By how much F can exceed the height of the last layer, whatever the heights.

    As a number of coefficients for a last layer of height `final_length`; of a shorter one it is
    as much less. A fold of arity a begins above `final_length`, so that it ends at 2 final_length /
    a or above.
    """
    if not options.zk:
        return 0
    tall = 1 << options.zk
    last = max(1, 2 * options.final_length // options.fri_arity)
    found = 0
    while last <= options.final_length:
        found = max(found, -(-h * last // tall) * (options.final_length // last))
        last *= 2
    return found


def _log2_up(value: int) -> int:
    return (value - 1).bit_length()
