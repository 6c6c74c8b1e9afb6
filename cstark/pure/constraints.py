"""The two sides of the quotient identity at the point zeta.

Of the tables of a height, sum_t delta^t sum_j beta^j S_j C_j = Z_H Q at zeta, where the C_j are the
constraints of table t, then those of its lookup columns; each C_j is evaluated on opened values.
"""

from __future__ import annotations

from dataclasses import dataclass

from .field import ONE, W_SQUARED, ZERO, Ext, P, W, horner, invert, root
from .key import Interaction, Options, Statement, Table
from .shape import piece_length


@dataclass
class Opened:
    """Opened values of one table: (tree, column, following) -> value; and its public numbers."""

    table: Table
    height: int
    values: dict[tuple[str, int, bool], Ext]
    publics: tuple[int, ...]
    total: Ext  # the table sum, zero without interactions
    hidden: bool  # whether it has a mask, in one more main column


@dataclass(frozen=True)
class Challenges:
    """What is drawn before the openings are sent."""

    z: Ext
    alpha: Ext
    beta: Ext
    zeta: Ext


def fingerprint(bus: int, values: list[Ext], z: Ext, alpha: Ext) -> Ext:
    """z - (bus + alpha v_1 + ... + alpha^k v_k)."""
    return z - horner([*reversed(values), Ext(bus)], alpha)


def constraints(statement: Statement, opened: Opened, c: Challenges) -> Ext:
    """sum_j beta^j S_j(zeta) C_j(zeta) of one table."""
    table, height, zeta = opened.table, opened.height, c.zeta
    last = Ext(invert(root(height)))  # g^-1
    vanishing = zeta**height - ONE  # zeta is outside the base field: no divisor here is zero
    selectors = {
        "first": vanishing * (zeta - ONE).inverse(),
        "last": vanishing * (zeta - last).inverse(),
        "transition": zeta - last,
        "every": ONE,
        "cyclic": ONE,
    }
    nodes = node_values(opened, zeta)
    terms = [(selector, nodes[node]) for selector, node in table.constraints]
    terms += lookup_constraints(statement, opened, nodes, c)
    return horner((selectors[s] * value for s, value in reversed(terms)), c.beta)


def node_values(opened: Opened, zeta: Ext) -> list[Ext]:
    """The value of every node of the table's arithmetic at zeta."""
    values: list[Ext] = []
    for kind, *rest in opened.table.nodes:
        if kind == "constant":
            values.append(Ext(rest[0]))
        elif kind == "public":
            values.append(Ext(opened.publics[rest[0]]))
        elif kind == "column" and rest[0] == "periodic":
            values.append(periodic(opened.table.periodic[rest[1]], opened.height, zeta))
        elif kind == "column":
            values.append(opened.values[rest[0], rest[1], bool(rest[2])])
        else:
            a, b = values[rest[0]], values[rest[1]]
            values.append(a + b if kind == "add" else a - b if kind == "sub" else a * b)
    return values


def periodic(values: tuple[int, ...], height: int, zeta: Ext) -> Ext:
    """The polynomial in Y = X^(height/period) with these values on the period-th roots of unity.

    Lagrange: (Y^period - 1) / period * sum_i v_i w^i / (Y - w^i).
    """
    period = len(values)
    y = zeta ** (height // period)
    step, power, total = root(period), 1, ZERO
    for value in values:
        total += Ext(value * power) * (y - Ext(power)).inverse()
        power = power * step % P
    return (y**period - ONE) * Ext(invert(period)) * total


def lookup_constraints(
    statement: Statement, opened: Opened, nodes: list[Ext], c: Challenges
) -> list[tuple[str, Ext]]:
    """The constraints of the lookup columns, in order: (selector, value at zeta).

    Each group's column c is the sum of its s m / f, and the accumulator grows by those columns
    and the fractions of the last group, less L / N.
    """
    groups = opened.table.groups
    if not groups:
        return []

    def fraction(group: tuple[Interaction, ...]) -> tuple[Ext, Ext]:
        """Numerator and denominator of the sum of sign * count / fingerprint."""
        numerator, denominator = ZERO, ONE
        for i in group:
            bus = statement.buses[i.bus][0]
            f = fingerprint(bus, [nodes[v] for v in i.values], c.z, c.alpha)
            count = Ext(i.sign) * nodes[i.count]
            numerator, denominator = numerator * f + count * denominator, denominator * f
        return numerator, denominator

    terms = []
    column_sum = ZERO
    for column, group in enumerate(groups[:-1]):
        value = opened.values["lookup", column, False]
        numerator, denominator = fraction(group)
        terms.append(("every", value * denominator - numerator))
        column_sum += value
    accumulator = opened.values["lookup", len(groups) - 1, False]
    following = opened.values["lookup", len(groups) - 1, True]
    share = opened.total * Ext(invert(opened.height))
    numerator, denominator = fraction(groups[-1])
    growth = following - accumulator + share - column_sum
    if opened.hidden:
        unit = ONE + W * c.zeta + W_SQUARED * c.zeta * c.zeta
        growth -= opened.values["main", opened.table.width, False] * unit
    terms.append(("cyclic", growth * denominator - numerator))
    terms.append(("first", accumulator))
    return terms


def quotient(options: Options, height: int, code: int, chunks: list[Ext], zeta: Ext) -> Ext:
    """Q(zeta) from its chunks: sum_j q_j prod_(i != j) (zeta^N - s_i^N) / (s_j^N - s_i^N).

    `code` is the height of the code. Where traces are hidden the last chunk is the remainder, times
    prod_i (zeta^N - s_i^N); but of a code that is taller than its tables they are pieces, with
    powers of zeta^T.
    """
    if height < code:
        return horner(reversed(chunks), zeta ** piece_length(options, code))
    count = len(chunks) - (options.zk > 0)
    powers = []  # s_j^N
    for j in range(count):
        shift = options.coset_offset * pow(root(options.blowup * code), j, P)
        powers.append(pow(shift, height, P))
    zeta_power = zeta**height
    total = ZERO
    for j, own in enumerate(powers):
        term = chunks[j]
        for i, other in enumerate(powers):
            if i != j:
                term = term * (zeta_power - Ext(other)) * Ext(invert(own - other))
        total += term
    if options.zk:
        term = chunks[count]
        for own in powers:
            term = term * (zeta_power - Ext(own))
        total += term
    return total
